/// What a peer may make an endpoint hold or wait for; exceeding a limit has a defined answer.
public struct EndpointLimits: Sendable, Hashable {
    /// Sizes of a single message; beyond them 400, 413 or 414 and a close.
    public var parser: RTSPParserLimits
    /// How long a message may take from its first byte to its last; then 408 and a close.
    public var messageTime: Duration
    /// How long a connection without a session may go without a request; then it is closed.
    public var idleTime: Duration
    /// How long the owner may take to answer a question; then 503 and a close.
    public var answerTime: Duration
    /// How many bytes of further requests may wait while one is being answered; beyond that the connection is closed.
    public var pendingBytes: Int
    /// How many sessions one connection may hold; one more is answered 453.
    public var sessionsPerConnection: Int
    /// How old a frame may be when it is sent; older frames are skipped whole.
    public var maximumLag: Duration
    /// How long a client waits for media before it gives up.
    public var mediaTime: Duration

    /// Limits fit for the open internet.
    public init(
        parser: RTSPParserLimits = .default, messageTime: Duration = .seconds(10), idleTime: Duration = .seconds(60),
        pendingBytes: Int = 262_144, sessionsPerConnection: Int = 8, maximumLag: Duration = .seconds(1),
        mediaTime: Duration = .seconds(10), answerTime: Duration = .seconds(30)
    ) {
        self.parser = parser
        self.messageTime = messageTime
        self.idleTime = idleTime
        self.pendingBytes = pendingBytes
        self.sessionsPerConnection = sessionsPerConnection
        self.maximumLag = maximumLag
        self.mediaTime = mediaTime
        self.answerTime = answerTime
    }

    /// The defaults.
    public static let `default` = EndpointLimits()
}
