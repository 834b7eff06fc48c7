import Testing

@testable import RTSPKit

/// The short way from a URL to its path says what the long way says, or nothing.
@Suite struct RTSPURLPlainPathTests {
    private func decoded(_ text: String) -> String? {
        (try? RTSPURL(parsing: text))?.decodedPath.map { "/" + $0.joined(separator: "/") }
    }

    @Test(arguments: [
        ("rtsp://host", "/"), ("rtsp://host/", "/"), ("rtsp://host:8554/movie", "/movie"), ("rtsp://127.0.0.1/a/b/", "/a/b"),
        ("rtsp://Camera-1.local:65535/movie/stream=0", "/movie/stream=0"), ("rtsp://h/a.mjpeg/~x_y-z", "/a.mjpeg/~x_y-z"),
    ])
    func `a plain path is the decoded one`(_ text: String, _ path: String) {
        #expect(RTSPURL.plainPath(of: text) == path)
        #expect(decoded(text) == path)
    }

    @Test(arguments: [
        "", "*", "movie", "rtsp://", "rtsp:///a", "rtsp://:554/a", "rtsp://h:/a", "rtsp://h:0/a", "rtsp://h:65536/a",
        "rtsp://h:000554/a", "RTSP://h/a", "rtsps://h/a", "rtsp://rtsp://h/a", "rtsp://u@h/a", "rtsp://[::1]/a", "rtsp://::1/a",
        "rtsp://h/a?b", "rtsp://h?b", "rtsp://h/%41", "rtsp://h/a b", " rtsp://h/a", "rtsp://h//a", "rtsp://h/a//", "rtsp://h//",
        "rtsp://h/.", "rtsp://h/..", "rtsp://h/a/../b", "rtsp://h/.hidden", "rtsp://h/a\\b", "rtsp://h/ä", "rtsp://h_1/a",
        "rtsp://h/" + String(repeating: "a", count: RTSPURL.maximumLength),
    ])
    func `what is not plain is left to the long way`(_ text: String) {
        #expect(RTSPURL.plainPath(of: text) == nil)
    }

    /// All words of five of these pieces: wherever the short way speaks, the long way agrees.
    @Test func `the short way never contradicts the long way`() {
        let pieces = ["rtsp://", "h", ":554", "/", ".", "a=0", "%2F", "?", "@"]
        var spoken = 0
        var words = [""]
        for _ in 0..<5 { words = words.flatMap { word in pieces.map { word + $0 } } }
        for word in words {
            guard let path = RTSPURL.plainPath(of: word) else { continue }
            spoken += 1
            #expect(decoded(word) == path, "\(word)")
        }
        #expect(spoken > 20)
    }
}
