/// Writes the packets of one frame.
struct JPEGPacketWriter {
    /// What a frame's packets have in common.
    struct Frame {
        var picture: JPEGImageHeader
        /// The picture data that travels.
        var data: ArraySlice<UInt8>
        var statement: JPEGTableSchedule.Statement
        /// The RTP header extension of the first packet; may be empty.
        var headerExtension: [UInt8]
        /// The most bytes after the RTP header of a packet.
        var payloadSize: Int
    }

    private let frame: Frame
    /// RTP header, main header and, where there is one, restart header of the next packet.
    private var headers: [UInt8] = []
    private var header: RTPHeader
    private var bytes: [UInt8] = []

    /// Bytes of picture data in a packet, and in the first.
    private let room: Int
    private let firstRoom: Int

    /// Starts before the first packet, which is numbered as `header` is.
    init(_ frame: Frame, _ header: RTPHeader) {
        self.frame = frame
        self.header = header
        room = frame.payloadSize - (frame.picture.hasRestartHeader ? 12 : 8)
        firstRoom = room - frame.headerExtension.count - frame.statement.header.count
        headers.reserveCapacity(24)
        header.append(to: &headers)
        headers += [0, 0, 0, 0, frame.picture.type, frame.statement.q]
        let size = frame.picture.sizeInEights
        headers += [size.width, size.height]
        if frame.picture.hasRestartHeader {
            headers.appendBigEndian(frame.picture.restartInterval)
            headers.appendBigEndian(JPEGRestartIntervals.unaligned)
        }
    }

    /// The number after that of the last packet.
    var nextSequenceNumber: UInt16 { header.sequenceNumber }

    /// Packets that are all equally long but the last.
    mutating func evenBatch() -> RTPPacketBatch {
        let data = frame.data
        let count = max(1, (data.count + room - firstRoom + room - 1) / room)
        bytes.reserveCapacity(data.count + room - firstRoom + count * headers.count)
        var position = 0
        for index in 0..<count {
            let end = min(position + (index == 0 ? firstRoom : room), data.count)
            append(position..<end, isFirst: index == 0, isLast: index == count - 1)
            position = end
        }
        return RTPPacketBatch(bytes: bytes, stride: RTPHeader.length + frame.payloadSize)
    }

    /// Packets that begin at restart intervals; `nil` where these cannot be told.
    mutating func alignedBatch(_ intervals: JPEGRestartIntervals) -> RTPPacketBatch? {
        guard frame.picture.hasRestartHeader, let pieces = intervals.pieces(room: room, firstRoom: firstRoom) else { return nil }
        bytes.reserveCapacity(frame.data.count + room - firstRoom + pieces.count * headers.count)
        var ends: [Int] = []
        ends.reserveCapacity(pieces.count)
        for (index, piece) in pieces.enumerated() {
            put(piece.restart, at: RTPHeader.length + 10)
            append(piece.data, isFirst: index == 0, isLast: index == pieces.count - 1)
            ends.append(bytes.count)
        }
        return RTPPacketBatch(bytes: bytes, ends: ends)
    }

    private mutating func append(_ range: Range<Int>, isFirst: Bool, isLast: Bool) {
        let hasExtension = isFirst && !frame.headerExtension.isEmpty
        headers[0] = hasExtension ? 0x90 : 0x80
        headers[1] = header.payloadType | (isLast ? 0x80 : 0)
        put(header.sequenceNumber, at: 2)
        headers[RTPHeader.length + 1] = UInt8(truncatingIfNeeded: range.lowerBound >> 16)
        put(UInt16(truncatingIfNeeded: range.lowerBound), at: RTPHeader.length + 2)
        if hasExtension {
            bytes.append(contentsOf: headers[..<RTPHeader.length])
            bytes.append(contentsOf: frame.headerExtension)
            bytes.append(contentsOf: headers[RTPHeader.length...])
        } else {
            bytes.append(contentsOf: headers)
        }
        if isFirst { bytes.append(contentsOf: frame.statement.header) }
        let start = frame.data.startIndex
        bytes.append(contentsOf: frame.data[start + range.lowerBound..<start + range.upperBound])
        header.sequenceNumber &+= 1
    }

    private mutating func put(_ value: UInt16, at offset: Int) {
        headers[offset] = UInt8(truncatingIfNeeded: value >> 8)
        headers[offset + 1] = UInt8(truncatingIfNeeded: value)
    }
}

extension JPEGImageHeader {
    /// Whether packets have a restart header (RFC 2435 section 3.1.7).
    var hasRestartHeader: Bool { type >= 64 }
}
