/// Cuts JPEG pictures into RTP packets as RFC 2435 has it: payload type 26, the tables in band, any receiver's decoder will do.
///
/// Pictures travel without loss: baseline, 4:2:0 or 4:2:2, standard Huffman tables, at most 2040x2040. Their picture data is sent as
/// it is, but for those whose sampling factors are not the smallest for their ratio: FFmpeg and some cameras write 4:2:2 as
/// 2x2 1x2 1x2, whose larger MCUs the format cannot name. The blocks of such pictures are put into the order that 2x1 1x1 1x1 has; the
/// coefficients stay the same, restart markers go. Everything else is refused with a ``JPEGError``.
///
/// A packet's payload, its header words drawn once (RFC 2435 sections 3.1, 3.1.7 and 3.1.8):
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// | type-specific |              fragment offset                  |  every packet
/// |      type     |       Q       |  width / 8    |  height / 8   |
/// |       restart interval        |F|L|       restart count       |  every packet of types 64 and 65
/// |      MBZ      |   precision   |            length             |  the first packet, since Q = 255
/// |        luma quantization table, 64 or 128 bytes               |
/// |        chroma quantization table, 64 or 128 bytes             |
/// |        picture data …                                         |  every packet
/// ```
public struct JPEGPacketizer: FramePacketizer {
    /// 26, the static payload type of JPEG (RFC 3551 section 6).
    public let payloadType: UInt8 = 26

    /// The most bytes after the RTP header of a packet.
    public let maximumPayloadSize: Int

    /// The most pixels that width and height, counted in eights, can say.
    static let maximumDimension = 255 * 8

    /// A packetizer for packets of at most `maximumPayloadSize` bytes after the RTP header.
    ///
    /// The size is held within 300 (the tables of a frame must fit in its first packet) and 65495 (one UDP datagram).
    public init(maximumPayloadSize: Int = 1400) {
        self.maximumPayloadSize = min(max(maximumPayloadSize, 300), 65_495)
    }

    /// One frame becomes one batch, in one pass; every packet but the last has the same length.
    public mutating func packetize(
        _ image: [UInt8], timestamp: RTPTimestamp, ssrc: UInt32, sequenceNumber: inout UInt16
    ) throws(JPEGError) -> RTPPacketBatch {
        let picture = try JPEGImageHeader(scanning: image.span)
        guard picture.width <= Self.maximumDimension, picture.height <= Self.maximumDimension else {
            throw .tooLarge(width: picture.width, height: picture.height)
        }
        let data = try picture.data(of: image)

        let tables = 4 + picture.lumaTable.count + picture.chromaTable.count
        let room = maximumPayloadSize - (picture.hasRestartHeader ? 12 : 8)
        let count = max(1, (data.count + tables + room - 1) / room)
        let stride = RTPHeader.length + maximumPayloadSize
        var bytes: [UInt8] = []
        bytes.reserveCapacity(data.count + tables + count * (stride - room))

        var header = RTPHeader(
            marker: false, payloadType: payloadType, sequenceNumber: sequenceNumber, timestamp: timestamp, ssrc: ssrc)
        var position = data.startIndex
        for index in 0..<count {
            let end = min(position + room - (index == 0 ? tables : 0), data.endIndex)
            header.marker = index == count - 1
            header.append(to: &bytes)
            picture.appendMainHeader(fragmentOffset: position - data.startIndex, to: &bytes)
            if index == 0 { picture.appendTables(of: image, to: &bytes) }
            bytes.append(contentsOf: data[position..<end])
            position = end
            header.sequenceNumber &+= 1
        }
        sequenceNumber = header.sequenceNumber
        return RTPPacketBatch(bytes: bytes, stride: stride)
    }
}

extension JPEGImageHeader {
    /// The picture data that travels.
    fileprivate func data(of image: [UInt8]) throws(JPEGError) -> ArraySlice<UInt8> {
        guard scan.count < 1 << 24 else { throw .tooManyBytes(scan.count) }
        guard needsReordering else { return image[scan] }
        var reordering = JPEGScanReordering(self)
        let data = try reordering.scan(of: image.span)
        guard data.count < 1 << 24 else { throw .tooManyBytes(data.count) }
        return data[...]
    }

    fileprivate var hasRestartHeader: Bool { type >= 64 }

    /// The main header, and the restart header where there is one.
    fileprivate func appendMainHeader(fragmentOffset: Int, to bytes: inout [UInt8]) {
        bytes.appendBigEndian(UInt32(truncatingIfNeeded: fragmentOffset & 0xFF_FFFF))
        bytes.append(type)
        bytes.append(255)
        bytes.append(UInt8(truncatingIfNeeded: (width + 7) / 8))
        bytes.append(UInt8(truncatingIfNeeded: (height + 7) / 8))
        if hasRestartHeader {
            bytes.appendBigEndian(restartInterval)
            // F = L = 1 and all ones: packets are not aligned to restart intervals (RFC 2435 section 3.1.7).
            bytes.appendBigEndian(0xFFFF as UInt16)
        }
    }

    /// The quantization table header and both tables.
    fileprivate func appendTables(of image: [UInt8], to bytes: inout [UInt8]) {
        bytes.append(0)
        bytes.append(precision)
        bytes.appendBigEndian(UInt16(truncatingIfNeeded: lumaTable.count + chromaTable.count))
        bytes.append(contentsOf: image[lumaTable])
        bytes.append(contentsOf: image[chromaTable])
    }
}
