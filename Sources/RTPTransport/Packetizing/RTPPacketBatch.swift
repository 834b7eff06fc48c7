/// The RTP packets of one frame laid end to end, each ``stride`` bytes long but the last, or each of a length of its own.
///
/// Equal lengths are what UDP segmentation offload wants: a run of packets is one contiguous range of ``bytes`` and one
/// system call. Packets that begin at restart intervals differ in length; then a run ends where the length changes. The storage is
/// shared, so handing one batch to many readers copies nothing.
public struct RTPPacketBatch: Sendable, Hashable {
    /// Neighbouring packets that one segmented send takes: all equally long but the last, which may be shorter.
    public struct Run: Sendable, Hashable {
        /// Which packets these are.
        public let packets: Range<Int>
        /// Where they lie in the batch's bytes.
        public let bytes: Range<Int>
        /// The length in bytes of the first, at which the system is to cut.
        public let segmentLength: Int
    }

    /// All packets, one after the other.
    public private(set) var bytes: [UInt8]

    /// The length in bytes of every packet but the last, which may be shorter; where ``ends`` tells lengths of their own, that of the
    /// longest packet. Never zero.
    public private(set) var stride: Int

    /// Where in ``bytes`` each packet ends, where more of them than the last differ from ``stride``; otherwise `nil`.
    public private(set) var ends: [Int]?

    /// Makes a batch without packets, for a packetizer to fill.
    public init() { self.init(bytes: [], stride: 1) }

    /// Makes a batch of packets laid end to end; a `stride` below 1 counts as one packet.
    public init(bytes: [UInt8], stride: Int) {
        self.bytes = bytes
        self.stride = 1
        setStride(stride)
    }

    /// Makes a batch of packets that end at these offsets of `bytes`.
    ///
    /// The last packet ends where the bytes do. Offsets that do not lie within the bytes and behind the one before are passed over.
    public init(bytes: [UInt8], ends: [Int]) {
        self.bytes = bytes
        stride = 1
        setEnds(ends)
    }

    /// Puts the packets that `write` writes in the place of those here: at most `byteCount` bytes, each packet `stride` long but the last.
    ///
    /// Whoever has a copy of the batch keeps those that were here. Where nobody does, and there is room, nothing is allocated.
    mutating func refill(stride: Int, byteCount: Int, _ write: (inout OutputSpan<UInt8>) -> Void) {
        bytes.refill(capacity: byteCount, write)
        setStride(stride)
    }

    /// The same for packets of lengths of their own, which end where `write` returns.
    mutating func refill(byteCount: Int, _ write: (inout OutputSpan<UInt8>) -> [Int]) {
        var ends: [Int] = []
        bytes.refill(capacity: byteCount) { ends = write(&$0) }
        setEnds(ends)
    }

    private mutating func setStride(_ stride: Int) {
        self.stride = stride > 0 ? stride : Swift.max(bytes.count, 1)
        ends = nil
    }

    private mutating func setEnds(_ ends: [Int]) {
        var sound: [Int] = []
        sound.reserveCapacity(ends.count + 1)
        var longest = 0
        func add(_ end: Int) {
            longest = Swift.max(longest, end - (sound.last ?? 0))
            sound.append(end)
        }
        for end in ends where end > (sound.last ?? 0) && end <= bytes.count { add(end) }
        if bytes.count > (sound.last ?? 0) { add(bytes.count) }
        stride = Swift.max(longest, 1)
        let isEven = sound.indices.dropLast().allSatisfy { sound[$0] == ($0 + 1) * longest }
        self.ends = isEven ? nil : sound
    }

    /// How many packets there are.
    public var count: Int { ends?.count ?? (bytes.isEmpty ? 0 : (bytes.count - 1) / stride + 1) }

    /// Where the packet at `index` lies in ``bytes``; empty for an index that does not exist.
    public func range(ofPacketAt index: Int) -> Range<Int> {
        guard index >= 0, index < count else { return bytes.count..<bytes.count }
        if let ends { return (index > 0 ? ends[index - 1] : 0)..<ends[index] }
        return index * stride..<Swift.min((index + 1) * stride, bytes.count)
    }

    /// Where the packets at `indices` lie in ``bytes``, one behind the other; those that do not exist are left out.
    public func range(ofPacketsAt indices: Range<Int>) -> Range<Int> {
        let indices = indices.clamped(to: 0..<count)
        guard let last = indices.last else { return bytes.count..<bytes.count }
        return range(ofPacketAt: indices.lowerBound).lowerBound..<range(ofPacketAt: last).upperBound
    }

    /// The first of the runs that the packets at `indices` are sent in, or one packet where the limits allow no run; `nil` where there
    /// are no packets.
    ///
    /// Kernels take at most 64 segments and 65 507 bytes in one UDP send.
    public func run(ofPacketsAt indices: Range<Int>, maxSegments: Int = 64, maxBytes: Int = 65_507) -> Run? {
        let indices = indices.clamped(to: 0..<count)
        guard let start = indices.first else { return nil }
        let length = range(ofPacketAt: start).count
        let limit = Swift.max(1, Swift.min(maxSegments, maxBytes / length, indices.count))
        var end = start + 1
        if let ends {
            while end < start + limit, ends[end] - ends[end - 1] <= length {
                end += 1
                if ends[end - 1] - ends[end - 2] < length { break }
            }
        } else {
            end = start + limit
        }
        return Run(packets: start..<end, bytes: range(ofPacketsAt: start..<end), segmentLength: length)
    }

    /// The batch cut into runs of whole packets, each fit for one segmented send.
    ///
    /// Kernels take at most 64 segments and 65 507 bytes in one UDP send.
    public func sends(maxSegments: Int = 64, maxBytes: Int = 65_507) -> [Range<Int>] {
        var sends: [Range<Int>] = []
        var rest = 0..<count
        while let run = run(ofPacketsAt: rest, maxSegments: maxSegments, maxBytes: maxBytes) {
            sends.append(run.bytes)
            rest = run.packets.upperBound..<rest.upperBound
        }
        return sends
    }

    /// The packets framed for an RTSP connection: `$`, channel, 16-bit length, packet, and so on (RFC 2326 section 10.12).
    ///
    /// A packet that is too long for a 16-bit length is left out: it could only break the framing of the others.
    public func interleaved(channel: UInt8) -> [UInt8] {
        var framed: [UInt8] = []
        interleave(channel: channel, into: &framed)
        return framed
    }

    /// Puts the packets, framed as ``interleaved(channel:)`` has it, in the place of the bytes of `framed`: in the storage that these have
    /// where that is large enough and nobody else's, too.
    public func interleave(channel: UInt8, into framed: inout [UInt8]) {
        framed.refill(capacity: interleavedByteCount) { interleave(channel: channel, into: &$0) }
    }

    /// How many bytes the packets take when they are framed, at most.
    public var interleavedByteCount: Int { bytes.count + count * 4 }

    /// Appends the packets, framed as ``interleaved(channel:)`` has it, to memory of the caller's. Nothing is written where it has no room
    /// for ``interleavedByteCount`` bytes.
    public func interleave(channel: UInt8, into output: inout OutputSpan<UInt8>) {
        guard output.freeCapacity >= interleavedByteCount else { return }
        let prefix = UInt32(0x24) << 24 | UInt32(channel) << 16
        for index in 0..<count {
            let range = range(ofPacketAt: index)
            guard let length = UInt16(exactly: range.count) else { continue }
            output.append(bigEndian: prefix | UInt32(length))
            output.append(span: bytes.span.extracting(range))
        }
    }
}
