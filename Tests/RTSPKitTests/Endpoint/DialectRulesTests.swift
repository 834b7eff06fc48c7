import MJPEGSource
import RTPTransport
import RTSPKit
import RTSPTestKit
import Testing

/// The course dialect, spoken with the same connections.
@Suite struct DialectRulesTests {
    private static func dialogue(_ change: (inout ServerConnection.Configuration) -> Void = { _ in }) -> ServerDialogue {
        var talk = ServerDialogue(change)
        talk.catalog["/movie.Mjpeg"] = .stored(
            StoredPresentation(name: "movie.Mjpeg", source: FrameList(count: 50, framesPerSecond: 30)))
        return talk
    }

    private static let setup = "SETUP movie.Mjpeg RTSP/1.0\nCSeq: 1\nTransport: RTP/UDP; client_port= 25000"

    /// Says something as the course's clients do: LF, and nothing after the last value.
    private static func say(_ text: String, in talk: inout ServerDialogue) -> [String] {
        _ = talk.takeEntries()
        _ = talk.send(Array(text.utf8))
        talk.pass(.milliseconds(50))
        return talk.transport.entries.compactMap {
            if case .control(let bytes) = $0 { String(decoding: bytes, as: UTF8.self) } else { nil }
        }
    }

    private static func session(_ reply: String?) -> Int? {
        guard let line = reply?.split(separator: "\n").dropFirst(2).first, line.hasPrefix("Session: ") else { return nil }
        return Int(line.dropFirst(9))
    }

    @Test func `a client sets up, plays, pauses and tears down`() throws {
        var talk = Self.dialogue()
        let setup = Self.say(Self.setup, in: &talk)
        #expect(setup.count == 1)
        let session = try #require(Self.session(setup.first))
        #expect((100_000...999_999).contains(session))
        #expect(
            setup.first == """
                RTSP/1.0 200 OK
                CSeq: 1
                Session: \(session)
                TotalTime: 3 3
                FPS: 20 20
                Count: 50 50
                Media: movie.Mjpeg
                Frames: 50
                X-TotalFrames: 50


                """)
        #expect(Array(talk.transport.routes.values) == [.datagrams(rtp: 25000, rtcp: nil)])
        #expect(talk.transport.batches.isEmpty)

        let play = Self.say("PLAY movie.Mjpeg RTSP/1.0\nCSeq: 2\nSession: \(session)", in: &talk)
        #expect(play.first?.hasPrefix("RTSP/1.0 200 OK\nCSeq: 2\nSession: \(session)\n") == true)
        talk.pass(.seconds(1))
        #expect(talk.transport.batches.count == 21)
        #expect(talk.transport.headers.map(\.sequenceNumber) == Array(1...21))
        #expect(talk.transport.headers.allSatisfy { $0.marker && $0.payloadType == 26 })
        #expect(talk.transport.reports.isEmpty)
        let image = ServerDialogue.frames.frames[0].image
        #expect(talk.transport.batches.first.map { Array($0.bytes.dropFirst(12)) } == image)

