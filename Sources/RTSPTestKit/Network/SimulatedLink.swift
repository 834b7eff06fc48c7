/// One direction of a network in virtual time: takes things of any kind in, and hands them out when they have arrived.
///
/// For tests of one station of the data path. ``SimulatedNetwork`` joins whole hosts.
public struct SimulatedLink<Content: Sendable>: Sendable {
    private var path: SimulatedPath
    private var underway = MomentQueue<Content>()

    /// An empty link; what it does to whom follows from `seed`.
    public init(_ conditions: NetworkConditions = NetworkConditions(), seed: UInt64 = 1) {
        path = SimulatedPath(conditions, seed: seed)
    }

    /// What happens to datagrams from now on.
    public var conditions: NetworkConditions {
        get { path.conditions }
        set { path.conditions = newValue }
    }

    /// Datagrams that were sent, the lost ones among them.
    public var datagramsSent: Int { path.datagramsSent }

    /// Datagrams that will never arrive.
    public var datagramsLost: Int { path.datagramsLost }

    /// How many are underway.
    public var count: Int { underway.count }

    /// When the next arrives.
    public var nextArrival: ContinuousClock.Instant? { underway.first }

    /// Sends something that arrives for certain, after everything sent in order before it.
    public mutating func sendInOrder(_ content: Content, byteCount: Int = 0, at now: ContinuousClock.Instant) {
        underway.insert(content, at: path.arrivalInOrder(byteCount: byteCount, at: now))
    }

    /// Sends a datagram. A changed bit is of no consequence here.
    public mutating func sendDatagram(_ content: Content, byteCount: Int = 0, at now: ContinuousClock.Instant) {
        guard case .arrives(let arrival, let again, _) = path.fate(ofDatagram: byteCount, at: now) else { return }
        underway.insert(content, at: arrival)
        if let again { underway.insert(content, at: again) }
    }

    /// The next that has arrived by `now`.
    public mutating func receive(at now: ContinuousClock.Instant) -> Content? { underway.take(by: now) }

    /// Everything underway is gone.
    public mutating func clear() { underway.removeAll() }
}
