/// Cuts JPEG pictures into RTP packets as RFC 2435 has it: payload type 26, any receiver's decoder will do.
///
/// Pictures travel without loss: baseline, 4:2:0 or 4:2:2, standard Huffman tables. Their picture data is sent as it is, but for those
/// whose sampling factors are not the smallest for their ratio: FFmpeg and some cameras write 4:2:2 as 2x2 1x2 1x2, whose larger MCUs
/// the format cannot name. The blocks of such pictures are put into the order that 2x1 1x1 1x1 has; the coefficients stay the same,
/// restart markers go. Everything else is refused with a ``JPEGError``; ``JPEGCarriage`` tells what would help.
///
/// The payload header counts width and height in eights up to 2040. A larger picture has 0 for both there, and a receiver finds the
/// size in the session description or, as by default for all sizes that the payload header cannot say, in an RTP header extension of
/// the frame's first packet that holds the frame header of a JPEG file.
///
/// A packet's payload, its header words drawn once (RFC 2435 sections 3.1, 3.1.7 and 3.1.8):
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// | type-specific |              fragment offset                  |  every packet
/// |      type     |       Q       |  width / 8    |  height / 8   |
/// |       restart interval        |F|L|       restart count       |  every packet of types 64 and 65
/// |      MBZ      |   precision   |            length             |  the first packet where Q is 128 or more
/// |        luma quantization table, 64 or 128 bytes               |  there, unless the receiver knows the tables
/// |        chroma quantization table, 64 or 128 bytes             |
/// |        picture data …                                         |  every packet
/// ```
public struct JPEGPacketizer: FramePacketizer, Hashable {
    /// What is remembered from frame to frame.
    private struct Memory: Sendable, Hashable {
        var headers = JPEGHeaderMemory()
        var tables: JPEGTableSchedule
        /// Which of the headers read gave the tables.
        var tablesReadCount = 0

        /// What a frame says of its tables, which are looked at where its headers are not those of the frame before.
        mutating func statement(for picture: JPEGImageHeader, _ image: Span<UInt8>) -> JPEGTableSchedule.Statement {
            guard tablesReadCount != headers.readCount else { return tables.next() }
            tablesReadCount = headers.readCount
            return tables.next(JPEGTravellingTables(picture, of: image))
        }
    }

    /// 26, the static payload type of JPEG (RFC 3551 section 6).
    public let payloadType: UInt8 = 26

    /// The most bytes after the RTP header of a packet, an extension of that header included.
    public let maximumPayloadSize: Int

    /// How the format's choices are made.
    public let options: Options

    /// The most pixels that width and height, counted in eights, can say.
    static let maximumDimension = 255 * 8

    /// Picture data must be shorter than this for its fragment offsets (RFC 2435 section 3.1.2).
    static let dataLimit = 1 << 24

    private var memory: Memory

    /// A packetizer for packets of at most `maximumPayloadSize` bytes after the 12 bytes of the RTP header.
    ///
    /// The size is held within 300 (the tables of a frame must fit in its first packet) and 65495 (one UDP datagram).
    public init(maximumPayloadSize: Int = 1400, options: Options = Options()) {
        self.maximumPayloadSize = min(max(maximumPayloadSize, 300), 65_495)
        self.options = options
        memory = Memory(tables: JPEGTableSchedule(options.quantization))
    }

    /// One frame becomes one batch. Every packet but the last has the same length, unless packets begin at restart intervals.
    public mutating func packetize(
        _ image: [UInt8], timestamp: RTPTimestamp, ssrc: UInt32, sequenceNumber: inout UInt16, into batch: inout RTPPacketBatch
    ) throws(JPEGError) {
        // What a refused frame would have changed is not kept.
        var memory = memory
        let picture = try memory.headers.header(of: image.span)
        let data = try picture.data(of: image)
        let statement = memory.statement(for: picture, image.span)
        let headerExtension = JPEGHeaderExtension.bytes(
            for: picture, of: image.span, isExtended: memory.tables.precision > 0, wish: options.headerExtension,
            // At least some picture data goes into the first packet.
            limit: maximumPayloadSize - 12 - statement.header.count - 4)
        var writer = JPEGPacketWriter(
            JPEGPacketWriter.Frame(
                picture: picture, statement: statement, headerExtension: headerExtension, payloadSize: maximumPayloadSize),
            RTPHeader(
                marker: false, payloadType: payloadType, sequenceNumber: sequenceNumber, timestamp: timestamp, ssrc: ssrc))
        if let pieces = alignedPieces(picture, image.span, writer) {
            writer.write(pieces, of: data.span, into: &batch)
        } else {
            writer.write(data.span, into: &batch)
        }
        sequenceNumber = writer.nextSequenceNumber
        self.memory = memory
    }

    /// What the packets carry where they are to begin at restart intervals and can.
    private func alignedPieces(
        _ picture: JPEGImageHeader, _ image: Span<UInt8>, _ writer: JPEGPacketWriter
    ) -> [JPEGRestartIntervals.Piece]? {
        guard options.alignsToRestartIntervals, picture.hasRestartHeader else { return nil }
        return JPEGRestartIntervals(picture, of: image)?.pieces(room: writer.room, firstRoom: writer.firstRoom)
    }
}

extension JPEGImageHeader {
    /// The picture data that travels.
    fileprivate func data(of image: [UInt8]) throws(JPEGError) -> ArraySlice<UInt8> {
        guard scan.count < JPEGPacketizer.dataLimit else { throw .tooManyBytes(scan.count) }
        guard needsReordering else { return image[scan] }
        var reordering = JPEGScanReordering(self)
        let data = try reordering.scan(of: image.span)
        guard data.count < JPEGPacketizer.dataLimit else { throw .tooManyBytes(data.count) }
        return data[...]
    }
}
