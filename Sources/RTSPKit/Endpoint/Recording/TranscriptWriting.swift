internal import RTPTransport

extension Transcript {
    /// The first line of the text: format and version.
    static let heading = "rtsp-transcript 1"

    /// The transcript as plain text, which ``init(parsing:start:)`` reads back exactly; see `Documentation/FlightRecorder.md`.
    ///
    /// Times are seconds since ``start``, with as many decimals as it takes.
    public var text: String {
        var writer = TranscriptWriter()
        writer.write(Self.heading)
        writer.endLine()
        for participant in participants { participant.write(to: &writer, start: start) }
        for entry in presentations { entry.write(to: &writer) }
        for entry in entries { entry.write(to: &writer) }
        return String(decoding: writer.text, as: UTF8.self)
    }
}

extension Transcript.PresentationEntry {
    fileprivate func write(to writer: inout TranscriptWriter) {
        writer.write("presentation")
        writer.field("at", time)
        writer.field("path", quoting: path)
        switch outline {
        case .stored(let name, let frames, let duration, let size):
            writer.field("stored", quoting: name)
            writer.field("frames", frames)
            writer.field("duration", duration)
            if let size { writer.field("size", size) }
        case .live(let description):
            writer.field("live", quoting: description.name)
            writer.field("id", description.id.rawValue)
            writer.field("ssrc", description.ssrc)
            if let rate = description.framesPerSecond { writer.field("fps", rate) }
            if let size = description.pictureSize { writer.field("size", size) }
        }
        writer.endLine()
    }
}

extension Transcript.Entry {
    /// The entry as its line in ``Transcript/text``.
    public var text: String {
        var writer = TranscriptWriter()
        write(to: &writer)
        return String(decoding: writer.text.dropLast(), as: UTF8.self)
    }

    fileprivate func write(to writer: inout TranscriptWriter) {
        writer.write("\(TranscriptWriter.decimal(time)) \(machine) ")
        switch what {
        case .input(let input):
            writer.write("<")
            input.write(to: &writer)
        case .output(let output):
            writer.write(">")
            output.write(to: &writer)
        case .event(let text):
            writer.write("= ")
            writer.line(text)
        case .note(let text):
            writer.write("# ")
            writer.line(text)
        }
        writer.endLine()
    }
}

extension Transcript.Input {
    fileprivate func write(to writer: inout TranscriptWriter) {
        switch self {
        case .bytes(let bytes):
            writer.write(" ")
            writer.bytes(bytes)
        case .rtp(let packet): writer.packet(" rtp ", packet, saying: TranscriptComment.rtp(packet))
        case .rtcp(let packet): writer.packet(" rtcp ", packet, saying: TranscriptComment.rtcp(packet))
        case .report(let packet, let stream):
            writer.packet(" report stream=\(stream.rawValue) ", packet, saying: TranscriptComment.rtcp(packet))
        case .capture(let image, let time):
            writer.packet(" capture at=\(TranscriptWriter.decimal(time)) ", image, saying: "\(image.count) bytes")
        case .play(let range): range.write(to: &writer)
        case .found(let path, let identity): identity.write(path, to: &writer)
        case .refused(let status):
            writer.write(" refused status=\(status.code)")
            writer.field("phrase", quoting: status.reasonPhrase)
        case .blocked(let streams):
            writer.write(" blocked")
            if !streams.isEmpty {
                writer.field("streams", streams.map(\.rawValue).sorted().map { "\($0)" }.joined(separator: ","))
            }
        case .room(let stream, let batches): writer.write(" room stream=\(stream.rawValue) batches=\(batches)")
        case .joined(let live): writer.write(" joined live=\(live)")
        case .deliver(let live): writer.write(" deliver live=\(live)")
        case .finish(let live): writer.write(" finish live=\(live)")
        case .outlinedJoin(let outline): outline.write(to: &writer)
        case .outlinedFrame(let outline, let live, let report):
            writer.write(" outlined-frame id=\(live.rawValue)")
            outline.write(to: &writer)
            if let report { writer.packet(" ", report, saying: TranscriptComment.rtcp(report)) }
        case .outlinedFinish(let live, let goodbye):
            writer.packet(" outlined-finish id=\(live.rawValue) ", goodbye, saying: TranscriptComment.rtcp(goodbye))
        case .connected: writer.write(" connected")
        case .pause: writer.write(" pause")
        case .tearDown: writer.write(" teardown")
        case .advance: writer.write(" advance")
        case .connectionClosed: writer.write(" connection-closed")
        case .transportReady: writer.write(" transport-ready")
        case .mediaReady: writer.write(" media-ready")
        case .shutDown: writer.write(" shutdown")
        }
    }
}

