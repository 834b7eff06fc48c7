import MJPEGSource
import RTPTransport
import RTSPKit
import RTSPTestKit

/// Draws transcripts that hold anything at all, sensible or not.
struct RandomTranscript {
    private var generator: SeededGenerator
    private let start: ContinuousClock.Instant

    init(seed: UInt64, start: ContinuousClock.Instant) {
        generator = SeededGenerator(seed: seed)
        self.start = start
    }

    mutating func draw() -> Transcript {
        var transcript = Transcript(start: start)
        transcript.participants = (0..<number(4)).map { _ in participant() }
        transcript.presentations = (0..<number(3)).map { _ in
            .init(outline(), at: text(), from: duration())
        }
        transcript.entries = (0..<number(40)).map { _ in .init(what(), to: machine(), at: duration()) }
        return transcript
    }

    private mutating func number(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &generator) }
    private mutating func any<Value: FixedWidthInteger>() -> Value { .random(in: .min ... .max, using: &generator) }
    private mutating func maybe<Value>(_ value: Value) -> Value? { number(2) == 0 ? nil : value }

    /// Any number of attoseconds up to 2⁶³ seconds, small and round ones most often.
    private mutating func duration() -> Duration {
        switch number(4) {
        case 0: return .milliseconds(number(100_000))
        case 1: return Duration(attoseconds: Int128(any() as Int64))
        case 2: return .zero
        default: return .seconds(any() as Int64) + Duration(attoseconds: Int128(number(1_000_000_000)))
        }
    }

    private mutating func text() -> String {
        let parts = [
            "rtsp://host/a b", "\"", "\\", "\r\n", "\u{0}", "é", "名前", "\u{202E}", " ", "=", ";", "#", "0x00", "x=y", "\u{85}",
        ]
        return (0..<number(5)).map { _ in parts[number(parts.count)] }.joined()
    }

    private mutating func bytes() -> [UInt8] {
        let texts = ["OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n", "$", "0x", "\"quoted\" \\", "\n\n\n", "a=control:*\r"]
        return (0..<number(5)).flatMap { _ -> [UInt8] in
            number(2) == 0 ? Array(texts[number(texts.count)].utf8) : (0..<number(30)).map { _ in any() }
        }
    }

    private mutating func stream() -> StreamID { StreamID(rawValue: any()) }
    private mutating func live() -> LivePresentationID { LivePresentationID(rawValue: any()) }
    private mutating func ports() -> PortPair { PortPair(rtp: any(), rtcp: maybe(any())) }
    private mutating func rate() -> Double? { maybe(Double.random(in: 0.01...1000, using: &generator)) }
    private mutating func machine() -> Transcript.Machine {
        .init(Transcript.Machine.Role.allCases[number(3)], number(2) == 0 ? number(9) : any())
    }

    private mutating func outline() -> Transcript.PresentationOutline {
        if number(2) == 0 { return .stored(name: text(), frames: any(), duration: duration(), size: size()) }
        return .live(
            LiveDescription(id: live(), name: text(), ssrc: any(), framesPerSecond: rate(), pictureSize: size()))
    }

    private mutating func size() -> PictureSize? { PictureSize(width: number(70_000), height: number(70_000)) }

    private mutating func jpeg() -> JPEGPacketizer.Options {
        var options = JPEGPacketizer.Options()
        options.quantization = [.automatic, .everyFrame, .every(frames: 1 + number(1000))][number(3)]
        options.alignsToRestartIntervals = number(2) == 0
        options.headerExtension = [.whereNeeded, .always, .never][number(3)]
        return options
    }

    // MARK: Machines

    private mutating func participant() -> Transcript.Participant {
        switch number(3) {
        case 0:
            return .init(
                machine(),
                .client(client(), goal: number(2) == 0 ? .describe : .setUp, dialect: number(2) == 0 ? .standard : .lab),
                at: duration())
        case 1: return .init(machine(), .server(server(), peer: text()), at: duration())
        default:
            let setup = Transcript.LiveSetup(
                id: live(), name: text(), framesPerSecond: rate(), packetSize: any(), canonicalName: text(),
                reportInterval: duration(), jpeg: jpeg(), wallClock: wallClock(), seed: any())
            return .init(machine(), .live(setup), at: duration())
        }
    }

    private mutating func wallClock() -> WallClock {
        WallClock(instant: start + duration(), ntp: NTPTimestamp(rawValue: any()))
    }

    private mutating func limits() -> EndpointLimits {
        EndpointLimits(
            parser: RTSPParserLimits(startLine: any(), headerBytes: any(), headerCount: any(), body: any(), junk: any()),
            messageTime: duration(), idleTime: duration(), pendingBytes: any(), sessionsPerConnection: any(),
            maximumLag: duration(), mediaTime: duration(), answerTime: duration())
    }

    private mutating func client() -> ClientConfiguration {
        var configuration = ClientConfiguration(
            url: text(), transport: ClientConfiguration.TransportChoice.allCases[number(3)], clientPorts: maybe(ports()),
            userAgent: text(), playout: PlayoutDelay(initial: duration(), floor: duration(), ceiling: duration()),
            requestTimeout: duration(), datagramPatience: duration(), reportInterval: duration(), ssrc: any(),
            labFramesPerSecond: rate(), limits: limits())
        configuration.tellsDialogue = number(2) == 0
        configuration.concealment = JPEGConcealment.allCases[number(JPEGConcealment.allCases.count)]
        return configuration
    }

    private mutating func server() -> ServerConnection.Configuration {
        let fragmentation = LabFragmentation.allCases[number(LabFragmentation.allCases.count)]
        var configuration = ServerConnection.Configuration(
            serverName: text(), sessionTimeout: duration(), mediaPorts: maybe(ports()), packetSize: any(),
            reportInterval: duration(), canonicalName: text(), wallClock: wallClock(),
            lab: LabConfiguration(framesPerSecond: rate() ?? 20, fragmentation: fragmentation), limits: limits(),
            jpeg: jpeg())
        configuration.honoursVariants = number(2) == 0
        configuration.liveStartDelay = .milliseconds(number(3))
        return configuration
    }

    // MARK: Entries

    private mutating func what() -> Transcript.What {
        switch number(4) {
        case 0: .event(text())
        case 1: .note(text())
        case 2: .output(output())
        default: .input(input())
        }
    }

    private mutating func output() -> Transcript.Output {
        switch number(6) {
        case 0: .bytes(bytes())
        case 1: .close
        case 2: .open(stream(), .datagrams(rtp: any(), rtcp: maybe(any())))
        case 3: .open(stream(), .interleaved(ChannelPair(rtp: any(), rtcp: maybe(any()))))
        case 4: .batch(batch(), stream())
        default: number(2) == 0 ? .closeStream(stream()) : .report(bytes(), stream())
        }
    }

    private mutating func batch() -> RTPPacketBatch {
        number(2) == 0
            ? RTPPacketBatch(bytes: bytes(), stride: number(2000))
            : RTPPacketBatch(bytes: bytes(), ends: [1, 3, 4, 9, number(2000)])
    }

    private mutating func frame() -> Transcript.FrameOutline {
        .init(
            firstSequenceNumber: any(), timestamp: RTPTimestamp(rawValue: any()), packetBytes: any(), stride: any(),
            ends: maybe([any(), any(), any()]), pictureBytes: any(), presentationTime: duration())
    }

    private mutating func range() -> NormalPlayTimeRange {
        let starts: [NormalPlayTimeRange.Point?] = [nil, .now, .time(duration())]
        return NormalPlayTimeRange(start: starts[number(3)], end: maybe(duration()))
    }

    private mutating func input() -> Transcript.Input {
        let plain: [Transcript.Input] = [
            .connected, .pause, .tearDown, .advance, .connectionClosed, .transportReady, .mediaReady, .shutDown, .play(nil),
        ]
        switch number(18) {
        case 0...2: return plain[number(plain.count)]
        case 3: return .bytes(bytes())
        case 4: return .rtp(bytes())
        case 5: return .rtcp(bytes())
        case 6: return .report(bytes(), stream())
        case 7: return .play(range())
        case 8: return .blocked(Set((0..<number(4)).map { _ in stream() }))
        case 9: return .found(path: text(), identity())
        case 10: return .refused(RTSPStatus(code: any(), reasonPhrase: text()))
        case 11: return .joined(live: any())
        case 12: return .deliver(live: any())
        case 13: return .finish(live: any())
        case 14: return .capture(bytes(), presentationTime: duration())
        case 15: return .room(stream(), batches: any())
        case 16:
            return .outlinedJoin(
                .init(
                    lastFrame: maybe(frame()), nextSequenceNumber: any(), timestamp: RTPTimestamp(rawValue: any()),
                    report: bytes()))
        default:
            return number(3) == 0
                ? .outlinedFinish(live(), goodbye: bytes()) : .outlinedFrame(frame(), of: live(), report: maybe(bytes()))
        }
    }

    private mutating func identity() -> SessionIdentity {
        SessionIdentity(
            id: text(), labNumber: any(), ssrc: any(), firstSequenceNumber: any(),
            firstTimestamp: RTPTimestamp(rawValue: any()))
    }
}
