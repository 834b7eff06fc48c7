internal import MJPEGSource
internal import NIOCore
internal import NIOPosix
internal import RTPTransport
internal import RTSPKit
internal import Synchronization

/// One live presentation, or a variant of one: takes frames from its mailbox, packetizes each once and hands it to every loop that
/// has readers.
///
/// Confined to its event loop; a frame crosses to each loop once, whatever the number of readers there. Frames that must be converted
/// first leave the loop for that, one at a time: what comes meanwhile waits in the mailbox, where the latest wins.
final class LiveHub {
    /// What a hub tells.
    struct Voice {
        /// The number of readers has changed.
        var readers: (@Sendable (Int) -> Void)?
        /// A picture cannot travel; said once.
        var refusal: @Sendable (JPEGError) -> Void
        /// The pictures have another size now.
        var size: @Sendable (PictureSize) -> Void
    }

    /// The readers on one loop.
    private struct Readers {
        let loop: ServerLoopReference
        var count = 0
        let backlog = FrameBacklog()
    }

    private let mailbox: FrameMailbox
    private var presentation: LivePresentation
    private let work: LiveWork?
    private let voice: Voice
    private var hasReportedRefusal = false
    private var readers: [ObjectIdentifier: Readers] = [:]
    private var feeds = VariantFeeds()
    private var isFinished = false
    private let start = ContinuousClock.now
    /// Called when the last reader of a withdrawn presentation has left.
    private var onAbandoned: (() -> Void)?
    private var size: PictureSize?
    private var rate = FrameRateEstimate()
    private var memory = JPEGHeaderMemory()
    private var quality: LiveQuality?
    /// Whether a frame is being converted.
    private var isConverting = false
    /// Whether a frame is under way to the readers on this hub's own event loop: that cannot do both at once.
    private var isDelivering = false
    /// The way to this hub from elsewhere.
    weak var reference: LiveHubReference?

    init(mailbox: FrameMailbox, presentation: LivePresentation, work: LiveWork?, voice: Voice) {
        self.mailbox = mailbox
        self.presentation = presentation
        self.work = work
        self.voice = voice
        quality = work?.variant.followsLoss == true ? LiveQuality() : nil
    }

    /// A session on `loop` wants to read: it is told where the presentation stands, then gets every further frame.
    func join(_ loop: ServerLoopReference, connection id: UInt64) {
        guard !isFinished else { return loop.perform { $0.answer(.refused(.notFound), to: id) } }
        readers[loop.id, default: Readers(loop: loop)].count += 1
        tellReaders()
        let snapshot = presentation.snapshot(at: .now)
        let live = presentation.description.id
        loop.perform { $0.joined(live, snapshot, connection: id) }
    }

    /// A session on that loop reads no longer.
    func leave(_ loop: ServerLoopReference) {
        guard let count = readers[loop.id]?.count else { return }
        if count > 1 { readers[loop.id]?.count = count - 1 } else { readers[loop.id] = nil }
        tellReaders()
        abandonIfUnread()
    }

    /// Nobody new will come; calls `action` when the last reader has left.
    func withdraw(_ action: @escaping () -> Void) {
        onAbandoned = action
        abandonIfUnread()
    }

    private func abandonIfUnread() {
        guard readers.isEmpty, !feeds.hasReaders, let onAbandoned else { return }
        self.onAbandoned = nil
        feeds.finish()
        onAbandoned()
    }

    private func tellReaders() { voice.readers?(readers.values.reduce(feeds.readerCount) { $0 + $1.count }) }

    /// A reader has reported this loss.
    func heard(_ fractionLost: Double, from reader: LiveReader) { quality?.note(fractionLost, of: reader, at: .now) }

    // MARK: Variants

    /// A variant takes its frames from here.
    func add(_ variant: LivePresentationID, _ mailbox: FrameMailbox) {
        feeds.add(variant, mailbox)
        if isFinished { mailbox.finish() }
    }

    /// A variant is gone.
    func remove(_ variant: LivePresentationID) {
        feeds.remove(variant)
        tellReaders()
        abandonIfUnread()
    }

    /// A variant has so many readers.
    func setReaders(_ count: Int, of variant: LivePresentationID) {
        feeds.setReaders(count, of: variant)
        tellReaders()
        abandonIfUnread()
    }

    // MARK: Frames

