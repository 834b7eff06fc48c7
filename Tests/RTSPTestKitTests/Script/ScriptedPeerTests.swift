import RTSPKit
import RTSPTestKit
import Testing

@Suite struct ScriptedPeerTests {
    private static let start = ContinuousClock.now

    /// Gives the peer one message and returns what it sends, as text.
    private static func say(
        _ text: String, to peer: inout ScriptedPeer, at now: ContinuousClock.Instant = start
    ) -> [String] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n")
        return texts(peer.receive(Array((lines + "\r\n\r\n").utf8).span, at: now))
    }

    private static func texts(_ actions: [ScriptedPeer.Action]) -> [String] {
        actions.map { action in
            switch action {
            case .send(let bytes): String(decoding: bytes, as: UTF8.self)
            case .close: "close"
            case .mismatch(let mismatch): "mismatch: \(mismatch)"
            }
        }
    }

    @Test func `an answer takes its number from the request, and values from what was captured`() throws {
        var peer = try ScriptedPeer(
            """
            < SETUP $url RTSP/1.0
            < Transport: RTP/AVP;unicast;client_port=$ports
            > RTSP/1.0 200 OK
            > Session: 17
            > Transport: RTP/AVP;unicast;client_port=$ports;server_port=1-2

            < PLAY ${url}
            > RTSP/1.0 200 OK
            >
            > about $url
            """)
        #expect(peer.line == 1)
        #expect(
            Self.say("SETUP rtsp://h/a RTSP/1.0\nCSeq: 7\nTransport: RTP/AVP;unicast;client_port=50-51", to: &peer) == [
                "RTSP/1.0 200 OK\r\nCSeq: 7\r\nSession: 17\r\n"
                    + "Transport: RTP/AVP;unicast;client_port=50-51;server_port=1-2\r\n\r\n"
            ])
        #expect(peer.values == ["url": "rtsp://h/a", "ports": "50-51"])
        #expect(peer.line == 7)
        #expect(!peer.isFinished)
        #expect(
            Self.say("PLAY rtsp://h/a RTSP/1.0\nCSeq: x 8", to: &peer) == [
                "RTSP/1.0 200 OK\r\nCSeq: x 8\r\nContent-Length: 18\r\n\r\nabout rtsp://h/a\r\n"
            ])
        #expect(peer.isFinished)
        #expect(peer.mismatch == nil)
    }

    @Test func `a script may write its own numbers, leave them out, and spell lines as it likes`() throws {
        var peer = try ScriptedPeer(
            """
            < OPTIONS
            lines end with lf
            > RTSP/1.0 200
            > cseq : ${cseq}0
            > Public:OPTIONS
            lines end with crlf
            < OPTIONS
            > RTSP/1.0 400 Bad
            > !CSeq
            > OPTIONS * RTSP/1.0

            > OPTIONS * RTSP/1.0
            """)
        #expect(Self.say("OPTIONS * RTSP/1.0\nCSeq: 5", to: &peer) == ["RTSP/1.0 200\ncseq : 50\nPublic:OPTIONS\n\n"])
        #expect(
            Self.say("OPTIONS * RTSP/1.0\nCSeq: 6", to: &peer) == [
                "RTSP/1.0 400 Bad\r\nOPTIONS * RTSP/1.0\r\n\r\n", "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n",
            ])
    }

    @Test func `requests are numbered, answers are compared`() throws {
        var peer = try ScriptedPeer(
            """
            > OPTIONS rtsp://h/a RTSP/1.0
            < RTSP/1.0 200
            < CSeq: 1
            < Public: *DESCRIBE*
            > DESCRIBE rtsp://h/a RTSP/1.0
            < RTSP/1.0 4* Not Found
            < !Session
            """)
        #expect(Self.texts(peer.advance(to: Self.start)) == ["OPTIONS rtsp://h/a RTSP/1.0\r\nCSeq: 1\r\n\r\n"])
        #expect(
            Self.say("RTSP/1.0 200 Fine\nCSeq: 1\nPublic: OPTIONS, DESCRIBE, SETUP", to: &peer) == [
                "DESCRIBE rtsp://h/a RTSP/1.0\r\nCSeq: 2\r\n\r\n"
            ])
        #expect(Self.say("RTSP/1.0 404 Not Found\nCSeq: 2", to: &peer) == [])
        #expect(peer.isFinished)
    }

    @Test(arguments: [
        ("< OPTIONS", "DESCRIBE * RTSP/1.0", ScriptMismatch.Kind.startLine, "OPTIONS", "DESCRIBE * RTSP/1.0"),
        ("< OPTIONS rtsp://h/\\*", "OPTIONS rtsp://h/a RTSP/1.0", .startLine, "rtsp://h/\\*", "rtsp://h/a"),
        ("< RTSP/1.0 200", "RTSP/1.0 404 Not Found", .startLine, "RTSP/1.0 200", "RTSP/1.0 404 Not Found"),
        ("< RTSP/1.0 200", "OPTIONS * RTSP/1.0", .startLine, "RTSP/1.0 200", "OPTIONS * RTSP/1.0"),
        ("< *\n< Session: 17", "OPTIONS * RTSP/1.0\nSession: 18", .header, "Session: 17", "Session: 18 in OPTIONS"),
        ("< *\n< Session: 17", "OPTIONS * RTSP/1.0", .header, "Session: 17", "no Session in OPTIONS"),
        ("< *\n< !Session", "OPTIONS * RTSP/1.0\nsession: 18", .header, "no Session", "Session: 18"),
        ("< * *\n< X: $a\n< Y: $a", "OPTIONS * RTSP/1.0\nX: 1\nY: 2", .header, "Y: $a", "Y: 2"),
        ("< *\n<\n< a", "OPTIONS * RTSP/1.0", .body, "a", "no more lines"),
        ("< close", "OPTIONS * RTSP/1.0", .unexpected, "close", "OPTIONS * RTSP/1.0"),
        ("< frame 0", "OPTIONS * RTSP/1.0", .unexpected, "frame 0", "OPTIONS * RTSP/1.0"),
        ("silence 1 s", "OPTIONS * RTSP/1.0", .unexpected, "silence 1 s", "OPTIONS * RTSP/1.0"),
        ("< OPTIONS", "OPTIONS * RTSP/x", .notRTSP, "OPTIONS", "malformedStartLine at byte 0"),
        ("any order\n< PLAY\n\n< PAUSE\nend", "OPTIONS * RTSP/1.0", .startLine, "PLAY or PAUSE", "OPTIONS"),
    ])
    func `what is not as the script has it is told with the line, once`(
        script: String, text: String, kind: ScriptMismatch.Kind, expected: String, found: String
    ) throws {
        var peer = try ScriptedPeer("# the first line\n\(script)\n> hex 00")
        let told = Self.say(text, to: &peer)
        let mismatch = try #require(peer.mismatch)
        #expect(told == ["mismatch: \(mismatch)"])
        #expect(mismatch.kind == kind)
        #expect((2...5).contains(mismatch.line))
        #expect(mismatch.expected.contains(expected))
        #expect(mismatch.found.contains(found))
        #expect(!peer.isFinished)
        #expect(Self.say("OPTIONS * RTSP/1.0", to: &peer).isEmpty)
        #expect(peer.deadline == nil)
    }

    @Test func `lines of a body are found in their order, others may stand between`() throws {
        let script = "< RTSP/1.0 200\n<\n< v=0\n< m=video $port RTP/AVP 26\n< a=control:*"
        let body = "v=0\r\ns=x\r\nm=video 0 RTP/AVP 26\r\na=rtpmap:26 JPEG/90000\r\na=control:x\r\n"
        var peer = try ScriptedPeer(script)
        #expect(Self.say("RTSP/1.0 200 OK\nContent-Length: \(body.utf8.count)\n\n\(body)", to: &peer).isEmpty)
        #expect(peer.isFinished)
        #expect(peer.values == ["port": "0"])
        var other = try ScriptedPeer(script + "\n< s=x")
        _ = Self.say("RTSP/1.0 200 OK\nContent-Length: \(body.utf8.count)\n\n\(body)", to: &other)
        #expect(other.mismatch?.kind == .body)
        #expect(other.mismatch?.line == 6)
        #expect(other.values.isEmpty)
    }

    @Test func `bytes, frames, waits, pieces and closing come in the order of the script`() throws {
        var peer = try ScriptedPeer(
            #"""
            > text "junk\r\n\x7F"
            > frame 2 hex 0102
            wait 250 ms
            in pieces of 2 every 10 ms
            > hex 0A 0B 0C 0D 0E
            in pieces of 3
            > text "abcde"
            > close
            """#)
        #expect(peer.advance(to: Self.start) == [.send(Array("junk\r\n\u{7F}".utf8)), .send([0x24, 2, 0, 2, 1, 2])])
        #expect(peer.deadline == Self.start + .milliseconds(250))
        #expect(peer.advance(to: Self.start + .milliseconds(249)).isEmpty)
        #expect(peer.advance(to: Self.start + .milliseconds(250)) == [.send([10, 11])])
        #expect(peer.deadline == Self.start + .milliseconds(260))
        #expect(peer.advance(to: Self.start).isEmpty)
        #expect(peer.advance(to: Self.start + .milliseconds(260)) == [.send([12, 13])])
        #expect(
            Self.texts(peer.advance(to: Self.start + .milliseconds(999))) == ["\u{E}", "abc", "de", "close"])
        #expect(peer.isFinished)
        #expect(peer.deadline == nil)
    }

    @Test func `patience ends, and so does silence`() throws {
        var peer = try ScriptedPeer("silence 1 s\nwithin 500 ms\n< OPTIONS")
        #expect(peer.advance(to: Self.start).isEmpty)
        #expect(peer.receive([0x24, 0, 0, 0].span, at: Self.start).isEmpty)
        #expect(peer.advance(to: Self.start + .seconds(1)).isEmpty)
        #expect(peer.deadline == Self.start + .milliseconds(1_500))
        var late = peer
        #expect(Self.say("OPTIONS * RTSP/1.0", to: &peer, at: Self.start + .milliseconds(1_400)).isEmpty)
        #expect(peer.isFinished)
        _ = late.advance(to: Self.start + .milliseconds(1_500))
        #expect(late.mismatch == ScriptMismatch(.timedOut, line: 3, expected: "OPTIONS", found: "nothing in 0.5 seconds"))
    }

    @Test func `frames are passed over, unless they are expected`() throws {
        let frames: [UInt8] = [0x24, 0, 0, 1, 7, 0x24, 1, 0, 0]
        var peer = try ScriptedPeer("< OPTIONS\n< frame 1\n< frame\n< close")
        #expect(peer.receive(frames.span, at: Self.start).isEmpty)
        #expect(peer.framesPassedOver == 2)
        #expect(Self.say("OPTIONS * RTSP/1.0", to: &peer).isEmpty)
        #expect(peer.line == 2)
        #expect(peer.receive(frames.span, at: Self.start).isEmpty)
        #expect(peer.framesPassedOver == 3)
        #expect(peer.line == 3)
        #expect(peer.receive(frames.span, at: Self.start).isEmpty)
        #expect(peer.line == 4)
        #expect(peer.connectionClosed(at: Self.start).isEmpty)
        #expect(peer.isFinished)
    }

    @Test func `a close where none was expected is a mismatch`() throws {
        var peer = try ScriptedPeer("< OPTIONS")
        #expect(
            peer.connectionClosed(at: Self.start) == [
                .mismatch(ScriptMismatch(.closed, line: 1, expected: "OPTIONS", found: "the connection closed"))
            ])
    }

    @Test func `cases come in any order, each with its answer`() throws {
        let script = """
            any order
            < OPTIONS
            > RTSP/1.0 200 OK

            < GET_PARAMETER
            > RTSP/1.0 451 No
            > frame 0
            end
            < TEARDOWN
            """
        for first in ["OPTIONS", "GET_PARAMETER"] {
            var peer = try ScriptedPeer(script)
            let second = first == "OPTIONS" ? "GET_PARAMETER" : "OPTIONS"
            let answers = [
                "OPTIONS": ["RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n"],
                "GET_PARAMETER": ["RTSP/1.0 451 No\r\nCSeq: 1\r\n\r\n", "$\0\0\0"],
            ]
            for method in [first, second] {
                #expect(Self.say("\(method) * RTSP/1.0\nCSeq: 1", to: &peer) == answers[method])
            }
            #expect(peer.line == 9)
            #expect(Self.say("TEARDOWN * RTSP/1.0", to: &peer).isEmpty)
            #expect(peer.isFinished)
        }
        var peer = try ScriptedPeer(script)
        _ = Self.say("OPTIONS * RTSP/1.0\nCSeq: 1", to: &peer)
        _ = Self.say("OPTIONS * RTSP/1.0\nCSeq: 2", to: &peer)
        #expect(peer.mismatch?.expected == "GET_PARAMETER")
    }

    @Test func `how what it hears is cut changes nothing`() throws {
        let script = try PeerScript("< SETUP $url\n< frame 0\n< PLAY $url\n> RTSP/1.0 200 $url\n< *")
        let bytes =
            Array("SETUP rtsp://h/a RTSP/1.0\r\nCSeq: 1\r\n\r\n".utf8) + [0x24, 0, 0, 1, 9]
            + Array("PLAY rtsp://h/a RTSP/1.0\r\nCSeq: 2\r\n\r\n".utf8)
        var dice = SeededGenerator(seed: 1)
        let deviation = ParserVerifier.firstDeviation(of: bytes, using: &dice) { cut in
            var peer = ScriptedPeer(script)
            return cut.flatMap { peer.receive($0.span, at: Self.start) }
        }
        #expect(deviation == nil, "\(deviation?.description ?? "")")
    }

    @Test func `whatever it hears, it does not trap`() throws {
        let script = try PeerScript("< $method $url\n< *: *\n<\n< $line*\n< frame 3\n< *")
        var mismatches: Set<ScriptMismatch.Kind> = []
        for seed in 0..<300 as Range<UInt64> {
            var peer = ScriptedPeer(script)
            for bytes in [
                MessageGenerator(.client).sample(.hostile, seed: seed), MessageGenerator(.server).sample(.odd, seed: seed),
            ] {
                _ = peer.receive(bytes.bytes.span, at: Self.start)
            }
            _ = peer.connectionClosed(at: Self.start)
            if let mismatch = peer.mismatch { mismatches.insert(mismatch.kind) }
        }
        #expect(mismatches.isSuperset(of: [.startLine, .closed, .notRTSP]))
    }
}
