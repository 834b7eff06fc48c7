/// One stream of a session and the transport agreed for it.
public struct SetUpStream: Sendable, Hashable {
    /// The index of the media in the presentation.
    public var stream: Int
    /// The URL in the SETUP request, as it was written.
    public var url: String
    /// What both sides agreed on, as in the reply to SETUP.
    public var transport: TransportSpec

    /// A stream and its transport.
    public init(stream: Int, url: String, transport: TransportSpec) {
        self.stream = stream
        self.url = url
        self.transport = transport
    }

    /// True where the media travels on the control connection (RFC 2326 section 10.12).
    public var isInterleaved: Bool { transport.lowerTransport == .tcp || transport.interleaved != nil }
}

/// The streams that a session has set up, in the order of their first SETUP, each at most once.
public struct Streams: Sendable, Hashable, RandomAccessCollection, ExpressibleByArrayLiteral {
    private var elements: [SetUpStream] = []

    /// No streams.
    public init() {}

    /// The streams of a literal; a later one replaces an earlier one of the same index.
    public init(arrayLiteral elements: SetUpStream...) {
        for element in elements { set(element) }
    }

    /// Always 0.
    public var startIndex: Int { elements.startIndex }
    /// The number of streams.
    public var endIndex: Int { elements.endIndex }
    /// The stream at `position`, in order of SETUP; not to be confused with the index of its media.
    public subscript(position: Int) -> SetUpStream { elements[position] }

    /// The stream whose media has the index `stream`.
    public func stream(_ stream: Int) -> SetUpStream? { elements.first { $0.stream == stream } }

    /// The stream that was set up by `url`; a slash at the end makes no difference.
    public func stream(at url: String) -> SetUpStream? {
        elements.first { Self.withoutSlash($0.url) == Self.withoutSlash(url) }
    }

    /// True where any of the streams travels on the control connection.
    public var areInterleaved: Bool { elements.contains { $0.isInterleaved } }

    /// Adds `element`, or puts it in the place of the one with the same index.
    public mutating func set(_ element: SetUpStream) {
        if let position = elements.firstIndex(where: { $0.stream == element.stream }) {
            elements[position] = element
        } else {
            elements.append(element)
        }
    }

    /// Removes the stream whose media has the index `stream`, where there is one.
    public mutating func remove(_ stream: Int) {
        elements.removeAll { $0.stream == stream }
    }

    private static func withoutSlash(_ url: String) -> Substring {
        url.hasSuffix("/") ? url.dropLast() : url[...]
    }
}

/// What is being played.
public struct Playback: Sendable, Hashable {
    /// The range that the server announced, or that was asked for where it announced none; `nil` where neither did.
    public var range: NormalPlayTimeRange?
    /// When the session came to play it.
    public var startedAt: ContinuousClock.Instant {
        get { storedStartedAt }
        set { storedStartedAt = newValue }
    }
    @StoredInstant private var storedStartedAt: ContinuousClock.Instant

    /// A playback of `range`.
    public init(range: NormalPlayTimeRange?, startedAt: ContinuousClock.Instant) {
        self.range = range
        storedStartedAt = startedAt
    }
}
