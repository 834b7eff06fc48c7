/// What a network does to what passes through it.
public struct NetworkConditions: Sendable, Hashable {
    /// How ``NetworkConditions/jitter`` is drawn, for each datagram on its own.
    public enum Jitter: Sendable, Hashable {
        /// Anything from nothing to ``NetworkConditions/jitter``, all alike likely; datagrams overtake each other.
        case uniform
        /// Normal, with ``NetworkConditions/jitter`` for its standard deviation, around ``NetworkConditions/delay``, though nothing
        /// arrives before it was sent. One path is one queue: a datagram that is quicker than the one before arrives with it, and
        /// overtakes it only by ``NetworkConditions/reordering``.
        case normalInOrder
    }

    /// How long everything takes.
    public var delay: Duration
    /// How much longer a datagram may take, at most, or by how much that varies; streams of bytes keep their order and take
    /// ``delay``.
    public var jitter: Duration
    /// How the jitter is drawn.
    public var jitterKind: Jitter
    /// Which share of datagrams is lost, 0 to 1.
    public var loss: Double
    /// Which share of datagrams takes ``displacement`` longer and so is overtaken by later ones, 0 to 1.
    public var reordering: Double
    /// How much longer a reordered datagram takes.
    public var displacement: Duration

    /// Conditions; without arguments a perfect network with 1 ms of delay. Values out of range are brought into it.
    /// - Parameter displacement: ``delay`` once more where it is `nil`.
    public init(
        delay: Duration = .milliseconds(1), jitter: Duration = .zero, jitterKind: Jitter = .uniform, loss: Double = 0,
        reordering: Double = 0, displacement: Duration? = nil
    ) {
        self.delay = min(max(delay, .zero), .seconds(60))
        self.jitter = min(max(jitter, .zero), .seconds(60))
        self.loss = loss > 0 ? min(loss, 1) : 0
        self.jitterKind = jitterKind
        self.reordering = reordering > 0 ? min(reordering, 1) : 0
        self.displacement = min(max(displacement ?? self.delay, .zero), .seconds(60))
    }
}

/// One direction of a network in virtual time: takes things in, and hands them out when they have arrived.
public struct SimulatedNetwork<Content: Sendable>: Sendable {
    private struct Passenger: Sendable {
        var content: Content
        var arrival: ContinuousClock.Instant
    }

    /// What happens to datagrams from now on.
    public var conditions: NetworkConditions
    /// Datagrams that were sent, the lost ones among them.
    public private(set) var datagramsSent = 0
    /// Datagrams that will never arrive.
    public private(set) var datagramsLost = 0
    /// In the order of arrival.
    private var underway: [Passenger] = []
    private var generator: SeededGenerator
    /// Normal numbers take a varying count of draws.
    private var normalGenerator: SeededGenerator
    private var lastInOrder: ContinuousClock.Instant?
    private var lastInQueue: ContinuousClock.Instant?

    /// An empty network; what it does to whom follows from `seed`.
    public init(_ conditions: NetworkConditions = NetworkConditions(), seed: UInt64 = 1) {
        self.conditions = conditions
        generator = SeededGenerator(seed: seed)
        normalGenerator = SeededGenerator(seed: ~seed)
    }

    /// How many are underway.
    public var count: Int { underway.count }

    /// When the next arrives.
    public var nextArrival: ContinuousClock.Instant? { underway.first?.arrival }

    /// Sends something that arrives for certain, after everything sent in order before it.
    public mutating func sendInOrder(_ content: Content, at now: ContinuousClock.Instant) {
        let arrival = max(now + conditions.delay, lastInOrder ?? now)
        lastInOrder = arrival
        insert(Passenger(content: content, arrival: arrival))
    }

    /// Sends a datagram.
    public mutating func sendDatagram(_ content: Content, at now: ContinuousClock.Instant) {
        datagramsSent += 1
        // The same draws for every datagram, so that changing one condition does not change what the others do.
        let (lossDraw, jitterDraw, orderDraw) = (draw(), draw(), draw())
        guard lossDraw >= conditions.loss else {
            datagramsLost += 1
            return
        }
        var arrival = now + conditions.delay
        switch conditions.jitterKind {
        case .uniform: arrival += conditions.jitter * jitterDraw
        case .normalInOrder:
            arrival = max(arrival + conditions.jitter * .normal(using: &normalGenerator), lastInQueue ?? now, now)
            lastInQueue = arrival
        }
        if orderDraw < conditions.reordering { arrival += conditions.displacement }
        insert(Passenger(content: content, arrival: arrival))
    }

    /// The next that has arrived by `now`.
    public mutating func receive(at now: ContinuousClock.Instant) -> Content? {
        guard let first = underway.first, first.arrival <= now else { return nil }
        return underway.removeFirst().content
    }

    /// Everything underway is gone.
    public mutating func clear() { underway = [] }

    private mutating func draw() -> Double { Double.random(in: 0..<1, using: &generator) }

    private mutating func insert(_ passenger: Passenger) {
        let index = (underway.lastIndex { $0.arrival <= passenger.arrival }).map { $0 + 1 } ?? 0
        underway.insert(passenger, at: index)
    }
}
