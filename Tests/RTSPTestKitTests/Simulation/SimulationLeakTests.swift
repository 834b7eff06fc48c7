import Foundation
import RTPTransport
import RTSPKit
import Testing

@testable import RTSPTestKit

/// Clients that come, play and vanish, by the thousand.
@Suite struct SimulationLeakTests {
    private static let start = ContinuousClock.now
    /// How many clients vanish. Only where the number is given does nothing else run beside them that memory could be for.
    private static let wanted = ProcessInfo.processInfo.environment["RTSP_LEAK_CYCLES"].flatMap(Int.init)

    /// A server, and clients that vanish from it.
    private struct Stage {
        var simulation: Simulation
        let server: SimulatedServer.ID
        var started = 0
        var ended = 0
        var vanished = 0

        init() {
            simulation = Simulation(network: NetworkConditions(delay: .milliseconds(2)), seed: 8, records: false, at: start)
            var limits = EndpointLimits.default
            limits.idleTime = .seconds(2)
            let wallClock = WallClock(instant: start, ntp: NTPTimestamp(rawValue: 1 << 40))
            server = simulation.addServer(
                ServerConnection.Configuration(
                    sessionTimeout: .seconds(1), mediaPorts: PortPair(rtp: 6000, rtcp: 6001), wallClock: wallClock,
                    limits: limits),
                offering: ["/movie": .stored(StoredPresentation(name: "movie", source: FrameList(count: 4)))])
        }

        /// Connects, sets up, plays, and is gone; by datagrams and on the connection, by loss of power and with a reset.
        mutating func vanish() throws {
            let configuration = ClientConfiguration(
                url: "rtsp://192.0.2.1/movie", transport: vanished % 2 == 0 ? .udp : .tcp,
                clientPorts: PortPair(rtp: 5000, rtcp: 5001), ssrc: 9)
            let client = simulation.addClient(configuration, of: server)
            simulation.connect(client)
            simulation.run(for: .milliseconds(40)) { $0[client].connection.state == .ready }
            try simulation.play(client)
            // In the midst of the handshake of PLAY, or of the first frames.
            simulation.run(for: .milliseconds(vanished % 50))
            if vanished % 4 > 1 { simulation.carryOut(.reset, on: client) }
            simulation.remove(client)
            vanished += 1
            for moment in simulation.takeEvents(of: server) {
                switch moment.what {
                case .sessionStarted: started += 1
                case .sessionEnded: ended += 1
                default: break
                }
            }
        }

        /// Time for the server to find out.
        mutating func settle() {
            simulation.run(for: .seconds(60))
            ended += simulation.takeEvents(of: server).count { if case .sessionEnded = $0.what { true } else { false } }
        }

        func expectNothingLeft() {
            #expect((started, ended) == (vanished, vanished))
            #expect(simulation[server].isEmpty)
            #expect(simulation[server].sessionCount == 0)
            #expect(simulation[server].deadlines.isEmpty)
            #expect(simulation.nextMoment == nil)
            #expect(simulation.agenda.count == 0)
            #expect(simulation.clientIDs == [])
            // As many places as there were clients at once.
            #expect(simulation.clients.count == 1)
            #expect(simulation.owners.isEmpty)
            #expect(simulation.network.connectionCount == 0)
            #expect(simulation.network.paths.isEmpty)
            #expect(simulation.network.counters.isEmpty)
        }
    }

    @Test func `clients that vanish leave no session, stream, timer or memory`() throws {
        let cycles = Self.wanted ?? 1000
        var stage = Stage()
        for _ in 0..<min(1000, cycles) { try stage.vanish() }
        stage.settle()
        stage.expectNothingLeft()
        guard cycles > 1000 else { return }
        let before = try Self.residentBytes()
        while stage.vanished < cycles { try stage.vanish() }
        stage.settle()
        stage.expectNothingLeft()
        // What the allocator keeps varies by so much.
        let grown = try Self.residentBytes() - before
        #expect(grown < 2 << 20)
        print("\(cycles) clients vanished; resident memory \(before) bytes after 1000, \(grown) more in the end")
    }

    /// The resident memory of this process; 0 where there is no /proc.
    private static func residentBytes() throws -> Int {
        guard FileManager.default.fileExists(atPath: "/proc/self/statm") else { return 0 }
        let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return try #require(fields.count > 1 ? Int(fields[1]) : nil) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}
