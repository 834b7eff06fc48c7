import Foundation
import RTPTransport
import RTSPKit
import RTSPTestKit

/// How everybody fared, in a table, and what was not as it must be.
struct Account {
    private let outcome: ScenarioOutcome
    private let scenario: Scenario

    init(of outcome: ScenarioOutcome, _ scenario: Scenario) {
        self.outcome = outcome
        self.scenario = scenario
    }

    var text: String {
        var rows = [
            ["viewer", "plays", "by", "frames sent", "shown", "incomplete", "skipped", "packets lost", "counted lost", "ended"]
        ]
        for (index, id) in outcome.simulation.clientIDs.enumerated() where scenario.viewers.indices.contains(index) {
            rows.append(row(index, outcome.simulation[id]))
        }
        var lines = Self.aligned(rows)
        lines.append("")
        let time = String(format: "%.3f", outcome.time / .seconds(1))
        lines.append("seed \(outcome.seed): \(outcome.steps) steps, \(time) s of virtual time")
        lines += outcome.complaints.map { "WRONG: \($0)" }
        lines.append(outcome.isClean ? "all was as it must be" : "\(outcome.complaints.count) complaints")
        return lines.joined(separator: "\n")
    }

    private func row(_ index: Int, _ client: SimulatedClient) -> [String] {
        let viewer = scenario.viewers[index]
        let statistics = client.connection.statistics()
        let sent = framesSent(to: client)
        let isDatagrams = client.oracle.received > 0 || viewer.transport == .udp
        let lost = client.mediaAddress.map { outcome.simulation.network.datagrams(to: $0).lostCount } ?? 0
        let transport = viewer.dialect == .lab ? "lab" : viewer.transport.rawValue
        return [
            "\(index + 1)", viewer.path, transport, "\(sent)", "\(client.frames.count)", "\(statistics.incompleteFrames)",
            "\(statistics.framesSkipped)", isDatagrams ? "\(lost)" : "-", isDatagrams ? "\(statistics.packetsLost)" : "-",
            ending(of: client),
        ]
    }

    /// What the server says of the sessions that the client was told of.
    private func framesSent(to client: SimulatedClient) -> UInt64 {
        let names = Set(
            client.events.compactMap { moment -> String? in
                if case .ready(_, let session) = moment.what { session } else { nil }
            })
        var sent: [String: UInt64] = [:]
        for moment in outcome.simulation[client.server].events {
            if case .sessionEnded(let report, _) = moment.what, names.contains(report.id) { sent[report.id] = report.framesSent }
        }
        return sent.values.reduce(0, +)
    }

    private func ending(of client: SimulatedClient) -> String {
        guard client.hasPower else { return "without power" }
        if let failure = client.failure { return failure.description }
        return client.connection.state == .closed ? "as asked" : "not at all"
    }

    /// Columns of equal width, numbers to the right.
    private static func aligned(_ rows: [[String]]) -> [String] {
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in rows.map { $0.indices.contains(column) ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            let cells = row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return (3...8).contains(column) ? padding + cell : column == count - 1 ? cell : cell + padding
            }
            return cells.joined(separator: "  ")
        }
    }
}
