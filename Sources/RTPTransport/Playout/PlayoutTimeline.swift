/// Where on the media's time line a frame lies, and when its turn is: the one place that ties the sender's clock to ours.
///
/// Frames keep the distances of their timestamps; all of them together are moved against our clock by ``shift``, which follows the
/// path's delay, its jitter and the drift between the clocks, slowly enough that nobody sees it.
struct PlayoutTimeline: Sendable, Hashable {
    struct Place: Sendable, Hashable {
        /// Since the first frame; ever rising in the order of playout.
        var mediaTime: Duration
        /// When it would be due if ``PlayoutTimeline/shift`` were zero.
        @StoredInstant var base: ContinuousClock.Instant
    }

    /// The newest frame placed: what the next is measured from.
    private struct Newest: Sendable, Hashable {
        var timestamp: RTPTimestamp
        @StoredInstant var arrival: ContinuousClock.Instant
        var place: Place
    }

    /// What lies between the newest frame and the next.
    private enum Interruption: Sendable, Hashable {
        /// A pause, and the timestamp behind it where the server told.
        case pause(first: RTPTimestamp?)
        /// Another source, whose timestamps have nothing to do with the ones before.
        case change
    }

    /// How many standard deviations of the transit are held: fewer cost late frames at 60 ms of jitter, more the depth's bound.
    private static let deviations = 4.8
    /// By which part the rate of play may change: while the path is learned, and afterwards at most.
    private static let learningSlew = 0.08
    private static let greatestSlew = 0.04
    /// No frame waits longer, whatever its timestamp.
    private static let longestHold = Duration.seconds(60)

    private let playout: PlayoutDelay
    private let clockRate: ClockRate
    private let timing: JitterBuffer.Timing
    private let maximumJump: Duration
    private var newest: Newest?
    private var estimate: TransitEstimate
    @StoredOptionalInstant private var epoch: ContinuousClock.Instant?
    /// Frames in a row that lay behind the newest.
    private var framesBehind = 0
    /// How many frames have been placed, up to 2.
    private var placed = 0
    /// The next frame does not go by its timestamp.
    private var interruption: Interruption?
    /// Frames came far ahead of their time, and what they tell of the path is no reason to wait.
    private var hasPulled = false
    /// How long the first frame waits.
    private let preRoll: Duration

    /// By how much all frames are due later than their ``Place/base``.
    private(set) var shift: Duration = .zero
    /// The time between frames, on the mean.
    private(set) var interval: Duration = .milliseconds(40)

    init(
        playout: PlayoutDelay, clockRate: ClockRate, timing: JitterBuffer.Timing, maximumJump: Duration,
        preRoll: Duration? = nil
    ) {
        self.playout = playout
        self.preRoll = preRoll ?? playout.initial
        self.clockRate = clockRate
        self.timing = timing
        self.maximumJump = maximumJump
        estimate = Self.freshEstimate(holding: preRoll ?? playout.initial)
    }

    /// How long frames shall be held on the mean.
    var target: Duration {
        guard case .timestamps = timing, playout.floor < playout.ceiling else { return playout.initial }
        return min(max(.seconds(min(Self.deviations * estimate.deviation, 3600)), playout.floor), playout.ceiling)
    }

    /// The place of the newest frame.
    var newestMediaTime: Duration? { newest?.place.mediaTime }

    /// When the newest frame is due.
    var newestDue: ContinuousClock.Instant? { newest.map { due($0.place) } }

    /// When the frame at a place is due.
    func due(_ place: Place) -> ContinuousClock.Instant { place.base.advanced(by: shift) }

    /// The place of the next frame to come.
    mutating func place(_ frame: ReassembledFrame) -> Place {
        guard let newest else {
            epoch = epoch ?? frame.arrival
            let first = Place(mediaTime: .zero, base: frame.arrival.advanced(by: preRoll - shift))
            return remember(frame, first)
        }
        switch timing {
        case .timestamps: return place(frame, after: newest)
        case .arrival(let framesPerSecond): return place(frame, after: newest, framesPerSecond: framesPerSecond)
        }
    }

