import RTPTransport
import RTSPKit
import RTSPTestKit
import Testing

/// Packets in, frames out: what is shown, what is told, and what is reported.
@Suite struct ClientMediaTests {
    private static func playing(
        _ choice: ClientConfiguration.TransportChoice = .udp, range: String? = "npt=0-10",
        _ change: (inout ClientConfiguration) -> Void = { _ in }
    ) throws -> ClientDialogue {
        var talk = ClientDialogue(choice, change)
        talk.setUp(choice == .tcp ? ClientDialogue.tcp : ClientDialogue.udp)
        try talk.play()
        talk.replyToPlay(range)
        return talk
    }

    @Test func `BYE means the end, once everything that is held back has been shown in its time`() throws {
        var talk = try Self.playing()
        try talk.stream(10)
        let last = talk.sender.timestamp(at: talk.streamTime)
        for packet in try talk.packets(seed: 99) { talk.receive(rtp: packet) }
        talk.goodbye()
        #expect(talk.client.state == .playing)
        #expect(!talk.events.contains(.endOfStream))
        talk.pass(.milliseconds(190))
        #expect(!talk.events.contains(.endOfStream))
        talk.pass(.milliseconds(20))
        #expect(talk.events.last == .endOfStream)
        #expect(talk.frames.count == 11)
        #expect(talk.frames.last?.timestamp == last)
        #expect(talk.client.state == .ready)
        talk.pass(.seconds(20))
        #expect(talk.client.state == .ready)
        #expect(talk.history.suffix(1) == [.play])
    }

    @Test func `BYE and then a close is the end, not a failure, and nothing that has arrived is lost`() throws {
        var talk = try Self.playing()
        try talk.stream(10)
        talk.goodbye()
        talk.close()
        #expect(talk.client.state == .closed)
        #expect(talk.frames.count == 10)
        #expect(talk.events.suffix(2) == [.endOfStream, .closed(nil)])
    }

    @Test func `packets that BYE has overtaken still count, also without a buffer`() throws {
        var talk = try Self.playing { $0.playout = .fixed(.zero) }
        try talk.stream(2)
        let late = try talk.packets(size: 5000)
        talk.receive(rtp: late[0])
        talk.goodbye()
        talk.pass(.milliseconds(30))
        for packet in late.dropFirst() { talk.receive(rtp: packet) }
        talk.pass(.milliseconds(100))
        #expect(talk.frames.count == 3)
        #expect(talk.events.last == .endOfStream)
    }

    @Test func `a last frame with a hole is counted, not waited for`() throws {
        var talk = try Self.playing()
        try talk.stream(2)
        talk.receive(rtp: try talk.packets(size: 5000)[0])
        talk.goodbye()
        talk.pass(.milliseconds(500))
        #expect(talk.events.contains(.incompleteFrame))
        #expect(talk.events.last == .endOfStream)
        #expect(talk.client.statistics().incompleteFrames == 1)
        #expect(talk.frames.count == 2)
    }

    @Test func `BYE of somebody else, or before anything has come, means nothing`() throws {
        var talk = try Self.playing(.tcp)
        talk.goodbye()
        try talk.stream(2, interleaved: true)
        let other = RTCPPacket.serialize([
            .receiverReport(ReceiverReport(ssrc: 1)), .goodbye(Goodbye(ssrcs: [1])),
        ])
        talk.send(RTSPSerializer.bytes(of: InterleavedFrame(channel: 1, payload: other)))
        talk.pass(.seconds(2))
        #expect(!talk.events.contains(.endOfStream))
        #expect(talk.client.state == .playing)
    }

    @Test func `a BYE of the PLAY before, overtaken by packets of the new one, does not end the new one`() throws {
        var talk = try Self.playing(range: "npt=0-0.4")
        try talk.stream(10)
        let late = talk.sender.goodbye(streamTime: talk.streamTime - .milliseconds(40), ntp: NTPTimestamp(rawValue: 0))
        talk.pass(.milliseconds(1100))
        #expect(talk.events.last == .endOfStream)
        try talk.play(.from(.zero))
        talk.replyToPlay("npt=0-0.4")
        try talk.stream(2)
        talk.receive(rtcp: late)
        // Nothing is held back any more, and yet it is not the end.
        talk.pass(.milliseconds(400))
        #expect(talk.events.last != .endOfStream)
        try talk.stream(8)
        talk.goodbye()
        talk.pass(.milliseconds(300))
        #expect(talk.frames.count == 20)
        #expect(talk.events.count { $0 == .endOfStream } == 2)
        #expect(talk.events.last == .endOfStream)
        #expect(talk.client.state == .ready)
    }

    @Test func `a range is over when its last frame has been shown as long as it lasts`() throws {
        var talk = try Self.playing(range: "npt=0-0.4")
        try talk.stream(10)
        talk.pass(.milliseconds(190))
        #expect(talk.frames.count == 10)
        #expect(!talk.events.contains { $0 == .endOfStream })
        talk.pass(.milliseconds(20))
        #expect(talk.events.last == .endOfStream)
        #expect(talk.client.state == .ready)
    }

