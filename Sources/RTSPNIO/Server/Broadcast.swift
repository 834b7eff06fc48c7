internal import Logging
internal import MJPEGSource
internal import NIOCore
internal import RTSPKit

/// Plays a source into a mailbox, in time, for everybody alike.
///
/// The clock runs from the first reader on; while nobody watches nothing is read, and whoever comes then sees what is on by then.
/// Confined to its event loop.
final class Broadcast {
    let mailbox: FrameMailbox
    private let eventLoop: any EventLoop
    private let logger: Logger
    private let clock: () -> ContinuousClock.Instant
    private var source: any SeekableFrameSource & Sendable
    private var start: ContinuousClock.Instant?
    /// What is posted next; `nil` at the end.
    private var upcoming: Upcoming?

    private enum Upcoming {
        /// Known only by its time, and read when that has come: nobody need hold it until then.
        case unread(Duration)
        case frame(MJPEGFrame)

        var time: Duration {
            switch self {
            case .unread(let time): time
            case .frame(let frame): frame.presentationTime
            }
        }
    }
    private var timer: Scheduled<Void>?

    /// How late a frame may be before what should be on is looked up anew.
    private static let maximumLag = Duration.milliseconds(500)

    init(
        _ source: any SeekableFrameSource & Sendable, to mailbox: FrameMailbox, on eventLoop: any EventLoop, logger: Logger,
        clock: @escaping () -> ContinuousClock.Instant = { .now }
    ) {
        self.source = source
        self.mailbox = mailbox
        self.eventLoop = eventLoop
        self.logger = logger
        self.clock = clock
    }

    /// There are so many readers now.
    func setReaders(_ count: Int) {
        if count == 0 {
            timer?.cancel()
            timer = nil
        } else if timer == nil, !mailbox.isFinished {
            tuneIn(at: clock())
        }
    }

    /// Posts what should be on at `now`.
    private func tuneIn(at now: ContinuousClock.Instant) {
        let start = start ?? now
        self.start = start
        do {
            _ = try source.seek(to: start.duration(to: now))
            try stepForward()
        } catch {
            return end(after: error)
        }
        post(at: now, since: start)
    }

    private func tick() {
        timer = nil
        guard let start else { return }
        guard let upcoming else { return mailbox.finish() }
        let now = clock()
        if (start + Self.bounded(upcoming.time)).duration(to: now) > Self.maximumLag {
            tuneIn(at: now)
        } else {
            post(at: now, since: start)
        }
    }

    /// Posts the next frame and waits for the one after it; the end of the source ends the presentation.
    private func post(at now: ContinuousClock.Instant, since start: ContinuousClock.Instant) {
        do {
            guard let frame = try takeFrame() else { return mailbox.finish() }
            mailbox.post(frame)
            try stepForward()
        } catch {
            return end(after: error)
        }
        let end = Self.bounded(upcoming?.time ?? source.duration)
        // A source whose clock stands still must not keep the loop from everything else.
        let wait = max(now.duration(to: start + end), .milliseconds(1))
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        timer = eventLoop.scheduleTask(deadline: eventLoop.tick(after: wait)) { bound.value.tick() }
    }

    private func takeFrame() throws -> MJPEGFrame? {
        switch upcoming {
        case .frame(let frame): frame
        case .unread: try source.nextFrame()
        case nil: nil
        }
    }

    private func stepForward() throws {
        if let time = source.nextFrameTime {
            upcoming = .unread(time)
        } else {
            upcoming = try source.nextFrame().map(Upcoming.frame)
        }
    }

    /// Sources may tell of any time; these can be counted with.
    private static func bounded(_ time: Duration) -> Duration { min(max(time, .zero), NormalPlayTimeRange.maximumTime) }

    private func end(after error: any Error) {
        logger.warning("a broadcast ends", metadata: ["error": "\(error)"])
        upcoming = nil
        mailbox.finish()
    }
}
