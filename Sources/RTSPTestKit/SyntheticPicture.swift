/// A file that has all parts of a baseline JPEG picture, with random bytes for picture data: fit for packetizers and their
/// counterparts, which look at headers only, and not for decoders.
public struct SyntheticPicture: Sendable, Hashable {
    /// The width in pixels; above 2040 the payload header of RFC 2435 cannot say it.
    public var width: Int
    /// The height in pixels.
    public var height: Int
    /// The bytes of picture data.
    public var scanBytes: Int
    /// Two pictures of other seeds differ.
    public var seed: UInt64
    /// A progressive picture cannot travel by RFC 2435.
    public var isProgressive: Bool

    /// A picture of two by two chroma-subsampled (4:2:0) components.
    public init(width: Int = 64, height: Int = 48, scanBytes: Int = 600, seed: UInt64 = 1, isProgressive: Bool = false) {
        self.width = width
        self.height = height
        self.scanBytes = scanBytes
        self.seed = seed
        self.isProgressive = isProgressive
    }

    /// The file.
    public var bytes: [UInt8] {
        var file: [UInt8] = [0xFF, 0xD8]
        file += Self.segment(0xDB, [0] + (1...64)) + Self.segment(0xDB, [1] + (101...164))
        let frame: [UInt8] = [
            8, UInt8(truncatingIfNeeded: height >> 8), UInt8(truncatingIfNeeded: height),
            UInt8(truncatingIfNeeded: width >> 8), UInt8(truncatingIfNeeded: width), 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1,
        ]
        file += Self.segment(isProgressive ? 0xC2 : 0xC0, frame)
        return file + Self.segment(0xDA, [3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0]) + scan + [0xFF, 0xD9]
    }

    /// The picture data: what the payload format of RFC 2435 carries unchanged.
    public var scan: [UInt8] {
        var generator = SeededGenerator(seed: seed)
        var data: [UInt8] = []
        data.reserveCapacity(max(0, scanBytes) + 8)
        while data.count < scanBytes {
            let word = generator.next()
            // No FF, so that nothing looks like a marker.
            for shift in stride(from: 0, to: 64, by: 8) { data.append(min(UInt8(truncatingIfNeeded: word >> shift), 0xFE)) }
        }
        return Array(data.prefix(max(0, scanBytes)))
    }

    private static func segment(_ marker: UInt8, _ contents: [UInt8]) -> [UInt8] {
        let length = contents.count + 2
        return [0xFF, marker, UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length)] + contents
    }

    /// The picture data of any JPEG file with one scan: what stands between the scan header and the end marker. Compare this
    /// where tables and headers may have been written anew on the way. Empty where there is no scan.
    public static func scanData(of file: [UInt8]) -> [UInt8] {
        var index = 2
        while index + 3 < file.count, file[index] == 0xFF {
            let length = Int(file[index + 2]) << 8 | Int(file[index + 3])
            let end = index + 2 + length
            guard end <= file.count else { return [] }
            if file[index + 1] == 0xDA {
                let data = file[end...]
                return Array(data.suffix(2) == [0xFF, 0xD9] ? data.dropLast(2) : data)
            }
            index = end
        }
        return []
    }
}
