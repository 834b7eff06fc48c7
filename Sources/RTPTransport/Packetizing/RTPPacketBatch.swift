/// The RTP packets of one frame laid end to end, each ``stride`` bytes long but the last.
///
/// Equal lengths are what UDP segmentation offload wants: a run of packets is one contiguous range of ``bytes`` and one
/// system call. The storage is shared, so handing one batch to many readers copies nothing.
public struct RTPPacketBatch: Sendable, Hashable {
    /// All packets, one after the other.
    public let bytes: [UInt8]

    /// The length in bytes of every packet but the last, which may be shorter; never zero.
    public let stride: Int

    /// Makes a batch of packets laid end to end; a `stride` below 1 counts as one packet.
    public init(bytes: [UInt8], stride: Int) {
        self.bytes = bytes
        self.stride = stride > 0 ? stride : Swift.max(bytes.count, 1)
    }

    /// How many packets there are.
    public var count: Int { bytes.isEmpty ? 0 : (bytes.count - 1) / stride + 1 }

    /// Where the packet at `index` lies in ``bytes``; empty for an index that does not exist.
    public func range(ofPacketAt index: Int) -> Range<Int> {
        guard index >= 0, index < count else { return bytes.count..<bytes.count }
        return index * stride..<Swift.min((index + 1) * stride, bytes.count)
    }

    /// Where the packets at `indices` lie in ``bytes``, one behind the other; those that do not exist are left out.
    public func range(ofPacketsAt indices: Range<Int>) -> Range<Int> {
        let indices = indices.clamped(to: 0..<count)
        guard let last = indices.last else { return bytes.count..<bytes.count }
        return range(ofPacketAt: indices.lowerBound).lowerBound..<range(ofPacketAt: last).upperBound
    }

    /// The batch cut into runs of whole packets, each fit for one segmented send.
    ///
    /// Kernels take at most 64 segments and 65 507 bytes in one UDP send.
    public func sends(maxSegments: Int = 64, maxBytes: Int = 65_507) -> [Range<Int>] {
        let run = Swift.max(1, Swift.min(maxSegments, maxBytes / stride)) * stride
        return Swift.stride(from: 0, to: bytes.count, by: run).map { $0..<Swift.min($0 + run, bytes.count) }
    }

    /// The packets framed for an RTSP connection: `$`, channel, 16-bit length, packet, and so on (RFC 2326 section 10.12).
    ///
    /// A packet that is too long for a 16-bit length is left out: it could only break the framing of the others.
    public func interleaved(channel: UInt8) -> [UInt8] {
        var framed: [UInt8] = []
        framed.reserveCapacity(bytes.count + count * 4)
        for index in 0..<count {
            let range = range(ofPacketAt: index)
            guard let length = UInt16(exactly: range.count) else { continue }
            framed.append(0x24)
            framed.append(channel)
            framed.appendBigEndian(length)
            framed.append(contentsOf: bytes[range])
        }
        return framed
    }
}
