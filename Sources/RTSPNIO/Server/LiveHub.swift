internal import MJPEGSource
internal import NIOCore
internal import RTPTransport
internal import RTSPKit

/// One live presentation: takes frames from its mailbox, packetizes each once and hands it to every loop that has readers.
///
/// Confined to its event loop; a frame crosses to each loop once, whatever the number of readers there.
final class LiveHub {
    private let eventLoop: any EventLoop
    private let mailbox: FrameMailbox
    private var presentation: LivePresentation
    private let onReaders: (@Sendable (Int) -> Void)?
    private let report: @Sendable (JPEGError) -> Void
    private var hasReportedRefusal = false
    private var readers: [ObjectIdentifier: (loop: ServerLoopReference, count: Int)] = [:]
    private var isFinished = false

    init(
        mailbox: FrameMailbox, presentation: LivePresentation, eventLoop: any EventLoop,
        onReaders: (@Sendable (Int) -> Void)?, report: @escaping @Sendable (JPEGError) -> Void
    ) {
        self.mailbox = mailbox
        self.presentation = presentation
        self.eventLoop = eventLoop
        self.onReaders = onReaders
        self.report = report
    }

    var description: LiveDescription { presentation.description }

    /// Begins to listen to the mailbox.
    func start() {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        mailbox.onArrival { [eventLoop] in eventLoop.execute { bound.value.pump() } }
        pump()
    }

    func stop() { mailbox.onArrival(nil) }

    /// A session on `loop` wants to read: it is told where the presentation stands, then gets every further frame.
    func join(_ loop: ServerLoopReference, session id: UInt64) {
        guard !isFinished else {
            return loop.execute { $0.answer(.refused(.notFound), to: id) }
        }
        let key = loop.id
        readers[key] = (loop, (readers[key]?.count ?? 0) + 1)
        tellReaders()
        let snapshot = presentation.snapshot(at: .now)
        loop.execute { $0.answer(.joined(snapshot), to: id) }
    }

    /// A session on that loop reads no longer.
    func leave(_ loop: ServerLoopReference) {
        let key = loop.id
        guard let entry = readers[key] else { return }
        readers[key] = entry.count > 1 ? (entry.loop, entry.count - 1) : nil
        tellReaders()
    }

    private func tellReaders() { onReaders?(readers.values.reduce(0) { $0 + $1.count }) }

    private func pump() {
        guard !isFinished else { return }
        if let frame = mailbox.take() { send(frame) }
        guard mailbox.isFinished else { return }
        isFinished = true
        let goodbye = presentation.goodbye(at: .now)
        for (loop, _) in readers.values {
            let id = description.id
            loop.execute { $0.finish(id, goodbye: goodbye) }
        }
    }

    private func send(_ frame: MJPEGFrame) {
        do {
            let live = try presentation.packetize(frame, at: .now)
            let id = description.id
            for (loop, _) in readers.values {
                loop.execute { $0.deliver(live, of: id) }
            }
        } catch {
            guard !hasReportedRefusal else { return }
            hasReportedRefusal = true
            report(error)
        }
    }
}

/// A loop of the server, from wherever one stands.
struct ServerLoopReference: Sendable {
    private let eventLoop: any EventLoop
    private let bound: NIOLoopBound<ServerLoop>

    /// Refers to `loop`; to be made on its own event loop.
    init(_ loop: ServerLoop) {
        eventLoop = loop.eventLoop
        bound = NIOLoopBound(loop, eventLoop: loop.eventLoop)
    }

    var id: ObjectIdentifier { ObjectIdentifier(eventLoop) }

    func execute(_ body: @escaping @Sendable (ServerLoop) -> Void) {
        eventLoop.execute { body(bound.value) }
    }

    /// Adds a handler for a control connection to `channel`, which is on the same event loop.
    func addHandler(to channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(ServerConnectionHandler(loop: bound.value))
        }
    }

    func submit<Result: Sendable>(_ body: @escaping @Sendable (ServerLoop) throws -> Result) async throws -> Result {
        try await eventLoop.submit { try body(bound.value) }.get()
    }
}
