import RTSPKit
import Testing

private typealias Fixture = SessionFixtures

@Suite struct ClientSessionTests {
    let start = SessionFixtures.start

    @Test func `a whole session: OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN`() throws {
        var session = Fixture.client()
        #expect(try session.perform(.options, at: start) == [Fixture.sent(.options, 1, session: nil)])
        #expect(
            session.receive(Fixture.answer(.ok, 1, ["Public": "OPTIONS, PLAY"]), at: start) == [
                .inform(.options([.options, .play]))
            ])
        #expect(session.serverMethods == [.options, .play])

        #expect(
            try session.perform(.describe, at: start) == [
                Fixture.sent(.describe, 2, session: nil, ["Accept": "application/sdp"])
            ])
        var description = Fixture.answer(.ok, 2, ["Content-Type": "application/sdp", "Content-Base": "rtsp://host/movie/"])
        description.body = [1, 2, 3]
        #expect(
            session.receive(description, at: start) == [
                .inform(.described(body: [1, 2, 3], contentType: "application/sdp", contentBase: "rtsp://host/movie/"))
            ])
        #expect(session.state == .initial)

        #expect(
            try session.perform(Fixture.setupCommand, at: start) == [
                Fixture.sent(
                    .setup, 3, url: Fixture.video, session: nil, ["Transport": "RTP/AVP;unicast;client_port=5000-5001"])
            ])
        #expect(session.state == .initial)
        #expect(session.receive(Fixture.setupAnswer(3), at: start) == [.inform(.setUp(stream: 0, Fixture.udp))])
        #expect(session.state == .ready(Fixture.streams()))
        #expect(session.sessionID == "ABC")

        #expect(try session.perform(.play(.from(.zero)), at: start) == [Fixture.sent(.play, 4, ["Range": "npt=0-"])])
        #expect(session.state == .ready(Fixture.streams()))
        let playing = Fixture.answer(.ok, 4, ["Range": "npt=0-60", "RTP-Info": Fixture.info.description])
        #expect(
            session.receive(playing, at: start) == [
                .inform(.playing(range: Fixture.wholeRange, rtpInfo: Fixture.info))
            ])
        #expect(session.state == .playing(Fixture.streams(), Fixture.playback))

        #expect(try session.perform(.pause, at: start) == [Fixture.sent(.pause, 5)])
        #expect(session.state == .playing(Fixture.streams(), Fixture.playback))
        #expect(session.receive(Fixture.answer(.ok, 5), at: start) == [.inform(.paused)])
        #expect(session.state == .ready(Fixture.streams()))

        #expect(try session.perform(.teardown, at: start) == [Fixture.sent(.teardown, 6)])
        #expect(session.state == .ready(Fixture.streams()))
        #expect(session.isEnding)
        #expect(session.receive(Fixture.answer(.ok, 6), at: start) == [.closed(.teardown)])
        #expect(session.state == .closed(.teardown))
        #expect(session.deadline == nil)
    }

    @Test func `PLAY before SETUP is our own mistake, and nothing changes`() {
        var session = Fixture.client()
        let before = session
        #expect(
            throws: ClientSession.CommandError(problem: .notValidInThisState, command: .play(nil), state: .initial)
        ) { _ = try session.perform(.play(nil), at: Fixture.after(5)) }
        #expect(session == before)
    }

    @Test func `SETUP while playing is our own mistake`() throws {
        var session = try Fixture.playingClient()
        let before = session
        #expect(
            throws: ClientSession.CommandError(
                problem: .notValidInThisState, command: Fixture.setupCommand, state: before.state)
        ) { _ = try session.perform(Fixture.setupCommand, at: Fixture.after(5)) }
        #expect(session == before)
    }

    @Test func `SETUP without an offer is our own mistake`() {
        var session = Fixture.client()
        let before = session
        let command = ClientSession.Command.setup(url: Fixture.video, stream: 0, offers: [])
        #expect(throws: ClientSession.CommandError(problem: .offersNoTransport, command: command, state: .initial)) {
            _ = try session.perform(command, at: start)
        }
        #expect(session == before)
    }

    @Test func `a command must still be valid once the requests on their way are answered`() throws {
        var session = try Fixture.readyClient()
        _ = try session.perform(.play(nil), at: start)
        let before = session
        #expect(
            throws: ClientSession.CommandError(
                problem: .notValidInThisState, command: Fixture.setupCommand, state: before.state)
        ) { _ = try session.perform(Fixture.setupCommand, at: start) }
        #expect(session == before)
        #expect(try session.perform(.pause, at: start) == [Fixture.sent(.pause, 3)])
        _ = session.receive(Fixture.answer(.ok, 2), at: start)
        #expect(session.state.phase == .playing)
        _ = session.receive(Fixture.answer(.ok, 3), at: start)
        #expect(session.state == .ready(Fixture.streams()))
    }

    @Test func `two streams are set up without waiting for the first answer`() throws {
        var session = Fixture.client()
        _ = try session.perform(Fixture.setupCommand, at: start)
        _ = try session.perform(.setup(url: Fixture.audio, stream: 1, offers: [Fixture.offer]), at: start)
        _ = session.receive(Fixture.setupAnswer(1), at: start)
        #expect(session.receive(Fixture.setupAnswer(2), at: start) == [.inform(.setUp(stream: 1, Fixture.udp))])
        #expect(session.state == .ready(Fixture.bothStreams))
    }

    @Test func `there is a bound on the requests on their way, and TEARDOWN is above it`() throws {
        var session = try Fixture.readyClient()
        for _ in 0..<ClientSession.maximumPending { _ = try session.perform(.options, at: start) }
        let before = session
        #expect(throws: ClientSession.CommandError(problem: .tooManyPending, command: .options, state: before.state)) {
            _ = try session.perform(.options, at: start)
        }
        #expect(session == before)
        #expect(try session.perform(.teardown, at: start) == [Fixture.sent(.teardown, 18)])
    }

    @Test func `after TEARDOWN no command is taken`() throws {
        var session = try Fixture.playingClient()
        _ = try session.perform(.teardown, at: start)
        let before = session
        for command in [ClientSession.Command.teardown, .play(nil), .pause, .options, .keepAlive, Fixture.setupCommand] {
            #expect(throws: ClientSession.CommandError(problem: .isEnding, command: command, state: before.state)) {
                _ = try session.perform(command, at: start)
            }
        }
        #expect(session == before)
    }

    @Test func `TEARDOWN with nothing set up closes at once`() throws {
        var session = Fixture.client()
        #expect(try session.perform(.teardown, at: start) == [.closed(.teardown)])
        #expect(session.state == .closed(.teardown))
    }

    @Test func `once closed, nothing happens any more`() throws {
        var session = try Fixture.playingClient()
        _ = session.connectionClosed(at: start)
        #expect(session.state == .closed(.connectionClosed))
        let closed = session
        #expect(session.receive(Fixture.answer(.ok, 2), at: start) == [])
        #expect(session.receive(RTSPRequest(.options, cSeq: 1), at: start) == [])
        #expect(session.advance(to: Fixture.after(1000)) == [])
        #expect(session.connectionClosed(at: start) == [])
        session.playbackEnded(at: start)
        #expect(session.state == closed.state)
        #expect(session.deadline == nil)
        #expect(throws: ClientSession.CommandError(problem: .isEnding, command: .options, state: closed.state)) {
            _ = try session.perform(.options, at: start)
        }
    }

    @Test func `the description may name another URL for the whole`() throws {
        var session = try Fixture.readyClient()
        session.aggregateURL = "rtsp://host/all"
        #expect(try session.perform(.play(nil), at: start) == [Fixture.sent(.play, 2, url: "rtsp://host/all")])
    }

    @Test func `the end of the media makes a playing session ready`() throws {
        var session = try Fixture.playingClient()
        session.playbackEnded(at: start)
        #expect(session.state == .ready(Fixture.streams()))
        session.playbackEnded(at: start)
        #expect(session.state == .ready(Fixture.streams()))
    }
}
