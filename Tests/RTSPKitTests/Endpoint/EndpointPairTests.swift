import MJPEGSource
import RTPTransport
import RTSPKit
import RTSPTestKit
import Testing

private typealias Fixture = SimulationFixtures

/// Our client and our server, joined in virtual time.
@Suite struct EndpointPairTests {
    @Test(arguments: [ClientConfiguration.TransportChoice.udp, .tcp, .auto])
    func `a whole clip arrives in order and unchanged`(_ transport: ClientConfiguration.TransportChoice) throws {
        let clip = FrameList(count: 250, size: 5000)
        var simulation = Fixture.ready(transport, frames: clip)
        #expect(simulation.client.state == .ready)
        try simulation.play()
        #expect(simulation.run(for: .seconds(30)) { $0.isEnded })
        #expect(Fixture.scans(simulation) == Fixture.scans(clip))
        #expect(simulation.frames.map(\.mediaTime) == clip.frames.map(\.presentationTime))
        let statistics = simulation.client.statistics()
        #expect(statistics.frames == 250)
        #expect(statistics.packetsLost == 0)
        #expect(statistics.incompleteFrames == 0)
        #expect(simulation.client.state == .ready)
        simulation.tearDown()
        simulation.run(for: .seconds(5))
        #expect(simulation.client.state == .closed)
        #expect(simulation.failure == nil)
        #expect(simulation.servers.isEmpty)
        #expect(!simulation.isStuck)
    }
}
