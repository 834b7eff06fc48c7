/// Writes the packets of one frame.
struct JPEGPacketWriter {
    /// What a frame's packets have in common.
    struct Frame {
        var picture: JPEGImageHeader
        var statement: JPEGTableSchedule.Statement
        /// The RTP header extension of the first packet; may be empty.
        var headerExtension: [UInt8]
        /// The most bytes after the RTP header of a packet.
        var payloadSize: Int
    }

    private let frame: Frame
    /// That of the next packet.
    private var header: RTPHeader
    /// The second word of the main header.
    private let kind: UInt32
    /// The restart header but for its last 16 bits; `nil` where there is none.
    private let restartInterval: UInt32?

    /// Bytes of picture data in a packet, and in the first.
    let room: Int
    let firstRoom: Int

    /// Starts before the first packet, which is numbered as `header` is.
    init(_ frame: Frame, _ header: RTPHeader) {
        self.frame = frame
        self.header = header
        let (width, height) = frame.picture.sizeInEights
        kind =
            UInt32(frame.picture.type) << 24 | UInt32(frame.statement.q) << 16 | UInt32(width) << 8 | UInt32(height)
        restartInterval = frame.picture.hasRestartHeader ? UInt32(frame.picture.restartInterval) << 16 : nil
        room = frame.payloadSize - (restartInterval == nil ? 8 : 12)
        firstRoom = room - frame.headerExtension.count - frame.statement.header.count
    }

    /// The number after that of the last packet.
    var nextSequenceNumber: UInt16 { header.sequenceNumber }

    /// Packets that are all equally long but the last.
    mutating func write(_ data: Span<UInt8>, into batch: inout RTPPacketBatch) {
        let count = max(1, (data.count + room - firstRoom + room - 1) / room)
        let stride = RTPHeader.length + frame.payloadSize
        batch.refill(stride: stride, byteCount: byteCount(data, packets: count)) { output in
            var position = 0
            for index in 0..<count {
                let end = min(position + (index == 0 ? firstRoom : room), data.count)
                append(data, position..<end, isLast: index == count - 1, to: &output)
                position = end
            }
        }
    }

    /// Packets that begin at restart intervals.
    mutating func write(_ pieces: [JPEGRestartIntervals.Piece], of data: Span<UInt8>, into batch: inout RTPPacketBatch) {
        var ends: [Int] = []
        ends.reserveCapacity(pieces.count)
        batch.refill(byteCount: byteCount(data, packets: pieces.count)) { output in
            for index in pieces.indices {
                let piece = pieces[index]
                append(data, piece.data, restart: piece.restart, isLast: index == pieces.count - 1, to: &output)
                ends.append(output.count)
            }
            return ends
        }
    }

    private func byteCount(_ data: Span<UInt8>, packets: Int) -> Int {
        data.count + packets * (RTPHeader.length + frame.payloadSize - room) + room - firstRoom
    }

    private mutating func append(
        _ data: Span<UInt8>, _ range: Range<Int>, restart: UInt16 = JPEGRestartIntervals.unaligned, isLast: Bool,
        to output: inout OutputSpan<UInt8>
    ) {
        let isFirst = output.isEmpty
        header.marker = isLast
        header.append(to: &output, hasExtension: isFirst && !frame.headerExtension.isEmpty)
        if isFirst { output.append(span: frame.headerExtension.span) }
        // The type-specific byte is 0.
        output.append(bigEndian: UInt32(truncatingIfNeeded: range.lowerBound))
        output.append(bigEndian: kind)
        if let restartInterval { output.append(bigEndian: restartInterval | UInt32(restart)) }
        if isFirst { output.append(span: frame.statement.header.span) }
        output.append(span: data.extracting(range))
        header.sequenceNumber &+= 1
    }
}

extension JPEGImageHeader {
    /// Whether packets have a restart header (RFC 2435 section 3.1.7).
    var hasRestartHeader: Bool { type >= 64 }
}
