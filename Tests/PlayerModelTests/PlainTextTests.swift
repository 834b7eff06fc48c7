import Testing

@testable import PlayerModel

@Suite struct PlainTextTests {
    @Test func `control characters become one blank, and none at the ends`() {
        #expect(PlainText.line("\u{0}a\r\n\tb\u{1B}[31mc\u{7F}") == "a b [31mc")
        #expect(PlainText.line("\u{85}x\u{2028}y\u{2029}") == "x y")
    }

    @Test func `characters that turn or hide text are left out`() {
        #expect(PlainText.line("a\u{202E}b\u{200B}c\u{2066}d\u{FEFF}e\u{E0041}") == "abcde")
    }

    @Test func `what is too long is cut`() {
        #expect(PlainText.line(String(repeating: "x", count: 10_000)).unicodeScalars.count == PlainText.maximumLength + 1)
        #expect(
            PlainText.line("a" + String(repeating: "\u{301}", count: 10_000)).unicodeScalars.count <= PlainText.maximumLength + 1)
        #expect(PlainText.line("abc", limit: 3) == "abc")
        #expect(PlainText.line("abcd", limit: 3) == "abc…")
    }

    @Test func `markup stays as it is, since it is shown as text`() {
        #expect(PlainText.line("<img src=x onerror=alert(1)>") == "<img src=x onerror=alert(1)>")
    }

    @Test func `lines keep their ends`() {
        #expect(PlainText.lines("a\r\nb\u{0}\tc\u{202E}\n", limit: 100) == "a\r\nb\tc\n")
        #expect(PlainText.lines("abcdef", limit: 3) == "abc…")
    }
}
