import MJPEGSource
import RTPTransport
import RTSPKit
import RTSPTestKit
import Testing

/// What is refused, and how.
@Suite struct ServerConnectionRequestsTests {
    @Test func `methods that need a session get 454 without one and with a wrong one`() {
        for session in [nil, "12345678"] as [String?] {
            for method in [RTSPMethod.play, .pause, .teardown] {
                var talk = ServerDialogue()
                #expect(talk.ask(method, session: session).status == .sessionNotFound)
                #expect(talk.connection.sessionCount == 0)
                #expect(talk.connection.state == .open)
            }
        }
        var talk = ServerDialogue()
        for method in [RTSPMethod.setup, .getParameter, .setParameter] {
            #expect(talk.ask(method, session: "wrong", ["Transport": ServerDialogue.udp]).status == .sessionNotFound)
        }
        for method in [RTSPMethod.options, .describe] { #expect(talk.ask(method, session: "wrong").status == .ok) }
        for method in [RTSPMethod.getParameter, .setParameter] { #expect(talk.ask(method).status == .ok) }
    }

    @Test func `what is not implemented gets 501, with the methods that are`() {
        var talk = ServerDialogue()
        for method in [RTSPMethod.announce, .record, .redirect, RTSPMethod(rawValue: "BREW")] {
            let response = talk.ask(method)
            #expect(response.status == .notImplemented)
            #expect(response.headers["Public"]?.contains("DESCRIBE") == true)
        }
        let session = talk.setUp()
        #expect(talk.ask(.record, session: session).status == .notImplemented)
        #expect(talk.connection.sessionStates.map(\.phase) == [.ready])
    }

    @Test func `an unknown path gets 404`() {
        var talk = ServerDialogue()
        #expect(talk.ask(.describe, "rtsp://host/nothing").status == .notFound)
        #expect(talk.ask(.setup, "rtsp://host/nothing/stream=0", ["Transport": ServerDialogue.udp]).status == .notFound)
        #expect(talk.ask(.describe, "rtsp://host/%6Dovie").status == .ok)
        #expect(talk.ask(.describe, "rtsp://host/movie/?quality=1").status == .ok)
    }

    @Test func `another version gets 505, and a missing CSeq 400`() {
        var talk = ServerDialogue()
        #expect(talk.say("OPTIONS * RTSP/2.0\nCSeq: 1\n\n").map(\.status) == [.rtspVersionNotSupported])
        #expect(talk.say("OPTIONS * RTSP/1.0\n\n").map(\.status) == [.badRequest])
        #expect(talk.say("OPTIONS * RTSP/1.0\nCSeq: 2\n\n").map(\.status) == [.ok])
    }

    @Test func `whatever is required is not supported, and named`() {
        var talk = ServerDialogue()
        let response = talk.ask(.options, ["Require": "onvif-replay"])
        #expect(response.status == .optionNotSupported)
        #expect(response.headers["Unsupported"] == "onvif-replay")
        #expect(talk.ask(.options, ["Proxy-Require": "x", "Require": "y"]).headers["Unsupported"] == "y, x")
        let session = talk.setUp()
        #expect(talk.ask(.play, session: session, ["Require": "z"]).status == .optionNotSupported)
        #expect(talk.connection.sessionStates.map(\.phase) == [.ready])
    }

    @Test func `wrong methods for the state get 455`() {
        var talk = ServerDialogue()
        let session = talk.play()
        let response = talk.ask(.setup, session: session, ["Transport": ServerDialogue.udp])
        #expect(response.status == .methodNotValidInThisState)
        #expect(talk.connection.sessionStates.map(\.phase) == [.playing])
        #expect(talk.transport.routes.count == 1)
    }

    @Test func `a description in a language we do not speak gets 406`() {
        var talk = ServerDialogue()
        #expect(talk.ask(.describe, ["Accept": "text/plain"]).status == .notAcceptable)
        for accept in ["*/*", "application/*", "text/plain, application/sdp"] {
            #expect(talk.ask(.describe, ["Accept": accept]).status == .ok)
        }
    }

    @Test(arguments: [
        "OPTIONS * HTTP/1.1\n\n", "OPTIONS *\n\n", "OPTIONS * RTSP/1.0\nno colon\n\n",
        "SET_PARAMETER * RTSP/1.0\nCSeq: 1\nContent-Length: -1\n\n",
        "SET_PARAMETER * RTSP/1.0\nCSeq: 1\nContent-Length: 99999999999999999999\n\n",
    ])
    func `malformed bytes get 4xx and a close`(_ text: String) {
        var talk = ServerDialogue()
        let responses = talk.say(text)
        #expect(responses.count == 1)
        #expect(responses.allSatisfy { (400...499).contains($0.status.code) })
        #expect(talk.transport.isClosed)
        #expect(talk.connection.state == .closing)
        #expect(talk.events.contains { if case .violated = $0 { true } else { false } })
        #expect(talk.say("OPTIONS * RTSP/1.0\nCSeq: 1\n\n").isEmpty)
    }

    @Test func `malformed bytes end the connection and not a UDP session of it`() {
        var talk = ServerDialogue()
        _ = talk.play()
        _ = talk.say("OPTIONS *\n\n")
        talk.closeConnection()
        #expect(talk.connection.sessionStates.map(\.phase) == [.playing])
    }

    @Test func `a response that nobody asked for is noticed and passed over`() {
        var talk = ServerDialogue()
        #expect(talk.say("RTSP/1.0 200 OK\nCSeq: 1\n\n").isEmpty)
        #expect(talk.events == [.violated("a response that nobody asked for")])
        #expect(talk.ask(.options).status == .ok)
    }

    @Test func `how the bytes are cut changes nothing`() {
        let text = """
            DESCRIBE rtsp://host/movie RTSP/1.0
            CSeq: 1

            SETUP rtsp://host/movie/stream=0 RTSP/1.0
            CSeq: 2
            Transport: RTP/AVP/TCP;unicast;interleaved=0-1

            SET_PARAMETER * RTSP/1.0
            CSeq: 3
            Content-Length: 4

            abcd$\u{1}\u{0}\u{4}1234OPTIONS * RTSP/1.0
            CSeq: 4


            """
        let bytes = Array(text.replacing("\n", with: "\r\n").utf8)
        let deviations = ParserVerifier.deviations(of: bytes, step: 7) { cut in
            var talk = ServerDialogue()
            for piece in cut { _ = talk.send(piece) }
            return talk.transport.entries
        }
        #expect(deviations.isEmpty)
        var talk = ServerDialogue()
        #expect(talk.send(bytes).map(\.status) == [.ok, .ok, .parameterNotUnderstood, .ok])
    }

    @Test func `a combining mark does not make a file name of a URL`() {
        var talk = ServerDialogue()
        talk.answersQuestions = false
        #expect(talk.say("DESCRIBE rtsp://\u{358}x/a/movie RTSP/1.0\nCSeq: 1\n\n").isEmpty)
        #expect(talk.open == [.find(path: "/a/movie", purpose: .describe)])
    }
}
