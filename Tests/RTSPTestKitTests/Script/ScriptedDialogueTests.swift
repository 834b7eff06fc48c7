import MJPEGSource
import RTPTransport
import RTSPKit
import RTSPTestKit
import Testing

/// Scripts against whole connections, in both roles.
@Suite struct ScriptedDialogueTests {
    private static let start = ContinuousClock.now

    // MARK: A camera against a client

    private static func client(
        _ transport: ClientConfiguration.TransportChoice = .tcp, _ script: String
    ) throws -> ScriptedDialogue<ClientConnection> {
        let configuration = ClientConfiguration(
            url: "rtsp://camera/movie", transport: transport, clientPorts: PortPair(rtp: 5000, rtcp: 5001),
            playout: .fixed(.zero), ssrc: 7)
        var dialogue = ScriptedDialogue(
            ClientConnection(configuration: configuration, at: start), with: try ScriptedPeer(script), at: start)
        dialogue.perform { $0.connected(at: $1, via: &$2) }
        return dialogue
    }

    /// The dialogue up to a stream that is set up, as a camera has it that gets much of it wrong.
    private static let camera = #"""
        < OPTIONS rtsp://camera/movie RTSP/1.0
        # It does not know OPTIONS, and has lost its phrase (M33, M10).
        > RTSP/1.0 404
        < DESCRIBE rtsp://camera/movie
        < Accept: application/sdp
        # Rubbish from its start-up, lines with LF alone, no blank behind a colon, CSeq spelled its own way (M11, M08).
        > text "\x01\x02boot\x00"
        lines end with lf
        > RTSP/1.0 200 OK
        > Cseq:$cseq
        > Content-Type:application/sdp;charset=utf-8
        >
        > o=Camera One 1 1 IN IPV4 192.0.2.9
        > s=
        > m=video 0 RTP/AVP 26
        > a=control:trackID=1
        < SETUP rtsp://camera/movie/trackID=1
        < Transport: RTP/AVP/TCP;unicast;interleaved=0-1
        # Channels without /TCP, other ones than asked for, a blank before the timeout (M20, M17, M22).
        lines end with crlf
        in pieces of 7
        > RTSP/1.0 200 OK
        > Session: 4-2; timeout=20
        > Transport: RTP/AVP;unicast;interleaved=2-3;ssrc= 12AB

        """#

    @Test func `a camera that gets much of it wrong is understood`() throws {
        let picture = SyntheticPicture(scanBytes: 30)
        var sender = RTPSender(
            packetizer: JPEGPacketizer(), ssrc: 0x12AB, firstSequenceNumber: 1, firstTimestamp: RTPTimestamp(rawValue: 0),
            canonicalName: "camera")
        let packet = try sender.packetize(picture.bytes, at: .zero).bytes
        let hexadecimal = packet.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        var dialogue = try Self.client(
            .tcp,
            Self.camera + """
                < PLAY
                < Session: 4-2
                # The first picture comes before the answer (M12), and something on a channel of its own (M13).
                > frame 9 hex FFFF
                > frame 2 hex \(hexadecimal)
                > RTSP/1.0 200 OK
                > Session: 4-2
                > RTP-Info: url=trackID=1;seq=0;rtptime=-1;
                """)
        #expect(dialogue.endpoint.state == .ready)
        try dialogue.perform { client, now, transport throws(ClientConnection.CommandError) in
            try client.play(nil, at: now, via: &transport)
        }
        #expect(dialogue.endpoint.state == .playing)
        dialogue.run(for: .seconds(2))
        let frames = dialogue.events.compactMap { if case .frame(let frame) = $0 { frame } else { nil } }
        #expect(frames.map { SyntheticPicture.scanData(of: $0.image) } == [picture.scan])
        #expect(dialogue.endpoint.statistics().packets == 1)
        #expect(dialogue.peer.isFinished)
    }

    @Test func `a session is kept alive in its time`() throws {
        var dialogue = try Self.client(
            .tcp,
            Self.camera + """
                within 20 s
                < *
                < Session: 4-2
                > RTSP/1.0 200 OK
                within 20 s
                < *
                < Session: 4-2
                > RTSP/1.0 451 Parameter Not Understood
                < TEARDOWN
                < Session: 4-2
                > RTSP/1.0 200 OK
                < close
                """)
        #expect(dialogue.events.contains(.ready(transport: "RTP/AVP/TCP;unicast;interleaved=2-3;ssrc=000012AB", session: "4-2")))
        dialogue.run(for: .seconds(29))
        #expect(dialogue.peer.mismatch == nil)
        #expect(dialogue.peer.line == 33)
        dialogue.perform { $0.tearDown(at: $1, via: &$2) }
        #expect(dialogue.peer.mismatch == nil)
        #expect(dialogue.peer.isFinished)
        #expect(dialogue.isClosed)
        #expect(dialogue.events.last == .closed(nil))
    }

    @Test func `a camera that refuses datagrams is asked for the control connection`() throws {
        let dialogue = try Self.client(
            .auto,
            """
            < OPTIONS
            > RTSP/1.0 200 OK
            < DESCRIBE
            > RTSP/1.0 200 OK
            >
            > m=video 0 RTP/AVP 26
            > a=control:x
            < SETUP $url
            < Transport: RTP/AVP;unicast;client_port=5000-5001
            > RTSP/1.0 461 Unsupported Transport
            < SETUP $url
            < Transport: RTP/AVP/TCP;unicast;interleaved=$channels
            > RTSP/1.0 200 OK
            > Session: 1
            > Transport: RTP/AVP/TCP;unicast;interleaved=$channels
            """)
        #expect(dialogue.peer.isFinished)
        #expect(dialogue.peer.values == ["url": "rtsp://camera/movie/x", "channels": "0-1"])
        #expect(dialogue.endpoint.state == .ready)
    }

    @Test func `a client that asks for something else is found out`() throws {
        let dialogue = try Self.client(.tcp, "< OPTIONS\n> RTSP/1.0 200 OK\n\n< SETUP")
        #expect(
            dialogue.peer.mismatch
                == ScriptMismatch(.startLine, line: 4, expected: "SETUP", found: "DESCRIBE rtsp://camera/movie RTSP/1.0"))
    }

    @Test func `a camera that hangs up in the middle is the end`() throws {
        let dialogue = try Self.client(.tcp, "< OPTIONS\n> RTSP/1.0 200 OK\n< DESCRIBE\n> text \"RTSP/1.0 2\"\n> close")
        #expect(dialogue.peer.isFinished)
        #expect(dialogue.endpoint.state == .closed)
        #expect(dialogue.events == [.closed(ClientFailure(.connectionLost, "the server closed the connection"))])
    }

    // MARK: A client against a server

    private static func server(_ script: String) throws -> ScriptedDialogue<ServerConnection> {
        let configuration = ServerConnection.Configuration(
            mediaPorts: PortPair(rtp: 6000, rtcp: 6001), wallClock: WallClock(instant: start, ntp: NTPTimestamp(rawValue: 0)))
        let connection = ServerConnection(peer: "192.0.2.1", configuration: configuration, at: start)
        var dice = SeededGenerator(seed: 3)
        let identity = SessionIdentity(using: &dice)
        return ScriptedDialogue(connection, with: try ScriptedPeer(script), at: start) { connection, event, now, transport in
            guard case .ask(.find(let path, _, _)) = event else { return [] }
            let movie = Presentation.stored(StoredPresentation(name: "movie", source: FrameList(count: 50)))
            let answer: ServerAnswer = path == "/movie" ? .found(movie, identity) : .refused(.notFound)
            return (try? connection.answer(answer, at: now, via: &transport)) ?? []
        }
    }

    @Test func `a client that plays on its control connection gets frames and answers`() throws {
        var dialogue = try Self.server(
            #"""
            > text "\r\n"
            > DESCRIBE rtsp://host/movie RTSP/1.0
            > Accept: application/sdp
            < RTSP/1.0 200 OK
            < CSeq: 1
            < Content-Type: application/sdp
            < Content-Base: $base
            <
            < m=video * RTP/AVP 26
            < a=control:$control
            > SETUP ${base}$control RTSP/1.0
            > Transport: RTP/AVP/TCP;unicast;interleaved=4-5
            < RTSP/1.0 200
            < Session: $session;timeout=60
            < Transport: RTP/AVP/TCP;unicast;interleaved=4-5;ssrc=$ssrc
            in pieces of 11 every 1 ms
            > PLAY $base RTSP/1.0
            > Session: $session
            > Range: npt=1-

