import RTPTransport
import RTSPKit
import RTSPTestKit
import Testing

/// Doors that are opened with values.
@Suite struct TranscriptDoorsTests {
    private static let start = ContinuousClock.now
    private static let options = Array("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n".utf8)

    private static func server() -> ServerConnection {
        ServerConnection(
            peer: "192.0.2.1", configuration: .init(wallClock: WallClock(instant: start, ntp: NTPTimestamp(rawValue: 0))),
            at: start)
    }

    @Test func `a door by value is the door`() {
        var (one, other) = (Self.server(), Self.server())
        var (first, second) = (TranscriptTransport(), TranscriptTransport())
        let events = one.take(.bytes(Self.options), at: Self.start, via: &first)
        #expect(events == other.receive(Self.options.span, at: Self.start, via: &second))
        #expect(events.count == 1)
        #expect(first.outputs == second.outputs)
        #expect(first.outputs.count == 1)
        #expect(one.deadline == other.deadline)
    }

    @Test func `inputs of another role do nothing`() {
        var server = Self.server()
        var client = ClientConnection(
            configuration: ClientConfiguration(url: "rtsp://host/movie", ssrc: 1), goal: .setUp, dialect: .standard,
            at: Self.start)
        var transport = TranscriptTransport()
        for input: Transcript.Input in [
            .connected, .rtp([1]), .rtcp([1]), .play(nil), .pause, .tearDown, .capture([], presentationTime: .zero),
        ] {
            #expect(server.take(input, at: Self.start, via: &transport) == [])
        }
        for input: Transcript.Input in [
            .transportReady, .mediaReady, .shutDown, .refused(.notFound), .joined(live: 1), .deliver(live: 1), .blocked([]),
        ] {
            #expect(client.take(input, at: Self.start, via: &transport) == [])
        }
        #expect(transport.outputs == [])
        #expect(client.state == .initial)
        #expect(server.state == .open)
    }

    @Test func `commands that make no sense, and answers that nobody waits for, do nothing`() {
        var client = ClientConnection(
            configuration: ClientConfiguration(url: "rtsp://host/movie", ssrc: 1), goal: .setUp, dialect: .standard,
            at: Self.start)
        var server = Self.server()
        var transport = TranscriptTransport()
        #expect(client.take(.play(nil), at: Self.start, via: &transport) == [])
        #expect(client.take(.pause, at: Self.start, via: &transport) == [])
        #expect(server.take(.refused(.notFound), at: Self.start, via: &transport) == [])
        var generator = SeededGenerator(seed: 1)
        let found = Transcript.Input.found(path: "/movie", SessionIdentity(using: &generator))
        #expect(server.take(found, at: Self.start, via: &transport) == [])
        #expect(transport.outputs == [])
    }

    @Test func `a transport has room for so many batches, through one door`() {
        var transport = TranscriptTransport()
        let (one, two) = (StreamID(rawValue: 1), StreamID(rawValue: 2))
        let batch = RTPPacketBatch(bytes: [1, 2, 3], stride: 2)
        transport.room = [one: 1]
        transport.blockedStreams = [two]
        #expect(transport.canSend(on: one))
        #expect(!transport.canSend(on: two))
        transport.send(batch, on: one)
        #expect(!transport.canSend(on: one))
        #expect(transport.takeOutputs() == [.batch(batch, one)])
        #expect(transport.canSend(on: one))
        #expect(!transport.canSend(on: two))
        #expect(transport.outputs == [])
    }
}
