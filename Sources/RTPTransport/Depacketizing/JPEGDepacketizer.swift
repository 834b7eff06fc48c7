/// JPEG files from the packets of the JPEG payload format (RFC 2435).
///
/// Every fragment says where it belongs, so they may come in any order and more than once, and a few frames may be in the making at
/// one time; frames are told apart by their timestamps. A frame is complete when its last fragment and all before it are there, or
/// where the marker is missing and the next frame's first packet follows without a gap. Older frames are then given up, as are the
/// oldest where the limits are reached; what they lack is concealed where that is wanted and possible (``JPEGConcealment``). The stream
/// must be of one source: call ``restart(keepingTables:)`` where another takes over.
public struct JPEGDepacketizer: Sendable, Hashable {
    /// How many finished timestamps are remembered, to know late fragments by.
    private static let memory = 32
    /// A frame this far ahead of one that is complete belongs to another time line.
    private static let horizon: Int32 = 10 * 90_000

    private let limits: DepacketizerLimits
    private let concealment: JPEGConcealment
    /// In the order they began.
    private var frames: [PartialFrame] = []
    private var closed: [Closed] = []
    private var headers: FileHeaders
    private var sizeHint = 0
    /// The picture handed on last, where the next may be concealed with it.
    private var lastImage: [UInt8]?

    /// A frame that takes no more packets.
    private struct Closed: Sendable, Hashable {
        var timestamp: RTPTimestamp
        /// The sequence number of its last packet; `nil` for a frame that was given up.
        var endNumber: UInt16?
    }

    /// Starts with nothing received.
    /// - Parameters:
    ///   - describedSize: the size that the session description states. It counts where the payload headers agree with it as far as
    ///     they can, or state none: they say no more than 2040, in eights (RFC 2435 section 3.1.5).
    ///   - concealment: what stands in for the parts of a frame that never came.
    public init(
        limits: DepacketizerLimits = .default, describedSize: PictureSize? = nil, concealment: JPEGConcealment = .none
    ) {
        self.limits = limits
        self.concealment = concealment
        headers = FileHeaders(describedSize: describedSize)
    }

    /// Bytes of unfinished frames, and of the one that others may be concealed with; never more than
    /// ``DepacketizerLimits/maximumBytes``.
    public var heldByteCount: Int { storedBytes }

    /// Takes the payload of one packet.
    /// - Returns: frames that are complete now, those given up, and why the packet was of no use if it was.
    public mutating func receive(
        _ header: RTPHeader, payload: Span<UInt8>, at now: ContinuousClock.Instant
    ) -> [DepacketizerEvent] {
        receive(header, payload: payload, told: nil, at: now)
    }

    /// Takes the payload of one packet that has a header extension. One with JPEG marker segments (ONVIF Streaming Specification, "JPEG
    /// over RTP") goes before what the payload header says; others do not matter.
    public mutating func receive(
        _ header: RTPHeader, payload: Span<UInt8>, extensionProfile profile: UInt16, extension content: Span<UInt8>,
        at now: ContinuousClock.Instant
    ) -> [DepacketizerEvent] {
        guard profile == HeaderExtension.firstProfile || profile == HeaderExtension.furtherProfile else {
            return receive(header, payload: payload, told: nil, at: now)
        }
        let told = HeaderExtension(content)
        let events = receive(header, payload: payload, told: told, at: now)
        return told.isMalformed ? [.discarded(.malformedHeaderExtension)] + events : events
    }

