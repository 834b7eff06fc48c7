internal import RTSPKit

extension FuzzTarget {
    static let messageTargets = [
        FuzzTarget(name: "rtsp-parser", run: parseMessages),
        FuzzTarget(name: "sdp", run: parseDescription),
    ]

    /// What a parser made of a stream.
    private struct Outcome: Equatable {
        var messages: [RTSPMessage] = []
        var error: RTSPParseError?
        var waiting = 0
    }

    /// Any cut of the bytes gives the same messages and the same error, what waits is bounded, and what is written of a message
    /// reads as that one message.
    private static func parseMessages(_ bytes: [UInt8]) {
        let limits = RTSPParserLimits(startLine: 512, headerBytes: 1024, headerCount: 16, body: 1024, junk: 256)
        let whole = outcome(of: [bytes], limits)
        demandEqual(outcome(of: bytes.pieces, limits), whole, "a cut does not change the messages")
        demandEqual(outcome(of: bytes.single, limits), whole, "single bytes give the same messages")
        demandEqual(
            outcome(of: [bytes], .default).messages.prefix(whole.messages.count), whole.messages[...], "limits only end it")
        for message in whole.messages { rewrite(message) }
    }

    private static func outcome(of pieces: [[UInt8]], _ limits: RTSPParserLimits) -> Outcome {
        var parser = RTSPParser(limits: limits)
        var outcome = Outcome()
        for piece in pieces {
            parser.append(piece.span)
            do {
                while let message = try parser.next() { outcome.messages.append(message) }
            } catch {
                demand(outcome.error == nil || outcome.error == error, "an error stays the same")
                outcome.error = error
            }
            // A frame may have 65 535 bytes; a message is taken in line by line.
            demand(parser.bufferedByteCount <= 65_539 + piece.count, "what waits is bounded")
        }
        outcome.waiting = parser.bufferedByteCount
        return outcome
    }

    private static func rewrite(_ message: RTSPMessage) {
        // Escapes may make a line longer than it was.
        let limits = RTSPParserLimits(startLine: 8192, headerBytes: 65_536, headerCount: 64, body: 65_536, junk: 0)
        let bytes = RTSPSerializer.bytes(of: message)
        let again = outcome(of: [bytes], limits)
        demandEqual(again.error, nil, "what is written can be read")
        demandEqual(again.messages.count, 1, "what is written is one message")
        demandEqual(again.waiting, 0, "what is written is complete")
        guard let other = again.messages.first else { return }
        demandEqual(RTSPSerializer.bytes(of: other).text, bytes.text, "writing again changes nothing")
        switch (message, other) {
        case (.request(let one), .request(let two)):
            demandEqual(one.method, two.method, "the method stays")
            demandEqual(one.body, two.body, "the body stays")
            demandEqual(one.cSeq, two.cSeq, "the number stays")
        case (.response(let one), .response(let two)):
            demandEqual(one.status, two.status, "the status stays")
            demandEqual(one.body, two.body, "the body stays")
        case (.interleaved(let one), .interleaved(let two)):
            demandEqual(one, two, "the frame stays")
        default:
            demand(false, "the kind of the message stays")
        }
    }

    /// Reading, writing and reading again is stable, and what is derived from a description keeps its bounds.
    private static func parseDescription(_ bytes: [UInt8]) {
        let limits = SessionDescription.Limits(bytes: 3000, lines: 200, media: 8)
        let description: SessionDescription
        do {
            description = try SessionDescription(parsing: bytes.span, limits: limits)
        } catch {
            return demand(error.offset <= bytes.count, "an error lies within the bytes")
        }
        demand(description.media.count + description.unreadableMediaCount <= limits.media, "the limit of media holds")
        let written = description.bytes
        guard let again = try? SessionDescription(parsing: written.span) else {
            return demand(false, "what is written can be read: \(written.text)")
        }
        demandEqual(again.serialized, description.serialized, "writing again changes nothing")
        demandEqual(again.media.count, description.media.count, "the streams stay")
        demandEqual(again.unreadableMediaCount, 0, "all streams that are written can be read")
        // Control characters and quotes are not written, and leave other names.
        guard bytes.filter({ ![9, 10, 13].contains($0) }).text.isPlain else { return }
        demandEqual(again.range, description.range, "the range stays")
        for (one, two) in zip(description.media, again.media) {
            demandEqual(one.control, two.control, "the control URL stays")
            demandEqual(one.framerate, two.framerate, "the rate stays")
            demandEqual(one.jpegPayloadType, two.jpegPayloadType, "the payload type stays")
            demand(one.framerate.map { $0 > 0 && $0 <= 1000 } ?? true, "the rate makes sense")
            if let size = one.pictureSize { demand(size.width > 0 && size.height > 0, "the size makes sense") }
            for (type, map) in one.rtpMaps { demand(map.clockRate > 0 && type < 128, "a clock ticks") }
            for type in one.rtpMaps.keys { _ = one.formatParameters(of: type) }
        }
    }
}
