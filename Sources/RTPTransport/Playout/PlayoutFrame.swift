/// A frame whose turn has come.
public struct PlayoutFrame: Sendable, Hashable {
    /// A complete JPEG file.
    public var image: [UInt8]
    /// The timestamp its packets carried.
    public var timestamp: RTPTimestamp
    /// The time since the first frame after the start or restart; negative for one that overtook it.
    public var mediaTime: Duration
    /// When it was due; it may have come later.
    public var dueAt: ContinuousClock.Instant {
        get { storedDueAt }
        set { storedDueAt = newValue }
    }
    @StoredInstant private var storedDueAt: ContinuousClock.Instant
    /// The sender's wall clock at its timestamp (RFC 3550 section 6.4.1); `nil` before the sender's first report.
    public var senderTime: NTPTimestamp?
    /// Which part of the picture never came and was filled in; `nil` where all of it came.
    public var concealment: FrameConcealment?

    /// Makes a frame.
    public init(
        image: [UInt8], timestamp: RTPTimestamp, mediaTime: Duration, dueAt: ContinuousClock.Instant,
        senderTime: NTPTimestamp? = nil, concealment: FrameConcealment? = nil
    ) {
        self.image = image
        self.timestamp = timestamp
        self.mediaTime = mediaTime
        storedDueAt = dueAt
        self.senderTime = senderTime
        self.concealment = concealment
    }
}
