/// The standard Huffman tables made ready for reading and writing (ITU-T T.81 annex K, section F.2.2.3).
struct JPEGHuffmanTables: Sendable {
    /// One code with the value bits that follow it.
    ///
    /// 16 bits rather than two integers, as the tables should stay in the fastest cache.
    struct Symbol: Sendable {
        private let packed: UInt16

        init(bits: Int, meaning: Int) { packed = UInt16(truncatingIfNeeded: bits | meaning << 8) }

        /// No code begins like this.
        static let none = Symbol(bits: 0, meaning: 0)

        /// How many bits the code and its value take, 1...26; 0 where there is no such code.
        var bits: Int { Int(packed & 0xFF) }
        /// For DC: how many of the bits are the value, 0...11. For AC: how many coefficients the code covers.
        var meaning: Int { Int(packed >> 8) }
    }

    /// A code by its next 16 bits: codes of up to ten bits through a small table, the longer ones, which all come behind those in
    /// the order of their bits, through a second.
    struct Lookup: Sendable {
        private static let shortLength = 10
        private let short: [Symbol]
        private let long: [Symbol]
        private let firstLong: Int

        fileprivate init(_ codes: [Code], symbol: (Code) -> Symbol) {
            var short: [Symbol] = []
            var long: [Symbol] = []
            for code in codes {
                if code.length <= Self.shortLength {
                    short += repeatElement(symbol(code), count: 1 << (Self.shortLength - code.length))
                } else {
                    long += repeatElement(symbol(code), count: 1 << (16 - code.length))
                }
            }
            firstLong = short.count << (16 - Self.shortLength)
            long += repeatElement(.none, count: 1 << 16 - firstLong - long.count)
            (self.short, self.long) = (short, long)
        }

        /// The symbol that the uppermost bits of `window` begin with.
        @inline(__always) func symbol(_ window: UInt64) -> Symbol {
            let head = Int(truncatingIfNeeded: window >> 48)
            return head < firstLong ? short[head >> (16 - Self.shortLength)] : long[head - firstLong]
        }
    }

    /// One code of a table.
    fileprivate struct Code {
        var symbol: Int
        var length: Int
        var bits: UInt64
    }

    /// What an AC symbol that ends the block counts for: more than a block has coefficients.
    static let endOfBlock = 128

    /// DC differences.
    let directCurrent: Lookup
    /// The other 63 coefficients.
    let alternatingCurrent: Lookup
    /// The codes of DC differences by how many bits the difference takes, 0...11.
    private let categories: [(bits: UInt64, length: Int)]

    /// The tables of the first component.
    static let luma = JPEGHuffmanTables(
        directCurrent: StandardHuffmanTables.lumaDirectCurrent, alternatingCurrent: StandardHuffmanTables.lumaAlternatingCurrent)
    /// The tables of the second and the third component.
    static let chroma = JPEGHuffmanTables(
        directCurrent: StandardHuffmanTables.chromaDirectCurrent,
        alternatingCurrent: StandardHuffmanTables.chromaAlternatingCurrent)

    private init(directCurrent: [UInt8], alternatingCurrent: [UInt8]) {
        let categories = Self.codes(of: directCurrent)
        self.categories = categories.sorted { $0.symbol < $1.symbol }.map { ($0.bits, $0.length) }
        self.directCurrent = Lookup(categories) { Symbol(bits: $0.length + $0.symbol, meaning: $0.symbol) }
        self.alternatingCurrent = Lookup(Self.codes(of: alternatingCurrent)) {
            // A run of zeros, then a value of some bits; without value bits it is sixteen zeros or the end of the block.
            let (run, size) = ($0.symbol >> 4, $0.symbol & 15)
            return Symbol(bits: $0.length + size, meaning: size > 0 || run == 15 ? run + 1 : Self.endOfBlock)
        }
    }

    /// The codes of a table as a DHT segment holds it, in the order of their bits (ITU-T T.81 annex C).
    private static func codes(of table: [UInt8]) -> [Code] {
        var codes: [Code] = []
        var symbols = table.dropFirst(16)
        var bits: UInt64 = 0
        for (index, count) in table.prefix(16).enumerated() {
            for symbol in symbols.prefix(Int(count)) {
                codes.append(Code(symbol: Int(symbol), length: index + 1, bits: bits))
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
        let value = UInt64(truncatingIfNeeded: difference < 0 ? difference &- 1 : difference) & (1 << UInt64(size) - 1)
        let category = categories[size]
        return (category.bits << UInt64(size) | value, category.length + size)
    }
}