extension Transcript.Output {
    fileprivate func write(to writer: inout TranscriptWriter) {
        switch self {
        case .bytes(let bytes):
            writer.write(" ")
            writer.bytes(bytes)
        case .close: writer.write(" close")
        case .open(let stream, .datagrams(let rtp, let rtcp)):
            writer.write(" open stream=\(stream.rawValue) udp=\(PortPair(rtp: rtp, rtcp: rtcp))")
        case .open(let stream, .interleaved(let channels)):
            writer.write(" open stream=\(stream.rawValue) tcp=\(channels)")
        case .closeStream(let stream): writer.write(" close-stream stream=\(stream.rawValue)")
        case .batch(let batch, let stream):
            let first = Array(batch.bytes[batch.range(ofPacketAt: 0)])
            writer.packet(
                " batch stream=\(stream.rawValue) stride=\(batch.stride) \(batch.ends.map { "ends=\(commas($0)) " } ?? "")",
                batch.bytes,
                saying: "\(batch.count) packets, \(TranscriptComment.rtp(first))")
        case .report(let packet, let stream):
            writer.packet(" report stream=\(stream.rawValue) ", packet, saying: TranscriptComment.rtcp(packet))
        }
    }
}

extension NormalPlayTimeRange? {
    fileprivate func write(to writer: inout TranscriptWriter) {
        writer.write(" play")
        guard let range = self else { return }
        writer.write(" range")
        switch range.start {
        case .now: writer.field("from", "now")
        case .time(let time): writer.field("from", time)
        case nil: break
        }
        if let end = range.end { writer.field("to", end) }
    }
}

extension SessionIdentity {
    fileprivate func write(_ path: String, to writer: inout TranscriptWriter) {
        writer.write(" found")
        writer.field("path", quoting: path)
        writer.field("id", quoting: id)
        writer.field("lab", labNumber)
        writer.field("ssrc", ssrc)
        writer.field("seq", firstSequenceNumber)
        writer.field("ts", firstTimestamp.rawValue)
    }
}

extension Transcript.SnapshotOutline {
    fileprivate func write(to writer: inout TranscriptWriter) {
        writer.write(" outlined-join")
        writer.field("next", nextSequenceNumber)
        writer.field("now", timestamp.rawValue)
        lastFrame?.write(to: &writer)
        writer.packet(" ", report, saying: TranscriptComment.rtcp(report))
    }
}

extension Transcript.FrameOutline {
    fileprivate func write(to writer: inout TranscriptWriter) {
        writer.field("seq", firstSequenceNumber)
        writer.field("ts", timestamp.rawValue)
        writer.field("packets", packetBytes)
        writer.field("stride", stride)
        if let ends { writer.field("ends", commas(ends)) }
        writer.field("picture", pictureBytes)
        writer.field("at", presentationTime)
    }
}

private func commas(_ numbers: [Int]) -> String { numbers.map(String.init).joined(separator: ",") }

extension TranscriptWriter {
    fileprivate mutating func packet(_ before: String, _ bytes: [UInt8], saying comment: String) {
        write(before)
        packet(bytes)
        write("  ; \(comment)")
    }
}

/// What people want to know of a packet without counting bytes.
private enum TranscriptComment {
    static func rtp(_ packet: [UInt8]) -> String {
        guard let header = try? RTPHeader.parse(packet.span).header else { return "\(packet.count) bytes, not RTP" }
        return "RTP \(header.payloadType) seq \(header.sequenceNumber) ts \(header.timestamp.rawValue)"
            + "\(header.marker ? " marker" : ""), \(packet.count) bytes"
    }

    static func rtcp(_ packet: [UInt8]) -> String {
        guard let packets = try? RTCPPacket.parse(compound: packet.span) else { return "\(packet.count) bytes, not RTCP" }
        return "RTCP " + packets.map(name).joined(separator: " ")
    }

    private static func name(_ packet: RTCPPacket) -> String {
        switch packet {
        case .senderReport: "SR"
        case .receiverReport: "RR"
        case .sourceDescription: "SDES"
        case .goodbye: "BYE"
        case .other(let type): "\(type)"
        }
    }
}
