/// An input that is read piece by piece: numbers and choices from its front, zeros once it is used up.
struct FuzzBytes {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isEmpty: Bool { rest.isEmpty }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }
    /// The last byte, which stays.
    func peekLast() -> UInt8 { rest.last ?? 0 }
    mutating func flag() -> Bool { byte() & 1 == 1 }
    mutating func number16() -> UInt16 { UInt16(byte()) << 8 | UInt16(byte()) }
    mutating func number32() -> UInt32 { UInt32(number16()) << 16 | UInt32(number16()) }

    /// As many bytes as there are, up to `count`.
    mutating func bytes(_ count: Int) -> [UInt8] {
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    /// All that is left.
    mutating func remainder() -> [UInt8] { bytes(rest.count) }

    /// From nothing to nine hours, short times in small steps.
    mutating func duration() -> Duration {
        let choice = byte()
        return .milliseconds(Int64(choice & 15) << Int64(choice >> 4)) + .milliseconds(choice == 255 ? 32_400_000 : 0)
    }
}

extension [UInt8] {
    /// The same bytes in pieces whose lengths follow from the bytes themselves: every run cuts them alike.
    var pieces: [[UInt8]] {
        var pieces: [[UInt8]] = []
        var start = 0
        var state: UInt32 = 0x9E37_79B9 ^ UInt32(truncatingIfNeeded: count)
        while start < count {
            state = (state ^ UInt32(self[start])) &* 0x0100_0193
            let end = Swift.min(count, start + 1 + Int(state >> 8) % 24)
            pieces.append(Array(self[start..<end]))
            start = end
        }
        return pieces
    }

    /// The bytes one by one.
    var single: [[UInt8]] { map { [$0] } }

    /// The bytes as text, what is not UTF-8 replaced.
    var text: String { String(decoding: self, as: UTF8.self) }
}

extension String {
    /// Whether there are neither quotes nor control characters.
    var isPlain: Bool { utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != 0x22 } }
}
