import RTPTransport
import RTSPKit
import RTSPTestKit
import Testing

/// Keeping a flight in bounded memory.
@Suite struct FlightRecorderTests {
    private static let start = ContinuousClock.now
    private static let none: [ClientEvent] = []
    private static let reply = Array("RTSP/1.0 200 OK\r\nCSeq: 9\r\n\r\n".utf8)

    private static func recorder(conversation: Int = 1 << 20, media: Int = 4096) -> FlightRecorder {
        FlightRecorder(
            client: ClientConfiguration(url: "rtsp://host/movie", ssrc: 1), goal: .setUp, dialect: .standard,
            recording: FlightRecording(conversationBytes: conversation, mediaBytes: media), at: start)
    }

    private static func inputs(_ transcript: Transcript) -> [Transcript.Input] {
        transcript.entries.compactMap { if case .input(let input) = $0.what { input } else { nil } }
    }

    private static func notes(_ transcript: Transcript) -> [String] {
        transcript.entries.compactMap { if case .note(let note) = $0.what { note } else { nil } }
    }

    @Test func `everything is kept while there is room`() {
        var recorder = Self.recorder()
        let inputs: [Transcript.Input] = [.connected, .bytes(Self.reply), .play(nil), .rtp([1, 2]), .advance, .connectionClosed]
        for (index, input) in inputs.enumerated() {
            recorder.record(input, at: Self.start + .seconds(index), outputs: [], events: Self.none)
        }
        let transcript = recorder.transcript
        #expect(transcript.entries.map(\.what) == inputs.map { .input($0) })
        #expect(transcript.entries.map(\.time) == inputs.indices.map { .seconds($0) })
        #expect(recorder.droppedCount == 0)
    }

    @Test func `the oldest packets go first, the conversation stays, and notes stand where something was`() {
        var recorder = Self.recorder(media: 64 * 10)
        for index in 0..<100 {
            recorder.record(.rtp([]), at: Self.start + .seconds(index), outputs: [], events: Self.none)
            if index == 20 { recorder.record(.bytes(Self.reply), at: Self.start + .seconds(20), outputs: [], events: Self.none) }
        }
        let transcript = recorder.transcript
        #expect(Self.inputs(transcript) == [.bytes(Self.reply)] + Array(repeating: .rtp([]), count: 10))
        #expect(Self.notes(transcript) == ["21 dropped here", "69 dropped here"])
        #expect(transcript.entries.last?.time == .seconds(99))
        #expect(recorder.droppedCount == 90)
    }

    @Test func `the passing of time is kept where it led to something`() {
        var recorder = Self.recorder(media: 0)
        recorder.record(.advance, at: Self.start, outputs: [], events: Self.none)
        recorder.record(.advance, at: Self.start, outputs: [.bytes(Self.reply)], events: Self.none)
        recorder.record(.advance, at: Self.start, outputs: [], events: [ClientEvent.endOfStream])
        recorder.record(.advance, at: Self.start, outputs: [], events: [ClientEvent.incompleteFrame])
        let whats = recorder.transcript.entries.map(\.what)
        #expect(
            whats == [
                .note("1 dropped here"), .input(.advance), .output(.bytes(Self.reply)), .input(.advance),
                .event("end of stream"), .note("1 dropped here"),
            ])
    }

    @Test func `packets on the connection are dropped whole, however the connection is cut`() {
        let packet: [UInt8] = [0x24, 0, 0, 100] + Array(repeating: 7, count: 100)
        let stream = (0..<20).flatMap { $0 == 10 ? Self.reply + packet : packet }
        for size in [1, 3, 64, 104, 150, 1000, 5000] {
            var recorder = Self.recorder(media: size == 1 ? 65 * 300 : 1200)
            for start in stride(from: 0, to: stream.count, by: size) {
                let piece = Array(stream[start..<min(start + size, stream.count)])
                recorder.record(.bytes(piece), at: Self.start, outputs: [], events: Self.none)
            }
            let kept = Self.inputs(recorder.transcript).flatMap { input -> [UInt8] in
                if case .bytes(let bytes) = input { bytes } else { [] }
            }
            var (packets, replies) = (0, 0)
            var rest = kept[...]
            while !rest.isEmpty {
                if rest.starts(with: packet) {
                    rest = rest.dropFirst(packet.count)
                    packets += 1
                } else if rest.starts(with: Self.reply) {
                    rest = rest.dropFirst(Self.reply.count)
                    replies += 1
                } else {
                    Issue.record("cut inside a packet, pieces of \(size)")
                    break
                }
            }
            #expect(replies == 1)
            #expect(packets < 20)
            // Pieces of three take more than they hold, and pieces of thousands are too large to be kept.
            if size != 3, size < 1000 { #expect(packets > 0, "pieces of \(size)") }
        }
    }

    @Test func `a server's flight tells what its owner answered, and which streams took no more`() {
        let configuration = ServerConnection.Configuration(
            wallClock: WallClock(instant: Self.start, ntp: NTPTimestamp(rawValue: 0)))
        var recorder = FlightRecorder(server: configuration, peer: "192.0.2.1", at: Self.start)
        let asked = ServerEvent.ask(.find(path: "/movie", purpose: .session))
        recorder.record(.bytes(Self.reply), at: Self.start + .seconds(1), outputs: [], events: [asked])
        var generator = SeededGenerator(seed: 1)
        let identity = SessionIdentity(using: &generator)
        let movie = Presentation.stored(StoredPresentation(name: "movie", source: FrameList(count: 25)))
        for second in 2...3 {
            let input = recorder.input(for: .found(movie, identity))
            #expect(input == .found(path: "/movie", identity))
            recorder.record(input, at: Self.start + .seconds(second), outputs: [], events: [ServerEvent]())
        }
        let stream = StreamID(rawValue: 3)
        recorder.record(
            .advance, at: Self.start + .seconds(4), outputs: [], events: [ServerEvent](), refusing: [stream: 1])
        let transcript = recorder.transcript
        #expect(
            transcript.presentations == [
                .init(.stored(name: "movie", frames: 25, duration: .seconds(1)), at: "/movie", from: .seconds(1))
            ])
        #expect(
            Self.inputs(transcript) == [
                .bytes(Self.reply), .found(path: "/movie", identity), .found(path: "/movie", identity),
                .room(stream, batches: 1), .advance,
            ])
        #expect(transcript.participants == [.init(.init(.server, 1), .server(configuration, peer: "192.0.2.1"), at: .zero)])
    }

    @Test func `a conversation that never ends stays within its budgets`() {
        var recorder = Self.recorder(conversation: 4000, media: 4000)
        for index in 0..<1000 {
            recorder.record(
                .bytes(Self.reply), at: Self.start + .seconds(index), outputs: [.bytes(Self.reply)], events: Self.none)
        }
        let transcript = recorder.transcript
        #expect(transcript.entries.count < 100)
        #expect(transcript.entries.first?.time == .zero)
        #expect(transcript.entries.last?.time == .seconds(999))
        #expect(Self.notes(transcript).contains { $0.hasPrefix("the conversation has taken") })
    }
}
