import MJPEGSource
import RTPTransport
import RTSPKit
import RTSPTestKit
import Testing

/// The usual course of a dialogue, and how it ends.
@Suite struct ServerConnectionTests {
    @Test func `a client asks, sets up, plays, pauses and tears down over UDP`() throws {
        var talk = ServerDialogue()
        let options = talk.ask(.options)
        #expect(options.status == .ok)
        #expect(
            options.headers["Public"]
                == "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER, SET_PARAMETER")
        #expect(options.headers["Server"] == "swift-rtsp")
        #expect(options.headers["Date"] == "Sun, 06 Nov 1994 08:49:37 GMT")

        let described = talk.ask(.describe, ["Accept": "application/sdp"])
        #expect(described.status == .ok)
        #expect(described.headers["Content-Base"] == "rtsp://host/movie/")
        #expect(described.headers["Content-Type"] == "application/sdp")
        let description = try SessionDescription(parsing: described.body.span)
        #expect(description.media.map { $0.jpegPayloadType } == [26])
        #expect(description.media.first?.control == "stream=0")
        #expect(description.media.first?.framerate == 25)
        #expect(description.range == .npt(.from(.zero, to: .seconds(2))))

        let setup = talk.ask(.setup, "rtsp://host/movie/stream=0", ["Transport": ServerDialogue.udp])
        #expect(setup.status == .ok)
        let session = try #require(setup.headers["Session"].flatMap { SessionHeader.parse($0) })
        #expect(session.id.utf8.count == 32)
        #expect(session.timeout == .seconds(60))
        let agreed = try #require(TransportHeader.parse(setup.headers.values(for: "Transport")).first)
        #expect(agreed.clientPorts == PortPair(rtp: 5000, rtcp: 5001))
        #expect(agreed.serverPorts == PortPair(rtp: 6000, rtcp: 6001))
        #expect(Array(talk.transport.routes.values) == [.datagrams(rtp: 5000, rtcp: 5001)])
        #expect(talk.connection.sessionStates.map(\.phase) == [.ready])
        #expect(talk.transport.batches.isEmpty)

        let play = talk.ask(.play, session: session.id, ["Range": "npt=0-"])
        #expect(play.status == .ok)
        #expect(play.headers["Range"] == "npt=0-2")
        #expect(talk.connection.sessionStates.map(\.phase) == [.playing])
        #expect(agreed.ssrc == talk.transport.headers.first?.ssrc)
        talk.pass(.seconds(1))
        #expect(talk.transport.batches.count == 26)

        #expect(talk.ask(.pause, session: session.id).status == .ok)
        #expect(talk.connection.sessionStates.map(\.phase) == [.ready])
        talk.pass(.seconds(10))
        #expect(talk.transport.batches.count == 26)

