import MJPEGSource
import RTPTransport
import RTSPKit
import Testing

@testable import RTSPTestKit

@Suite struct SimulationTests {
    private static let start = ContinuousClock.now
    private static let wallClock = WallClock(instant: start, ntp: NTPTimestamp(rawValue: 1 << 40))

    /// A simulation with one server that offers two movies of 2 s.
    private static func simulation(
        _ network: NetworkConditions = NetworkConditions(delay: .milliseconds(10)), seed: UInt64 = 1, records: Bool = true
    ) -> (simulation: Simulation, server: SimulatedServer.ID) {
        var simulation = Simulation(network: network, seed: seed, records: records, at: start)
        let configuration = ServerConnection.Configuration(
            sessionTimeout: .seconds(10), mediaPorts: PortPair(rtp: 6000, rtcp: 6001), wallClock: wallClock)
        let server = simulation.addServer(configuration, offering: movies)
        return (simulation, server)
    }

    private static var movies: [String: Presentation] {
        ["a", "b"].enumerated().reduce(into: [:]) { movies, movie in
            let source = FrameList(count: 20, framesPerSecond: 10, seed: UInt64(movie.offset) * 1000)
            movies["/\(movie.element)"] = .stored(StoredPresentation(name: movie.element, source: source))
        }
    }

    private static func client(
        _ transport: ClientConfiguration.TransportChoice, path: String = "a", of server: SimulatedServer.ID,
        in simulation: inout Simulation
    ) -> SimulatedClient.ID {
        let configuration = ClientConfiguration(
            url: "rtsp://\(simulation[server].host)/\(path)", transport: transport,
            clientPorts: PortPair(rtp: 5000, rtcp: 5001), playout: .fixed(.milliseconds(50)), ssrc: 9)
        return simulation.addClient(configuration, of: server)
    }

    /// A client that connects at once, plays, and tears down after the end.
    private static func viewer(
        _ transport: ClientConfiguration.TransportChoice, path: String = "a", of server: SimulatedServer.ID,
        in simulation: inout Simulation
    ) -> SimulatedClient.ID {
        let client = client(transport, path: path, of: server, in: &simulation)
        simulation.schedule(.connect, client, after: .zero)
        simulation.schedule(.play(nil), client, after: .milliseconds(500))
        simulation.schedule(.tearDown, client, after: .seconds(5))
        return client
    }

    private static func images(_ path: String) -> [[UInt8]] {
        (0..<20).map { SyntheticPicture(scanBytes: 600, seed: UInt64($0 + (path == "a" ? 0 : 1000))).scan }
    }

    // MARK: Many of them

    @Test func `several clients of several servers each see what they asked for`() {
        var (simulation, first) = Self.simulation()
        let second = simulation.addServer(simulation[first].configuration, offering: Self.movies)
        #expect(simulation[first].host != simulation[second].host)
        var viewers: [(SimulatedClient.ID, String)] = []
        for (server, transport, path) in [(first, .udp, "a"), (first, .tcp, "b"), (second, .tcp, "a"), (second, .udp, "b")]
            as [(SimulatedServer.ID, ClientConfiguration.TransportChoice, String)]
        {
            viewers.append((Self.viewer(transport, path: path, of: server, in: &simulation), path))
        }
        simulation.run(for: .seconds(1))
        #expect(simulation.serverIDs.map { simulation[$0].sessionCount } == [2, 2])
        simulation.run(for: .seconds(20))
        #expect(simulation.clientIDs.count == 4)
        for (client, path) in viewers {
            let shown = simulation[client].frames.map { SyntheticPicture.scanData(of: $0.image) }
            #expect(shown == Self.images(path))
            #expect(simulation[client].hasEnded)
            #expect(simulation[client].failure == nil)
            #expect(simulation[client].connection.state == .closed)
            #expect(simulation[client].connectionsMade == 1)
        }
        #expect(simulation.serverIDs.allSatisfy { simulation[$0].isEmpty })
        #expect(simulation.network.connectionCount == 0)
        #expect(simulation.nextMoment == nil)
        #expect(simulation.step() == false)
    }

