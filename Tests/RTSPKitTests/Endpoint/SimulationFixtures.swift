import MJPEGSource
import RTPTransport
import RTSPKit
import RTSPTestKit

/// Simulations of our own client and server, as several tests need them.
enum SimulationFixtures {
    static let start = ContinuousClock.now

    static func client(
        _ transport: ClientConfiguration.TransportChoice = .udp, url: String = "rtsp://host/movie",
        _ change: (inout ClientConfiguration) -> Void = { _ in }
    ) -> ClientConfiguration {
        var configuration = ClientConfiguration(
            url: url, transport: transport, clientPorts: PortPair(rtp: 5000, rtcp: 5001),
            playout: .fixed(.milliseconds(200)), ssrc: 0x1234_5678)
        change(&configuration)
        return configuration
    }

    static func server(
        _ change: (inout ServerConnection.Configuration) -> Void = { _ in }
    ) -> ServerConnection.Configuration {
        var configuration = ServerConnection.Configuration(
            mediaPorts: PortPair(rtp: 6000, rtcp: 6001), wallClock: WallClock(instant: start, ntp: NTPTimestamp(rawValue: 0)))
        change(&configuration)
        return configuration
    }

    static func stored(_ frames: FrameList) -> [String: Presentation] {
        ["/movie": .stored(StoredPresentation(name: "movie", source: frames))]
    }

    /// A client that is set up with a server, half a second after the start.
    static func ready(
        _ transport: ClientConfiguration.TransportChoice = .udp, frames: FrameList,
        network: NetworkConditions = NetworkConditions(), playout: PlayoutDelay = .fixed(.milliseconds(200)), seed: UInt64 = 1,
        server change: (inout ServerConnection.Configuration) -> Void = { _ in }
    ) -> Simulation {
        var simulation = pair(
            client(transport) { $0.playout = playout }, server: server(change), presentations: stored(frames), network: network,
            seed: seed)
        simulation.connect()
        simulation.run(for: .milliseconds(500))
        return simulation
    }

    /// A client and its server that do not know of each other yet.
    static func pair(
        _ client: ClientConfiguration, dialect: ControlDialect = .standard, server: ServerConnection.Configuration = server(),
        presentations: [String: Presentation] = [:], network: NetworkConditions = NetworkConditions(), seed: UInt64 = 1
    ) -> Simulation {
        var simulation = Simulation(network: network, seed: seed, at: start)
        _ = simulation.addClient(
            client, of: simulation.addServer(server, offering: presentations), dialect: dialect)
        return simulation
    }

    static func scans(_ simulation: Simulation) -> [[UInt8]] {
        simulation.frames.map { SyntheticPicture.scanData(of: $0.image) }
    }

    static func scans(_ frames: FrameList) -> [[UInt8]] {
        frames.frames.map { SyntheticPicture.scanData(of: $0.image) }
    }
}

/// Shorter names where there is one client and one server.
extension Simulation {
    var clientID: SimulatedClient.ID { clientIDs[0] }
    var serverID: SimulatedServer.ID { serverIDs[0] }
    var client: ClientConnection { self[clientID].connection }
    var servers: [ServerConnection] { self[serverID].connections }
    var clientEvents: [Moment<ClientEvent>] { self[clientID].events }
    var serverEvents: [Moment<ServerEvent>] { self[serverID].events }
    var frames: [PlayoutFrame] { self[clientID].frames }

    mutating func connect() { connect(clientID) }
    mutating func play(_ range: NormalPlayTimeRange? = nil) throws { try play(clientID, range) }
    mutating func pause() throws { try pause(clientID) }
    mutating func tearDown() { tearDown(clientID) }

    /// What the network did to the RTP packets on their way to the client.
    var packets: SimulatedNetwork.DatagramCounters {
        network.datagrams(to: .init(self[clientID].host, 5000))
    }

    /// Whether the stream has come to its end just now.
    var isEnded: Bool { clientEvents.suffix(8).contains { $0.what == .endOfStream } }

    var failure: ClientFailure? {
        clientEvents.lazy.compactMap { if case .closed(let failure) = $0.what { failure } else { nil } }.first ?? nil
    }
}
