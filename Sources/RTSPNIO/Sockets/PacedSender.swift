internal import NIOCore
internal import RTPTransport

/// Sends batches of packets as datagrams, spread over time so that a large frame does not overflow the reader's socket.
///
/// One for each pair of sockets, with one timer for all readers. A run of equal packets is one system call where the system
/// has UDP segmentation offload. Confined to the event loop of `channel`.
final class PacedSender {
    /// Whom a batch goes to; batches for one reader keep their order.
    typealias Reader = StreamKey

    private struct Item {
        var reader: Reader
        var address: SocketAddress
        var bytes: ByteBuffer
        var batch: RTPPacketBatch
        var schedule: PacedSend
    }

    private let channel: any Channel
    private let pacing: Pacing
    private let offload: Bool
    private var items: [Item] = []
    private var pending: [Reader: Int] = [:]
    private var timer: Scheduled<Void>?
    /// Called when a reader's last batch has left.
    private let drained: (Reader) -> Void

    init(channel: any Channel, pacing: Pacing, offload: Bool, drained: @escaping (Reader) -> Void) {
        self.channel = channel
        self.pacing = pacing
        self.offload = offload
        self.drained = drained
    }

    /// Whether another batch may be queued for `reader`: one may wait while one leaves.
    func canSend(to reader: Reader) -> Bool { channel.isWritable && pending[reader, default: 0] < 2 }

    /// Queues a batch; `bytes` are the batch's own, shared among its readers.
    func send(_ batch: RTPPacketBatch, bytes: ByteBuffer, to address: SocketAddress, reader: Reader) {
        pending[reader, default: 0] += 1
        let now = ContinuousClock.now
        let schedule = PacedSend(packetCount: batch.count, pacing: pacing, at: now)
        items.append(Item(reader: reader, address: address, bytes: bytes, batch: batch, schedule: schedule))
        // A reader's later batch waits for the earlier one, so only a first batch can start now.
        if pending[reader] == 1 { sendDue() }
    }

    /// Forgets what `reader` still had to get.
    func cancel(_ reader: Reader) {
        items.removeAll { $0.reader == reader }
        pending[reader] = nil
    }

    private func sendDue() {
        let now = ContinuousClock.now
        var next: ContinuousClock.Instant?
        var busy: Set<Reader> = []
        var finished: [Reader] = []
        for index in items.indices where !busy.contains(items[index].reader) {
            while let packets = items[index].schedule.next(at: now) { write(packets, of: items[index]) }
            if let deadline = items[index].schedule.deadline {
                busy.insert(items[index].reader)
                next = next.map { min($0, deadline) } ?? deadline
            } else {
                finished.append(items[index].reader)
            }
        }
        channel.flush()
        items.removeAll { $0.schedule.isFinished }
        timer?.cancel()
        timer = nil
        if let next {
            // Confined to this loop: the timer fires on it.
            let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
            timer = channel.eventLoop.scheduleTask(in: TimeAmount(now.duration(to: next))) { bound.value.sendDue() }
        }
        for reader in finished {
            let left = pending[reader, default: 1] - 1
            pending[reader] = left > 0 ? left : nil
        }
        for reader in finished where pending[reader] == nil { drained(reader) }
    }

    private func write(_ packets: Range<Int>, of item: Item) {
        let stride = item.batch.stride
        let bytes = packets.lowerBound * stride..<min(packets.upperBound * stride, item.batch.bytes.count)
        let perWrite = offload ? max(1, min(64, 65_000 / stride)) * stride : stride
        var start = bytes.lowerBound
        while start < bytes.upperBound {
            let length = min(perWrite, bytes.upperBound - start)
            guard let slice = item.bytes.getSlice(at: item.bytes.readerIndex + start, length: length) else { return }
            let metadata =
                length > stride
                ? AddressedEnvelope<ByteBuffer>.Metadata(
                    ecnState: .transportNotCapable, packetInfo: nil, segmentSize: stride) : nil
            let envelope = AddressedEnvelope(remoteAddress: item.address, data: slice, metadata: metadata)
            channel.write(envelope, promise: nil)
            start += length
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
