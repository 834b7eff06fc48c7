/// Whole frames, held back so that they come out in order and in time however they came in.
///
/// The first frame is due its ``playout`` delay after its arrival, each further one as much later as its timestamp says. A frame that comes after
/// its time is due at once as long as none after it has gone out.
public struct JitterBuffer: Sendable, Hashable {
    /// What the spacing of frames is taken from.
    public enum Timing: Sendable, Hashable {
        /// Their RTP timestamps.
        case timestamps
        /// Their arrival, for streams whose timestamps say nothing: at an even rate where one is given, each its delay after it came
        /// where none is.
        case arrival(framesPerSecond: Double?)
    }

    private let limits: JitterBufferLimits
    private var timeline: PlayoutTimeline
    /// In the order of playout.
    private var queue: [PlayoutFrame] = []
    private var lastReleased: Duration?

    /// How long frames are held back.
    public let playout: PlayoutDelay
    /// Bytes of all frames held.
    public private(set) var byteCount = 0
    /// Frames that came after their time and were still of use.
    public private(set) var framesLate = 0
    /// Frames that came when a later one had gone out already, or that were repeated.
    public private(set) var framesTooLate = 0
    /// Frames given up because the limits were reached.
    public private(set) var framesDropped = 0
    /// How often playout ran dry and began again with its delay.
    public private(set) var rebuffers = 0

    /// An empty buffer.
    public init(
        playout: PlayoutDelay = .adaptive, clockRate: ClockRate = .video, timing: Timing = .timestamps,
        limits: JitterBufferLimits = .default
    ) {
        self.playout = playout
        self.limits = limits
        timeline = PlayoutTimeline(
            delay: playout.initial, clockRate: clockRate, timing: timing, maximumJump: limits.maximumJump)
    }

    /// The delay that is aimed at now.
    public var target: Duration { playout.initial }

    /// Frames held.
    public var frameCount: Int { queue.count }

    /// How much media time is held, from the first frame to the last.
    public var depth: Duration {
        guard let first = queue.first, let last = queue.last else { return .zero }
        return last.mediaTime - first.mediaTime
    }

    /// When the next frame is due; `nil` while none is held.
    public var deadline: ContinuousClock.Instant? { queue.first?.dueAt }

    /// Takes a frame that is complete at `now`.
    public mutating func insert(_ frame: ReassembledFrame, at now: ContinuousClock.Instant) {
        let place = timeline.place(frame)
        if let lastReleased, place.mediaTime <= lastReleased {
            framesTooLate += 1
            return
        }
        let index = (queue.lastIndex { $0.mediaTime <= place.mediaTime }).map { $0 + 1 } ?? 0
        if index > 0, queue[index - 1].mediaTime == place.mediaTime {
            framesTooLate += 1
            return
        }
        guard frame.image.count <= limits.maximumBytes else {
            framesDropped += 1
            return
        }
        if place.due < now { framesLate += 1 }
        queue.insert(
            PlayoutFrame(image: frame.image, timestamp: frame.timestamp, mediaTime: place.mediaTime, dueAt: place.due), at: index)
        byteCount += frame.image.count
        while queue.count > limits.maximumFrames || byteCount > limits.maximumBytes {
            byteCount -= queue.removeFirst().image.count
            framesDropped += 1
        }
    }

    /// The frames due at `now`, in order.
    public mutating func advance(to now: ContinuousClock.Instant) -> [PlayoutFrame] {
        release(queue.prefix { $0.dueAt <= now }.count)
    }

    /// The end of the stream: all frames at once, in order; ``PlayoutFrame/dueAt`` says when each would have been due. To hand
    /// them out in time, go on with ``advance(to:)`` until ``deadline`` is `nil`.
    public mutating func drain() -> [PlayoutFrame] {
        release(queue.count)
    }

    /// Forgets all frames and the time line: after PLAY or a seek the next frame is the first.
    public mutating func restart() {
        queue = []
        byteCount = 0
        lastReleased = nil
        timeline.restart()
    }

    private mutating func release(_ count: Int) -> [PlayoutFrame] {
        guard count > 0 else { return [] }
        let released = Array(queue.prefix(count))
        queue.removeFirst(count)
        for frame in released { byteCount -= frame.image.count }
        lastReleased = released.last?.mediaTime
        return released
    }
}

/// A frame whose turn has come.
public struct PlayoutFrame: Sendable, Hashable {
    /// A complete JPEG file.
    public var image: [UInt8]
    /// The timestamp its packets carried.
    public var timestamp: RTPTimestamp
    /// The time since the first frame after the start or restart; negative for one that overtook it.
    public var mediaTime: Duration
    /// When it was due; it may have come later.
    public var dueAt: ContinuousClock.Instant
    /// The sender's wall clock at its timestamp (RFC 3550 section 6.4.1); `nil` before the sender's first report.
    public var senderTime: NTPTimestamp?

    /// Makes a frame.
    public init(
        image: [UInt8], timestamp: RTPTimestamp, mediaTime: Duration, dueAt: ContinuousClock.Instant,
        senderTime: NTPTimestamp? = nil
    ) {
        self.image = image
        self.timestamp = timestamp
        self.mediaTime = mediaTime
        self.dueAt = dueAt
        self.senderTime = senderTime
    }
}

/// How much a jitter buffer may hold.
public struct JitterBufferLimits: Sendable, Hashable {
    /// Frames held; the oldest go first.
    public var maximumFrames: Int
    /// Bytes held; the oldest frames go first.
    public var maximumBytes: Int
    /// A timestamp farther than this ahead of the one before begins a new time line, as does one more than a second and the delay
    /// behind it: no network reorders frames that far, but a source may start over.
    public var maximumJump: Duration

    /// 512 frames, 64 MiB, 10 seconds.
    public static let `default` = JitterBufferLimits()

    /// Makes limits; counts below 1 are 1, and the jump is brought into 1 to 3600 seconds.
    public init(maximumFrames: Int = 512, maximumBytes: Int = 64 << 20, maximumJump: Duration = .seconds(10)) {
        self.maximumFrames = max(1, maximumFrames)
        self.maximumBytes = max(1, maximumBytes)
        self.maximumJump = min(max(maximumJump, .seconds(1)), .seconds(3600))
    }
}
