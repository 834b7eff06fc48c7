/// One RTP stream on its way out: numbers, timestamps and the reports that go with it (RFC 3550 section 5.1).
///
/// Time enters as *stream time*: the time since the stream's first frame, pauses not counted. The timestamps of a stream that
/// was paused therefore go on where they stopped, and so do its sequence numbers.
public struct RTPSender: Sendable {
    /// The synchronization source of all packets and reports.
    public let ssrc: UInt32

    /// Ticks per second of the timestamps.
    public let clockRate: ClockRate

    /// Who sends, the same for all streams of one sender (RFC 3550 section 6.5.1).
    public let canonicalName: String

    /// The number of the next packet.
    public private(set) var nextSequenceNumber: UInt16

    /// Packets so far, modulo 2³².
    public private(set) var packetCount: UInt32 = 0

    /// Bytes so far, without RTP headers, modulo 2³².
    public private(set) var octetCount: UInt32 = 0

    private var packetizer: any FramePacketizer
    private let firstTimestamp: RTPTimestamp

    /// A stream that begins with these numbers.
    ///
    /// The course dialect begins with 1; others should take unpredictable numbers.
    public init(
        packetizer: any FramePacketizer, ssrc: UInt32, firstSequenceNumber: UInt16, firstTimestamp: RTPTimestamp,
        clockRate: ClockRate = .video, canonicalName: String
    ) {
        self.packetizer = packetizer
        self.ssrc = ssrc
        self.nextSequenceNumber = firstSequenceNumber
        self.firstTimestamp = firstTimestamp
        self.clockRate = clockRate
        self.canonicalName = canonicalName
    }

    /// A stream with a random source, sequence number and timestamp, as RFC 3550 section 5.1 asks for.
    public init(
        packetizer: any FramePacketizer, canonicalName: String, using generator: inout some RandomNumberGenerator
    ) {
        self.init(
            packetizer: packetizer, ssrc: .random(in: 0 ... .max, using: &generator),
            firstSequenceNumber: .random(in: 0 ... .max, using: &generator),
            firstTimestamp: RTPTimestamp(rawValue: .random(in: 0 ... .max, using: &generator)),
            canonicalName: canonicalName)
    }

    /// The payload type of the packets.
    public var payloadType: UInt8 { packetizer.payloadType }

    /// The timestamp of a frame shown at `streamTime`.
    public func timestamp(at streamTime: Duration) -> RTPTimestamp {
        firstTimestamp.advanced(by: streamTime, clockRate: clockRate)
    }

    /// Makes the packets of the frame shown at `streamTime`.
    /// - Throws: ``JPEGError`` where the picture cannot travel; the stream is then as it was.
    public mutating func packetize(_ image: [UInt8], at streamTime: Duration) throws(JPEGError) -> RTPPacketBatch {
        var batch = RTPPacketBatch()
        try packetize(image, at: streamTime, into: &batch)
        return batch
    }

    /// Puts the packets of the frame shown at `streamTime` in the place of those of `batch`, whose memory is used again where nobody
    /// has a copy of it.
    /// - Throws: ``JPEGError`` where the picture cannot travel; stream and batch are then as they were.
    public mutating func packetize(
        _ image: [UInt8], at streamTime: Duration, into batch: inout RTPPacketBatch
    ) throws(JPEGError) {
        try packetizer.packetize(
            image, timestamp: timestamp(at: streamTime), ssrc: ssrc, sequenceNumber: &nextSequenceNumber, into: &batch)
        packetCount &+= UInt32(truncatingIfNeeded: batch.count)
        octetCount &+= UInt32(truncatingIfNeeded: batch.bytes.count - batch.count * RTPHeader.length)
    }

    /// A compound RTCP packet that ties `streamTime` to the wall clock: sender report and name (RFC 3550 section 6.4.1).
    public func senderReport(streamTime: Duration, ntp: NTPTimestamp) -> [UInt8] {
        RTCPPacket.serialize(reportPackets(streamTime, ntp))
    }

    /// The same, and BYE: this stream ends (RFC 3550 section 6.6).
    public func goodbye(streamTime: Duration, ntp: NTPTimestamp) -> [UInt8] {
        RTCPPacket.serialize(reportPackets(streamTime, ntp) + [.goodbye(Goodbye(ssrcs: [ssrc]))])
    }

    private func reportPackets(_ streamTime: Duration, _ ntp: NTPTimestamp) -> [RTCPPacket] {
        let report = SenderReport(
            ssrc: ssrc, ntp: ntp, rtp: timestamp(at: streamTime), packetCount: packetCount, octetCount: octetCount)
        return [
            .senderReport(report), .sourceDescription([SourceDescription(ssrc: ssrc, canonicalName: canonicalName)]),
        ]
    }
}
