import RTSPKit
import Testing

@Suite struct FieldTextTests {
    /// U+0604 joins what follows it to one character, a blank too. Found by fuzzing descriptions.
    @Test func `a blank that a mark makes part of a character is trimmed all the same`() throws {
        let bytes = Array("v=0\r\ns=movie \u{604} \r\na=range:x\u{604} \r\n".utf8)
        let description = try SessionDescription(parsing: bytes.span)
        #expect(description.sessionName == "movie \u{604}")
        let written = description.serialized
        let rewritten = Array(written.utf8)
        let again = try SessionDescription(parsing: rewritten.span)
        #expect(again.serialized == written)
        #expect(SessionHeader.parse("abc\u{604} ")?.id == "abc\u{604}")
    }
}
