import RTPTransport
import RTSPKit
import RTSPTestKit
import Testing

/// A client of the course dialect, told what the course's servers say.
@Suite struct LabClientControlTests {
    private struct Dialogue {
        var client: ClientConnection
        var transport = FakeTransport()
        var now = ClientDialogue.start
        var events: [ClientEvent] = []
        var number: UInt16 = 0

        init(_ change: (inout ClientConfiguration) -> Void = { _ in }) {
            client = .lab(
                configuration: SimulationFixtures.client(.udp, url: "rtsp://host/movie.Mjpeg") {
                    $0.clientPorts = PortPair(rtp: 25000)
                    change(&$0)
                }, at: now)
            connect()
        }

        mutating func connect() { events += client.connected(at: now, via: &transport) }

        /// What has been sent since this was asked last.
        mutating func heard() -> String { transport.takeControlText() }

        mutating func say(_ text: String) {
            events += client.receive(Array(text.utf8).span, at: now, via: &transport)
            pass(.milliseconds(50))
        }

        mutating func frames(_ count: Int) {
            for _ in 0..<count {
                number += 1
                let header = RTPHeader(
                    marker: false, payloadType: 26, sequenceNumber: number, timestamp: RTPTimestamp(rawValue: 1), ssrc: 0)
                var packet: [UInt8] = []
                header.append(to: &packet)
                packet += SyntheticPicture(seed: UInt64(number)).bytes
                events += client.receive(rtp: packet.span, at: now, via: &transport)
                pass(.milliseconds(50))
            }
        }

        mutating func pass(_ duration: Duration) {
            let end = now + duration
            var turns = 0
            while let deadline = client.deadline, deadline <= end {
                turns = deadline <= now ? turns + 1 : 0
                guard turns < 1000 else {
                    Issue.record("the client asks for the same moment again and again")
                    return
                }
                now = max(now, deadline)
                events += client.advance(to: now, via: &transport)
            }
            now = end
            events += client.advance(to: now, via: &transport)
        }

        var shown: Int { events.count { if case .frame = $0 { true } else { false } } }
        var failure: ClientFailure?? {
            events.compactMap { if case .closed(let failure) = $0 { .some(failure) } else { nil } }.first
        }
    }

    private static func playing(_ change: (inout ClientConfiguration) -> Void = { _ in }) throws -> Dialogue {
        var talk = Dialogue(change)
        talk.say("RTSP/1.0 200 OK\nCSeq: 1\nSession: 123456")
        _ = talk.heard()
        talk.events += try talk.client.play(nil, at: talk.now, via: &talk.transport)
        talk.say("RTSP/1.0 200 OK\nCSeq: 2\nSession: 123456")
        return talk
    }

    @Test func `the usual course`() throws {
        var talk = Dialogue()
        #expect(talk.heard() == "SETUP movie.Mjpeg RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/UDP; client_port= 25000\r\n\r\n")
        talk.say("RTSP/1.0 200 OK\nCSeq: 1\nSession: 123456")
        #expect(talk.client.state == .ready)
        #expect(talk.events == [.ready(transport: "RTP/UDP; client_port= 25000", session: "123456")])
        talk.events += try talk.client.play(nil, at: talk.now, via: &talk.transport)
        #expect(talk.heard() == "PLAY movie.Mjpeg RTSP/1.0\r\nCSeq: 2\r\nSession: 123456\r\n\r\n")
        talk.say("RTSP/1.0 200 OK\nCSeq: 2\nSession: 123456")
        #expect(talk.client.state == .playing)
        talk.frames(20)
        talk.events += try talk.client.pause(at: talk.now, via: &talk.transport)
        #expect(talk.heard() == "PAUSE movie.Mjpeg RTSP/1.0\r\nCSeq: 3\r\nSession: 123456\r\n\r\n")
        talk.say("RTSP/1.0 200 OK\nCSeq: 3\nSession: 123456")
        #expect(talk.client.state == .ready)
        #expect(talk.events.contains(.paused))
        // The picture stands still; what is held back comes after the next PLAY.
        let shown = talk.shown
        talk.pass(.seconds(60))
        #expect(talk.shown == shown)
        #expect((15..<20).contains(shown))
        #expect(talk.client.state == .ready)
        talk.events += try talk.client.play(nil, at: talk.now, via: &talk.transport)
        talk.say("RTSP/1.0 200 OK\nCSeq: 4\nSession: 123456")
        talk.frames(20)
        talk.pass(.milliseconds(300))
        #expect(talk.shown == 40)
        #expect(talk.transport.reports.isEmpty)
        _ = talk.heard()
        talk.events += talk.client.tearDown(at: talk.now, via: &talk.transport)
        #expect(talk.heard() == "TEARDOWN movie.Mjpeg RTSP/1.0\r\nCSeq: 5\r\nSession: 123456\r\n\r\n")
        talk.say("RTSP/1.0 200 OK\nCSeq: 5\nSession: 123456")
        #expect(talk.failure == .some(nil))
        #expect(talk.client.state == .closed)
        #expect(talk.transport.isClosed)
    }

