public import MJPEGSource
public import RTPTransport
public import RTSPKit

/// A client and a server joined by a simulated network, in virtual time: an hour of play takes a moment, and goes the same way
/// each time.
///
/// ```swift
/// var simulation = Simulation(client: configuration, presentations: ["/movie": .stored(movie)])
/// simulation.connect()
/// simulation.run(for: .seconds(1))
/// try simulation.play()
/// simulation.run(for: .seconds(60)) { $0.clientEvents.contains { $0.what == .endOfStream } }
/// ```
public struct Simulation: Sendable {
    /// Something that happened, and when.
    public struct Moment<What: Sendable & Hashable>: Sendable, Hashable {
        /// When it happened.
        public var time: ContinuousClock.Instant
        /// What happened.
        public var what: What
    }

    /// What travels on a control connection.
    enum Parcel: Sendable {
        case bytes([UInt8], connection: Int)
        case closing(connection: Int)
    }

    /// What travels as a datagram.
    enum Datagram: Sendable {
        case rtp([UInt8])
        case rtcp([UInt8], connection: Int, stream: StreamID)
    }

    /// Names a stream of one of the connections.
    struct StreamKey: Sendable, Hashable {
        var connection: Int
        var stream: StreamID
    }

    /// The time now; begins with the `start` given.
    public internal(set) var now: ContinuousClock.Instant
    /// The client.
    public internal(set) var client: ClientConnection
    /// The server's side of the connections that are not over, by number in order of their making.
    public internal(set) var servers: [Int: ServerConnection] = [:]
    /// All that the client has told.
    public internal(set) var clientEvents: [Moment<ClientEvent>] = []
    /// All that the server has told.
    public internal(set) var serverEvents: [Moment<ServerEvent>] = []
    /// What stands where on the server.
    public var presentations: [String: Presentation]
    /// The live presentations among them.
    public internal(set) var live: [LivePresentationID: LivePresentation] = [:]
    /// How many sessions read each live presentation.
    public internal(set) var readers: [LivePresentationID: Int] = [:]
    /// RTP packets that the server sent as datagrams.
    public internal(set) var packetsSent = 0
    /// Those of them that the network lost.
    public internal(set) var packetsLost = 0
    /// False while the client does not read its control connection; what the network holds for it then, the server feels.
    public var clientReads = true
    /// True once an endpoint has asked for the same moment again and again: a mistake that would keep a processor busy.
    public internal(set) var isStuck = false

    let serverConfiguration: ServerConnection.Configuration
    var generator: SeededGenerator
    var controlToServer: SimulatedNetwork<Parcel>
    var controlToClient: SimulatedNetwork<Parcel>
    var datagramsToServer: SimulatedNetwork<Datagram>
    var datagramsToClient: SimulatedNetwork<Datagram>
    var connection = 0
    var serverRoutes: [StreamKey: MediaRoute] = [:]
    var clientRoute: MediaRoute?
    /// Bytes of control connections that the client has not read.
    var unreadBytes = 0

    /// How many bytes a control connection takes before it says that it is full.
    static let window = 65_536

    /// A client and a server that do not know of each other yet.
    /// - Parameters:
    ///   - client: a client that is not connected.
    ///   - server: what the server's connections are made of.
    ///   - presentations: what stands where on the server.
    ///   - network: what happens to datagrams, in both directions.
    ///   - seed: everything random follows from it.
    ///   - start: the time at the beginning.
    public init(
        client: ClientConnection, server: ServerConnection.Configuration, presentations: [String: Presentation] = [:],
        network: NetworkConditions = NetworkConditions(), seed: UInt64 = 1, at start: ContinuousClock.Instant
    ) {
        now = start
        self.client = client
        self.presentations = presentations
        serverConfiguration = server
        generator = SeededGenerator(seed: seed)
        controlToServer = SimulatedNetwork(network, seed: seed &+ 1)
        controlToClient = SimulatedNetwork(network, seed: seed &+ 2)
        datagramsToServer = SimulatedNetwork(network, seed: seed &+ 3)
        datagramsToClient = SimulatedNetwork(network, seed: seed &+ 4)
    }

    /// The frames that the client has shown, in order.
    public var frames: [PlayoutFrame] {
        clientEvents.compactMap { if case .frame(let frame) = $0.what { frame } else { nil } }
    }

    /// The server's side of the connection made last; `nil` once it is over.
    public var server: ServerConnection? { servers[connection] }

    // MARK: What the user does

    /// The control connection is made.
    public mutating func connect() {
        connection += 1
        servers[connection] = ServerConnection(peer: "192.0.2.1", configuration: serverConfiguration, at: now)
        enterClient { client, now, transport in client.connected(at: now, via: &transport) }
    }

    /// PLAY.
    public mutating func play(_ range: NormalPlayTimeRange? = nil) throws(ClientConnection.CommandError) {
        var transport = FakeTransport()
        finishClient(try client.play(range, at: now, via: &transport), transport)
    }

    /// PAUSE.
    public mutating func pause() throws(ClientConnection.CommandError) {
        var transport = FakeTransport()
        finishClient(try client.pause(at: now, via: &transport), transport)
    }

    /// TEARDOWN.
    public mutating func tearDown() {
        enterClient { client, now, transport in client.tearDown(at: now, via: &transport) }
    }

    /// The client vanishes: nothing of it arrives any more, and nothing tells so.
    public mutating func losePower() {
        clientReads = false
        controlToServer.clear()
        datagramsToServer.clear()
        datagramsToClient.clear()
        clientRoute = nil
        hasPower = false
    }

    /// The control connection breaks; both sides notice.
    public mutating func cut() {
        controlToClient.clear()
        controlToServer.clear()
        unreadBytes = 0
        enterServer(connection) { server, now, transport in server.connectionClosed(at: now, via: &transport) }
        enterClient { client, now, transport in client.connectionClosed(at: now, via: &transport) }
    }

    // MARK: What the owner of the server does

    /// Offers a live presentation at `path`.
    public mutating func offer(_ presentation: LivePresentation, at path: String) {
        live[presentation.description.id] = presentation
        presentations[path] = .live(presentation.description)
    }

    /// A frame of the live presentation `id` is captured now.
    /// - Throws: ``JPEGError`` where RFC 2435 cannot carry it.
    public mutating func capture(_ frame: MJPEGFrame, of id: LivePresentationID) throws(JPEGError) {
        guard let packets = try live[id]?.packetize(frame, at: now) else { return }
        for number in servers.keys.sorted() {
            enterServer(number) { server, now, transport in server.deliver(packets, of: id, at: now, via: &transport) }
        }
    }

    /// The server stops.
    public mutating func shutDown() {
        for number in servers.keys.sorted() {
            enterServer(number) { server, now, transport in server.shutDown(at: now, via: &transport) }
        }
    }

    // MARK: Time

    /// Lets time pass until `condition` holds, but no more than `duration`.
    /// - Returns: whether `condition` held.
    @discardableResult
    public mutating func run(for duration: Duration, until condition: (Simulation) -> Bool = { _ in false }) -> Bool {
        let end = now + duration
        var turnsAtThisMoment = 0
        while !condition(self) {
            guard let next = nextMoment, next <= end else {
                now = end
                return condition(self)
            }
            turnsAtThisMoment = next <= now ? turnsAtThisMoment + 1 : 0
            guard turnsAtThisMoment < 10_000 else {
                isStuck = true
                return false
            }
            now = max(now, next)
            takeTurn()
        }
        return true
    }

    var hasPower = true
}
