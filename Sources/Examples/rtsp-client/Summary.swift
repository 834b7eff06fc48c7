import Foundation
import RTSPKit

/// A number with so many decimals.
func format(_ value: Double, _ decimals: Int) -> String { String(format: "%.\(decimals)f", value) }

extension Duration {
    /// In milliseconds.
    var milliseconds: Double { self / .milliseconds(1) }
    /// In seconds.
    var seconds: Double { self / .seconds(1) }
}

/// What came of playing.
struct Summary {
    var url: String
    /// The Transport header that both sides agreed on, or what was asked for where they did not.
    var transport: String
    var framesShown: Int
    var statistics: ClientStatistics
    var played: Duration
    /// From the first frame shown to the last, without pauses.
    var showing: Duration
    var endedBecause: String

    var framesPerSecond: Double { showing > .zero ? Double(framesShown - 1) / showing.seconds : 0 }

    /// `udp` or `tcp`, or what was asked for where nothing was agreed on.
    private var lowerTransport: String {
        guard transport.contains("/") else { return transport }
        return transport.contains("interleaved") || transport.contains("/TCP") ? "tcp" : "udp"
    }

    var text: String {
        let first = statistics.firstFrame.map { "\(format($0.milliseconds, 1)) ms" } ?? "never"
        return """
            \(url) over \(transport)
            \(framesShown) frames in \(format(played.seconds, 2)) s (\(format(framesPerSecond, 2)) a second), \
            first after \(first), \(statistics.incompleteFrames) incomplete, \(statistics.framesConcealed) concealed, \
            \(statistics.framesLate) late
            \(statistics.packets) packets, \(statistics.bytes) bytes, \(statistics.packetsLost) lost, \
            \(statistics.packetsReordered) reordered, jitter \(format(statistics.jitter.milliseconds, 2)) ms
            ended because: \(endedBecause)
            """
    }

    var json: String {
        let fields: [(String, String)] = [
            ("url", Self.quoted(url)), ("transport", Self.quoted(lowerTransport)), ("frames", "\(framesShown)"),
            ("incompleteFrames", "\(statistics.incompleteFrames)"), ("concealedFrames", "\(statistics.framesConcealed)"),
            ("bytes", "\(statistics.bytes)"),
            ("packets", "\(statistics.packets)"), ("packetsLost", "\(statistics.packetsLost)"),
            ("packetsReordered", "\(statistics.packetsReordered)"),
            ("jitterMilliseconds", format(statistics.jitter.milliseconds, 3)),
            ("firstFrameMilliseconds", statistics.firstFrame.map { format($0.milliseconds, 3) } ?? "null"),
            ("durationSeconds", format(played.seconds, 3)), ("framesPerSecond", format(framesPerSecond, 3)),
            ("endedBecause", Self.quoted(endedBecause)),
        ]
        return "{" + fields.map { "\"\($0.0)\": \($0.1)" }.joined(separator: ", ") + "}"
    }

    private static func quoted(_ text: String) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        guard let data = try? encoder.encode(text) else { return "\"\"" }
        return String(decoding: data, as: UTF8.self)
    }
}
