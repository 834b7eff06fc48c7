/// What stands before the first scan of a JPEG file of any kind (ITU-T T.81 annex B), as far as a conversion depends on it.
///
/// Nothing is refused here that libjpeg might read; the pixels are bought only after this has told how many there are.
struct JPEGOutline {
    /// One component, as the frame header describes it.
    struct Component {
        var id: UInt8
        var across: Int
        var down: Int
        var table: UInt8
    }

    /// The second byte of the frame marker, FF C0 to FF CF.
    private(set) var process: UInt8 = 0
    /// Bits of a sample.
    private(set) var precision = 0
    /// Pixels in a line.
    private(set) var width = 0
    /// Lines; 0 where they are only told after the first scan.
    private(set) var height = 0
    /// The components, one to four where the file is of any use.
    private(set) var components: [Component] = []
    /// The names of the components in the first scan.
    private(set) var firstScan: [UInt8] = []
    /// Quantization tables by their number, each of 64 values in zigzag order.
    private(set) var tables: [UInt8: [UInt16]] = [:]

    /// Reads the segments up to the first scan; `nil` where there is no frame header, or no scan.
    init?(_ image: borrowing Span<UInt8>) {
        guard image.count > 2, image[0] == 0xFF, image[1] == 0xD8 else { return nil }
        var offset = 2
        while let marker = Self.nextMarker(in: image, at: &offset) {
            if marker == 0x01 || 0xD0...0xD8 ~= marker { continue }
            guard marker != 0xD9, image.count - offset >= 2 else { return nil }
            let length = Int(image[offset]) << 8 | Int(image[offset + 1])
            guard length >= 2, length <= image.count - offset else { return nil }
            let segment = image.extracting(offset + 2..<offset + length)
            offset += length
            switch marker {
            case 0xDB: readTables(segment)
            case 0xC0...0xCF where marker != 0xC4 && marker != 0xC8 && marker != 0xCC:
                guard components.isEmpty, readFrame(segment) else { return nil }
                process = marker
            case 0xDA:
                guard !components.isEmpty, segment.count > 0, segment.count > 2 * Int(segment[0]) else { return nil }
                firstScan = (0..<Int(segment[0])).map { segment[1 + 2 * $0] }
                return
            default: break
            }
        }
        return nil
    }

    /// The next marker at or after `offset`, which then lies behind it.
    private static func nextMarker(in image: borrowing Span<UInt8>, at offset: inout Int) -> UInt8? {
        while offset < image.count - 1 {
            defer { offset += 1 }
            if image[offset] == 0xFF, image[offset + 1] != 0xFF, image[offset + 1] != 0 {
                defer { offset += 1 }
                return image[offset + 1]
            }
        }
        return nil
    }

    private mutating func readFrame(_ segment: borrowing Span<UInt8>) -> Bool {
        guard segment.count >= 6 else { return false }
        let count = Int(segment[5])
        guard count > 0, segment.count >= 6 + 3 * count else { return false }
        precision = Int(segment[0])
        height = Int(segment[1]) << 8 | Int(segment[2])
        width = Int(segment[3]) << 8 | Int(segment[4])
        for index in 0..<count {
            let start = 6 + 3 * index
            components.append(
                Component(
                    id: segment[start], across: Int(segment[start + 1] >> 4), down: Int(segment[start + 1] & 15),
                    table: segment[start + 2]))
        }
        return true
    }

    private mutating func readTables(_ segment: borrowing Span<UInt8>) {
        var offset = 0
        while offset < segment.count {
            let (wide, number) = (segment[offset] >> 4 > 0, segment[offset] & 15)
            let length = wide ? 128 : 64
            guard segment.count - offset > length else { return }
            tables[number] = (0..<64).map { index in
                let start = offset + 1 + (wide ? 2 * index : index)
                return wide ? UInt16(segment[start]) << 8 | UInt16(segment[start + 1]) : UInt16(segment[start])
            }
            offset += 1 + length
        }
    }

    /// The table of the first component, where the first scan brings that component and so fixes its table.
    var lumaTable: [UInt16]? {
        guard let luma = components.first, firstScan.contains(luma.id) else { return nil }
        return tables[luma.table]
    }

    /// Whether all components but the first have the same table.
    var sharesChromaTables: Bool {
        let chroma = components.dropFirst().map { tables[$0.table] }
        return chroma.allSatisfy { $0 != nil && $0 == chroma.first }
    }

    /// Whether colour has as many lines as brightness has.
    var keepsColourLines: Bool {
        guard let luma = components.first else { return false }
        return components.dropFirst().allSatisfy { $0.down >= luma.down }
    }
}
