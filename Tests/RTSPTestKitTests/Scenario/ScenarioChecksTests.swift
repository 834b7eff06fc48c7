import MJPEGSource
import RTPTransport
import RTSPKit
import Testing

@testable import RTSPTestKit

/// Whoever checks is checked: each complaint is provoked by a simulation that went another way than the scenario says.
@Suite struct ScenarioChecksTests {
    /// One viewer of ten frames, who leaves after the end.
    private static func scenario(live: Bool = false, _ transport: ClientConfiguration.TransportChoice = .udp) -> Scenario {
        var scenario = Scenario(empty: 5)
        scenario.media = [
            "/0": live
                ? .live(frames: 30, framesPerSecond: 10, size: 600) : .stored(frames: 10, framesPerSecond: 10, size: 600)
        ]
        var viewer = Scenario.Viewer(
            path: "/0",
            acts: [
                .init(.connect, at: .zero), .init(.play(nil), at: .milliseconds(200)), .init(.tearDown, at: .seconds(4)),
            ])
        viewer.transport = transport
        scenario.viewers = [viewer]
        return scenario
    }

    /// What `scenario` complains about after it ran until `end`, with something changed before, and something after.
    private static func complaints(
        _ scenario: Scenario = scenario(), until end: Duration? = nil, before: (inout Simulation) -> Void = { _ in },
        after: (inout Simulation) -> Void = { _ in }
    ) -> [String] {
        var simulation = scenario.simulation(records: false)
        before(&simulation)
        simulation.run(until: simulation.start + (end ?? scenario.end))
        after(&simulation)
        return scenario.complaints(about: simulation)
    }

    @Test(arguments: [ClientConfiguration.TransportChoice.udp, .tcp], [true, false])
    func `where all is well nothing is said`(_ transport: ClientConfiguration.TransportChoice, _ isLive: Bool) {
        #expect(Self.complaints(Self.scenario(live: isLive, transport)) == [])
    }

    // MARK: What is left

    @Test func `before the end much is left, and each of it is told`() {
        let complaints = Self.complaints(Self.scenario(live: true), until: .seconds(1))
        // The client has not closed, and will not have for a while: three more.
        #expect(complaints.count == 8)
        #expect(complaints.contains("viewer 1: closed 0 times"))
        #expect(complaints.contains("viewer 1: something came after the end"))
        #expect(complaints.contains("server: 1 connections, 1 sessions are left"))
        #expect(complaints.contains { $0.hasPrefix("server: readers are left: ") })
        #expect(complaints.contains { $0.hasPrefix("server: sessions without an end: ") })
        #expect(complaints.contains("network: 1 connections are left"))
        #expect(complaints.contains("viewer 1: the client is playing in the end"))
    }

    @Test func `an address that nobody forgot is told`() {
        let complaints = Self.complaints {
            $0.servers[0].reporters[.init("198.51.100.1", 5001)] = .init(connection: 1, stream: StreamID(rawValue: 1))
        }
        // Taken away again with the connection of that number, as it should be.
        #expect(complaints == [])
        let left = Self.complaints(after: {
            $0.servers[0].reporters[.init("198.51.100.1", 5001)] = .init(connection: 1, stream: StreamID(rawValue: 1))
        })
        #expect(left == ["server: addresses are left"])
    }

    @Test func `a session that ends twice is told`() {
        let complaints = Self.complaints(after: { simulation in
            let end = simulation.servers[0].events.first { if case .sessionEnded = $0.what { true } else { false } }
            if let end { simulation.servers[0].events.append(end) }
        })
        #expect(complaints.count == 1)
        #expect(complaints.first?.hasPrefix("server: sessions without an end: ") == true)
    }

    @Test func `a machine that never rests is told`() {
        let complaints = Self.complaints(before: { $0.servers[0].deadlines[99] = $0.start + .seconds(1) })
        #expect(complaints.first == "simulation: a machine asks for the same moment again and again")
    }

    // MARK: Budgets

    @Test func `more held, and more sessions, than the budgets allow are told at their step`() {
        let server = Self.complaints(before: { $0.servers[0].peakHeldBytes = 1 << 30 })
        #expect(server.first == "budgets: the server holds 1073741824 bytes")
        let client = Self.complaints(before: { $0.clients[0].peakHeldBytes = 1 << 30 })
        #expect(client.first == "budgets: a client holds 1073741824 bytes")
        // Three viewers where the scenario knows one, and each with one session.
        let crowd = Self.complaints(before: { simulation in
            let server = SimulatedServer.ID(index: 0)
            for number in 2...3 {
                let configuration = ClientConfiguration(
                    url: "rtsp://192.0.2.1/0", transport: .tcp, clientPorts: nil, ssrc: UInt32(number))
                let client = simulation.addClient(configuration, of: server)
                simulation.connect(client)
            }
        })
        #expect(crowd.first == "budgets: 3 sessions")
    }