    /// Takes what is in the mailbox, which came there at `arrival`.
    func pump(_ arrival: ContinuousClock.Instant) {
        guard !isFinished, !isConverting, !isDelivering else { return }
        if let frame = mailbox.take(at: start.duration(to: .now)) { take(frame, arrival) }
        guard mailbox.isFinished, !isConverting, !isDelivering else { return }
        isFinished = true
        feeds.finish()
        let goodbye = presentation.goodbye(at: .now)
        let id = presentation.description.id
        for reader in readers.values { reader.loop.execute { $0.finish(id, goodbye: goodbye) } }
    }

    private func take(_ frame: MJPEGFrame, _ arrival: ContinuousClock.Instant) {
        feeds.post(frame)
        rate.note(frame.presentationTime)
        guard let work, let conversion = conversion(of: frame.image, work) else { return send(frame, carrying: nil, arrival) }
        note(sizeOf: frame.image, scale: conversion.scale)
        // Nobody sees it, and it would take work.
        guard !readers.isEmpty, let reference else { return }
        isConverting = true
        work.conversions.convertLive(frame.image, conversion, of: work.name) { [weak reference] outcome in
            reference?.execute { $0.converted(frame, outcome, arrival) }
        }
    }

    /// What must be done to a picture before it is sent; `nil` where nothing must.
    private func conversion(of image: [UInt8], _ work: LiveWork) -> JPEGConversion? {
        var variant = work.variant
        if let chosen = quality?.chosen { variant.quality = min(chosen, variant.quality ?? 100) }
        let conversion = variant.conversion(
            framesPerSecond: presentation.description.framesPerSecond ?? rate.framesPerSecond, packetSize: work.packetSize)
        guard conversion.leavesAlone(image) else { return conversion }
        switch memory.carriage(of: image.span) {
        case .direct, .never: return nil
        case .afterRecoding, .afterReencoding: return conversion
        }
    }

    private func converted(_ frame: MJPEGFrame, _ outcome: ConversionOutcome, _ arrival: ContinuousClock.Instant) {
        isConverting = false
        send(frame, carrying: (try? outcome.get())?.image, arrival)
        pump(.now)
    }

    /// The readers on this hub's own event loop have got what they were sent.
    private func delivered() {
        isDelivering = false
        pump(.now)
    }

    /// Sends a frame, or another picture in its place.
    private func send(_ frame: MJPEGFrame, carrying image: [UInt8]?, _ arrival: ContinuousClock.Instant) {
        note(sizeOf: image ?? frame.image, scale: .full)
        do {
            let live = try presentation.packetize(frame, carrying: image, at: .now)
            let id = presentation.description.id
            for reader in readers.values where reader.backlog.enter() {
                let own = reader.loop.id == reference?.id ? reference : nil
                isDelivering = isDelivering || own != nil
                reader.loop.execute { [backlog = reader.backlog] loop in
                    loop.deliver(live, of: id, since: arrival) {
                        backlog.leave()
                        own?.execute { $0.delivered() }
                    }
                }
            }
        } catch {
            guard !hasReportedRefusal else { return }
            hasReportedRefusal = true
            voice.refusal(error)
        }
    }

    private func note(sizeOf image: [UInt8], scale: JPEGScale) {
        guard let size = PictureSize(ofJPEG: image.span)?.scaled(scale), size != self.size else { return }
        self.size = size
        voice.size(size)
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

    init(_ hub: sending LiveHub, on eventLoop: any EventLoop, threads: ServerThreads) {
        self.eventLoop = eventLoop
        self.hub = NIOLoopBoundBox.makeBoxSendingValue(hub, eventLoop: eventLoop)
        self.threads = threads
        eventLoop.execute { [weak self] in self?.hub.value.reference = self }
    }

    /// Which event loop it is on.
    var id: ObjectIdentifier { ObjectIdentifier(eventLoop) }

    func execute(_ body: @escaping @Sendable (LiveHub) -> Void) {
        eventLoop.execute { [hub] in body(hub.value) }
    }

    /// Does it at once where one stands on the hub's loop already.
    func perform(_ body: @escaping @Sendable (LiveHub) -> Void) {
        if eventLoop.inEventLoop { body(hub.value) } else { execute(body) }
    }

    /// Something has arrived in the mailbox. However often this is called, at most one look is waiting.
    func wake() {
        guard !isWoken.exchange(true, ordering: .acquiringAndReleasing) else { return }
        eventLoop.execute { [now = ContinuousClock.now] in
            self.isWoken.store(false, ordering: .releasing)
            self.hub.value.pump(now)
        }
    }
}
