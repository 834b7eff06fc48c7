internal import MJPEGSource
internal import RTPTransport
public import RTSPKit

/// Any number of clients and servers joined by a network, in virtual time: an hour of play takes a moment, and goes the same way
/// each time.
///
/// ```swift
/// var simulation = Simulation(seed: 1, at: start)
/// let server = simulation.addServer(configuration, offering: ["/movie": .stored(movie)])
/// let client = simulation.addClient(clientConfiguration, of: server)
/// simulation.connect(client)
/// simulation.run(for: .seconds(1))
/// try simulation.play(client)
/// simulation.run(for: .seconds(60)) { $0[client].hasEnded }
/// ```
///
/// It is a value: an assignment forks it, and both copies go on alike from there.
public struct Simulation: Sendable {
    /// Something that happened, and when.
    public struct Moment<What: Sendable & Hashable>: Sendable, Hashable {
        /// When it happened.
        public var time: ContinuousClock.Instant
        /// What happened.
        public var what: What

        /// Something that happened at `time`.
        public init(_ what: What, at time: ContinuousClock.Instant) {
            self.what = what
            self.time = time
        }
    }

    /// What has to hold after every step.
    public struct Invariant: Sendable {
        /// What it says, in a few words.
        public var name: String
        /// Says what is wrong; `nil` where all is well.
        public var complaint: @Sendable (Simulation) -> String?

        /// An invariant.
        public init(_ name: String, complaint: @escaping @Sendable (Simulation) -> String?) {
            self.name = name
            self.complaint = complaint
        }
    }

    /// An invariant that failed.
    public struct Violation: Error, Sendable, Hashable, CustomStringConvertible {
        /// Which one.
        public var invariant: String
        /// What was wrong.
        public var complaint: String
        /// What everything random followed from.
        public var seed: UInt64
        /// After which step, from 1 on.
        public var step: Int
        /// How long after the start.
        public var time: Duration
        /// What had happened until then; empty where nothing was recorded.
        public var transcript: Transcript

        /// Seed, step, complaint and transcript.
        public var description: String {
            "seed \(seed), step \(step), \(time): \(invariant): \(complaint)\n\(transcript.text)"
        }
    }

    /// The time now; begins with the `start` given.
    public internal(set) var now: ContinuousClock.Instant
    /// When it began.
    public let start: ContinuousClock.Instant
    /// What everything random follows from.
    public let seed: UInt64
    /// The network between the hosts.
    public var network: SimulatedNetwork
    /// What has to hold after every step.
    public var invariants: [Invariant] = []
    /// The first invariant that failed; nothing happens any more then.
    public internal(set) var violation: Violation?
    /// How many steps there have been.
    public internal(set) var steps = 0
    /// What went into the machines and what came out of them; `nil` where nothing is recorded.
    public internal(set) var transcript: Transcript?
    /// True once a machine has asked for the same moment again and again: a mistake that would keep a processor busy.
    public internal(set) var isStuck = false

    /// The clients, each in its place, and where one was removed what nobody asks for any more.
    var clients: [SimulatedClient] = []
    /// The places of ``clients`` that are free.
    var freePlaces: [Int] = []
    var clientsAdded = 0
    /// Hosts whose clients were removed, of which servers still have something.
    var departing: Set<String> = []
    var servers: [SimulatedServer] = []
    var agenda = MomentQueue<Occasion>()
    var generator: SeededGenerator
    /// Whose the connections are, at either side.
    var owners: [Int: Owners] = [:]
    var turnsAtThisMoment = 0

    /// The two ends of a connection.
    struct Owners: Sendable {
        var client: Int
        var server: Int
    }

    /// Nobody yet.
    /// - Parameters:
    ///   - network: what happens between hosts.
    ///   - seed: everything random follows from it.
    ///   - records: whether a ``transcript`` is kept.
    ///   - start: the time at the beginning.
    public init(
        network: NetworkConditions = NetworkConditions(), seed: UInt64 = 1, records: Bool = true,
        at start: ContinuousClock.Instant
    ) {
        self.start = start
        now = start
        self.seed = seed
        self.network = SimulatedNetwork(network, seed: seed &* 0x9E37_79B9)
        generator = SeededGenerator(seed: seed)
        transcript = records ? Transcript(start: start) : nil
    }

    // MARK: Who takes part

