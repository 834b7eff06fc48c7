import RTPTransport
import RTSPKit
import RTSPTestKit
import Testing

/// Writing and reading transcripts.
@Suite struct TranscriptTextTests {
    private static let start = ContinuousClock.now

    @Test func `any transcript reads back as it was written`() throws {
        for seed in 1...400 {
            var random = RandomTranscript(seed: UInt64(seed), start: Self.start)
            let transcript = random.draw()
            let read = try Transcript(parsing: transcript.text, start: Self.start)
            #expect(read == transcript, "seed \(seed)")
            // Statuses are equal whatever their phrases are, so the text is compared as well.
            #expect(read.text == transcript.text, "seed \(seed)")
        }
    }

    @Test func `a person can read it`() throws {
        let client = Transcript.Machine(.client, 1)
        var transcript = Transcript(start: Self.start)
        transcript.presentations = [.init(.stored(name: "movie", frames: 250, duration: .seconds(10)), at: "/movie", from: .zero)]
        transcript.entries = [
            .init(.input(.connected), to: client, at: .zero),
            .init(.output(.bytes(Array("OPTIONS rtsp://host/movie RTSP/1.0\r\nCSeq: 1\r\n\r\n".utf8))), to: client, at: .zero),
            .init(
                .input(.rtp([0x80, 0x9A, 0x04, 0xD2, 0, 0, 0x23, 0x28, 0, 0, 0, 1, 0xFF])), to: client,
                at: Duration(attoseconds: 1_500_000_000_000_000_001)),
            .init(.event("paused"), to: client, at: .seconds(2)),
            .init(.note("3 datagrams lost\n"), to: client, at: .milliseconds(2500)),
        ]
        let expected = #"""
            rtsp-transcript 1
            presentation at=0 path="/movie" stored="movie" frames=250 duration=10
            0 client.1 < connected
            0 client.1 > "OPTIONS rtsp://host/movie RTSP/1.0\r\n"
                "CSeq: 1\r\n"
                "\r\n"
            1.500000000000000001 client.1 < rtp 0x809a04d20000232800000001ff  ; RTP 26 seq 1234 ts 9000 marker, 13 bytes
            2 client.1 = paused
            2.5 client.1 # "3 datagrams lost\n"

            """#
        #expect(transcript.text == expected)
    }

    @Test func `a setup may leave out what is as usual`() throws {
        let text = """
            rtsp-transcript 1

            # written by hand
            machine client.1 url="rtsp://host/movie" ssrc=7
            0.5 client.1 < connected
            """
        let transcript = try Transcript(parsing: text, start: Self.start)
        let setup = Transcript.Setup.client(
            ClientConfiguration(url: "rtsp://host/movie", ssrc: 7), goal: .setUp, dialect: .standard)
        #expect(transcript.participants == [.init(.init(.client, 1), setup, at: .zero)])
        #expect(transcript.entries == [.init(.input(.connected), to: .init(.client, 1), at: .milliseconds(500))])
    }

    @Test func `line ends of other systems change nothing`() throws {
        for seed in 1...50 {
            var random = RandomTranscript(seed: UInt64(seed), start: Self.start)
            let transcript = random.draw()
            let lines = transcript.text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n")
            #expect(try Transcript(parsing: lines, start: Self.start).text == transcript.text)
        }
    }

    @Test(
        arguments: [
            ("", 1, .notATranscript), ("rtsp-transcript 2\n", 1, .notATranscript),
            ("rtsp-transcript 1\n0 client.1 < dance\n", 2, .malformedLine),
            ("rtsp-transcript 1\n\n0 camel.1 < pause\n", 3, .malformedMachine),
            ("rtsp-transcript 1\nsoon client.1 < pause\n", 2, .malformedTime),
            ("rtsp-transcript 1\n9223372036854775808 client.1 < pause\n", 2, .malformedTime),
            ("rtsp-transcript 1\n0.1234567890123456789 client.1 < pause\n", 2, .malformedTime),
            ("rtsp-transcript 1\n0 client.1 < \"open\n", 2, .malformedBytes),
            ("rtsp-transcript 1\n0 client.1 < \"\\q\"\n", 2, .malformedBytes),
            ("rtsp-transcript 1\n0 client.1 < rtp 0x123\n", 2, .malformedBytes),
            ("rtsp-transcript 1\n0 client.1 < rtp\n", 2, .malformedBytes),
            ("rtsp-transcript 1\n0 server.1 < report 0x00\n", 2, .missingField("stream")),
            ("rtsp-transcript 1\n0 server.1 < joined live=1 live=2\n", 2, .unknownField("live")),
            ("rtsp-transcript 1\n0 server.1 < joined live=one\n", 2, .malformedField("live")),
            ("rtsp-transcript 1\n0 client.1 < pause \"now\"\n", 2, .malformedLine),
            ("rtsp-transcript 1\nmachine client.1 ssrc=1\n", 2, .missingField("url")),
            ("rtsp-transcript 1\nmachine client.1 ssrc=1 url=\"a\" speed=2\n", 2, .unknownField("speed")),
            ("rtsp-transcript 1\n\n   0 client.1 < pause\n", 3, .strayContinuation),
        ] as [(String, Int, TranscriptParseError.Reason)])
    func `what is no transcript is refused, and where is told`(_ text: String, _ line: Int, _ reason: TranscriptParseError.Reason)
    {
        do {
            _ = try Transcript(parsing: text, start: Self.start)
            Issue.record("read without an error")
        } catch {
            #expect(error == TranscriptParseError(reason, line: line))
        }
    }

    @Test func `whatever stands in a text, it is read or refused`() {
        var generator = SeededGenerator(seed: 7)
        let alphabet = Array(" \n\"\\=.;#<>x0-9ae".utf8) + [0, 0x80, 0xFF]
        var refused = 0
        for seed in 1...300 {
            var random = RandomTranscript(seed: UInt64(seed), start: Self.start)
            var bytes = Array(random.draw().text.utf8)
            for _ in 0..<4 {
                let index = Int.random(in: 18..<max(19, bytes.count), using: &generator)
                guard index < bytes.count, let byte = alphabet.randomElement(using: &generator) else { continue }
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[index] = byte
                case 1: bytes.insert(byte, at: index)
                default: bytes.removeSubrange(index...)
                }
            }
            do {
                let read = try Transcript(parsing: String(decoding: bytes, as: UTF8.self), start: Self.start)
                #expect(read.entries.count <= 40 + 4)
            } catch {
                refused += 1
            }
        }
        #expect(refused > 100)
    }
}
