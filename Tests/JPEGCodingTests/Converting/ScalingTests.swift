import JPEGCoding
import RTPTransport
import Testing

@Suite struct ScalingTests {
    private let converter = TurboJPEGConverter()

    /// All that can be read.
    private static let kinds = Pictures.small.keys.filter { !["12_bits", "lossless"].contains($0) }.sorted()

    @Test(arguments: kinds)
    func `A smaller picture shows the same`(name: String) throws {
        let image = try #require(Pictures.small[name])
        for eighths in 1...7 {
            let scale = try #require(JPEGScale(eighths: eighths))
            let converted = try converter.convert(image, JPEGConversion(scale: scale, quality: 98))
            #expect(converted.way == .reencoded)
            let (expected, actual) = try (Reference.image(image, eighths: eighths), Reference.image(converted.image))
            #expect(actual.width == scale.applied(to: 61) && actual.height == scale.applied(to: 43))
            // Colour is half as sharp, and of few pixels much of it is at an edge.
            #expect(actual.lumaSignalToNoise(against: expected) >= 28, "\(scale)")
            #expect(actual.signalToNoise(against: expected) >= 19, "\(scale)")
        }
    }

    @Test func `A picture of one pixel stays one at any scale`() throws {
        let pixel = try JPEGEncoder().encode(RGBImage(width: 1, height: 1, pixels: [200, 30, 40]), subsampling: .yuv444)
        for eighths in 1...8 {
            let scale = try #require(JPEGScale(eighths: eighths))
            let header = try converter.convert(pixel, JPEGConversion(scale: scale)).image.header()
            #expect(header.width == 1 && header.height == 1)
        }
    }

    @Test func `A smaller picture is about as good as the original unless told otherwise`() throws {
        let half = try #require(JPEGScale(eighths: 4))
        for quality in [30, 60, 90] {
            let image = try JPEGEncoder().encode(.gradient(width: 320, height: 240), quality: quality)
            let kept = try converter.convert(image, JPEGConversion(scale: half))
            #expect(kept == (try converter.convert(image, JPEGConversion(scale: half, quality: quality))))
            let worse = try converter.convert(image, JPEGConversion(scale: half, quality: quality / 2))
            #expect(worse.image.count < kept.image.count)
        }
    }

    @Test func `At full size quality falls and never rises`() throws {
        let image = try JPEGEncoder().encode(.gradient(width: 320, height: 240), quality: 60, subsampling: .yuv422)
        for quality in [60, 61, 100, Int.max] {
            #expect(
                try converter.convert(image, JPEGConversion(quality: quality)) == ConvertedJPEG(image: image, way: .untouched))
        }
        var sizes: [Int] = []
        for quality in [59, 40, 20, 5, 1] {
            let converted = try converter.convert(image, JPEGConversion(quality: quality))
            #expect(converted.way == .reencoded)
            #expect(try converted.image.header().sampling == .yuv422)
            sizes.append(converted.image.count)
        }
        #expect(sizes == sizes.sorted(by: >) && Set(sizes).count == sizes.count)
        for quality in [0, -1, Int.min] {
            #expect(try converter.convert(image, JPEGConversion(quality: quality)).image.count == sizes.last)
        }
    }

    @Test(arguments: ["420", "420_progressive", "444", "rgb", "gray", "ycck"])
    func `A picture has no more bytes than it may`(name: String) throws {
        let image = try #require(Pictures.small[name])
        let least = try converter.convert(image, JPEGConversion(quality: 1)).image.count
        let most = try converter.convert(image, .carriable).image.count
        for limit in stride(from: least, through: most + 1, by: 83) {
            let converted = try converter.convert(image, JPEGConversion(maximumByteCount: limit))
            #expect(converted.image.count <= limit)
            #expect(converted == (try converter.convert(image, JPEGConversion(maximumByteCount: limit))))
        }
        #expect(try converter.convert(image, JPEGConversion(maximumByteCount: most)) == converter.convert(image, .carriable))
        for limit in [least - 1, 0, -1, Int.min] {
            #expect(try converter.convert(image, JPEGConversion(maximumByteCount: limit)).image.count == least)
        }
    }
}
