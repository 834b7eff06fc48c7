import RTSPKit
import Testing

struct RTSPHeadersTests {
    @Test func `names are compared without regard to case`() {
        var headers: RTSPHeaders = ["Cseq": "1", "X": "a", "cseq": "2"]
        #expect(headers["CSEQ"] == "1")
        #expect(headers.values(for: "CSeq") == ["1", "2"])
        headers["CSeq"] = "3"
        #expect(headers.fields.map(\.value) == ["3", "a"])
        headers["CSEQ"] = nil
        #expect(headers.fields.map(\.name) == ["X"])
    }

    @Test(arguments: [
        ("1", 1), ("999999999", 999_999_999), ("0", 0), ("-1", nil), ("1000000000", nil), ("", nil), ("1a", nil), ("+1", nil),
    ])
    func `a CSeq is a number of at most nine digits`(text: String, number: Int?) {
        #expect(RTSPRequest(.options, headers: ["CSeq": text]).cSeq == number)
    }
}
