extension LadderDiagram {
    /// The diagram as text. Times are seconds since the transcript's start; with two columns they stand beside them, with more the
    /// time of sending comes first and that of arrival second.
    /// - Parameters:
    ///   - width: characters in a line, at least 60; many columns take more.
    ///   - ascii: whether only ASCII is used.
    public func text(width: Int = 110, ascii: Bool = false) -> String {
        guard !columns.isEmpty else { return "nothing happened\n" }
        let width = min(max(width, 60), 1000)
        var page = LadderPage(width: width, columns: columns, isASCII: ascii)
        for row in rows { page.add(row) }
        if omittedRowCount > 0 { page.addText("… \(omittedRowCount) lines more") }
        return page.text
    }
}

/// Lines of text with lifelines.
private struct LadderPage {
    private let width: Int
    private let isASCII: Bool
    /// Where the lifelines are.
    private let places: [Int]
    private var lines: [String] = []

    /// Two columns have their times beside them and the texts between them.
    private var isPair: Bool { places.count == 2 }
    private static let margin = 10

    init(width: Int, columns: [LadderDiagram.Column], isASCII: Bool) {
        self.width = width
        self.isASCII = isASCII
        if columns.count == 2 {
            places = [Self.margin, width - Self.margin]
        } else {
            let gap = min(max((width / 2 - 24) / max(1, columns.count - 1), 8), 16)
            places = columns.indices.map { 25 + $0 * gap }
        }
        addTitles(columns)
    }

    var text: String { lines.joined(separator: "\n") + "\n" }

    mutating func addText(_ text: String) { finish(Array(blank().prefix(Self.margin)) + Array("  " + text)) }

    // MARK: Rows

    mutating func add(_ row: LadderDiagram.Row) {
        guard places.indices.contains(row.from), places.indices.contains(row.to) else { return }
        let label = plain(row.label)
        let details = row.details.map(plain)
        if isPair { addBetween(row, label, details) } else { addBeside(row, label, details) }
    }

    private func plain(_ text: String) -> String { isASCII ? LadderText.ascii(text) : text }

    /// The text between the two lifelines.
    private mutating func addBetween(_ row: LadderDiagram.Row, _ label: String, _ details: [String]) {
        let room = places[1] - places[0] - 1
        let texts = LadderText.wrapped(label, width: room - 10)
        var line = blank()
        if row.kind == .note {
            line[places[row.from]] = "●"
            let text = texts.first ?? ""
            let isLeft = row.from == 0
            write(text, at: isLeft ? places[0] + 2 : places[1] - 1 - text.count, in: &line)
            writeTime(row.sent, column: row.from, in: &line)
            finish(line)
            for text in texts.dropFirst() {
                line = blank()
                write(text, at: isLeft ? places[0] + 2 : places[1] - 1 - text.count, in: &line)
                finish(line)
            }
            return
        }
        drawArrow(row, in: &line)
        let isLost = row.ending == .lost && row.to == 0
        let start = places[0] + (isLost ? 8 : 4)
        write(" \(texts.first ?? "") ", at: start - 1, in: &line)
        if row.ending != .arrived {
            let end = start + (texts.first ?? "").count + 3
            let mark = row.to == 0 ? places[0] + 5 : min(max(end, places[0] + room * 3 / 4), places[1] - 2)
            line[mark] = row.ending == .lost ? "✗" : "…"
            for place in row.to == 0 ? places[0] + 1..<mark : mark + 1..<places[1] { line[place] = " " }
        }
        writeTime(row.sent, column: row.from, in: &line)
        writeTime(row.arrived, column: row.to, in: &line)
        finish(line)
        for text in texts.dropFirst() + LadderText.packed(details, width: room - 8) {
            line = blank()
            write(text, at: places[0] + 6, in: &line)
            finish(line)
        }
    }

