/// One packet of an RTCP compound (RFC 3550 section 6).
public enum RTCPPacket: Sendable, Hashable {
    /// What a sender says of its clock and its counts (section 6.4.1).
    case senderReport(SenderReport)
    /// What a receiver says of the sources it hears (section 6.4.2).
    case receiverReport(ReceiverReport)
    /// Who the sources are (section 6.5).
    case sourceDescription([SourceDescription])
    /// Sources that leave (section 6.6).
    case goodbye(Goodbye)
    /// A packet of another type, its content not kept.
    case other(type: UInt8)
}

/// What a sender says of its clock and its counts (RFC 3550 section 6.4.1).
public struct SenderReport: Sendable, Hashable {
    /// The sender.
    public var ssrc: UInt32
    /// The wall-clock time of the report; zero where the sender has no clock.
    public var ntp: NTPTimestamp
    /// The same moment on the clock of the stream.
    public var rtp: RTPTimestamp
    /// Packets sent since the start, modulo 2³².
    public var packetCount: UInt32
    /// Payload bytes sent since the start, modulo 2³².
    public var octetCount: UInt32
    /// What the sender says of sources it hears itself.
    public var reports: [ReceptionReport]

    /// Makes a report.
    public init(
        ssrc: UInt32, ntp: NTPTimestamp, rtp: RTPTimestamp, packetCount: UInt32, octetCount: UInt32,
        reports: [ReceptionReport] = []
    ) {
        self.ssrc = ssrc
        self.ntp = ntp
        self.rtp = rtp
        self.packetCount = packetCount
        self.octetCount = octetCount
        self.reports = reports
    }
}

/// What a receiver says of the sources it hears (RFC 3550 section 6.4.2).
public struct ReceiverReport: Sendable, Hashable {
    /// The receiver.
    public var ssrc: UInt32
    /// One block per source heard.
    public var reports: [ReceptionReport]

    /// Makes a report.
    public init(ssrc: UInt32, reports: [ReceptionReport] = []) {
        self.ssrc = ssrc
        self.reports = reports
    }
}

/// How one source is being received: a report block (RFC 3550 section 6.4.1).
public struct ReceptionReport: Sendable, Hashable {
    /// The source reported on.
    public var ssrc: UInt32
    /// Packets lost since the previous report, in 1/256 of those expected.
    public var fractionLost: UInt8
    /// Packets lost since the start, 24 bits signed on the wire; negative where duplicates outnumber losses.
    public var cumulativeLost: Int32
    /// The highest sequence number received, with the count of its wrap-arounds in the upper 16 bits.
    public var extendedHighestSequenceNumber: UInt32
    /// The mean deviation of the packets' spacing, in ticks of the stream's clock.
    public var interarrivalJitter: UInt32
    /// The middle 32 bits of the last sender report's wall-clock time; zero where none came.
    public var lastSenderReport: UInt32
    /// The time since that sender report came, in 1/65536 second; zero where none came.
    public var delaySinceLastSenderReport: UInt32

    /// Makes a report block.
    public init(
        ssrc: UInt32, fractionLost: UInt8, cumulativeLost: Int32, extendedHighestSequenceNumber: UInt32,
        interarrivalJitter: UInt32, lastSenderReport: UInt32, delaySinceLastSenderReport: UInt32
    ) {
        self.ssrc = ssrc
        self.fractionLost = fractionLost
        self.cumulativeLost = cumulativeLost
        self.extendedHighestSequenceNumber = extendedHighestSequenceNumber
        self.interarrivalJitter = interarrivalJitter
        self.lastSenderReport = lastSenderReport
        self.delaySinceLastSenderReport = delaySinceLastSenderReport
    }
}

/// Who a source is: a chunk of an SDES packet, of which only CNAME is kept (RFC 3550 section 6.5).
public struct SourceDescription: Sendable, Hashable {
    /// The source.
    public var ssrc: UInt32
    /// Its CNAME, the name that survives a change of SSRC; empty where the chunk has none.
    public var canonicalName: String

    /// Makes a description.
    public init(ssrc: UInt32, canonicalName: String) {
        self.ssrc = ssrc
        self.canonicalName = canonicalName
    }
}

/// Sources that leave (RFC 3550 section 6.6).
public struct Goodbye: Sendable, Hashable {
    /// The sources.
    public var ssrcs: [UInt32]
    /// Why, for people.
    public var reason: String?

    /// Makes a goodbye.
    public init(ssrcs: [UInt32], reason: String? = nil) {
        self.ssrcs = ssrcs
        self.reason = reason
    }
}

/// Why bytes are not an RTCP compound packet.
public struct RTCPParseError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong.
    public enum Reason: Sendable, Hashable {
        /// Fewer bytes than a packet's header or its length field ask for.
        case truncated
        /// A version other than 2.
        case unsupportedVersion(UInt8)
        /// The compound does not begin with a sender or receiver report.
        case doesNotBeginWithReport(UInt8)
        /// The padding count is zero, no multiple of four, larger than the packet, or not in the last packet.
        case invalidPadding
        /// A chunk of a source description is not closed by an end item.
        case missingEndItem
    }
    /// What is wrong.
    public var reason: Reason
    /// The offset of the byte that shows it.
    public var offset: Int
    /// For people.
    public var description: String { "not an RTCP compound: \(reason) at byte \(offset)" }

    /// Makes an error.
    public init(reason: Reason, offset: Int) {
        self.reason = reason
        self.offset = offset
    }
}
