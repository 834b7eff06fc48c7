internal import NIOCore
internal import RTPTransport

/// Sends batches of packets as datagrams, spread over time so that a large frame does not overflow the reader's socket.
///
/// One for each pair of sockets, with one timer for all readers. A run of equal packets is one system call where the system
/// has UDP segmentation offload. Confined to the event loop of `channel`.
final class PacedSender {
    /// Whom a batch goes to; batches for one reader keep their order.
    typealias Reader = StreamKey

    /// What a reader has yet to get.
    private struct Lane {
        var items: [Item] = []
        /// How the first item leaves, once it has begun to.
        var schedule: PacedSend?
        /// What is to be done once all has left.
        var followers: [() -> Void] = []
    }

    private struct Item {
        var address: SocketAddress
        var bytes: ByteBuffer
        var batch: RTPPacketBatch
    }

    /// A reader over whom the socket broke.
    private enum Trouble {
        /// Its path may not take segmented sends: its packets go one by one.
        case unsegmented
        /// Nor single ones: it gets nothing until then.
        case shunned(until: ContinuousClock.Instant)
    }

    /// The socket; to be replaced when it has broken.
    var channel: any Channel
    private let pacing: Pacing
    private let offload: Bool
    private let clock: () -> ContinuousClock.Instant
    /// Called when a reader's last batch has left.
    private let drained: (Reader) -> Void
    private var lanes: [Reader: Lane] = [:]
    private var troubles: [Reader: Trouble] = [:]
    private var timer: Scheduled<Void>?
    private var timerDeadline: ContinuousClock.Instant?

    /// How long a reader is left alone whose packets break the socket.
    static let shunTime = Duration.seconds(5)

    init(
        channel: any Channel, pacing: Pacing, offload: Bool, clock: @escaping () -> ContinuousClock.Instant = { .now },
        drained: @escaping (Reader) -> Void
    ) {
        self.channel = channel
        self.pacing = pacing
        self.offload = offload
        self.clock = clock
        self.drained = drained
    }

    /// Whether everything has left.
    var isIdle: Bool { lanes.isEmpty }

    /// How many readers have something to get, or a record of trouble.
    var readerCount: Int { Set(lanes.keys).union(troubles.keys).count }

    /// Whether another batch may be queued for `reader`: one may wait while one leaves.
    func canSend(to reader: Reader) -> Bool { channel.isWritable && (lanes[reader]?.items.count ?? 0) < 2 }

    /// Queues a batch; `bytes` are the batch's own, shared among its readers.
    func send(_ batch: RTPPacketBatch, bytes: ByteBuffer, to address: SocketAddress, reader: Reader) {
        lanes[reader, default: Lane()].items.append(Item(address: address, bytes: bytes, batch: batch))
        // While an earlier batch is leaving, the timer is set already.
        guard lanes[reader]?.schedule == nil else { return }
        if let deadline = sendDue(to: reader, at: clock()) {
            setTimer(deadline)
        } else {
            settle(reader)
        }
    }

    /// Does `action` once everything queued for `reader` has left.
    func after(_ reader: Reader, _ action: @escaping () -> Void) {
        guard lanes[reader] != nil else { return action() }
        lanes[reader]?.followers.append(action)
    }

    /// The reader is gone; what was queued for it still leaves.
    func forget(_ reader: Reader) { troubles[reader] = nil }

    /// Sends nothing any more.
    func stop() {
        timer?.cancel()
        timer = nil
        lanes = [:]
    }

    // MARK: In time

    private func tick() {
        timer = nil
        timerDeadline = nil
        let now = clock()
        var earliest: ContinuousClock.Instant?
        var finished: [Reader] = []
        for reader in Array(lanes.keys) {
            if let deadline = sendDue(to: reader, at: now) {
                earliest = earliest.map { min($0, deadline) } ?? deadline
            } else {
                finished.append(reader)
            }
        }
        if let earliest { setTimer(earliest) }
        for reader in finished { settle(reader) }
    }

