public import RTSPKit

/// The other side of a dialogue, client or server, as a script says it: for tests of a connection value, or of anything behind a
/// real socket.
///
/// It is given bytes and the time and answers with bytes; it opens no socket and reads no clock. Tell it the time whenever its
/// ``deadline`` has come. ``PeerScript`` describes the text.
///
/// ```swift
/// var camera = try ScriptedPeer(
///     """
///     < OPTIONS
///     > RTSP/1.0 404 Not Found
///     """)
/// for action in camera.receive(bytes.span, at: now) {
///     if case .send(let bytes) = action { socket.write(bytes) }
/// }
/// ```
///
/// The first thing that is not as the script has it is its ``mismatch``; from then on it says nothing. What comes after the
/// last line is not looked at.
public struct ScriptedPeer: Sendable, Hashable {
    /// What the peer does.
    public enum Action: Sendable, Hashable {
        /// It sends these bytes.
        case send([UInt8])
        /// It closes the connection.
        case close
        /// It has found the dialogue to be another than its script; nothing follows.
        case mismatch(ScriptMismatch)
    }

    /// Where the dialogue left the script, if it has.
    public private(set) var mismatch: ScriptMismatch?
    /// The values that were captured, by name.
    public private(set) var values: [String: String] = [:]
    /// How many frames have come that no line expected.
    public private(set) var framesPassedOver = 0
    /// What is left to do.
    private var steps: [ScriptStep]
    private var parser: RTSPParser
    private var failure: RTSPParseError?
    private var inbox: [RTSPMessage] = []
    /// The `CSeq` of requests without an answer, as it was stated.
    private var unanswered: [String?] = []
    private var nextCSeq = 1
    /// Pieces that are still to be sent, and when the next one is due.
    private var pieces: [[UInt8]] = []
    private var pieceInterval = Duration.zero
    private var pieceDue: ContinuousClock.Instant?
    /// When the step in hand is over.
    private var stepDue: ContinuousClock.Instant?
    private var isClosed = false
    private var wasTold = false
    private var latest: ContinuousClock.Instant?

    /// A peer that has said nothing yet.
    /// - Parameters:
    ///   - script: what it says and expects.
    ///   - limits: how much of a message it reads.
    public init(_ script: PeerScript, limits: RTSPParserLimits = .default) {
        steps = script.steps
        parser = RTSPParser(limits: limits)
    }

    /// A peer with the script of this text.
    /// - Throws: ``PeerScriptError`` with the line that is wrong.
    public init(_ script: String) throws(PeerScriptError) { self.init(try PeerScript(script)) }

    /// Whether all of the script has happened.
    public var isFinished: Bool { mismatch == nil && steps.isEmpty && pieces.isEmpty }

    /// When ``advance(to:)`` is due.
    public var deadline: ContinuousClock.Instant? { mismatch == nil ? pieceDue ?? stepDue : nil }

    /// The line of the script that is next, counted from 1; `nil` at its end.
    public var line: Int? { steps.first?.line }

    /// Bytes arrived from the other side.
    public mutating func receive(_ bytes: Span<UInt8>, at now: ContinuousClock.Instant) -> [Action] {
        guard mismatch == nil else { return [] }
        parser.append(bytes)
        do {
            while let message = try parser.next() { inbox.append(message) }
        } catch {
            failure = error
        }
        return advance(to: now)
    }

    /// The time is `now`: carries out what is due. Call it once at the beginning where the script begins with `>`. An older time
    /// counts as the newest one seen.
    public mutating func advance(to now: ContinuousClock.Instant) -> [Action] {
        let now = max(now, latest ?? now)
        latest = now
        var actions: [Action] = []
        while mismatch == nil, step(at: now, &actions) {}
        if let mismatch, !wasTold {
            wasTold = true
            actions.append(.mismatch(mismatch))
        }
        return actions
    }

    /// The other side has closed the connection.
    public mutating func connectionClosed(at now: ContinuousClock.Instant) -> [Action] {
        isClosed = true
        return advance(to: now)
    }

    // MARK: Steps

    /// Carries out what is next; false where it must wait.
    private mutating func step(at now: ContinuousClock.Instant, _ actions: inout [Action]) -> Bool {
        if !pieces.isEmpty { return sendPieces(at: now, &actions) }
        guard let step = steps.first else { return false }
        switch step.kind {
        case .wait(let duration):
            guard isOver(duration, at: now) else { return false }
            finishStep()
        case .silence(let duration):
            passOverFrames()
            if let message = inbox.first { return fail(.unexpected, step, found: message.summary) }
            if let failure { return fail(.notRTSP, step, found: "\(failure)") }
            guard isOver(duration, at: now) else { return false }
            finishStep()
        case .close:
            actions.append(.close)
            finishStep()
        case .send(let sending):
            finishStep()
            do {
                begin(try bytes(of: sending), sending.pieces)
            } catch {
                return fail(.missingValue, step, found: "nothing captured for $\(error.name)")
            }
        case .expect(let expectation, let patience):
            return expect(expectation, within: patience, step, at: now)
        case .anyOrder(let cases):
            return expectOne(of: cases, step)
        }
        return true
    }

    private mutating func finishStep() {
        steps.removeFirst()
        stepDue = nil
    }

    private mutating func isOver(_ duration: Duration, at now: ContinuousClock.Instant) -> Bool {
        let due = stepDue ?? now.advanced(by: duration)
        stepDue = due
        return now >= due
    }

