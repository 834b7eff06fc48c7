/// Where packets lie that came together: one behind the other, all of one length but perhaps the last, and each behind as many bytes
/// that are none of its own.
public struct RTPPacketRun: Sendable, Hashable {
    private let length: Int
    private let gap: Int
    private let end: Int
    /// Where the next packet begins, with its gap; `nil` behind the last.
    private var start: Int?

    /// Packets of `length` bytes that fill `range`; where that is not positive, or more than there is, one packet alone.
    public init(_ range: Range<Int>, length: Int) {
        self.init(range, length: length > 0 ? length : .max, gap: 0)
    }

    /// - Parameters:
    ///   - range: not negative, and large enough for one packet at least.
    ///   - length: of a packet, not negative.
    ///   - gap: of the bytes in front of each, not negative.
    init(_ range: Range<Int>, length: Int, gap: Int) {
        let range = range.clamped(to: 0..<Int.max)
        self.length = max(0, length)
        self.gap = max(0, gap)
        end = range.upperBound
        start = range.lowerBound
    }

    /// Packets between the messages of a control connection (RFC 2326 section 10.12), each behind its four bytes.
    public static func interleaved(_ range: Range<Int>, length: Int) -> RTPPacketRun {
        RTPPacketRun(range, length: length, gap: 4)
    }

    /// Whether there is no further packet.
    public var isEmpty: Bool { start == nil }

    /// Where the next packet lies.
    public mutating func next() -> Range<Int>? {
        guard let start else { return nil }
        let first = start + min(gap, end - start)
        let last = first + min(length, end - first)
        self.start = last < end && last > start ? last : nil
        return first..<last
    }
}
