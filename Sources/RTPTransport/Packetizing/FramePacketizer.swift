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
    ///   - batch: Receives the packets in the place of those that it has. Its memory is used again where nobody has a copy of it; who
    ///     has one keeps the packets that were there. Unchanged where this throws.
    /// - Throws: ``JPEGError`` where the picture cannot travel in this format; never traps, whatever the bytes.
    mutating func packetize(
        _ image: [UInt8], timestamp: RTPTimestamp, ssrc: UInt32, sequenceNumber: inout UInt16, into batch: inout RTPPacketBatch
    ) throws(JPEGError)
}

extension FramePacketizer {
    /// One frame becomes a batch of its own: ``packetize(_:timestamp:ssrc:sequenceNumber:into:)`` into an empty one.
    public mutating func packetize(
        _ image: [UInt8], timestamp: RTPTimestamp, ssrc: UInt32, sequenceNumber: inout UInt16
    ) throws(JPEGError) -> RTPPacketBatch {
        var batch = RTPPacketBatch()
        try packetize(image, timestamp: timestamp, ssrc: ssrc, sequenceNumber: &sequenceNumber, into: &batch)
        return batch
    }
}
