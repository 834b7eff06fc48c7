/// What stands in for the parts of a picture that never came.
///
/// Possible where a sender begins its packets at restart intervals and says so in the restart header (RFC 2435 section 3.1.7): each
/// interval can be decoded without the others. Most senders do not; then a frame with a hole is given up whatever was chosen.
public enum JPEGConcealment: String, Sendable, Hashable, CaseIterable {
    /// Nothing: a frame with a hole is given up.
    case none
    /// Even grey.
    case grey
    /// The same part of the frame before, where that has the same header; else grey.
    case lastFrame = "last"
}

/// How much of a frame is not its own.
public struct FrameConcealment: Sendable, Hashable {
    /// The restart intervals of the frame.
    public var intervalCount: Int
    /// How many of them are grey.
    public var greyIntervals: Int
    /// How many of them are those of the frame before.
    public var repeatedIntervals: Int

    /// So many intervals, and so many of them filled in.
    public init(intervalCount: Int, greyIntervals: Int = 0, repeatedIntervals: Int = 0) {
        self.intervalCount = intervalCount
        self.greyIntervals = greyIntervals
        self.repeatedIntervals = repeatedIntervals
    }

    /// How many intervals never came.
    public var concealedIntervals: Int { greyIntervals + repeatedIntervals }
}
