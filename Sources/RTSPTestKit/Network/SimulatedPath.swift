/// One direction of a network: decides what becomes of what is sent, and when it arrives. It carries nothing itself.
public struct SimulatedPath: Sendable, Hashable {
    /// Why a datagram does not arrive.
    public enum Loss: String, Sendable, Hashable, CaseIterable {
        /// By ``NetworkConditions/loss``.
        case lost
        /// Within a burst of losses.
        case burst
        /// There was no room in the queue.
        case queueFull
        /// Longer than the path carries, and dropped on the way.
        case tooLong
        /// Longer than the path carries, and not taken by the sender's system.
        case refused
        /// The path carries nothing at present.
        case blackhole
    }

    /// What becomes of a datagram.
    public enum Fate: Sendable, Hashable {
        /// It arrives at `at`, perhaps once more at `again`, perhaps with the bit of this index changed (counted from the first
        /// bit of the first byte).
        case arrives(at: ContinuousClock.Instant, again: ContinuousClock.Instant?, changedBit: Int?)
        /// It does not.
        case lost(Loss)
    }

    /// What happens from now on.
    public var conditions: NetworkConditions
    /// True while nothing passes.
    public var isBlackhole = false
    /// Datagrams that were sent, the lost ones among them.
    public private(set) var datagramsSent = 0
    /// Datagrams that never arrive.
    public private(set) var datagramsLost = 0
    private var generator: SeededGenerator
    /// Normal numbers take a varying count of draws.
    private var normalGenerator: SeededGenerator
    private var rareGenerator: SeededGenerator
    private var isInBurst = false
    private var lastInOrder: ContinuousClock.Instant?
    private var lastInQueue: ContinuousClock.Instant?
    /// Until when the line is busy with what was sent before.
    private var busy: ContinuousClock.Instant?

    /// A path on which nothing is underway; all that is random follows from `seed`.
    public init(_ conditions: NetworkConditions = NetworkConditions(), seed: UInt64 = 1) {
        self.conditions = conditions
        generator = SeededGenerator(seed: seed)
        normalGenerator = SeededGenerator(seed: ~seed)
        rareGenerator = SeededGenerator(seed: seed ^ 0x5851_F42D_4C95_7F2D)
    }

    /// When bytes of a stream arrive that are sent at `now`: after everything sent in order before them.
    public mutating func arrivalInOrder(byteCount: Int = 0, at now: ContinuousClock.Instant) -> ContinuousClock.Instant {
        let arrival = max(departure(of: byteCount, at: now) + conditions.delay, lastInOrder ?? now)
        lastInOrder = arrival
        return arrival
    }

    /// When something that will be sent at `later` arrives at the earliest. Nothing is sent yet, and nothing waits for it.
    func earliestArrival(at later: ContinuousClock.Instant) -> ContinuousClock.Instant {
        max(later + conditions.delay, lastInOrder ?? later)
    }

    /// What becomes of a datagram of `byteCount` bytes that is sent at `now`.
    public mutating func fate(ofDatagram byteCount: Int = 0, at now: ContinuousClock.Instant) -> Fate {
        datagramsSent += 1
        // The same draws for every datagram, so that changing one condition does not change what the others do.
        let (lossDraw, jitterDraw, orderDraw) = (draw(), draw(), draw())
        let rare = (burst: rareDraw(), duplication: rareDraw(), corruption: rareDraw(), bit: rareGenerator.next())
        if let loss = loss(ofDatagram: byteCount, lossDraw, burstDraw: rare.burst, at: now) {
            datagramsLost += 1
            return .lost(loss)
        }
        var arrival = departure(of: byteCount, at: now) + conditions.delay
        switch conditions.jitterKind {
        case .uniform: arrival += conditions.jitter * jitterDraw
        case .normalInOrder:
            arrival = max(arrival + conditions.jitter * .normal(using: &normalGenerator), lastInQueue ?? now, now)
            lastInQueue = arrival
        }
        if orderDraw < conditions.reordering { arrival += conditions.displacement }
        let again = rare.duplication < conditions.duplication ? arrival + conditions.displacement : nil
        let isChanged = rare.corruption < conditions.corruption && byteCount > 0
        return .arrives(
            at: arrival, again: again,
            changedBit: isChanged ? Int(truncatingIfNeeded: rare.bit % UInt64(truncatingIfNeeded: byteCount * 8)) : nil)
    }

    /// How many bytes come as the next piece of a stream.
    mutating func drawPiece(_ sizes: ClosedRange<Int>) -> Int { max(1, Int.random(in: sizes, using: &rareGenerator)) }

    private mutating func loss(
        ofDatagram byteCount: Int, _ lossDraw: Double, burstDraw: Double, at now: ContinuousClock.Instant
    ) -> Loss? {
        if let bursts = conditions.bursts {
            isInBurst = isInBurst ? burstDraw >= 1 / bursts.length : burstDraw < bursts.probability
        } else {
            isInBurst = false
        }
        if let maximum = conditions.maximumDatagram, byteCount > maximum {
            return conditions.oversize == .dropped ? .tooLong : .refused
        }
        if isBlackhole { return .blackhole }
        if lossDraw < conditions.loss { return .lost }
        if isInBurst { return .burst }
        if let rate = conditions.rate, rate > 0, let busy, busy > now {
            let waiting = now.duration(to: busy) / .seconds(1) * Double(rate)
            if waiting + Double(byteCount) > Double(conditions.queue) { return .queueFull }
        }
        return nil
    }

    /// When the last byte has left.
    private mutating func departure(of byteCount: Int, at now: ContinuousClock.Instant) -> ContinuousClock.Instant {
        guard let rate = conditions.rate, rate > 0 else { return now }
        let end = max(now, busy ?? now) + .seconds(byteCount) / rate
        busy = end
        return end
    }

    private mutating func draw() -> Double { Double.random(in: 0..<1, using: &generator) }
    private mutating func rareDraw() -> Double { Double.random(in: 0..<1, using: &rareGenerator) }
}
