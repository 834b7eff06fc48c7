internal import MJPEGSource
internal import RTPTransport
internal import RTSPKit

/// What must hold however a scenario goes.
extension Scenario {
    /// After each step: nobody holds more than the budgets allow.
    var held: Simulation.Invariant {
        let limits = serverConfiguration.limits
        let parser = limits.parser.startLine + limits.parser.headerBytes + limits.parser.body
        // What comes at once is one write of a client, and pieces that are on their way.
        let budget = max(parser, limits.pendingBytes) + 65_536
        let media = media.values.reduce(0) { $0 + $1.frames * ($1.size + 1000) } + parser
        let viewers = viewers.count
        return Simulation.Invariant("budgets") { simulation in
            for server in simulation.serverIDs {
                if simulation[server].peakHeldBytes > budget {
                    return "the server holds \(simulation[server].peakHeldBytes) bytes"
                }
                if simulation[server].sessionCount > viewers * 2 { return "\(simulation[server].sessionCount) sessions" }
            }
            for index in simulation.clients.indices where simulation.clients[index].peakHeldBytes > media {
                return "a client holds \(simulation.clients[index].peakHeldBytes) bytes"
            }
            return nil
        }
    }

    /// At the end: all that is not as it must be.
    func complaints(about simulation: Simulation) -> [String] {
        var complaints: [String] = []
        if let violation = simulation.violation { complaints.append("\(violation.invariant): \(violation.complaint)") }
        if simulation.isStuck { complaints.append("simulation: a machine asks for the same moment again and again") }
        for server in simulation.serverIDs {
            complaints += remains(of: simulation[server], at: simulation.now).map { "server: \($0)" }
        }
        if simulation.network.connectionCount > 0 {
            complaints.append("network: \(simulation.network.connectionCount) connections are left")
        }
        let stages = Dictionary(uniqueKeysWithValues: paths.map { ($0, Stage(pictures(at: $0))) })
        for (index, viewer) in viewers.enumerated() {
            guard let stage = stages[viewer.path] else { continue }
            let client = simulation[simulation.clientIDs[index]]
            let found =
                order(of: client, stage) + completeness(of: client, viewer) + ending(of: client, viewer)
                + statistics(of: client, viewer)
            complaints += found.map { "viewer \(index + 1): \($0)" }
        }
        return complaints
    }

    private func remains(of server: SimulatedServer, at now: ContinuousClock.Instant) -> [String] {
        var complaints: [String] = []
        if !server.connections.isEmpty {
            complaints.append("\(server.connections.count) connections, \(server.sessionCount) sessions are left")
        }
        if !server.readers.isEmpty { complaints.append("readers are left: \(server.readers)") }
        if !server.isEmpty, server.connections.isEmpty, server.readers.isEmpty { complaints.append("addresses are left") }
        var open: [String: Int] = [:]
        for moment in server.events {
            switch moment.what {
            case .sessionStarted(let report): open[report.id, default: 0] += 1
            case .sessionEnded(let report, _): open[report.id, default: 0] -= 1
            default: break
            }
        }
        // Two sessions of the course dialect may draw the same six digits.
        let unbalanced = open.filter { $0.value != 0 }
        if !unbalanced.isEmpty { complaints.append("sessions without an end: \(unbalanced.keys.sorted())") }
        return complaints
    }

    // MARK: Frames

    /// Frames shown are frames sent, unchanged and in order; only a PLAY may go back.
    private func order(of client: SimulatedClient, _ stage: Stage) -> [String] {
        var last = -1
        var returns = 0
        for moment in client.events {
            guard case .frame(let frame) = moment.what else { continue }
            guard let place = stage.place(of: SyntheticPicture.scanData(of: frame.image)) else {
                // A network that changes bits may make another picture, and nobody could tell.
                if network.corruption > 0 { continue }
                return ["a frame was shown that was never sent, at \(frame.mediaTime)"]
            }
            if place <= last { returns += 1 }
            if returns > max(0, client.playsAsked - 1) + max(0, client.connectionsMade - 1), network.corruption == 0 {
                return ["frame \(place) was shown after frame \(last)"]
            }
            last = place
        }
        return []
    }

