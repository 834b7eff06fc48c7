/// How many ticks of an RTP clock make a second (RFC 3550 section 5.1); never zero.
public struct ClockRate: Sendable, Hashable {
    /// Ticks per second.
    public let hertz: UInt32

    /// A clock of `hertz` ticks per second, or `nil` for zero.
    public init?(hertz: UInt32) {
        guard hertz > 0 else { return nil }
        self.hertz = hertz
    }

    private init(known hertz: UInt32) { self.hertz = hertz }

    /// The clock of the JPEG payload format: 90 kHz (RFC 2435 section 3.1).
    public static let video = ClockRate(known: 90_000)
}

/// A moment on the clock of an RTP stream: 32 bits that wrap around (RFC 3550 section 5.1).
public struct RTPTimestamp: RawRepresentable, Sendable, Hashable {
    /// The 32 bits as they stand in the RTP header.
    public var rawValue: UInt32

    /// A timestamp of these 32 bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The timestamp `duration` later (earlier where it is negative), rounded to the nearest tick, modulo 2³².
    public func advanced(by duration: Duration, clockRate: ClockRate = .video) -> RTPTimestamp {
        RTPTimestamp(rawValue: rawValue &+ UInt32(truncatingIfNeeded: Self.ticks(in: duration, clockRate: clockRate)))
    }

    /// The signed distance from `earlier` in ticks, taking the shorter way round the 32-bit circle.
    public func ticks(since earlier: RTPTimestamp) -> Int32 {
        Int32(truncatingIfNeeded: rawValue &- earlier.rawValue)
    }

    /// The signed distance from `earlier`, taking the shorter way round the 32-bit circle.
    public func duration(since earlier: RTPTimestamp, clockRate: ClockRate = .video) -> Duration {
        let ticks = Int64(self.ticks(since: earlier))
        // |ticks| <= 2³¹ and 10⁹ ns: the product stays below 2⁶².
        return .nanoseconds((ticks * 1_000_000_000) / Int64(clockRate.hertz))
    }

    /// `duration` in ticks, to the nearest; wraps for durations beyond the range of 64 bits.
    static func ticks(in duration: Duration, clockRate: ClockRate) -> Int64 {
        let rate = Int64(clockRate.hertz)
        let (seconds, attoseconds) = duration.components
        // Below the second in nanoseconds, rounded, so that the product with a 32-bit rate stays below 2⁶³.
        let nanoseconds = (attoseconds + (attoseconds < 0 ? -500_000_000 : 500_000_000)) / 1_000_000_000
        let product = nanoseconds * rate
        let fraction = (product + (product < 0 ? -500_000_000 : 500_000_000)) / 1_000_000_000
        return seconds &* rate &+ fraction
    }
}
