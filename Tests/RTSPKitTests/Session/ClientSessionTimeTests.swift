import RTSPKit
import Testing

private typealias Fixture = SessionFixtures

/// The clock and the connection.
@Suite struct ClientSessionTimeTests {
    let start = SessionFixtures.start

    @Test func `with nothing set up and nothing on its way there is no deadline`() throws {
        var session = Fixture.client()
        #expect(session.deadline == nil)
        _ = try session.perform(.options, at: Fixture.after(1))
        #expect(session.deadline == Fixture.after(6))
        _ = session.receive(Fixture.answer(.ok, 1), at: Fixture.after(2))
        #expect(session.deadline == nil)
    }

    @Test func `a request without an answer closes, not a moment before its deadline`() throws {
        var session = Fixture.client()
        _ = try session.perform(.describe, at: start)
        #expect(session.advance(to: Fixture.after(4.999)) == [])
        #expect(session.state == .initial)
        #expect(session.advance(to: Fixture.after(5)) == [.closed(.requestTimedOut(.describe))])
        #expect(session.state == .closed(.requestTimedOut(.describe)))
        #expect(session.advance(to: Fixture.after(6)) == [])
    }

    @Test func `TEARDOWN waits two seconds for its answer and no longer`() throws {
        var session = try Fixture.playingClient()
        _ = try session.perform(.teardown, at: start)
        #expect(session.deadline == Fixture.after(2))
        #expect(session.advance(to: Fixture.after(1.9)) == [])
        #expect(session.advance(to: Fixture.after(2)) == [.closed(.teardown)])
        #expect(session.state == .closed(.teardown))
    }

    @Test func `once TEARDOWN is sent, an earlier request that has no answer no longer matters`() throws {
        var session = try Fixture.readyClient()
        _ = try session.perform(.play(nil), at: start)
        _ = try session.perform(.teardown, at: Fixture.after(4))
        #expect(session.advance(to: Fixture.after(5)) == [])
        #expect(session.receive(Fixture.answer(.ok, 2), at: Fixture.after(5)) == [])
        #expect(session.state == .ready(Fixture.streams()))
        #expect(session.advance(to: Fixture.after(6)) == [.closed(.teardown)])
    }

    @Test func `the end of the connection ends the session, and fulfils a TEARDOWN`() throws {
        var session = try Fixture.playingClient()
        var leaving = session
        #expect(session.connectionClosed(at: start) == [.closed(.connectionClosed)])
        #expect(session.state == .closed(.connectionClosed))
        _ = try leaving.perform(.teardown, at: start)
        #expect(leaving.connectionClosed(at: start) == [.closed(.teardown)])
        #expect(leaving.state == .closed(.teardown))
    }

    // MARK: - Keep-alive

    @Test func `a keep-alive is sent at half the timeout after the last request`() throws {
        var session = try Fixture.playingClient()
        #expect(session.deadline == Fixture.after(30))
        #expect(session.advance(to: Fixture.after(29.9)) == [])
        #expect(session.advance(to: Fixture.after(30)) == [Fixture.sent(.options, 3)])
        #expect(session.deadline == Fixture.after(35))
        #expect(session.receive(Fixture.answer(.ok, 3), at: Fixture.after(31)) == [])
        #expect(session.deadline == Fixture.after(60))
        #expect(session.state == .playing(Fixture.streams(), Fixture.playback))
    }

    @Test func `any other request puts it off`() throws {
        var session = try Fixture.playingClient()
        _ = try session.perform(.pause, at: Fixture.after(20))
        _ = session.receive(Fixture.answer(.ok, 3), at: Fixture.after(20))
        #expect(session.deadline == Fixture.after(50))
    }

    @Test func `it follows the timeout that the server states`() throws {
        var session = try Fixture.readyClient(session: "ABC;timeout=8")
        #expect(session.deadline == Fixture.after(4))
        #expect(session.advance(to: Fixture.after(4)) == [Fixture.sent(.options, 2)])
    }

    @Test(arguments: ["ABC;timeout=0", "ABC;timeout=1", "ABC;timeout=999999999999999999999", "ABC;timeout=-1"])
    func `a timeout out of all reason does no harm`(header: String) throws {
        let session = try Fixture.readyClient(session: header)
        #expect(session.timeout >= .seconds(2) && session.timeout <= .seconds(86_400))
        #expect(session.deadline == start.advanced(by: session.timeout / 2))
    }

    @Test(arguments: [
        ("OPTIONS, GET_PARAMETER, SET_PARAMETER", RTSPMethod.getParameter), ("OPTIONS, SET_PARAMETER", .setParameter),
        ("OPTIONS, PLAY", .options),
    ])
    func `its method is one that the server has`(methods: String, expected: RTSPMethod) throws {
        var session = try Fixture.readyClient()
        _ = try session.perform(.options, at: start)
        _ = session.receive(Fixture.answer(.ok, 2, ["Public": methods]), at: start)
        #expect(session.advance(to: Fixture.after(30)) == [Fixture.sent(expected, 3)])
    }