    private mutating func receive(
        _ header: RTPHeader, payload: Span<UInt8>, told: HeaderExtension?, at now: ContinuousClock.Instant
    ) -> [DepacketizerEvent] {
        guard !payload.isEmpty else {
            guard let told, let index = indexOfFrame(header.timestamp) else { return [.discarded(.emptyPayload)] }
            frames[index].learn(told)
            return []
        }
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
            events = makeRoom(for: header, fragment)
            index = frames.count
            frames.append(begin(header.timestamp, fragment.description, at: now))
        }
        if let told { frames[index].learn(told) }
        // Asked for what it returns, as asking the frame for anything that is computed would copy it.
        let isComplete: Bool
        do throws(Refusal) {
            isComplete = try insert(fragment, payload: payload, number: header.sequenceNumber, intoFrameAt: index, at: now)
        } catch {
            return events + drop(at: index, because: error.reason)
        }
        if isComplete { return events + complete(at: index) }
        if frames.count > 1 || lastImage != nil { events += keepWithinBudget(sparing: header.timestamp) }
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
        lastImage = nil
        if !keepingTables { headers.forget() }
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
            notesPositions: concealment != .none, at: now)
    }

    /// Another frame begins with this packet. Where it follows a frame of which only the marker is missing without a gap, that frame
    /// is complete; and no more than the limit are in the making.
    private mutating func makeRoom(for header: RTPHeader, _ fragment: Fragment) -> [DepacketizerEvent] {
        var events: [DepacketizerEvent] = []
        if fragment.offset == 0, let index = frames.firstIndex(where: { $0.isFollowed(by: header.sequenceNumber) }) {
            events = complete(at: index)
        }
        if frames.count >= limits.maximumFrames { events += giveUp(at: 0) }
        return events
    }

    /// Whether a packet belongs to a frame that takes no more. Some senders give all frames one timestamp: what comes after the last
    /// packet of a whole frame is of the next.
    private func isLate(_ header: RTPHeader) -> Bool {
        guard let frame = closed.last(where: { $0.timestamp == header.timestamp }) else { return false }
        guard let end = frame.endNumber else { return true }
        return Int16(truncatingIfNeeded: header.sequenceNumber &- end) <= 0
    }

    private mutating func insert(
        _ fragment: Fragment, payload: Span<UInt8>, number: UInt16, intoFrameAt index: Int, at now: ContinuousClock.Instant
    ) throws(Refusal) -> Bool {
        guard frames[index].description == fragment.description else { throw Refusal(.contradiction) }
        let data = payload.extracting(fragment.data)
        if fragment.offset == 0, !frames[index].hasHeader, !data.isEmpty || fragment.isLast {
            let hint = min(sizeHint, limits.maximumBytes)
            if OwnHeader.begins(data) {
                frames[index].begin(with: [], layout: nil, sizeHint: hint)
            } else {
                let tables = payload.extracting(fragment.tables ?? 0..<0)
                try headers.prepare(fragment, tables: tables, told: frames[index].told)
                frames[index].begin(with: headers.bytes, layout: headers.layout, sizeHint: hint)
            }
        }
        return try frames[index].insert(data, fragment, number: number, limits: limits, at: now)
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
        guard storedBytes > limits.maximumBytes else { return [] }
        lastImage = nil
        var events: [DepacketizerEvent] = []
        while storedBytes > limits.maximumBytes, let oldest = frames.firstIndex(where: { $0.timestamp != timestamp }) {
            events += giveUp(at: oldest)
            lastImage = nil
        }
        return events
    }

    private var storedBytes: Int {
        var sum = lastImage?.count ?? 0
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
        return [conceal(frame) ?? incomplete(frame)]
    }

    private mutating func handOn(at index: Int) -> DepacketizerEvent {
        var frame = frames.remove(at: index)
        remember(Closed(timestamp: frame.timestamp, endNumber: frame.endNumber))
        guard let image = frame.takeImage() else { return incomplete(frame) }
        return .frame(finished(frame, image))
    }

    /// The frame with what stands in for its holes; `nil` where it cannot be had.
    private mutating func conceal(_ frame: PartialFrame) -> DepacketizerEvent? {
        guard concealment != .none, !frame.reusesTimestamp, frame.positions?.isEmpty == false else { return nil }
        var header = Array(frame.image.prefix(frame.headerLength))
        var layout = frame.layout
        if !frame.hasHeader {
            guard let prepared = headers.withoutBeginning(of: frame.description, told: frame.told) else { return nil }
            (header, layout) = (prepared.bytes, prepared.layout)
        }
        guard let layout else { return nil }
        let reference = concealment == .lastFrame ? lastImage : nil
        var concealing = Concealing(header: header, layout: layout, reference: reference, limit: limits.maximumBytes)
        guard concealing.run(frame) else { return nil }
        let result = concealing.result
        return .frame(finished(frame, concealing.image, result.concealedIntervals > 0 ? result : nil))
    }

    private mutating func finished(
        _ frame: PartialFrame, _ image: [UInt8], _ concealment: FrameConcealment? = nil
    ) -> ReassembledFrame {
        // An eighth more, so that frames of about one size need one allocation each.
        sizeHint = image.count + image.count / 8
        if self.concealment == .lastFrame {
            lastImage = nil
            if frame.positions != nil, image.count <= limits.maximumBytes - storedBytes { lastImage = image }
        }
        return ReassembledFrame(
            image: image, timestamp: frame.timestamp, arrival: frame.lastArrival, packetCount: frame.packetCount,
            concealment: concealment)
    }

    private func incomplete(_ frame: PartialFrame) -> DepacketizerEvent {
        .incomplete(frame.timestamp, receivedBytes: frame.receivedBytes, expectedBytes: frame.dataEnd)
    }

    private mutating func remember(_ frame: Closed) {
        if closed.count >= Self.memory { closed.removeFirst() }
        closed.append(frame)
    }
}
