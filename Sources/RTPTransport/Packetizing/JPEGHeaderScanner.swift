/// Walks the segments of a JPEG file up to its scan (ITU-T T.81 annex B) and keeps what RFC 2435 needs of them.
struct JPEGHeaderScanner {
    /// One component, as the frame header describes it.
    private struct Component {
        var id: UInt8
        var sampling: UInt8
        var table: UInt8
    }

    /// The frame header.
    private struct Frame {
        var width: Int
        var height: Int
        var components: (Component, Component, Component)

        var sampling: JPEGSampling {
            JPEGSampling(
                rawValue: UInt32(components.0.sampling) << 16 | UInt32(components.1.sampling) << 8
                    | UInt32(components.2.sampling))
        }
    }

    /// Four tables, by their 2-bit number.
    private struct Tables<Table> {
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
    private enum HuffmanTable {
        case luma, chroma, foreign
    }

    private var frame: Frame?
    private var quantization = Tables<Range<Int>>()
    // A file without Huffman tables means the standard ones (webcams and AVI1 files omit them).
    private var directCurrent = Tables<HuffmanTable>(first: .luma, second: .chroma)
    private var alternatingCurrent = Tables<HuffmanTable>(first: .luma, second: .chroma)
    private var restartInterval: UInt16 = 0
    private var hasJFIF = false
    private var adobeTransform: UInt8?

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
            if marker == 0xDA { return try finish(scanHeader: segment, of: image) }
            try read(segment, marker: marker, of: image)
        }
    }

    /// The marker at `offset`, which then lies behind it. Any number of FF bytes may come before it.
    private static func marker(in image: Span<UInt8>, at offset: inout Int) throws(JPEGError) -> UInt8 {
        guard offset < image.count else { throw .truncated }
        guard image[offset] == 0xFF else { throw .malformed(offset: offset) }
        while offset < image.count, image[offset] == 0xFF { offset += 1 }
        guard offset < image.count else { throw .truncated }
        defer { offset += 1 }
        return image[offset]
    }

    /// The contents of the segment whose length stands at `offset`, which then lies behind it.
    private static func segment(in image: Span<UInt8>, at offset: inout Int) throws(JPEGError) -> Range<Int> {
        guard image.count - offset >= 2 else { throw .truncated }
        let length = Int(image.bigEndian16(at: offset))
        guard length >= 2 else { throw .malformed(offset: offset) }
        guard length <= image.count - offset else { throw .truncated }
        defer { offset += length }
        return offset + 2..<offset + length
    }

    private mutating func read(_ segment: Range<Int>, marker: UInt8, of image: Span<UInt8>) throws(JPEGError) {
        switch marker {
        case 0xC4: try readHuffmanTables(segment, of: image)
        case 0xDB: try readQuantizationTables(segment, of: image)
        case 0xDD:
            guard segment.count == 2 else { throw .malformed(offset: segment.lowerBound) }
            restartInterval = image.bigEndian16(at: segment.lowerBound)
        case 0xC0, 0xC1: try readFrame(segment, of: image)
        case 0xC2: throw .progressive
        case 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF: throw .arithmetic
        case 0xC3, 0xC5, 0xC6, 0xC7: throw .unsupportedProcess(marker)
        case 0xE0: hasJFIF = hasJFIF || Self.begins(segment, of: image, with: (0x4A, 0x46, 0x49, 0x46))
        case 0xEE:
            if segment.count >= 12, Self.begins(segment, of: image, with: (0x41, 0x64, 0x6F, 0x62)) {
                adobeTransform = image[segment.lowerBound + 11]
            }
        default: break
        }
    }

    private mutating func readFrame(_ segment: Range<Int>, of image: Span<UInt8>) throws(JPEGError) {
        let start = segment.lowerBound
        guard frame == nil, segment.count >= 6 else { throw .malformed(offset: start) }
        guard image[start] == 8 else { throw .unsupportedPrecision(Int(image[start])) }
        let height = Int(image.bigEndian16(at: start + 1))
        let width = Int(image.bigEndian16(at: start + 3))
        guard width > 0, height > 0 else { throw .malformed(offset: start + 1) }
        let count = Int(image[start + 5])
        guard count > 0, segment.count == 6 + 3 * count else { throw .malformed(offset: start + 5) }
        guard count == 3 else { throw .unsupportedComponents(count) }
        func component(at offset: Int, of image: Span<UInt8>) -> Component {
            Component(id: image[offset], sampling: image[offset + 1], table: image[offset + 2])
        }
        frame = Frame(
            width: width, height: height,
            components: (
                component(at: start + 6, of: image), component(at: start + 9, of: image),
                component(at: start + 12, of: image)
            ))
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
            for length in 1...16 { symbols += Int(image[offset + length]) }
            guard symbols <= 256, segment.upperBound - offset > 16 + symbols else { throw .malformed(offset: offset) }
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

    private func finish(scanHeader: Range<Int>, of image: Span<UInt8>) throws(JPEGError) -> JPEGImageHeader {
        guard let frame, scanHeader.count >= 1 else { throw .malformed(offset: scanHeader.lowerBound) }
        guard !isRGB(frame) else { throw .notYCbCr }
        let ratio = frame.sampling.reduced
        guard ratio == .yuv420 || ratio == .yuv422 else { throw .unsupportedSampling(frame.sampling) }
        try checkScanHeader(scanHeader, of: image, frame: frame)
        let tables = try quantizationTables(frame, of: image, scanHeader: scanHeader)
        let scan = scanHeader.upperBound..<Self.endOfScan(in: image, from: scanHeader.upperBound)
        guard !scan.isEmpty else { throw .truncated }
        return JPEGImageHeader(
            width: frame.width, height: frame.height, sampling: frame.sampling, lumaTable: tables.luma,
            chromaTable: tables.chroma, restartInterval: restartInterval, scan: scan)
    }

    /// Colours as libjpeg guesses them: by JFIF, else by what Adobe says, else by the names of the components.
    private func isRGB(_ frame: Frame) -> Bool {
        if hasJFIF { return false }
        if let adobeTransform { return adobeTransform == 0 }
        return (frame.components.0.id, frame.components.1.id, frame.components.2.id) == (0x52, 0x47, 0x42)
    }

    private func checkScanHeader(_ segment: Range<Int>, of image: Span<UInt8>, frame: Frame) throws(JPEGError) {
        let start = segment.lowerBound
        let count = Int(image[start])
        guard (1...4).contains(count), segment.count == 4 + 2 * count else { throw .malformed(offset: start) }
        guard count == 3 else { throw .severalScans }
        guard image[start + 1] == frame.components.0.id, image[start + 3] == frame.components.1.id,
            image[start + 5] == frame.components.2.id
        else { throw .malformed(offset: start + 1) }
        // A receiver decodes the first component with the standard luma tables and the others with those for chroma.
        for (selector, kind) in [(2, HuffmanTable.luma), (4, .chroma), (6, .chroma)] {
            let numbers = image[start + selector]
            guard directCurrent[numbers >> 4] == kind, alternatingCurrent[numbers & 0x0F] == kind else {
                throw .foreignHuffmanTables
            }
        }
    }

    private func quantizationTables(
        _ frame: Frame, of image: Span<UInt8>, scanHeader: Range<Int>
    ) throws(JPEGError) -> (luma: Range<Int>, chroma: Range<Int>) {
        guard let luma = quantization[frame.components.0.table], let blue = quantization[frame.components.1.table],
            let red = quantization[frame.components.2.table]
        else { throw .malformed(offset: scanHeader.lowerBound) }
        guard blue == red || Self.equal(image.extracting(blue), image.extracting(red)) else {
            throw .differentChromaTables
        }
        return (luma, blue)
    }
}
