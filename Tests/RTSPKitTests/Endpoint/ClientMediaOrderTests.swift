import RTPTransport
import RTSPKit
import RTSPTestKit
import Testing

/// Commands, replies, packets and goodbyes in an awkward order.
@Suite struct ClientMediaOrderTests {
    private static func playing(
        _ choice: ClientConfiguration.TransportChoice = .udp, range: String? = "npt=0-10",
        _ change: (inout ClientConfiguration) -> Void = { $0.playout = .fixed(.milliseconds(200)) }
    ) throws -> ClientDialogue {
        var talk = ClientDialogue(choice, change)
        talk.setUp()
        try talk.play()
        talk.replyToPlay(range)
        return talk
    }

    private static func milliseconds(_ frames: [PlayoutFrame]) -> [Int] {
        frames.map { Int(($0.mediaTime / .milliseconds(1)).rounded()) }
    }

    @Test func `PLAY before PAUSE is answered does not freeze the picture`() throws {
        var talk = try Self.playing()
        try talk.stream(10)
        try talk.pause()
        try talk.play()
        talk.reply()
        talk.replyToPlay("npt=0.4-10")
        #expect(talk.client.state == .playing)
        try talk.stream(50)
        talk.pass(.seconds(1))
        #expect(talk.frames.count == 60)
    }

    @Test func `a PAUSE that is refused behind a PLAY does not freeze the picture`() throws {
        var talk = try Self.playing()
        try talk.stream(10)
        try talk.play()
        try talk.pause()
        talk.reply()
        talk.reply(.internalServerError)
        #expect(talk.client.state == .playing)
        try talk.stream(50)
        talk.pass(.seconds(1))
        #expect(talk.frames.count == 60)
    }

    @Test(arguments: [true, false])
    func `a packet that overtakes the reply to PLAY after a pause, with a clock that ran on, does not delay the rest`(
        overtakes: Bool
    ) throws {
        var talk = try Self.playing { $0.playout = .adaptive }
        try talk.stream(10)
        try talk.pause()
        talk.reply()
        talk.pass(.seconds(20))
        talk.streamTime += .seconds(20)
        try talk.play()
        if !overtakes { talk.reply() }
        for packet in try talk.packets() { talk.receive(rtp: packet) }
        talk.pass(.milliseconds(10))
        if overtakes { talk.reply() }
        talk.pass(.milliseconds(30))
        try talk.stream(100)
        #expect(talk.frames.count > 100, "shown: \(talk.frames.count)")
        talk.pass(.seconds(1))
        #expect(Self.milliseconds(talk.frames) == (0..<111).map { 40 * $0 })
    }

    @Test func `a refused seek does not make a BYE of the pause forgotten`() throws {
        var talk = try Self.playing(.auto)
        try talk.stream(10)
        try talk.pause()
        talk.goodbye()
        talk.reply()
        try talk.play(.from(.seconds(99)))
        talk.reply(.invalidRange)
        try talk.play()
        talk.reply()
        talk.pass(.seconds(4))
        #expect(talk.events.last == .endOfStream, "\(talk.events.suffix(2))")
        #expect(talk.frames.count == 10)
    }

    @Test func `PLAY after a pause behind the last packet comes to the end, also without BYE`() throws {
        var talk = try Self.playing(.auto)
        try talk.stream(250)
        try talk.pause()
        talk.reply()
        try talk.play()
        talk.reply()
        talk.pass(.seconds(4))
        #expect(talk.frames.count == 250)
        #expect(talk.events.last == .endOfStream, "\(talk.events.suffix(2).map { "\($0)".prefix(90) })")
    }

    @Test(arguments: ["npt=0-0", "npt=0-0.5"]) func `a length told too short does not end what goes on after a stall`(
        range: String
    ) throws {
        var talk = try Self.playing(range: range)
        try talk.stream(50)
        talk.pass(.milliseconds(200))
        try talk.stream(50)
        talk.pass(.milliseconds(300))
        #expect(talk.frames.count == 100, "shown: \(talk.frames.count)")
    }

    @Test func `a server that begins anew after a pause near the end may stall`() throws {
        var talk = try Self.playing()
        talk.streamTime = .zero
        try talk.stream(249)
        try talk.pause()
        talk.goodbye()
        talk.reply()
        try talk.play()
        talk.replyToPlay("npt=0-10")
        try talk.stream(50)
        talk.pass(.milliseconds(1500))
        #expect(!talk.events.contains(.endOfStream))
        try talk.stream(50)
        talk.pass(.seconds(1))
        #expect(talk.frames.count == 349, "shown: \(talk.frames.count)")
    }

    @Test func `falling back to TCP after a pause goes on where it was`() throws {
        var talk = try Self.playing(.auto)
        try talk.stream(100)
        try talk.pause()
        talk.reply()
        try talk.play()
        talk.replyToPlay("npt=4-10")
        talk.pass(.seconds(4))
        #expect(talk.requests.map(\.method) == [.teardown])
        talk.reply()
        talk.replyToSetup(ClientDialogue.tcp)
        #expect(talk.requests.last?.headers["Range"] != nil)
        #expect(talk.frames.count == 100)
    }

    @Test func `a seek asked for just before the end is not answered by the end`() throws {
        var talk = try Self.playing(range: "npt=0-0.4")
        try talk.stream(10)
        talk.pass(.milliseconds(100))
        try talk.play(.from(.zero))
        talk.pass(.milliseconds(150))
        #expect(!talk.events.contains(.endOfStream))
        talk.replyToPlay("npt=0-0.4")
        try talk.stream(5)
        #expect(talk.client.state == .playing)
    }

    @Test func `a refused seek leaves times as they were`() throws {
        var talk = try Self.playing()
        try talk.stream(10)
        try talk.pause()
        talk.reply()
        try talk.play(.from(.seconds(99)))
        talk.reply(.invalidRange)
        talk.streamTime += .seconds(90)
        try talk.play()
        talk.replyToPlay("npt=0.4-10")
        try talk.stream(20)
        talk.pass(.seconds(1))
        #expect(Self.milliseconds(talk.frames) == (0..<30).map { 40 * $0 })
    }

    @Test func `the depth is never negative after a pause`() throws {
        var talk = try Self.playing { $0.playout = .adaptive }
        try talk.stream(10)
        try talk.pause()
        talk.reply()
        talk.pass(.seconds(20))
        try talk.play()
        for packet in try talk.packets() { talk.receive(rtp: packet) }
        talk.pass(.milliseconds(10))
        talk.reply()
        var least = talk.client.statistics().bufferDepth
        for _ in 0..<40 {
            try talk.stream(1)
            least = min(least, talk.client.statistics().bufferDepth)
        }
        #expect(least >= .zero)
    }

    @Test func `a seek back works at a server whose timestamps are the place in the movie`() throws {
        var talk = try Self.playing()
        try talk.stream(200)
        talk.pass(.milliseconds(10))
        let before = talk.frames.count
        talk.streamTime = .seconds(2)
        try talk.play(.from(.seconds(2)))
        talk.replyToPlay("npt=2-10")
        try talk.stream(20)
        talk.pass(.seconds(1))
        #expect(Array(Self.milliseconds(talk.frames).dropFirst(before)) == (0..<20).map { 2000 + 40 * $0 })
    }

    @Test func `an interval of zero between reports does not keep the owner awake`() throws {
        var talk = try Self.playing { $0.reportInterval = .zero }
        talk.pass(.seconds(1))
        #expect(talk.rtcp.count < 100)
    }
}
