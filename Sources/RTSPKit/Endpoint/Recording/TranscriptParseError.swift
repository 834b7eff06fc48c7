/// Why a text is no transcript.
public struct TranscriptParseError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was wrong.
    public enum Reason: Sendable, Hashable {
        /// The first line does not say that a transcript of this version follows.
        case notATranscript
        /// A line that says nothing that a transcript has.
        case malformedLine
        /// A word in the place of the machine that names none.
        case malformedMachine
        /// A time or length that is no number, or further away than 2⁶³ seconds.
        case malformedTime
        /// A field whose value cannot be what it says.
        case malformedField(String)
        /// A field that must be there.
        case missingField(String)
        /// A field that nothing is known of, or that stands there twice.
        case unknownField(String)
        /// Quotes that do not close, an escape that is none, or digits that are no bytes.
        case malformedBytes
        /// A line that goes on with nothing.
        case strayContinuation
    }

    /// What was wrong.
    public var reason: Reason
    /// In which line, counted from 1.
    public var line: Int

    /// An error in `line`.
    public init(_ reason: Reason, line: Int) {
        self.reason = reason
        self.line = line
    }

    /// For people.
    public var description: String {
        let what =
            switch reason {
            case .notATranscript: "the first line is not \"\(Transcript.heading)\""
            case .malformedLine: "this says nothing that a transcript has"
            case .malformedMachine: "no machine has this name"
            case .malformedTime: "this is no time"
            case .malformedField(let key): "the value of \(key) cannot be read"
            case .missingField(let key): "\(key) is missing"
            case .unknownField(let key): "\(key) is not known here, or stands here twice"
            case .malformedBytes: "these are no bytes"
            case .strayContinuation: "this line goes on with nothing"
            }
        return "line \(line): \(what)"
    }
}
