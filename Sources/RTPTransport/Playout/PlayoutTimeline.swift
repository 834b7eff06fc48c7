/// Where on the media's time line a frame lies, and when its turn is.
///
/// The one place that ties the sender's clock to ours: what adapts to drift or to a changing delay belongs here.
struct PlayoutTimeline: Sendable, Hashable {
    struct Place: Sendable, Hashable {
        /// Since the first frame; ever rising in the order of playout.
        var mediaTime: Duration
        var due: ContinuousClock.Instant
    }

    /// The newest frame placed: what the next is measured from.
    private struct Newest: Sendable, Hashable {
        var timestamp: RTPTimestamp
        var place: Place
    }

    private let delay: Duration
    private let clockRate: ClockRate
    private let timing: JitterBuffer.Timing
    private let maximumJump: Duration
    private var newest: Newest?

    init(delay: Duration, clockRate: ClockRate, timing: JitterBuffer.Timing, maximumJump: Duration) {
        self.delay = delay
        self.clockRate = clockRate
        self.timing = timing
        self.maximumJump = maximumJump
    }

    /// The place of the next frame to come.
    mutating func place(_ frame: ReassembledFrame) -> Place {
        let arrived = frame.arrival.advanced(by: delay)
        guard let newest else { return remember(frame, Place(mediaTime: .zero, due: arrived)) }
        let previous = newest.place
        switch timing {
        case .timestamps:
            let step = frame.timestamp.duration(since: newest.timestamp, clockRate: clockRate)
            if step < .zero, step >= .seconds(-1) - delay {
                return Place(mediaTime: previous.mediaTime + step, due: previous.due.advanced(by: step))
            }
            guard step <= maximumJump, step >= .zero else {
                // A new beginning, behind what is there already.
                return remember(frame, previous.moved(to: max(arrived, previous.due), orBy: .nanoseconds(1)))
            }
            return remember(frame, Place(mediaTime: previous.mediaTime + step, due: previous.due.advanced(by: step)))
        case .arrival(let framesPerSecond):
            guard let interval = Self.interval(framesPerSecond) else {
                return remember(frame, previous.moved(to: max(arrived, previous.due), orBy: .nanoseconds(1)))
            }
            // A source slower than its rate has used up the delay: from there it is paced by its arrivals.
            let due = max(previous.due.advanced(by: interval), frame.arrival)
            return remember(frame, Place(mediaTime: previous.mediaTime + interval, due: due))
        }
    }

    mutating func restart() {
        newest = nil
    }

    private mutating func remember(_ frame: ReassembledFrame, _ place: Place) -> Place {
        newest = Newest(timestamp: frame.timestamp, place: place)
        return place
    }

    /// The time between frames; `nil` for a rate that makes no sense.
    private static func interval(_ framesPerSecond: Double?) -> Duration? {
        guard let framesPerSecond, framesPerSecond >= 0.01, framesPerSecond <= 10_000 else { return nil }
        return .seconds(1 / framesPerSecond)
    }
}

extension PlayoutTimeline.Place {
    /// The place at `due`, its media time as much later, but at the least `step` so that no two frames share one.
    fileprivate func moved(to due: ContinuousClock.Instant, orBy step: Duration) -> PlayoutTimeline.Place {
        PlayoutTimeline.Place(mediaTime: mediaTime + max(step, self.due.duration(to: due)), due: due)
    }
}
