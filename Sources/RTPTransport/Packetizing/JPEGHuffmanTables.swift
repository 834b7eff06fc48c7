/// The standard Huffman tables made ready for reading and writing (ITU-T T.81 annex K).
struct JPEGHuffmanTables: Sendable {
    /// What an AC symbol that ends the block counts for: more than a block has coefficients.
    static let endOfBlock = 128

    /// DC differences: how many bits the difference takes, 0...11.
    let directCurrent: JPEGHuffmanLookup
    /// The other 63 coefficients: how many of them a symbol covers, or ``endOfBlock``.
    let alternatingCurrent: JPEGHuffmanLookup
    /// The same, several symbols at once.
    let alternatingCurrentGroups: JPEGHuffmanLookup
    /// The codes of DC differences by how many bits the difference takes.
    private let categories: [(bits: UInt64, length: Int)]

    /// The tables of the first component.
    static let luma = JPEGHuffmanTables(
        directCurrent: StandardHuffmanTables.lumaDirectCurrent, alternatingCurrent: StandardHuffmanTables.lumaAlternatingCurrent)
    /// The tables of the second and the third component.
    static let chroma = JPEGHuffmanTables(
        directCurrent: StandardHuffmanTables.chromaDirectCurrent,
        alternatingCurrent: StandardHuffmanTables.chromaAlternatingCurrent)

    private init(directCurrent: [UInt8], alternatingCurrent: [UInt8]) {
        let differences = Self.codes(of: directCurrent) { (value: $0, meaning: $0) }
        let coefficients = Self.codes(of: alternatingCurrent) { symbol in
            // A run of zeros, then a value of some bits; without value bits it is sixteen zeros or the end of the block.
            let (run, size) = (symbol >> 4, symbol & 15)
            return (value: size, meaning: size > 0 || run == 15 ? run + 1 : Self.endOfBlock)
        }
        categories = differences.sorted { $0.meaning < $1.meaning }.map { ($0.bits, $0.length) }
        self.directCurrent = JPEGHuffmanLookup(differences)
        self.alternatingCurrent = JPEGHuffmanLookup(coefficients)
        alternatingCurrentGroups = JPEGHuffmanLookup(coefficients, groupedUpTo: Self.endOfBlock)
    }

    /// The codes of a table as a DHT segment holds it, in the order of their bits (ITU-T T.81 annex C).
    private static func codes(
        of table: [UInt8], symbol: (Int) -> (value: Int, meaning: Int)
    ) -> [JPEGHuffmanLookup.Code] {
        var codes: [JPEGHuffmanLookup.Code] = []
        var symbols = table.dropFirst(16)
        var bits: UInt64 = 0
        for (index, count) in table.prefix(16).enumerated() {
            for byte in symbols.prefix(Int(count)) {
                let (value, meaning) = symbol(Int(byte))
                codes.append(.init(bits: bits, length: index + 1, valueLength: value, meaning: meaning))
                bits += 1
            }
            symbols = symbols.dropFirst(Int(count))
            bits <<= 1
        }
        return codes
    }

    /// Code and value of a DC difference as one number (ITU-T T.81 section F.1.2.1); `nil` where no code reaches so far.
    @inline(__always) func code(ofDifference difference: Int) -> (bits: UInt64, length: Int)? {
        let size = Int.bitWidth - difference.magnitude.leadingZeroBitCount
        guard size < categories.count else { return nil }
        // One less where it is negative.
        let value = UInt64(truncatingIfNeeded: difference &+ difference >> (Int.bitWidth - 1)) & (1 << UInt64(size) - 1)
        let category = categories[size]
        return (category.bits << UInt64(size) | value, category.length + size)
    }
}
