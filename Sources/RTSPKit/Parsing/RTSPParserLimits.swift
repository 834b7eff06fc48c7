/// How much a peer may send before a message must be complete.
public struct RTSPParserLimits: Sendable, Hashable {
    /// The longest start line, in bytes with its line end.
    public var startLine: Int
    /// The longest header, in bytes: all lines after the start line.
    public var headerBytes: Int
    /// The most header fields in one message.
    public var headerCount: Int
    /// The longest body, in bytes.
    public var body: Int
    /// How many bytes between two messages may belong to neither; line ends do not count.
    public var junk: Int

    /// Limits; what is not stated is as in ``default``.
    public init(
        startLine: Int = 4_096, headerBytes: Int = 16_384, headerCount: Int = 64, body: Int = 1_048_576, junk: Int = 4_096
    ) {
        self.startLine = startLine
        self.headerBytes = headerBytes
        self.headerCount = headerCount
        self.body = body
        self.junk = junk
    }

    /// Enough for every known device.
    public static let `default` = RTSPParserLimits()
}
