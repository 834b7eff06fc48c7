/// JPEG files from the packets of the JPEG payload format (RFC 2435).
///
/// Every fragment says where it belongs, so they may come in any order and more than once, and a few frames may be in the making at
/// one time; frames are told apart by their timestamps. A frame is complete when its last fragment and all before it are there. Older
/// frames are then given up, as are the oldest where the limits are reached. The stream must be of one source: call
/// ``restart(keepingTables:)`` where another takes over.
public struct JPEGDepacketizer: Sendable, Hashable {
    /// How many finished timestamps are remembered, to know late fragments by.
    private static let memory = 32
    /// A frame this far ahead of one that is complete belongs to another time line.
    private static let horizon: Int32 = 10 * 90_000

    private let limits: DepacketizerLimits
    /// In the order they began.
    private var frames: [PartialFrame] = []
    private var closed: [Closed] = []
    /// Tables sent in band, by Q from 128 to 254.
    private var knownTables: [UInt8: QuantizationTables] = [:]
    private var sizeHint = 0

    /// A frame that takes no more packets.
    private struct Closed: Sendable, Hashable {
        var timestamp: RTPTimestamp
        /// The sequence number of its last packet; `nil` for a frame that was given up.
        var endNumber: UInt16?
    }

    /// Starts with nothing received.
    public init(limits: DepacketizerLimits = .default) {
        self.limits = limits
    }

    /// Bytes of unfinished frames; never more than ``DepacketizerLimits/maximumBytes``.
    public var heldByteCount: Int { frames.reduce(0) { $0 + $1.storedBytes } }

    /// Takes the payload of one packet.
    /// - Returns: frames that are complete now, those given up, and why the packet was of no use if it was.
    public mutating func receive(
        _ header: RTPHeader, payload: Span<UInt8>, at now: ContinuousClock.Instant
    ) -> [DepacketizerEvent] {
        guard !payload.isEmpty else { return [.discarded(.emptyPayload)] }
        let fragment: Fragment
        do throws(Refusal) {
            fragment = try Fragment(payload, marker: header.marker)
        } catch {
            return [.discarded(error.reason)]
        }
        var events: [DepacketizerEvent] = []
        let index: Int
        if let known = indexOfFrame(header.timestamp) {
            guard !frames[known].reusesTimestamp || !isLate(header) else { return [.discarded(.late)] }
            index = known
        } else {
            guard !isLate(header) else { return [.discarded(.late)] }
            if frames.count >= limits.maximumFrames { events = giveUp(at: 0) }
            index = frames.count
            frames.append(begin(header.timestamp, fragment.description, at: now))
        }
        do throws(Refusal) {
            try insert(
                fragment, data: payload.extracting(fragment.data), number: header.sequenceNumber, intoFrameAt: index, at: now)
        } catch {
            return events + drop(at: index, because: error.reason)
        }
        if frames[index].isComplete { return events + complete(at: index) }
        if frames.count > 1 { events += keepWithinBudget(sparing: header.timestamp) }
        return events
    }

    /// Gives up all frames in the making; those that only lack their marker are handed on.
    public mutating func flush() -> [DepacketizerEvent] {
        var events: [DepacketizerEvent] = []
        while !frames.isEmpty { events += giveUp(at: 0) }
        return events
    }

    /// Forgets all frames: another place in the presentation follows or, where the tables sent in band are not kept either, another
    /// source.
    public mutating func restart(keepingTables: Bool = true) {
        frames = []
        closed = []
        if !keepingTables { knownTables = [:] }
    }

    /// By hand, as this runs for every packet and a closure would copy each frame it looks at.
    private func indexOfFrame(_ timestamp: RTPTimestamp) -> Int? {
        var index = 0
        while index < frames.count {
            if frames[index].timestamp == timestamp { return index }
            index += 1
        }
        return nil
    }

    private func begin(
        _ timestamp: RTPTimestamp, _ description: Fragment.Description, at now: ContinuousClock.Instant
    ) -> PartialFrame {
        PartialFrame(
            timestamp: timestamp, description: description, reusesTimestamp: closed.contains { $0.timestamp == timestamp },
            at: now)
    }

