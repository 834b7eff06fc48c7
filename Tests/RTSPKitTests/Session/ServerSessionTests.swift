import RTSPKit
import Testing

private typealias Fixture = SessionFixtures

@Suite struct ServerSessionTests {
    let start = SessionFixtures.start

    @Test func `a whole session: SETUP, PLAY, PAUSE, PLAY, TEARDOWN`() throws {
        var session = Fixture.server()
        #expect(
            session.receive(Fixture.setup(1), at: start) == [
                .ask(.setup(.init(url: Fixture.video, offers: [Fixture.offer], alreadySetUp: [])))
            ])
        #expect(session.state == .initial)
        #expect(
            try session.answer(.setup(.accepted(stream: 0, Fixture.udp)), at: start) == [
                Fixture.reply(.ok, 1, ["Transport": "RTP/AVP;unicast;client_port=5000-5001;server_port=6000-6001"])
            ])
        #expect(session.state == .ready(Fixture.streams()))

        let play = Fixture.request(.play, 2, ["Range": "npt=0-"])
        #expect(session.receive(play, at: start) == [.ask(.play(.init(range: .from(.zero), isAlreadyPlaying: false)))])
        #expect(session.state == .ready(Fixture.streams()))
        #expect(
            try session.answer(.play(.accepted(range: Fixture.wholeRange, rtpInfo: Fixture.info)), at: start) == [
                Fixture.reply(.ok, 2, ["Range": "npt=0-60", "RTP-Info": "url=rtsp://host/movie/stream=0;seq=7;rtptime=90"]),
                .media(.start(range: Fixture.wholeRange)),
            ])
        #expect(session.state == .playing(Fixture.streams(), Fixture.playback))

        #expect(session.receive(Fixture.request(.pause, 3), at: start) == [.media(.pause), Fixture.reply(.ok, 3)])
        #expect(session.state == .ready(Fixture.streams()))

        let resume = Fixture.request(.play, 4)
        #expect(session.receive(resume, at: start) == [.ask(.play(.init(range: nil, isAlreadyPlaying: false)))])
        #expect(
            try session.answer(.play(.accepted(range: nil, rtpInfo: .init(entries: []))), at: start) == [
                Fixture.reply(.ok, 4), .media(.start(range: nil)),
            ])
        #expect(session.state == .playing(Fixture.streams(), Playback(range: nil, startedAt: start)))

        #expect(
            session.receive(Fixture.request(.teardown, 5), at: start) == [
                .media(.stop), Fixture.reply(.ok, 5), .closed(.teardown),
            ])
        #expect(session.state == .closed(.teardown))
        #expect(session.deadline == nil)
    }

    @Test func `PLAY before SETUP is refused with 455 and changes nothing`() {
        var session = Fixture.server()
        let allow = "OPTIONS, DESCRIBE, SETUP, TEARDOWN, GET_PARAMETER, SET_PARAMETER"
        #expect(
            session.receive(Fixture.request(.play, 1), at: start) == [
                .respond(.init(.methodNotValidInThisState, cSeq: 1, headers: ["Allow": allow]))
            ])
        #expect(session.state == .initial)
        #expect(session.openQuestion == nil)
    }

    @Test func `SETUP while playing is refused with 455, which names what is allowed`() throws {
        var session = try Fixture.playing()
        let allow = "OPTIONS, DESCRIBE, PLAY, PAUSE, TEARDOWN, GET_PARAMETER, SET_PARAMETER"
        #expect(
            session.receive(Fixture.setup(10), at: start) == [
                Fixture.reply(.methodNotValidInThisState, 10, ["Allow": allow])
            ])
        #expect(session.state == .playing(Fixture.streams(), Fixture.playback))
    }

    @Test func `a refused SETUP names no session, since there is none yet`() throws {
        var session = Fixture.server()
        _ = session.receive(Fixture.setup(1), at: start)
        #expect(
            try session.answer(.setup(.refused(.notFound, ["X-Why": "gone"])), at: start) == [
                .respond(.init(.notFound, cSeq: 1, headers: ["X-Why": "gone"]))
            ])
        #expect(session.state == .initial)
    }

    @Test func `a refused PLAY leaves the session ready`() throws {
        var session = try Fixture.ready()
        _ = session.receive(Fixture.request(.play, 2), at: start)
        #expect(
            try session.answer(.play(.refused(.notEnoughBandwidth, [:])), at: start) == [
                Fixture.reply(.notEnoughBandwidth, 2)
            ])
        #expect(session.state == .ready(Fixture.streams()))
    }

    @Test func `while a question is open later requests wait, and are answered in order`() throws {
        var session = Fixture.server()
        _ = session.receive(Fixture.setup(1), at: start)
        #expect(session.receive(Fixture.request(.play, 2), at: start) == [])
        #expect(session.receive(Fixture.request(.options, 3), at: start) == [])
        #expect(session.receive(Fixture.request(.pause, 4), at: start) == [])
        #expect(
            try session.answer(.setup(.accepted(stream: 0, Fixture.udp)), at: start) == [
                Fixture.reply(.ok, 1, ["Transport": Fixture.udp.description]),
                .ask(.play(.init(range: nil, isAlreadyPlaying: false))),
            ])
        #expect(session.state == .ready(Fixture.streams()))
        #expect(
            try session.answer(.play(.accepted(range: Fixture.wholeRange, rtpInfo: .init(entries: []))), at: start) == [
                Fixture.reply(.ok, 2, ["Range": "npt=0-60"]), .media(.start(range: Fixture.wholeRange)),
                Fixture.reply(.ok, 3, ["Public": PublicHeader(methods: ServerSession.supportedMethods).description]),
                .media(.pause), Fixture.reply(.ok, 4),
            ])
        #expect(session.state == .ready(Fixture.streams()))
    }

    @Test func `requests behind a TEARDOWN are told that the session is gone, before it closes`() throws {
        var session = try Fixture.ready()
        _ = session.receive(Fixture.request(.play, 2), at: start)
        _ = session.receive(Fixture.request(.teardown, 3), at: start)
        _ = session.receive(Fixture.request(.play, 4), at: start)
        #expect(
            try session.answer(.play(.refused(.forbidden, [:])), at: start) == [
                Fixture.reply(.forbidden, 2), .media(.stop), Fixture.reply(.ok, 3), Fixture.reply(.sessionNotFound, 4),
                .closed(.teardown),
            ])
        #expect(session.state == .closed(.teardown))
    }

    @Test func `more waiting requests than the bound close the session, each answered in order`() throws {
        var session = try Fixture.ready()
        _ = session.receive(Fixture.request(.play, 2), at: start)
        for cSeq in 3..<(3 + ServerSession.maximumWaiting) {
            #expect(session.receive(Fixture.request(.options, cSeq), at: start) == [])
        }
        let last = 3 + ServerSession.maximumWaiting
        let reason = CloseReason.peerViolation("too many requests without waiting for a response")
        #expect(
            session.receive(Fixture.request(.options, last), at: start)
                == [.media(.stop)] + (2...last).map { Fixture.reply(.serviceUnavailable, $0) } + [.closed(reason)])
        #expect(session.state == .closed(reason))
        #expect(session.openQuestion == nil)
    }

    @Test func `once closed, a request is answered 454 and nothing else happens`() throws {
        var session = try Fixture.playing()
        _ = session.receive(Fixture.request(.teardown, 10), at: start)
        let closed = session
        for method in RTSPMethod.allDefined {
            #expect(
                session.receive(Fixture.request(method, 11), at: start) == [.respond(.init(.sessionNotFound, cSeq: 11))])
        }
        #expect(session.advance(to: Fixture.after(1000)) == [])
        #expect(session.connectionClosed(at: Fixture.after(1000)) == [])
        #expect(session.close(at: Fixture.after(1000)) == [])
        session.playbackEnded(at: Fixture.after(1000))
        session.receivedReport(at: Fixture.after(1000))
        #expect(session.state == closed.state)
        #expect(session.deadline == nil)
    }

    @Test func `an answer without a question is an error, and nothing changes`() throws {
        var session = try Fixture.ready()
        let before = session
        #expect(throws: ServerSession.AnswerError(problem: .noQuestionIsOpen, state: before.state)) {
            _ = try session.answer(.play(.refused(.forbidden, [:])), at: Fixture.after(5))
        }
        #expect(session == before)
    }

    @Test func `an answer to another question is an error, and nothing changes`() throws {
        var session = Fixture.server()
        _ = session.receive(Fixture.setup(1), at: start)
        let before = session
        let question = try #require(session.openQuestion)
        #expect(throws: ServerSession.AnswerError(problem: .answersAnotherQuestion(question), state: .initial)) {
            _ = try session.answer(.play(.accepted(range: nil, rtpInfo: .init(entries: []))), at: Fixture.after(5))
        }
        #expect(session == before)
    }

    @Test func `a refusal with a status of success is an error, and nothing changes`() throws {
        var session = Fixture.server()
        _ = session.receive(Fixture.setup(1), at: start)
        let before = session
        #expect(throws: ServerSession.AnswerError(problem: .refusesWithSuccess(.ok), state: .initial)) {
            _ = try session.answer(.setup(.refused(.ok, [:])), at: start)
        }
        #expect(session == before)
    }

    @Test func `the owner may close the session, and whoever waits is told`() throws {
        var session = try Fixture.playing()
        _ = session.receive(Fixture.request(.play, 10), at: start)
        _ = session.receive(Fixture.request(.options, 11), at: start)
        #expect(
            session.close(.shutDown, at: start) == [
                .media(.stop), Fixture.reply(.serviceUnavailable, 10), Fixture.reply(.serviceUnavailable, 11),
                .closed(.shutDown),
            ])
        #expect(session.state == .closed(.shutDown))
    }

    @Test func `the end of the range makes a playing session ready, and it can play again`() throws {
        var session = try Fixture.playing()
        session.playbackEnded(at: start)
        #expect(session.state == .ready(Fixture.streams()))
        session.playbackEnded(at: start)
        #expect(session.state == .ready(Fixture.streams()))
        #expect(
            session.receive(Fixture.request(.play, 10), at: start) == [.ask(.play(.init(range: nil, isAlreadyPlaying: false)))]
        )
    }
}
