/// Puts the blocks of a scan into the order that the same picture has under reduced sampling factors.
///
/// A picture sampled 2x2 1x2 1x2 is 4:2:2 like one sampled 2x1 1x1 1x1, but its MCUs hold twice the blocks in another order, which
/// RFC 2435 cannot name. Nothing is lost on the way: a block keeps the bits of its AC coefficients as they are, its DC coefficient is
/// written as the difference to another neighbour, and only blocks outside the picture, which pad larger MCUs, are left out. Restart
/// markers are too. Time and memory are linear in the size of the scan and the picture.
///
/// Both orders are of whole MCUs; here `common` is 1x2, and a large MCU becomes two small ones (ITU-T T.81 section A.2.3):
///
/// ```text
/// Y0 Y1    Cb0 Cr0        Y0 Y1 Y2 Y3 Cb0 Cb1 Cr0 Cr1   ->   Y0 Y1 Cb0 Cr0  …  Y2 Y3 Cb1 Cr1
/// Y2 Y3    Cb1 Cr1
/// ```
struct JPEGScanReordering {
    /// One block of an MCU of the file.
    private struct Place {
        /// 0, 1 or 2.
        var component: Int
        /// Which of the small MCUs that this MCU becomes it belongs to.
        var column: Int
        var row: Int
        /// Where it stands among the blocks that are written, counted from the first of the first small MCU.
        var offset: Int
    }

    /// One block as it was read.
    private struct Block {
        /// The first bit of its AC coefficients, and how many there are.
        var start: UInt32 = 0
        var length: UInt16 = 0
        var directCurrent: Int16 = 0
    }

    /// Where to continue reading.
    private struct Cursor {
        var position = 0
        var directCurrent: (Int, Int, Int) = (0, 0, 0)
    }

    private let luma = JPEGHuffmanTables.luma
    private let chroma = JPEGHuffmanTables.chroma
    private let header: JPEGImageHeader
    /// The blocks of an MCU of the file, in their order.
    private let places: [Place]
    /// How many small MCUs one of the file becomes, across and down.
    private let common: (columns: Int, rows: Int)
    /// How many small MCUs the picture has.
    private let columns: Int
    private let rows: Int
    private let blocksPerMCU: Int
    /// How many of the blocks of a small MCU are luma.
    private let lumaBlocks: Int
    /// The blocks of the picture, in the order in which they are to be written.
    private var blocks: [Block] = []

    /// Plans the reordering of the picture data of a file with this header, whose sampling reduces to 4:2:0 or 4:2:2.
    init(_ header: JPEGImageHeader) {
        let file = header.sampling.factors
        let reduced = header.sampling.reduced.factors
        common = (file[0].across / reduced[0].across, file[0].down / reduced[0].down)
        columns = (header.width - 1) / (8 * reduced[0].across) + 1
        rows = (header.height - 1) / (8 * reduced[0].down) + 1
        lumaBlocks = reduced[0].across * reduced[0].down
        blocksPerMCU = lumaBlocks + 2
        self.header = header
        var places: [Place] = []
        var first = 0
        for (component, (large, small)) in zip(file, reduced).enumerated() {
            for row in 0..<large.down {
                for column in 0..<large.across {
                    places.append(
                        Place(
                            component: component, column: column / small.across, row: row / small.down,
                            offset: (row / small.down * columns + column / small.across) * blocksPerMCU + first
                                + row % small.down * small.across + column % small.across))
                }
            }
            first += small.across * small.down
        }
        self.places = places
    }

    /// The scan of `image` in its new order, without restart markers.
    /// - Throws: ``JPEGError/truncated`` or ``JPEGError/malformed(offset:)`` where the scan does not hold all blocks of the picture.
    mutating func scan(of image: Span<UInt8>) throws(JPEGError) -> [UInt8] {
        let count = columns * rows * blocksPerMCU
        // No block takes fewer than four bits; so a small file cannot ask for much memory.
        guard header.scan.count * 2 >= count else { throw .truncated }
        blocks = [Block](repeating: Block(), count: count)
        var bits = JPEGScanBits(header.scan)
        try read(&bits, of: image)
        return try write(bits.words.span)
    }

    /// Finds all blocks, one restart interval after the other.
    private mutating func read(_ bits: inout JPEGScanBits, of image: Span<UInt8>) throws(JPEGError) {
        let across = (columns - 1) / common.columns + 1
        let count = across * ((rows - 1) / common.rows + 1)
        let interval = header.restartInterval > 0 ? Int(header.restartInterval) : count
        var first = 0
        while first < count {
            if first > 0 { try bits.passRestartMarker(first / interval - 1, of: image) }
            bits.readInterval(of: image)
            var cursor = Cursor(position: bits.interval.lowerBound)
            for number in first..<min(first + interval, count) {
                guard readMCU(atColumn: number % across, row: number / across, of: bits.words.span, &cursor),
                    cursor.position <= bits.interval.upperBound
                else { throw bits.failure(at: cursor.position, of: image) }
            }
            first += interval
        }
    }

