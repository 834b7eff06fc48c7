/// How the packets of one frame are spread over time.
///
/// A frame that leaves all at once overflows the socket of a reader that is not quick, and the queues between. Sending in small
/// chunks costs little; taking too long would delay the picture.
public struct Pacing: Sendable, Hashable {
    /// How many packets leave together; more where ``maximumSpread`` demands it.
    public let packetsPerChunk: Int

    /// The time from one chunk to the next.
    public let interval: Duration

    /// The time from the first to the last chunk of a frame, at most.
    public let maximumSpread: Duration

    /// Chunks of `packetsPerChunk` (at least 1) each `interval`, all within `maximumSpread`.
    ///
    /// The default sends 90 kB at a time: two thirds of what a socket holds whose buffer nobody has enlarged (Linux counts some 2300
    /// bytes for a packet of 1400). Smaller chunks are gentler to the network and wake the sender up more often.
    ///
    /// Both durations are held within 0 and 10 s; an interval below a microsecond is none.
    public init(
        packetsPerChunk: Int = 64, interval: Duration = .milliseconds(1), maximumSpread: Duration = .milliseconds(12)
    ) {
        self.packetsPerChunk = max(packetsPerChunk, 1)
        self.interval = interval < .microseconds(1) ? .zero : min(interval, .seconds(10))
        self.maximumSpread = min(max(maximumSpread, .zero), .seconds(10))
    }

    /// Everything at once.
    public static let burst = Pacing(packetsPerChunk: .max, interval: .zero, maximumSpread: .zero)
}

/// The packets of one frame leaving in chunks.
///
/// Ask ``next(at:)`` until it answers `nil`, then again at ``deadline``. A chunk that is asked for late is not followed by a
/// burst: the chunks after it grow only as far as the frame's time runs out.
public struct PacedSend: Sendable, Hashable {
    /// When the next chunk is due; `nil` when all packets have left.
    public var deadline: ContinuousClock.Instant? { storedDeadline }
    @StoredOptionalInstant private var storedDeadline: ContinuousClock.Instant?

    /// How many packets the frame has.
    public let packetCount: Int

    private let pacing: Pacing
    @StoredInstant private var end: ContinuousClock.Instant
    private var sent = 0

    /// A frame of `packetCount` packets whose first chunk is due `now`.
    public init(packetCount: Int, pacing: Pacing, at now: ContinuousClock.Instant) {
        self.packetCount = max(packetCount, 0)
        self.pacing = pacing
        end = now + pacing.maximumSpread
        storedDeadline = packetCount > 0 ? now : nil
    }

    /// Whether all packets have left.
    public var isFinished: Bool { deadline == nil }

    /// The indices of the packets that are due at `now`; `nil` when none are.
    public mutating func next(at now: ContinuousClock.Instant) -> Range<Int>? {
        guard let due = deadline, now >= due else { return nil }
        let remaining = packetCount - sent
        let chunk = min(remaining, max(pacing.packetsPerChunk, share(of: remaining, at: now)))
        defer { sent += chunk }
        storedDeadline = chunk < remaining ? now + pacing.interval : nil
        return sent..<sent + chunk
    }

    /// How many packets must leave now so that all leave in time, one such chunk each interval.
    private func share(of remaining: Int, at now: ContinuousClock.Instant) -> Int {
        guard pacing.interval > .zero, now < end else { return remaining }
        let chunks = Int((now.duration(to: end) / pacing.interval).rounded(.down)) + 1
        return (remaining - 1) / chunks + 1
    }
}
