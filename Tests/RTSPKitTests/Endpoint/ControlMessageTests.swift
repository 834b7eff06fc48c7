import Testing

@testable import RTSPKit

@Suite struct ControlMessageTests {
    private func text(_ message: String) -> String { ControlMessage(.sent, Array(message.utf8)).text }

    @Test func `a message without credentials stays as it is, line ends included`() {
        let message = "PLAY rtsp://host/movie RTSP/1.0\r\nCSeq: 4\r\nRange: npt=1-\r\n\r\nbody\nwith lines"
        #expect(ControlMessage(.sent, Array(message.utf8)).text == message)
        #expect(ControlMessage(.received, Array(message.utf8)).direction == .received)
    }

    @Test(arguments: ["Authorization", "authorization", "AUTHORIZATION", "Proxy-Authorization"])
    func `the value of a field that proves who we are is hidden`(name: String) {
        #expect(
            text("DESCRIBE * RTSP/1.0\r\n\(name): Basic dXNlcjpwYXNz\r\nCSeq: 2\r\n\r\n")
                == "DESCRIBE * RTSP/1.0\r\n\(name): (hidden)\r\nCSeq: 2\r\n\r\n")
    }

    @Test func `a challenge is no secret`() {
        let message = "RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"a\", nonce=\"b\"\r\n\r\n"
        #expect(text(message) == message)
    }

    @Test(arguments: [
        ("rtsp://user:pass@host/a", "rtsp://(hidden)@host/a"),
        ("rtsp://user:p@ss@host/a", "rtsp://(hidden)@host/a"),
        ("x rtsp://u@h/a;url=rtsps://v:w@i/b y", "x rtsp://(hidden)@h/a;url=rtsps://(hidden)@i/b y"),
        ("rtsp://host/a@b", "rtsp://host/a@b"), ("mail a@b", "mail a@b"), ("rtsp://@", "rtsp://(hidden)@"), ("://", "://"),
    ])
    func `user and password in a URL are hidden`(line: String, expected: String) {
        #expect(text(line) == expected)
    }

    @Test func `bytes that are no text are replaced, and a long message is cut`() {
        let long = [UInt8](repeating: 0xFF, count: 100_000)
        let message = ControlMessage(.received, long)
        #expect(message.text.unicodeScalars.allSatisfy { $0 == "\u{FFFD}" })
        #expect(message.text.unicodeScalars.count == ControlMessage.maximumLength)
    }
}
