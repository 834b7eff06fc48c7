import JPEGCoding
import Testing

@Suite struct JPEGEncoderTests {
    @Test(arguments: [JPEGSubsampling.yuv420, .yuv422, .yuv444])
    func `A picture comes back nearly as it was`(subsampling: JPEGSubsampling) throws {
        let image = RGBImage.gradient()
        let jpeg = try JPEGEncoder().encode(image, quality: 90, subsampling: subsampling)
        let decoded = try JPEGDecoder().decode(jpeg)
        #expect(decoded.width == image.width && decoded.height == image.height)
        #expect(decoded.isConsistent)
        #expect(image.meanSquaredError(to: decoded) < 10)  // 38 dB
    }

    @Test func `Gray keeps brightness and drops colour`() throws {
        let jpeg = try JPEGEncoder().encode(.gradient(), quality: 90, subsampling: .gray)
        let pixels = try JPEGDecoder().decode(jpeg).pixels
        for index in stride(from: 0, to: pixels.count, by: 3) {
            let (red, green, blue) = (pixels[index], pixels[index + 1], pixels[index + 2])
            #expect(red == green && green == blue)
        }
        #expect(Set(pixels).count > 50)
    }

    @Test func `JPEGs are baseline with the sampling asked for`() throws {
        for (subsampling, factors) in [(JPEGSubsampling.yuv420, 0x22), (.yuv422, 0x21), (.yuv444, 0x11)] {
            let jpeg = try JPEGEncoder().encode(.gradient(), subsampling: subsampling)
            #expect(jpeg.starts(with: [0xFF, 0xD8]) && jpeg.suffix(2) == [0xFF, 0xD9])
            let frame = try #require(segments(of: jpeg).first { (0xC0...0xC2).contains($0.marker) })
            #expect(frame.marker == 0xC0)
            #expect(frame.contents[frame.contents.startIndex + 7] == UInt8(factors))
        }
    }

    @Test func `Huffman tables are the standard ones whatever the picture`() throws {
        let tables = try [RGBImage.gradient(), .gradient(width: 31, height: 7)].map { image in
            segments(of: try JPEGEncoder().encode(image, quality: 50)).filter { $0.marker == 0xC4 }.flatMap { Array($0.contents) }
        }
        #expect(tables[0] == tables[1])
        // ITU-T T.81 table K.3: the luminance DC table begins so.
        #expect(tables[0].starts(with: [0x00, 0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3]))
    }

    @Test func `Higher quality gives more bytes`() throws {
        let sizes = try [10, 50, 95].map { try JPEGEncoder().encode(.gradient(), quality: $0).count }
        #expect(sizes == sizes.sorted() && Set(sizes).count == 3)
    }

    @Test(arguments: [0, -1, 101, Int.max])
    func `A quality outside 1 to 100 is refused`(quality: Int) {
        let error = #expect(throws: JPEGCodingError.self) { try JPEGEncoder().encode(.gradient(), quality: quality) }
        #expect(error?.reason == .invalidArgument)
    }

    @Test(arguments: [(0, 0, 0), (-1, -1, 3), (2, 2, 11), (2, 2, 13), (70_000, 1, 210_000), (Int.max, Int.max, 12)])
    func `A picture whose bytes do not fit its size is refused`(width: Int, height: Int, count: Int) {
        let image = RGBImage(width: width, height: height, pixels: [UInt8](repeating: 0, count: count))
        #expect(!image.isConsistent)
        let error = #expect(throws: JPEGCodingError.self) { try JPEGEncoder().encode(image) }
        #expect(error?.reason == .invalidArgument)
    }

    @Test func `The smallest picture can be encoded`() throws {
        let jpeg = try JPEGEncoder().encode(RGBImage(width: 1, height: 1, pixels: [255, 255, 255]))
        #expect(try JPEGDecoder().decode(jpeg).pixels == [255, 255, 255])
    }
}
