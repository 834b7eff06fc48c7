import RTPTransport
import RTSPKit
import RTSPTestKit
import SmallPlayer
import Testing

/// With this, a script can be the player's server.
extension SmallPlayer: ScriptedEndpoint {}

@Suite struct SmallPlayerTests {
    @Test func `the first thing that is said is OPTIONS`() {
        var transport = FakeTransport()
        var player = SmallPlayer(clientConfiguration(), at: start)
        #expect(player.connected(at: start, via: &transport).isEmpty)
        #expect(transport.takeControlText().hasPrefix("OPTIONS rtsp://192.0.2.1/clock RTSP/1.0\r\nCSeq: 1\r\n"))
        #expect(player.state == .connecting)
    }

    @Test func `a server that refuses is told in words`() throws {
        let server = try ScriptedPeer(
            """
            < OPTIONS
            > RTSP/1.0 200 OK
            < DESCRIBE *
            < Accept: application/sdp
            > RTSP/1.0 404 Not Found
            """)
        var dialogue = ScriptedDialogue(SmallPlayer(clientConfiguration(), at: start), with: server, at: start)
        dialogue.perform { $0.connected(at: $1, via: &$2) }
        dialogue.run(for: .seconds(1))
        #expect(dialogue.peer.mismatch == nil)
        #expect(dialogue.peer.isFinished)
        guard case .failed(let reason) = dialogue.endpoint.state else {
            Issue.record("\(dialogue.endpoint.state)")
            return
        }
        #expect(reason.contains("404"))
    }

    @Test func `a server that says another thing than its script is found out`() throws {
        let server = try ScriptedPeer("< DESCRIBE")
        var dialogue = ScriptedDialogue(SmallPlayer(clientConfiguration(), at: start), with: server, at: start)
        dialogue.perform { $0.connected(at: $1, via: &$2) }
        #expect(dialogue.peer.mismatch?.kind == .startLine)
        #expect(dialogue.peer.mismatch?.line == 1)
    }

    @Test func `whatever a server sends, little of it is held, and there is an end`() {
        let messages = MessageGenerator(.server, url: "rtsp://192.0.2.1/clock")
        for seed: UInt64 in 0..<300 {
            var transport = PacketLog()
            var player = SmallPlayer(clientConfiguration(.tcp), at: start)
            _ = player.connected(at: start, via: &transport)
            for (offset, mood) in GeneratorMood.allCases.enumerated() {
                let sample = messages.sample(mood, seed: seed &* 3 &+ UInt64(offset))
                _ = player.receive(sample.bytes.span, at: start, via: &transport)
                #expect(player.heldByteCount < 2 << 20, "\(sample)")
            }
            // A minute later it has given up, or got somewhere.
            _ = player.advance(to: start + .seconds(60), via: &transport)
            #expect(player.state != .connecting)
        }
    }

    @Test func `packets that nobody asked for show nothing, however they are made`() {
        let packets = PacketGenerator()
        for seed: UInt64 in 0..<100 {
            var player = SmallPlayer(clientConfiguration(), at: start)
            var transport = PacketLog()
            for mood in GeneratorMood.allCases {
                for packet in packets.sample(mood, seed: seed).packets {
                    _ = player.receive(rtp: packet.span, at: start, via: &transport)
                }
            }
            #expect(player.picture == nil)
            #expect(transport.lines.isEmpty)
        }
    }
}
