import MJPEGSource
import RTPTransport
import RTSPKit
import RTSPTestKit
import Testing

private typealias Fixture = SimulationFixtures

/// PAUSE: the picture stands still at once, and goes on as if there had been none.
@Suite struct ClientMediaPauseTests {
    private static func playing(_ playout: PlayoutDelay = .fixed(.milliseconds(200))) throws -> ClientDialogue {
        var talk = ClientDialogue(.udp) { $0.playout = playout }
        talk.setUp()
        try talk.play()
        talk.replyToPlay()
        return talk
    }

    private static func milliseconds(_ frames: [PlayoutFrame]) -> [Int] {
        frames.map { Int(($0.mediaTime / .milliseconds(1)).rounded()) }
    }

    @Test(arguments: [1, 30, 80])
    func `the picture stands still at once, moves at once, and nothing is lost, repeated or late`(delay: Int) throws {
        let clip = FrameList(count: 300)
        var simulation = Fixture.ready(
            frames: clip, network: NetworkConditions(delay: .milliseconds(delay), jitter: .milliseconds(8)), playout: .adaptive)
        simulation.run(for: .seconds(5)) { $0.client.state == .ready }
        try simulation.play()
        var still: [Duration] = []
        for round in 0..<6 {
            simulation.run(for: .milliseconds(1500 + 70 * round))
            let shown = simulation.frames.count
            try simulation.pause()
            simulation.run(for: .seconds(3))
            #expect(simulation.frames.count == shown)
            #expect(simulation.client.state == .ready)
            let asked = simulation.now
            try simulation.play()
            simulation.run(for: .seconds(1)) { $0.frames.count > shown }
            still.append(asked.duration(to: simulation.now))
        }
        simulation.run(for: .seconds(30)) { $0.isEnded }
        // A round trip, and what was left of the frame's time.
        #expect(still.allSatisfy { $0 <= .milliseconds(2 * delay + 41) })
        #expect(Fixture.scans(simulation) == Fixture.scans(clip))
        #expect(simulation.frames.map(\.mediaTime) == clip.frames.map(\.presentationTime))
        let statistics = simulation.client.statistics()
        #expect(statistics.framesLate == 0)
        #expect(statistics.framesSkipped == 0)
        #expect(statistics.rebuffers == 0)
        let times = simulation.clientEvents.compactMap { moment -> ContinuousClock.Instant? in
            if case .frame = moment.what { moment.time } else { nil }
        }
        let gaps = zip(times, times.dropFirst()).filter { $0.duration(to: $1) > .milliseconds(60) }
        #expect(gaps.count == 6)
        #expect(!simulation.isStuck)
    }

    @Test(
        arguments: [(nil, 0.0), (nil, 90.0), (nil, -7000.0), ("npt=0.4-10", 90.0), ("npt=0.4-10", -7000.0)] as [(String?, Double)]
    )
    func `a server whose RTP time jumps in a pause goes on a frame later`(range: String?, jump: Double) throws {
        var talk = try Self.playing()
        try talk.stream(10)
        try talk.pause()
        talk.reply()
        talk.pass(.seconds(3))
        #expect(talk.frames.count < 10)
        talk.streamTime += .seconds(jump)
        try talk.play()
        if range == nil { talk.reply() } else { talk.replyToPlay(range) }
        try talk.stream(20)
        talk.pass(.seconds(1))
        #expect(Self.milliseconds(talk.frames) == (0..<30).map { 40 * $0 })
        #expect(talk.client.statistics().framesLate == 0)
    }

    @Test func `a server that goes on somewhere else says so, and is believed`() throws {
        var talk = try Self.playing()
        try talk.stream(10)
        try talk.pause()
        talk.reply()
        try talk.play()
        talk.replyToPlay("npt=6-10")
        try talk.stream(10)
        talk.pass(.seconds(1))
        #expect(Self.milliseconds(talk.frames) == (0..<10).map { 40 * $0 } + (0..<10).map { 6000 + 40 * $0 })
    }

    @Test func `PLAY with a place drops what is held, and one that is refused brings it back`() throws {
        var talk = try Self.playing()
        try talk.stream(10)
        try talk.pause()
        talk.reply()
        let shown = talk.frames.count
        #expect(shown < 10)
        try talk.play(.from(.seconds(99)))
        talk.reply(.invalidRange)
        talk.pass(.seconds(2))
        #expect(talk.frames.count == shown)
        try talk.play()
        talk.replyToPlay("npt=0.4-10")
        try talk.stream(5)
        try talk.pause()
        talk.reply()
        #expect(Self.milliseconds(talk.frames) == (0..<talk.frames.count).map { 40 * $0 })
        let before = talk.frames.count
        #expect(before > shown)
        try talk.play(.from(.seconds(5)))
        talk.replyToPlay("npt=5-10")
        try talk.stream(10)
        talk.pass(.seconds(1))
        #expect(Array(Self.milliseconds(talk.frames).dropFirst(before)) == (0..<10).map { 5000 + 40 * $0 })
    }

