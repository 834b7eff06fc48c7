/// JPEG files from packets that carry their bytes without any header of their own: the payload of the course dialect.
///
/// A payload that begins FF D8 FF opens a frame. The packets after it carry either the same sequence number, which then counts
/// frames, or each the next; the second packet decides for its frame. A packet with the marker ends the frame, and so does the next
/// beginning. As a lost piece may be invisible in the headers, only what ends FF D9 is handed on. Timestamps mean nothing here.
public struct RawJPEGDepacketizer: Sendable, Hashable {
    private let limits: DepacketizerLimits
    private var open: OpenFrame?

    private struct OpenFrame: Sendable, Hashable {
        var numbering: Numbering = .unknown
        var timestamp: RTPTimestamp
        var lastNumber: UInt16
        @StoredInstant var lastArrival: ContinuousClock.Instant
        var packetCount = 1
    }

    private enum Numbering: Sendable, Hashable { case unknown, byFrame, byPacket }

    /// The bytes of the open frame; beside it, so that appending copies nothing.
    private var image: [UInt8] = []
    private var lastSize = 0
    /// The last frame, where one packet carried it whole.
    private var lastSingle: Single?

    private struct Single: Sendable, Hashable {
        var number: UInt16
        var timestamp: RTPTimestamp
        var byteCount: Int
    }

    /// Starts with nothing received; of `limits` only the bytes matter.
    public init(limits: DepacketizerLimits = .default) {
        self.limits = limits
    }

    /// Bytes of the unfinished frame; never more than ``DepacketizerLimits/maximumBytes``.
    public var heldByteCount: Int { image.count }

    /// Takes the payload of one packet.
    public mutating func receive(
        _ header: RTPHeader, payload: Span<UInt8>, at now: ContinuousClock.Instant
    ) -> [DepacketizerEvent] {
        guard !payload.isEmpty else { return [.discarded(.emptyPayload)] }
        guard payload.count >= 3, payload[0] == 0xFF, payload[1] == 0xD8, payload[2] == 0xFF else {
            return append(header, payload: payload, at: now)
        }
        let single = Single(number: header.sequenceNumber, timestamp: header.timestamp, byteCount: payload.count)
        // A network may deliver a packet twice, or late: that must not make two frames, nor break the one that has begun.
        guard !isLate(single), !isBeginning(single) else { return [.discarded(.late)] }
        var events = close()
        lastSingle = nil
        guard payload.count <= limits.maximumBytes else { return events + [.discarded(.tooLarge)] }
        open = OpenFrame(timestamp: header.timestamp, lastNumber: header.sequenceNumber, lastArrival: now)
        image.reserveCapacity(lastSize)
        image.append(span: payload)
        if header.marker || image.endsWithEndOfImage {
            events += close()
            lastSingle = single
        }
        return events
    }

    /// Whether it repeats the last frame, or comes after one that was sent a little later. (Far later ones are another matter:
    /// some servers begin to count anew.)
    private func isLate(_ packet: Single) -> Bool {
        guard let lastSingle else { return false }
        return packet == lastSingle || (1...8).contains(lastSingle.number &- packet.number)
    }

    /// Whether this packet has begun the frame in the making, and nothing has come since.
    private func isBeginning(_ packet: Single) -> Bool {
        guard let open, open.packetCount == 1 else { return false }
        return packet == Single(number: open.lastNumber, timestamp: open.timestamp, byteCount: image.count)
    }

    /// Closes the frame in the making: handed on where it ends as a JPEG does.
    public mutating func flush() -> [DepacketizerEvent] { close() }

    /// Forgets the frame in the making, and what came before it: the source may count anew.
    public mutating func restart() {
        forgetFrame()
        lastSingle = nil
    }

    private mutating func forgetFrame() {
        open = nil
        image = []
    }

    private mutating func append(
        _ header: RTPHeader, payload: Span<UInt8>, at now: ContinuousClock.Instant
    ) -> [DepacketizerEvent] {
        guard var frame = open else { return [.discarded(.withoutBeginning)] }
        let step = header.sequenceNumber &- frame.lastNumber
        switch (frame.numbering, step) {
        case (.unknown, 0), (.byFrame, 0): frame.numbering = .byFrame
        case (.unknown, 1), (.byPacket, 1): frame.numbering = .byPacket
        case (.byPacket, 0): return [.discarded(.late)]
        default: return drop(.outOfSequence)
        }
        guard payload.count <= limits.maximumBytes - image.count else { return drop(.tooLarge) }
        frame.lastNumber = header.sequenceNumber
        frame.lastArrival = now
        frame.packetCount += 1
        open = frame
        image.append(span: payload)
        return header.marker ? close() : []
    }

    private mutating func drop(_ reason: DepacketizerDiscard) -> [DepacketizerEvent] {
        guard let frame = open else { return [.discarded(reason)] }
        let received = image.count
        forgetFrame()
        return [.discarded(reason), .incomplete(frame.timestamp, receivedBytes: received, expectedBytes: nil)]
    }

    private mutating func close() -> [DepacketizerEvent] {
        guard let frame = open else { return [] }
        let image = self.image
        forgetFrame()
        guard image.endsWithEndOfImage else {
            return [.incomplete(frame.timestamp, receivedBytes: image.count, expectedBytes: nil)]
        }
        lastSize = image.count
        return [
            .frame(
                ReassembledFrame(
                    image: image, timestamp: frame.timestamp, arrival: frame.lastArrival, packetCount: frame.packetCount))
        ]
    }
}
