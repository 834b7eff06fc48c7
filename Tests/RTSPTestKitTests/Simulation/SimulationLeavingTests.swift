import RTPTransport
import RTSPKit
import Testing

@testable import RTSPTestKit

@Suite struct SimulationLeavingTests {
    private static let start = ContinuousClock.now

    private static func simulation() -> (simulation: Simulation, server: SimulatedServer.ID) {
        var simulation = Simulation(network: NetworkConditions(delay: .milliseconds(5)), seed: 1, at: start)
        var limits = EndpointLimits.default
        limits.idleTime = .seconds(3)
        let wallClock = WallClock(instant: start, ntp: NTPTimestamp(rawValue: 1 << 40))
        let server = simulation.addServer(
            ServerConnection.Configuration(
                sessionTimeout: .seconds(5), mediaPorts: PortPair(rtp: 6000, rtcp: 6001), wallClock: wallClock, limits: limits),
            offering: ["/movie": .stored(StoredPresentation(name: "movie", source: FrameList(count: 3)))])
        return (simulation, server)
    }

    private static func client(
        _ transport: ClientConfiguration.TransportChoice, of server: SimulatedServer.ID, host: String? = nil,
        in simulation: inout Simulation
    ) -> SimulatedClient.ID {
        simulation.addClient(
            ClientConfiguration(
                url: "rtsp://\(simulation[server].host)/movie", transport: transport,
                clientPorts: PortPair(rtp: 5000, rtcp: 5001), ssrc: 9), of: server, host: host)
    }

    private static func expectNothingLeft(_ simulation: Simulation, of server: SimulatedServer.ID) {
        #expect(simulation[server].isEmpty)
        #expect(simulation[server].deadlines.isEmpty)
        #expect(simulation.network.connectionCount == 0)
        #expect(simulation.network.paths.isEmpty)
        #expect(simulation.network.counters.isEmpty)
        #expect(simulation.owners.isEmpty)
        #expect(simulation.departing.isEmpty)
        #expect(simulation.agenda.count == 0)
        #expect(simulation.nextMoment == nil)
    }

    @Test(arguments: [ClientConfiguration.TransportChoice.udp, .tcp], [false, true])
    func `of a client that is removed while it plays nothing is left in the end`(
        _ transport: ClientConfiguration.TransportChoice, _ isReset: Bool
    ) throws {
        var (simulation, server) = Self.simulation()
        let client = Self.client(transport, of: server, in: &simulation)
        simulation.connect(client)
        simulation.run(for: .milliseconds(100))
        try simulation.play(client)
        simulation.run(for: .milliseconds(50))
        simulation.schedule(.pause, client, after: .seconds(1))
        simulation.schedule(.reset, on: client, after: .seconds(1))
        simulation.scheduleClearing(of: client, after: .seconds(1))
        if isReset { simulation.carryOut(.reset, on: client) }
        let host = simulation[client].host
        simulation.remove(client)
        #expect(simulation.clientIDs == [])
        #expect(simulation[server].sessionCount == 1)
        // The server sends to it for as long as it believes that it is there.
        #expect(simulation.departing == [host])
        simulation.run(for: .seconds(60))
        Self.expectNothingLeft(simulation, of: server)
        // Removing it once more, or anything else, is without effect.
        simulation.remove(client)
        simulation.connect(client)
        simulation.perform(.play(nil), client)
        simulation.carryOut(.reset, on: client)
        simulation.plan(.reset, afterMessage: 1, of: client)
        Self.expectNothingLeft(simulation, of: server)
    }

    @Test func `one that takes the place and the address of another is not taken for it`() throws {
        var (simulation, server) = Self.simulation()
        let first = Self.client(.udp, of: server, host: "203.0.113.1", in: &simulation)
        simulation.schedule(.losePower, first, after: .seconds(61))
        simulation.schedule(.blackhole, on: first, after: .seconds(61))
        simulation.connect(first)
        simulation.run(for: .milliseconds(100))
        simulation.remove(first)
        simulation.run(for: .seconds(60))
        #expect(simulation.departing.isEmpty)
        let second = Self.client(.udp, of: server, host: "203.0.113.1", in: &simulation)
        #expect(first != second)
        #expect(simulation.clientIDs == [second])
        #expect(simulation[second].machine == Transcript.Machine(.client, 2))
        simulation.connect(second)
        simulation.run(for: .milliseconds(100))
        try simulation.play(second)
        simulation.perform(.tearDown, first)
        #expect(simulation.run(for: .seconds(10)) { $0[second].hasEnded } == true)
        #expect(simulation[second].hasPower)
        #expect(simulation[second].frames.count == 3)
        #expect(simulation.transcript?.participants.filter { $0.machine.role == .client }.map(\.machine.number) == [1, 2])
    }

    @Test func `a client that connects while it is removed leaves nothing`() {
        var (simulation, server) = Self.simulation()
        let client = Self.client(.tcp, of: server, in: &simulation)
        simulation.connect(client)
        simulation.remove(client)
        simulation.run(for: .seconds(60))
        Self.expectNothingLeft(simulation, of: server)
    }

    @Test func `what a server has told can be taken away`() {
        var (simulation, server) = Self.simulation()
        let client = Self.client(.udp, of: server, in: &simulation)
        simulation.connect(client)
        simulation.run(for: .milliseconds(100))
        let taken = simulation.takeEvents(of: server)
        #expect(taken.contains { if case .sessionStarted = $0.what { true } else { false } })
        #expect(simulation[server].events.isEmpty)
        simulation.tearDown(client)
        simulation.run(for: .seconds(1))
        #expect(simulation[server].events.contains { if case .sessionEnded = $0.what { true } else { false } })
    }
}
