import Testing

@testable import RTSPKit

struct StartLineTests {
    @Test(arguments: [
        ("OPTIONS * RTSP/1.0", "OPTIONS", "*", 1), ("describe rtsp://h/a rtsp/1.0 ", "describe", "rtsp://h/a", 1),
        ("PLAY\trtsp://h/a  b c   RTSP/2.0", "PLAY", "rtsp://h/a  b c", 2),
        ("SETUP movie.Mjpeg RTSP/1.0", "SETUP", "movie.Mjpeg", 1),
        ("X-Y * RTSP/999.0", "X-Y", "*", 999),
    ])
    func `a request line is a method, a URL and a version`(line: String, method: String, url: String, major: Int) {
        let version = RTSPVersion(major: major, minor: 0)
        #expect(StartLine.read(line) == .line(.request(method: method, url: url, version: version), junk: 0))
    }

    @Test(arguments: [
        ("RTSP/1.0 200 OK", 200, "OK"), ("RTSP/1.0 200", 200, ""), ("RTSP/1.0 200 ", 200, ""),
        ("RTSP/1.0  404   Not  Found ", 404, "Not  Found"), ("RTSP/1.0 999 x", 999, "x"),
    ])
    func `M10 a status line needs no reason phrase`(line: String, code: Int, phrase: String) throws {
        guard case .line(.response(let status, let version), junk: 0) = StartLine.read(line) else {
            Issue.record("\(line) is no status line")
            return
        }
        #expect(status.code == code)
        #expect(status.reasonPhrase == phrase)
        #expect(version == .rtsp1)
    }

    @Test func `M11 a status line may stand behind junk`() {
        let line = StartLine.response(status: .ok, version: .rtsp1)
        #expect(StartLine.read("abc RTSP/1.0 200 OK") == .line(line, junk: 4))
    }

    @Test(arguments: [
        "OPTIONS", "OPTIONS RTSP/1.0", "OPTIONS *", "OPTIONS * RTSP/1", "OPTIONS * RTSP/x.y", "OPTIONS * RTSP/1.0000",
        "GET / HTTP/1.1",
        "HTTP/1.1 200 OK", "RTSP/1.0", "RTSP/1.0 20 OK", "RTSP/1.0 2000 OK", "RTSP/1.0 099 OK", "RTSP/1.0 -20 OK", "RTSP/1.0 OK",
        "A(B * RTSP/1.0", "PLAY rtsp://h/ RTSP/-1.0",
    ])
    func `a line that means to be a start line deserves an answer`(line: String) {
        #expect(StartLine.read(line) == .malformed)
    }

    @Test(arguments: ["", " ", "CSeq: 1", "m=video 0 RTP/AVP 26", "hello world"])
    func `any other line is junk`(line: String) {
        #expect(StartLine.read(line) == .junk)
    }
}
