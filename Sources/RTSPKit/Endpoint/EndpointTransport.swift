public import RTPTransport

/// Where an endpoint puts the bytes of its control connection.
public protocol ControlTransport {
    /// Sends `bytes` on the control connection, after everything sent before.
    mutating func send(_ bytes: [UInt8])

    /// Closes the control connection once what was sent has left.
    mutating func close()
}

/// How the packets of one stream reach the peer, as SETUP agreed (RFC 2326 section 12.39).
public enum MediaRoute: Sendable, Hashable {
    /// As datagrams to these ports of the peer on the control connection. Media never goes to any other address.
    case datagrams(rtp: UInt16, rtcp: UInt16?)
    /// Between the messages on the control connection (RFC 2326 section 10.12).
    case interleaved(ChannelPair)
}

/// All that a control endpoint needs from the world: a connection, and streams of packets beside it.
///
/// Passed `inout` into each door of an endpoint, so a transport cannot call back into the endpoint. An adapter passes
/// an outbox that only collects, and carries everything out in order after the door has returned.
public protocol EndpointTransport: ControlTransport, PacketTransport {
    /// From now on packets of `stream` travel by `route`.
    mutating func open(_ stream: StreamID, by route: MediaRoute)

    /// Nothing more will be sent on `stream`; what has been sent still leaves.
    mutating func close(_ stream: StreamID)
}
