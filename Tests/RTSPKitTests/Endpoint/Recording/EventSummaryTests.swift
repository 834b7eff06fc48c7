import RTPTransport
import RTSPKit
import Testing

/// Events in one line.
@Suite struct EventSummaryTests {
    private static func frame(_ image: [UInt8]) -> ClientEvent {
        .frame(
            PlayoutFrame(
                image: image, timestamp: RTPTimestamp(rawValue: 90_000), mediaTime: .milliseconds(1040), dueAt: .now))
    }

    @Test func `a frame is told by its time, its size and a checksum`() {
        // The checksum is FNV-1a, whose value for "a" is known.
        #expect(Self.frame([0x61]).summary == "frame at 1.04 s, timestamp 90000, 1 bytes af63dc4c8601ec8c")
        #expect(Self.frame([1, 2, 3]).summary != Self.frame([1, 2, 4]).summary)
        #expect(Self.frame(Array(repeating: 1, count: 100_000)).summary.utf8.count < 100)
    }

    @Test func `whatever a peer says, it stays one line`() {
        let events: [ClientEvent] = [
            .noticed("a\nb\rc"), .closed(ClientFailure(.connectionLost, "gone\n\u{1B}[2J")),
            .ready(transport: "RTP/AVP\r\n", session: "1\n"), .fallingBackToInterleaved(reason: "\n"),
            .refused(.play, RTSPStatus(code: 457, reasonPhrase: "a\nb")),
        ]
        for event in events { #expect(!event.summary.utf8.contains { $0 < 0x20 || $0 == 0x7F }) }
        #expect(ServerEvent.violated("a\nb").summary == "violated: a b")
    }

    @Test func `events of one kind that differ read differently`() {
        let client: [ClientEvent] = [
            .playing(nil), .playing(.from(.seconds(1))), .paused, .endOfStream, .reconnect, .incompleteFrame, .closed(nil),
            .closed(ClientFailure(.noMedia, "x")), .closed(ClientFailure(.timedOut(.play), "x")), .refused(.play, .notFound),
            .refused(.pause, .notFound), .ready(transport: "a", session: nil), .ready(transport: "a", session: "b"),
        ]
        #expect(Set(client.map(\.summary)).count == client.count)
        let live = LivePresentationID(rawValue: 7)
        let server: [ServerEvent] = [
            .ask(.find(path: "/movie", purpose: .describe)), .ask(.find(path: "/movie", purpose: .session)),
            .ask(.join(live)), .left(live), .answered(.play, url: "rtsp://host/movie", .ok),
            .answered(.pause, url: "rtsp://host/movie", .ok), .pictureRefused(presentation: "movie", .notJPEG),
            .sourceFailed(presentation: "movie", "broken"),
        ]
        #expect(Set(server.map(\.summary)).count == server.count)
        #expect(server[4].summary == "answered PLAY rtsp://host/movie: 200 OK")
    }
}