    @Test func `where GET_PARAMETER is refused all the same, OPTIONS is used from then on`() throws {
        var session = try Fixture.readyClient()
        _ = try session.perform(.options, at: start)
        _ = session.receive(Fixture.answer(.ok, 2, ["Public": "GET_PARAMETER"]), at: start)
        _ = session.advance(to: Fixture.after(30))
        #expect(
            session.receive(Fixture.answer(.badRequest, 3), at: Fixture.after(30)) == [
                .inform(.refused(.keepAlive, .badRequest, ["CSeq": "3"]))
            ])
        #expect(session.state == .ready(Fixture.streams()))
        #expect(session.advance(to: Fixture.after(60)) == [Fixture.sent(.options, 4)])
    }

    @Test func `M29: keep-alives that are never answered are counted and end nothing`() throws {
        var session = try Fixture.playingClient()
        for round in 1...5 {
            #expect(
                session.advance(to: Fixture.after(Double(30 * round))) == [Fixture.sent(.options, 2 + round)])
            #expect(session.advance(to: Fixture.after(Double(30 * round + 5))) == [])
            #expect(session.unansweredKeepAlives == round)
        }
        #expect(session.state == .playing(Fixture.streams(), Fixture.playback))
    }

    @Test func `the late answer to a keep-alive is not taken for the answer to something else`() throws {
        var session = try Fixture.readyClient()
        _ = session.advance(to: Fixture.after(30))
        _ = session.advance(to: Fixture.after(35))
        _ = try session.perform(.play(nil), at: Fixture.after(36))
        #expect(session.receive(Fixture.answer(.ok, 2), at: Fixture.after(37)) == [])
        #expect(session.state == .ready(Fixture.streams()))
        #expect(
            session.receive(Fixture.answer(.ok, 3), at: Fixture.after(37)) == [.inform(.playing(range: nil, rtpInfo: nil))])
    }

    @Test func `only the latest unanswered keep-alives are remembered`() throws {
        var session = try Fixture.readyClient()
        let rounds = ClientSession.maximumPending + 1
        for round in 1...rounds { _ = session.advance(to: Fixture.after(Double(30 * round))) }
        _ = session.advance(to: Fixture.after(Double(30 * rounds + 5)))
        _ = try session.perform(.play(nil), at: Fixture.after(Double(30 * rounds + 6)))
        let end = Fixture.after(Double(30 * rounds + 7))
        for cSeq in 3...(rounds + 1) { #expect(session.receive(Fixture.answer(.ok, cSeq), at: end) == []) }
        #expect(session.state.phase == .ready)
        // The first is forgotten, so that it counts as any wrong number.
        #expect(session.receive(Fixture.answer(.ok, 2), at: end) == [.inform(.playing(range: nil, rtpInfo: nil))])
    }

    @Test func `when keep-alives are due faster than they are given up, the newer takes the place of the older`() throws {
        var session = try Fixture.readyClient(session: "ABC;timeout=2")
        #expect(session.advance(to: Fixture.after(1)) == [Fixture.sent(.options, 2)])
        #expect(session.advance(to: Fixture.after(2)) == [Fixture.sent(.options, 3)])
        #expect(session.unansweredKeepAlives == 1)
        #expect(session.receive(Fixture.answer(.ok, 2), at: Fixture.after(2)) == [])
        #expect(session.receive(Fixture.answer(.ok, 3), at: Fixture.after(2)) == [])
        #expect(session.unansweredKeepAlives == 1)
    }

    @Test func `a keep-alive answered 454 closes: the server has forgotten the session`() throws {
        var session = try Fixture.playingClient()
        _ = session.advance(to: Fixture.after(30))
        #expect(
            session.receive(Fixture.answer(.sessionNotFound, 3), at: Fixture.after(30)) == [
                .inform(.refused(.keepAlive, .sessionNotFound, ["CSeq": "3"])), .closed(.serverEnded),
            ])
        #expect(session.state == .closed(.serverEnded))
    }

    @Test func `none is sent while leaving`() throws {
        var session = try Fixture.playingClient()
        _ = try session.perform(.teardown, at: Fixture.after(29))
        #expect(session.advance(to: Fixture.after(30)) == [])
        #expect(session.deadline == Fixture.after(31))
    }

    @Test func `older times count as now`() throws {
        var session = try Fixture.playingClient()
        _ = try session.perform(.pause, at: Fixture.after(10))
        _ = try session.perform(.options, at: start)
        _ = session.receive(Fixture.answer(.ok, 3), at: start)
        #expect(session.deadline == Fixture.after(15))
        #expect(session.advance(to: start) == [])
    }

    @Test(arguments: [Duration.zero, .seconds(-5), .seconds(Int64.max)])
    func `any patience is brought to something reasonable`(patience: Duration) throws {
        var session = ClientSession(
            url: Fixture.movie, userAgent: "", requestTimeout: patience, teardownTimeout: patience, at: start)
        _ = try session.perform(.options, at: start)
        let deadline = try #require(session.deadline)
        #expect(deadline > start && deadline <= start.advanced(by: .seconds(86_400)))
    }
}