    @Test func `frames behind the end that the server has told are shown as well`() throws {
        var talk = try Self.playing(range: "npt=0-0.4")
        try talk.stream(20)
        #expect(!talk.events.contains { $0 == .endOfStream })
        talk.pass(.milliseconds(1000))
        #expect(talk.frames.count == 20)
        #expect(talk.events.last == .endOfStream)
    }

    @Test func `near the end of the range a second of silence is the end, also where its last frames are missing`() throws {
        var talk = try Self.playing(range: "npt=0-0.84")
        try talk.stream(10)
        talk.pass(.milliseconds(900))
        #expect(!talk.events.contains { $0 == .endOfStream })
        talk.pass(.milliseconds(200))
        #expect(talk.events.last == .endOfStream)
        #expect(talk.frames.count == 10)
    }

    @Test func `a large buffer is shown to its end, whatever the silence`() throws {
        var talk = try Self.playing(range: "npt=0-0.4") { $0.playout = .fixed(.seconds(5)) }
        try talk.stream(10)
        talk.pass(.seconds(20))
        #expect(talk.frames.count == 10)
        #expect(talk.events.last == .endOfStream)
    }

    @Test func `where the answer to PLAY names no end, that of the description counts`() throws {
        var talk = try Self.playing(range: nil)
        #expect(talk.events.last == .playing(NormalPlayTimeRange(start: nil, end: .seconds(10))))
        talk = try Self.playing(range: "npt=9.6-")
        #expect(talk.events.last == .playing(.from(.milliseconds(9600), to: .seconds(10))))
        try talk.stream(10)
        talk.pass(.seconds(2))
        #expect(talk.events.last == .endOfStream)
    }

    @Test func `in the middle, packets that stop are a failure after ten seconds, and what has come is kept`() throws {
        var talk = try Self.playing()
        try talk.stream(10)
        talk.pass(.seconds(9))
        #expect(talk.client.state == .playing)
        talk.pass(.seconds(1))
        #expect(talk.ending??.kind == .noMedia)
        #expect(talk.frames.count == 10)
        #expect(talk.history.last == .teardown)
    }

    @Test func `a server that hangs up in the middle leaves the frames that have come`() throws {
        var talk = try Self.playing()
        try talk.stream(10)
        #expect(talk.frames.count == 6)
        talk.close()
        #expect(talk.frames.count == 10)
        #expect(talk.ending??.kind == .connectionLost)
        #expect(talk.events.last.map { if case .closed = $0 { true } else { false } } == true)
    }

    @Test func `packets that overtake the answer to PLAY belong to it`() throws {
        var talk = ClientDialogue(.udp)
        talk.setUp()
        try talk.play(.from(.seconds(2)))
        let start = talk.streamTime
        try talk.stream(3)
        #expect(talk.frames.isEmpty)
        let reply = RTPInfoHeader(entries: [
            .init(
                url: "rtsp://host/movie/stream=0", sequenceNumber: 100,
                rtpTime: talk.sender.timestamp(at: start).rawValue)
        ])
        talk.reply(.ok, ["Range": "npt=2-10", "RTP-Info": reply.description])
        try talk.stream(3)
        talk.pass(.seconds(1))
        #expect(talk.frames.map(\.mediaTime) == (0..<6).map { .seconds(2) + .milliseconds(40 * $0) })
    }

    @Test func `PAUSE and PLAY lose nothing and repeat nothing`() throws {
        var talk = try Self.playing()
        try talk.stream(10)
        try talk.pause()
        // These are underway when the server halts.
        try talk.stream(2)
        talk.reply()
        #expect(talk.client.state == .ready)
        talk.pass(.seconds(1))
        #expect(talk.frames.count == 6)
        try talk.play()
        talk.replyToPlay("npt=0.48-10")
        try talk.stream(10)
        // Asked to pause and play again at once, what is held back comes out first.
        try talk.pause()
        talk.reply()
        try talk.play()
        talk.replyToPlay("npt=0.88-10")
        try talk.stream(10)
        talk.pass(.seconds(1))
        #expect(talk.frames.map(\.mediaTime) == (0..<32).map { .milliseconds(40 * $0) })
        #expect(talk.client.statistics().packetsLost == 0)
        #expect(talk.client.statistics().frames == 32)
    }

    @Test func `a jump drops what comes from before it and keeps what has overtaken the answer`() throws {
        var talk = try Self.playing()
        try talk.stream(10)
        try talk.play(.from(.seconds(5)))
        let before = try talk.packets(seed: 50)
        let first = talk.sender.timestamp(at: talk.streamTime)
        let number = talk.sender.nextSequenceNumber
        let after = try talk.packets(seed: 51)
        for packet in after { talk.receive(rtp: packet) }
        let shown = talk.frames.count
        talk.reply(
            .ok, ["Range": "npt=5-10", "RTP-Info": "url=rtsp://host/movie/stream=0;seq=\(number);rtptime=\(first.rawValue)"])
        for packet in before { talk.receive(rtp: packet) }
        try talk.stream(5)
        talk.pass(.seconds(1))
        let times = talk.frames.dropFirst(shown).map(\.mediaTime)
        #expect(times == (0..<6).map { .seconds(5) + .milliseconds(40 * $0) })
    }

