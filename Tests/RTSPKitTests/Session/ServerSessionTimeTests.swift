import RTSPKit
import Testing

private typealias Fixture = SessionFixtures

/// The clock and the connection.
@Suite struct ServerSessionTimeTests {
    let start = SessionFixtures.start

    @Test func `a silent session times out, not a moment before its deadline`() throws {
        var session = try Fixture.playing()
        #expect(session.deadline == Fixture.after(60))
        #expect(session.advance(to: Fixture.after(59.999)) == [])
        #expect(session.state == .playing(Fixture.streams(), Fixture.playback))
        #expect(session.advance(to: Fixture.after(60)) == [.media(.stop), .closed(.timedOut)])
        #expect(session.state == .closed(.timedOut))
        #expect(session.advance(to: Fixture.after(61)) == [])
    }

    @Test func `a session with nothing set up times out too, and has no media to stop`() {
        var session = Fixture.server()
        #expect(session.advance(to: Fixture.after(60)) == [.closed(.timedOut)])
        #expect(session.state == .closed(.timedOut))
    }

    @Test func `any request is a sign of life, even one that is refused`() throws {
        var session = try Fixture.ready()
        _ = session.receive(Fixture.request(.record, 3), at: Fixture.after(30))
        #expect(session.deadline == Fixture.after(90))
        _ = session.receive(Fixture.request(.getParameter, 4), at: Fixture.after(40))
        #expect(session.deadline == Fixture.after(100))
    }

    @Test func `a receiver report is a sign of life`() throws {
        var session = try Fixture.playing()
        session.receivedReport(at: Fixture.after(50))
        #expect(session.deadline == Fixture.after(110))
        #expect(session.advance(to: Fixture.after(60)) == [])
    }

    @Test func `answers and the end of the media are not the client's signs of life`() throws {
        var session = try Fixture.ready()
        _ = session.receive(Fixture.request(.play, 2), at: start)
        _ = try session.answer(.play(.accepted(range: nil, rtpInfo: .init(entries: []))), at: Fixture.after(30))
        session.playbackEnded(at: Fixture.after(40))
        #expect(session.deadline == Fixture.after(60))
    }

    @Test func `older times count as now`() throws {
        var session = try Fixture.ready()
        session.receivedReport(at: Fixture.after(50))
        session.receivedReport(at: Fixture.after(10))
        #expect(session.deadline == Fixture.after(110))
        #expect(session.advance(to: start) == [])
        _ = session.receive(Fixture.request(.play, 2), at: start)
        _ = try session.answer(.play(.accepted(range: nil, rtpInfo: .init(entries: []))), at: start)
        #expect(session.state == .playing(Fixture.streams(), Playback(range: nil, startedAt: Fixture.after(50))))
    }

    @Test func `a timeout with a question open answers whoever waits`() throws {
        var session = try Fixture.ready()
        _ = session.receive(Fixture.request(.play, 2), at: start)
        _ = session.receive(Fixture.request(.options, 3), at: start)
        #expect(
            session.advance(to: Fixture.after(60)) == [
                .media(.stop), Fixture.reply(.serviceUnavailable, 2), Fixture.reply(.serviceUnavailable, 3), .closed(.timedOut),
            ])
        #expect(session.state == .closed(.timedOut))
        #expect(throws: ServerSession.AnswerError(problem: .noQuestionIsOpen, state: .closed(.timedOut))) {
            _ = try session.answer(.play(.refused(.forbidden, [:])), at: Fixture.after(61))
        }
    }

    @Test(arguments: [Duration.zero, .seconds(-5), .seconds(Int64.max), .seconds(3)])
    func `any timeout is brought between a second and a day`(timeout: Duration) {
        let session = ServerSession(id: "ABC", timeout: timeout, at: start)
        #expect(session.timeout >= .seconds(1) && session.timeout <= .seconds(86_400))
        if timeout == .seconds(3) { #expect(session.timeout == timeout) }
        #expect(session.deadline == start.advanced(by: session.timeout))
    }

    @Test func `a session of datagrams outlives its connection until its timeout`() throws {
        var session = try Fixture.playing()
        #expect(session.connectionClosed(at: Fixture.after(1)) == [])
        #expect(session.state == .playing(Fixture.streams(), Fixture.playback))
        #expect(session.deadline == Fixture.after(60))
        #expect(
            session.receive(Fixture.request(.pause, 10), at: Fixture.after(2)) == [.media(.pause), Fixture.reply(.ok, 10)])
    }

    @Test func `an interleaved session ends with its connection`() throws {
        var session = try Fixture.playing(Fixture.interleaved)
        #expect(session.connectionClosed(at: start) == [.media(.stop), .closed(.connectionClosed)])
        #expect(session.state == .closed(.connectionClosed))
        #expect(session.connectionClosed(at: start) == [])
    }

    @Test func `one interleaved stream is enough to end with the connection`() throws {
        var session = try Fixture.ready(streams: 1)
        _ = session.receive(Fixture.setup(2, url: Fixture.audio), at: start)
        _ = try session.answer(.setup(.accepted(stream: 1, Fixture.interleaved)), at: start)
        #expect(session.connectionClosed(at: start) == [.media(.stop), .closed(.connectionClosed)])
    }

    @Test func `a session with nothing set up ends with its connection, since nobody knows its id`() {
        var session = Fixture.server()
        _ = session.receive(Fixture.setup(1), at: start)
        #expect(session.connectionClosed(at: start) == [.closed(.connectionClosed)])
        #expect(session.state == .closed(.connectionClosed))
    }

    @Test func `requests that arrived before the connection closed take effect without a response`() throws {
        var session = try Fixture.ready()
        _ = session.receive(Fixture.request(.play, 2), at: start)
        _ = session.receive(Fixture.request(.teardown, 3), at: start)
        #expect(session.connectionClosed(at: start) == [])
        #expect(
            try session.answer(.play(.accepted(range: Fixture.wholeRange, rtpInfo: Fixture.info)), at: start) == [
                .media(.start(range: Fixture.wholeRange)), .media(.stop), .closed(.teardown),
            ])
        #expect(session.state == .closed(.teardown))
    }

    @Test func `interleaved media that is accepted after its connection closed ends the session, and is released`() throws {
        var session = try Fixture.ready()
        _ = session.receive(Fixture.setup(2, url: Fixture.audio, transport: "RTP/AVP/TCP;unicast;interleaved=0-1"), at: start)
        _ = session.receive(Fixture.request(.play, 3), at: start)
        #expect(session.connectionClosed(at: start) == [])
        #expect(
            try session.answer(.setup(.accepted(stream: 1, Fixture.interleaved)), at: start) == [
                .media(.stop), .closed(.connectionClosed),
            ])
        #expect(session.state == .closed(.connectionClosed))
        #expect(session.openQuestion == nil)
        #expect(session.deadline == nil)
    }
}
