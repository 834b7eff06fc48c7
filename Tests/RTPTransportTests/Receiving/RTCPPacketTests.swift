import RTPTransport
import Testing

@Suite struct RTCPPacketTests {
    @Test func `a parse error says what and where`() {
        let error = RTCPParseError(reason: .truncated, offset: 7)
        #expect(error.description == "not an RTCP compound: truncated at byte 7")
    }
}