    /// - Returns: false where the bits make no sense at the cursor.
    private mutating func readMCU(atColumn column: Int, row: Int, of words: Span<UInt64>, _ cursor: inout Cursor) -> Bool {
        let (column, row) = (column * common.columns, row * common.rows)
        let first = (row * columns + column) * blocksPerMCU
        for place in places {
            let read =
                switch place.component {
                case 0: Self.read(words, at: &cursor.position, after: &cursor.directCurrent.0, tables: luma)
                case 1: Self.read(words, at: &cursor.position, after: &cursor.directCurrent.1, tables: chroma)
                default: Self.read(words, at: &cursor.position, after: &cursor.directCurrent.2, tables: chroma)
                }
            guard let read else { return false }
            guard column + place.column < columns, row + place.row < rows else { continue }
            blocks[first + place.offset] = read
        }
        return true
    }

    /// One block (ITU-T T.81 section F.2.2).
    @inline(__always) private static func read(
        _ words: Span<UInt64>, at position: inout Int, after predictor: inout Int, tables: JPEGHuffmanTables
    ) -> Block? {
        var window = JPEGScanBits.window(words, at: position)
        let category = tables.directCurrent.symbol(window)
        guard category.bits > 0 else { return nil }
        predictor += difference(window, category)
        let start = position + category.bits
        window &<<= UInt64(truncatingIfNeeded: category.bits)
        var used = category.bits
        var coefficients = 1
        while coefficients < 64 {
            if used > 48 {
                position += used
                window = JPEGScanBits.window(words, at: position)
                used = 0
            }
            var symbol = tables.alternatingCurrentGroups.symbol(window)
            if reachesTooFar(coefficients + symbol.meaning) { symbol = tables.alternatingCurrent.symbol(window) }
            guard symbol.bits > 0 else {
                position += used
                return nil
            }
            window &<<= UInt64(truncatingIfNeeded: symbol.bits)
            used += symbol.bits
            coefficients += symbol.meaning
        }
        position += used
        guard !reachesTooFar(coefficients), let start = UInt32(exactly: start),
            let length = UInt16(exactly: position - Int(start)), let directCurrent = Int16(exactly: predictor)
        else { return nil }
        return Block(start: start, length: length, directCurrent: directCurrent)
    }

    /// Whether this is more than the coefficients of a block: a value beyond the last, or an end after it.
    @inline(__always) private static func reachesTooFar(_ coefficients: Int) -> Bool {
        coefficients > 64 && (coefficients <= JPEGHuffmanTables.endOfBlock || coefficients >= JPEGHuffmanTables.endOfBlock + 64)
    }

    /// The value behind the code of a DC difference (ITU-T T.81 table F.1).
    @inline(__always) private static func difference(_ window: UInt64, _ category: JPEGHuffmanLookup.Symbol) -> Int {
        let size = UInt64(truncatingIfNeeded: category.meaning)
        let limit = 1 << Int(truncatingIfNeeded: size)
        let value = Int(truncatingIfNeeded: window &>> UInt64(truncatingIfNeeded: 64 - category.bits)) & (limit - 1)
        // The upper half are the positive values as they are, the lower half the negative ones. No branch, as none could be foreseen.
        return value &- ((limit &- 1) & (value &- limit >> 1) >> (Int.bitWidth - 1))
    }

    /// All blocks in their new order.
    private func write(_ words: Span<UInt64>) throws(JPEGError) -> [UInt8] {
        var writer = JPEGScanWriter(capacity: header.scan.count + header.scan.count / 8 + 16)
        var directCurrent = (0, 0, 0)
        var index = 0
        for _ in 0..<columns * rows {
            for _ in 0..<lumaBlocks {
                try Self.write(blocks[index], of: words, after: &directCurrent.0, tables: luma, to: &writer, header)
                index += 1
            }
            try Self.write(blocks[index], of: words, after: &directCurrent.1, tables: chroma, to: &writer, header)
            try Self.write(blocks[index + 1], of: words, after: &directCurrent.2, tables: chroma, to: &writer, header)
            index += 2
        }
        return writer.finish()
    }

    @inline(__always) private static func write(
        _ block: Block, of words: Span<UInt64>, after predictor: inout Int, tables: JPEGHuffmanTables,
        to writer: inout JPEGScanWriter, _ header: JPEGImageHeader
    ) throws(JPEGError) {
        let value = Int(block.directCurrent)
        // A sound picture stays within 11 bits; a broken one need not.
        guard let code = tables.code(ofDifference: value - predictor) else { throw .malformed(offset: header.scan.lowerBound) }
        writer.append(code.bits &<< UInt64(truncatingIfNeeded: 64 - code.length), length: code.length)
        let start = Int(block.start)
        writer.append(start..<start + Int(block.length), of: words)
        predictor = value
    }
}

extension JPEGSampling {
    /// The factors of the three components.
    fileprivate var factors: [(across: Int, down: Int)] {
        [16, 8, 0].map { (shift: UInt32) in (Int(rawValue >> (shift + 4) & 15), Int(rawValue >> shift & 15)) }
    }
}