        #expect(talk.ask(.teardown, session: session.id).status == .ok)
        #expect(talk.connection.sessionCount == 0)
        #expect(talk.transport.routes.isEmpty)
        #expect(talk.ended.map(\.reason) == [.teardown])
        #expect(talk.ended.first?.report.framesSent == 26)
        #expect(!talk.transport.isClosed)
        #expect(talk.connection.state == .open)
        #expect(!talk.connection.isFinished)
        talk.closeConnection()
        #expect(talk.connection.isFinished)
    }

    @Test func `the same over the control connection`() throws {
        var talk = ServerDialogue()
        let setup = talk.ask(.setup, "rtsp://host/movie/stream=0", ["Transport": ServerDialogue.tcp])
        let agreed = try #require(TransportHeader.parse(setup.headers.values(for: "Transport")).first)
        #expect(agreed.lowerTransport == .tcp)
        #expect(agreed.interleaved == ChannelPair(rtp: 0, rtcp: 1))
        #expect(agreed.serverPorts == nil)
        #expect(Array(talk.transport.routes.values) == [.interleaved(ChannelPair(rtp: 0, rtcp: 1))])
        let session = try #require(setup.headers["Session"].flatMap { SessionHeader.parse($0) }).id
        #expect(talk.ask(.play, session: session).status == .ok)
        talk.pass(.seconds(3))
        #expect(talk.transport.batches.count == 50)
        #expect(talk.connection.sessionStates.map(\.phase) == [.ready])
        #expect(talk.ask(.teardown, session: session + ";timeout=60").status == .ok)
        #expect(talk.connection.sessionCount == 0)
    }

    @Test func `two sessions on one connection do not disturb each other`() {
        var talk = ServerDialogue()
        let first = talk.play(ServerDialogue.tcp)
        let second = talk.setUp(ServerDialogue.tcp)
        #expect(first != second)
        #expect(talk.connection.sessionStates.map(\.phase) == [.playing, .ready])
        #expect(
            Set(talk.transport.routes.values)
                == [.interleaved(ChannelPair(rtp: 0, rtcp: 1)), .interleaved(ChannelPair(rtp: 2, rtcp: 3))])
        _ = talk.ask(.play, session: second)
        talk.pass(.milliseconds(500))
        _ = talk.ask(.teardown, session: first)
        #expect(talk.connection.sessionStates.map(\.phase) == [.playing])
        _ = talk.takeEntries()
        talk.pass(.milliseconds(500))
        #expect(Set(talk.transport.headers.map(\.ssrc)).count == 1)
        #expect(talk.transport.batches.count >= 12)
    }

    @Test func `requests that come in one read are answered in order, also while the owner makes up its mind`() {
        var talk = ServerDialogue()
        talk.answersQuestions = false
        let text = """
            OPTIONS rtsp://host/movie RTSP/1.0
            CSeq: 1

            DESCRIBE rtsp://host/movie RTSP/1.0
            CSeq: 2

            OPTIONS * RTSP/1.0
            CSeq: 3


            """
        #expect(talk.say(text).map(\.cSeq) == [1])
        #expect(talk.open == [.find(path: "/movie", purpose: .describe)])
        #expect(talk.say("GET_PARAMETER * RTSP/1.0\nCSeq: 4\n\n").isEmpty)
        talk.answersQuestions = true
        talk.note(talk.answer(talk.open[0]))
        #expect(talk.takeResponses().map(\.cSeq) == [2, 3, 4])
        #expect(talk.answered == [.ok, .ok, .ok, .ok])
    }

    @Test func `an answer to a question that nobody asked is the owner's mistake and changes nothing`() {
        var talk = ServerDialogue()
        #expect(throws: ServerConnection.AnswerError.self) {
            try talk.connection.answer(.refused(.notFound), at: talk.now, via: &talk.transport)
        }
        talk.answersQuestions = false
        _ = talk.ask(.describe)
        #expect(throws: ServerConnection.AnswerError.self) {
            guard let snapshot = Self.snapshot() else { return }
            _ = try talk.connection.answer(.joined(snapshot), at: talk.now, via: &talk.transport)
        }
        talk.answersQuestions = true
        talk.note(talk.answer(talk.open[0]))
        #expect(talk.takeResponses().map(\.status) == [.ok])
    }

    private static func snapshot() -> LiveSnapshot? {
        var talk = ServerDialogue()
        talk.offerLive()
        return talk.live?.snapshot(at: talk.now)
    }

    @Test func `a refusal by success is a server error`() {
        var talk = ServerDialogue()
        talk.answersQuestions = false
        _ = talk.ask(.describe)
        talk.note((try? talk.connection.answer(.refused(.ok), at: talk.now, via: &talk.transport)) ?? [])
        #expect(talk.takeResponses().map(\.status) == [.internalServerError])
    }

    @Test func `a UDP session outlives its connection until its timeout, an interleaved one does not`() {
        var talk = ServerDialogue()
        _ = talk.play(ServerDialogue.udp)
        _ = talk.play(ServerDialogue.tcp)
        _ = talk.takeEntries()
        talk.closeConnection()
        #expect(talk.ended.map(\.reason) == [.connectionClosed])
        #expect(talk.connection.state == .closed)
        #expect(talk.connection.sessionStates.map(\.phase) == [.playing])
        // Nothing goes into a connection that is gone.
        #expect(talk.transport.reports.isEmpty)
        talk.pass(.seconds(1))
        #expect(talk.transport.batches.count == 25)
        #expect(!talk.connection.isFinished)
        talk.pass(.seconds(60))
        #expect(talk.ended.map(\.reason) == [.connectionClosed, .timedOut])
        #expect(talk.connection.isFinished)
        #expect(talk.connection.deadline == nil)
        #expect(talk.transport.routes.isEmpty)
    }

    @Test func `on shutdown every session gets BYE and the connection is closed`() {
        var talk = ServerDialogue()
        talk.offerLive()
        _ = talk.play()
        _ = talk.play(ServerDialogue.tcp, url: "rtsp://host/camera")
        _ = talk.setUp(ServerDialogue.tcp)
        _ = talk.takeEntries()
        talk.shutDown()
        // The third has heard nothing, so it is told nothing.
        #expect(talk.goodbyes == 2)
        #expect(talk.ended.map(\.reason) == [.shutDown, .shutDown, .shutDown])
        #expect(talk.transport.isClosed)
        #expect(talk.transport.entries.last == .close)
        #expect(talk.connection.state == .closing)
        #expect(talk.readers == 0)
        talk.shutDown()
        #expect(talk.goodbyes == 2)
        talk.closeConnection()
        #expect(talk.connection.isFinished)
    }

    @Test func `after the end nothing is taken any more`() {
        var talk = ServerDialogue()
        talk.shutDown()
        #expect(talk.ask(.options).status.code == 999)
        talk.closeConnection()
        let before = talk.connection
        talk.closeConnection()
        #expect(talk.ask(.options).status.code == 999)
        #expect(talk.connection.state == before.state)
        #expect(talk.connection.deadline == nil)
    }
}

extension ServerDialogue {
    /// The movie, with these headers.
    mutating func ask(_ method: RTSPMethod, _ headers: RTSPHeaders) -> RTSPResponse {
        ask(method, Self.movie, session: nil, headers)
    }
}
