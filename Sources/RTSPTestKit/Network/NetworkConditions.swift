/// What a network does to what passes through it.
///
/// Streams of bytes keep their order and lose nothing; of these conditions only ``delay``, ``rate`` and ``pieces`` concern them.
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

    /// Losses that come together (the Gilbert model): while a burst lasts, every datagram is lost.
    public struct Bursts: Sendable, Hashable {
        /// How likely a burst begins with any one datagram, 0 to 1.
        public var probability: Double
        /// How many datagrams a burst takes on the mean, at least 1.
        public var length: Double

        /// Bursts; values out of range are brought into it.
        public init(probability: Double, length: Double) {
            self.probability = NetworkConditions.share(probability)
            self.length = length > 1 ? min(length, 1_000_000) : 1
        }
    }

    /// What becomes of a datagram that is longer than the path carries.
    public enum Oversize: Sendable, Hashable {
        /// It gets lost on the way.
        case dropped
        /// The sender's system does not take it.
        case refused
    }

    /// How long everything takes.
    public var delay: Duration
    /// How much longer a datagram may take, at most, or by how much that varies.
    public var jitter: Duration
    /// How the jitter is drawn.
    public var jitterKind: Jitter
    /// Which share of datagrams is lost, each on its own, 0 to 1.
    public var loss: Double
    /// Losses that come together, besides ``loss``; `nil` where there are none.
    public var bursts: Bursts?
    /// Which share of datagrams takes ``displacement`` longer and so is overtaken by later ones, 0 to 1.
    public var reordering: Double
    /// How much longer a reordered datagram takes.
    public var displacement: Duration
    /// Which share of datagrams arrives twice, the second time ``displacement`` later, 0 to 1.
    public var duplication = 0.0
    /// Which share of datagrams arrives with one bit changed, 0 to 1. (UDP's checksum finds that out; not every path has one.)
    public var corruption = 0.0
    /// Bytes per second that the path carries; `nil` for as many as come.
    public var rate: Int?
    /// How many bytes may wait where there is a ``rate``; a datagram that finds no room is lost.
    public var queue = 1 << 20
    /// The longest datagram in bytes, without the headers of UDP and IP; `nil` for any.
    public var maximumDatagram: Int?
    /// What becomes of longer ones.
    public var oversize = Oversize.dropped
    /// How many bytes of a stream come at a time, drawn evenly; `nil` for as they were written. `1...1` comes byte by byte.
    public var pieces: ClosedRange<Int>?

    /// Conditions; without arguments a perfect network with 1 ms of delay. Values out of range are brought into it.
    /// - Parameter displacement: ``delay`` once more where it is `nil`.
    public init(
        delay: Duration = .milliseconds(1), jitter: Duration = .zero, jitterKind: Jitter = .uniform, loss: Double = 0,
        reordering: Double = 0, displacement: Duration? = nil
    ) {
        self.delay = min(max(delay, .zero), .seconds(60))
        self.jitter = min(max(jitter, .zero), .seconds(60))
        self.loss = Self.share(loss)
        self.jitterKind = jitterKind
        self.reordering = Self.share(reordering)
        self.displacement = min(max(displacement ?? self.delay, .zero), .seconds(60))
    }

    /// Nothing between 0 and 1 is out of range, and what is no number is 0.
    private static func share(_ value: Double) -> Double { value > 0 ? min(value, 1) : 0 }
}