    /// Always false: nothing follows.
    private mutating func fail(_ kind: ScriptMismatch.Kind, _ step: ScriptStep, found: String) -> Bool {
        mismatch = ScriptMismatch(kind, line: step.line, expected: step.source, found: found)
        return false
    }

    // MARK: Expected

    private mutating func expect(
        _ expectation: ScriptExpectation, within patience: Duration?, _ step: ScriptStep, at now: ContinuousClock.Instant
    ) -> Bool {
        let isFrame = if case .frame(let channel) = expectation { passOverFrames(except: channel) } else { passOverFrames() }
        guard let message = inbox.first else {
            if let failure { return fail(.notRTSP, step, found: "\(failure)") }
            if isClosed {
                guard expectation == .close else { return fail(.closed, step, found: "the connection closed") }
                finishStep()
                return true
            }
            if let patience, isOver(patience, at: now) { return fail(.timedOut, step, found: "nothing in \(patience)") }
            return false
        }
        switch expectation {
        case .message(let pattern):
            if let found = pattern.mismatch(with: message, values: &values) {
                mismatch = found
                return false
            }
        case .frame:
            guard isFrame else { return fail(.unexpected, step, found: message.summary) }
        case .close: return fail(.unexpected, step, found: message.summary)
        }
        take(message)
        finishStep()
        return true
    }

    /// The first of the cases that the next message fits; what follows it comes next, then the other cases.
    private mutating func expectOne(of cases: [[ScriptStep]], _ step: ScriptStep) -> Bool {
        passOverFrames()
        guard let message = inbox.first else {
            if let failure { return fail(.notRTSP, step, found: "\(failure)") }
            return isClosed ? fail(.closed, step, found: "the connection closed") : false
        }
        for (index, steps) in cases.enumerated() {
            guard case .expect(.message(let pattern), _) = steps.first?.kind,
                pattern.mismatch(with: message, values: &values) == nil
            else { continue }
            take(message)
            finishStep()
            var others = cases
            others.remove(at: index)
            let rest = others.isEmpty ? [] : [ScriptStep(line: step.line, source: step.source, kind: .anyOrder(others))]
            self.steps = steps.dropFirst() + rest + self.steps
            return true
        }
        let expected = cases.compactMap { $0.first?.source }.joined(separator: " or ")
        mismatch = ScriptMismatch(.startLine, line: step.line, expected: expected, found: message.summary)
        return false
    }

    /// True where a frame is next that a line may expect.
    @discardableResult
    private mutating func passOverFrames(except channel: UInt8?? = nil) -> Bool {
        while case .interleaved(let frame) = inbox.first {
            if let channel, channel == nil || channel == frame.channel { return true }
            inbox.removeFirst()
            framesPassedOver += 1
        }
        return false
    }

    private mutating func take(_ message: RTSPMessage) {
        inbox.removeFirst()
        if case .request(let request) = message { unanswered.append(request.headers["CSeq"]) }
    }

    // MARK: Sent

    private mutating func bytes(of sending: ScriptSending) throws(ScriptText.MissingValue) -> [UInt8] {
        guard case .message(let start, let headers, let without, let body) = sending.content else {
            if case .bytes(let bytes) = sending.content { return bytes }
            return []
        }
        var values = values
        values["cseq"] = unanswered.first ?? ""
        var text = ""
        for line in body { text += try line.filled(with: values) + sending.lineEnd }
        let line = try start.filled(with: values)
        var lines = [line]
        for header in headers { lines.append(try header.filled(with: values)) }
        let added = fieldsToAdd(isResponse: line.utf8.starts(with: "RTSP/".utf8), bodyLength: text.utf8.count)
        for (name, value) in added {
            guard let value, !without.contains(where: { Self.isSame($0, name) }),
                !lines.dropFirst().contains(where: { Self.isSame(Self.name(of: $0), name) })
            else { continue }
            lines.insert("\(name): \(value)", at: name == "CSeq" ? 1 : lines.count)
        }
        return Array((lines + ["", ""]).joined(separator: sending.lineEnd).utf8) + Array(text.utf8)
    }

    private mutating func fieldsToAdd(isResponse: Bool, bodyLength: Int) -> [(name: String, value: String?)] {
        let cSeq: String?
        if isResponse {
            cSeq = unanswered.isEmpty ? nil : unanswered.removeFirst()
        } else {
            cSeq = "\(nextCSeq)"
            nextCSeq += 1
        }
        return [("CSeq", cSeq), ("Content-Length", bodyLength > 0 ? "\(bodyLength)" : nil)]
    }

    private mutating func begin(_ bytes: [UInt8], _ cut: ScriptSending.Pieces?) {
        guard let cut else {
            (pieces, pieceInterval) = ([bytes], .zero)
            return
        }
        let starts = stride(from: 0, to: bytes.count, by: cut.size)
        pieces = starts.map { Array(bytes[$0..<min($0 + cut.size, bytes.count)]) }
        pieceInterval = cut.interval
    }

    private mutating func sendPieces(at now: ContinuousClock.Instant, _ actions: inout [Action]) -> Bool {
        if let pieceDue, now < pieceDue { return false }
        actions.append(.send(pieces.removeFirst()))
        let isOver = pieces.isEmpty || pieceInterval == .zero
        pieceDue = isOver ? nil : now.advanced(by: pieceInterval)
        return true
    }

    private static func name(of line: String) -> String {
        let name = line.utf8.prefix { $0 != UInt8(ascii: ":") }
        return String(decoding: name.filter { $0 != 0x20 && $0 != 0x09 }, as: UTF8.self)
    }

    private static func isSame(_ name: String, _ other: String) -> Bool { name.lowercased() == other.lowercased() }
}
