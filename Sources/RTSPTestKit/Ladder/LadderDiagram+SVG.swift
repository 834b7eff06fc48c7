extension LadderDiagram {
    /// The diagram as a picture: a self-contained SVG document without scripts, light or dark as its reader prefers.
    ///
    /// Order is true to time on every lifeline, distances are not: arrows lean from when they left to when they arrived, and cross
    /// where one overtakes another.
    public var svg: String {
        var drawing = LadderDrawing(columns: columns)
        drawing.add(rows)
        if omittedRowCount > 0 { drawing.addRemark("… \(omittedRowCount) lines more") }
        return drawing.document
    }
}

/// The shapes of a diagram and where they lie, in pixels.
private struct LadderDrawing {
    private struct Place {
        var start = 0.0
        var end: Double?
    }

    /// A moment of a row; in the order in which they are drawn downwards.
    private struct Moment {
        var time: Duration
        var row: Int
        var isEnd: Bool
    }

    private let columns: [LadderDiagram.Column]
    private let lifelines: [Double]
    private let width: Double
    private var y = 66.0
    private var arrows = ""
    private var texts = ""

    /// Two columns have their times beside them and the texts between them.
    private var isPair: Bool { columns.count == 2 }
    private static let lineHeight = 15.0
    /// Of the font, as wide as any of those named.
    private static let characterWidth = 7.3

    init(columns: [LadderDiagram.Column]) {
        self.columns = columns
        if columns.count == 2 {
            (lifelines, width) = ([80, 840], 920)
        } else {
            lifelines = columns.indices.map { 215 + Double($0) * 130 }
            width = (lifelines.last ?? 0) + 560
        }
    }

    // MARK: Rows

    mutating func add(_ rows: [LadderDiagram.Row]) {
        let rows = Self.packetsFirst(rows.filter { lifelines.indices.contains($0.from) && lifelines.indices.contains($0.to) })
        var places = Array(repeating: Place(), count: rows.count)
        var wasEnd = false
        for moment in Self.moments(of: rows) {
            defer { wasEnd = moment.isEnd }
            if moment.isEnd {
                // Next to another arrival there must be room for its time.
                y += wasEnd ? 14 : 9
                places[moment.row].end = y
            } else {
                let lines = lines(of: rows[moment.row])
                y += 9 + Self.lineHeight * Double(isPair ? lines.count : 1)
                places[moment.row].start = y
                write(lines, of: rows[moment.row], at: y)
                if !isPair { y += Self.lineHeight * Double(lines.count - 1) }
            }
        }
        for (row, place) in zip(rows, places) {
            if row.kind == .note { drawNote(row, at: place.start) } else { drawArrow(row, place) }
        }
    }

    mutating func addRemark(_ text: String) {
        y += 30
        self.text(text, x: width / 2, y: y, "dim", anchor: "middle")
    }

    /// The lost packets of a frame above its arrow, which leans down and would cross their texts.
    private static func packetsFirst(_ rows: [LadderDiagram.Row]) -> [LadderDiagram.Row] {
        var result: [LadderDiagram.Row] = []
        var frame: LadderDiagram.Row?
        for row in rows {
            if row.kind != .packet, let whole = frame {
                result.append(whole)
                frame = nil
            }
            if row.kind == .frame { frame = row } else { result.append(row) }
        }
        return result + (frame.map { [$0] } ?? [])
    }

    /// Arrivals come before what they lead to at the same moment.
    private static func moments(of rows: [LadderDiagram.Row]) -> [Moment] {
        var moments: [Moment] = []
        for (index, row) in rows.enumerated() {
            moments.append(Moment(time: row.time, row: index, isEnd: false))
            if let sent = row.sent, let arrived = row.arrived, arrived > sent, row.kind != .note {
                moments.append(Moment(time: arrived, row: index, isEnd: true))
            }
        }
        return moments.sorted { one, other in
            (one.time, one.isEnd ? 0 : 1, one.row) < (other.time, other.isEnd ? 0 : 1, other.row)
        }
    }

    private func lines(of row: LadderDiagram.Row) -> [String] {
        let room = isPair ? lifelines[1] - lifelines[0] - 30 : 520
        let characters = Int(room / Self.characterWidth)
        return LadderText.wrapped(row.label, width: characters) + LadderText.packed(row.details, width: characters, by: " · ")
    }

