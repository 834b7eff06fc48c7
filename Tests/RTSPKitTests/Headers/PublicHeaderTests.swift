import RTSPKit
import Testing

struct PublicHeaderTests {
    @Test func `methods are written as they are read`() {
        let header = PublicHeader.parse("OPTIONS,DESCRIBE , SETUP,, X-ODD,")
        #expect(header.methods == [.options, .describe, .setup, RTSPMethod(rawValue: "X-ODD")])
        #expect(header.description == "OPTIONS, DESCRIBE, SETUP, X-ODD")
    }

    @Test func `words of several fields are one list`() {
        #expect(TokenList.parse(["onvif-replay, play.basic", "", " a "]) == ["onvif-replay", "play.basic", "a"])
        #expect(TokenList.parse("") == [])
    }

    @Test func `a list is bounded`() {
        #expect(TokenList.parse(String(repeating: "a,", count: 10_000)).count == TokenList.maximumCount)
    }

    @Test func `a word cannot add words or lines`() {
        #expect(TokenList.text(["a,b\r\nX: y", "c"]) == "abX: y, c")
    }

    @Test func `a word of which nothing can be written leaves no gap`() {
        #expect(TokenList.text(["a", "\"\"", " \" b", "\u{1}"]) == "a, b")
    }
}
