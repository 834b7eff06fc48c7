/// What a parser of the course dialect takes from a peer before it gives up.
public struct LabParserLimits: Sendable, Hashable {
    /// The longest message, in bytes; at least 1.
    public let maximumMessageBytes: Int
    /// The most messages that wait to be fetched; at least 1.
    public let maximumQueued: Int
    /// How long nothing has to come for a message to be over; up to a minute.
    public let quiet: Duration

    /// Limits; values out of range are brought into it.
    public init(maximumMessageBytes: Int = 4096, maximumQueued: Int = 64, quiet: Duration = LabDialect.quiet) {
        self.maximumMessageBytes = min(max(1, maximumMessageBytes), 1 << 20)
        self.maximumQueued = min(max(1, maximumQueued), 1 << 16)
        self.quiet = min(max(.zero, quiet), .seconds(60))
    }

    /// The default limits.
    public static let standard = LabParserLimits()
}

/// Why bytes were no message of the course dialect.
public struct LabParseError: Error, Sendable, Hashable {
    /// What is wrong.
    public enum Reason: Sendable, Hashable {
        /// The first line is no request line.
        case notARequest
        /// The first line of a SETUP names no file.
        case noFile
        /// One message is longer than the limit.
        case tooLong
        /// More messages at once than the limit.
        case tooMany
    }

    /// What is wrong.
    public let reason: Reason
    /// The number of the request, where it could be read, for the answer.
    public let cSeq: Int?

    /// An error of this reason.
    public init(_ reason: Reason, cSeq: Int? = nil) {
        self.reason = reason
        self.cSeq = cSeq
    }

    /// True when nothing more is read from the connection; it can only be closed.
    public var isFatal: Bool { reason == .tooLong || reason == .tooMany }
}

/// One result of reading a course client's bytes.
public enum LabParseResult: Sendable, Hashable {
    /// A request in standard wording.
    case request(RTSPRequest)
    /// No request; unless the error is fatal, 400 is the answer and reading goes on.
    case failure(LabParseError)
}

/// One result of reading a course server's bytes.
public enum LabReply: Sendable, Hashable {
    /// A reply.
    case response(RTSPResponse)
    /// Something that answers nothing, such as `RTSP/1.0 END` at the end of a movie: its first line, of at most 80 characters.
    case unsolicited(String)
    /// The bytes cannot be read on; close the connection.
    case failure(LabParseError)
}
