import RTPTransport
import RTSPKit
import RTSPTestKit
import SmallPlayer
import Testing

@Suite struct SimulationTests {
    /// A server with a clock, and somebody who watches it.
    private static func stage(
        _ network: NetworkConditions = NetworkConditions(), seed: UInt64 = 1,
        _ transport: ClientConfiguration.TransportChoice = .udp
    ) -> (simulation: Simulation, server: SimulatedServer.ID, client: SimulatedClient.ID) {
        var simulation = Simulation(network: network, seed: seed, at: start)
        let server = simulation.addServer(serverConfiguration, offering: ["/clock": movie])
        let client = simulation.addClient(clientConfiguration(transport), of: server)
        return (simulation, server, client)
    }

    private static var movie: Presentation { .stored(StoredPresentation(name: "clock", source: clock(frames: 20))) }

    /// What our player makes of it.
    private static func player(_ client: SimulatedClient) -> SmallPlayer {
        var player = SmallPlayer(client.configuration, at: start)
        player.take(client.events.map(\.what))
        return player
    }

    @Test func `the clock is seen to its end`() throws {
        var (simulation, server, client) = Self.stage()
        simulation.connect(client)
        simulation.run(for: .seconds(1)) { $0[client].connection.state == .ready }
        try simulation.play(client)
        simulation.run(for: .seconds(60)) { $0[client].hasEnded }
        let player = Self.player(simulation[client])
        #expect(player.state == .ended)
        #expect((player.shown, player.torn) == (20, 0))
        #expect(simulation[client].frames.map { place(of: $0, among: 20) } == Array(0..<20))
        simulation.tearDown(client)
        simulation.run(for: .seconds(1))
        #expect(simulation[server].isEmpty)
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `whatever is lost, what is shown is whole and in order, and nothing is left`(_ seed: UInt64) {
        var network = NetworkConditions(delay: .milliseconds(20), jitter: .milliseconds(15), loss: 0.05, reordering: 0.05)
        network.bursts = .init(probability: 0.01, length: 4)
        network.duplication = 0.02
        var (simulation, server, client) = Self.stage(network, seed: seed)
        simulation.schedule(.connect, client, after: .zero)
        simulation.schedule(.play(nil), client, after: .seconds(1))
        simulation.schedule(.play(.from(.seconds(1))), client, after: .seconds(2))
        simulation.schedule(.losePower, client, after: .seconds(4))
        simulation.invariants = [
            .init("one session") { [server] in
                $0[server].sessionCount <= 1 ? nil : "\($0[server].sessionCount) sessions"
            },
            .init("only pictures of the clock") { [client] simulation in
                let strange = simulation[client].frames.last { place(of: $0, among: 20) == nil }
                return strange.map { "a strange picture at \($0.mediaTime)" }
            },
        ]
        simulation.run(for: .seconds(120))
        #expect(simulation.violation == nil)
        #expect(!simulation.isStuck)
        #expect(simulation[server].isEmpty)
        #expect(Self.player(simulation[client]).shown > 5)
    }

    @Test func `a network that changes bits is found out, with the seed and all that was said`() throws {
        var network = NetworkConditions()
        network.corruption = 0.2
        var (simulation, _, client) = Self.stage(network, seed: 3)
        simulation.schedule(.connect, client, after: .zero)
        simulation.schedule(.play(nil), client, after: .seconds(1))
        simulation.invariants = [
            .init("only pictures of the clock") { [client] in
                $0[client].frames.contains { place(of: $0, among: 20) == nil } ? "a strange picture" : nil
            }
        ]
        simulation.run(for: .seconds(10))
        let violation = try #require(simulation.violation)
        #expect(violation.seed == 3)
        #expect(violation.step == simulation.steps)
        #expect(violation.description.contains("a strange picture\nrtsp-transcript 1"))
    }

    @Test func `what was recorded can be run again from its text`() throws {
        var (simulation, _, client) = Self.stage(NetworkConditions(jitter: .milliseconds(9), loss: 0.1), seed: 8)
        simulation.schedule(.connect, client, after: .zero)
        simulation.schedule(.play(nil), client, after: .seconds(1))
        simulation.schedule(.tearDown, client, after: .seconds(6))
        simulation.run(for: .seconds(10))
        let text = try #require(simulation.transcript).text
        let replay = TranscriptReplay(
            of: try Transcript(parsing: text, start: start), presentations: ["/clock": Self.movie])
        #expect(replay.differences.isEmpty)
        #expect(replay.frames(of: simulation[client].machine) == simulation[client].frames)
    }

    @Test func `two ways to go on from one moment`() {
        var (simulation, server, client) = Self.stage()
        simulation.schedule(.connect, client, after: .zero)
        simulation.schedule(.play(nil), client, after: .seconds(1))
        simulation.run(for: .seconds(2))
        var broken = simulation
        broken.carryOut(.reset, on: client)
        simulation.run(for: .seconds(30))
        broken.run(for: .seconds(30))
        #expect(Self.player(simulation[client]).state == .ended)
        #expect(Self.player(broken[client]).state != .ended)
        #expect(broken[server].isEmpty)
    }

    @Test func `a scenario of one's own`() {
        var scenario = Scenario(empty: 4)
        scenario.network.loss = 0.02
        scenario.media = ["/clock": .stored(frames: 20, framesPerSecond: 10, size: 2000)]
        var viewer = Scenario.Viewer(
            path: "/clock",
            acts: [
                .init(.connect, at: .zero), .init(.play(nil), at: .seconds(1)), .init(.pause, at: .seconds(2)),
                .init(.play(nil), at: .seconds(5)), .init(.tearDown, at: .seconds(9)),
            ])
        viewer.breakdown = .init(.blackhole, at: .time(.seconds(3)), ends: .seconds(4))
        scenario.viewers = [viewer]
        let outcome = scenario.run()
        #expect(outcome.complaints == [])
        #expect(outcome.viewings[0].framesShown > 10)
    }

    @Test func `a hundred scenarios that nobody thought of`() {
        for seed: UInt64 in 1...100 {
            let outcome = Scenario(seed: seed).run()
            #expect(outcome.isClean, "seed \(seed): \(outcome.complaints)")
        }
    }
}
