import MJPEGSource
import RTPTransport
import RTSPKit
import RTSPTestKit
import Testing

/// Deadlines and bounds: what a slow, silent or greedy peer can cost.
@Suite struct ServerConnectionTimeTests {
    @Test func `a client that says nothing is left after a minute`() {
        var talk = ServerDialogue()
        #expect(talk.connection.deadline == ServerDialogue.start + .seconds(60))
        talk.pass(.seconds(59))
        #expect(talk.connection.state == .open)
        talk.pass(.seconds(1))
        #expect(talk.connection.state == .closing)
        #expect(talk.transport.entries == [.close])
        #expect(talk.connection.deadline == nil)
    }

    @Test func `each request starts the wait anew, line ends and stray frames do not`() {
        var talk = ServerDialogue()
        talk.pass(.seconds(50))
        #expect(talk.ask(.options).status == .ok)
        for _ in 0..<59 {
            talk.pass(.seconds(1))
            _ = talk.say("\n")
            _ = talk.send([0x24, 5, 0, 1, 0])
        }
        #expect(talk.connection.state == .open)
        talk.pass(.seconds(1))
        #expect(talk.connection.state == .closing)
    }

    @Test(arguments: ["OPTIONS rtsp://host/movie RTSP/1.0\nCSeq: 1\n", "SETUP rtsp", "\n\n"])
    func `a byte a second is not enough`(_ text: String) {
        var talk = ServerDialogue()
        for byte in text.utf8 where !talk.transport.isClosed {
            talk.pass(.seconds(1))
            _ = talk.send([byte])
        }
        talk.pass(.seconds(12))
        #expect(talk.transport.isClosed)
        #expect(talk.takeResponses().map(\.status) == [.requestTimeout] || talk.transport.controlText.contains("408"))
        #expect(talk.elapsed <= .seconds(60))
    }

    @Test func `a request that follows another without a pause has its own time`() {
        var talk = ServerDialogue()
        let request = Array("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n".utf8)
        // There is always the beginning of the next one there, for longer than one may take.
        _ = talk.send(Array(request.prefix(5)))
        for _ in 0..<20 {
            talk.pass(.seconds(1))
            #expect(talk.send(Array(request.dropFirst(5) + request.prefix(5))).map(\.status) == [.ok])
        }
        #expect(talk.connection.state == .open)
    }

    @Test func `a session that nobody uses times out, each request and no other thing prevents it`() {
        var talk = ServerDialogue { $0.sessionTimeout = .seconds(20) }
        let session = talk.setUp()
        for method in [RTSPMethod.getParameter, .options, .setParameter, .pause, .play] {
            talk.pass(.seconds(19))
            #expect(talk.ask(method, session: session).status == .ok)
        }
        talk.pass(.seconds(19))
        // Requests outside of it do not count.
        #expect(talk.ask(.options).status == .ok)
        talk.pass(.seconds(1))
        #expect(talk.ended.map(\.reason) == [.timedOut])
        #expect(talk.goodbyes == 1)
        #expect(talk.ask(.play, session: session).status == .sessionNotFound)
    }

    @Test func `an owner that never answers costs its client the connection and nobody else anything`() {
        var talk = ServerDialogue()
        talk.answersQuestions = false
        _ = talk.ask(.describe)
        _ = talk.say("OPTIONS * RTSP/1.0\nCSeq: 2\n\nOPTIONS")
        talk.pass(.seconds(29))
        #expect(talk.connection.state == .open)
        talk.pass(.seconds(1))
        #expect(talk.connection.state == .closing)
        let responses = talk.takeResponses()
        #expect(responses.map(\.status) == [.serviceUnavailable])
        #expect(responses.map(\.cSeq) == [1])
        #expect(talk.transport.isClosed)
        // A late answer finds nobody.
        #expect(throws: ServerConnection.AnswerError.self) {
            try talk.connection.answer(.refused(.notFound), at: talk.now, via: &talk.transport)
        }
    }

    @Test func `what waits while a question is open has a bound`() {
        var talk = ServerDialogue { $0.limits.pendingBytes = 1000 }
        talk.answersQuestions = false
        _ = talk.ask(.describe)
        let chunk = Array(repeating: UInt8(ascii: "A"), count: 400)
        _ = talk.send(chunk)
        _ = talk.send(chunk)
        #expect(talk.connection.state == .open)
        #expect(talk.send(chunk).map(\.status) == [.serviceUnavailable])
        #expect(talk.connection.state == .closing)
    }

    @Test func `the same in the course dialect, whose quiet keeps nobody busy meanwhile`() {
        var talk = ServerDialogue()
        talk.answersQuestions = false
        _ = talk.say("SETUP movie.Mjpeg RTSP/1.0\nCSeq: 1\nTransport: RTP/UDP; client_port= 25000\n\n")
        _ = talk.say("PLAY movie.Mjpeg RTSP/1.0\nCSeq: 2")
        #expect(talk.open.count == 1)
        talk.pass(.seconds(1))
        for _ in 0..<10_000 where !talk.transport.isClosed { _ = talk.say("PLAY movie.Mjpeg RTSP/1.0\nCSeq: 2\n\n") }
        talk.pass(.seconds(30))
        #expect(talk.transport.isClosed)
    }

    @Test func `time that goes back is taken for the newest time known`() {
        var talk = ServerDialogue()
        let session = talk.play()
        talk.pass(.seconds(1))
        let count = talk.transport.batches.count
        talk.now = ServerDialogue.start
        talk.note(talk.connection.advance(to: talk.now, via: &talk.transport))
        #expect(talk.transport.batches.count == count)
        let response = talk.ask(.pause, session: session)
        #expect(response.status == .ok)
        #expect(response.headers["Date"] == "Sun, 06 Nov 1994 08:49:38 GMT")
    }

    @Test func `a thousand connections that set up, play and vanish leave nothing`() {
        var remaining = 0
        var sessions = 0
        for index in 0..<1000 {
            var talk = ServerDialogue()
            _ = talk.play(index.isMultiple(of: 2) ? ServerDialogue.udp : ServerDialogue.tcp)
            talk.pass(.milliseconds(100))
            // Half of them tell that they go, in the way of TCP; the others are never heard of again.
            if index.isMultiple(of: 3) { talk.closeConnection() }
            talk.pass(.seconds(61))
            if !talk.transport.isClosed, talk.connection.state != .closed { remaining += 1 }
            talk.closeConnection()
            sessions += talk.ended.count
            if !talk.connection.isFinished || talk.connection.deadline != nil || !talk.transport.routes.isEmpty { remaining += 1 }
        }
        #expect(remaining == 0)
        #expect(sessions == 1000)
    }
}
