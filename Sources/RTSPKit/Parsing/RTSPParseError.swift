/// Why a stream of bytes is no RTSP any more. The parser cannot go on behind it.
public struct RTSPParseError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was wrong.
    public enum Reason: Sendable, Hashable {
        /// A line that means to be a request or status line and is none.
        case malformedStartLine
        /// A header line without a name.
        case malformedHeader
        /// The start line is longer than ``RTSPParserLimits/startLine``.
        case startLineTooLong
        /// The header lines are longer than ``RTSPParserLimits/headerBytes``.
        case headersTooLarge
        /// There are more fields than ``RTSPParserLimits/headerCount``.
        case tooManyHeaders
        /// A `Content-Length` that is no number, or several that differ.
        case invalidContentLength
        /// A `Content-Length` above ``RTSPParserLimits/body``.
        case bodyTooLarge
        /// More than ``RTSPParserLimits/junk`` bytes between two messages.
        case tooMuchJunk
    }

    /// What was wrong.
    public var reason: Reason
    /// How many bytes of the stream stood before the line, or the byte, that was wrong.
    public var offset: Int
    /// The `CSeq` of the message, if it had been read by then.
    public var cSeq: Int?

    /// An error at `offset`.
    public init(_ reason: Reason, offset: Int, cSeq: Int? = nil) {
        self.reason = reason
        self.offset = offset
        self.cSeq = cSeq
    }

    /// What a server answers before it closes the connection: 400, 413 or 414.
    public var suggestedStatus: RTSPStatus {
        switch reason {
        case .startLineTooLong: .requestURITooLarge
        case .bodyTooLarge, .headersTooLarge, .tooManyHeaders: .requestEntityTooLarge
        case .malformedStartLine, .malformedHeader, .invalidContentLength, .tooMuchJunk: .badRequest
        }
    }

    /// The reason and the offset.
    public var description: String { "\(reason) at byte \(offset)" }
}
