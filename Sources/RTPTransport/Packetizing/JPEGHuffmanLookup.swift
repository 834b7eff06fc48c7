/// Finds the Huffman code that bits begin with, by their next 16 bits.
///
/// Codes of up to twelve bits are found by so many bits. The longer ones come behind all those in the order of their bits, and are
/// found by sixteen.
struct JPEGHuffmanLookup: Sendable {
    /// One code of a table.
    struct Code {
        var bits: UInt64
        var length: Int
        /// How many bits of a value follow the code.
        var valueLength: Int
        /// What the reader is to be told.
        var meaning: Int
    }

    /// A code with the value behind it, or several of them.
    ///
    /// Packed into 16 bits, as the tables should stay in the fastest cache.
    struct Symbol: Sendable {
        private let packed: UInt16

        fileprivate init(bits: Int, meaning: Int) { packed = UInt16(truncatingIfNeeded: bits | meaning << 8) }

        /// How many bits code and value take, 1...27; 0 where no code begins like this.
        var bits: Int { Int(packed & 0xFF) }
        /// What the codes mean, added up.
        var meaning: Int { Int(packed >> 8) }
    }

    private static let shortLength = 12
    /// For every twelve bits that a short code begins, then for all sixteen bits after those.
    private let symbols: [Symbol]
    private let firstLong: Int
    /// What to take off sixteen bits that begin a long code.
    private let longOffset: Int

    /// - Parameters:
    ///   - codes: All codes in the order of their bits.
    ///   - end: Symbols that stand behind each other in twelve bits are made into one, up to one that means this much.
    init(_ codes: [Code], groupedUpTo end: Int = 0) {
        var starts: [Code] = []
        var long: [Symbol] = []
        for code in codes {
            if code.length <= Self.shortLength {
                starts += repeatElement(code, count: 1 << (Self.shortLength - code.length))
            } else {
                let symbol = Symbol(bits: code.length + code.valueLength, meaning: code.meaning)
                long += repeatElement(symbol, count: 1 << (16 - code.length))
            }
        }
        firstLong = starts.count << (16 - Self.shortLength)
        longOffset = firstLong - starts.count
        long += repeatElement(Symbol(bits: 0, meaning: 0), count: 1 << 16 - firstLong - long.count)
        symbols = starts.indices.map { Self.symbol($0, starts, upTo: end) } + long
    }

    /// The codes that these twelve bits hold, one at least.
    private static func symbol(_ bits: Int, _ starts: [Code], upTo end: Int) -> Symbol {
        var (used, meaning) = (starts[bits].length + starts[bits].valueLength, starts[bits].meaning)
        while used < shortLength, meaning < end {
            let rest = bits << used & (1 << shortLength - 1)
            // The code must be seen whole; its value need not.
            guard rest < starts.count, used + starts[rest].length <= shortLength else { break }
            used += starts[rest].length + starts[rest].valueLength
            meaning += starts[rest].meaning
        }
        return Symbol(bits: used, meaning: meaning)
    }

    /// What the uppermost bits of `window` begin with.
    @inline(__always) func symbol(_ window: UInt64) -> Symbol {
        let head = Int(truncatingIfNeeded: window >> 48)
        return symbols[head < firstLong ? head >> (16 - Self.shortLength) : head - longOffset]
    }
}
