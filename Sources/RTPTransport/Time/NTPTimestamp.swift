/// A wall-clock time as RTCP carries it: seconds since 1 January 1900 and a 32-bit binary fraction (RFC 3550 section 4).
public struct NTPTimestamp: RawRepresentable, Sendable, Hashable {
    /// 32 bits of seconds, 32 bits of fraction.
    public var rawValue: UInt64

    /// A timestamp of these 64 bits.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Seconds from the NTP epoch (1900) to the Unix epoch (1970).
    static let secondsToUnixEpoch: Int64 = 2_208_988_800

    /// The wall-clock time `sinceUnixEpoch` after 1 January 1970, modulo 2³² seconds.
    public init(sinceUnixEpoch duration: Duration) {
        let (seconds, attoseconds) = duration.components
        var whole = seconds &+ Self.secondsToUnixEpoch
        var nanoseconds = attoseconds / 1_000_000_000
        if nanoseconds < 0 {
            nanoseconds += 1_000_000_000
            whole &-= 1
        }
        let fraction = (UInt64(nanoseconds) << 32) / 1_000_000_000
        rawValue = UInt64(UInt32(truncatingIfNeeded: whole)) << 32 | (fraction & 0xFFFF_FFFF)
    }

    /// The timestamp `duration` later (earlier where it is negative), modulo 2³² seconds.
    public func advanced(by duration: Duration) -> NTPTimestamp {
        let (seconds, attoseconds) = duration.components
        let nanoseconds = attoseconds / 1_000_000_000
        let fraction = (nanoseconds << 32) / 1_000_000_000
        let delta = (UInt64(bitPattern: seconds) << 32) &+ UInt64(bitPattern: fraction)
        return NTPTimestamp(rawValue: rawValue &+ delta)
    }

    /// The middle 32 bits, as LSR and DLSR use them: units of 1/65536 second (RFC 3550 section 6.4.1).
    public var middle: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 16) }
}

/// One moment on two clocks: what ties the process's own time to the wall clock.
///
/// The core never reads a clock; the embedder hands such a pair in once, and RTCP sender reports are computed from it.
public struct WallClock: Sendable, Hashable {
    /// The moment on the monotonic clock.
    public var instant: ContinuousClock.Instant {
        get { storedInstant }
        set { storedInstant = newValue }
    }
    @StoredInstant private var storedInstant: ContinuousClock.Instant

    /// The same moment on the wall clock.
    public var ntp: NTPTimestamp

    /// Ties `instant` to `ntp`.
    public init(instant: ContinuousClock.Instant, ntp: NTPTimestamp) {
        storedInstant = instant
        self.ntp = ntp
    }

    /// The wall-clock time at `instant`.
    public func ntp(at instant: ContinuousClock.Instant) -> NTPTimestamp {
        ntp.advanced(by: self.instant.duration(to: instant))
    }
}
