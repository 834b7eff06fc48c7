/// Picture data in the making: bits first, then bytes with a stuffing byte after every FF (ITU-T T.81 section F.1.2.3).
struct JPEGScanWriter {
    /// Eight bytes each, most significant first.
    private var words: [UInt64] = []
    /// The next word, of which the upper `count` bits are there already, 63 at most.
    private var pending: UInt64 = 0
    private var count = 0

    /// Starts with nothing written, and room for so many bytes.
    init(capacity: Int) { words.reserveCapacity(capacity / 8 + 1) }

    /// Appends the upper `length` bits of `bits`, 1...64; those below are zero.
    @inline(__always) mutating func append(_ bits: UInt64, length: Int) {
        pending |= bits &>> UInt64(truncatingIfNeeded: count)
        count += length
        if count >= 64 {
            words.append(pending)
            count -= 64
            // What did not fit; all of it did where nothing is left over.
            pending = count > 0 ? bits &<< UInt64(truncatingIfNeeded: length - count) : 0
        }
    }

    /// Appends the bits at `range`.
    @inline(__always) mutating func append(_ range: Range<Int>, of words: Span<UInt64>) {
        var position = range.lowerBound
        while position < range.upperBound {
            let length = min(range.upperBound - position, 64)
            let mask = UInt64.max &<< UInt64(truncatingIfNeeded: 64 - length)
            append(JPEGScanBits.window(words, at: position) & mask, length: length)
            position += length
        }
    }

    /// The bytes of all that was written, the last filled with ones.
    consuming func finish() -> [UInt8] {
        let fill = -count & 7
        if fill > 0 { append(UInt64.max << UInt64(64 - fill), length: fill) }
        let length = words.count * 8 + count / 8
        words.append(pending)
        let stuffedWords = words.reduce(0) { $0 + ($1.hasByteFF ? 1 : 0) }
        var bytes = [UInt8](repeating: 0, count: words.count * 8 + stuffedWords * 8)
        // Those of the last word that nothing was written to are zeros, before and after stuffing.
        let end = Self.stuff(words.span, into: bytes.mutableSpan) - (words.count * 8 - length)
        bytes.removeLast(bytes.count - end)
        return bytes
    }

    /// Writes the bytes of `words`, passing over a zero after every FF.
    /// - Returns: where they end.
    private static func stuff(_ words: Span<UInt64>, into bytes: consuming MutableSpan<UInt8>) -> Int {
        var next = 0
        for index in words.indices {
            let word = words[index]
            let stuffs = word.hasByteFF
            var shift: UInt64 = 64
            while shift > 0 {
                shift -= 8
                let byte = UInt8(truncatingIfNeeded: word &>> shift)
                bytes[next] = byte
                next += stuffs && byte == 0xFF ? 2 : 1
            }
        }
        return next
    }
}