    @Test func `a live presentation reaches all its readers, and nobody after its end`() throws {
        var (simulation, server) = Self.simulation()
        let id = LivePresentationID(rawValue: 3)
        let setup = Transcript.LiveSetup(
            id: id, name: "camera", framesPerSecond: 10, canonicalName: "c", wallClock: Self.wallClock, seed: 4)
        simulation.offer(setup, at: "/camera", on: server)
        simulation.film(id, on: server, framesPerSecond: 10, count: 30, seed: 100)
        let viewers = [ClientConfiguration.TransportChoice.udp, .tcp].map {
            Self.viewer($0, path: "camera", of: server, in: &simulation)
        }
        simulation.run(for: .seconds(2))
        #expect(simulation[server].readers == [id: 2])
        simulation.run(for: .milliseconds(1500))
        simulation.endLive(id, on: server)
        simulation.run(for: .seconds(10))
        for viewer in viewers {
            let shown = simulation[viewer].frames.map { SyntheticPicture.scanData(of: $0.image) }
            #expect(shown.count > 20)
            #expect(shown == (0..<30).suffix(shown.count).map { SyntheticPicture(scanBytes: 600, seed: 100 + UInt64($0)).scan })
            #expect(simulation[viewer].hasEnded)
        }
        #expect(simulation[server].readers == [:])
        #expect(simulation[server].isEmpty)
        // Nothing is captured for one that is over.
        try simulation.capture(MJPEGFrame(image: [], presentationTime: .zero), of: id, on: server)
    }

    // MARK: Time

    @Test func `a step is one thing that happens, and time passes until it does`() {
        var (simulation, server) = Self.simulation()
        let client = Self.client(.udp, of: server, in: &simulation)
        #expect(simulation.nextMoment == simulation[client].connection.deadline)
        simulation.connect(client)
        #expect(simulation.nextMoment == Self.start + .milliseconds(10))
        #expect(simulation.now == Self.start)
        #expect(simulation.step() == true)
        #expect(simulation.now == Self.start + .milliseconds(10))
        #expect(simulation[server].connections.count == 1)
        #expect(simulation[client].events.isEmpty)
        #expect(simulation.step() == true)
        #expect(simulation.now == Self.start + .milliseconds(20))
        #expect(simulation.steps == 2)
        // The client has said what it wants: a request is on its way.
        #expect(simulation.network.nextArrival == Self.start + .milliseconds(30))
    }

    @Test func `running until a moment ends there, whether anything happens or not`() {
        var (simulation, server) = Self.simulation()
        let client = Self.viewer(.tcp, of: server, in: &simulation)
        simulation.run(until: Self.start + .milliseconds(15))
        #expect(simulation.now == Self.start + .milliseconds(15))
        #expect(simulation[server].connections.count == 1)
        simulation.run(until: Self.start)
        #expect(simulation.now == Self.start + .milliseconds(15))
        simulation.run(until: Self.start + .seconds(1000))
        #expect(simulation.now == Self.start + .seconds(1000))
        #expect(simulation[client].connection.state == .closed)
    }

    @Test func `running while or until a condition holds ends right behind the step that changed it`() {
        var (simulation, server) = Self.simulation()
        let client = Self.viewer(.udp, of: server, in: &simulation)
        #expect(simulation.run(while: { $0[client].frames.isEmpty }) == true)
        #expect(simulation[client].frames.count == 1)
        let moment = simulation.now
        #expect(simulation.run(while: { $0[client].frames.isEmpty }) == true)
        #expect(simulation.now == moment)
        #expect(simulation.run(for: .seconds(60)) { $0[client].hasEnded } == true)
        #expect(simulation[client].frames.count == 20)
        #expect(simulation.now < Self.start + .seconds(4))
        // One that never comes to hold takes all the time it is given.
        let before = simulation.now
        #expect(simulation.run(while: { _ in true }, for: .seconds(7)) == false)
        #expect(before.duration(to: simulation.now) == .seconds(7))
    }

    // MARK: Users

    @Test func `a command is refused in the wrong state, and leaves no trace`() throws {
        var (simulation, server) = Self.simulation()
        let client = Self.client(.udp, of: server, in: &simulation)
        #expect(throws: ClientConnection.CommandError.self) { try simulation.play(client) }
        simulation.perform(.pause, client)
        #expect(simulation.transcript?.entries == [])
        #expect(simulation[client].playsAsked == 0)
        simulation.connect(client)
        simulation.run(for: .seconds(1))
        try simulation.play(client, .from(.seconds(1)))
        simulation.run(for: .milliseconds(300))
        try simulation.pause(client)
        #expect(simulation.run(for: .seconds(5)) { $0[client].connection.state == .ready } == true)
        let shown = simulation[client].frames.count
        simulation.run(for: .seconds(3))
        #expect(simulation[client].frames.count <= shown + 1)
        try simulation.play(client)
        #expect(simulation.run(for: .seconds(5)) { $0[client].hasEnded } == true)
        #expect(simulation[client].playsAsked == 2)
        #expect(simulation[client].frames.count == 10)
        simulation.tearDown(client)
        simulation.run(for: .seconds(1))
        #expect(simulation[client].connection.state == .closed)
        #expect(simulation[server].isEmpty)
    }

