/// Reads the replies of a course server.
///
/// A reply ends at a blank line, before the status line of the next one, or after 50 ms of quiet, since most servers send
/// nothing after the last value. The status is taken by number, `CSeq` and `Session` by name and only where they are there.
public struct LabResponseParser: Sendable, Hashable {
    private let limits: LabParserLimits
    private var framing: LabFraming
    private var replies: [LabReply] = []

    /// A parser for one connection.
    public init(limits: LabParserLimits = .standard) {
        self.limits = limits
        framing = LabFraming(.replies, limits: limits)
    }

    /// When the quiet ends the reply in the making; call ``next(at:)`` then. `nil` while there is none.
    public var deadline: ContinuousClock.Instant? { framing.deadline }

    /// Takes bytes that came at `now`. Fetch what they made with ``next(at:)`` until `nil` before the next call; what waits
    /// beyond the limit is a fatal error.
    public mutating func append(_ bytes: Span<UInt8>, at now: ContinuousClock.Instant) {
        guard framing.failure == nil else { return }
        for message in framing.append(bytes, at: now, room: limits.maximumQueued - replies.count) { read(message) }
        if let reason = framing.failure { replies.append(.failure(LabParseError(reason))) }
    }

    /// The next reply; `nil` where the bytes make no further one by `now`. A fatal error is the last.
    public mutating func next(at now: ContinuousClock.Instant) -> LabReply? {
        if let message = framing.advance(to: now) { read(message) }
        return replies.isEmpty ? nil : replies.removeFirst()
    }

    /// The server has closed its side: what is pending is complete. Fetch it with ``next(at:)``.
    public mutating func endOfStream() {
        if let message = framing.flush() { read(message) }
    }

    private mutating func read(_ message: [UInt8]) {
        let lines = LabText.lines(of: message)
        guard let first = lines.first else { return }
        let fields = lines.dropFirst().compactMap(LabText.field)
        let number = fields.first { LabText.equals($0.name, "cseq") }.flatMap { LabText.firstNumber($0.value) }
        guard let status = status(first), number.map({ $0 >= 0 }) ?? true else {
            return replies.append(.unsolicited(LabText.string(first.prefix(80))))
        }
        var response = RTSPResponse(status, cSeq: number)
        for field in fields where !LabText.equals(field.name, "cseq") {
            let isSession = LabText.equals(field.name, "session")
            let value = isSession ? LabText.session(field.value) : field.value
            if isSession, value.isEmpty || response.headers["Session"] != nil { continue }
            response.headers.append(isSession ? "Session" : LabText.string(field.name), LabText.string(value))
        }
        replies.append(.response(response))
    }

    private func status(_ line: ArraySlice<UInt8>) -> RTSPStatus? {
        let words = LabText.words(of: line)
        guard words.count > 1, LabText.position(of: "rtsp/", in: words[0]) == words[0].startIndex,
            words[1].allSatisfy(LabText.isDigit), let code = LabText.leadingNumber(words[1]), (100...999).contains(code)
        else { return nil }
        let phrase = LabText.trimmed(line[words[1].endIndex...])
        return RTSPStatus(code: code, reasonPhrase: phrase.isEmpty ? nil : LabText.string(phrase))
    }
}
