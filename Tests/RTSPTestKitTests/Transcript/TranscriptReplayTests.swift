import MJPEGSource
import RTPTransport
import RTSPKit
import RTSPTestKit
import Testing

/// Running transcripts again.
@Suite struct TranscriptReplayTests {
    /// How a presentation is played.
    enum Play: CaseIterable {
        case udp, tcp, lossy, lab, live, liveTCP, liveLab
    }

    /// A session with everything in it.
    private static func pair(_ play: Play) -> RecordedPair {
        var pair =
            switch play {
            case .udp: RecordedPair(.udp)
            case .tcp: RecordedPair(.tcp)
            case .lossy: RecordedPair(.auto, loss: 0.03)
            case .lab: RecordedPair(.udp, dialect: .lab)
            case .live: RecordedPair(.udp, path: "camera")
            case .liveTCP: RecordedPair(.tcp, path: "camera")
            case .liveLab: RecordedPair(.udp, dialect: .lab, path: "camera")
            }
        pair.tell(.connected)
        pair.run(for: .milliseconds(300))
        let isLive = play == .live || play == .liveTCP || play == .liveLab
        pair.tell(.play(nil))
        film(&pair, isLive, from: 0)
        pair.tell(.pause)
        pair.run(for: .milliseconds(700))
        pair.tell(.play(isLive || play == .lab ? nil : .from(.milliseconds(2500))))
        film(&pair, isLive, from: 20)
        pair.block(true)
        film(&pair, isLive, from: 40)
        pair.block(false)
        film(&pair, isLive, from: 60)
        if isLive { pair.finishLive() }
        pair.run(for: .seconds(1))
        pair.tell(.tearDown)
        pair.run(for: .seconds(1))
        return pair
    }

    private static func film(_ pair: inout RecordedPair, _ isLive: Bool, from first: Int) {
        for index in first..<(first + 12) {
            if isLive { pair.capture(index) }
            pair.run(for: .milliseconds(50))
        }
    }

    @Test(arguments: Play.allCases) func `what was written, read and run again goes as it went, bit for bit`(_ play: Play) throws
    {
        let pair = Self.pair(play)
        #expect(pair.frames.count > 20)
        let read = try Transcript(parsing: pair.transcript.text, start: RecordedPair.start)
        #expect(read == pair.transcript)
        let replay = TranscriptReplay(of: read, presentations: RecordedPair.stored)
        #expect(replay.differences.map(\.description) == [])
        #expect(replay.frames(of: RecordedPair.client) == pair.frames)
        let outputs = { (transcript: Transcript) in transcript.entries.count { if case .output = $0.what { true } else { false } }
        }
        #expect(outputs(replay.transcript) == outputs(pair.transcript))
    }

    @Test func `another start changes nothing`() throws {
        let pair = Self.pair(.udp)
        let read = try Transcript(parsing: pair.transcript.text, start: RecordedPair.start + .seconds(12_345))
        #expect(TranscriptReplay(of: read, presentations: RecordedPair.stored).differences.isEmpty)
    }

    @Test(arguments: [Play.udp, .tcp]) func `one changed byte is found`(_ play: Play) throws {
        let transcript = Self.pair(play).transcript
        // Of a packet in the midst of the first frame that is sent: a byte of picture data.
        let index = try #require(
            transcript.entries.firstIndex { entry in
                switch entry.what {
                case .input(.rtp(let packet)): packet.count > 1000
                case .input(.bytes(let bytes)): bytes.count > 3000 && entry.machine.role == .client
                default: false
                }
            })
        var changed = transcript
        switch changed.entries[index].what {
        case .input(.rtp(var bytes)):
            bytes[900] ^= 1
            changed.entries[index].what = .input(.rtp(bytes))
        case .input(.bytes(var bytes)):
            bytes[900] ^= 1
            changed.entries[index].what = .input(.bytes(bytes))
        default: break
        }
        let replay = TranscriptReplay(of: changed, presentations: RecordedPair.stored)
        let difference = try #require(replay.differences.first)
        #expect(replay.differences.count == 1)
        #expect(difference.machine == RecordedPair.client)
        let (recorded, replayed) = (try #require(difference.recorded), try #require(difference.replayed))
        #expect(recorded.time == replayed.time)
        #expect(recorded.time >= changed.entries[index].time)
        #expect(difference.description.contains("= frame at 0 s"))
    }

