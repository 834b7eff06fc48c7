internal import RTPTransport

extension Transcript {
    /// Reads a transcript from its ``text``, whose times count from `start`.
    ///
    /// Empty lines, and lines that begin with `#`, are passed over. Nothing in a text can do more than fail to be read; what
    /// comes of it is no larger than the text by more than a constant factor.
    public init(parsing text: String, start: ContinuousClock.Instant) throws(TranscriptParseError) {
        self.init(start: start)
        let bytes = Array(text.utf8)
        var lines = TranscriptLines(bytes)
        guard let first = lines.next(), first.bytes.elementsEqual(Self.heading.utf8) else {
            throw TranscriptParseError(.notATranscript, line: 1)
        }
        while let (line, number) = lines.next() {
            guard let first = line.first, first != UInt8(ascii: "#") else { continue }
            guard first != 0x20 else { throw TranscriptParseError(.strayContinuation, line: number) }
            try read(TranscriptLine(line, number: number))
        }
    }

    private mutating func read(_ line: TranscriptLine) throws(TranscriptParseError) {
        var line = line
        let word = line.nextWord()
        switch word {
        case "machine":
            try line.readRest()
            participants.append(try Participant(&line, start: start))
            try line.finish()
        case "presentation":
            try line.readRest()
            presentations.append(try PresentationEntry(&line))
            try line.finish()
        default:
            guard let time = TranscriptValue.duration(word) else { throw line.error(.malformedTime) }
            guard let machine = Machine(named: line.nextWord()) else { throw line.error(.malformedMachine) }
            entries.append(Entry(try What(&line), to: machine, at: time))
        }
    }
}

/// The lines of a text, each with the lines that it goes on with.
private struct TranscriptLines {
    private var rest: ArraySlice<UInt8>
    private var number = 0

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    mutating func next() -> (bytes: ArraySlice<UInt8>, number: Int)? {
        guard !rest.isEmpty else { return nil }
        number += 1
        let start = number
        var end = endOfLine(from: rest.startIndex)
        let isEntry = end > rest.startIndex && rest.first != UInt8(ascii: "#")
        // A line that begins with a blank goes on with the one before.
        while isEntry, end + 1 < rest.endIndex, rest[end + 1] == 0x20 {
            number += 1
            end = endOfLine(from: end + 1)
        }
        var line = rest[rest.startIndex..<end]
        rest = end < rest.endIndex ? rest[(end + 1)...] : rest[rest.endIndex...]
        if line.last == 0x0D { line.removeLast() }
        return (line, start)
    }

    private func endOfLine(from start: Int) -> Int { rest[start...].firstIndex(of: 0x0A) ?? rest.endIndex }
}

extension Transcript.What {
    fileprivate init(_ line: inout TranscriptLine) throws(TranscriptParseError) {
        switch line.nextWord() {
        case "<":
            try line.readRest()
            self = .input(try Transcript.Input(&line))
            try line.finish()
        case ">":
            try line.readRest()
            self = .output(try Transcript.Output(&line))
            try line.finish()
        case "=": self = .event(try line.restAsText())
        case "#": self = .note(try line.restAsText())
        default: throw line.error(.malformedLine)
        }
    }
}

extension Transcript.PresentationEntry {
    fileprivate init(_ line: inout TranscriptLine) throws(TranscriptParseError) {
        let time = try line.take("at", TranscriptValue.duration) ?? .zero
        let path = try line.require("path", TranscriptValue.text)
        if let name = try line.take("stored", TranscriptValue.text) {
            let frames: Int = try line.require("frames", TranscriptValue.integer)
            let duration = try line.require("duration", TranscriptValue.duration)
            let size = try line.take("size", TranscriptValue.size)
            self.init(.stored(name: name, frames: frames, duration: duration, size: size), at: path, from: time)
        } else {
            let description = LiveDescription(
                id: LivePresentationID(rawValue: try line.require("id", TranscriptValue.integer)),
                name: try line.require("live", TranscriptValue.text), ssrc: try line.require("ssrc", TranscriptValue.integer),
                framesPerSecond: try line.take("fps", TranscriptValue.real),
                pictureSize: try line.take("size", TranscriptValue.size))
            self.init(.live(description), at: path, from: time)
        }
    }
}

