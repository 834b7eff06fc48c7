import RTSPKit
import Testing

private typealias Fixture = SessionFixtures

@Suite struct ServerSessionRequestsTests {
    let start = SessionFixtures.start
    let everything = "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER, SET_PARAMETER"

    // MARK: - SETUP

    @Test func `several offers reach the owner in the client's order`() {
        var session = Fixture.server()
        var request = Fixture.setup(1, transport: "RTP/AVP/TCP;unicast;interleaved=0-1,RTP/AVP;unicast;client_port=5000-5001")
        request.headers.append("Transport", "RTP/AVP;multicast")
        #expect(
            session.receive(request, at: start) == [
                .ask(
                    .setup(
                        .init(
                            url: Fixture.video,
                            offers: [Fixture.interleaved, Fixture.offer, TransportSpec(delivery: .multicast)],
                            alreadySetUp: [])))
            ])
    }

    @Test func `SETUP without a Transport is a bad request`() {
        var session = Fixture.server()
        #expect(
            session.receive(RTSPRequest(.setup, url: Fixture.video, cSeq: 1), at: start) == [
                .respond(.init(.badRequest, cSeq: 1))
            ])
        #expect(session.state == .initial)
    }

    @Test(arguments: ["", ";;;", "nonsense", ","])
    func `SETUP with a Transport that says nothing is answered 461`(transport: String) {
        var session = Fixture.server()
        #expect(
            session.receive(Fixture.setup(1, transport: transport), at: start) == [
                .respond(.init(.unsupportedTransport, cSeq: 1))
            ])
        #expect(session.state == .initial)
    }

    @Test func `CVE-2021-38382: SETUP of the same stream again replaces its transport`() throws {
        var session = try Fixture.ready()
        #expect(
            session.receive(Fixture.setup(2), at: start) == [
                .ask(.setup(.init(url: Fixture.video, offers: [Fixture.offer], alreadySetUp: Fixture.streams())))
            ])
        #expect(
            try session.answer(.setup(.accepted(stream: 0, Fixture.interleaved)), at: start) == [
                Fixture.reply(.ok, 2, ["Transport": Fixture.interleaved.description])
            ])
        #expect(session.state == .ready(Fixture.streams(Fixture.interleaved)))
    }

    @Test func `SETUP of a second stream adds it`() throws {
        let session = try Fixture.ready(streams: 2)
        #expect(session.state == .ready(Fixture.bothStreams))
    }

    // MARK: - PLAY

    @Test func `PLAY with a range in another unit is answered 457`() throws {
        var session = try Fixture.ready()
        let request = Fixture.request(.play, 2, ["Range": "clock=19961108T142300Z-"])
        #expect(session.receive(request, at: start) == [Fixture.reply(.invalidRange, 2)])
        #expect(session.state == .ready(Fixture.streams()))
    }

    @Test(arguments: ["npt=abc-", "npt", "", "npt=-", "npt=99999999999999999999-"])
    func `CVE-2020-24027: PLAY with a range that cannot be read is a bad request`(range: String) throws {
        var session = try Fixture.ready()
        #expect(
            session.receive(Fixture.request(.play, 2, ["Range": range]), at: start) == [Fixture.reply(.badRequest, 2)])
        #expect(session.state == .ready(Fixture.streams()))
        #expect(session.openQuestion == nil)
    }

    @Test func `PLAY with a range while playing jumps at once`() throws {
        var session = try Fixture.playing()
        let later = Fixture.after(3)
        let jump = NormalPlayTimeRange.from(.seconds(30))
        #expect(
            session.receive(Fixture.request(.play, 10, ["Range": "npt=30-"]), at: later) == [
                .ask(.play(.init(range: jump, isAlreadyPlaying: true)))
            ])
        #expect(session.state == .playing(Fixture.streams(), Fixture.playback))
        #expect(
            try session.answer(.play(.accepted(range: nil, rtpInfo: .init(entries: []))), at: later) == [
                Fixture.reply(.ok, 10), .media(.start(range: jump)),
            ])
        #expect(session.state == .playing(Fixture.streams(), Playback(range: jump, startedAt: later)))
    }

    @Test func `PLAY without a range while playing tells how things stand and starts nothing`() throws {
        var session = try Fixture.playing()
        #expect(
            session.receive(Fixture.request(.play, 10), at: Fixture.after(3)) == [
                .ask(.play(.init(range: nil, isAlreadyPlaying: true)))
            ])
        #expect(
            try session.answer(
                .play(.accepted(range: .from(.seconds(3), to: .seconds(60)), rtpInfo: Fixture.info)), at: Fixture.after(3)) == [
                    Fixture.reply(.ok, 10, ["Range": "npt=3-60", "RTP-Info": Fixture.info.description])
                ])
        #expect(session.state == .playing(Fixture.streams(), Fixture.playback))
    }

    @Test func `when the media ends while that question is open, the answer starts it again`() throws {
        var session = try Fixture.playing()
        _ = session.receive(Fixture.request(.play, 10), at: start)
        session.playbackEnded(at: start)
        #expect(session.state == .ready(Fixture.streams()))
        #expect(
            try session.answer(.play(.accepted(range: nil, rtpInfo: .init(entries: []))), at: start) == [
                Fixture.reply(.ok, 10), .media(.start(range: nil)),
            ])
        #expect(session.state == .playing(Fixture.streams(), Playback(range: nil, startedAt: start)))
    }

    @Test func `a jump that is refused goes on playing as before`() throws {
        var session = try Fixture.playing()
        _ = session.receive(Fixture.request(.play, 10, ["Range": "npt=1000-"]), at: start)
        #expect(try session.answer(.play(.refused(.invalidRange, [:])), at: start) == [Fixture.reply(.invalidRange, 10)])
        #expect(session.state == .playing(Fixture.streams(), Fixture.playback))
    }

    // MARK: - Aggregate control

    @Test(arguments: [SessionFixtures.video, SessionFixtures.video + "/", SessionFixtures.movie, "*"])
    func `a session of one stream takes any URL for it`(url: String) throws {
        var session = try Fixture.playing()
        #expect(
            session.receive(Fixture.request(.pause, 10, url: url), at: start) == [.media(.pause), Fixture.reply(.ok, 10)])
        #expect(session.state == .ready(Fixture.streams()))
        #expect(
            session.receive(Fixture.request(.teardown, 11, url: url), at: start) == [
                .media(.stop), Fixture.reply(.ok, 11), .closed(.teardown),
            ])
    }

    @Test(arguments: [RTSPMethod.play, .pause]) func `one stream of several cannot be played or paused alone`(
        method: RTSPMethod
    ) throws {
        var session = try Fixture.ready(streams: 2)
        #expect(
            session.receive(Fixture.request(method, 5, url: Fixture.audio), at: start) == [
                Fixture.reply(.onlyAggregateOperationAllowed, 5)
            ])
        #expect(session.state == .ready(Fixture.bothStreams))
        var playing = try Fixture.playing(streams: 2)
        #expect(
            playing.receive(Fixture.request(method, 10, url: Fixture.audio + "/"), at: start) == [
                Fixture.reply(.onlyAggregateOperationAllowed, 10)
            ])
        #expect(playing.state == .playing(Fixture.bothStreams, Fixture.playback))
    }

    @Test func `TEARDOWN of one stream of several removes it, that of the last one closes`() throws {
        var session = try Fixture.ready(streams: 2)
        #expect(
            session.receive(Fixture.request(.teardown, 5, url: Fixture.audio), at: start) == [
                .media(.release(stream: 1)), Fixture.reply(.ok, 5),
            ])
        #expect(session.state == .ready(Fixture.streams()))
        #expect(
            session.receive(Fixture.request(.teardown, 6, url: Fixture.video), at: start) == [
                .media(.stop), Fixture.reply(.ok, 6), .closed(.teardown),
            ])
        #expect(session.state == .closed(.teardown))
    }

    @Test func `TEARDOWN of one stream while playing lets the others play on`() throws {
        var session = try Fixture.playing(streams: 2)
        #expect(
            session.receive(Fixture.request(.teardown, 10, url: Fixture.audio), at: start) == [
                .media(.release(stream: 1)), Fixture.reply(.ok, 10),
            ])
        #expect(session.state == .playing(Fixture.streams(), Fixture.playback))
    }

    @Test func `TEARDOWN with nothing set up closes, and has no media to stop`() {
        var session = Fixture.server()
        #expect(
            session.receive(Fixture.request(.teardown, 1), at: start) == [
                .respond(.init(.ok, cSeq: 1)), .closed(.teardown),
            ])
        #expect(session.state == .closed(.teardown))
    }

    // MARK: - The rest

    @Test func `PAUSE while ready is answered 200 and pauses nothing`() throws {
        var session = try Fixture.ready()
        #expect(session.receive(Fixture.request(.pause, 2), at: start) == [Fixture.reply(.ok, 2)])
        #expect(session.state == .ready(Fixture.streams()))
    }

    @Test(arguments: [RTSPMethod.getParameter, .setParameter]) func `an empty parameter request keeps the session alive`(
        method: RTSPMethod
    ) throws {
        var session = try Fixture.playing()
        #expect(session.receive(Fixture.request(method, 10), at: start) == [Fixture.reply(.ok, 10)])
        var request = Fixture.request(method, 11)
        request.body = Array("packets_received\r\n".utf8)
        #expect(session.receive(request, at: start) == [Fixture.reply(.parameterNotUnderstood, 11)])
        #expect(session.state == .playing(Fixture.streams(), Fixture.playback))
    }

    @Test func `OPTIONS tells what there is`() throws {
        var session = try Fixture.ready()
        #expect(
            session.receive(Fixture.request(.options, 2), at: start) == [Fixture.reply(.ok, 2, ["Public": everything])])
        #expect(session.state == .ready(Fixture.streams()))
    }

    @Test(arguments: [RTSPMethod.record, .announce, .redirect, RTSPMethod(rawValue: "FORWARD"), RTSPMethod(rawValue: "")])
    func `a method that is not offered is answered 501 with those that are`(method: RTSPMethod) throws {
        var session = try Fixture.ready()
        #expect(
            session.receive(Fixture.request(method, 2), at: start) == [
                Fixture.reply(.notImplemented, 2, ["Public": everything])
            ])
        #expect(session.state == .ready(Fixture.streams()))
    }

    @Test func `CSeq is returned as it was written, and not at all where there was none`() throws {
        var session = try Fixture.ready()
        let headers: RTSPHeaders = ["CSeq": "4294967295", "Session": Fixture.sessionText]
        #expect(
            session.receive(RTSPRequest(.getParameter, headers: ["Cseq": "4294967295"]), at: start) == [
                .respond(RTSPResponse(.ok, headers: headers))
            ])
        #expect(
            session.receive(RTSPRequest(.getParameter), at: start) == [
                .respond(RTSPResponse(.ok, headers: ["Session": Fixture.sessionText]))
            ])
    }
}
