/// One stream's way in: datagram, header, source, statistics, depacketizer; and the RTCP reports on its way.
public struct RTPReceiver: Sendable, Hashable {
    private let format: ReceiverFormat
    /// Bit n: payload type n is the stream's.
    private let payloadTypes: UInt128
    private let ownSSRC: UInt32
    private let canonicalName: String
    private var selection: SourceSelection
    // One of the two stays empty. Side by side, so that changing one in place copies nothing.
    private var jpeg: JPEGDepacketizer
    private var rawJPEG: RawJPEGDepacketizer

    /// How well the current source is being received.
    public private(set) var statistics: ReceptionStatistics
    /// How well the source before the current one was received; `nil` while there has been one alone.
    public private(set) var statisticsOfFormerSource: ReceptionStatistics?
    /// What has been counted since the start, over all sources.
    public private(set) var counters = ReceiverCounters()

    /// A receiver that has heard nothing.
    /// - Parameters:
    ///   - format: how frames are packed.
    ///   - payloadTypes: the payload types that carry them.
    ///   - expectedSSRC: the source that SETUP named, if it did.
    ///   - ownSSRC: what the receiver calls itself in its reports; random.
    ///   - canonicalName: the receiver's CNAME (RFC 3550 section 6.5.1).
    ///   - limits: how much the depacketizer may hold.
    ///   - describedSize: the size of the pictures as the session description states it.
    ///   - concealment: what stands in for parts of pictures that never came.
    public init(
        format: ReceiverFormat, payloadTypes: Set<UInt8>, expectedSSRC: UInt32? = nil, ssrc ownSSRC: UInt32,
        canonicalName: String,
        limits: DepacketizerLimits = .default, describedSize: PictureSize? = nil, concealment: JPEGConcealment = .none
    ) {
        self.format = format
        self.payloadTypes = payloadTypes.reduce(0) { $0 | UInt128(1) << UInt128($1) }
        self.ownSSRC = ownSSRC
        self.canonicalName = canonicalName
        selection = SourceSelection(expected: expectedSSRC)
        jpeg = JPEGDepacketizer(limits: limits, describedSize: describedSize, concealment: concealment)
        rawJPEG = RawJPEGDepacketizer(limits: limits)
        statistics = Self.freshStatistics(for: format)
    }

    /// Bytes of frames that are not whole.
    public var heldByteCount: Int { format == .jpeg ? jpeg.heldByteCount : rawJPEG.heldByteCount }

    /// Packets of the current source: as in ``statistics``, without a copy of them all.
    public var packetsReceived: Int { statistics.packetsReceived }

    /// The source being received; `nil` before its first packet.
    public var source: UInt32? { selection.current }

    /// Takes a datagram, or the content of an interleaved frame, that should be an RTP packet.
    public mutating func receive(rtp packet: Span<UInt8>, at now: ContinuousClock.Instant) -> [ReceiverEvent] {
        statistics.arrive(at: now)
        return take(packet, at: now)
    }

    /// Takes packets that came together and lie in `bytes`, up to the first that leads to something; `run` says where, and goes on
    /// behind it.
    /// - Parameter limit: how many to take at most.
    public mutating func receive(
        rtp bytes: Span<UInt8>, in run: inout RTPPacketRun, limit: Int = .max, at now: ContinuousClock.Instant
    ) -> [ReceiverEvent] {
        statistics.arrive(at: now)
        var left = limit
        while left > 0, let range = run.next() {
            let events = take(bytes.extracting(range), at: now)
            if !events.isEmpty { return events }
            left -= 1
        }
        return []
    }

    private mutating func take(_ packet: Span<UInt8>, at now: ContinuousClock.Instant) -> [ReceiverEvent] {
        let header: RTPHeader
        let payload: Range<Int>
        do throws(RTPHeader.ParseError) {
            (header, payload) = try RTPHeader.parse(packet, strictness: format == .jpeg ? .standard : .anyVersion)
        } catch {
            return [discard(.notRTP(error.reason))]
        }
        guard payloadTypes >> UInt128(header.payloadType) & 1 == 1 else {
            return [discard(.wrongPayloadType(header.payloadType))]
        }
        var events: [ReceiverEvent] = []
        switch selection.admit(header, at: now) {
        case .accepted: break
        case .refused: return [discard(.otherSSRC)]
        case .changed:
            events = changeSource(to: header.ssrc)
            statistics.arrive(at: now)
        }
        statistics.receive(header, byteCount: packet.count)
        let data = packet.extracting(payload)
        let results =
            switch format {
            case .jpeg: depacketize(header, data, of: packet, at: now)
            case .rawJPEG: rawJPEG.receive(header, payload: data, at: now)
            }
        // Most packets have no result; then nothing is allocated.
        if !results.isEmpty { events += results.map { note($0) } }
        return events
    }

