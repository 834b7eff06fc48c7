import RTSPKit
import Testing

struct SessionHeaderTests {
    @Test(arguments: [
        ("12345678", SessionHeader(id: "12345678")), ("abc;timeout=60", SessionHeader(id: "abc", timeout: .seconds(60))),
        ("abc; timeout=60", SessionHeader(id: "abc", timeout: .seconds(60))),
        (" abc ;\tTimeout = 30 ;x", SessionHeader(id: "abc", timeout: .seconds(30))),
        ("abc;", SessionHeader(id: "abc")), ("\"abc\"", SessionHeader(id: "abc")),
    ])
    func `M22 blanks in a session field do not matter`(value: String, header: SessionHeader) {
        #expect(SessionHeader.parse(value) == header)
    }

    @Test func `M23 an id with hyphens is kept`() {
        #expect(SessionHeader.parse("a-b-c;timeout=1")?.id == "a-b-c")
        #expect(SessionHeader(id: "a-b-c", timeout: .milliseconds(1_900)).description == "a-b-c;timeout=1")
    }

    @Test(arguments: ["", " ", ";timeout=60", "\"\""])
    func `a session without an id is none`(value: String) {
        #expect(SessionHeader.parse(value) == nil)
    }

    @Test(arguments: [
        ("0", nil), ("-1", nil), ("", nil), ("sixty", nil), ("1e9", nil), ("86401", Duration.seconds(86_400)),
        ("99999999999999999999999", .seconds(86_400)),
    ])
    func `a timeout is bounded`(text: String, timeout: Duration?) {
        #expect(SessionHeader.parse("a;timeout=\(text)") == SessionHeader(id: "a", timeout: timeout))
    }

    @Test func `an id cannot add parameters or lines`() {
        #expect(SessionHeader(id: "a;timeout=1\r\nX: y").description == "atimeout=1X:y")
        let longest = SessionHeader(id: "a", timeout: .seconds(Int64.max))
        #expect(longest.description == "a;timeout=86400")
    }
}
