/// What went wrong, at the level of a whole presentation or server.
public struct RTSPError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String, Sendable {
            case invalidURL, cannotConnect, cannotBind, portsUnavailable, refused, notFound, unsupportedMedia
            case unsupportedTransport, timedOut, noMedia, connectionLost, protocolViolation, unauthorized, alreadyOffered, closed,
                invalidState
        }
        private let value: Value

        /// The URL cannot be read.
        public static let invalidURL = Code(value: .invalidURL)
        /// No connection to the server could be made.
        public static let cannotConnect = Code(value: .cannotConnect)
        /// The server's address or port cannot be had.
        public static let cannotBind = Code(value: .cannotBind)
        /// No pair of UDP ports is free.
        public static let portsUnavailable = Code(value: .portsUnavailable)
        /// The peer refused, with the status that the message tells.
        public static let refused = Code(value: .refused)
        /// There is no such presentation (404).
        public static let notFound = Code(value: .notFound)
        /// The presentation has no JPEG video.
        public static let unsupportedMedia = Code(value: .unsupportedMedia)
        /// No transport that both sides can use (461).
        public static let unsupportedTransport = Code(value: .unsupportedTransport)
        /// The peer did not answer in time.
        public static let timedOut = Code(value: .timedOut)
        /// The server said that it plays, but no media came.
        public static let noMedia = Code(value: .noMedia)
        /// The connection broke.
        public static let connectionLost = Code(value: .connectionLost)
        /// The peer sent what is not RTSP, RTP or SDP.
        public static let protocolViolation = Code(value: .protocolViolation)
        /// The server wants credentials (401).
        public static let unauthorized = Code(value: .unauthorized)
        /// Something is offered at that path already.
        public static let alreadyOffered = Code(value: .alreadyOffered)
        /// The presentation has been closed.
        public static let closed = Code(value: .closed)

        /// What was asked for makes no sense now, such as PAUSE while nothing plays.
        public static let invalidState = Code(value: .invalidState)

        /// The code's name.
        public var description: String { value.rawValue }
    }

    /// What kind of failure it is.
    public var code: Code
    /// One sentence for people.
    public var message: String
    /// What caused it, where something did.
    public var underlying: (any Error)?

    /// An error.
    public init(code: Code, message: String, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }

    /// The message and its cause.
    public var description: String {
        underlying.map { "\(message): \(Self.words($0))" } ?? message
    }

    /// What an error says. Of an error of the system only the system's own words, without the name of the call and the number:
    /// `bind(…): Address already in use) (errno: 98)`.
    private static func words(_ error: any Error) -> String {
        let text = "\(error)"
        guard let number = text.firstRange(of: " (errno") else { return text }
        let head = text[..<number.lowerBound]
        let start = head.ranges(of: ": ").last?.upperBound ?? head.startIndex
        return String(head[start...].filter { $0 != ")" })
    }
}