    @Test func `who loses power is gone for the server in the end, and does nothing any more`() {
        var (simulation, server) = Self.simulation()
        let client = Self.viewer(.udp, of: server, in: &simulation)
        simulation.run(for: .seconds(1))
        simulation.perform(.losePower, client)
        let told = simulation[client].events.count
        #expect(!simulation[client].hasPower)
        simulation.run(for: .seconds(5))
        #expect(simulation[server].sessionCount == 1)
        simulation.run(for: .seconds(200))
        #expect(simulation[client].events.count == told)
        #expect(simulation[server].isEmpty)
        #expect(simulation.network.connectionCount == 0)
    }

    @Test func `who does not read holds the server up, and goes on where it stopped`() {
        var (simulation, server) = Self.simulation()
        simulation.network.window = 4096
        let client = Self.viewer(.tcp, of: server, in: &simulation)
        simulation.schedule(.stopReading, client, after: .milliseconds(700))
        simulation.schedule(.goOnReading, client, after: .milliseconds(1700))
        simulation.run(for: .milliseconds(1700))
        let shown = simulation[client].frames.count
        #expect((1...3).contains(shown))
        let blocked = simulation.transcript?.entries.contains {
            if case .input(.blocked(let streams)) = $0.what { !streams.isEmpty } else { false }
        }
        #expect(blocked == true)
        simulation.run(for: .seconds(20))
        #expect(simulation[client].frames.count > shown)
        #expect(simulation[server].isEmpty)
    }

    @Test func `a server that stops ends all its sessions`() {
        var (simulation, server) = Self.simulation()
        let clients = [ClientConfiguration.TransportChoice.udp, .tcp].map { Self.viewer($0, of: server, in: &simulation) }
        simulation.scheduleShutDown(server, after: .seconds(1))
        simulation.run(for: .seconds(30))
        #expect(simulation[server].isEmpty)
        for client in clients {
            #expect(simulation[client].connection.state == .closed)
            #expect((1..<20).contains(simulation[client].frames.count))
        }
        let reasons = simulation[server].events.compactMap {
            if case .sessionEnded(_, let reason) = $0.what { reason } else { nil }
        }
        #expect(reasons == [.shutDown, .shutDown])
    }

    @Test func `the owner may take its time to answer`() {
        var (simulation, server) = Self.simulation()
        simulation[server].answerTime = .milliseconds(100)
        let client = Self.client(.udp, of: server, in: &simulation)
        simulation.connect(client)
        #expect(simulation.run(for: .seconds(5)) { $0[client].connection.state == .ready } == true)
        // OPTIONS, DESCRIBE and SETUP behind the handshake: 80 ms of way, and two questions.
        #expect(Self.start.duration(to: simulation.now) >= .milliseconds(280))
    }

    // MARK: Faults

    @Test(arguments: [SimulatedNetwork.Fault.reset, .blackhole])
    func `a fault planned for the next connection comes at its message`(_ fault: SimulatedNetwork.Fault) {
        var (simulation, server) = Self.simulation()
        let client = Self.client(.udp, of: server, in: &simulation)
        simulation.plan(fault, afterMessage: 4, of: client)
        simulation.connect(client)
        simulation.run(for: .seconds(200))
        // The fourth message is the answer to DESCRIBE, and is the last that arrives where it was on its way before.
        let expected: ClientFailure.Kind = fault == .reset ? .connectionLost : .timedOut(.setup)
        #expect(simulation[client].failure?.kind == expected)
        let isDescribed = simulation[client].events.contains { if case .described = $0.what { true } else { false } }
        #expect(isDescribed == (fault == .blackhole))
        #expect(simulation[server].isEmpty)
        #expect(simulation.network.connectionCount == 0)
    }

    @Test func `behind a blackhole that ends everything goes on`() {
        var (simulation, server) = Self.simulation()
        let client = Self.viewer(.tcp, of: server, in: &simulation)
        simulation.schedule(.blackhole, on: client, after: .milliseconds(900))
        simulation.scheduleClearing(of: client, after: .milliseconds(1900))
        simulation.run(for: .milliseconds(1850))
        let shown = simulation[client].frames.count
        simulation.run(for: .seconds(30))
        #expect(simulation[client].frames.count > shown)
        #expect(simulation[client].failure == nil)
        #expect(simulation[server].isEmpty)
    }

