import RTPTransport
import RTSPKit
import RTSPTestKit
import Testing

@Suite struct LadderRenderingTests {
    @Test func `A small conversation as text`() {
        #expect(
            LadderDiagram(.byHand()).text(width: 84) == """
                          client                                                     server
                    0.000 ├── SETUP rtsp://host/movie RTSP/1.0 ──────────────────────────▶│ 0.010
                          │     CSeq: 1  Transport: RTP/AVP;unicast                       │
                          │               stream 1 goes to port 5000, its reports to 5001 ● 0.010
                    0.020 │◀─ RTSP/1.0 200 OK ────────────────────────────────────────────┤ 0.010
                          │     CSeq: 1  Session: 01234567…;timeout=60                    │
                    0.040 │◀═ frame 1 · 3 packets ════════════════════════════════════════┤ 0.030
                    0.080 │◀═ frame 2 · 3 packets · incomplete: packet 2 of 3 lost ═══════┤ 0.070
                          │    ✗╌ packet 2 of 3 · sequence 2 · 20 bytes ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤ 0.070
                          │    ✗═ frame 3 · 2 packets · lost, all 2 packets ══════════════┤ 0.110
                    0.500 ● user: TEARDOWN                                                │

                """)
    }

    @Test func `ASCII is nothing but ASCII, line by line as long`() {
        let diagram = LadderDiagram(Scenario.short(frames: 12).transcript)
        let plain = diagram.text(ascii: true)
        #expect(plain.allSatisfy { $0.isASCII })
        #expect(plain.contains("<= frame 1 | 3 packets | shown at 0.390 ==="))
        let lines = diagram.text().split(separator: "\n", omittingEmptySubsequences: false)
        #expect(plain.split(separator: "\n", omittingEmptySubsequences: false).count == lines.count)
    }

    @Test(arguments: [60, 84, 120]) func `No line of two columns is longer than asked for`(width: Int) {
        let text = LadderDiagram(Scenario.short(frames: 12).transcript).text(width: width)
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= width })
    }

    @Test func `Many columns have their texts behind them`() {
        var scenario = Scenario.short(frames: 2)
        scenario.viewers.append(scenario.viewers[0])
        scenario.viewers[1].acts = scenario.viewers[1].acts.map { .init($0.command, at: $0.time + .milliseconds(7)) }
        let lines = LadderDiagram(scenario.transcript).text(width: 120).split(separator: "\n").map(String.init)
        #expect(lines.prefix(3) == ["  client 1 198.51.100.1", "  client 2 198.51.100.2", "  server 192.0.2.1"])
        #expect(
            lines.contains(
                "    0.327     0.347      │               │◀══════════════┤  frame 1 · 3 packets · shown at 0.397"))
    }

    @Test func `A picture of anything is well-formed, and what a peer says is text in it`() {
        var transcript = Transcript.byHand()
        var generator = SeededGenerator(seed: 1)
        let evil = "\"><script>alert('&amp;')</script>]]><!-- \u{1B}[2J\u{202E}\0"
        transcript.participants.append(
            .init(
                .init(.server, 1), .server(.init(wallClock: .init(instant: .now, ntp: .init(rawValue: 0))), peer: evil), at: .zero
            ))
        transcript.say(
            200, from: Transcript.server, to: Transcript.client,
            "RTSP/1.0 200 \(evil)\r\nCSeq: 2\r\nSession: <b>&\r\nTransport: \(evil)\r\n\r\n")
        transcript.add(210, Transcript.server, .event(evil))
        transcript.add(220, Transcript.server, .input(.found(path: evil, SessionIdentity(using: &generator))))
        let svg = LadderDiagram(transcript).svg
        #expect(complaint(aboutXML: svg) == nil)
        #expect(!svg.contains("<script"))
        #expect(svg.contains("&lt;script&gt;"))
        #expect(!LadderDiagram(transcript).text().unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{202E}" || $0 == "\0" })
        #expect(complaint(aboutXML: "<svg><text>a & b</text></svg>") != nil)
        #expect(complaint(aboutXML: "<svg><text></svg></text>") != nil)
    }

    @Test func `Passwords in URLs are hidden`() {
        var transcript = Transcript.byHand()
        transcript.say(
            300, from: Transcript.client, to: Transcript.server, "OPTIONS rtsp://me:secret@host/movie RTSP/1.0\r\nCSeq: 2\r\n\r\n"
        )
        let text = LadderDiagram(transcript).text()
        #expect(text.contains("OPTIONS rtsp://(hidden)@host/movie RTSP/1.0"))
        #expect(!text.contains("secret"))
    }

    @Test func `Nothing is drawn of nothing`() {
        #expect(LadderDiagram(Transcript(start: .now)).text() == "nothing happened\n")
        #expect(complaint(aboutXML: LadderDiagram(Transcript(start: .now)).svg) == nil)
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `Any part of a transcript can be drawn`(seed: UInt64) {
        var transcript = Scenario(seed: seed).transcript
        var dice = SeededGenerator(seed: seed)
        transcript.entries.removeAll { _ in Bool.random(using: &dice) }
        if Bool.random(using: &dice) { transcript.participants = [] }
        for index in transcript.entries.indices where Int.random(in: 0..<20, using: &dice) == 0 {
            transcript.entries[index].time = .seconds(Int64.random(in: .min ... .max, using: &dice))
        }
        let diagram = LadderDiagram(transcript)
        #expect(complaint(aboutXML: diagram.svg) == nil)
        #expect(!diagram.text().isEmpty)
    }
}
