import RTPTransport
import RTSPKit

/// Puts what happens on the server into lines for its operator.
enum SessionLog {
    /// The line for an event; `nil` for those that say nothing to an operator.
    static func line(_ peer: String, _ event: ServerEvent) -> String? {
        switch event {
        case .sessionStarted(let report):
            "session \(short(report)) started: \(peer) \(report.presentation) over \(report.transport)\(dialect(report))"
        case .sessionEnded(let report, let reason):
            "session \(short(report)) ended: \(peer) \(report.presentation), \(text(reason)), \(report.framesSent) frames, "
                + "\(report.packetsSent) packets, \(bytes(report.bytesSent)) sent\(skipped(report))\(loss(report))"
        case .pictureRefused(let presentation, let error):
            "warning: a picture of \(presentation) cannot travel as RTP/JPEG and is left out: \(error)"
                + (peer.isEmpty ? "" : ConversionLog.advice(error, presentation).map { " " + $0 } ?? "")
        case .sourceFailed(let presentation, let reason):
            "warning: \(presentation) cannot be read any further: \(reason)"
        case .violated(let what):
            "warning: \(peer): \(what)"
        case .answered(let method, let url, let status) where !status.isSuccess:
            "refused: \(peer) \(method) \(url): \(status)"
        case .answered, .ask, .left:
            nil
        }
    }

    /// Whether it only says that a session began or ended.
    static func isOfEveryDay(_ event: ServerEvent) -> Bool {
        switch event {
        case .sessionStarted, .sessionEnded: true
        default: false
        }
    }

    private static func short(_ report: SessionReport) -> Substring { report.id.prefix(8) }

    private static func dialect(_ report: SessionReport) -> String {
        report.dialect == .lab ? " (course dialect)" : ""
    }

    private static func text(_ reason: CloseReason) -> String {
        switch reason {
        case .teardown: "torn down"
        case .timedOut: "timed out"
        case .connectionClosed: "connection closed"
        case .peerViolation(let what): "closed for \(what)"
        case .requestTimedOut(let method): "\(method) not answered"
        case .serverEnded: "ended"
        case .shutDown: "server stopped"
        }
    }

    private static func skipped(_ report: SessionReport) -> String {
        let parts = [
            report.framesSkipped > 0 ? "\(report.framesSkipped) frames skipped" : nil,
            report.framesRefused > 0 ? "\(report.framesRefused) frames refused" : nil,
        ].compactMap { $0 }
        return parts.isEmpty ? "" : ", " + parts.joined(separator: ", ")
    }

    private static func loss(_ report: SessionReport) -> String {
        guard let last = report.lastReport else { return "" }
        return ", \(max(0, last.cumulativeLost)) packets reported lost"
    }

    private static func bytes(_ count: UInt64) -> String {
        switch count {
        case ..<10_000: "\(count) B"
        case ..<10_000_000: (Double(count) / 1e3).tenths + " kB"
        default: (Double(count) / 1e6).tenths + " MB"
        }
    }
}