            # The reply first, then media.
            < RTSP/1.0 200
            < CSeq: 3
            < Session: $session*
            < Range: npt=1-2
            < RTP-Info: url=${base}$control;seq=*;rtptime=*
            < frame 4
            wait 100 ms
            > PAUSE $base RTSP/1.0
            > Session: $session
            < RTSP/1.0 200
            silence 5 s
            > TEARDOWN $base RTSP/1.0
            > Session: $session
            < RTSP/1.0 200
            > PLAY $base RTSP/1.0
            > Session: $session
            < RTSP/1.0 454 *
            < !Session
            > close
            """#)
        dialogue.run(for: .seconds(10))
        #expect(dialogue.peer.mismatch == nil, "\(dialogue.peer.mismatch?.description ?? "")")
        #expect(dialogue.peer.isFinished)
        #expect(dialogue.peer.framesPassedOver > 0)
        #expect(dialogue.peer.values["base"] == "rtsp://host/movie/")
        #expect(dialogue.endpoint.isFinished)
        #expect(dialogue.isClosed)
    }

    @Test func `a client that breaks the rules is told so and goes on, or is told to go`() throws {
        var dialogue = try Self.server(
            #"""
            > FLY rtsp://host/movie RTSP/1.0
            < RTSP/1.0 501
            > PLAY rtsp://host/movie RTSP/1.0
            < RTSP/1.0 4*
            > OPTIONS rtsp://host/movie RTSP/2.0
            < RTSP/1.0 505
            > OPTIONS rtsp://host/movie RTSP/1.0
            > Require: tunnels
            < RTSP/1.0 551
            < Unsupported: tunnels
            > DESCRIBE rtsp://host/other RTSP/1.0
            < RTSP/1.0 404
            > OPTIONS * RTSP/1.0
            > Content-Length: -1
            < RTSP/1.0 400
            < close
            """#)
        dialogue.run(for: .seconds(1))
        #expect(dialogue.peer.mismatch == nil, "\(dialogue.peer.mismatch?.description ?? "")")
        #expect(dialogue.peer.isFinished)
        #expect(dialogue.endpoint.isFinished)
    }

    @Test func `half a message is waited for, and no longer than the limits say`() throws {
        var dialogue = try Self.server(
            """
            in pieces of 9 every 3 s
            > OPTIONS rtsp://host/movie RTSP/1.0
            """)
        dialogue.run(for: .seconds(9))
        #expect(!dialogue.isClosed)
        dialogue.run(for: .seconds(2))
        #expect(dialogue.isClosed)
        #expect(dialogue.endpoint.state == .closed)
        #expect(dialogue.now == Self.start + .seconds(11))
    }
}
