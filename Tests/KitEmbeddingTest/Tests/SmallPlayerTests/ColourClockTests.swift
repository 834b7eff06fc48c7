import MJPEGSource
import RTPTransport
import RTSPKit
import RTSPTestKit
import SmallPlayer
import Testing

@Suite struct ColourClockTests {
    @Test func `every frame has its time, and seeking finds the frame at or before it`() {
        var source = clock(frames: 7, framesPerSecond: 3)
        var times: [Duration] = []
        while let frame = source.nextFrame() { times.append(frame.presentationTime) }
        #expect(times.count == 7)
        for (index, time) in times.enumerated() {
            #expect(source.seek(to: time + .milliseconds(1)) == time)
            #expect(source.nextFrame()?.image == SyntheticPicture(scanBytes: 2000, seed: UInt64(index)).bytes)
        }
        #expect(source.seek(to: .seconds(-1)) == .zero)
        #expect(source.seek(to: source.duration) == source.duration)
        #expect(source.nextFrame() == nil)
    }

    @Test func `a server plays the clock into our own transport`() throws {
        var transport = PacketLog(capacity: 8)
        var server = ServerConnection(peer: "198.51.100.1", configuration: serverConfiguration, at: start)
        var generator = SeededGenerator(seed: 1)
        let transportHeader = "Transport: RTP/AVP;unicast;client_port=5000-5001"
        let setUp = "SETUP rtsp://h/clock/stream=0 RTSP/1.0\r\nCSeq: 1\r\n\(transportHeader)\r\n\r\n"
        let questions = server.receive(Array(setUp.utf8).span, at: start, via: &transport)
        #expect(questions == [.ask(.find(path: "/clock", purpose: .session))])
        var identity = SessionIdentity(using: &generator)
        identity.id = "1234"
        let presentation = Presentation.stored(StoredPresentation(name: "clock", source: clock(frames: 3)))
        _ = try server.answer(.found(presentation, identity), at: start, via: &transport)
        let play = "PLAY rtsp://h/clock RTSP/1.0\r\nCSeq: 2\r\nSession: 1234\r\n\r\n"
        _ = server.receive(Array(play.utf8).span, at: start, via: &transport)
        for tick in 1...10 { _ = server.advance(to: start + .milliseconds(100 * tick), via: &transport) }
        #expect(transport.packets == 6)
        #expect(transport.lines.filter { $0 == "frame 2 packets" }.count == 3)
        #expect(transport.lines.contains("control RTSP/1.0 200 OK"))
        #expect(transport.bytes > 6000)
    }

    @Test func `a stream that is held up takes nothing, and its log never grows beyond its capacity`() throws {
        var transport = PacketLog(capacity: 3)
        let batch = RTPPacketBatch(bytes: [UInt8](repeating: 0, count: 30), stride: 20)
        let stream = StreamID(rawValue: 1)
        for _ in 0..<10 { transport.send(batch, on: stream) }
        transport.close()
        #expect(transport.lines == ["frame 2 packets", "frame 2 packets", "close"])
        #expect((transport.packets, transport.bytes, transport.isClosed) == (20, 300, true))
        #expect(transport.canSend(on: stream))
        transport.heldUp = [stream]
        #expect(!transport.canSend(on: stream))
    }
}
