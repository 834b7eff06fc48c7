/// Whole frames, held back so that they come out in order and in time however they came in.
///
/// The first frame is due its ``playout`` delay after its arrival, each further one as much later as its timestamp says. The delay
/// then follows what is measured: it aims at ``target``, and moves by a few percent of the frames' distances, never by a step.
///
/// A frame that comes after its time goes out at once as long as none after it has gone out or is due; else it is dropped. One that
/// comes far after its time when nothing else is there has been waited for: playout begins again with the target's delay.
public struct JitterBuffer: Sendable, Hashable {
    /// What the spacing of frames is taken from.
    public enum Timing: Sendable, Hashable {
        /// Their RTP timestamps.
        case timestamps
        /// Their arrival, for streams whose timestamps say nothing: at an even rate where one is given, each its delay after it came
        /// where none is.
        case arrival(framesPerSecond: Double?)
    }

    /// A frame and its place.
    private struct Held: Sendable, Hashable {
        var frame: ReassembledFrame
        var senderTime: NTPTimestamp?
        var place: PlayoutTimeline.Place
    }

    /// What late frames add, and those in time take away, until playout counts as run dry.
    private static let lateWeight = 4
    private static let lateLimit = 24

    private let limits: JitterBufferLimits
    private let timing: Timing
    private var timeline: PlayoutTimeline
    /// In the order of playout.
    private var queue: [Held] = []
    private var lastReleased: Duration?
    private var lateness = 0
    @StoredOptionalInstant private var haltedAt: ContinuousClock.Instant?

    /// How long frames are held back.
    public let playout: PlayoutDelay
    /// Bytes of all frames held.
    public private(set) var byteCount = 0
    /// Frames that came after their time, shown or not.
    public private(set) var framesLate = 0
    /// Frames that came when a later one had gone out or was due already, or that were repeated.
    public private(set) var framesTooLate = 0
    /// Frames given up because the limits were reached.
    public private(set) var framesDropped = 0
    /// How often playout ran dry and began again with its delay.
    public private(set) var rebuffers = 0
    /// How long the last frames handed out were held, on the mean: what ``target`` is for. Pauses do not count.
    public private(set) var holdingTime: Duration = .zero

    /// An empty buffer.
    public init(
        playout: PlayoutDelay = .adaptive, clockRate: ClockRate = .video, timing: Timing = .timestamps,
        limits: JitterBufferLimits = .default
    ) {
        self.playout = playout
        self.limits = limits
        self.timing = timing
        timeline = PlayoutTimeline(playout: playout, clockRate: clockRate, timing: timing, maximumJump: limits.maximumJump)
    }

    /// The delay that is aimed at now: how long a frame shall wait on the mean.
    public var target: Duration { timeline.target }

    /// Frames held.
    public var frameCount: Int { queue.count }

    /// How much media time is held, from the first frame to the last.
    public var depth: Duration {
        guard let first = queue.first, let last = queue.last else { return .zero }
        return last.place.mediaTime - first.place.mediaTime
    }

    /// The greatest media time of all frames so far; `nil` before the first.
    public var newestMediaTime: Duration? { timeline.newestMediaTime }

    /// When the frame of ``newestMediaTime`` is due, or was; `nil` before the first, or after ``halt(at:)``.
    public var newestDue: ContinuousClock.Instant? { haltedAt == nil ? timeline.newestDue : nil }

    /// The time between frames, on the mean.
    public var frameInterval: Duration { timeline.interval }

    /// When the next frame is due; `nil` while none is held, or after ``halt(at:)``.
    public var deadline: ContinuousClock.Instant? {
        haltedAt == nil ? queue.first.map { due($0) } : nil
    }

    /// Takes a frame that is complete at `now`; `senderTime` is the sender's wall clock at its timestamp, where it is known.
    public mutating func insert(_ frame: ReassembledFrame, senderTime: NTPTimestamp? = nil, at now: ContinuousClock.Instant) {
        let place = timeline.place(frame)
        if lastReleased == nil { timeline.extendPreRoll(place, arrival: frame.arrival) }
        let isLate = haltedAt == nil && timeline.due(place) < now
        if let lastReleased, place.mediaTime <= lastReleased {
            if isLate { framesLate += 1 }
            framesTooLate += 1
            return
        }
        let index = (queue.lastIndex { $0.place.mediaTime <= place.mediaTime }).map { $0 + 1 } ?? 0
        if index > 0, queue[index - 1].place.mediaTime == place.mediaTime {
            framesTooLate += 1
            return
        }
        guard frame.image.count <= limits.maximumBytes else {
            framesDropped += 1
            return
        }
        if isLate {
            framesLate += 1
            if index < queue.count, timeline.due(queue[index].place) <= now {
                framesTooLate += 1
                return
            }
            rebufferIfDry(timeline.due(place).duration(to: now))
        } else {
            lateness = max(0, lateness - 1)
        }
        queue.insert(Held(frame: frame, senderTime: senderTime, place: place), at: index)
        byteCount += frame.image.count
        dropOldest(at: now)
    }

