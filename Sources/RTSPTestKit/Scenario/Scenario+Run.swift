internal import MJPEGSource
internal import RTPTransport
public import RTSPKit

/// Scenarios in virtual time.
extension Scenario {
    /// When the simulations of scenarios begin. Any moment does, as long as it is always the same.
    private static let beginning = ContinuousClock.Instant.now

    /// The whole scenario, scheduled in a simulation that has not begun.
    /// - Parameters:
    ///   - records: whether a transcript is kept.
    ///   - tellsDialogue: whether the clients tell requests and replies as ``RTSPKit/ClientEvent/dialogue(_:)``.
    public func simulation(records: Bool = true, tellsDialogue: Bool = false) -> Simulation {
        var simulation = Simulation(network: network, seed: seed, records: records, at: Self.beginning)
        let server = simulation.addServer(serverConfiguration)
        simulation[server].answerTime = answerTime
        for (index, path) in paths.enumerated() { offer(path, index, on: server, in: &simulation) }
        for viewer in viewers { admit(viewer, to: server, tellsDialogue: tellsDialogue, in: &simulation) }
        simulation.invariants = [held]
        return simulation
    }

    /// Runs the scenario and checks all that must hold.
    public func run(records: Bool = false) -> ScenarioOutcome {
        var simulation = simulation(records: records)
        simulation.run(until: simulation.start + end)
        let clients = simulation.clientIDs.map { simulation[$0] }
        let viewings = clients.map { client in
            let statistics = client.connection.statistics()
            return ScenarioOutcome.Viewing(
                framesShown: client.frames.count, framesIncomplete: statistics.incompleteFrames, packets: statistics.packets,
                packetsLost: statistics.packetsLost, peakHeldBytes: client.peakHeldBytes,
                failure: client.failure?.description)
        }
        return ScenarioOutcome(
            seed: seed, complaints: complaints(about: simulation), viewings: viewings, steps: simulation.steps,
            time: simulation.start.duration(to: simulation.now),
            peakHeldBytes: simulation.serverIDs.map { simulation[$0].peakHeldBytes }.max() ?? 0,
            transcript: simulation.transcript, simulation: simulation)
    }

    /// By when everything must be over: the last act, then what sessions and requests are given.
    var end: Duration {
        // Sessions of the course dialect live as long as their connection; when that is dead, a day.
        let patience = viewers.contains { $0.dialect == .lab } ? Duration.seconds(24 * 3600 + 300) : sessionTimeout
        return lastAct + patience + Self.requestTimeout * 2 + Self.mediaTime * 2 + answerTime * 8 + network.delay * 20
            + network.jitter * 4 + network.displacement * 2 + .seconds(10)
    }

    static let requestTimeout = Duration.seconds(5)
    static let mediaTime = Duration.seconds(4)

    /// What the server's connections are made of.
    public var serverConfiguration: ServerConnection.Configuration {
        var limits = EndpointLimits.default
        limits.idleTime = .seconds(5)
        limits.mediaTime = Self.mediaTime
        var configuration = ServerConnection.Configuration(
            sessionTimeout: sessionTimeout, mediaPorts: PortPair(rtp: 6000, rtcp: 6001), packetSize: packetSize,
            reportInterval: .seconds(1), wallClock: wallClock, limits: limits)
        configuration.liveStartDelay = .milliseconds(seed % 2)
        return configuration
    }

    private var wallClock: WallClock { WallClock(instant: Self.beginning, ntp: NTPTimestamp(rawValue: 0xE000_0000 << 32)) }

    /// What a client of the scenario is made of.
    public func clientConfiguration(of viewer: Viewer, url: String) -> ClientConfiguration {
        var limits = EndpointLimits.default
        limits.mediaTime = Self.mediaTime
        var configuration = ClientConfiguration(
            url: url, transport: viewer.transport, clientPorts: PortPair(rtp: 5000, rtcp: 5001), playout: viewer.playout,
            requestTimeout: Self.requestTimeout, datagramPatience: .seconds(1), reportInterval: .seconds(1),
            ssrc: UInt32(truncatingIfNeeded: seed) | 1, limits: limits)
        if viewer.dialect == .lab { configuration.labFramesPerSecond = media[viewer.path].map { Double($0.framesPerSecond) } }
        return configuration
    }

    /// The frames of a stored medium, in memory.
    public func frames(at path: String) -> FrameList {
        FrameList(pictures(at: path).map(\.bytes), framesPerSecond: media[path]?.framesPerSecond ?? 25)
    }

    private func offer(
        _ path: String, _ index: Int, on server: SimulatedServer.ID, in simulation: inout Simulation
    ) {
        guard let medium = media[path] else { return }
        let name = String(path.dropFirst())
        guard medium.isLive else {
            let frames = frames(at: path)
            let size = frames.frames.first.flatMap { PictureSize(ofJPEG: $0.image.span) }
            let presentation = StoredPresentation(name: name, source: frames, pictureSize: size)
            return simulation.offer(.stored(presentation), at: path, on: server)
        }
        let id = LivePresentationID(rawValue: UInt64(index) + 1)
        let setup = Transcript.LiveSetup(
            id: id, name: name, framesPerSecond: Double(medium.framesPerSecond), packetSize: packetSize, canonicalName: name,
            reportInterval: .seconds(1), wallClock: wallClock, seed: seed &+ UInt64(index))
        simulation.offer(setup, at: path, on: server)
        simulation.film(
            id, on: server, framesPerSecond: medium.framesPerSecond, count: medium.frames, size: medium.size,
            seed: pictureSeed(path: index))
        simulation.scheduleEnd(of: id, on: server, after: medium.duration + .milliseconds(300))
    }

    private func admit(
        _ viewer: Viewer, to server: SimulatedServer.ID, tellsDialogue: Bool, in simulation: inout Simulation
    ) {
        let url = viewer.dialect == .lab ? String(viewer.path.dropFirst()) : "rtsp://\(simulation[server].host)\(viewer.path)"
        var configuration = clientConfiguration(of: viewer, url: url)
        configuration.tellsDialogue = tellsDialogue
        let client = simulation.addClient(configuration, of: server, dialect: viewer.dialect)
        for act in viewer.acts { simulation.schedule(act.command, client, after: act.time) }
        guard let breakdown = viewer.breakdown else { return }
        switch breakdown.moment {
        case .time(let time): simulation.schedule(breakdown.fault, on: client, after: time)
        case .message(let message): simulation.plan(breakdown.fault, afterMessage: message, of: client)
        }
        if let ends = breakdown.ends { simulation.scheduleClearing(of: client, after: ends) }
    }
}
