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
        var simulation = Simulation(
            client: ClientConnection(configuration: client(transport) { $0.playout = playout }, at: start),
            server: server(change),
            presentations: stored(frames), network: network, seed: seed, at: start)
        simulation.connect()
        simulation.run(for: .milliseconds(500))
        return simulation
    }

    static func scans(_ simulation: Simulation) -> [[UInt8]] {
        simulation.frames.map { SyntheticPicture.scanData(of: $0.image) }
    }

    static func scans(_ frames: FrameList) -> [[UInt8]] {
        frames.frames.map { SyntheticPicture.scanData(of: $0.image) }
    }
}

extension Simulation {
    /// Whether the stream has come to its end just now.
    var isEnded: Bool { clientEvents.suffix(8).contains { $0.what == .endOfStream } }

    var failure: ClientFailure? {
        clientEvents.lazy.compactMap { if case .closed(let failure) = $0.what { failure } else { nil } }.first ?? nil
    }
}