    /// A frame goes out, `step` of media time after the one before: the moment to move what follows, a little.
    mutating func released(step: Duration) {
        guard case .timestamps = timing, !estimate.isAstray else { return }
        let error = (estimate.mean + Self.seconds(target)) - Self.seconds(shift)
        let span = min(max(Self.seconds(step), 0), 1)
        if !estimate.isSettled, playout.floor < playout.ceiling {
            move(by: min(max(error, -Self.learningSlew * span), Self.learningSlew * span))
            return
        }
        let excess = error.magnitude - deadZone
        guard excess > 0 else { return }
        let part = min(excess / deadZone, 1)
        let rate = Self.greatestSlew * part * part * part
        move(by: error < 0 ? -rate * span : rate * span)
    }

    /// While nothing has gone out, nobody sees a step: what the first frames tell of the path counts at once.
    mutating func extendPreRoll(_ place: Place, arrival: ContinuousClock.Instant) {
        guard case .timestamps = timing, playout.floor < playout.ceiling, !hasPulled else { return }
        // A frame far ahead of its time, one of a burst, is no reason to wait.
        push(by: min(Self.duration(estimate.mean) + target - shift, target - arrival.duration(to: due(place))))
    }

    /// Playout ran dry with a frame that came `late`, perhaps only the last of `several` on a path that has more jitter now: the frame
    /// finds the target's delay.
    mutating func rebuffer(late: Duration, several: Bool) {
        if several { estimate.relearn(deviation: Self.seconds(late) / 2) }
        push(by: late + target)
    }

    /// What is held goes out sooner: frames before it have been given up.
    mutating func pull(by duration: Duration) {
        shift -= max(.zero, duration)
        hasPulled = true
    }

    /// The next frame may come from behind a pause that is not over yet.
    mutating func expectResumption() {
        if case .timestamps = timing, newest != nil { interruption = .pause(first: nil) }
    }

    private mutating func push(by duration: Duration) { shift += max(.zero, duration) }

    /// Forgets everything but the target.
    mutating func restart() {
        self = PlayoutTimeline(
            playout: playout, clockRate: clockRate, timing: timing, maximumJump: maximumJump,
            preRoll: estimate.isSettled ? target : preRoll)
    }

    /// The next frame comes from another source, and lies behind what is there.
    mutating func changeSource() { interruption = .change }

    // MARK: Timestamps

    private mutating func place(_ frame: ReassembledFrame, after newest: Newest) -> Place {
        let step = frame.timestamp.duration(since: newest.timestamp, clockRate: clockRate)
        defer { interruption = nil }
        switch interruption {
        case .pause(let first): return goOn(with: frame, after: newest, first: first)
        case .change: return remember(frame, beginning(of: frame, after: newest, step: nil))
        case nil: break
        }
        if step <= .zero, step >= .seconds(-1) - target {
            framesBehind = min(framesBehind + 1, 16)
            if framesBehind < 16 {
                return Place(mediaTime: newest.place.mediaTime + step, base: newest.place.base.advanced(by: step))
            }
        } else {
            framesBehind = 0
        }
        let next = Place(mediaTime: newest.place.mediaTime + step, base: newest.place.base.advanced(by: step))
        guard step > .zero, !isJump(frame, to: next, after: newest, by: step) else {
            return remember(frame, beginning(of: frame, after: newest, step: step > .zero && step <= maximumJump ? step : nil))
        }
        learn(next, frame)
        interval = placed == 1 ? min(step, maximumJump) : mean(with: step)
        return remember(frame, next)
    }

    /// The interval with an eighth of what `step` differs by. In attoseconds, as a duration's own arithmetic is generic and slow.
    private func mean(with step: Duration) -> Duration {
        // A gap is no interval.
        let bounded = min(step.attoseconds, interval.attoseconds &* 4)
        return interval + Duration(attoseconds: (bounded &- interval.attoseconds) / 8)
    }

    /// Whether the timestamps have jumped ahead: farther than frames lie apart, and time has not passed.
    private func isJump(_ frame: ReassembledFrame, to next: Place, after newest: Newest, by step: Duration) -> Bool {
        let lead = step - newest.arrival.duration(to: frame.arrival)
        let hold = frame.arrival.duration(to: due(next))
        if lead > maximumJump || hold > Self.longestHold { return true }
        // A live server may send its last frame at once, however old it is.
        if placed == 1 { return lead > .milliseconds(300) }
        return lead > .seconds(1) && lead > interval * 1.5 && hold > playout.ceiling
    }

