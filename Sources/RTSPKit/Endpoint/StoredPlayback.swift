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

    /// The frame that comes next, read ahead.
    private var next: MJPEGFrame?
    /// The media time at which the frames of this range end; `nil` plays until the source says that it is over.
    private var end: Duration?
    /// The media time of the next frame, and its stream time.
    private var position: Duration = .zero
    private var streamTime: Duration = .zero
    /// While playing: the moment at which stream time was what it says.
    private var anchor: (instant: ContinuousClock.Instant, streamTime: Duration)?
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
        case .now, nil: target = isExhausted || next == nil && position == .zero ? .zero : nil
        }
        if let target, target < .zero || target >= duration { throw .invalidRange }
        if let end = range?.end, end <= target ?? position { throw .invalidRange }
        anchor = nil
        do {
            if let target {
                position = Self.bounded(try source.seek(to: target))
                next = try source.nextFrame()
            }
        } catch {
            throw .unreadable("\(error)")
        }
        end = range?.end
        isExhausted = false
        failure = nil
        anchor = (now, streamTime)
        return current()
    }

    /// Where playback stands, for a PLAY that changes nothing.
    func current() -> Start {
        // A source that loops goes on past its own length; then there is no end to tell.
        let stated = min(end ?? duration, duration)
        let range = NormalPlayTimeRange(start: .time(position), end: stated > position ? stated : nil)
        return Start(
            range: range, sequenceNumber: sender.nextSequenceNumber, timestamp: sender.timestamp(at: streamTime))
    }

    /// Stops the clock. The next frame keeps its stream time, so the timestamps go on as if there had been no pause.
    mutating func pause() { anchor = nil }

    /// When the next frame, or the end of the range, is due; `nil` while not playing.
    var deadline: ContinuousClock.Instant? {
        guard let anchor else { return nil }
        return anchor.instant + (streamTime - anchor.streamTime) + (isAtEnd ? Self.grace : .zero)
    }

    /// How long after its last frame a range ends: some readers stop reading their socket at BYE, whatever is in it.
    static let grace = Duration.milliseconds(250)

    private var isAtEnd: Bool { next == nil || end.map { position >= $0 } ?? false }

    /// What ``deadline`` means.
    enum Due: Hashable {
        case frame
        case end
    }

    /// What is due at `now`, if anything.
    func due(at now: ContinuousClock.Instant) -> Due? {
        guard let deadline, deadline <= now else { return nil }
        return isAtEnd ? .end : .frame
    }

    /// How late the next frame is.
    func lag(at now: ContinuousClock.Instant) -> Duration {
        deadline.map { max(.zero, $0.duration(to: now)) } ?? .zero
    }

    /// The packets of the frame that is due; moves on to the next, also when the picture is refused.
    mutating func takeFrame() throws(JPEGError) -> RTPPacketBatch? {
        guard let image = next?.image else { return nil }
        let time = streamTime
        stepForward()
        return try sender.packetize(image, at: time)
    }

    /// Leaves out the frame that is due.
    mutating func skipFrame() { stepForward() }

    /// Ends the range: the clock stops.
    mutating func finish() {
        isExhausted = next == nil
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
        let before = position
        do {
            next = try source.nextFrame()
        } catch {
            // The presentation ends here, not where it would have.
            next = nil
            failure = "\(error)"
            return
        }
        position = max(before, next.map { Self.bounded($0.presentationTime) } ?? duration)
        // A source whose clock stands still must not send all it has at once.
        if next != nil { position = max(position, before + Self.shortestFrame) }
        streamTime += min(position, max(end ?? position, before)) - before
    }

    /// What is sent as one frame lasts as long, at least.
    private static let shortestFrame = Duration.milliseconds(1)

    /// Sources may tell of any time; these can be counted with.
    private static func bounded(_ time: Duration) -> Duration { min(max(time, .zero), NormalPlayTimeRange.maximumTime) }
}
