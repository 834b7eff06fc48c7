/// Walks the segments of a JPEG file up to its scan (ITU-T T.81 annex B) and keeps what RFC 2435 needs of them.
///
/// What is broken is thrown at once. What RFC 2435 has no room for is only noted, and the walk goes on, since worse may follow: a
/// progressive file may be 4:4:4, too, or have no picture at all.
struct JPEGHeaderScanner {
    /// One component, as the frame header describes it.
    struct Component {
        var id: UInt8
        var sampling: UInt8
        var table: UInt8
    }

    /// The frame header.
    struct Frame {
        var marker: UInt8
        var width: Int
        var height: Int
        var components: [Component]

        /// Whether the scans are coded as RFC 2435 has it, with Huffman tables and one after the other (ITU-T T.81 table B.1).
        var isSequential: Bool { marker == 0xC0 || marker == 0xC1 }

        /// The factors of three components.
        var sampling: JPEGSampling {
            JPEGSampling(rawValue: components.prefix(3).reduce(0) { $0 << 8 | UInt32($1.sampling) })
        }
    }

    /// Four tables, by their 2-bit number.
    struct Tables<Table> {
        var first: Table?
        var second: Table?
        var third: Table?
        var fourth: Table?

        subscript(number: UInt8) -> Table? {
            get {
                switch number {
                case 0: first
                case 1: second
                case 2: third
                case 3: fourth
                default: nil
                }
            }
            set {
                switch number {
                case 0: first = newValue
                case 1: second = newValue
                case 2: third = newValue
                case 3: fourth = newValue
                default: break
                }
            }
        }
    }

    /// What a Huffman table is good for.
    enum HuffmanTable {
        case luma, chroma, foreign
    }

    private(set) var frame: Frame?
    private(set) var quantization = Tables<Range<Int>>()
    // A file without Huffman tables means the standard ones (webcams and AVI1 files omit them).
    private(set) var directCurrent = Tables<HuffmanTable>(first: .luma, second: .chroma)
    private(set) var alternatingCurrent = Tables<HuffmanTable>(first: .luma, second: .chroma)
    private(set) var restartInterval: UInt16 = 0
    /// The JFIF segment, without its marker and length.
    private(set) var applicationHeader: Range<Int>?
    private(set) var adobeTransform: UInt8?
    /// The gravest of what RFC 2435 has no room for.
    private(set) var hindrance: JPEGError?
    /// Where the picture data begins; `nil` until the header of the first scan has been read.
    private(set) var scanStart: Int?

    init() {}

    /// Reads all segments of `image`.
    mutating func scan(_ image: Span<UInt8>) throws(JPEGError) -> JPEGImageHeader {
        guard image.count >= 2, image[0] == 0xFF, image[1] == 0xD8 else { throw .notJPEG }
        var offset = 2
        while true {
            let marker = try Self.marker(in: image, at: &offset)
            switch marker {
            case 0x01, 0xD0...0xD7: continue  // these stand alone
            case 0x00, 0xD8, 0xD9: throw .malformed(offset: offset - 2)
            default: break
            }
            let segment = try Self.segment(in: image, at: &offset)
            if marker == 0xDA {
                scanStart = segment.upperBound
                return try judge(scanHeader: segment, of: image)
            }
            try read(segment, marker: marker, of: image)
        }
    }

    /// Notes what is in the way, where nothing graver is.
    mutating func note(_ error: JPEGError) {
        if JPEGCarriage(error).gravity > hindrance.map({ JPEGCarriage($0).gravity }) ?? 0 { hindrance = error }
    }

    /// The marker at `offset`, which then lies behind it. Any number of FF bytes may come before it.
    static func marker(in image: Span<UInt8>, at offset: inout Int) throws(JPEGError) -> UInt8 {
        guard offset < image.count else { throw .truncated }
        guard image[offset] == 0xFF else { throw .malformed(offset: offset) }
        while offset < image.count, image[offset] == 0xFF { offset += 1 }
        guard offset < image.count else { throw .truncated }
        defer { offset += 1 }
        return image[offset]
    }

    /// The contents of the segment whose length stands at `offset`, which then lies behind it.
    static func segment(in image: Span<UInt8>, at offset: inout Int) throws(JPEGError) -> Range<Int> {
        guard image.count - offset >= 2 else { throw .truncated }
        let length = Int(image.bigEndian16(at: offset))
        guard length >= 2 else { throw .malformed(offset: offset) }
        guard length <= image.count - offset else { throw .truncated }
        defer { offset += length }
        return offset + 2..<offset + length
    }

