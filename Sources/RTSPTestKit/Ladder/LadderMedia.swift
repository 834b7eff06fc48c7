internal import RTSPKit

/// Frames as lines, each with its fate.
struct LadderMedia {
    let viewing: LadderViewing?
    /// Whether it is known what arrived.
    let isWitnessed: Bool
    let from: Int
    let to: Int
    let options: LadderDiagram.Options
    let isUnderway: (Duration) -> Bool

    mutating func rows(for frames: [LadderFrame]) -> [LadderDiagram.Row] {
        var rows: [LadderDiagram.Row] = []
        for frame in frames {
            let row = row(for: frame)
            rows.append(row)
            guard options.showsLostPackets, isWitnessed, row.ending == .arrived else { continue }
            rows += packets(of: frame)
        }
        return options.foldsFrames ? Self.folded(rows) : rows
    }

    private func row(for frame: LadderFrame) -> LadderDiagram.Row {
        var row = LadderDiagram.Row(
            kind: .frame, from: from, to: to, sent: frame.sent, arrived: frame.lastArrival, label: frame.title,
            order: frame.order)
        guard isWitnessed else {
            row.foldClass = "sent"
            return row
        }
        let fate = fate(of: frame)
        (row.ending, row.isTrouble, row.foldClass) = (fate.ending, fate.isTrouble, fate.foldClass)
        row.label += fate.text.isEmpty ? "" : " · \(fate.text)"
        let copied = frame.packets.indices.filter { frame.packets[$0].copies > 0 }
        if !copied.isEmpty { row.details.append("came twice: \(frame.places(copied))") }
        return row
    }

    private struct Fate {
        var text: String
        var ending = LadderDiagram.Row.Ending.arrived
        var isTrouble = false
        var foldClass: String?
    }

    private func fate(of frame: LadderFrame) -> Fate {
        guard let first = frame.firstArrival, let last = frame.lastArrival else {
            if let sent = frame.sent, isUnderway(sent) {
                return Fate(text: "underway", ending: .underway, foldClass: "underway")
            }
            let count = frame.packets.count
            return Fate(
                text: count == 1 ? "lost" : "lost, all \(count) packets", ending: .lost, isTrouble: true, foldClass: "lost")
        }
        if let shown = viewing?.showing(of: frame.timestamp, after: first) {
            return Fate(text: "shown at \(LadderText.seconds(shown))", foldClass: "shown")
        }
        let lost = frame.lost
        let changed = frame.packets.indices.filter { frame.packets[$0].isChanged }
        if !lost.isEmpty {
            if let sent = frame.sent, isUnderway(sent) { return Fate(text: "the rest underway", foldClass: "underway") }
            return Fate(text: "incomplete: \(Self.noun(lost)) \(frame.places(lost)) lost", isTrouble: true)
        }
        if frame.missing > 0 {
            return Fate(text: "incomplete: at least \(frame.missing) more never came", isTrouble: true)
        }
        if frame.lacksStart { return Fate(text: "incomplete: its beginning never came", isTrouble: true) }
        if frame.lacksEnd { return Fate(text: "incomplete: its end never came", isTrouble: true) }
        if !changed.isEmpty {
            return Fate(text: "not shown: \(Self.noun(changed)) \(frame.places(changed)) changed on the way", isTrouble: true)
        }
        guard let viewing else { return Fate(text: "", foldClass: "arrived") }
        let reason = viewing.reason(notShowing: frame.timestamp, after: last)
        return Fate(text: reason.text, isTrouble: reason.foldClass == "skipped", foldClass: reason.foldClass)
    }

    private static func noun(_ places: [Int]) -> String { places.count == 1 ? "packet" : "packets" }

    /// An arrow for each run of lost packets.
    private func packets(of frame: LadderFrame) -> [LadderDiagram.Row] {
        let lost = frame.lost
        if let sent = frame.sent, isUnderway(sent) { return [] }
        return LadderFrame.runs(lost).prefix(16).map { run in
            let first = frame.packets[run.lowerBound]
            let bytes = run.reduce(0) { $0 + frame.packets[$1].byteCount }
            let last = first.sequenceNumber &+ UInt16(truncatingIfNeeded: run.count - 1)
            let numbers = run.count == 1 ? "\(first.sequenceNumber)" : "\(first.sequenceNumber)–\(last)"
            return LadderDiagram.Row(
                kind: .packet, from: from, to: to, sent: frame.sent, ending: .lost,
                label: "\(Self.noun(Array(run))) \(frame.places(Array(run))) · sequence \(numbers) · \(bytes) bytes",
                isTrouble: true, order: frame.order)
        }
    }

    /// Whether so much time lies between a run and the frame after it that something must have happened meanwhile.
    private static func isBehindPause(_ row: LadderDiagram.Row, _ run: [LadderDiagram.Row]) -> Bool {
        guard let last = run.last, run.count > 1 else { return false }
        return row.time - last.time > (run[1].time - run[0].time) * 4 + .milliseconds(100)
    }

    /// Long runs of frames with the same fate: the first two, how many there were, and the last one.
    private static func folded(_ rows: [LadderDiagram.Row]) -> [LadderDiagram.Row] {
        var result: [LadderDiagram.Row] = []
        var run: [LadderDiagram.Row] = []
        func flush() {
            guard run.count >= 6, let foldClass = run.first?.foldClass else { return result += run }
            let inner = run[2..<run.count - 1]
            result += run.prefix(2)
            if var row = inner.first, let last = inner.last {
                row.label = "… \(inner.count) frames more until \(LadderText.seconds(last.time)), all \(foldClass)"
                // One moment is enough, and a record of the client alone has that of arrival only.
                if row.sent != nil { row.arrived = nil }
                result.append(row)
            }
            result += run.suffix(1)
        }
        for row in rows {
            if row.foldClass == nil || row.foldClass != run.first?.foldClass || !row.details.isEmpty || isBehindPause(row, run) {
                flush()
                run = []
            }
            if row.foldClass == nil || !row.details.isEmpty { result.append(row) } else { run.append(row) }
        }
        flush()
        return result
    }
}
