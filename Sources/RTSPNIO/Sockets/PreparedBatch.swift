internal import NIOCore
internal import RTPTransport

/// A batch as bytes for the network, each form made once and shared by all readers. Confined to one event loop.
final class PreparedBatch {
    let batch: RTPPacketBatch
    private var framed: [(channel: UInt8, bytes: ByteBuffer)] = []

    private var together: ByteBuffer?

    init(_ batch: RTPPacketBatch) { self.batch = batch }

    /// The packets one behind the other.
    /// - Parameter spares: buffers whose memory may be used.
    func plain(in spares: inout SpareBuffers) -> ByteBuffer {
        if let together { return together }
        var bytes = spares.take()
        bytes.writeBytes(batch.bytes)
        together = bytes
        return bytes
    }

    /// Nobody sends it as datagrams any more.
    func giveBack(to spares: inout SpareBuffers) {
        guard let bytes = together else { return }
        together = nil
        spares.put(bytes)
    }

    /// Whether somebody has it framed for a control connection.
    var isFramed: Bool { !framed.isEmpty }

    /// The packets framed for one channel of a control connection (RFC 2326 section 10.12).
    /// - Parameter spares: buffers whose memory may be used.
    func interleaved(channel: UInt8, in spares: inout SpareBuffers) -> ByteBuffer {
        // Nearly all readers take the same channel.
        if let known = framed.first(where: { $0.channel == channel }) { return known.bytes }
        var bytes = spares.take()
        bytes.append(capacity: batch.interleavedByteCount) { batch.interleave(channel: channel, into: &$0) }
        framed.append((channel, bytes))
        return bytes
    }

    /// Nobody else will be sent it framed.
    func giveBackFramed(to spares: inout SpareBuffers) {
        for (_, bytes) in exchange(&framed, with: []) { spares.put(bytes) }
    }
}

extension ByteBuffer {
    /// Appends what `write` writes, at most `capacity` bytes, without a copy of it in between.
    ///
    /// The pointer does not leave the closure, and the span checks its bounds.
    fileprivate mutating func append(capacity: Int, _ write: (inout OutputSpan<UInt8>) -> Void) {
        _ = unsafe writeWithUnsafeMutableBytes(minimumWritableBytes: capacity) { memory in
            unsafe memory.withMemoryRebound(to: UInt8.self) { bytes in
                var output = unsafe OutputSpan(buffer: bytes, initializedCount: 0)
                write(&output)
                return unsafe output.finalize(for: bytes)
            }
        }
    }
}

/// The batch sent last, which the next reader most likely gets too.
struct LastBatch {
    private var last: PreparedBatch?
    /// Memory of batches that were framed, for those that will be.
    private var spares = SpareBuffers()

    /// The packets of `batch` framed for one channel of a control connection.
    mutating func interleaved(_ batch: RTPPacketBatch, channel: UInt8) -> ByteBuffer {
        prepared(batch).interleaved(channel: channel, in: &spares)
    }

    mutating func prepared(_ batch: RTPPacketBatch) -> PreparedBatch {
        // The same storage, so the same packets; no other batch can have it while this one holds it.
        if let last {
            let (bytes, lastBytes) = (batch.bytes, last.batch.bytes)
            let isSame = bytes.span.isIdentical(to: lastBytes.span)
            if isSame, last.batch.stride == batch.stride, last.batch.ends == batch.ends { return last }
        }
        // Those who have not sent the one before yet keep its bytes.
        last?.giveBackFramed(to: &spares)
        let prepared = PreparedBatch(batch)
        last = prepared
        return prepared
    }
}

/// Buffers of frames that have left, for those that come: asking the system for so much memory, and giving it back, for every frame costs
/// as much as copying it.
struct SpareBuffers {
    private static let maximumCount = 16
    /// Larger ones are not kept.
    private static let maximumCapacity = 1 << 20
    private var buffers: [ByteBuffer] = []

    /// An empty buffer. Where somebody still holds the bytes that were in it, it has other memory.
    mutating func take() -> ByteBuffer {
        guard var buffer = buffers.popLast() else { return ByteBuffer() }
        buffer.clear()
        return buffer
    }

    mutating func put(_ buffer: ByteBuffer) {
        guard buffers.count < Self.maximumCount, buffer.capacity <= Self.maximumCapacity else { return }
        buffers.append(buffer)
    }
}