    @Test func `PLAY without a place while playing drops nothing`() throws {
        var talk = try Self.playing()
        try talk.stream(10)
        try talk.play()
        talk.replyToPlay("npt=0.4-10")
        try talk.stream(5)
        talk.pass(.seconds(1))
        #expect(talk.frames.map(\.mediaTime) == (0..<15).map { .milliseconds(40 * $0) })
    }

    @Test func `garbage, wrong payload types and strange sources are passed over and said once each`() throws {
        var talk = try Self.playing()
        try talk.stream(5)
        var generator = SeededGenerator(seed: 3)
        for length in 0..<200 {
            talk.receive(rtp: (0..<length).map { _ in UInt8.random(in: 0...63, using: &generator) })
            talk.receive(rtcp: (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) })
        }
        var wrong = try talk.packets()[0]
        wrong[1] = 0x80 | 96
        for _ in 0..<50 { talk.receive(rtp: wrong) }
        var stranger = RTPSender(
            packetizer: JPEGPacketizer(), ssrc: 0xBAD, firstSequenceNumber: 1, firstTimestamp: RTPTimestamp(rawValue: 1),
            canonicalName: "stranger")
        for index in 0..<10 {
            let batch = try stranger.packetize(SyntheticPicture(seed: 7).bytes, at: .milliseconds(index))
            talk.receive(rtp: batch.bytes)
        }
        #expect(talk.notices.count == Set(talk.notices).count)
        #expect(talk.notices.count < 20)
        try talk.stream(5)
        talk.pass(.seconds(1))
        #expect(talk.frames.count == 10)
        let stranges = SyntheticPicture(seed: 7).scan
        #expect(!talk.frames.contains { SyntheticPicture.scanData(of: $0.image) == stranges })
    }

    @Test func `nothing but garbage is no media`() throws {
        var talk = try Self.playing()
        for _ in 0..<40 {
            talk.receive(rtp: [1, 2, 3])
            talk.pass(.milliseconds(100))
        }
        #expect(talk.ending??.kind == .noMedia)
    }

    @Test func `another source than the one named is taken where that is not heard, and counts add up`() throws {
        var talk = try Self.playing()
        try talk.stream(5)
        talk.pass(.seconds(2))
        talk.sender = RTPSender(
            packetizer: JPEGPacketizer(), ssrc: 0xBEEF, firstSequenceNumber: 9, firstTimestamp: RTPTimestamp(rawValue: 77),
            canonicalName: "server")
        try talk.stream(8)
        talk.pass(.seconds(1))
        #expect(talk.events.contains(.noticed("the stream comes from another source now (SSRC 48879)")))
        #expect(talk.frames.count >= 5 + 6)
        #expect(talk.client.statistics().packets >= 5 + 6)
    }

    @Test func `receiver reports tell the true loss`() throws {
        var talk = try Self.playing { $0.reportInterval = .seconds(1) }
        for index in 0..<100 {
            let packets = try talk.packets(size: 5000, seed: UInt64(index))
            for (position, packet) in packets.enumerated() where !(index.isMultiple(of: 10) && position == 1) {
                talk.receive(rtp: packet)
            }
            talk.pass(.milliseconds(40))
        }
        talk.pass(.milliseconds(300))
        let reports = talk.rtcp.compactMap { if case .receiverReport(let report) = $0 { report } else { nil } }
        #expect(reports.count == 4)
        #expect(reports.allSatisfy { $0.ssrc == 0x1234_5678 && $0.reports.map(\.ssrc) == [0xABCD] })
        let names = talk.rtcp.compactMap { if case .sourceDescription(let list) = $0 { list.first?.canonicalName } else { nil } }
        #expect(names == Array(repeating: "swift-rtsp", count: 4))
        let statistics = talk.client.statistics()
        #expect(statistics.packetsLost == 10)
        #expect(statistics.incompleteFrames == 10)
        #expect(statistics.frames == 90)
        #expect(talk.frames.count == 90)
        // In the last second two of a hundred packets, in 256ths.
        #expect(reports.last?.reports.first?.fractionLost == 5)
        talk.tearDown()
        #expect(talk.rtcp.contains { if case .goodbye = $0 { true } else { false } })
    }

    @Test func `the first frame is timed from PLAY`() throws {
        var talk = ClientDialogue(.udp)
        talk.setUp()
        talk.pass(.seconds(5))
        try talk.play()
        talk.pass(.milliseconds(70))
        talk.replyToPlay()
        talk.pass(.milliseconds(30))
        try talk.stream(1)
        #expect(talk.client.statistics().firstFrame == .milliseconds(100))
    }

    @Test func `a PAUSE that overtakes the first packet is no reason for another transport`() throws {
        var talk = try Self.playing(.auto)
        talk.pass(.seconds(1))
        try talk.pause()
        talk.pass(.seconds(3))
        #expect(talk.history.last == .pause)
        talk.reply()
        talk.pass(.seconds(20))
        #expect(talk.client.state == .ready)
    }
}
