internal import MJPEGSource
internal import RTPTransport

/// The way of stored media from its source to packets, in time: one for each session.
///
/// *Media time* is the position in the presentation, *stream time* the time on the RTP clock: it runs only while the
/// session plays, so timestamps stay continuous over PAUSE, PLAY and jumps (RFC 2326 appendix B).
struct StoredPlayback: Sendable {
    private var source: any SeekableFrameSource & Sendable
    private(set) var sender: RTPSender
    private let wallClock: WallClock

    /// What comes next.
    private enum Upcoming: Sendable {
        /// Nothing has been read yet.
        case unknown
        /// This frame, read ahead.
        case frame(MJPEGFrame)
        /// A frame that the source has ready; ``position`` is its own.
        case unread
        /// A frame that the source is not ready to give; whether ``position`` is its own, or still that of the frame before.
        case awaited(isDated: Bool)
        /// The end of the source.
        case end
    }

    private var upcoming = Upcoming.unknown
    /// The media time at which the frames of this range end; `nil` plays until the source says that it is over.
    private var end: Duration?
    /// The media time of the next frame, and its stream time.
    private var position: Duration = .zero
    private var streamTime: Duration = .zero
    /// While playing: the moment at which stream time was what it says.
    private var anchor: Anchor?

    private struct Anchor {
        @StoredInstant var instant: ContinuousClock.Instant
        var streamTime: Duration
    }

    /// True once the whole source has been played, so that PLAY without a range starts again.
    private var isExhausted = false
    /// What went wrong while reading, if anything did: the presentation ends there.
    private(set) var failure: String?

    init(source: any SeekableFrameSource & Sendable, sender: RTPSender, wallClock: WallClock) {
        self.source = source
        self.sender = sender
        self.wallClock = wallClock
    }

    var duration: Duration { Self.bounded(source.duration) }

    /// Where a PLAY found its start.
    struct Start: Hashable {
        var range: NormalPlayTimeRange
        var sequenceNumber: UInt16
        var timestamp: RTPTimestamp
    }

    /// Why a PLAY cannot start.
    enum StartError: Error, Hashable {
        /// The range lies outside the presentation.
        case invalidRange
        /// The source cannot be read.
        case unreadable(String)
    }

    /// Starts playing `range`; without one, goes on where the last PLAY stopped.
    mutating func start(_ range: NormalPlayTimeRange?, at now: ContinuousClock.Instant) throws(StartError) -> Start {
        var target: Duration?
        switch range?.start {
        case .time(let time): target = time
        case .now, nil: target = isExhausted || isUnread ? .zero : nil
        }
        if let target, try isOutside(target) { throw .invalidRange }
        if let end = range?.end, end <= target ?? position { throw .invalidRange }
        anchor = nil
        do {
            if let target {
                position = Self.bounded(try source.seek(to: target))
                upcoming = .awaited(isDated: true)
                if source.prepareNextFrame() { upcoming = try source.nextFrame().map(Upcoming.frame) ?? .end }
            }
        } catch {
            throw .unreadable("\(error)")
        }
        end = range?.end
        isExhausted = false
        failure = nil
        anchor = Anchor(instant: now, streamTime: streamTime)
        return current()
    }

    /// Whether `time` is not within the presentation. A source that does not know its end yet looks for it; a copy does, so that
    /// a range that is refused moves nothing.
    private func isOutside(_ time: Duration) throws(StartError) -> Bool {
        if time >= duration, !source.isDurationFinal {
            var source = source
            do {
                _ = try source.seek(to: time)
            } catch {
                throw .unreadable("\(error)")
            }
        }
        return time < .zero || time >= duration
    }

    /// Where playback stands, for a PLAY that changes nothing.
    func current() -> Start {
        // A source that loops goes on past its own length; then, and while its length is not known, there is no end to tell.
        let stated = source.isDurationFinal ? min(end ?? duration, duration) : end ?? position
        let range = NormalPlayTimeRange(start: .time(position), end: stated > position ? stated : nil)
        return Start(
            range: range, sequenceNumber: sender.nextSequenceNumber, timestamp: sender.timestamp(at: streamTime))
    }

    /// Stops the clock. The next frame keeps its stream time, so the timestamps go on as if there had been no pause.
    mutating func pause() { anchor = nil }

    /// When the next frame, or the end of the range, is due; `nil` while not playing, or while a frame is awaited of which no
    /// more is known.
    var deadline: ContinuousClock.Instant? {
        guard let anchor else { return nil }
        if case .awaited(isDated: false) = upcoming { return nil }
        return anchor.instant + (streamTime - anchor.streamTime) + (isAtEnd ? Self.grace : .zero)
    }

    /// How long after its last frame a range ends: some readers stop reading their socket at BYE, whatever is in it.
    static let grace = Duration.milliseconds(250)

    private var isAtEnd: Bool {
        if case .end = upcoming { return true }
        return end.map { position >= $0 } ?? false
    }