    // MARK: Frames

    @Test func `a frame that was never sent is told`() {
        var scenario = Self.scenario()
        scenario.network.corruption = 0.5
        var simulation = scenario.simulation(records: false)
        simulation.run(until: simulation.start + scenario.end)
        // Where the network changes bits, that is what it does.
        #expect(scenario.complaints(about: simulation) == [])
        scenario.network.corruption = 0
        #expect(
            scenario.complaints(about: simulation).contains {
                $0.hasPrefix("viewer 1: a frame was shown that was never sent, at ")
            })
    }

    @Test func `frames out of their order are told`() {
        let scenario = Self.scenario()
        let reversed = FrameList(scenario.pictures(at: "/0").reversed().map(\.bytes), framesPerSecond: 10)
        let complaints = Self.complaints(
            scenario,
            before: {
                let server = SimulatedServer.ID(index: 0)
                $0.offer(.stored(StoredPresentation(name: "0", source: reversed)), at: "/0", on: server)
            })
        #expect(complaints == ["viewer 1: frame 8 was shown after frame 9"])
    }

    @Test func `a frame that is shown twice is told`() {
        let complaints = Self.complaints(after: { simulation in
            let places = simulation.clients[0].events.indices.filter {
                if case .frame = simulation.clients[0].events[$0].what { true } else { false }
            }
            simulation.clients[0].events[places[5]] = simulation.clients[0].events[places[4]]
        })
        #expect(complaints == ["viewer 1: frame 4 was shown after frame 4"])
    }

    @Test func `a frame that is missing over a perfect network is told`() {
        var scenario = Self.scenario()
        scenario.network.loss = 0.3
        var simulation = scenario.simulation(records: false)
        simulation.run(until: simulation.start + scenario.end)
        let shown = simulation.clients[0].frames.count
        #expect((1...9).contains(shown))
        #expect(scenario.complaints(about: simulation) == [])
        scenario.network.loss = 0
        #expect(scenario.complaints(about: simulation) == ["viewer 1: \(shown) of 10 frames were shown"])
    }

    // MARK: The end

    @Test func `what comes after the end, and a second end, are told`() {
        let late = Self.complaints(after: { $0.clients[0].events.append(.init(.incompleteFrame, at: $0.now)) })
        #expect(late == ["viewer 1: something came after the end"])
        let twice = Self.complaints(after: { $0.clients[0].events.append(.init(.closed(nil), at: $0.now)) })
        #expect(twice == ["viewer 1: closed 2 times"])
        let never = Self.complaints(after: { $0.clients[0].events.removeLast() })
        #expect(never == ["viewer 1: closed 0 times", "viewer 1: something came after the end"])
    }

    // MARK: Statistics

    @Test func `counts other than the network's are told`() {
        func header(_ simulation: Simulation, _ offset: Int) -> RTPHeader {
            let highest = simulation.clients[0].oracle.extendedHighest
            return RTPHeader(
                marker: false, payloadType: 26, sequenceNumber: UInt16(truncatingIfNeeded: highest + offset),
                timestamp: RTPTimestamp(rawValue: 0), ssrc: 1)
        }
        // A packet that the oracle knows of, and the client does not.
        let more = Self.complaints(after: { simulation in
            simulation.clients[0].oracle.resynchronize()
            simulation.clients[0].oracle.receive(header(simulation, 1), at: simulation.now)
        })
        #expect(more == ["viewer 1: packets: 10 said, 11 in truth"])
        // Two more, with one missing between them, and another spacing.
        let lost = Self.complaints(after: { simulation in
            simulation.clients[0].oracle.receive(header(simulation, 2), at: simulation.now)
        })
        #expect(lost.contains("viewer 1: packets lost: 0 said, 1 in truth"))
        #expect(lost.contains { $0.hasPrefix("viewer 1: jitter: ") })
        let onTheWay = Self.complaints(after: { $0.clients[0].received.remove(4) })
        #expect(onTheWay == ["viewer 1: packets lost on the way: 0 said, 1 in truth"])
    }
}
