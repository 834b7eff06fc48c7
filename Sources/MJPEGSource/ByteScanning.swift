extension Span<UInt8> {
    /// The place of the first marker at or after `start` that may mean something to one who looks for the ends of a JPEG: an FF
    /// before C0...CF or D8...FE. Where there is none, the place of an FF that ends the bytes, or else `count`.
    ///
    /// Stuffed zeros, restart markers and fill bytes, of which pictures are full, are passed 32 bytes at a time.
    func firstMarker(from start: Int) -> Int {
        let end = count
        guard start >= 0, start < end else { return end }
        return unsafe withUnsafeBytes { bytes in
            var index = start
            // One byte more than a block has tells what follows its last FF.
            while index &+ 32 < end {
                // Written out, since the compiler does not unroll it.
                let first = unsafe Self.hits(bytes, at: index) | Self.hits(bytes, at: index &+ 8)
                let second = unsafe Self.hits(bytes, at: index &+ 16) | Self.hits(bytes, at: index &+ 24)
                if first | second != 0, let found = unsafe Self.marker(inBlockAt: index, of: bytes) { return found }
                index &+= 32
            }
            while index &+ 1 < end {
                if unsafe Self.isMarker(bytes[index], before: bytes[index &+ 1]) { return index }
                index &+= 1
            }
            return unsafe bytes[index] == 0xFF ? index : end
        }
    }

    /// Of eight bytes, the highest bit of each that is FF; of bytes behind the first FF, perhaps that of others, too.
    @inline(__always)
    private static func hits(_ bytes: UnsafeRawBufferPointer, at index: Int) -> UInt64 {
        let word = UInt64(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
        // The well-known test for a zero byte, on the complement.
        return (~word &- 0x0101_0101_0101_0101) & word & 0x8080_8080_8080_8080
    }

    /// The first marker to stop at in a block of 32 bytes.
    @inline(__always)
    private static func marker(inBlockAt start: Int, of bytes: UnsafeRawBufferPointer) -> Int? {
        var index = start
        while index < start &+ 32 {
            var hits = unsafe hits(bytes, at: index)
            while hits != 0 {
                let place = index &+ hits.trailingZeroBitCount / 8
                if unsafe isMarker(bytes[place], before: bytes[place &+ 1]) { return place }
                hits &= hits &- 1
            }
            index &+= 8
        }
        return nil
    }

    /// Whether these two bytes are a marker to stop at. The exclusive or moves all codes that are to be passed below C8.
    @inline(__always)
    private static func isMarker(_ first: UInt8, before code: UInt8) -> Bool {
        first == 0xFF && code ^ 0x10 >= 0xC8 && code != 0xFF
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
