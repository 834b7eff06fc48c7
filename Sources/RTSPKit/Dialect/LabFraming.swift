/// Cuts the bytes of a connection into messages of the course dialect.
///
/// A message ends at a blank line, before the first line of the next message, or when nothing has come for a while. The next
/// message is recognised at a line start and also directly after digits, since the last line of a message often has no end:
/// `Session: 123456TEARDOWN movie.Mjpeg RTSP/1.0`. The first line of a message is never cut, so names of files are safe.
///
/// Ends are looked for after every byte, so what comes out does not depend on how the bytes were cut on their way; each look
/// goes back over the last word only, or once per line over the line.
struct LabFraming: Sendable, Hashable {
    /// Which messages travel in this direction.
    enum Direction: Sendable, Hashable { case requests, replies }

    private let direction: Direction
    private let limits: LabParserLimits
    /// The message in the making; never starts with a line end.
    private var pending: [UInt8] = []
    /// Where its last line begins.
    private var line = 0
    @StoredOptionalInstant private var latest: ContinuousClock.Instant?
    /// Why nothing more is taken.
    private(set) var failure: LabParseError.Reason?

    init(_ direction: Direction, limits: LabParserLimits) {
        self.direction = direction
        self.limits = limits
    }

    /// When the message in the making ends if nothing more comes.
    var deadline: ContinuousClock.Instant? {
        guard !pending.isEmpty, let latest else { return nil }
        return latest.advanced(by: limits.quiet)
    }

    /// Takes bytes; returns the messages that are complete with them, in order, and sets `failure` where that is more than
    /// `room` or one of them is too long.
    mutating func append(_ bytes: Span<UInt8>, at now: ContinuousClock.Instant, room: Int) -> [[UInt8]] {
        guard failure == nil else { return [] }
        var messages: [[UInt8]] = []
        if let ended = advance(to: now) { messages.append(ended) }
        latest = max(latest ?? now, now)
        for index in bytes.indices {
            if pending.isEmpty, LabText.isLineEnd(bytes[index]) { continue }
            pending.append(bytes[index])
            while let end = messageEnd() { messages.append(take(end)) }
            if pending.count > limits.maximumMessageBytes { return fail(.tooLong, messages) }
            if messages.count > room { return fail(.tooMany, messages.dropLast()) }
        }
        return messages
    }

    /// The pending message, if the quiet has lasted long enough at `now`.
    mutating func advance(to now: ContinuousClock.Instant) -> [UInt8]? {
        guard let deadline, now >= deadline else { return nil }
        return flush()
    }

    /// The pending message, complete or not.
    mutating func flush() -> [UInt8]? { pending.isEmpty ? nil : take(pending.count) }

    private mutating func fail(_ reason: LabParseError.Reason, _ messages: some Sequence<[UInt8]>) -> [[UInt8]] {
        failure = reason
        pending = []
        return Array(messages)
    }

    private mutating func take(_ end: Int) -> [UInt8] {
        let message = Array(pending.prefix(end))
        pending.removeFirst(min(end, pending.count))
        line = 0
        return message
    }

    /// Where the pending message ends, if its last byte has made that known.
    private mutating func messageEnd() -> Int? {
        guard let last = pending.last else { return nil }
        if line > 0, let start = nextMessage() { return start }
        guard last == LabText.lf else { return nil }
        let isBlankLine = pending[line...].allSatisfy(LabText.isLineEnd)
        line = pending.count
        return isBlankLine ? pending.count : nil
    }

    private func nextMessage() -> Int? {
        switch direction {
        case .requests: LabMethodWord.start(in: pending[line...])
        case .replies: statusLine()
        }
    }

    /// Where `RTSP/` and a digit end the line so far, at its start or with no blank before it.
    private func statusLine() -> Int? {
        let start = pending.count - "RTSP/1".utf8.count
        guard start >= line, let last = pending.last, LabText.isDigit(last),
            LabText.equals(pending[start...].dropLast(), "rtsp/")
        else { return nil }
        return start > line && LabText.isBlank(pending[start - 1]) ? nil : start
    }
}

/// The word that begins a request of the course dialect.
enum LabMethodWord {
    /// RTSP's own methods, and those that course programs have added.
    private static let known: Set<[UInt8]> = Set(
        [
            "SETUP", "PLAY", "PAUSE", "TEARDOWN", "DESCRIBE", "OPTIONS", "GET_PARAMETER", "SET_PARAMETER", "STOP", "FORWARD",
            "BACKWARD", "PREVIOUS", "NEXT", "FASTFORWARD", "REWIND", "SWITCH", "SEEK", "SET_SPEED", "SPEED", "RESOLUTION",
            "SETTIME", "GETLIST", "CONNECT", "CHANGE",
        ].map { Array($0.utf8) })
    private static let longest = 13

    /// Where the next request begins in `line`, which is not the first of its request, if the last byte has made that known.
    static func start(in line: ArraySlice<UInt8>) -> Int? {
        guard let last = line.last, !LabText.isBlank(last) else { return nil }
        return knownWord(before: last, in: line) ?? (last == LabText.lf ? unknownWord(in: line) : nil)
    }

    /// A known word that a blank or line end follows, at the start of the line or directly after a number. A header of such a
    /// name (`RESOLUTION: HD`, `RESOLUTION : HD`) is none.
    private static func knownWord(before last: UInt8, in line: ArraySlice<UInt8>) -> Int? {
        guard last != UInt8(ascii: ":"), last != UInt8(ascii: "=") else { return nil }
        var end = line.endIndex - 1
        while end > line.startIndex, LabText.isBlank(line[end - 1]) { end -= 1 }
        guard end < line.endIndex - 1 || LabText.isLineEnd(last) else { return nil }
        var start = end
        while start > line.startIndex, end - start <= longest, isMethodByte(line[start - 1]) { start -= 1 }
        guard known.contains(Array(line[start..<end])) else { return nil }
        return start == line.startIndex || endsInNumber(line[..<start]) ? start : nil
    }

    /// A method nobody has met yet; the version at the end of its line shows it.
    private static func unknownWord(in line: ArraySlice<UInt8>) -> Int? {
        let words = LabText.words(of: LabText.trimmed(line))
        guard words.count > 1, let first = words.first, let last = words.last, first.startIndex == line.startIndex,
            first.count > 1, first.allSatisfy(isMethodByte), words[1].first != UInt8(ascii: ":")
        else { return nil }
        return LabText.position(of: "rtsp/", in: last) == last.startIndex ? line.startIndex : nil
    }

    /// True for `Session: 123456`; false for `movie2`, so that no name is cut.
    private static func endsInNumber(_ text: ArraySlice<UInt8>) -> Bool {
        guard let last = text.last, LabText.isDigit(last) else { return false }
        guard let before = text.last(where: { !LabText.isDigit($0) }) else { return true }
        return !LabText.isLetter(before) && before != UInt8(ascii: "_") && before < 128
    }

    private static func isMethodByte(_ byte: UInt8) -> Bool { LabText.isUppercase(byte) || byte == UInt8(ascii: "_") }
}