    /// The text behind the last lifeline.
    private mutating func addBeside(_ row: LadderDiagram.Row, _ label: String, _ details: [String]) {
        let start = (places.last ?? 0) + 3
        let room = max(30, width - start)
        let texts = LadderText.wrapped(label, width: room) + LadderText.packed(details, width: room - 2).map { "  " + $0 }
        for (index, text) in texts.enumerated() {
            var line = blank()
            if index == 0 {
                write(time: row.sent, endingAt: 9, in: &line)
                if row.kind == .note {
                    line[places[row.from]] = "●"
                } else {
                    write(time: row.arrived, endingAt: 19, in: &line)
                    drawArrow(row, in: &line)
                    if row.ending != .arrived {
                        let middle = (places[row.from] + places[row.to] * 2) / 3
                        line[middle] = row.ending == .lost ? "✗" : "…"
                        let gap = row.from < row.to ? middle + 1..<places[row.to] : places[row.to] + 1..<middle
                        for place in gap { line[place] = places.contains(place) ? "│" : " " }
                    }
                }
            }
            finish(line + Array(repeating: " ", count: max(0, start - line.count)) + Array(text))
        }
    }

    private func drawArrow(_ row: LadderDiagram.Row, in line: inout [Character]) {
        let (from, to) = (places[row.from], places[row.to])
        let stroke: Character =
            switch row.kind {
            case .message, .note: "─"
            case .frame: "═"
            case .packet: "╌"
            case .report: "┄"
            }
        for place in min(from, to) + 1..<max(from, to) { line[place] = stroke }
        line[from] = from < to ? "├" : "┤"
        if row.ending == .arrived { line[from < to ? to - 1 : to + 1] = from < to ? "▶" : "◀" }
    }

    // MARK: Lines

    private mutating func addTitles(_ columns: [LadderDiagram.Column]) {
        var line = Array(repeating: Character(" "), count: width)
        let names = columns.map { plain($0.host.isEmpty ? $0.title : "\($0.title) \($0.host)") }
        if isPair {
            write(names[0], at: places[0], in: &line)
            write(names[1], at: places[1] + 1 - names[1].count, in: &line)
            return finish(line)
        }
        for (column, name) in zip(columns, names) where !column.host.isEmpty { finish(Array("  \(name)")) }
        let gap = places.count > 1 ? places[1] - places[0] : width
        for (place, column) in zip(places, columns) {
            let title = LadderText.clipped(
                plain(column.title.replacing("client ", with: gap < 10 ? "c" : "client ")), to: gap - 1)
            write(title, at: place - title.count / 2, in: &line)
        }
        write("sent", at: 5, in: &line)
        write("arrived", at: 12, in: &line)
        finish(line)
    }

    private func blank() -> [Character] {
        let end = (places.last ?? 0) + (isPair ? Self.margin : 1)
        var line = Array(repeating: Character(" "), count: end)
        for place in places { line[place] = "│" }
        return line
    }

    private func writeTime(_ time: Duration?, column: Int, in line: inout [Character]) {
        if column == 0 { return write(time: time, endingAt: 9, in: &line) }
        guard let time else { return }
        write(LadderText.seconds(time), at: places[1] + 2, in: &line)
    }

    private func write(time: Duration?, endingAt end: Int, in line: inout [Character]) {
        guard let time else { return }
        let text = LadderText.seconds(time)
        write(text, at: end - text.count, in: &line)
    }

    private func write(_ text: String, at start: Int, in line: inout [Character]) {
        for (offset, character) in text.enumerated() where line.indices.contains(start + offset) {
            line[start + offset] = character
        }
    }

    private mutating func finish(_ line: [Character]) {
        var line = line
        while line.last == " " { line.removeLast() }
        lines.append(isASCII ? String(line.map(Self.ascii)) : String(line))
    }

    /// Of one character, so that what stands below each other stays so.
    private static func ascii(_ character: Character) -> Character {
        switch character {
        case "─", "╌": "-"
        case "┄": "."
        case "═": "="
        case "│", "├", "┤": "|"
        case "▶": ">"
        case "◀": "<"
        case "✗": "x"
        case "●": "*"
        case "…": "~"
        default: character.isASCII ? character : "?"
        }
    }
}
