/// What a stream's receiver has to tell.
public enum ReceiverEvent: Sendable, Hashable {
    /// A frame is complete, or its holes are concealed.
    case frame(ReassembledFrame)
    /// A frame was given up, for want of packets or because they contradict each other.
    case incompleteFrame(timestamp: RTPTimestamp)
    /// A packet, or part of one, was of no use.
    case discarded(ReceiverDiscard)
    /// Another source has taken over, or one that SETUP did not name was taken; statistics begin anew.
    case sourceChanged(to: UInt32)
    /// The source has told its clock and its counts.
    case senderReport(SenderReport)
    /// The source, named among others perhaps, leaves.
    case goodbye(Goodbye)
}

/// Why a packet was of no use.
public enum ReceiverDiscard: Sendable, Hashable {
    /// Not an RTP packet.
    case notRTP(RTPHeader.ParseError.Reason)
    /// Not an RTCP compound.
    case notRTCP(RTCPParseError.Reason)
    /// A payload type the stream does not have.
    case wrongPayloadType(UInt8)
    /// Of a source that is not the stream's.
    case otherSSRC
    /// The payload could not be used.
    case payload(DepacketizerDiscard)
}

/// What a receiver has counted since it was made.
public struct ReceiverCounters: Sendable, Hashable {
    /// Frames handed on that were whole.
    public internal(set) var framesComplete = 0
    /// Frames handed on with something in place of what never came.
    public internal(set) var framesConcealed = 0
    /// Frames given up.
    public internal(set) var framesIncomplete = 0
    /// Packets of no use, by reason; there are finitely many reasons.
    public internal(set) var discarded: [ReceiverDiscard: Int] = [:]

    /// Counters at zero.
    public init() {}

    /// Packets of no use in all.
    public var discardedTotal: Int { discarded.values.reduce(0, +) }
}

/// How frames are packed into packets.
public enum ReceiverFormat: Sendable, Hashable {
    /// The JPEG payload format (RFC 2435).
    case jpeg
    /// The bytes of JPEG files without a header of their own (the course dialect); RTP headers of any version.
    case rawJPEG
}