    /// Whether a packet belongs to a frame that takes no more. Some senders give all frames one timestamp: what comes after the last
    /// packet of a whole frame is of the next.
    private func isLate(_ header: RTPHeader) -> Bool {
        guard let frame = closed.last(where: { $0.timestamp == header.timestamp }) else { return false }
        guard let end = frame.endNumber else { return true }
        return Int16(truncatingIfNeeded: header.sequenceNumber &- end) <= 0
    }

    private mutating func insert(
        _ fragment: Fragment, data: Span<UInt8>, number: UInt16, intoFrameAt index: Int, at now: ContinuousClock.Instant
    ) throws(Refusal) {
        guard frames[index].description == fragment.description else { throw Refusal(.contradiction) }
        if fragment.offset == 0, !frames[index].hasHeader {
            let tables = try quantizationTables(for: fragment)
            frames[index].begin(
                with: FileHeader.bytes(for: fragment.description, tables: tables), sizeHint: min(sizeHint, limits.maximumBytes))
        }
        try frames[index].insert(
            data, offset: fragment.offset, isLast: fragment.isLast, number: number,
            maximumWaiting: limits.maximumWaitingFragments, at: now)
        if frames[index].isEmpty { throw Refusal(.emptyFrame) }
        if frames[index].storedBytes > limits.maximumBytes { throw Refusal(.tooLarge) }
    }

    /// The tables of a first fragment; those in band are kept for later frames of the same Q, save for Q 255, whose tables change
    /// with every frame (section 3.1.8).
    private mutating func quantizationTables(for fragment: Fragment) throws(Refusal) -> QuantizationTables {
        let q = fragment.description.q
        guard q >= 128 else { return QuantizationTables(q: q) }
        if let tables = fragment.tables, !tables.isEmpty {
            if q < 255, knownTables[q] != tables { knownTables[q] = tables }
            return tables
        }
        guard q < 255, let tables = knownTables[q] else { throw Refusal(.missingQuantizationTables) }
        return tables
    }

    private mutating func complete(at index: Int) -> [DepacketizerEvent] {
        let timestamp = frames[index].timestamp
        var events: [DepacketizerEvent] = []
        var position = 0
        while position < frames.count {
            let ahead = frames[position].timestamp.ticks(since: timestamp)
            if ahead < 0 || ahead > Self.horizon { events += giveUp(at: position) } else { position += 1 }
        }
        if let index = indexOfFrame(timestamp) { events.append(handOn(at: index)) }
        return events
    }

    /// Older frames make room for the one that still receives.
    private mutating func keepWithinBudget(sparing timestamp: RTPTimestamp) -> [DepacketizerEvent] {
        var events: [DepacketizerEvent] = []
        while storedBytes > limits.maximumBytes, let oldest = frames.firstIndex(where: { $0.timestamp != timestamp }) {
            events += giveUp(at: oldest)
        }
        return events
    }

    private var storedBytes: Int {
        var sum = 0
        for index in frames.indices { sum += frames[index].storedBytes }
        return sum
    }

    private mutating func drop(at index: Int, because reason: DepacketizerDiscard) -> [DepacketizerEvent] {
        let frame = frames.remove(at: index)
        remember(Closed(timestamp: frame.timestamp, endNumber: nil))
        return [.discarded(reason), incomplete(frame)]
    }

    private mutating func giveUp(at index: Int) -> [DepacketizerEvent] {
        if frames[index].looksComplete { return [handOn(at: index)] }
        let frame = frames.remove(at: index)
        remember(Closed(timestamp: frame.timestamp, endNumber: nil))
        return [incomplete(frame)]
    }

    private mutating func handOn(at index: Int) -> DepacketizerEvent {
        var frame = frames.remove(at: index)
        remember(Closed(timestamp: frame.timestamp, endNumber: frame.endNumber))
        let image = frame.takeImage()
        // An eighth more, so that frames of about one size need one allocation each.
        sizeHint = image.count + image.count / 8
        return .frame(
            ReassembledFrame(
                image: image, timestamp: frame.timestamp, arrival: frame.lastArrival, packetCount: frame.packetCount))
    }

    private func incomplete(_ frame: PartialFrame) -> DepacketizerEvent {
        .incomplete(frame.timestamp, receivedBytes: frame.receivedBytes, expectedBytes: frame.dataEnd)
    }

    private mutating func remember(_ frame: Closed) {
        if closed.count >= Self.memory { closed.removeFirst() }
        closed.append(frame)
    }
}
