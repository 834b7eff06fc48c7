internal import RTPTransport

/// The same line for the same event, wherever it is told: for logs and transcripts. Pictures stand there as size and checksum.
extension ClientEvent {
    /// The event in one line.
    public var summary: String { text.onOneLine }

    private var text: String {
        switch self {
        case .described(let description, let raw):
            "described \(description.sessionName ?? "-"), \(description.media.count) media, \(raw.count) bytes \(checksum(raw))"
        case .ready(let transport, let session): "ready over \(transport)" + (session.map { ", session \($0)" } ?? "")
        case .playing(let range): "playing" + (range.map { " npt=\($0)" } ?? "")
        case .paused: "paused"
        case .refused(let method, let status): "refused \(method): \(status)"
        case .frame(let frame):
            "frame at \(TranscriptWriter.decimal(frame.mediaTime)) s, timestamp \(frame.timestamp.rawValue), "
                + "\(frame.image.count) bytes \(checksum(frame.image))" + (frame.concealment.map(Self.text) ?? "")
        case .incompleteFrame: "incomplete frame"
        case .fallingBackToInterleaved(let reason): "falling back to TCP: \(reason)"
        case .endOfStream: "end of stream"
        case .reconnect: "reconnect"
        case .dialogue(let message):
            "dialogue \(message.direction.rawValue) \(message.text.utf8.count) bytes \(checksum(message.text.utf8))"
        case .noticed(let what): "noticed: \(what)"
        case .closed(let failure): "closed" + (failure.map { ": \(Self.text($0.kind)): \($0)" } ?? "")
        }
    }

    private static func text(_ concealment: FrameConcealment) -> String {
        ", \(concealment.greyIntervals) grey and \(concealment.repeatedIntervals) repeated of \(concealment.intervalCount) intervals"
    }

    private static func text(_ kind: ClientFailure.Kind) -> String {
        switch kind {
        case .refused(let method, let status): "refused \(method) \(status.code)"
        case .unsupportedMedia: "unsupported media"
        case .unsupportedTransport: "unsupported transport"
        case .timedOut(let method): "\(method) timed out"
        case .noMedia: "no media"
        case .protocolViolation: "protocol violation"
        case .connectionLost: "connection lost"
        }
    }
}

/// The same line for the same event.
extension ServerEvent {
    /// The event in one line.
    public var summary: String { text.onOneLine }

    private var text: String {
        switch self {
        case .ask(.find(let path, let purpose, let variant)):
            "ask find \(path)\(variant == .original ? "" : "?\(variant)") "
                + (purpose == .session ? "for a session" : "to describe it")
        case .ask(.join(let live)): "ask join live \(live.rawValue)"
        case .sessionStarted(let report):
            "session \(report.id) started: \(report.presentation) over \(report.transport)\(Self.dialect(report))"
        case .sessionEnded(let report, let reason):
            "session \(report.id) ended: \(report.presentation), \(Self.text(reason)); frames \(report.framesSent) sent, "
                + "\(report.framesSkipped) skipped, \(report.framesRefused) refused; \(report.packetsSent) packets, "
                + "\(report.bytesSent) bytes"
        case .left(let live): "left live \(live.rawValue)"
        case .answered(let method, let url, let status): "answered \(method) \(url): \(status)"
        case .violated(let what): "violated: \(what)"
        case .pictureRefused(let presentation, let error): "picture of \(presentation) refused: \(error)"
        case .sourceFailed(let presentation, let reason): "source of \(presentation) failed: \(reason)"
        }
    }

    private static func dialect(_ report: SessionReport) -> String { report.dialect == .lab ? ", course dialect" : "" }

    private static func text(_ reason: CloseReason) -> String {
        switch reason {
        case .teardown: "torn down"
        case .timedOut: "timed out"
        case .connectionClosed: "connection closed"
        case .peerViolation(let what): "violation: \(what)"
        case .requestTimedOut(let method): "\(method) timed out"
        case .serverEnded: "ended by the server"
        case .shutDown: "shut down"
        }
    }
}

/// FNV-1a, 64 bits: tells pictures apart, and proves nothing.
private func checksum(_ bytes: some Sequence<UInt8>) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
}
