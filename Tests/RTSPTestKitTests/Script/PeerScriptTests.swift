import RTSPTestKit
import Testing

@Suite struct PeerScriptTests {
    @Test(arguments: [
        ("\n# fine\nhello", PeerScriptError.Reason.unknownLine, 3),
        ("in pieces of 3 per minute\n> x", .unknownLine, 1),
        ("<", .missingStartLine, 1),
        (">\n> OPTIONS * RTSP/1.0", .missingStartLine, 1),
        ("< OPTIONS\n< no colon", .malformedHeader, 2),
        ("< OPTIONS\n< : x", .malformedHeader, 2),
        ("< OPTIONS\n< !", .malformedHeader, 2),
        ("wait", .invalidDuration, 1),
        ("wait 3 parsecs", .invalidDuration, 1),
        ("wait -1 s", .invalidDuration, 1),
        ("silence 1.2.3 s", .invalidDuration, 1),
        ("within 99999999999 s\n< OPTIONS", .invalidDuration, 1),
        ("> hex 0", .invalidBytes, 1),
        ("> hex +1", .invalidBytes, 1),
        ("> hex zz", .invalidBytes, 1),
        ("> text no quotes", .invalidBytes, 1),
        (#"> text "\q""#, .invalidBytes, 1),
        (#"> text "\x1""#, .invalidBytes, 1),
        (#"> text "\"#, .invalidBytes, 1),
        ("> frame", .invalidFrame, 1),
        ("> frame 256 hex 00", .invalidFrame, 1),
        ("< frame one", .invalidFrame, 1),
        ("in pieces of 0\n> hex 00", .invalidPieces, 1),
        ("lines end with dots", .invalidLineEnd, 1),
        ("within 1 s", .misplaced, 1),
        ("\nwithin 1 s\n> OPTIONS * RTSP/1.0", .misplaced, 2),
        ("in pieces of 3", .misplaced, 1),
        ("end", .invalidOrder, 1),
        ("any order\nend", .invalidOrder, 2),
        ("any order\n< OPTIONS", .invalidOrder, 1),
        ("any order\nany order", .invalidOrder, 2),
        ("any order\n> close\nend", .invalidOrder, 2),
        ("> RTSP/1.0 200 OK\n> Session: $session", .unknownValue, 2),
        ("< OPTIONS\n< CSeq: $cseq", .unknownValue, 1),
    ])
    func `a line that cannot be read is named`(text: String, reason: PeerScriptError.Reason, line: Int) {
        let error = #expect(throws: PeerScriptError.self) { try PeerScript(text) }
        #expect(error?.reason == reason)
        #expect(error?.line == line)
        #expect(error?.description.contains("line \(line)") == true)
    }

    @Test(arguments: [
        "", "\n\n", "# nothing", "\r\n# nothing\r\n", "< *", "<OPTIONS", "    < OPTIONS\n    > RTSP/1.0 200 OK", "< close",
        "> close",
        "< frame", "< frame 3", "> frame 0", #"> frame 0 text "a""#, #"> text "\r\n\t\0\\\"\xfF""#, "wait 250 ms", "wait 1.5s",
        "within 2 s\n< OPTIONS", "in pieces of 3 every 10 ms\n> hex 00", "lines end with lf",
        "any order\n< OPTIONS\n> close\n\n< DESCRIBE\nend", "< PLAY\n< Session: ${id}x\n> RTSP/1.0 200 OK\n> Session: $id",
        "> RTSP/1.0 200 OK\n> Price: $$5 $ $$cseq $cseq",
    ])
    func `whatever the words mean can be read`(text: String) {
        #expect(throws: Never.self) { try PeerScript(text) }
    }

    @Test func `no text traps`() {
        let words = [
            "<", ">", " ", "\n", "\r\n", "frame", "hex", "text", "\"", "\\", "$", "{", "}", "*", "!", ":", "0", "a", "wait", "s",
            "ms",
            "within", "any order", "end", "in pieces of", "every", "close", "é", "\u{301}", "#", "9999999999999999999999", ".",
        ]
        var dice = SeededGenerator(seed: 1)
        var read = 0
        for _ in 0..<5_000 {
            let count = Int.random(in: 0...12, using: &dice)
            let text = (0..<count).map { _ in words.randomElement(using: &dice) ?? "" }.joined(separator: " ")
            if (try? PeerScript(text)) != nil { read += 1 }
        }
        #expect(read > 50)
        #expect(read < 4_950)
    }
}