    /// A new beginning, behind what is there already, as if the frame had taken as long as others. Its media time is `step` later
    /// where the timestamps make sense.
    private mutating func beginning(of frame: ReassembledFrame, after newest: Newest, step: Duration?) -> Place {
        var mean = estimate.mean
        if placed == 1 {
            estimate = Self.freshEstimate(holding: preRoll)
            mean = Self.seconds(shift - preRoll)
        }
        let base = max(frame.arrival.advanced(by: .zero - Self.duration(mean)), newest.place.base)
        var place = newest.place.moved(to: base)
        if let step { place.mediaTime = newest.place.mediaTime + step }
        learn(place, frame)
        return place
    }

    private mutating func learn(_ place: Place, _ frame: ReassembledFrame) {
        guard let epoch else { return }
        estimate.take(
            Self.seconds(place.base.duration(to: frame.arrival)), at: Self.seconds(epoch.duration(to: frame.arrival)))
    }

    // MARK: After a pause

    /// Playout stood still from `halted` to `now`; the next frame lies behind the newest, and finds the target's depth.
    mutating func goOn(from halted: ContinuousClock.Instant, to now: ContinuousClock.Instant, first: RTPTimestamp?) {
        guard let newest else { return }
        push(by: halted.duration(to: now))
        guard case .timestamps = timing else { return }
        interruption = .pause(first: first)
        push(by: target - now.duration(to: due(newest.place).advanced(by: interval)))
    }

    /// A sender's clock may stop or run on while it pauses, or start anew.
    private mutating func goOn(with frame: ReassembledFrame, after newest: Newest, first: RTPTimestamp?) -> Place {
        framesBehind = 0
        var step = frame.timestamp.duration(since: newest.timestamp, clockRate: clockRate)
        if step <= .zero || step > interval * 3 {
            let distance = first.map { frame.timestamp.duration(since: $0, clockRate: clockRate) } ?? .zero
            step = interval + (distance > .zero && distance < .seconds(1) ? distance : .zero)
        }
        let next = Place(mediaTime: newest.place.mediaTime + step, base: newest.place.base.advanced(by: step))
        if let epoch {
            estimate.rebase(
                to: Self.seconds(next.base.duration(to: frame.arrival)), at: Self.seconds(epoch.duration(to: frame.arrival)))
        }
        return remember(frame, next)
    }

    // MARK: Arrivals

    private mutating func place(_ frame: ReassembledFrame, after newest: Newest, framesPerSecond: Double?) -> Place {
        let arrived = frame.arrival.advanced(by: playout.initial - shift)
        guard let interval = Self.interval(framesPerSecond) else {
            return remember(frame, newest.place.moved(to: max(arrived, newest.place.base)))
        }
        // A source slower than its rate has used up the delay: from there it is paced by its arrivals.
        let base = max(newest.place.base.advanced(by: interval), frame.arrival.advanced(by: .zero - shift))
        return remember(frame, Place(mediaTime: newest.place.mediaTime + interval, base: base))
    }

    /// The time between frames; `nil` for a rate that makes no sense.
    private static func interval(_ framesPerSecond: Double?) -> Duration? {
        guard let framesPerSecond, framesPerSecond >= 0.01, framesPerSecond <= 10_000 else { return nil }
        return .seconds(1 / framesPerSecond)
    }

    // MARK: Small things

    private mutating func remember(_ frame: ReassembledFrame, _ place: Place) -> Place {
        if newest == nil { learn(place, frame) }
        placed = min(placed + 1, 2)
        newest = Newest(timestamp: frame.timestamp, arrival: frame.arrival, place: place)
        return place
    }

    /// By how much the delay may be off before it is corrected: jitter alone stays within.
    private var deadZone: Double { max(0.4 * Self.seconds(target), 0.004) }

    private mutating func move(by seconds: Double) { shift += Self.duration(seconds) }

    private static func freshEstimate(holding delay: Duration) -> TransitEstimate {
        TransitEstimate(deviation: seconds(delay) / deviations)
    }

    private static func seconds(_ duration: Duration) -> Double {
        let (seconds, attoseconds) = duration.components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }

    private static func duration(_ seconds: Double) -> Duration {
        guard seconds.isFinite else { return .zero }
        return .nanoseconds(Int64(min(max(seconds, -1e6), 1e6) * 1e9))
    }
}

extension PlayoutTimeline.Place {
    /// The place at `base`, its media time as much later, but a little at the least so that no two frames share one.
    fileprivate func moved(to base: ContinuousClock.Instant) -> PlayoutTimeline.Place {
        PlayoutTimeline.Place(mediaTime: mediaTime + max(.nanoseconds(1), self.base.duration(to: base)), base: base)
    }
}
