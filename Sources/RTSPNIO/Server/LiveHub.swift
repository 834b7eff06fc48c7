internal import MJPEGSource
internal import NIOCore
internal import NIOPosix
internal import RTPTransport
internal import RTSPKit
internal import Synchronization

/// One live presentation: takes frames from its mailbox, packetizes each once and hands it to every loop that has readers.
///
/// Confined to its event loop; a frame crosses to each loop once, whatever the number of readers there.
final class LiveHub {
    /// The readers on one loop.
    private struct Readers {
        let loop: ServerLoopReference
        var count = 0
        let backlog = FrameBacklog()
    }

    private let mailbox: FrameMailbox
    private var presentation: LivePresentation
    private let onReaders: (@Sendable (Int) -> Void)?
    private let report: @Sendable (JPEGError) -> Void
    private var hasReportedRefusal = false
    private var readers: [ObjectIdentifier: Readers] = [:]
    private var isFinished = false
    private let start = ContinuousClock.now
    /// Called when the last reader of a withdrawn presentation has left.
    private var onAbandoned: (() -> Void)?

    init(
        mailbox: FrameMailbox, presentation: LivePresentation, onReaders: (@Sendable (Int) -> Void)?,
        report: @escaping @Sendable (JPEGError) -> Void
    ) {
        self.mailbox = mailbox
        self.presentation = presentation
        self.onReaders = onReaders
        self.report = report
    }

    /// A session on `loop` wants to read: it is told where the presentation stands, then gets every further frame.
    func join(_ loop: ServerLoopReference, connection id: UInt64) {
        guard !isFinished else { return loop.execute { $0.answer(.refused(.notFound), to: id) } }
        readers[loop.id, default: Readers(loop: loop)].count += 1
        tellReaders()
        let snapshot = presentation.snapshot(at: .now)
        let live = presentation.description.id
        loop.execute { $0.joined(live, snapshot, connection: id) }
    }

    /// A session on that loop reads no longer.
    func leave(_ loop: ServerLoopReference) {
        guard let count = readers[loop.id]?.count else { return }
        if count > 1 { readers[loop.id]?.count = count - 1 } else { readers[loop.id] = nil }
        tellReaders()
        if readers.isEmpty { onAbandoned?() }
    }

    /// Nobody new will come; calls `action` when the last reader has left.
    func withdraw(_ action: @escaping () -> Void) {
        if readers.isEmpty { action() } else { onAbandoned = action }
    }

    private func tellReaders() { onReaders?(readers.values.reduce(0) { $0 + $1.count }) }

    /// Takes what is in the mailbox.
    func pump() {
        guard !isFinished else { return }
        if let frame = mailbox.take(at: start.duration(to: .now)) { send(frame) }
        guard mailbox.isFinished else { return }
        isFinished = true
        let goodbye = presentation.goodbye(at: .now)
        let id = presentation.description.id
        for reader in readers.values { reader.loop.execute { $0.finish(id, goodbye: goodbye) } }
    }

    private func send(_ frame: MJPEGFrame) {
        do {
            let live = try presentation.packetize(frame, at: .now)
            let id = presentation.description.id
            for reader in readers.values where reader.backlog.enter() {
                reader.loop.execute { [backlog = reader.backlog] loop in
                    backlog.leave()
                    loop.deliver(live, of: id)
                }
            }
        } catch {
            guard !hasReportedRefusal else { return }
            hasReportedRefusal = true
            report(error)
        }
    }
}

/// How many frames are on their way to a loop: one that is held up skips frames instead of hoarding them.
private final class FrameBacklog: Sendable {
    private static let maximum = 8
    private let count = Atomic(0)

    func enter() -> Bool {
        guard count.load(ordering: .relaxed) < Self.maximum else { return false }
        count.add(1, ordering: .relaxed)
        return true
    }

    func leave() { count.subtract(1, ordering: .relaxed) }
}

/// A live hub, from wherever one stands.
final class LiveHubReference: Sendable {
    private let eventLoop: any EventLoop
    private let hub: NIOLoopBoundBox<LiveHub>
    /// Keeps the event loop running for as long as somebody may have work for it.
    private let threads: ServerThreads
    private let isWoken = Atomic(false)

    init(_ hub: sending LiveHub, threads: ServerThreads) {
        eventLoop = threads.group.next()
        self.hub = NIOLoopBoundBox.makeBoxSendingValue(hub, eventLoop: eventLoop)
        self.threads = threads
    }

    func execute(_ body: @escaping @Sendable (LiveHub) -> Void) {
        eventLoop.execute { [hub] in body(hub.value) }
    }

    /// Something has arrived in the mailbox. However often this is called, at most one look is waiting.
    func wake() {
        guard !isWoken.exchange(true, ordering: .acquiringAndReleasing) else { return }
        eventLoop.execute {
            self.isWoken.store(false, ordering: .releasing)
            self.hub.value.pump()
        }
    }
}