    /// The texts of a row above its arrow, or beside it where there are many columns, and its times.
    private mutating func write(_ lines: [String], of row: LadderDiagram.Row, at y: Double) {
        let isNote = row.kind == .note
        let isLeft = row.kind == .note ? row.from == 0 : row.from < row.to
        for (index, line) in lines.enumerated() {
            let style = row.isTrouble ? "bad" : index == 0 && !isNote ? "ink" : "dim"
            if isPair {
                let baseline =
                    isNote
                    ? y + 4 - Self.lineHeight * Double(lines.count - 1 - index)
                    : y - 5 - Self.lineHeight * Double(lines.count - 1 - index)
                text(
                    line, x: isLeft ? lifelines[0] + 14 : lifelines[1] - 14, y: baseline, style, anchor: isLeft ? "start" : "end")
            } else {
                let x = (lifelines.last ?? 0) + 24 + (index > 0 ? 14 : 0)
                text(line, x: x, y: y + 4 + Self.lineHeight * Double(index), style, anchor: "start")
            }
        }
        guard !isPair else { return }
        if let sent = row.sent { time(sent, x: 80, y: y, anchor: "end") }
        if let arrived = row.arrived { time(arrived, x: 150, y: y, anchor: "end") }
    }

    private mutating func drawNote(_ row: LadderDiagram.Row, at y: Double) {
        let style = row.isTrouble ? "dot trouble" : "dot"
        arrows += "<circle class=\"\(style)\" cx=\"\(number(lifelines[row.from]))\" cy=\"\(number(y))\" r=\"4\"/>\n"
        if let sent = row.sent { timeBeside(row.from, sent, y: y) }
    }

    private mutating func drawArrow(_ row: LadderDiagram.Row, _ place: Place) {
        let (from, to) = (lifelines[row.from], lifelines[row.to])
        let end = place.end ?? place.start
        let reach = row.ending == .arrived ? 1 : 0.62
        let tip = (x: from + (to - from) * reach, y: place.start + (row.ending == .arrived ? end - place.start : 6))
        let style = Self.style(of: row)
        arrows += "<path class=\"\(style)\" d=\"M\(number(from)) \(number(place.start))L\(number(tip.x)) \(number(tip.y))\"/>\n"
        switch row.ending {
        case .arrived: drawHead(from: (from, place.start), to: tip, style)
        case .lost:
            let (x, y) = tip
            arrows +=
                "<path class=\"cross\" d=\"M\(number(x - 5)) \(number(y - 5))L\(number(x + 5)) \(number(y + 5))"
                + "M\(number(x - 5)) \(number(y + 5))L\(number(x + 5)) \(number(y - 5))\"/>\n"
        case .underway:
            for offset in [8.0, 15, 22] {
                let x = tip.x + (to > from ? offset : -offset)
                arrows += "<circle class=\"dot\" cx=\"\(number(x))\" cy=\"\(number(tip.y))\" r=\"1.5\"/>\n"
            }
        }
        if let sent = row.sent { timeBeside(row.from, sent, y: place.start) }
        if let arrived = row.arrived { timeBeside(row.to, arrived, y: end) }
    }

    /// Two short lines, so that the head has the arrow's own style.
    private mutating func drawHead(from start: (x: Double, y: Double), to tip: (x: Double, y: Double), _ style: String) {
        let (x, y) = (tip.x - start.x, tip.y - start.y)
        let length = max(1, (x * x + y * y).squareRoot())
        let (along, across) = ((x: x / length * 9, y: y / length * 9), (x: -y / length * 4.5, y: x / length * 4.5))
        let head = [across, (x: -across.x, y: -across.y)].map { side in
            "\(number(tip.x - along.x + side.x)) \(number(tip.y - along.y + side.y))"
        }
        arrows += "<path class=\"\(style) head\" d=\"M\(head[0])L\(number(tip.x)) \(number(tip.y))L\(head[1])\"/>\n"
    }

    private static func style(of row: LadderDiagram.Row) -> String {
        let kind =
            switch row.kind {
            case .message, .note: "message"
            case .frame: "frame"
            case .packet: "packet"
            case .report: "report"
            }
        return row.isTrouble ? "\(kind) trouble" : kind
    }