    /// The frames due at `now`, in order.
    public mutating func advance(to now: ContinuousClock.Instant) -> [PlayoutFrame] {
        guard haltedAt == nil else { return [] }
        var released: [PlayoutFrame] = []
        while let first = queue.first, due(first) <= now { released.append(release(first, at: now)) }
        return released
    }

    /// The end of the stream: all frames at once, in order; ``PlayoutFrame/dueAt`` says when each would have been due. To hand
    /// them out in time, go on with ``advance(to:)`` until ``deadline`` is `nil`.
    public mutating func drain() -> [PlayoutFrame] {
        var released: [PlayoutFrame] = []
        while let first = queue.first { released.append(release(first)) }
        return released
    }

    /// Forgets all frames and the time line: after a seek the next frame is the first.
    public mutating func restart() {
        queue = []
        byteCount = 0
        lastReleased = nil
        lateness = 0
        haltedAt = nil
        timeline.restart()
    }

    /// The picture stands still from now on: frames are taken and kept, and none is handed out.
    public mutating func halt(at now: ContinuousClock.Instant) { haltedAt = haltedAt ?? now }

    /// Whether the picture stands still.
    public var isHalted: Bool { haltedAt != nil }

    /// The end of ``halt(at:)``: what is held goes on where it stopped, and counts as buffer for what comes. The next frame to come
    /// follows the newest as its timestamp says; where that makes no sense, a frame's distance later, or as much later than that as
    /// its timestamp is than `first`, the one that the server has told.
    public mutating func goOn(first: RTPTimestamp? = nil, at now: ContinuousClock.Instant) {
        guard let halted = haltedAt else { return }
        haltedAt = nil
        lateness = 0
        for index in queue.indices {
            // What came during the pause has waited for nothing but its end.
            queue[index].frame.arrival = min(queue[index].frame.arrival.advanced(by: halted.duration(to: now)), now)
        }
        timeline.goOn(from: halted, to: now, first: first)
    }

    /// The next frame comes from another source: it lies behind what is held, whatever its timestamp.
    public mutating func changeSource() { timeline.changeSource() }

    /// Keeps the limits. What follows the frames given up takes their turn: a full buffer must not wait for ever for a moment that
    /// each frame to come moves away.
    private mutating func dropOldest(at now: ContinuousClock.Instant) {
        var turn: ContinuousClock.Instant?
        while queue.count > limits.maximumFrames || byteCount > limits.maximumBytes {
            let oldest = queue.removeFirst()
            turn = turn ?? timeline.due(oldest.place)
            byteCount -= oldest.frame.image.count
            framesDropped += 1
        }
        guard let turn, let first = queue.first else { return }
        timeline.pull(by: max(turn, haltedAt ?? now).duration(to: timeline.due(first.place)))
    }

    /// PLAY has been asked for while halted: the frames that come from now on may have a clock that ran on, or anew.
    public mutating func expectResumption() {
        if haltedAt != nil { timeline.expectResumption() }
    }

    /// A frame came `late`: where nothing is there to show until the next comes, all is moved back so that it does not happen with
    /// each of the next ones again.
    private mutating func rebufferIfDry(_ late: Duration) {
        guard case .timestamps = timing, lastReleased != nil, queue.isEmpty, playout.ceiling > .zero else { return }
        lateness += Self.lateWeight
        let isStall = late > max(.milliseconds(100), timeline.interval / 2)
        guard isStall || lateness > Self.lateLimit else { return }
        timeline.rebuffer(late: late, several: !isStall)
        rebuffers += 1
        lateness = 0
    }

    /// When a frame is due. Where none may be held back at all, not even one that is early by its timestamp is.
    private func due(_ held: Held) -> ContinuousClock.Instant {
        let due = timeline.due(held.place)
        return playout.ceiling == .zero ? min(due, held.frame.arrival) : due
    }

    private mutating func release(_ held: Held, at now: ContinuousClock.Instant? = nil) -> PlayoutFrame {
        queue.removeFirst()
        byteCount -= held.frame.image.count
        let due = due(held)
        if let now {
            let time = held.frame.arrival.duration(to: now)
            // In attoseconds, as a duration's own division is generic and slow.
            let sixteenth = Duration(attoseconds: (time - holdingTime).attoseconds / 16)
            holdingTime = lastReleased == nil ? time : holdingTime + sixteenth
        }
        if let lastReleased { timeline.released(step: held.place.mediaTime - lastReleased) }
        lastReleased = held.place.mediaTime
        return PlayoutFrame(
            image: held.frame.image, timestamp: held.frame.timestamp, mediaTime: held.place.mediaTime, dueAt: due,
            senderTime: held.senderTime, concealment: held.frame.concealment)
    }
}
