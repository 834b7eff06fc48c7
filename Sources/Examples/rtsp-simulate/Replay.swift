import RTSPKit
import RTSPTestKit

/// A transcript or a flight record: the ladder of what it says, and whether fresh machines say the same.
struct Replay {
    let recorded: Transcript
    /// What there is to draw.
    let drawn: Transcript
    private let differences: [TranscriptReplay.Difference]
    private let hasOutputs: Bool
    private let hasStandIns: Bool

    init(of recorded: Transcript) {
        self.recorded = recorded
        let replay = TranscriptReplay(of: recorded, comparing: .conversation)
        differences = replay.differences
        hasOutputs = recorded.entries.contains { if case .output = $0.what { true } else { false } }
        // The packets that a server sent are not in its flight, and nothing is in what was written by hand.
        let hasPackets = recorded.entries.contains { if case .output(.batch) = $0.what { true } else { false } }
        hasStandIns = !hasPackets && recorded.participants.contains { $0.machine.role == .server }
        drawn = hasStandIns || !hasOutputs ? replay.transcript : recorded
    }

    /// Whether fresh machines did what the transcript says.
    var isSame: Bool { !hasOutputs || differences.isEmpty }

    /// How it went.
    var text: String {
        var lines: [String] = []
        if hasStandIns { lines.append("media is not in the record: stand-ins were sent in its place") }
        if !hasOutputs {
            lines.append("\(recorded.entries.count) entries; nothing sent is among them to compare with")
        } else if differences.isEmpty {
            lines.append("\(recorded.entries.count) entries; a fresh run says the same")
        } else {
            lines += differences.map { "DIFFERENT: \($0)" }
            lines.append("a fresh run says something else")
        }
        return lines.joined(separator: "\n")
    }
}
