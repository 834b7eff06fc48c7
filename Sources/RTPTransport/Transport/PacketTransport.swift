/// Names one media stream to the endpoint that asked for it and to the transport that carries it.
///
/// The number means nothing by itself: whoever joins the two paths hands the numbers out.
public struct StreamID: RawRepresentable, Sendable, Hashable {
    /// The number.
    public var rawValue: UInt32

    /// The stream with this number.
    public init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// What carries packets to the network: UDP sockets, an RTSP connection, a simulation.
///
/// Sending never fails here. What a transport cannot carry it drops, whole batches at a time, and counts.
public protocol PacketTransport {
    /// Sends the packets of one frame.
    mutating func send(_ batch: RTPPacketBatch, on stream: StreamID)

    /// Sends one compound RTCP packet (RFC 3550 section 6.1).
    mutating func send(report: [UInt8], on stream: StreamID)

    /// Whether the stream takes another frame now.
    ///
    /// Back-pressure: where this is false a live sender skips the frame and a stored one waits.
    func canSend(on stream: StreamID) -> Bool
}