    // MARK: Text

    private mutating func timeBeside(_ column: Int, _ time: Duration, y: Double) {
        guard isPair else { return }
        self.time(time, x: column == 0 ? lifelines[0] - 10 : lifelines[1] + 10, y: y, anchor: column == 0 ? "end" : "start")
    }

    private mutating func time(_ time: Duration, x: Double, y: Double, anchor: String) {
        text(LadderText.seconds(time), x: x, y: y + 4, "dim", anchor: anchor)
    }

    private mutating func text(_ text: String, x: Double, y: Double, _ style: String, anchor: String) {
        texts += "<text class=\"\(style)\" x=\"\(number(x))\" y=\"\(number(y))\""
        texts += anchor == "start" ? "" : " text-anchor=\"\(anchor)\""
        texts += ">\(Self.escaped(text))</text>\n"
    }

    /// What a peer has said is text and nothing else.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in LadderText.plain(text).unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths < 0 ? "-" : "")\(tenths.magnitude / 10).\(tenths.magnitude % 10)"
    }

    // MARK: The document

    var document: String {
        let height = y + 30
        var titles = ""
        var lines = ""
        for (index, column) in columns.enumerated() {
            let x = number(lifelines[index])
            lines += "<path class=\"\(column.isImplied ? "life implied" : "life")\" d=\"M\(x) 52V\(number(height - 12))\"/>\n"
            titles += "<text class=\"title\" x=\"\(x)\" y=\"26\" text-anchor=\"middle\">\(Self.escaped(column.title))</text>\n"
            titles += "<text class=\"dim\" x=\"\(x)\" y=\"42\" text-anchor=\"middle\">\(Self.escaped(column.host))</text>\n"
        }
        if !isPair, !columns.isEmpty {
            titles += "<text class=\"dim\" x=\"80\" y=\"42\" text-anchor=\"end\">sent</text>\n"
            titles += "<text class=\"dim\" x=\"150\" y=\"42\" text-anchor=\"end\">arrived</text>\n"
        }
        let size = "width=\"\(number(width))\" height=\"\(number(height))\""
        return """
            <svg xmlns="http://www.w3.org/2000/svg" \(size) viewBox="0 0 \(number(width)) \(number(height))" role="img">
            <title>Ladder diagram</title>
            <style>
            \(Self.light)
            @media (prefers-color-scheme: dark) {
            \(Self.dark)
            }
            </style>
            <rect class="paper" width="100%" height="100%"/>
            \(lines)\(arrows)\(titles)\(texts)</svg>

            """
    }

    private static let light = """
        text { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; paint-order: stroke;
          stroke: #fff; stroke-width: 5px; stroke-linejoin: round }
        path { fill: none; stroke: #24292f; stroke-width: 1.4px }
        .paper { fill: #fff }
        .life { stroke: #aeb6bf; stroke-width: 1.2px }
        .implied { stroke-dasharray: 4 4 }
        .frame { stroke: #0969da; stroke-width: 2.6px }
        .report { stroke: #6e7781; stroke-dasharray: 2 4 }
        .packet { stroke-dasharray: 6 4 }
        .trouble, .cross { stroke: #cf222e }
        .cross { stroke-width: 2.4px }
        .head { stroke-dasharray: none }
        .dot { fill: #57606a; stroke: none }
        .dot.trouble { fill: #cf222e }
        .ink { fill: #1f2328 }
        .dim { fill: #59636e }
        .bad { fill: #b3121f }
        .title { fill: #1f2328; font-weight: bold }
        """

    private static let dark = """
        text { stroke: #0d1117 }
        path { stroke: #c9d1d9 }
        .paper { fill: #0d1117 }
        .life { stroke: #4b535d }
        .frame { stroke: #4493f8 }
        .report { stroke: #8b949e }
        .trouble, .cross { stroke: #f85149 }
        .dot { fill: #9198a1; stroke: none }
        .dot.trouble { fill: #f85149 }
        .ink, .title { fill: #f0f6fc }
        .dim { fill: #9da7b3 }
        .bad { fill: #ff7b72 }
        """
}
