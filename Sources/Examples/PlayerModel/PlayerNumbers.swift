/// What a tab is told twice a second: the data of the event `numbers`. Durations in milliseconds unless said otherwise.
public struct PlayerNumbers: Encodable, Hashable, Sendable {
    /// Seconds since the session was made.
    public var time = 0.0
    /// The position of the last picture, in seconds.
    @Nullable public var position: Double?
    /// Pictures shown since Setup.
    public var framesShown = 0
    /// Pictures shown in the last second.
    @Nullable public var fps: Double?
    /// Bits per second received in the last second.
    @Nullable public var bitRate: Double?
    /// Packets received.
    public var packets = 0
    /// Bytes received.
    public var bytes = 0
    /// Packets that never came.
    public var lost = 0
    /// Packets that came after a later one.
    public var reordered = 0
    /// Variation of the packets' transit time.
    @Nullable public var jitter: Double?
    /// How much media waits to be shown.
    @Nullable public var bufferDepth: Double?
    /// How much media should wait to be shown.
    @Nullable public var bufferTarget: Double?
    /// Frames shown late.
    public var late = 0
    /// Frames never shown, because they came too late.
    public var skipped = 0
    /// Frames that lacked a packet.
    public var incomplete = 0
    /// How often the buffer ran empty and was filled again.
    public var rebuffers = 0
    /// Pictures that the browser was too slow for.
    public var browserSkipped = 0
    /// From pressing Play to the first picture.
    @Nullable public var firstPicture: Double?
    /// From the sender's clock to the moment of showing; live media only.
    @Nullable public var latency: Double?

    /// Nothing measured yet.
    public init() {}
}

/// Rates over the last second.
struct RateMeter: Hashable, Sendable {
    private struct Sample: Hashable {
        var at: ContinuousClock.Instant
        var bytes: Int
    }

    private var shown: [ContinuousClock.Instant] = []
    private var received: [Sample] = []

    /// A picture has been shown.
    mutating func show(at now: ContinuousClock.Instant) {
        shown.append(now)
        // No honest stream has a thousand pictures in a second; a dishonest one shall not cost memory.
        if shown.count > 2000 { shown.removeFirst(1000) }
    }

    /// So much has been received in all.
    mutating func receive(bytes: Int, at now: ContinuousClock.Instant) {
        if let last = received.last, bytes < last.bytes { received = [] }
        received.append(Sample(at: now, bytes: bytes))
        // One sample from before the last second stays, to be compared with.
        while received.count > 2, received[1].at <= now - .seconds(1) { received.removeFirst() }
        if received.count > 100 { received.removeFirst(50) }
    }

    /// Pictures shown in the second before `now`.
    mutating func picturesPerSecond(at now: ContinuousClock.Instant) -> Double {
        let start = now - .seconds(1)
        shown.removeAll { $0 <= start }
        return Double(shown.count)
    }

    /// Bits received per second, over about the last second; `nil` before there are two samples.
    func bitsPerSecond() -> Double? {
        guard let first = received.first, let last = received.last, first.at < last.at else { return nil }
        return Double(last.bytes - first.bytes) * 8 / (first.at.duration(to: last.at) / .seconds(1))
    }

    /// What was measured belongs to something else.
    mutating func reset() { self = RateMeter() }
}
