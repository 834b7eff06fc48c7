import MJPEGSource
import RTPTransport
import RTSPKit
import RTSPTestKit
import Testing

/// What SETUP and PLAY agree on.
@Suite struct ServerConnectionSessionsTests {
    private static func transport(_ response: RTSPResponse) -> TransportSpec? {
        TransportHeader.parse(response.headers.values(for: "Transport")).first
    }

    @Test func `the first offer that can be served is taken`() {
        let cases: [(offers: String, expected: MediaRoute)] = [
            ("RTP/AVP;multicast,RTP/SAVP;unicast;client_port=1-2,\(ServerDialogue.udp)", .datagrams(rtp: 5000, rtcp: 5001)),
            ("RTP/AVP;unicast,\(ServerDialogue.tcp)", .interleaved(ChannelPair(rtp: 0, rtcp: 1))),
            ("\(ServerDialogue.tcp),\(ServerDialogue.udp)", .interleaved(ChannelPair(rtp: 0, rtcp: 1))),
            ("RTP/AVP;unicast;client_port=0-1,RTP/AVP;client_port=7000", .datagrams(rtp: 7000, rtcp: nil)),
            ("RTP/AVP/TCP;unicast", .interleaved(ChannelPair(rtp: 0, rtcp: 1))),
            ("RTP/AVP/TCP;interleaved=255", .interleaved(ChannelPair(rtp: 0, rtcp: 1))),
            ("RTP/AVP/TCP;interleaved=254", .interleaved(ChannelPair(rtp: 254, rtcp: 255))),
            ("RTP/AVP/TCP;interleaved=7-7", .interleaved(ChannelPair(rtp: 0, rtcp: 1))),
            ("RTP/AVP/TCP;interleaved=9-4", .interleaved(ChannelPair(rtp: 9, rtcp: 4))),
            ("RTP/AVP;destination=192.0.2.1;client_port=5000-0", .datagrams(rtp: 5000, rtcp: nil)),
        ]
        for (offers, expected) in cases {
            var talk = ServerDialogue()
            #expect(talk.ask(.setup, ["Transport": offers]).status == .ok, "\(offers)")
            #expect(Array(talk.transport.routes.values) == [expected], "\(offers)")
        }
    }

    @Test(arguments: [
        "RTP/AVP;multicast", "RTP/SAVP;unicast;client_port=1-2", "RAW/RAW/UDP;unicast;client_port=1-2", "RTP/AVP;unicast",
        "RTP/AVP;unicast;client_port=5000-5001;destination=203.0.113.9", "RTP/AVP;unicast;client_port=5000-5001;mode=RECORD",
        "nonsense",
    ])
    func `offers that cannot be served get 461 and leave no session`(_ offers: String) {
        var talk = ServerDialogue()
        let response = talk.ask(.setup, ["Transport": offers])
        #expect(response.status == .unsupportedTransport)
        #expect(response.headers["Session"] == nil)
        #expect(talk.connection.sessionCount == 0)
        #expect(talk.transport.routes.isEmpty)
        #expect(talk.ended.isEmpty)
    }

    @Test func `SETUP without a transport gets 400, without UDP ports there is only TCP`() {
        var talk = ServerDialogue()
        #expect(talk.ask(.setup).status == .badRequest)
        #expect(talk.connection.sessionCount == 0)
        var inside = ServerDialogue { $0.mediaPorts = nil }
        #expect(inside.ask(.setup, ["Transport": ServerDialogue.udp]).status == .unsupportedTransport)
        #expect(inside.ask(.setup, ["Transport": "\(ServerDialogue.udp),\(ServerDialogue.tcp)"]).status == .ok)
    }

    @Test func `channels that are taken are replaced by free ones`() {
        var talk = ServerDialogue()
        _ = talk.setUp(ServerDialogue.tcp)
        let second = talk.ask(.setup, ["Transport": "RTP/AVP/TCP;unicast;interleaved=1-2"])
        #expect(Self.transport(second)?.interleaved == ChannelPair(rtp: 2, rtcp: 3))
    }

    @Test func `SETUP again moves the stream to another transport, and keeps its own channels`() {
        var talk = ServerDialogue()
        let session = talk.setUp(ServerDialogue.tcp)
        let again = talk.ask(.setup, session: session, ["Transport": ServerDialogue.tcp])
        #expect(Self.transport(again)?.interleaved == ChannelPair(rtp: 0, rtcp: 1))
        _ = talk.takeEntries()
        let moved = talk.ask(.setup, session: session, ["Transport": ServerDialogue.udp])
        #expect(moved.status == .ok)
        #expect(moved.headers["Session"]?.hasPrefix(session) == true)
        #expect(Array(talk.transport.routes.values) == [.datagrams(rtp: 5000, rtcp: 5001)])
        #expect(talk.connection.sessionCount == 1)
        _ = talk.ask(.play, session: session)
        #expect(talk.transport.batches.count == 1)
        #expect(talk.events.filter { if case .sessionStarted = $0 { true } else { false } }.count == 1)
        // A refused move changes nothing.
        _ = talk.ask(.pause, session: session)
        #expect(talk.ask(.setup, session: session, ["Transport": "RTP/AVP;multicast"]).status == .unsupportedTransport)
        #expect(Array(talk.transport.routes.values) == [.datagrams(rtp: 5000, rtcp: 5001)])
    }

    @Test func `one session is for one presentation`() {
        var talk = ServerDialogue()
        talk.catalog["/other"] = talk.catalog["/movie"]
        let session = talk.setUp()
        let response = talk.ask(.setup, "rtsp://host/other/stream=0", session: session, ["Transport": ServerDialogue.udp])
        #expect(response.status == .aggregateOperationNotAllowed)
        #expect(talk.connection.sessionStates.map(\.phase) == [.ready])
    }