    @Test func `a PAUSE that is refused costs the time that it took, and no frame`() throws {
        var talk = try Self.playing()
        try talk.stream(10)
        try talk.pause()
        let shown = talk.frames.count
        talk.pass(.milliseconds(100))
        #expect(talk.frames.count == shown)
        talk.reply(.internalServerError)
        try talk.stream(10)
        talk.pass(.seconds(1))
        #expect(Self.milliseconds(talk.frames) == (0..<20).map { 40 * $0 })
    }

    @Test func `a stream that ends while it pauses ends when what is held has been shown`() throws {
        for isSaidAgain in [true, false] {
            var talk = try Self.playing()
            try talk.stream(10)
            try talk.pause()
            talk.goodbye()
            talk.reply()
            talk.pass(.seconds(20))
            #expect(!talk.events.contains(.endOfStream))
            #expect(talk.frames.count < 10)
            #expect(talk.client.state == .ready)
            try talk.play()
            talk.reply()
            if isSaidAgain { talk.goodbye() }
            talk.pass(.seconds(2))
            #expect(talk.frames.count == 10)
            #expect(talk.events.last == .endOfStream)
            #expect(talk.client.state == .ready)
        }
    }

    @Test(arguments: Array(stride(from: 1500, through: 2500, by: 50)))
    func `PAUSE near the end, and PLAY, show the rest, whatever the moment`(moment: Int) throws {
        let clip = FrameList(count: 50)
        var simulation = Fixture.ready(.udp, frames: clip, playout: .adaptive)
        try simulation.play()
        simulation.run(for: .milliseconds(moment)) { $0.isEnded }
        guard (try? simulation.pause()) != nil else {
            #expect(simulation.isEnded)
            #expect(Fixture.scans(simulation) == Fixture.scans(clip))
            return
        }
        let shown = simulation.frames.count
        simulation.run(for: .seconds(2))
        #expect(simulation.frames.count == shown)
        #expect(simulation.client.state == .ready)
        try simulation.play()
        simulation.run(for: .seconds(20)) { $0.isEnded }
        #expect(simulation.isEnded)
        // Where the server had come to its end it begins anew.
        let times = Self.milliseconds(simulation.frames)
        #expect(Array(times.prefix(50)) == (0..<50).map { 40 * $0 })
        #expect(times.count == 50 || Array(times.dropFirst(50)) == (0..<50).map { 40 * $0 })
        #expect(simulation.failure == nil)
    }

    @Test func `TEARDOWN and a broken connection leave a standing picture as it is`() throws {
        var talk = try Self.playing()
        try talk.stream(10)
        try talk.pause()
        talk.reply()
        let shown = talk.frames.count
        var other = talk
        talk.tearDown()
        talk.reply()
        other.close()
        #expect(talk.frames.count == shown)
        #expect(other.frames.count == shown)
        #expect(talk.client.state == .closed)
        #expect(other.client.state == .closed)
    }

    @Test func `frames bear the sender's wall clock once it is known, and never that of another source`() throws {
        var talk = try Self.playing()
        try talk.stream(5)
        let clock = NTPTimestamp(sinceUnixEpoch: .seconds(1_700_000_000))
        talk.receive(rtcp: talk.sender.senderReport(streamTime: .milliseconds(200), ntp: clock))
        try talk.stream(5)
        talk.sender = RTPSender(
            packetizer: JPEGPacketizer(), ssrc: 0xBEEF, firstSequenceNumber: 9, firstTimestamp: RTPTimestamp(rawValue: 77),
            canonicalName: "server")
        talk.pass(.seconds(2))
        try talk.stream(5)
        talk.pass(.seconds(1))
        let times = talk.frames.map(\.senderTime)
        #expect(times.count >= 13)
        #expect(times.prefix(5).allSatisfy { $0 == nil })
        #expect(times.dropFirst(10).allSatisfy { $0 == nil })
        for (index, time) in times.dropFirst(5).prefix(5).enumerated() {
            let off = Int64(bitPattern: try #require(time).rawValue &- clock.advanced(by: .milliseconds(40 * index)).rawValue)
            #expect(off.magnitude < 1 << 20)
        }
    }
}
