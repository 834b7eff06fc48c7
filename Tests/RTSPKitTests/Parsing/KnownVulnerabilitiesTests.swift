import RTSPKit
import Testing

/// What broke other implementations, sent to ours.
struct KnownVulnerabilitiesTests {
    private func error(_ text: String) -> RTSPParseError? {
        var parser = RTSPParser()
        parser.append(Array(text.utf8).span)
        do {
            while try parser.next() != nil {}
            return nil
        } catch { return error }
    }

    @Test(arguments: ["4294967295", "2147483648", "18446744073709551616", "9223372036854775807"])
    func `CVE-2019-7733 a huge Content-Length is answered with 413`(length: String) {
        let error = error("DESCRIBE rtsp://h/ RTSP/1.0\r\nCSeq: 1\r\nContent-Length: \(length)\r\n\r\n")
        #expect(error?.suggestedStatus == .requestEntityTooLarge)
        #expect(error?.cSeq == 1)
    }

    @Test func `gortsplib 5859c9cb a negative Content-Length is answered with 400`() {
        #expect(error("OPTIONS * RTSP/1.0\r\nContent-Length: -1\r\n\r\n")?.suggestedStatus == .badRequest)
    }

    @Test(arguments: ["Basic ", "Digest username=\"", "Digest ,,,,"])
    func `CVE-2020-12763 CVE-2020-24918 a long Authorization field is refused`(start: String) {
        let error = error("OPTIONS * RTSP/1.0\r\nAuthorization: \(start)\(String(repeating: "A", count: 20_000))\r\n\r\n")
        #expect(error?.reason == .headersTooLarge)
    }

    @Test func `CVE-2018-4013 CVE-2019-7732 endless header lines are refused`() {
        let lines = String(repeating: "x-sessioncookie: a\r\n", count: 10_000)
        #expect(error("OPTIONS * RTSP/1.0\r\n\(lines)")?.reason == .tooManyHeaders)
        #expect(error("OPTIONS * RTSP/1.0\r\n" + String(repeating: "a", count: 20_000))?.reason == .headersTooLarge)
    }

    @Test(arguments: ["OPTIONS  RTSP/1.0\r\n\r\n", "SETUP RTSP/1.0\r\n\r\n"])
    func `gortsplib b8838ca5 a request without a URL is refused`(text: String) {
        #expect(error(text)?.suggestedStatus == .badRequest)
    }

    @Test func `gortsplib cc450b92 3e555e2d a clock rate of 0 never comes out`() throws {
        let bytes = Array("v=0\nm=video 0 RTP/AVP 96\na=rtpmap:96 JPEG/0\n".utf8)
        let media = try #require(try SessionDescription(parsing: bytes.span).media.first)
        #expect(media.rtpMaps[96]?.clockRate == 90_000)
    }

    @Test func `gortsplib pkg conn junk is not passed over for ever`() {
        #expect(error(String(repeating: "\u{1}", count: 10_000))?.reason == .tooMuchJunk)
        #expect(error(String(repeating: "junk\n", count: 10_000))?.reason == .tooMuchJunk)
    }

    @Test func `a slow body leaves the parser inside a message so that a deadline can end it`() throws {
        var parser = RTSPParser()
        parser.append(Array("OPTIONS * RTSP/1.0\r\nContent-Length: 100\r\n\r\na".utf8).span)
        #expect(try parser.next() == nil)
        #expect(parser.isInsideMessage)
        #expect(parser.bufferedByteCount == 1)
    }
}
