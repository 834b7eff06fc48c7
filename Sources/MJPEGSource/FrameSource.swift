/// One picture of a Motion-JPEG stream: the bytes of a whole JPEG file, and when it is to be shown.
public struct MJPEGFrame: Sendable, Hashable {
    /// The JPEG file: from its SOI marker to its EOI marker.
    public var image: [UInt8]

    /// When the frame is shown, measured from the start of the presentation (normal play time, RFC 2326 section 3.6).
    public var presentationTime: Duration

    /// Makes a frame of `image`, shown at `presentationTime` from the start of the presentation.
    public init(image: [UInt8], presentationTime: Duration) {
        self.image = image
        self.presentationTime = presentationTime
    }
}

/// Where frames come from when the receiver sets the pace: stored media is *pulled*.
///
/// Sources are synchronous: the caller picks the thread. Live media is *pushed* instead, into a ``FrameMailbox``.
public protocol FrameSource {
    /// What goes wrong while reading.
    associatedtype Failure: Error

    /// The next frame in order of presentation time; `nil` is the end of the presentation.
    mutating func nextFrame() throws(Failure) -> MJPEGFrame?
}

/// A source that knows its length and can start anywhere: what RTSP calls stored media (RFC 2326 section 1.1).
public protocol SeekableFrameSource: FrameSource {
    /// The length of the presentation: the presentation time of its last frame plus that frame's own time on the screen.
    ///
    /// Where ``isDurationFinal`` is false, this is the length that is known so far.
    var duration: Duration { get }

    /// How many frames the presentation has; where ``isDurationFinal`` is false, how many are known so far.
    var frameCount: Int { get }

    /// Whether all of the presentation is known. A source that still looks for its end answers false, and looks as far as it must
    /// for ``FrameSource/nextFrame()`` and ``seek(to:)``. Unless a source says otherwise, its length is final.
    var isDurationFinal: Bool { get }

    /// Moves to the frame at or before `time`, so that ``FrameSource/nextFrame()`` returns it next.
    ///
    /// A time before the start moves to the first frame, a time at or past the end moves past the last frame.
    /// - Returns: the presentation time of the frame that comes next (``duration`` when none does).
    mutating func seek(to time: Duration) throws(Failure) -> Duration

    /// Whether ``FrameSource/nextFrame()`` would answer at once.
    ///
    /// Sources whose frames take work answer false, begin that work elsewhere and say by a way of their own when to ask again.
    /// Asked when the frame before has been taken, and, where ``nextFrameTime`` is known, again when the frame is due: a source may hope
    /// the first time that there will be no work. Unless a source says otherwise its frames are ready.
    mutating func prepareNextFrame() -> Bool

    /// When the next frame is shown, where that is known before the frame is read; `nil` where it is not. Where it is known, the frame
    /// is read when it is due, and nobody holds it until then.
    var nextFrameTime: Duration? { get }

    /// Passes over frames that are too late to be shown: the next one, and others before `time`; more where their work would not
    /// be done in time either.
    /// - Returns: how many frames were passed over, 0 at the end.
    mutating func skipFrames(before time: Duration) throws(Failure) -> Int

    /// The reader of these frames has told how it fares; a source that can choose may send less.
    mutating func receive(_ feedback: ReaderFeedback)
}

extension SeekableFrameSource {
    /// Final.
    public var isDurationFinal: Bool { true }
}

extension SeekableFrameSource {
    /// Ready.
    public mutating func prepareNextFrame() -> Bool { true }

    /// Unknown.
    public var nextFrameTime: Duration? { nil }

    /// Passes over the next frame.
    public mutating func skipFrames(before time: Duration) throws(Failure) -> Int { try nextFrame() == nil ? 0 : 1 }

    /// Changes nothing.
    public mutating func receive(_ feedback: ReaderFeedback) {}
}

/// What the reader of a source's frames has told of its reception.
public struct ReaderFeedback: Sendable, Hashable {
    /// How much was lost since the reader told last, 0...1.
    public var fractionLost: Double
    /// When it was heard.
    public var instant: ContinuousClock.Instant

    /// What was heard at `instant`; the loss is held within 0...1.
    public init(fractionLost: Double, at instant: ContinuousClock.Instant) {
        self.fractionLost = fractionLost >= 0 ? min(fractionLost, 1) : 0
        self.instant = instant
    }
}
