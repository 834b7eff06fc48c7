import RTSPKit
import Testing

private typealias Fixture = SessionFixtures

@Suite struct ClientSessionResponsesTests {
    let start = SessionFixtures.start

    @Test func `a refusal is told, and the state is as it was`() throws {
        var session = try Fixture.readyClient()
        _ = try session.perform(.play(nil), at: start)
        #expect(
            session.receive(Fixture.answer(.invalidRange, 2, ["X": "y"]), at: start) == [
                .inform(.refused(.play(nil), .invalidRange, ["CSeq": "2", "X": "y"]))
            ])
        #expect(session.state == .ready(Fixture.streams()))
        var playing = try Fixture.playingClient()
        _ = try playing.perform(.pause, at: start)
        #expect(
            playing.receive(Fixture.answer(.sessionNotFound, 3), at: start) == [
                .inform(.refused(.pause, .sessionNotFound, ["CSeq": "3"]))
            ])
        #expect(playing.state == .playing(Fixture.streams(), Fixture.playback))
    }

    @Test func `a redirection tells where to`() throws {
        var session = Fixture.client()
        _ = try session.perform(.describe, at: start)
        let headers: RTSPHeaders = ["CSeq": "1", "Location": "rtsp://other/movie"]
        #expect(
            session.receive(RTSPResponse(.movedTemporarily, headers: headers), at: start) == [
                .inform(.refused(.describe, .movedTemporarily, headers)), .inform(.redirected("rtsp://other/movie")),
            ])
        #expect(session.state == .initial)
    }

    @Test func `a provisional response is no answer yet`() throws {
        var session = Fixture.client()
        _ = try session.perform(.options, at: start)
        #expect(session.receive(Fixture.answer(.init(code: 100), 1), at: start) == [])
        #expect(session.receive(Fixture.answer(.ok, 1), at: start) == [.inform(.options([]))])
        #expect(session.serverMethods == nil)
    }

    @Test(arguments: [RTSPVersion(major: 2, minor: 0), RTSPVersion(major: 1, minor: 1), RTSPVersion(major: 0, minor: 9)])
    func `a response in another version closes`(version: RTSPVersion) throws {
        var session = try Fixture.playingClient()
        var response = Fixture.answer(.ok, 3)
        response.version = version
        let reason = CloseReason.peerViolation("response in \(version)")
        #expect(session.receive(response, at: start) == [.closed(reason)])
        #expect(session.state == .closed(reason))
    }

    @Test func `several answers are told apart by their numbers`() throws {
        var session = try Fixture.readyClient()
        _ = try session.perform(.options, at: start)
        _ = try session.perform(.play(nil), at: start)
        #expect(session.receive(Fixture.answer(.ok, 3), at: start) == [.inform(.playing(range: nil, rtpInfo: nil))])
        #expect(session.state == .playing(Fixture.streams(), Playback(range: nil, startedAt: start)))
        #expect(session.receive(Fixture.answer(.ok, 2), at: start) == [.inform(.options([]))])
    }

    @Test func `a response that nobody waits for is ignored`() throws {
        var session = try Fixture.readyClient()
        #expect(session.receive(Fixture.answer(.ok, 77), at: start) == [])
        #expect(session.receive(Fixture.answer(.ok, nil), at: start) == [])
        #expect(session.state == .ready(Fixture.streams()))
    }

    @Test(arguments: [nil, 0, 77]) func `M08 M09: a missing or wrong CSeq is taken for the only request on its way`(
        cSeq: Int?
    ) throws {
        var session = try Fixture.readyClient()
        _ = try session.perform(.play(nil), at: start)
        #expect(session.receive(Fixture.answer(.ok, cSeq), at: start) == [.inform(.playing(range: nil, rtpInfo: nil))])
        #expect(session.state.phase == .playing)
    }

    @Test(arguments: [nil, 0, 77]) func `M08 M09: with two on their way it is nobody's`(cSeq: Int?) throws {
        var session = try Fixture.readyClient()
        _ = try session.perform(.options, at: start)
        _ = try session.perform(.play(nil), at: start)
        #expect(session.receive(Fixture.answer(.ok, cSeq), at: start) == [])
        #expect(session.state == .ready(Fixture.streams()))
    }

    @Test func `M08 M09: strictly it closes and says why`() throws {
        var session = try Fixture.readyClient(.strict)
        _ = try session.perform(.play(nil), at: start)
        var wrong = session
        #expect(
            session.receive(Fixture.answer(.ok, nil), at: start) == [.closed(.peerViolation("response without CSeq"))])
        #expect(session.state == .closed(.peerViolation("response without CSeq")))
        #expect(
            wrong.receive(Fixture.answer(.ok, 77), at: start) == [
                .closed(.peerViolation("response with CSeq 77, which no request has"))
            ])
    }

    @Test func `SETUP without Session or Transport in the answer: the first offer was taken`() throws {
        var session = Fixture.client()
        _ = try session.perform(Fixture.setupCommand, at: start)
        #expect(session.receive(Fixture.answer(.ok, 1), at: start) == [.inform(.setUp(stream: 0, Fixture.offer))])
        #expect(session.state == .ready(Fixture.streams(Fixture.offer)))
        #expect(session.sessionID == nil)
        #expect(try session.perform(.play(nil), at: start) == [Fixture.sent(.play, 2, session: nil)])
    }

    @Test func `SETUP without Session or Transport in the answer: strictly it closes and says why`() throws {
        var session = Fixture.client(.strict)
        _ = try session.perform(Fixture.setupCommand, at: start)
        var other = session
        #expect(
            session.receive(Fixture.answer(.ok, 1, ["Transport": "RTP/AVP"]), at: start) == [
                .closed(.peerViolation("SETUP answered without a Session"))
            ])
        #expect(
            other.receive(Fixture.answer(.ok, 1, ["Session": "ABC"]), at: start) == [
                .closed(.peerViolation("SETUP answered without a Transport"))
            ])
        #expect(other.state == .closed(.peerViolation("SETUP answered without a Transport")))
    }

    @Test func `M22: the last session id counts, without the blanks and parameters around it`() throws {
        var session = try Fixture.readyClient(session: "  ABC-1 ; timeout=10")
        #expect(session.sessionID == "ABC-1")
        #expect(session.timeout == .seconds(10))
        _ = try session.perform(.setup(url: Fixture.audio, stream: 1, offers: [Fixture.offer]), at: start)
        _ = session.receive(Fixture.setupAnswer(2, session: "XYZ"), at: start)
        #expect(session.sessionID == "XYZ")
        #expect(session.timeout == .seconds(10))
        #expect(try session.perform(.play(nil), at: start) == [Fixture.sent(.play, 3, session: "XYZ")])
    }

    @Test func `M33: OPTIONS refused changes nothing`() throws {
        var session = Fixture.client()
        _ = try session.perform(.options, at: start)
        #expect(
            session.receive(Fixture.answer(.notFound, 1), at: start) == [
                .inform(.refused(.options, .notFound, ["CSeq": "1"]))
            ])
        #expect(session.state == .initial)
        #expect(try session.perform(.describe, at: start).count == 1)
    }

    @Test(arguments: [RTSPStatus.internalServerError, .sessionNotFound, .methodNotValidInThisState])
    func `M35: whatever the answer to TEARDOWN, the session is over`(status: RTSPStatus) throws {
        var session = try Fixture.playingClient()
        _ = try session.perform(.teardown, at: start)
        #expect(session.receive(Fixture.answer(status, 3), at: start) == [.closed(.teardown)])
        #expect(session.state == .closed(.teardown))
    }

    @Test func `Content-Location stands in for Content-Base, and either may be missing with the type (M01)`() throws {
        var session = Fixture.client()
        _ = try session.perform(.describe, at: start)
        _ = try session.perform(.describe, at: start)
        #expect(
            session.receive(Fixture.answer(.ok, 1, ["Content-Location": "rtsp://host/x"]), at: start) == [
                .inform(.described(body: [], contentType: nil, contentBase: "rtsp://host/x"))
            ])
        #expect(
            session.receive(Fixture.answer(.ok, 2), at: start) == [
                .inform(.described(body: [], contentType: nil, contentBase: nil))
            ])
    }

    @Test func `a range and RTP-Info that cannot be read count as not stated`() throws {
        var session = try Fixture.readyClient()
        _ = try session.perform(.play(.from(.seconds(3))), at: start)
        #expect(
            session.receive(Fixture.answer(.ok, 2, ["Range": "clock=x", "RTP-Info": ";"]), at: start) == [
                .inform(.playing(range: nil, rtpInfo: .init(entries: [])))
            ])
        #expect(session.state == .playing(Fixture.streams(), Playback(range: .from(.seconds(3)), startedAt: start)))
    }

    @Test func `SETUP answered out of turn does not stop the media`() throws {
        var session = try Fixture.readyClient()
        _ = try session.perform(.setup(url: Fixture.audio, stream: 1, offers: [Fixture.offer]), at: start)
        _ = try session.perform(.play(nil), at: start)
        _ = session.receive(Fixture.answer(.ok, 3), at: start)
        _ = session.receive(Fixture.setupAnswer(2), at: start)
        #expect(session.state == .playing(Fixture.bothStreams, Playback(range: nil, startedAt: start)))
    }

    // MARK: - Requests of the server

    @Test func `a server's requests are answered`() throws {
        var session = try Fixture.playingClient()
        let offered = "OPTIONS, TEARDOWN, GET_PARAMETER, SET_PARAMETER, REDIRECT"
        #expect(
            session.receive(RTSPRequest(.options, cSeq: 5), at: start) == [
                .respond(.init(.ok, cSeq: 5, headers: ["Public": offered]))
            ])
        #expect(
            session.receive(RTSPRequest(.getParameter, cSeq: 6, headers: ["Session": "ABC"]), at: start) == [
                .respond(.init(.ok, headers: ["CSeq": "6", "Session": "ABC"]))
            ])
        #expect(
            session.receive(RTSPRequest(.setParameter, cSeq: 7, body: [1]), at: start) == [
                .respond(.init(.parameterNotUnderstood, cSeq: 7))
            ])
        for method in [RTSPMethod.announce, .describe, .play, RTSPMethod(rawValue: "X")] {
            #expect(
                session.receive(RTSPRequest(method, cSeq: 8), at: start) == [
                    .respond(.init(.notImplemented, cSeq: 8, headers: ["Public": offered]))
                ])
        }
        #expect(
            session.receive(RTSPRequest(.options, cSeq: 9, version: .init(major: 2, minor: 0)), at: start) == [
                .respond(.init(.rtspVersionNotSupported, cSeq: 9))
            ])
        #expect(session.state == .playing(Fixture.streams(), Fixture.playback))
    }

    @Test func `a server's TEARDOWN ends the session`() throws {
        var session = try Fixture.playingClient()
        #expect(
            session.receive(RTSPRequest(.teardown, cSeq: 5), at: start) == [
                .respond(.init(.ok, cSeq: 5)), .closed(.serverEnded),
            ])
        #expect(session.state == .closed(.serverEnded))
    }

    @Test func `a server's REDIRECT is told and changes nothing`() throws {
        var session = try Fixture.playingClient()
        #expect(
            session.receive(RTSPRequest(.redirect, cSeq: 5, headers: ["Location": "rtsp://other/"]), at: start) == [
                .respond(.init(.ok, cSeq: 5)), .inform(.redirected("rtsp://other/")),
            ])
        #expect(
            session.receive(RTSPRequest(.redirect, cSeq: 6), at: start) == [.respond(.init(.badRequest, cSeq: 6))])
        #expect(session.state == .playing(Fixture.streams(), Fixture.playback))
    }
}