    private var isUnread: Bool { if case .unknown = upcoming { true } else { false } }

    /// Whether the next frame is not ready.
    var isAwaiting: Bool {
        guard case .awaited = upcoming else { return false }
        return !isAtEnd
    }

    /// What is to be done at a moment.
    enum Due: Hashable {
        /// The next frame is to be sent.
        case frame
        /// The next frame is too late to be sent.
        case lateFrame
        /// The range is over.
        case end
    }

    /// What is due at `now`, if anything. A frame that is not ready waits until it is too late.
    func due(at now: ContinuousClock.Instant, maximumLag: Duration) -> Due? {
        guard let deadline, deadline <= now else { return nil }
        if isAtEnd { return .end }
        if deadline.duration(to: now) > maximumLag { return .lateFrame }
        return isAwaiting ? nil : .frame
    }

    /// The packets of the frame that is due; moves on to the next, also when the picture is refused.
    /// - Returns: `nil` where there is no frame, or none yet after all.
    mutating func takeFrame() throws(JPEGError) -> RTPPacketBatch? {
        if case .unread = upcoming { readUnread() }
        guard case .frame(let frame) = upcoming else { return nil }
        let time = streamTime
        stepForward()
        return try sender.packetize(frame.image, at: time)
    }

    /// Leaves out the frame that is too late.
    /// - Returns: how many frames were left out with it.
    mutating func skipFrames(at now: ContinuousClock.Instant) -> Int {
        // What has been read is as late, but known: it goes the way of all others.
        if case .frame = upcoming {
            stepForward()
            return 1
        }
        // Up to what is due now: those that are late already would hardly be made in time either.
        let late = min(max(deadline?.duration(to: now) ?? .zero, .zero), NormalPlayTimeRange.maximumTime)
        do {
            let count = try source.skipFrames(before: position + late)
            stepForward()
            return max(count, 0)
        } catch {
            fail(error)
            return 0
        }
    }

    /// The source says that a frame has become ready: perhaps the one that is awaited.
    mutating func readAwaited() {
        guard case .awaited(let isDated) = upcoming, source.prepareNextFrame() else { return }
        read(isDated: isDated)
    }

    /// The reader has told how it fares.
    mutating func receive(_ feedback: ReaderFeedback) { source.receive(feedback) }

    /// Ends the range: the clock stops.
    mutating func finish() {
        if case .end = upcoming { isExhausted = true } else { isExhausted = false }
        anchor = nil
    }

    /// A sender report of `now` (RFC 3550 section 6.4.1).
    func senderReport(at now: ContinuousClock.Instant) -> [UInt8] {
        sender.senderReport(streamTime: streamTime(at: now), ntp: wallClock.ntp(at: now))
    }

    /// The compound packet that ends the stream (RFC 3550 section 6.6).
    func goodbye(at now: ContinuousClock.Instant) -> [UInt8] {
        sender.goodbye(streamTime: streamTime(at: now), ntp: wallClock.ntp(at: now))
    }

    private func streamTime(at now: ContinuousClock.Instant) -> Duration {
        guard let anchor else { return streamTime }
        return anchor.streamTime + anchor.instant.duration(to: now)
    }

    private mutating func stepForward() {
        let isReady = source.prepareNextFrame()
        if let time = source.nextFrameTime {
            move(to: time)
            upcoming = isReady ? .unread : .awaited(isDated: true)
        } else if isReady {
            read(isDated: false)
        } else {
            upcoming = .awaited(isDated: false)
        }
    }

    /// Reads the frame that is due; the source may find only now that it is not ready.
    private mutating func readUnread() {
        if source.prepareNextFrame() { read(isDated: true) } else { upcoming = .awaited(isDated: true) }
    }

    /// Reads the next frame; `isDated` where it is known already when it is shown.
    private mutating func read(isDated: Bool) {
        do {
            if let frame = try source.nextFrame() {
                if !isDated { move(to: frame.presentationTime) }
                upcoming = .frame(frame)
            } else {
                if !isDated { move(to: nil) }
                upcoming = .end
            }
        } catch {
            fail(error)
        }
    }

    /// The presentation ends here, not where it would have.
    private mutating func fail(_ error: any Error) {
        upcoming = .end
        failure = "\(error)"
    }

    /// The next frame is shown at `time`; `nil` is the end of the source.
    private mutating func move(to time: Duration?) {
        let before = position
        position = max(before, time.map(Self.bounded) ?? duration)
        // A source whose clock stands still must not send all it has at once.
        if time != nil { position = max(position, before + Self.shortestFrame) }
        streamTime += min(position, max(end ?? position, before)) - before
    }

    /// What is sent as one frame lasts as long, at least.
    private static let shortestFrame = Duration.milliseconds(1)

    /// Sources may tell of any time; these can be counted with.
    private static func bounded(_ time: Duration) -> Duration { min(max(time, .zero), NormalPlayTimeRange.maximumTime) }
}