    @Test func `what a request says is found where it leads to another answer`() throws {
        var transcript = Self.pair(.udp).transcript
        let index = try #require(
            transcript.entries.firstIndex { entry in
                if case .input(.bytes(let bytes)) = entry.what { bytes.starts(with: "PLAY ".utf8) } else { false }
            })
        guard case .input(.bytes(let bytes)) = transcript.entries[index].what else { return }
        let text = String(decoding: bytes, as: UTF8.self)
        transcript.entries[index].what = .input(.bytes(Array("PRAY \(text.dropFirst(5))".utf8)))
        let replay = TranscriptReplay(of: transcript, presentations: RecordedPair.stored, comparing: .conversation)
        let difference = try #require(replay.differences.first)
        #expect(difference.machine == RecordedPair.server)
        #expect(difference.recorded?.time == transcript.entries[index].time)
        #expect(difference.description.contains("200 OK"))
        #expect(difference.description.contains("501"))
    }

    @Test(arguments: Play.allCases) func `without the media the conversation is the same`(_ play: Play) {
        let transcript = Self.pair(play).transcript
        let replay = TranscriptReplay(of: transcript, comparing: .conversation)
        #expect(replay.differences.map(\.description) == [])
        #expect(replay.transcript.entries.contains { if case .output(.batch) = $0.what { true } else { false } })
    }

    @Test func `whatever a transcript holds, it runs`() throws {
        var generator = SeededGenerator(seed: 11)
        let lines = Self.pair(.udp).transcript.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        for _ in 0..<5 {
            var lines = lines
            for _ in 0..<20 {
                let (a, b) = (
                    Int.random(in: 1..<lines.count, using: &generator), Int.random(in: 1..<lines.count, using: &generator)
                )
                lines.swapAt(a, b)
            }
            guard let transcript = try? Transcript(parsing: lines.joined(separator: "\n"), start: RecordedPair.start) else {
                continue
            }
            #expect(TranscriptReplay(of: transcript).transcript.entries.count >= transcript.participants.count)
        }
        for time in ["9223372036854775807", "-9223372036854775807", "0.000000000000000001"] {
            let text = """
                rtsp-transcript 1
                machine server.1 peer="x"
                machine client.1 url="rtsp://host/movie" ssrc=1
                machine live.1 id=1 name="x" seed=1
                presentation path="/movie" stored="m" frames=9223372036854775807 duration=9223372036854775807
                \(time) server.1 < "SETUP rtsp://host/movie RTSP/1.0\\r\\nCSeq: 1\\r\\nTransport: RTP/AVP/TCP\\r\\n\\r\\n"
                \(time) server.1 < found path="/movie" id="a" lab=1 ssrc=1 seq=1 ts=1
                \(time) server.1 < "PLAY rtsp://host/movie RTSP/1.0\\r\\nCSeq: 2\\r\\nSession: a\\r\\nRange: npt=5-\\r\\n\\r\\n"
                \(time) server.1 < outlined-frame id=1 seq=1 ts=1 packets=9223372036854775807 stride=9223372036854775807 picture=1000 at=0
                \(time) server.1 < outlined-frame id=1 seq=1 ts=1 packets=5000 stride=9 ends=-1,0,7,8,2000,9223372036854775807 picture=9 at=0
                \(time) live.1 < capture at=\(time) 0xffd8
                \(time) server.1 < deliver live=1
                \(time) client.1 < connected
                \(time) client.1 < advance
                """
            let replay = TranscriptReplay(of: try Transcript(parsing: text, start: RecordedPair.start))
            #expect(
                replay.serverEvents[RecordedPair.server]?.contains { if case .sessionStarted = $0 { true } else { false } }
                    == true)
        }
    }

    @Test func `a stand-in plays as many frames over the same time, from wherever it is asked to`() {
        var source = StandInSource(frames: 7, duration: .seconds(2))
        var times: [Duration] = []
        while let frame = source.nextFrame() { times.append(frame.presentationTime) }
        #expect(times.count == 7)
        #expect(times == times.sorted())
        for time in times { #expect(source.seek(to: time) == time) }
        #expect(source.seek(to: .seconds(-1)) == .zero)
        #expect(source.seek(to: .seconds(2)) == .seconds(2))
        #expect(source.nextFrame() == nil)
    }
}