    /// Takes a datagram, or the content of an interleaved frame, that should be an RTCP compound.
    public mutating func receive(rtcp packet: Span<UInt8>, at now: ContinuousClock.Instant) -> [ReceiverEvent] {
        let packets: [RTCPPacket]
        do throws(RTCPParseError) {
            packets = try RTCPPacket.parse(compound: packet)
        } catch {
            return [discard(.notRTCP(error.reason))]
        }
        var events: [ReceiverEvent] = []
        for packet in packets {
            switch packet {
            case .senderReport(let report):
                guard selection.current == nil || selection.current == report.ssrc else {
                    events.append(discard(.otherSSRC))
                    continue
                }
                statistics.receive(senderReport: report, at: now)
                events.append(.senderReport(report))
            case .goodbye(let goodbye):
                guard goodbye.ssrcs.contains(where: { selection.current == nil || selection.current == $0 }) else {
                    events.append(discard(.otherSSRC))
                    continue
                }
                for ssrc in goodbye.ssrcs { selection.leave(ssrc) }
                events.append(.goodbye(goodbye))
            case .receiverReport, .sourceDescription, .other: break
            }
        }
        return events
    }

    /// A compound of receiver report and source description; the report has no block before anything was heard (section 6.1).
    public mutating func report(at now: ContinuousClock.Instant) -> [UInt8] {
        RTCPPacket.serialize(reportPackets(at: now))
    }

    /// The last compound: receiver report, source description and goodbye (section 6.6).
    public mutating func goodbye(at now: ContinuousClock.Instant) -> [UInt8] {
        RTCPPacket.serialize(reportPackets(at: now) + [.goodbye(Goodbye(ssrcs: [ownSSRC]))])
    }

    /// The end of the stream: what is in the making is handed on where it looks complete, and given up where not.
    public mutating func flush() -> [ReceiverEvent] {
        let results =
            switch format {
            case .jpeg: jpeg.flush()
            case .rawJPEG: rawJPEG.flush()
            }
        return results.map { note($0) }
    }

    /// After PLAY or a seek: forgets half frames, says nothing of them, and lets the source be another. Counts go on.
    public mutating func restart() {
        jpeg.restart()
        rawJPEG.restart()
        statistics.resynchronize()
        selection.restart()
    }

    /// The source said that it goes on with the packet of this number (`RTP-Info`, RFC 2326 section 12.33).
    public mutating func resume(at sequenceNumber: UInt16) { statistics.resume(at: sequenceNumber) }

    private mutating func depacketize(
        _ header: RTPHeader, _ data: Span<UInt8>, of packet: Span<UInt8>, at now: ContinuousClock.Instant
    ) -> [DepacketizerEvent] {
        // Its bit is looked at first, as hardly any packet has one.
        guard packet[0] & 0x10 != 0, let found = RTPHeader.headerExtension(of: packet) else {
            return jpeg.receive(header, payload: data, at: now)
        }
        return jpeg.receive(
            header, payload: data, extensionProfile: found.profile, extension: packet.extracting(found.content), at: now)
    }

    private mutating func changeSource(to ssrc: UInt32) -> [ReceiverEvent] {
        let events = flush() + [.sourceChanged(to: ssrc)]
        jpeg.restart(keepingTables: false)
        rawJPEG.restart()
        statisticsOfFormerSource = statistics
        statistics = Self.freshStatistics(for: format)
        return events
    }

    private mutating func note(_ event: DepacketizerEvent) -> ReceiverEvent {
        switch event {
        case .frame(let frame):
            if frame.concealment == nil { counters.framesComplete += 1 } else { counters.framesConcealed += 1 }
            return .frame(frame)
        case .incomplete(let timestamp, _, _):
            counters.framesIncomplete += 1
            return .incompleteFrame(timestamp: timestamp)
        case .discarded(let reason): return discard(.payload(reason))
        }
    }

    private mutating func discard(_ reason: ReceiverDiscard) -> ReceiverEvent {
        counters.discarded[reason, default: 0] += 1
        return .discarded(reason)
    }

    private mutating func reportPackets(at now: ContinuousClock.Instant) -> [RTCPPacket] {
        let blocks = selection.current == nil ? [] : [statistics.report(at: now)]
        return [
            .receiverReport(ReceiverReport(ssrc: ownSSRC, reports: blocks)),
            .sourceDescription([SourceDescription(ssrc: ownSSRC, canonicalName: canonicalName)]),
        ]
    }

    private static func freshStatistics(for format: ReceiverFormat) -> ReceptionStatistics {
        ReceptionStatistics(numbering: format == .jpeg ? .packets : .framesOrPackets)
    }
}