    @Test func `a connection holds so many sessions and no more`() {
        var talk = ServerDialogue { $0.limits.sessionsPerConnection = 2 }
        _ = talk.setUp()
        let second = talk.setUp()
        #expect(talk.ask(.setup, ["Transport": ServerDialogue.udp]).status == .notEnoughBandwidth)
        _ = talk.ask(.teardown, session: second)
        #expect(talk.ask(.setup, ["Transport": ServerDialogue.udp]).status == .ok)
    }

    @Test func `the single stream's URL does for every method`() {
        var talk = ServerDialogue()
        let url = "rtsp://host/movie/stream=0"
        let session = talk.setUp()
        for method in [RTSPMethod.play, .pause, .getParameter, .teardown] {
            #expect(talk.ask(method, url, session: session).status == .ok)
        }
        #expect(talk.connection.sessionCount == 0)
    }

    @Test(arguments: [
        ("npt=1-", "npt=1-2"), ("npt=0.5-1", "npt=0.48-1"), ("npt=now-", "npt=0-2"), ("npt=-1", "npt=0-1"),
        ("npt=0:00:01.5-", "npt=1.48-2"), ("npt=0-999", "npt=0-2"),
    ])
    func `a range is taken from the frame at or before its start`(_ asked: String, _ answered: String) {
        var talk = ServerDialogue()
        let session = talk.setUp()
        let response = talk.ask(.play, session: session, ["Range": asked])
        #expect(response.status == .ok)
        #expect(response.headers["Range"] == answered)
    }

    @Test(arguments: ["npt=2-", "npt=99-", "npt=1-0.5", "npt=1-1", "smpte=0:00:01-", "clock=19961108T142300Z-"])
    func `a range outside gets 457 and changes nothing`(_ range: String) {
        var talk = ServerDialogue()
        let session = talk.setUp()
        let response = talk.ask(.play, session: session, ["Range": range])
        #expect(response.status == .invalidRange)
        #expect(talk.connection.sessionStates.map(\.phase) == [.ready])
        #expect(talk.transport.batches.isEmpty)
        #expect(talk.ask(.play, session: session).headers["Range"] == "npt=0-2")
    }

    @Test func `a refused jump leaves playing as it was`() {
        var talk = ServerDialogue()
        let session = talk.play()
        talk.pass(.milliseconds(500))
        #expect(talk.ask(.play, session: session, ["Range": "npt=50-"]).status == .invalidRange)
        talk.pass(.seconds(2))
        #expect(talk.transport.batches.count == 50)
        #expect(talk.goodbyes == 1)
    }

    @Test func `RTP-Info agrees with the first packet sent, at every PLAY`() throws {
        var talk = ServerDialogue()
        let session = talk.setUp()
        for range in ["npt=0-", "npt=1-", nil, "npt=0.2-0.4"] {
            _ = talk.takeEntries()
            let response = talk.ask(.play, session: session, range.map { ["Range": $0] } ?? [:])
            let info = try #require(response.headers["RTP-Info"].map { RTPInfoHeader.parse($0) }?.entries.first)
            let first = try #require(talk.transport.headers.first)
            #expect(info.url == "rtsp://host/movie/stream=0")
            #expect(info.sequenceNumber == first.sequenceNumber)
            #expect(info.rtpTime == first.timestamp.rawValue)
            talk.pass(.milliseconds(300))
            _ = talk.ask(.pause, session: session)
        }
    }

    @Test func `PLAY while playing tells how things stand, and with a range jumps`() {
        var talk = ServerDialogue()
        let session = talk.play()
        talk.pass(.milliseconds(410))
        let again = talk.ask(.play, session: session)
        #expect(again.status == .ok)
        #expect(again.headers["Range"] == "npt=0.44-2")
        #expect(talk.transport.batches.count == 11)
        let jump = talk.ask(.play, session: session, ["Range": "npt=1.8-"])
        #expect(jump.headers["Range"] == "npt=1.8-2")
        #expect(talk.transport.batches.count == 12)
        talk.pass(.seconds(1))
        #expect(talk.transport.batches.count == 16)
        #expect(talk.connection.sessionStates.map(\.phase) == [.ready])
    }

    @Test func `a source that cannot be read gets 500`() {
        var frames = FrameList(count: 10)
        frames.failingIndex = 0
        var talk = ServerDialogue()
        talk.catalog["/movie"] = .stored(StoredPresentation(name: "movie", source: frames))
        let session = talk.setUp()
        #expect(talk.ask(.play, session: session).status == .internalServerError)
        #expect(talk.connection.sessionStates.map(\.phase) == [.ready])
        #expect(talk.events.contains { if case .sourceFailed("movie", _) = $0 { true } else { false } })
    }

    @Test func `a presentation without frames has no range to play`() {
        var talk = ServerDialogue()
        talk.catalog["/movie"] = .stored(StoredPresentation(name: "movie", source: FrameList(count: 0)))
        #expect(talk.ask(.describe).status == .ok)
        let session = talk.setUp()
        #expect(talk.ask(.play, session: session).status == .invalidRange)
        talk.pass(.seconds(1))
    }

    @Test func `what stands at the root can be set up`() {
        var talk = ServerDialogue()
        talk.catalog["/"] = .stored(StoredPresentation(name: "root", source: ServerDialogue.frames))
        #expect(talk.ask(.describe, "rtsp://host/").status == .ok)
        #expect(talk.ask(.setup, "rtsp://host/stream=0", ["Transport": ServerDialogue.tcp]).status == .ok)
        #expect(talk.connection.sessionCount == 1)
    }
}