    @Test func `silence while playing is the end of the movie, and PLAY may be asked again`() throws {
        var talk = try Self.playing()
        talk.frames(20)
        talk.pass(.milliseconds(1500))
        #expect(talk.events.last == .endOfStream)
        #expect(talk.shown == 20)
        #expect(talk.client.state == .ready)
        talk.events += try talk.client.play(nil, at: talk.now, via: &talk.transport)
        talk.frames(5)
        talk.pass(.milliseconds(500))
        #expect(talk.shown == 25)
    }

    @Test func `a stall that was taken for the end goes on when packets come again`() throws {
        var talk = try Self.playing()
        talk.frames(5)
        talk.pass(.seconds(5))
        #expect(talk.client.state == .ready)
        talk.frames(5)
        talk.pass(.milliseconds(500))
        #expect(talk.client.state == .playing)
        #expect(talk.shown == 10)
    }

    @Test func `without packets the other spelling is tried over a second connection, in its own time`() throws {
        var talk = try Self.playing()
        talk.pass(.seconds(2))
        #expect(talk.events.last == .reconnect)
        _ = talk.heard()
        talk.pass(.milliseconds(900))
        talk.connect()
        #expect(talk.heard() == "SETUP movie.Mjpeg RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/UDP; client_port=25000\r\n\r\n")
        talk.say("RTSP/1.0 200 OK\nCSeq: 1\nSession: 654321")
        #expect(talk.heard() == "PLAY movie.Mjpeg RTSP/1.0\r\nCSeq: 2\r\nSession: 654321\r\n\r\n")
        talk.pass(.milliseconds(1900))
        talk.frames(5)
        talk.pass(.milliseconds(500))
        #expect(talk.failure == nil)
        #expect(talk.shown == 5)
    }

    @Test func `no packets over both connections is said`() throws {
        var talk = try Self.playing()
        talk.pass(.seconds(2))
        talk.connect()
        talk.say("RTSP/1.0 200 OK\nCSeq: 1\nSession: 654321")
        talk.say("RTSP/1.0 200 OK\nCSeq: 2\nSession: 654321")
        talk.pass(.seconds(3))
        #expect(talk.failure??.kind == .noMedia)
        #expect(talk.client.deadline == nil)
    }

    @Test func `silence on PLAY means no such movie, or another dialect`() throws {
        var talk = Dialogue()
        talk.say("RTSP/1.0 200 OK\nCSeq: 1\nSession: 123456")
        talk.events += try talk.client.play(nil, at: talk.now, via: &talk.transport)
        talk.pass(.seconds(2))
        #expect(talk.events.last == .reconnect)
        talk.connect()
        talk.say("RTSP/1.0 200 OK\nCSeq: 1\nSession: 123456")
        talk.pass(.seconds(3))
        #expect(talk.failure??.kind == .timedOut(.play))
        #expect(talk.failure??.description.contains("movie.Mjpeg") == true)
    }

    @Test func `404 is said, an unasked line is noticed, a lost connection too`() throws {
        var talk = Dialogue()
        talk.say("RTSP/1.0 404 NOT FOUND\nCSeq: 1\nSession: 0")
        #expect(talk.failure??.kind == .refused(.setup, .notFound))
        var playing = try Self.playing()
        playing.frames(5)
        playing.say("RTSP/1.0 END\nCSeq: -1")
        #expect(playing.events.contains(.noticed("the server said, unasked: RTSP/1.0 END")))
        playing.events += playing.client.connectionClosed(at: playing.now, via: &playing.transport)
        #expect(playing.failure??.kind == .connectionLost)
        #expect(playing.shown == 5)
    }

    @Test func `before the first PLAY there is nothing to tear down`() {
        var talk = Dialogue()
        talk.say("RTSP/1.0 200 OK\nCSeq: 1\nSession: 123456")
        _ = talk.heard()
        talk.events += talk.client.tearDown(at: talk.now, via: &talk.transport)
        #expect(talk.heard().isEmpty)
        #expect(talk.failure == .some(nil))
    }

    @Test func `a server that does not answer TEARDOWN is left after a second`() throws {
        var talk = try Self.playing()
        talk.frames(3)
        talk.events += talk.client.tearDown(at: talk.now, via: &talk.transport)
        talk.pass(.seconds(1))
        #expect(talk.failure == .some(nil))
        #expect(talk.shown == 3)
    }

    @Test func `a name that cannot be asked for is refused before anything is sent`() {
        var transport = FakeTransport()
        for url in ["", "rtsp://host/", String(repeating: "x", count: 300)] {
            var client = ClientConnection.lab(
                configuration: SimulationFixtures.client(.udp, url: url), at: ClientDialogue.start)
            let events = client.connected(at: ClientDialogue.start, via: &transport)
            #expect(client.state == .closed)
            #expect(events.count == 1)
        }
        #expect(transport.controlText.isEmpty)
    }
}