    // MARK: What must hold

    @Test func `an invariant that fails ends it and tells seed, step, time and transcript`() throws {
        var (simulation, server) = Self.simulation(seed: 77)
        let client = Self.viewer(.udp, of: server, in: &simulation)
        simulation.invariants = [
            .init("always") { _ in nil },
            .init("few frames") { $0[client].frames.count < 3 ? nil : "\($0[client].frames.count) frames" },
            .init("later") { $0[client].frames.count < 3 ? nil : "not looked at" },
        ]
        simulation.run(for: .seconds(60))
        let violation = try #require(simulation.violation)
        #expect((violation.invariant, violation.complaint, violation.seed) == ("few frames", "3 frames", 77))
        #expect(violation.step == simulation.steps)
        #expect(violation.time == Self.start.duration(to: simulation.now))
        #expect(violation.transcript == simulation.transcript)
        #expect(
            violation.description.hasPrefix(
                "seed 77, step \(violation.step), \(violation.time): few frames: 3 frames\nrtsp-transcript 1\n"))
        // Nothing happens any more.
        let now = simulation.now
        #expect(simulation.step() == false)
        simulation.run(for: .seconds(5))
        #expect(simulation.now == now)
        #expect(simulation[client].frames.count == 3)
        // The same seed fails at the same step.
        var (again, _) = Self.simulation(seed: 77, records: false)
        _ = Self.viewer(.udp, of: server, in: &again)
        again.invariants = simulation.invariants
        again.run(for: .seconds(60))
        #expect(again.violation?.step == violation.step)
        #expect(again.violation?.transcript.entries == [])
    }

    @Test func `a machine that asks for the same moment for ever is found out`() {
        var (simulation, server) = Self.simulation()
        // Of nobody, so that nothing ever answers it.
        simulation.servers[server.index].deadlines[99] = Self.start + .seconds(1)
        simulation.run(until: Self.start + .seconds(2))
        #expect(simulation.isStuck)
        #expect(simulation.now == Self.start + .seconds(1))
        #expect(simulation.step() == false)
    }

    // MARK: Values

    @Test func `a fork goes on alike, and apart where something else happens to it`() throws {
        var (simulation, server) = Self.simulation(
            NetworkConditions(delay: .milliseconds(10), jitter: .milliseconds(9), loss: 0.1))
        let client = Self.viewer(.udp, of: server, in: &simulation)
        simulation.run(for: .seconds(1))
        var same = simulation
        var other = simulation
        other.network.setConditions(NetworkConditions(loss: 1), from: simulation[server].host, to: simulation[client].host)
        simulation.run(for: .seconds(20))
        same.run(for: .seconds(20))
        other.run(for: .seconds(20))
        #expect(simulation.transcript == same.transcript)
        #expect(simulation.steps == same.steps)
        #expect(other[client].frames.count < simulation[client].frames.count)
        #expect(try #require(other.transcript).entries.count != simulation.transcript?.entries.count)
    }

    @Test func `the same seed gives the same transcript, letter by letter, another seed another`() throws {
        func text(seed: UInt64) throws -> String {
            var conditions = NetworkConditions(delay: .milliseconds(10), jitter: .milliseconds(30), loss: 0.05, reordering: 0.05)
            conditions.pieces = 1...40
            var (simulation, server) = Self.simulation(conditions, seed: seed)
            _ = Self.viewer(.udp, of: server, in: &simulation)
            _ = Self.viewer(.tcp, path: "b", of: server, in: &simulation)
            simulation.run(for: .seconds(30))
            return try #require(simulation.transcript).text
        }
        let text5 = try text(seed: 5)
        #expect(try text(seed: 5) == text5)
        #expect(try text(seed: 6) != text5)
        let read = try Transcript(parsing: text5, start: Self.start)
        #expect(TranscriptReplay(of: read, presentations: Self.movies).differences.map(\.description) == [])
    }

    @Test func `without a record nothing else is different`() {
        var (recorded, server) = Self.simulation(NetworkConditions(loss: 0.1), seed: 3)
        let client = Self.viewer(.udp, of: server, in: &recorded)
        var (silent, _) = Self.simulation(NetworkConditions(loss: 0.1), seed: 3, records: false)
        _ = Self.viewer(.udp, of: server, in: &silent)
        recorded.run(for: .seconds(30))
        silent.run(for: .seconds(30))
        #expect(silent.transcript == nil)
        #expect(recorded.transcript?.entries.isEmpty == false)
        #expect(silent.steps == recorded.steps)
        #expect(silent[client].events == recorded[client].events)
    }
}
