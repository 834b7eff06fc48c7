import RTSPKit
import Testing

@testable import PlayerModel

@Suite struct SessionCommandTests {
    private static func read(_ name: String, _ body: String) -> SessionCommand? {
        try? SessionCommand(name: name, body: Array(body.utf8))
    }

    @Test func `each command is read`() {
        #expect(
            Self.read("setup", #"{"url":"rtsp://h/x","transport":"udp","lab":true}"#)
                == .setup(.init(url: "rtsp://h/x", transport: .udp, isLab: true)))
        #expect(Self.read("setup", #"{"url":"rtsp://h/x"}"#) == .setup(.init(url: "rtsp://h/x")))
        #expect(Self.read("seek", #"{"to":1.5}"#) == .seek(to: .milliseconds(1500)))
        #expect(Self.read("loop", #"{"on":true}"#) == .loop(true))
        #expect(Self.read("record", #"{"on":false}"#) == .record(false))
        let plain: [(String, SessionCommand)] = [
            ("play", .play), ("pause", .pause), ("teardown", .teardown), ("retry", .retry), ("close", .close),
        ]
        for (name, command) in plain { #expect(Self.read(name, "{}") == command) }
    }

    @Test(arguments: [
        ("setup", "{}"), ("setup", #"{"url":"x","transport":"multicast"}"#), ("setup", #"{"url":5}"#), ("seek", "{}"),
        ("seek", #"{"to":-1}"#), ("seek", #"{"to":1e300}"#), ("seek", #"{"to":"1"}"#), ("loop", "{}"), ("record", "{}"),
        ("play", ""), ("play", "[]"), ("play", "{"), ("explode", "{}"), ("", "{}"), ("play", "\u{0}"),
    ])
    func `anything else is refused with a sentence`(_ name: String, _ body: String) {
        #expect(throws: CommandRefusal.self) { try SessionCommand(name: name, body: Array(body.utf8)) }
    }

    @Test func `a body that nests deeply is refused`() {
        let body = String(repeating: "[", count: 16_000)
        #expect(Self.read("play", body) == nil)
    }
}
