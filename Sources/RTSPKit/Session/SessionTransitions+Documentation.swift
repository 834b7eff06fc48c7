extension SessionTransitions {
    /// `Documentation/StateMachines.md`: the tables for people, with a Mermaid diagram for each role.
    public static func documentation() -> String {
        let parts =
            [introduction, phaseTable(), notes(), effectless()]
            + Occurrence.Role.allCases.map { roleSection($0) }
        return parts.joined(separator: "\n")
    }

    private static let introduction = """
        # The state machines

        Printed from `SessionTransitions`, which both `ServerSession` and `ClientSession` obey; a test fails where this file
        differs. It is the tables of RFC 2326 appendix A. Rows marked * depart from them, and say why below.

        ## Methods

        """

    private static func phaseTable() -> String {
        var lines = ["| method | " + SessionPhase.allCases.map { "in `\($0)`" }.joined(separator: " | ") + " |"]
        lines.append("|---" + String(repeating: "|---", count: SessionPhase.allCases.count) + "|")
        for method in statefulMethods {
            let cells = SessionPhase.allCases.map { cell(method, $0) }
            lines.append("| \(method) | " + cells.joined(separator: " | ") + " |")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static var statefulMethods: [RTSPMethod] {
        RTSPMethod.allDefined.filter { method in rows.contains { $0.method == method } }
    }

    private static func cell(_ method: RTSPMethod, _ phase: SessionPhase) -> String {
        guard let row = rows.first(where: { $0.method == method && $0.from == phase }) else { return "?" }
        return (row.to?.description ?? "455") + (row.isDeviation ? " *" : "")
    }

    private static func notes() -> String {
        var lines = ["## Notes", "", "| method | in | here | RFC 2326 | why |", "|---|---|---|---|---|"]
        for row in rows {
            guard let note = row.note else { continue }
            let mark = row.isDeviation ? " *" : ""
            let here = (row.to?.description ?? "455") + mark
            lines.append("| \(row.method) | \(row.from) | \(here) | \(row.standard?.description ?? "455") | \(note) |")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func effectless() -> String {
        let names = methodsWithoutEffect.map(\.rawValue).joined(separator: ", ")
        return "Valid in every phase, and without effect on it: \(names).\n"
    }

    private static func roleSection(_ role: Occurrence.Role) -> String {
        let title: String
        let moves: String
        switch role {
        case .client:
            title = "## Client (A.1)"
            moves = "Moves when the answer to a request arrives, and only when that answer is a success."
        case .server:
            title = "## Server (A.2)"
            moves = "Moves when it answers a request with success."
        }
        return [title, "", moves, "", "```mermaid"].joined(separator: "\n") + "\n" + diagram(role) + "```\n"
    }

    private static func diagram(_ role: Occurrence.Role) -> String {
        var edges: [(from: String, to: String, labels: [String])] = []
        func add(_ from: SessionPhase, _ to: String, _ label: String) {
            if let index = edges.firstIndex(where: { $0.from == from.rawValue && $0.to == to }) {
                edges[index].labels.append(label)
            } else {
                edges.append((from.rawValue, to, [label]))
            }
        }
        for row in rows {
            guard let to = row.to else { continue }
            add(row.from, row.method == .teardown ? "[*]" : to.rawValue, row.method.rawValue)
        }
        for occurrence in occurrences where occurrence.role == role {
            for phase in occurrence.from { add(phase, occurrence.to?.rawValue ?? "[*]", occurrence.what) }
        }
        let lines = edges.map { "    \($0.from) --> \($0.to): \($0.labels.joined(separator: " / "))\n" }
        return "stateDiagram-v2\n    [*] --> initial\n" + lines.joined()
    }
}
