/// Where a dialogue left its script.
public struct ScriptMismatch: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was not as the script has it.
    public enum Kind: Sendable, Hashable {
        /// Another request or status line.
        case startLine
        /// A field that is missing, different, or there where it should not be.
        case header
        /// A line that the body does not have.
        case body
        /// A message, or a frame, where none was expected.
        case unexpected
        /// The other side has closed the connection.
        case closed
        /// The other side sent what is not RTSP.
        case notRTSP
        /// Nothing came in the time that `within` gave.
        case timedOut
        /// The script uses a value that nothing was captured for.
        case missingValue
    }

    /// What was not as the script has it.
    public var kind: Kind
    /// The line of the script, counted from 1.
    public var line: Int
    /// What stands there.
    public var expected: String
    /// What there was instead.
    public var found: String

    /// A mismatch at a line of a script.
    public init(_ kind: Kind, line: Int, expected: String, found: String) {
        self.kind = kind
        self.line = line
        self.expected = expected
        self.found = found
    }

    /// One sentence with all of it.
    public var description: String { "line \(line): expected \(expected), found \(found)" }
}

/// Why a text is no script.
public struct PeerScriptError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was wrong.
    public enum Reason: Sendable, Hashable {
        /// A line that is neither `<`, `>`, a comment nor one of the words.
        case unknownLine
        /// A message without a first line.
        case missingStartLine
        /// A header line without a name or a colon, where one is expected.
        case malformedHeader
        /// A time other than `250 ms` or `1.5 s`, at most a day.
        case invalidDuration
        /// Bytes that are neither hexadecimal nor text in quotes with the escapes that are known.
        case invalidBytes
        /// A channel other than 0 to 255, or a frame longer than 65 535 bytes.
        case invalidFrame
        /// A number of bytes below 1.
        case invalidPieces
        /// A line end other than `crlf`, `lf` and `cr`.
        case invalidLineEnd
        /// `within` or `in pieces` with nothing behind it that it could be about.
        case misplaced
        /// `end` without `any order`, `any order` within another or without an `end`, or a case that does not begin with `<`.
        case invalidOrder
        /// A value that is used and that nothing before it captures, or a capture called `cseq`, which always is the request's.
        case unknownValue
    }

    /// What was wrong.
    public var reason: Reason
    /// The line, counted from 1.
    public var line: Int
    /// The line's text.
    public var text: String

    /// An error in a line.
    public init(_ reason: Reason, line: Int, text: String) {
        self.reason = reason
        self.line = line
        self.text = text
    }

    /// The reason, the line and its text.
    public var description: String { "\(reason) in line \(line): \(text)" }
}