        let pause = Self.say("PAUSE movie.Mjpeg RTSP/1.0\nCSeq: 3\nSession: \(session)", in: &talk)
        #expect(pause.first?.hasPrefix("RTSP/1.0 200 OK\nCSeq: 3\n") == true)
        talk.pass(.seconds(600))
        #expect(talk.connection.state == .open)
        #expect(talk.connection.sessionStates.map(\.phase) == [.ready])
        let teardown = Self.say("TEARDOWN movie.Mjpeg RTSP/1.0\nCSeq: 4\nSession: \(session)", in: &talk)
        #expect(Self.session(teardown.first) == session)
        #expect(talk.ended.map(\.reason) == [.teardown])
        #expect(talk.goodbyes == 0)
        // The client closes; only one that never does is left after minutes.
        talk.pass(.seconds(240))
        #expect(!talk.transport.isClosed)
        talk.pass(.seconds(60))
        #expect(talk.transport.isClosed)
    }

    @Test func `the window is closed: PAUSE and TEARDOWN joined in one read`() throws {
        var talk = Self.dialogue()
        let session = try #require(Self.session(Self.say(Self.setup, in: &talk).first))
        _ = Self.say("PLAY movie.Mjpeg RTSP/1.0\nCSeq: 2\nSession: \(session)", in: &talk)
        let replies = Self.say(
            "PAUSE movie.Mjpeg RTSP/1.0\nCSeq: 3\nSession: \(session)TEARDOWN movie.Mjpeg RTSP/1.0\nCSeq: 4\nSession: \(session)",
            in: &talk)
        #expect(replies.map { $0.hasPrefix("RTSP/1.0 200 OK\n") } == [true, true])
        #expect(talk.ended.map(\.reason) == [.teardown])
        #expect(!talk.transport.isClosed)
        talk.closeConnection()
        #expect(talk.connection.isFinished)
    }

    @Test func `a missing file gets 404 with a session line, and the connection goes on`() {
        var talk = Self.dialogue()
        let reply = Self.say(
            "SETUP nothing.Mjpeg RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/UDP; client_port= 25000\r\n\r\n", in: &talk)
        #expect(reply == ["RTSP/1.0 404 Not Found\r\nCSeq: 1\r\nSession: 0\r\n\r\n"])
        #expect(Self.session(Self.say(Self.setup, in: &talk).first) != nil)
        #expect(talk.connection.sessionCount == 1)
    }

    @Test func `PLAY while playing, PAUSE while paused and methods nobody knows get 200 and the session`() throws {
        var talk = Self.dialogue()
        #expect(Self.say("FORWARD movie.Mjpeg RTSP/1.0\nCSeq: 1", in: &talk).first?.contains("200") != true)
        talk = Self.dialogue()
        let session = try #require(Self.session(Self.say(Self.setup, in: &talk).first))
        for (cSeq, request) in [
            "PAUSE movie.Mjpeg RTSP/1.0", "PLAY movie.Mjpeg RTSP/1.0", "PLAY movie.Mjpeg RTSP/1.0",
            "FORWARD movie.Mjpeg RTSP/1.0", "SET_SPEED movie.Mjpeg RTSP/1.0", "DESCRIBE movie.Mjpeg RTSP/1.0",
        ].enumerated() {
            let replies = Self.say("\(request)\nCSeq: \(cSeq + 2)\n", in: &talk)
            #expect(replies.count == 1, "\(request)")
            #expect(replies.first?.hasPrefix("RTSP/1.0 200 OK\nCSeq: \(cSeq + 2)\nSession: \(session)\n") == true, "\(request)")
        }
        #expect(talk.connection.sessionStates.map(\.phase) == [.playing])
        // A place in a unit of the client's own is not worth a refusal.
        let play = Self.say("PLAY movie.Mjpeg RTSP/1.0\nCSeq: 9\nRange: frame=7", in: &talk)
        #expect(play.first?.hasPrefix("RTSP/1.0 200 OK\nCSeq: 9") == true)
        // What is no request at all is refused under the session's number.
        let refusal = Self.say("12345", in: &talk)
        #expect(refusal.first?.hasPrefix("RTSP/1.0 400 Bad Request\nCSeq: 0\nSession: \(session)\n") == true)
    }

    @Test func `SETUP again keeps the session`() {
        var talk = Self.dialogue()
        let first = Self.session(Self.say(Self.setup, in: &talk).first)
        let second = Self.session(Self.say(Self.setup, in: &talk).first)
        #expect(first == second)
        #expect(talk.connection.sessionCount == 1)
        #expect(talk.transport.routes.count == 1)
    }

    @Test func `numbers go on after PAUSE and after the end of the movie, which tells nobody`() throws {
        var talk = Self.dialogue()
        let session = try #require(Self.session(Self.say(Self.setup, in: &talk).first))
        let play = "PLAY movie.Mjpeg RTSP/1.0\nCSeq: 2\nSession: \(session)"
        var numbers: [UInt16] = []
        _ = Self.say(play, in: &talk)
        talk.pass(.seconds(1))
        numbers += talk.transport.headers.map(\.sequenceNumber)
        _ = Self.say("PAUSE movie.Mjpeg RTSP/1.0\nCSeq: 3\nSession: \(session)", in: &talk)
        numbers += talk.transport.headers.map(\.sequenceNumber)
        _ = Self.say(play, in: &talk)
        talk.pass(.seconds(5))
        numbers += talk.transport.headers.map(\.sequenceNumber)
        #expect(talk.transport.entries.count == talk.transport.batches.count + 1)
        #expect(talk.connection.sessionStates.map(\.phase) == [.ready])
        _ = Self.say(play, in: &talk)
        talk.pass(.seconds(5))
        numbers += talk.transport.headers.map(\.sequenceNumber)
        #expect(numbers == Array(1...100))
    }

    @Test func `the session ends with its connection`() {
        var talk = Self.dialogue()
        _ = Self.say(Self.setup, in: &talk)
        _ = Self.say("PLAY movie.Mjpeg RTSP/1.0\nCSeq: 2", in: &talk)
        talk.closeConnection()
        #expect(talk.connection.isFinished)
        #expect(talk.ended.map(\.reason) == [.connectionClosed])
        #expect(talk.goodbyes == 0)
    }

    @Test func `TCP for media is refused with 461`() {
        var talk = Self.dialogue()
        let reply = Self.say("SETUP movie.Mjpeg RTSP/1.0\nCSeq: 1\nTransport: TCP; client_port= 25000", in: &talk)
        #expect(reply.first?.hasPrefix("RTSP/1.0 461 Unsupported Transport\nCSeq: 1\nSession: 0\n") == true)
        #expect(talk.connection.sessionCount == 0)
    }

    @Test func `a live presentation is played, numbered from 1 for each reader`() {
        var talk = Self.dialogue()
        talk.offerLive()
        _ = talk.capture()
        _ = Self.say("SETUP camera RTSP/1.0\nCSeq: 1\nTransport: RTP/UDP; client_port= 25000", in: &talk)
        _ = Self.say("PLAY camera RTSP/1.0\nCSeq: 2", in: &talk)
        #expect(talk.readers == 1)
        for seed in 1...3 {
            _ = talk.capture(UInt64(seed))
            talk.now += .milliseconds(40)
        }
        let headers = talk.transport.headers
        #expect(headers.map(\.sequenceNumber) == Array(1...UInt16(headers.count)))
        #expect(headers.count >= 3)
        #expect(zip(headers, headers.dropFirst()).allSatisfy { $1.timestamp.ticks(since: $0.timestamp) > 0 })
        #expect(talk.transport.reports.isEmpty)
        talk.shutDown()
        #expect(talk.readers == 0)
    }

    @Test func `absurd rates are none`() {
        for rate in [Double.nan, .infinity, -.infinity, 0, -1, 1e300, 1e-300] {
            #expect(LabConfiguration(framesPerSecond: rate).framesPerSecond == 20)
            var configuration = LabConfiguration()
            configuration.framesPerSecond = rate
            #expect(configuration.framesPerSecond == 20)
            var talk = Self.dialogue { $0.lab = configuration }
            #expect(Self.session(Self.say(Self.setup, in: &talk).first) != nil)
        }
        #expect(LabConfiguration(framesPerSecond: 29.97).framesPerSecond == 29.97)
    }
}
