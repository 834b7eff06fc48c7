/// How long live frames take from the mailbox to the system: to the last packet for the last reader on an event loop.
///
/// One count for each frame, event loop with readers, and way (datagrams, or connections). Times are told to a quarter of their size,
/// never too short; what waits in a socket because its reader is slow does not count.
public struct DeliveryStatistics: Sendable, Hashable {
    /// Four to every power of two, the first from a microsecond on; the last holds everything from an hour on, too.
    private var buckets = [UInt64](repeating: 0, count: 4 * Self.powers)
    private static let powers = 32
    private static let unit = Duration.nanoseconds(250)

    /// How many frames were delivered.
    public private(set) var count: UInt64 = 0

    /// The longest of all.
    public private(set) var longest: Duration = .zero

    /// Nothing yet.
    public init() {}

    mutating func note(_ time: Duration) {
        count &+= 1
        longest = max(longest, time)
        buckets[Self.bucket(of: time)] &+= 1
    }

    /// The time that this part of the frames, 0...1, was delivered within; zero where there were none.
    public func time(ofPart part: Double) -> Duration {
        let rank = (Double(count) * min(max(part, 0), 1)).rounded(.up)
        var sum: UInt64 = 0
        for (index, bucket) in buckets.enumerated() {
            sum &+= bucket
            guard bucket > 0, Double(sum) >= rank else { continue }
            return index < buckets.count - 1 ? min(Self.upperBound(of: index), longest) : longest
        }
        return .zero
    }

    private static func bucket(of time: Duration) -> Int {
        let units = Int(min(max(time / unit, 4), Double(1 << (powers + 2) - 1)))
        let power = Int.bitWidth - 3 - units.leadingZeroBitCount
        return power * 4 + (units >> power) - 4
    }

    private static func upperBound(of bucket: Int) -> Duration { unit * ((5 + bucket % 4) << (bucket / 4)) }
}