    /// Adds a server that listens on port 554 of its own host.
    /// - Parameter host: its address; one of 192.0.2.0/24 where it is `nil`.
    public mutating func addServer(
        _ configuration: ServerConnection.Configuration, offering presentations: [String: Presentation] = [:],
        host: String? = nil
    ) -> SimulatedServer.ID {
        let host = host ?? "192.0.2.\(servers.count + 1)"
        servers.append(SimulatedServer(host: host, configuration: configuration, presentations: presentations))
        network.listen(at: .init(host, Self.controlPort))
        for (path, presentation) in presentations.sorted(by: { $0.key < $1.key }) { note(presentation, at: path) }
        return SimulatedServer.ID(index: servers.count - 1)
    }

    /// Adds a client that is not connected.
    /// - Parameters:
    ///   - dialect: the standard, or the course dialect.
    ///   - host: its address; one of 198.51.100.0/24 where it is `nil`.
    public mutating func addClient(
        _ configuration: ClientConfiguration, of server: SimulatedServer.ID, goal: ClientConnection.Goal = .setUp,
        dialect: ControlDialect = .standard, host: String? = nil
    ) -> SimulatedClient.ID {
        let connection: ClientConnection =
            switch dialect {
            case .standard: ClientConnection(configuration: configuration, goal: goal, at: now)
            case .lab: .lab(configuration: configuration, at: now)
            }
        clientsAdded += 1
        let id = SimulatedClient.ID(index: freePlaces.popLast() ?? clients.count, number: clientsAdded)
        let client = SimulatedClient(
            id, connection: connection, host: host ?? "198.51.100.\(id.number)", server: server, configuration: configuration)
        if id.index < clients.count { clients[id.index] = client } else { clients.append(client) }
        begin(client.machine, .client(configuration, goal: goal, dialect: dialect))
        return id
    }

    /// A client; not one that was removed.
    public subscript(client: SimulatedClient.ID) -> SimulatedClient {
        _read { yield clients[client.index] }
    }

    /// A server.
    public subscript(server: SimulatedServer.ID) -> SimulatedServer {
        _read { yield servers[server.index] }
        _modify { yield &servers[server.index] }
    }

    /// All clients, in the order in which they were added.
    public var clientIDs: [SimulatedClient.ID] {
        // By index: a key path would copy every client.
        clients.indices.lazy.map { clients[$0].id }.filter(isPresent).sorted { $0.number < $1.number }
    }

    /// All servers, in the order in which they were added.
    public var serverIDs: [SimulatedServer.ID] { servers.indices.map { SimulatedServer.ID(index: $0) } }

    static let controlPort: UInt16 = 554

    // MARK: Time

    /// When something happens next; `nil` where nothing ever will.
    public var nextMoment: ContinuousClock.Instant? {
        var earliest = network.nextArrival
        func consider(_ moment: ContinuousClock.Instant?) {
            guard let moment else { return }
            earliest = earliest.map { min($0, moment) } ?? moment
        }
        consider(agenda.first)
        for index in clients.indices where clients[index].hasPower { consider(clients[index].deadline) }
        for index in servers.indices {
            for deadline in servers[index].deadlines.values { consider(deadline) }
        }
        return earliest.map { max($0, now) }
    }

    /// Lets the next thing happen, and time pass until it does: one arrival, one occasion or one deadline.
    /// - Returns: false where nothing will ever happen, something went wrong before, or a machine is stuck.
    @discardableResult
    public mutating func step() -> Bool {
        guard let next = nextMoment else { return false }
        return step(to: next)
    }

    /// Lets everything happen that happens until `end`, and time pass until then.
    public mutating func run(until end: ContinuousClock.Instant) {
        run(until: end) { _ in false }
    }

    /// Lets things happen as long as `condition` holds, but no longer than `limit`.
    /// - Returns: whether `condition` held no more.
    @discardableResult
    public mutating func run(while condition: (Simulation) -> Bool, for limit: Duration = .seconds(3600)) -> Bool {
        run(until: now + limit) { !condition($0) }
    }

    /// Lets time pass until `condition` holds, but no more than `duration`.
    /// - Returns: whether `condition` held.
    @discardableResult
    public mutating func run(for duration: Duration, until condition: (Simulation) -> Bool = { _ in false }) -> Bool {
        run(until: now + duration, condition)
    }

    @discardableResult
    private mutating func run(until end: ContinuousClock.Instant, _ condition: (Simulation) -> Bool) -> Bool {
        while !condition(self) {
            guard let next = nextMoment, next <= end else {
                if violation == nil, !isStuck { now = max(now, end) }
                return condition(self)
            }
            guard step(to: next) else { return condition(self) }
        }
        return true
    }
}
