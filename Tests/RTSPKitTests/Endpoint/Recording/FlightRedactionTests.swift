import RTPTransport
import RTSPKit
import RTSPTestKit
import Testing

/// What of credentials is left in a flight: nothing.
@Suite struct FlightRedactionTests {
    private static let start = ContinuousClock.now

    /// Requests and replies with credentials wherever they may stand, and packets between them.
    private static let conversation: [UInt8] = {
        let text = """
            DESCRIBE rtsp://admin:hunter2@host:554/movie RTSP/1.0\r
            CSeq: 2\r
            Authorization: Digest username="admin", response="hunter2"\r
             nonce="hunter2"\r
            proxy-authorization :Basic hunter2\r
            User-Agent: x\r
            \r
            RTSP/1.0 200 OK\r
            CSeq: 2\r
            Content-Base: rtsp://host/movie/\r
            Content-Length: 60\r
            \r
            v=0\r
            a=control:rtsp://admin:hun/ter2hunter2@host/movie/track1\r
            OPTIONS * RTSP/1.0\r
            CSeq: 3\r
            Location: rtsp://hunter2@host/x@y\r
            \r

            """
        let packet: [UInt8] = [0x24, 0, 0, 5, 1, 2, 0x0A, 4, 5]
        return packet + Array(text.utf8) + packet + packet
    }()

    private static func recorder(redacts: Bool = true) -> FlightRecorder {
        FlightRecorder(
            client: ClientConfiguration(url: "rtsp://admin:hunter2@host/movie", ssrc: 1), goal: .setUp, dialect: .standard,
            recording: FlightRecording(redactsCredentials: redacts), at: start)
    }

    private static func heard(_ transcript: Transcript) -> [UInt8] {
        transcript.entries.flatMap { entry -> [UInt8] in
            if case .input(.bytes(let bytes)) = entry.what { bytes } else { [] }
        }
    }

    @Test func `no cut of a conversation leaves a credential in the file`() {
        let whole = Self.flight([Self.conversation])
        let expected = Self.heard(whole)
        #expect(expected.count == Self.conversation.count)
        for cut in ParserVerifier.cuts(of: Self.conversation) {
            let transcript = Self.flight(cut)
            #expect(Self.heard(transcript) == expected)
            #expect(!transcript.text.contains("hunter2"))
            #expect(!transcript.text.contains("hun/ter2"))
        }
        // What is no credential is as it was, and so are all line ends.
        let text = String(decoding: expected, as: UTF8.self)
        for kept in [
            "DESCRIBE rtsp://*************@host:554/movie RTSP/1.0\r\n", "CSeq: 2\r\n", "User-Agent: x\r\n", "@host/x@y",
        ] {
            #expect(text.contains(kept))
        }
        for (old, new) in zip(Self.conversation, expected) { #expect(new == old || new == UInt8(ascii: "*")) }
    }

    @Test func `what is said is hidden as what is heard`() {
        for cut in ParserVerifier.cuts(of: Self.conversation, step: 7) {
            var recorder = Self.recorder()
            for piece in cut {
                recorder.record(
                    .advance, at: Self.start, outputs: [.bytes(piece)],
                    events: [ClientEvent.noticed("rtsp://admin:hunter2@host went away")])
            }
            let text = recorder.transcript.text
            #expect(!text.contains("hunter2"))
            #expect(text.contains("@host went away"))
        }
    }

    @Test func `credentials stay where that is wanted`() {
        var recorder = Self.recorder(redacts: false)
        recorder.record(.bytes(Self.conversation), at: Self.start, outputs: [], events: [ClientEvent]())
        #expect(Self.heard(recorder.transcript) == Self.conversation)
    }

    @Test func `a URL that was cut off hides its beginning`() {
        let transcript = Self.flight([Array("DESCRIBE rtsp://admin:hunter2".utf8)])
        #expect(!transcript.text.contains("hunter2"))
    }

    private static func flight(_ pieces: [[UInt8]]) -> Transcript {
        var recorder = recorder()
        recorder.record(.connected, at: start, outputs: [], events: [ClientEvent]())
        for piece in pieces {
            recorder.record(.bytes(piece), at: start, outputs: [], events: [ClientEvent]())
            // Time passes, and is forgotten where there is no room for it.
            recorder.record(.advance, at: start, outputs: [], events: [ClientEvent]())
        }
        return recorder.transcript
    }
}