    mutating func read(_ segment: Range<Int>, marker: UInt8, of image: Span<UInt8>) throws(JPEGError) {
        switch marker {
        case 0xC4: try readHuffmanTables(segment, of: image)
        case 0xDB: try readQuantizationTables(segment, of: image)
        case 0xDD:
            guard segment.count == 2 else { throw .malformed(offset: segment.lowerBound) }
            restartInterval = image.bigEndian16(at: segment.lowerBound)
        case 0xC0...0xC3, 0xC5...0xC7, 0xC9...0xCB, 0xCD...0xCF: try readFrame(segment, marker: marker, of: image)
        case 0xE0:
            if applicationHeader == nil, Self.begins(segment, of: image, with: (0x4A, 0x46, 0x49, 0x46)) {
                applicationHeader = segment
            }
        case 0xEE:
            if segment.count >= 12, Self.begins(segment, of: image, with: (0x41, 0x64, 0x6F, 0x62)) {
                adobeTransform = image[segment.lowerBound + 11]
            }
        default: break
        }
    }

    private mutating func readFrame(_ segment: Range<Int>, marker: UInt8, of image: Span<UInt8>) throws(JPEGError) {
        let start = segment.lowerBound
        guard frame == nil, segment.count >= 6 else { throw .malformed(offset: start) }
        let precision = Int(image[start])
        guard 2...16 ~= precision else { throw .malformed(offset: start) }
        let height = Int(image.bigEndian16(at: start + 1))
        let width = Int(image.bigEndian16(at: start + 3))
        guard width > 0, height > 0 else { throw .malformed(offset: start + 1) }
        let count = Int(image[start + 5])
        guard count > 0, segment.count == 6 + 3 * count else { throw .malformed(offset: start + 5) }
        var components: [Component] = []
        components.reserveCapacity(count)
        for offset in stride(from: start + 6, to: segment.upperBound, by: 3) {
            let component = Component(id: image[offset], sampling: image[offset + 1], table: image[offset + 2])
            guard 1...4 ~= component.sampling >> 4, 1...4 ~= component.sampling & 15, component.table <= 3 else {
                throw .malformed(offset: offset + 1)
            }
            components.append(component)
        }
        frame = Frame(marker: marker, width: width, height: height, components: components)
        switch marker {
        case 0xC0, 0xC1: break
        case 0xC2: note(.progressive)
        case 0xC9, 0xCA: note(.arithmetic)
        default: note(.unsupportedProcess(marker))
        }
        if precision != 8 { note(.unsupportedPrecision(precision)) }
        if count != 3 { note(.unsupportedComponents(count)) }
    }

    private mutating func readQuantizationTables(_ segment: Range<Int>, of image: Span<UInt8>) throws(JPEGError) {
        var offset = segment.lowerBound
        while offset < segment.upperBound {
            let description = image[offset]
            guard description & 0xF0 <= 0x10, description & 0x0F <= 3 else { throw .malformed(offset: offset) }
            let length = description & 0xF0 == 0 ? 64 : 128
            guard segment.upperBound - offset > length else { throw .malformed(offset: offset) }
            quantization[description & 0x0F] = offset + 1..<offset + 1 + length
            offset += 1 + length
        }
    }

    private mutating func readHuffmanTables(_ segment: Range<Int>, of image: Span<UInt8>) throws(JPEGError) {
        var offset = segment.lowerBound
        while offset < segment.upperBound {
            let description = image[offset]
            guard description & 0xF0 <= 0x10, description & 0x0F <= 3, segment.upperBound - offset > 16 else {
                throw .malformed(offset: offset)
            }
            var symbols = 0
            var codes = 0
            for length in 1...16 {
                let count = Int(image[offset + length])
                symbols += count
                codes += count << (16 - length)
            }
            // No more symbols than bytes have values, and no more codes than bits have.
            guard symbols <= 256, codes <= 1 << 16, segment.upperBound - offset > 16 + symbols else {
                throw .malformed(offset: offset)
            }
            let table = offset + 1..<offset + 17 + symbols
            if description & 0xF0 == 0 {
                directCurrent[description & 0x0F] = Self.kind(
                    of: table, in: image, luma: StandardHuffmanTables.lumaDirectCurrent,
                    chroma: StandardHuffmanTables.chromaDirectCurrent)
            } else {
                alternatingCurrent[description & 0x0F] = Self.kind(
                    of: table, in: image, luma: StandardHuffmanTables.lumaAlternatingCurrent,
                    chroma: StandardHuffmanTables.chromaAlternatingCurrent)
            }
            offset = table.upperBound
        }
    }

    private static func kind(
        of table: Range<Int>, in image: Span<UInt8>, luma: [UInt8], chroma: [UInt8]
    ) -> HuffmanTable {
        let table = image.extracting(table)
        return equal(table, luma.span) ? .luma : equal(table, chroma.span) ? .chroma : .foreign
    }
}