    /// The pictures of a medium, to be found by their data.
    private struct Stage {
        private var scans: [[UInt8]] = []
        private var places: [[UInt8]: Int] = [:]

        init(_ pictures: [SyntheticPicture]) {
            scans = pictures.map(\.scan)
            for (index, scan) in scans.enumerated() { places[Array(scan.prefix(16))] = index }
        }

        func place(of scan: [UInt8]) -> Int? {
            guard let place = places[Array(scan.prefix(16))], scans[place] == scan else { return nil }
            return place
        }
    }

    /// Who plays to the end over a perfect network, and does nothing else, sees every frame.
    private func completeness(of client: SimulatedClient, _ viewer: Viewer) -> [String] {
        guard isPerfect(viewer), case .stored(let frames, _, _)? = media[viewer.path] else { return [] }
        let plays = viewer.acts.filter { if case .play = $0.command { true } else { false } }
        guard plays.map(\.command) == [.play(nil)], client.hasEnded else { return [] }
        let pauses = viewer.acts.contains { $0.command == .pause || $0.command == .stopReading }
        guard !pauses, client.connectionsMade == 1, client.frames.count != frames else { return [] }
        return ["\(client.frames.count) of \(frames) frames were shown"]
    }

    private func isPerfect(_ viewer: Viewer) -> Bool {
        var perfect = NetworkConditions(delay: network.delay)
        perfect.pieces = network.pieces
        return network == perfect && viewer.breakdown == nil
    }

    // MARK: The end

    /// A client that has power is closed in the end.
    private func ending(of client: SimulatedClient, _ viewer: Viewer) -> [String] {
        guard client.hasPower, client.connectionsMade > 0 else { return [] }
        var complaints: [String] = []
        if client.connection.state != .closed { complaints.append("the client is \(client.connection.state) in the end") }
        if client.connection.deadline != nil { complaints.append("a closed client has a deadline") }
        let closings = client.events.filter { if case .closed = $0.what { true } else { false } }
        if closings.count != 1 { complaints.append("closed \(closings.count) times") }
        if let last = client.events.last, case .closed = last.what {} else { complaints.append("something came after the end") }
        return complaints
    }

    private func plays(_ viewer: Viewer) -> Int {
        viewer.acts.count { if case .play = $0.command { true } else { false } }
    }

    // MARK: Statistics

    /// What the client says of its packets is what the network did, and what RFC 3550's own algorithms say.
    private func statistics(of client: SimulatedClient, _ viewer: Viewer) -> [String] {
        let fellBack = client.events.contains { if case .fallingBackToInterleaved = $0.what { true } else { false } }
        guard viewer.dialect == .standard, !fellBack, network.corruption == 0, client.oracle.received > 0,
            let first = client.received.min(), let last = client.received.max()
        else { return [] }
        let statistics = client.connection.statistics()
        var complaints: [String] = []
        func compare(_ what: String, _ said: Int, _ truth: Int) {
            if said != truth { complaints.append("\(what): \(said) said, \(truth) in truth") }
        }
        compare("packets", statistics.packets, client.oracle.received)
        // What a live source sends to others while a viewer pauses has numbers, too.
        if plays(viewer) < 2 {
            compare("packets lost", statistics.packetsLost, client.oracle.missing)
            compare("packets lost on the way", statistics.packetsLost, last - first + 1 - client.received.count)
        }
        // After a jump the client may measure anew.
        guard !viewer.acts.dropFirst(2).contains(where: { if case .play(.some) = $0.command { true } else { false } }) else {
            return complaints
        }
        let jitter = Int((statistics.jitter / .seconds(1) * 90_000).rounded())
        if (jitter - client.oracle.jitter).magnitude > 2 { compare("jitter", jitter, client.oracle.jitter) }
        return complaints
    }
}