    /// Sends what is due to one reader.
    /// - Returns: when the next of it is due; `nil` when nothing is left.
    private func sendDue(to reader: Reader, at now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        guard var lane = lanes[reader] else { return nil }
        var start = now
        while let item = lane.items.first {
            var schedule = lane.schedule ?? PacedSend(packetCount: item.batch.count, pacing: pacing, at: start)
            while let packets = schedule.next(at: now) { write(packets, of: item, to: reader, at: now) }
            lane.schedule = schedule
            guard schedule.isFinished else { break }
            lane.items.removeFirst()
            lane.schedule = nil
            start = now + pacing.interval
        }
        lanes[reader] = lane
        return lane.schedule?.deadline
    }

    /// Everything for `reader` has left.
    private func settle(_ reader: Reader) {
        guard let lane = lanes[reader], lane.items.isEmpty else { return }
        lanes[reader] = nil
        for follower in lane.followers { follower() }
        drained(reader)
    }

    private func setTimer(_ deadline: ContinuousClock.Instant) {
        if let timerDeadline, timerDeadline <= deadline { return }
        timer?.cancel()
        timerDeadline = deadline
        let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
        timer = channel.eventLoop.scheduleTask(in: TimeAmount(clock().duration(to: deadline))) { bound.value.tick() }
    }

    // MARK: Writing

    private func write(_ packets: Range<Int>, of item: Item, to reader: Reader, at now: ContinuousClock.Instant) {
        guard channel.isActive, let isSegmented = isSegmented(reader, at: now) else { return }
        var rest = packets
        while let run = item.batch.run(ofPacketsAt: rest, maxSegments: isSegmented ? 64 : 1, maxBytes: 65_000) {
            let start = item.bytes.readerIndex + run.bytes.lowerBound
            guard let slice = item.bytes.getSlice(at: start, length: run.bytes.count) else { return }
            var envelope = AddressedEnvelope(remoteAddress: item.address, data: slice)
            if run.packets.count > 1 {
                envelope.metadata = .init(ecnState: .transportNotCapable, packetInfo: nil, segmentSize: run.segmentLength)
            }
            // What befalls the first befalls them all.
            channel.write(envelope, promise: rest == packets ? promise(for: reader, isSegmented) : nil)
            rest = run.packets.upperBound..<rest.upperBound
        }
        channel.flush()
        // The system gives no more than the socket's end as a sign that it would not send several at once.
        if !channel.isActive {
            note(trouble: reader, isSegmented, at: now)
        } else if isSegmented, case .unsegmented = troubles[reader] {
            write(packets, of: item, to: reader, at: now)
        }
    }

    /// Tells that a path does not take packets of this length: segmented ones may not exceed what it takes in one piece.
    private func promise(for reader: Reader, _ isSegmented: Bool) -> EventLoopPromise<Void> {
        let promise = channel.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenFailure { [weak self] error in
            guard let self, let error = error as? ChannelError, error == .writeMessageTooLarge else { return }
            note(trouble: reader, isSegmented, at: clock())
            // After such an error SwiftNIO 2.101 may never call the channel writable again, so another takes its place.
            if !channel.isWritable { channel.close(promise: nil) }
        }
        return promise
    }

    private func note(trouble reader: Reader, _ wasSegmented: Bool, at now: ContinuousClock.Instant) {
        if wasSegmented {
            troubles[reader] = troubles[reader] ?? .unsegmented
        } else {
            troubles[reader] = .shunned(until: now + Self.shunTime)
        }
    }

    /// Whether packets go to `reader` in runs; `nil` while it gets none.
    private func isSegmented(_ reader: Reader, at now: ContinuousClock.Instant) -> Bool? {
        switch troubles[reader] {
        case nil: return offload
        case .unsegmented: return false
        case .shunned(let end): return now < end ? nil : false
        }
    }
}

/// One stream of one connection.
struct StreamKey: Hashable, Sendable {
    var connection: UInt64
    var stream: StreamID
}

extension TimeAmount {
    /// A duration to the nearest nanosecond, never negative.
    init(_ duration: Duration) {
        let (seconds, attoseconds) = max(.zero, duration).components
        let bounded = min(seconds, 1_000_000_000)
        self = .nanoseconds(bounded * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
