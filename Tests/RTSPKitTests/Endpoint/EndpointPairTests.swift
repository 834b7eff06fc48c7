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
        simulation.run(for: .seconds(30)) { $0.isEnded }
        #expect(simulation.isEnded)
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

    @Test func `frames are shown on the sender's timing, the buffer's delay later`() throws {
        let network = NetworkConditions(delay: .milliseconds(20), jitter: .milliseconds(60))
        var simulation = Fixture.ready(frames: FrameList(count: 100), network: network)
        try simulation.play()
        simulation.run(for: .seconds(30)) { $0.isEnded }
        let times = simulation.clientEvents.compactMap { moment -> ContinuousClock.Instant? in
            if case .frame = moment.what { moment.time } else { nil }
        }
        #expect(times.count == 100)
        let first = try #require(times.first)
        for (index, time) in times.enumerated() { #expect(first.duration(to: time) == .milliseconds(40 * index)) }
        #expect(simulation.client.statistics().framesLate == 0)
        #expect(simulation.client.statistics().jitter > .milliseconds(5))
    }

    @Test(arguments: 1...5)
    func `what a lossy network does is what the statistics say`(_ seed: UInt64) throws {
        let clip = FrameList(count: 250, size: 5000)
        let network = NetworkConditions(delay: .milliseconds(5), loss: 0.01, reordering: 0.02)
        var simulation = Fixture.ready(.udp, frames: clip, network: network, seed: seed)
        try simulation.play()
        simulation.run(for: .seconds(30)) { $0.isEnded }
        #expect(simulation.isEnded)
        let statistics = simulation.client.statistics()
        #expect(simulation.packets.sent == 1000)
        #expect(simulation.packets.lostCount > 0)
        #expect(statistics.packets == simulation.packets.sent - simulation.packets.lostCount)
        #expect(statistics.packetsLost == simulation.packets.lostCount)
        #expect(statistics.packetsReordered > 0)
        // Each frame is there and unchanged, or it was dropped and counted.
        #expect(statistics.frames + statistics.incompleteFrames == 250)
        let shown = Fixture.scans(simulation)
        #expect(shown.count == statistics.frames)
        let kept = Set(shown)
        #expect(shown == Fixture.scans(clip).filter { kept.contains($0) })
        // The server has heard the same.
        simulation.tearDown()
        simulation.run(for: .seconds(5))
        let reports = simulation.serverEvents.compactMap { moment -> SessionReport? in
            if case .sessionEnded(let report, _) = moment.what { report } else { nil }
        }
        #expect(reports.first?.lastReport != nil)
        #expect(reports.first?.packetsSent == 1000)
        #expect(!simulation.isStuck)
    }

    @Test(arguments: [ClientConfiguration.TransportChoice.udp, .tcp])
    func `PLAY, PAUSE, PLAY, seek, TEARDOWN lose and repeat nothing`(
        _ transport: ClientConfiguration.TransportChoice
    ) throws {
        let clip = FrameList(count: 250)
        var simulation = Fixture.ready(transport, frames: clip)
        try simulation.play()
        simulation.run(for: .milliseconds(1990))
        try simulation.pause()
        simulation.run(for: .seconds(5))
        #expect(simulation.client.state == .ready)
        let paused = simulation.frames.count
        // Fifty have been sent; the rest is held back.
        #expect(paused == 45)
        try simulation.play()
        simulation.run(for: .milliseconds(1990))
        try simulation.play(.from(.seconds(8)))
        simulation.run(for: .seconds(30)) { $0.isEnded }
        #expect(simulation.isEnded)
        let times = simulation.frames.map(\.mediaTime)
        let jump = try #require(times.firstIndex(of: .seconds(8)))
        // What was held back at the jump is not shown any more, as whoever jumps wants to be there at once.
        #expect((90...100).contains(jump))
        #expect(times[..<jump] == clip.frames.map(\.presentationTime)[..<jump])
        #expect(times[jump...] == clip.frames.map(\.presentationTime)[200...])
        #expect(Fixture.scans(simulation)[jump...] == Fixture.scans(clip)[200...])
        #expect(simulation.client.statistics().packetsLost == 0)
        #expect(simulation.client.statistics().incompleteFrames == 0)
        simulation.tearDown()
        simulation.run(for: .seconds(1))
        #expect(simulation.failure == nil)
        #expect(simulation.servers.isEmpty)
    }

    @Test func `a network that carries no datagrams is got round over the control connection`() throws {
        let clip = FrameList(count: 100)
        var simulation = Fixture.ready(.auto, frames: clip, network: NetworkConditions(loss: 1))
        try simulation.play()
        simulation.run(for: .seconds(30)) { $0.isEnded }
        #expect(simulation.isEnded)
        #expect(Fixture.scans(simulation) == Fixture.scans(clip))
        #expect(simulation.clientEvents.contains { if case .fallingBackToInterleaved = $0.what { true } else { false } })
        #expect(simulation.servers.first?.sessionCount == 1)
    }

    @Test func `an hour of play is kept alive by both sides`() throws {
        var simulation = Fixture.ready(frames: FrameList(count: 3600, framesPerSecond: 1, size: 50))
        try simulation.play()
        simulation.run(for: .seconds(4000)) { $0.isEnded }
        #expect(simulation.frames.count == 3600)
        #expect(simulation.failure == nil)
        #expect(!simulation.isStuck)
    }

    @Test(arguments: [ClientConfiguration.TransportChoice.udp, .tcp])
    func `a client that loses power leaves nothing at the server`(
        _ transport: ClientConfiguration.TransportChoice
    ) throws {
        var simulation = Fixture.ready(transport, frames: FrameList(count: 2000))
        try simulation.play()
        simulation.run(for: .seconds(1))
        simulation.perform(.losePower, simulation.clientID)
        simulation.run(for: .seconds(120))
        #expect(simulation.servers.isEmpty)
        #expect(simulation.serverEvents.contains { if case .sessionEnded(_, .timedOut) = $0.what { true } else { false } })
        #expect(!simulation.isStuck)
    }

    @Test func `a reader that stops reading its TCP stream for a while lags within its bound`() throws {
        var simulation = Fixture.ready(.tcp, frames: FrameList(count: 500, size: 20_000))
        try simulation.play()
        simulation.run(for: .seconds(2))
        simulation.perform(.stopReading, simulation.clientID)
        simulation.run(for: .seconds(5))
        simulation.perform(.goOnReading, simulation.clientID)
        simulation.run(for: .seconds(30)) { $0.isEnded }
        #expect(simulation.isEnded)
        #expect(simulation.client.statistics().incompleteFrames == 0)
        let times = simulation.frames.map(\.mediaTime)
        #expect(times == times.sorted())
        #expect(Set(times).count == times.count)
        // Four seconds are missing, give or take what the connection holds.
        #expect((390...405).contains(times.count))
        #expect(times.last == .milliseconds(19_960))
    }

    @Test func `a connection that is cut ends an interleaved session on both sides at once`() throws {
        var simulation = Fixture.ready(.tcp, frames: FrameList(count: 100))
        try simulation.play()
        simulation.run(for: .seconds(1))
        simulation.carryOut(.reset, on: simulation.clientID)
        simulation.run(for: .zero)
        #expect(simulation.client.state == .closed)
        #expect(simulation.failure?.kind == .connectionLost)
        #expect(simulation.servers.isEmpty)
        #expect(simulation.frames.count == 25)
    }

    @Test func `a live presentation is watched, left and joined again`() throws {
        let id = LivePresentationID(rawValue: 1)
        let camera = Transcript.LiveSetup(
            id: id, name: "camera", framesPerSecond: 25, canonicalName: "camera", wallClock: Fixture.server().wallClock, seed: 4)
        var simulation = Fixture.pair(Fixture.client(.udp))
        simulation.offer(camera, at: "/movie", on: simulation.serverID)
        simulation.connect()
        simulation.run(for: .milliseconds(100))
        try simulation.play()
        for round in 0..<100 {
            simulation.run(for: .milliseconds(40))
            let frame = MJPEGFrame(image: SyntheticPicture(seed: UInt64(round)).bytes, presentationTime: .zero)
            try simulation.capture(frame, of: id, on: simulation.serverID)
        }
        simulation.run(for: .seconds(1))
        #expect(Fixture.scans(simulation) == (0..<100).map { SyntheticPicture(seed: UInt64($0)).scan })
        #expect(simulation[simulation.serverID].readers == [id: 1])
        try simulation.pause()
        simulation.run(for: .seconds(1))
        #expect(simulation[simulation.serverID].readers.isEmpty)
        try simulation.play()
        simulation.run(for: .seconds(1))
        #expect(simulation[simulation.serverID].readers == [id: 1])
        simulation.shutDown(simulation.serverID)
        simulation.run(for: .seconds(1))
        #expect(simulation[simulation.serverID].readers.isEmpty)
        #expect(simulation.servers.isEmpty)
        #expect(simulation.client.state == .closed)
    }

    @Test func `the course dialect, both roles`() throws {
        let clip = FrameList(count: 50, framesPerSecond: 30, size: 30_000)
        let configuration = Fixture.client(.udp, url: "movie") {
            $0.clientPorts = PortPair(rtp: 25000)
            $0.labFramesPerSecond = 20
        }
        var simulation = Fixture.pair(configuration, dialect: .lab, presentations: Fixture.stored(clip))
        simulation.connect()
        simulation.run(for: .seconds(1))
        #expect(simulation.client.state == .ready)
        try simulation.play()
        simulation.run(for: .seconds(1))
        try simulation.pause()
        simulation.run(for: .seconds(10))
        #expect(simulation.frames.count == 16)
        try simulation.play()
        simulation.run(for: .seconds(10)) { $0.isEnded }
        #expect(simulation.isEnded)
        #expect(simulation.frames.map(\.image) == clip.frames.map(\.image))
        simulation.tearDown()
        simulation.run(for: .seconds(1))
        #expect(simulation.failure == nil)
        #expect(simulation.servers.isEmpty)
        #expect(!simulation.isStuck)
    }

    @Test func `a file that is not there is told in both dialects`() {
        var standard = Fixture.pair(Fixture.client(.udp))
        standard.connect()
        standard.run(for: .seconds(1))
        #expect(standard.failure?.kind == .refused(.describe, .notFound))
        var lab = Fixture.pair(Fixture.client(.udp, url: "nothing"), dialect: .lab)
        lab.connect()
        lab.run(for: .seconds(1))
        #expect(lab.failure?.kind == .refused(.setup, .notFound))
        #expect(lab.servers.isEmpty && standard.servers.isEmpty)
    }

    @Test func `the same seed makes the same course`() throws {
        func course(_ seed: UInt64) throws -> [Simulation.Moment<ClientEvent>] {
            let network = NetworkConditions(delay: .milliseconds(5), jitter: .milliseconds(5), loss: 0.05, reordering: 0.1)
            var simulation = Fixture.ready(frames: FrameList(count: 50, size: 3000), network: network, seed: seed)
            try simulation.play()
            simulation.run(for: .seconds(10))
            return simulation.clientEvents
        }
        #expect(try course(1) == course(1))
        #expect(try course(1) != course(2))
    }
}
