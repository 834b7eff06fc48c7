extension Span<UInt8> {
    /// The place of the first FF at or after `start`, or `count`: eight bytes at a time.
    func firstMarkerByte(from start: Int) -> Int {
        let end = count
        guard start >= 0, start < end else { return end }
        return unsafe withUnsafeBytes { bytes in
            var index = start
            while index &+ 8 <= end {
                let word = UInt64(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                // The well-known test for a zero byte, on the complement: the lowest bit set marks the first FF.
                let hits = (~word &- 0x0101_0101_0101_0101) & word & 0x8080_8080_8080_8080
                if hits != 0 { return index &+ hits.trailingZeroBitCount / 8 }
                index &+= 8
            }
            while index < end {
                if unsafe bytes[index] == 0xFF { return index }
                index &+= 1
            }
            return end
        }
    }
}

extension [UInt8] {
    /// Appends the bytes of a span.
    mutating func append(span: Span<UInt8>) {
        unsafe span.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}

/// The text before a JPEG in the lab format: blanks perhaps, then the length of the JPEG in decimal digits.
struct LabPrefix: Sendable, Hashable {
    /// How many bytes the blanks and digits take.
    let byteCount: Int
    /// The length of the JPEG that follows.
    let frameByteCount: Int

    /// No prefix is longer than this, in bytes.
    static let maxByteCount = 26
    private static let minByteCount = 5
    private static let maxBlanks = 16
    private static let maxDigits = 10

    /// Reads the prefix at `offset`; `nil` unless blanks and digits, five or more together, are directly followed by FF D8.
    ///
    /// All writers fill the length up to five places. To insist on it shows a frame that lost its last few bytes, after
    /// which only the rest of the next length would be met.
    init?(_ bytes: Span<UInt8>, at offset: Int) {
        guard offset >= 0 else { return nil }
        var index = offset
        while index < bytes.count, index - offset < Self.maxBlanks, Self.isBlank(bytes[index]) { index += 1 }
        let firstDigit = index
        var value = 0
        while index < bytes.count, index - firstDigit < Self.maxDigits, case 0x30...0x39 = bytes[index] {
            value = value &* 10 &+ Int(bytes[index] &- 0x30)
            index += 1
        }
        guard index > firstDigit, index - offset >= Self.minByteCount, index + 1 < bytes.count else { return nil }
        guard bytes[index] == 0xFF, bytes[index + 1] == 0xD8 else { return nil }
        self.byteCount = index - offset
        self.frameByteCount = value
    }

    /// Whether a byte is a blank, a tab or a line end.
    static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0D).contains(byte)
    }
}