extension Transcript.Input {
    fileprivate init(_ line: inout TranscriptLine) throws(TranscriptParseError) {
        guard let word = line.takeWord() else {
            self = .bytes(try line.takeBytes())
            return
        }
        if let plain = Self.plain[word] {
            self = plain
            return
        }
        switch word {
        case "rtp": self = .rtp(try line.takeBytes())
        case "rtcp": self = .rtcp(try line.takeBytes())
        case "report": self = .report(try line.takeBytes(), try line.stream())
        case "capture":
            self = .capture(try line.takeBytes(), presentationTime: try line.require("at", TranscriptValue.duration))
        case "play": self = .play(try line.range())
        case "found": self = .found(path: try line.require("path", TranscriptValue.text), try SessionIdentity(&line))
        case "refused":
            let code: Int = try line.require("status", TranscriptValue.integer)
            self = .refused(RTSPStatus(code: code, reasonPhrase: try line.take("phrase", TranscriptValue.text)))
        case "blocked": self = .blocked(try line.take("streams", Self.streams) ?? [])
        case "room": self = .room(try line.stream(), batches: try line.require("batches", TranscriptValue.integer))
        case "joined": self = .joined(live: try line.require("live", TranscriptValue.integer))
        case "deliver": self = .deliver(live: try line.require("live", TranscriptValue.integer))
        case "finish": self = .finish(live: try line.require("live", TranscriptValue.integer))
        case "outlined-join": self = .outlinedJoin(try Transcript.SnapshotOutline(&line))
        case "outlined-frame":
            let live = LivePresentationID(rawValue: try line.require("id", TranscriptValue.integer))
            guard let frame = try Transcript.FrameOutline(&line) else { throw line.error(.missingField("seq")) }
            self = .outlinedFrame(frame, of: live, report: line.takeBytesIfAny())
        case "outlined-finish":
            let live = LivePresentationID(rawValue: try line.require("id", TranscriptValue.integer))
            self = .outlinedFinish(live, goodbye: try line.takeBytes())
        default: throw line.error(.malformedLine)
        }
    }

    private static let plain: [String: Transcript.Input] = [
        "connected": .connected, "pause": .pause, "teardown": .tearDown, "advance": .advance,
        "connection-closed": .connectionClosed, "transport-ready": .transportReady,
        "media-ready": .mediaReady, "shutdown": .shutDown,
    ]

    private static func streams(_ text: String) -> Set<StreamID>? {
        var streams: Set<StreamID> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let number = UInt32(part) else { return nil }
            streams.insert(StreamID(rawValue: number))
        }
        return streams
    }
}

extension Transcript.Output {
    fileprivate init(_ line: inout TranscriptLine) throws(TranscriptParseError) {
        switch line.takeWord() {
        case nil: self = .bytes(try line.takeBytes())
        case "close": self = .close
        case "close-stream": self = .closeStream(try line.stream())
        case "open":
            let stream = try line.stream()
            if let ports = try line.take("udp", { PortPair(parsing: $0) }) {
                self = .open(stream, .datagrams(rtp: ports.rtp, rtcp: ports.rtcp))
            } else {
                self = .open(stream, .interleaved(try line.require("tcp") { ChannelPair(parsing: $0) }))
            }
        case "batch":
            let stride: Int = try line.require("stride", TranscriptValue.integer)
            let bytes = try line.takeBytes()
            let ends = try line.take("ends", TranscriptValue.integers)
            let batch = ends.map { RTPPacketBatch(bytes: bytes, ends: $0) } ?? RTPPacketBatch(bytes: bytes, stride: stride)
            self = .batch(batch, try line.stream())
        case "report": self = .report(try line.takeBytes(), try line.stream())
        default: throw line.error(.malformedLine)
        }
    }
}

extension TranscriptLine {
    fileprivate mutating func stream() throws(TranscriptParseError) -> StreamID {
        StreamID(rawValue: try require("stream", TranscriptValue.integer))
    }

    /// What PLAY asks for.
    fileprivate mutating func range() throws(TranscriptParseError) -> NormalPlayTimeRange? {
        guard let word = takeWord() else { return nil }
        guard word == "range" else { throw error(.malformedLine) }
        let start = try take("from") { text -> NormalPlayTimeRange.Point? in
            text == "now" ? .now : TranscriptValue.duration(text).map { .time($0) }
        }
        return NormalPlayTimeRange(start: start, end: try take("to", TranscriptValue.duration))
    }
}

extension SessionIdentity {
    fileprivate init(_ line: inout TranscriptLine) throws(TranscriptParseError) {
        self.init(
            id: try line.require("id", TranscriptValue.text), labNumber: try line.require("lab", TranscriptValue.integer),
            ssrc: try line.require("ssrc", TranscriptValue.integer),
            firstSequenceNumber: try line.require("seq", TranscriptValue.integer),
            firstTimestamp: RTPTimestamp(rawValue: try line.require("ts", TranscriptValue.integer)))
    }
}

extension Transcript.SnapshotOutline {
    fileprivate init(_ line: inout TranscriptLine) throws(TranscriptParseError) {
        self.init(
            lastFrame: try Transcript.FrameOutline(&line), nextSequenceNumber: try line.require("next", TranscriptValue.integer),
            timestamp: RTPTimestamp(rawValue: try line.require("now", TranscriptValue.integer)), report: try line.takeBytes())
    }
}

extension Transcript.FrameOutline {
    /// The outline in the line; `nil` where there is none.
    fileprivate init?(_ line: inout TranscriptLine) throws(TranscriptParseError) {
        guard let sequenceNumber: UInt16 = try line.take("seq", TranscriptValue.integer) else { return nil }
        self.init(
            firstSequenceNumber: sequenceNumber,
            timestamp: RTPTimestamp(rawValue: try line.require("ts", TranscriptValue.integer)),
            packetBytes: try line.require("packets", TranscriptValue.integer),
            stride: try line.require("stride", TranscriptValue.integer),
            ends: try line.take("ends", TranscriptValue.integers),
            pictureBytes: try line.require("picture", TranscriptValue.integer),
            presentationTime: try line.require("at", TranscriptValue.duration))
    }
}
