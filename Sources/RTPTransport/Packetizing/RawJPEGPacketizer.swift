/// How a server of the course dialect cuts frames that do not fit one datagram, and numbers the pieces.
///
/// Receivers of that dialect disagree, so no policy suits all of them.
public enum LabFragmentation: String, CaseIterable, Sendable, Hashable {
    /// Small frames whole; all pieces of a larger one carry the frame's number.
    case frameSequence = "frame-sequence"
    /// Small frames whole; the pieces of a larger one are numbered one by one.
    case packetSequence = "packet-sequence"
    /// Every frame that is larger than one piece is cut; all pieces carry the frame's number.
    case always
    /// Every frame that fits a UDP datagram goes whole; larger ones are cut as in ``frameSequence``.
    case never
}

/// Sends JPEG files as they are behind the RTP header, as the course version of RTSP has it: payload type 26, though the
/// payload is not that of RFC 2435.
///
/// A frame that goes whole is one datagram with the marker; a frame in pieces has the marker on the last. Frames, and packets
/// where they are numbered one by one, count up from the number given; no frame begins with 0.
public struct RawJPEGPacketizer: FramePacketizer {
    /// 26, as the dialect's peers expect.
    public let payloadType: UInt8 = 26

    /// How large frames are cut.
    public let fragmentation: LabFragmentation

    /// The most bytes of the file in one piece.
    public let maximumPayloadSize: Int

    /// Receivers commonly have room for 20480 bytes, header included.
    static let commonReceiveSize = 20_480 - RTPHeader.length

    /// The most bytes behind the RTP header in one UDP datagram.
    static let datagramSize = 65_507 - RTPHeader.length

    /// A packetizer that cuts pieces of `maximumPayloadSize` bytes, held within 300 and 65495.
    public init(fragmentation: LabFragmentation = .frameSequence, maximumPayloadSize: Int = 1400) {
        self.fragmentation = fragmentation
        self.maximumPayloadSize = min(max(maximumPayloadSize, 300), Self.datagramSize)
    }

    /// One file becomes one batch; only its first bytes are looked at.
    public mutating func packetize(
        _ image: [UInt8], timestamp: RTPTimestamp, ssrc: UInt32, sequenceNumber: inout UInt16, into batch: inout RTPPacketBatch
    ) throws(JPEGError) {
        guard image.count >= 2, image[0] == 0xFF, image[1] == 0xD8 else { throw .notJPEG }
        guard image.count < 1 << 24 else { throw .tooManyBytes(image.count) }
        let piece = image.count <= wholeFrameSize ? image.count : maximumPayloadSize
        let count = (image.count + piece - 1) / piece
        let file = image.span
        var header = RTPHeader(
            marker: false, payloadType: payloadType, sequenceNumber: max(sequenceNumber, 1), timestamp: timestamp, ssrc: ssrc)
        batch.refill(stride: RTPHeader.length + piece, byteCount: file.count + count * RTPHeader.length) { output in
            for index in 0..<count {
                if index > 0, fragmentation == .packetSequence { header.sequenceNumber &+= 1 }
                header.marker = index == count - 1
                header.append(to: &output)
                output.append(span: file.extracting(index * piece..<min((index + 1) * piece, file.count)))
            }
        }
        // Receivers show only what has a higher number than the last picture, and they start from 0.
        sequenceNumber = max(header.sequenceNumber &+ 1, 1)
    }

    /// The largest frame that goes in one datagram.
    private var wholeFrameSize: Int {
        switch fragmentation {
        case .frameSequence, .packetSequence: Self.commonReceiveSize
        case .always: maximumPayloadSize
        case .never: Self.datagramSize
        }
    }
}
