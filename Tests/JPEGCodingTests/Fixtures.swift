import JPEGCoding

extension RGBImage {
    /// A smooth picture with every colour in it.
    static func gradient(width: Int = 64, height: Int = 48) -> RGBImage {
        var pixels: [UInt8] = []
        for y in 0..<height {
            for x in 0..<width {
                pixels += [UInt8(x * 255 / width), UInt8(y * 255 / height), UInt8((x + y) * 255 / (width + height))]
            }
        }
        return RGBImage(width: width, height: height, pixels: pixels)
    }

    /// The mean of the squared differences of all bytes of two pictures of the same size; 65 gives a PSNR of 30 dB.
    func meanSquaredError(to other: RGBImage) -> Double {
        let squares = zip(pixels, other.pixels).map { (Double($0) - Double($1)) * (Double($0) - Double($1)) }
        return squares.reduce(0, +) / Double(max(1, squares.count))
    }
}

/// The marker segments of a JPEG up to its scan: the code after FF, and the segment's contents.
func segments(of jpeg: [UInt8]) -> [(marker: UInt8, contents: ArraySlice<UInt8>)] {
    var result: [(marker: UInt8, contents: ArraySlice<UInt8>)] = []
    var offset = 2
    while offset + 4 <= jpeg.count, jpeg[offset] == 0xFF {
        let length = Int(jpeg[offset + 2]) << 8 | Int(jpeg[offset + 3])
        let end = offset + 2 + length
        guard end <= jpeg.count else { break }
        result.append((jpeg[offset + 1], jpeg[offset + 4..<end]))
        if jpeg[offset + 1] == 0xDA { break }
        offset = end
    }
    return result
}
