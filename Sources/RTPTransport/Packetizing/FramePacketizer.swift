/// Cuts one frame after the other into RTP packets.
public protocol FramePacketizer: Sendable {
    /// The payload type that the packets carry, 7 bits.
    var payloadType: UInt8 { get }

    /// One frame becomes one batch.
    ///
    /// - Parameters:
    ///   - image: A whole JPEG file.
    ///   - timestamp: The timestamp of all packets of the frame.
    ///   - ssrc: The synchronization source.
    ///   - sequenceNumber: The number of the first packet; advanced past the numbers used, unchanged where this throws.
    /// - Throws: ``JPEGError`` where the picture cannot travel in this format; never traps, whatever the bytes.
    mutating func packetize(
        _ image: [UInt8], timestamp: RTPTimestamp, ssrc: UInt32, sequenceNumber: inout UInt16
    ) throws(JPEGError) -> RTPPacketBatch
}
