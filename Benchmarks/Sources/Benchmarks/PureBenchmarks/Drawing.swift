import JPEGCoding

/// A picture of 1280x720 with gradients and fine detail, which compresses as photographs do.
enum Drawing {
    static func jpeg(_ subsampling: JPEGSubsampling) -> [UInt8]? {
        let (width, height) = (1280, 720)
        var pixels = [UInt8](repeating: 0, count: width * height * 3)
        var noise: UInt32 = 1
        for y in 0..<height {
            for x in 0..<width {
                noise = noise &* 1_664_525 &+ 1_013_904_223
                let grain = Int(noise >> 28)
                let offset = (y * width + x) * 3
                pixels[offset] = UInt8(x * 200 / width + grain)
                pixels[offset + 1] = UInt8(y * 200 / height + grain)
                pixels[offset + 2] = UInt8((x ^ y) & 127 + grain)
            }
        }
        return try? JPEGEncoder().encode(
            RGBImage(width: width, height: height, pixels: pixels), quality: 75, subsampling: subsampling)
    }

    /// The picture with Huffman tables that are not the standard ones: the first has a further code, which the data does not use.
    static var withForeignTables: [UInt8]? {
        guard var file = jpeg(.yuv420),
            let start = file.indices.first(where: { file[$0...].starts(with: [0xFF, 0xC4, 0x00, 0x1F, 0x00]) })
        else { return nil }
        // Length, class and number, how many codes there are of each length, and the values of all.
        file[start + 3] += 1
        file[start + 5 + 15] += 1
        file.insert(12, at: start + 5 + 16 + 12)
        return file
    }
}
