internal import RTPTransport

/// The data path of a client: packets in, frames out in time, reports back.
struct ClientMedia: Sendable {
    /// How the stream stands.
    enum Phase: Sendable, Hashable {
        case idle
        case playing
        /// Nothing more comes; what is buffered is still shown.
        case draining
        /// After PAUSE: the picture stands still, what is held back stays so, and more may come after the next PLAY.
        case pausing
    }

    private(set) var phase: Phase = .idle
    private(set) var agreed: AgreedStream
    private(set) var statistics = ClientStatistics()
    private(set) var receiver: RTPReceiver
    private(set) var buffer: JitterBuffer
    let configuration: ClientConfiguration
    /// When PLAY was asked for, until the first frame is whole.
    @StoredOptionalInstant private(set) var asked: ContinuousClock.Instant?
    /// When the server said that it plays; `nil` until then.
    @StoredOptionalInstant private(set) var started: ContinuousClock.Instant?
    @StoredOptionalInstant private(set) var lastPacket: ContinuousClock.Instant?
    /// While draining: until when stragglers are waited for.
    @StoredOptionalInstant private var drainEnds: ContinuousClock.Instant?
    /// What has been said of packets that were of no use; each reason is said once.
    private var noticed: Set<ReceiverDiscard> = []
    /// What sources before the current one have sent.
    private var before = ClientStatistics()
    @StoredOptionalInstant private var nextReport: ContinuousClock.Instant?
    /// The media time at which the frames of this PLAY begin.
    private var origin: Duration = .zero
    private(set) var end: Duration?
    private(set) var newestMediaTime: Duration = .zero
    /// The timestamp at ``origin``, where the server told.
    private var first: RTPTimestamp?
    /// Frames before this come from before a jump.
    private var floor: RTPTimestamp?
    /// From the buffer's media time to the presentation's.
    private(set) var offset: Duration?
    /// Frames behind this media time of the buffer's come after a pause, and the server has told where it goes on.
    private(set) var newOffsetBehind: Duration?
    /// While frames of the last PLAY are held back: the buffer as PAUSE left it, in case that the next PLAY is refused.
    private var held: HeldPlay?
    private(set) var isGoingOn = false
    /// The source has said goodbye while it paused.
    private(set) var hasSaidGoodbye = false
    /// The sender's clock, by its last report of this PLAY.
    private var senderClock: SenderReport?

    init(agreed: AgreedStream, configuration: ClientConfiguration) {
        self.agreed = agreed
        self.configuration = configuration
        receiver = RTPReceiver(
            format: agreed.format, payloadTypes: agreed.payloadTypes, expectedSSRC: agreed.ssrc, ssrc: configuration.ssrc,
            canonicalName: configuration.userAgent,
            describedSize: agreed.pictureSize,
            concealment: configuration.concealment)
        buffer = JitterBuffer(playout: configuration.playout, timing: agreed.timing)
    }

    /// What the passing of time led to.
    enum Verdict: Sendable, Hashable {
        case endOfStream
        /// Not one packet came.
        case silent
        /// Packets came, and then no more.
        case stalled
    }

    /// PLAY has been asked for: what comes from now on belongs to it. After PAUSE and without a place to go to, so does what is held
    /// back; it is shown as soon as the server plays.
    mutating func prepare(_ range: NormalPlayTimeRange? = nil, at now: ContinuousClock.Instant) {
        if statistics.firstFrame == nil { asked = asked ?? now }
        held =
            phase == .pausing
            ? HeldPlay(
                buffer: buffer, hasSaidGoodbye: hasSaidGoodbye, origin: origin, newestMediaTime: newestMediaTime, offset: offset,
                newOffsetBehind: newOffsetBehind, end: end, senderClock: senderClock) : nil
        if case .time = range?.start { isGoingOn = false } else { isGoingOn = held != nil }
        receiver.restart()
        phase = .playing
        started = nil
        lastPacket = nil
        drainEnds = nil
        floor = nil
        end = nil
        senderClock = nil
        guard !isGoingOn else { return buffer.expectResumption() }
        buffer.restart()
        hasSaidGoodbye = false
        // Unless the server says otherwise it goes on from there.
        origin = max(origin, newestMediaTime)
        newestMediaTime = .zero
        offset = nil
        newOffsetBehind = nil
    }

    /// The server does not play: all is as it was before ``prepare(_:at:)``.
    mutating func playRefused() {
        guard let held else { return stop() }
        buffer = held.buffer
        hasSaidGoodbye = held.hasSaidGoodbye
        (origin, newestMediaTime, end) = (held.origin, held.newestMediaTime, held.end)
        (offset, newOffsetBehind, senderClock) = (held.offset, held.newOffsetBehind, held.senderClock)
        phase = .pausing
    }

    /// The server plays `range`, and `info` tells of the first packet where the server did.
    mutating func play(_ range: NormalPlayTimeRange?, info: RTPInfoHeader.Entry?, isJump: Bool, at now: ContinuousClock.Instant) {
        if phase == .idle { prepare(at: now) }
        // PAUSE may have been asked for since.
        phase = phase == .pausing && !isJump ? .pausing : .playing
        drainEnds = nil
        started = now
        first = info?.rtpTime.map { RTPTimestamp(rawValue: $0) }
        if !isJump, let number = info?.sequenceNumber { receiver.resume(at: number) }
        // Some cameras say `npt=0-0` of what has no end.
        end = range?.end == .zero ? nil : range?.end
        if case .time(let start) = range?.start {
            origin = start
            if isGoingOn { newOffsetBehind = buffer.newestMediaTime }
        }
        nextReport = agreed.sendsReports ? now + max(configuration.reportInterval, .milliseconds(100)) : nil
        if held != nil, isGoingOn { buffer.goOn(first: first, at: now) }
        held = nil
        guard isJump else { return }
        // What is held back comes from before the jump, but for what has overtaken the reply.
        let held = buffer.drain()
        buffer.restart()
        offset = nil
        newOffsetBehind = nil
        isGoingOn = false
        senderClock = nil
        newestMediaTime = .zero
        floor = first
        guard let first else { return receiver.restart() }
        for frame in held where (0...90_000).contains(frame.timestamp.ticks(since: first)) {
            buffer.insert(
                ReassembledFrame(
                    image: frame.image, timestamp: frame.timestamp, arrival: now, packetCount: 1, concealment: frame.concealment),
                at: now)
        }
    }

    /// PAUSE has been asked for, or granted: the picture stands still.
    mutating func pause(at now: ContinuousClock.Instant) {
        guard phase == .playing || phase == .draining else { return }
        hasSaidGoodbye = phase == .draining
        phase = .pausing
        buffer.halt(at: now)
    }

    /// There is no pause after all.
    mutating func goOn(at now: ContinuousClock.Instant) {
        guard phase == .pausing else { return }
        phase = .playing
        buffer.goOn(at: now)
        if hasSaidGoodbye { drain(at: now) }
        started = now
        lastPacket = lastPacket.map { max($0, now) }
    }

    /// Nothing more is expected but a few stragglers; what is held back is still shown in its time.
    mutating func drain(at now: ContinuousClock.Instant) {
        guard phase != .idle else { return }
        guard phase != .pausing else {
            hasSaidGoodbye = true
            return
        }
        phase = .draining
        drainEnds = now + Self.stragglerTime
    }

    /// How much later than the goodbye packets may come that were sent before it.
    private static let stragglerTime = Duration.milliseconds(100)

    /// Everything that is still held back; nothing follows.
    mutating func finish(at now: ContinuousClock.Instant) -> [ClientEvent] {
        let events = take(receiver.flush(), at: now)
        // After PAUSE the picture goes on standing still.
        stop()
        return buffer.isHalted ? events : events + buffer.drain().map { .frame(placed($0)) }
    }

    mutating func stop() {
        phase = .idle
        nextReport = nil
        held = nil
        isGoingOn = false
    }

    /// Takes packets up to the first that leads to something.
    /// - Parameter limit: how many at most.
    /// - Returns: what is to be told of it; `nil` where they led to nothing at all, as most packets do.
    mutating func receive(
        rtp bytes: Span<UInt8>, in run: inout RTPPacketRun, limit: Int, at now: ContinuousClock.Instant
    ) -> [ClientEvent]? {
        guard phase != .idle else {
            while run.next() != nil {}
            return nil
        }
        let count = receiver.packetsReceived
        let events = receiver.receive(rtp: bytes, in: &run, limit: limit, at: now)
        let isOther = !events.isEmpty && events.contains { if case .sourceChanged = $0 { true } else { false } }
        if isOther, let former = receiver.statisticsOfFormerSource { add(former) }
        // Packets that nobody can use are no sign that media comes.
        if isOther || receiver.packetsReceived > count { lastPacket = now }
        return events.isEmpty ? nil : take(events, at: now)
    }

    mutating func receive(rtcp packet: Span<UInt8>, at now: ContinuousClock.Instant) -> [ClientEvent] {
        guard phase != .idle else { return [] }
        return take(receiver.receive(rtcp: packet, at: now), at: now)
    }

    private mutating func take(_ events: [ReceiverEvent], at now: ContinuousClock.Instant) -> [ClientEvent] {
        var told: [ClientEvent] = []
        for event in events {
            switch event {
            case .frame(let frame):
                if let asked {
                    statistics.firstFrame = asked.duration(to: now)
                    self.asked = nil
                }
                guard !isFromBeforeJump(frame.timestamp) else { continue }
                statistics.frames += 1
                if frame.concealment != nil { statistics.framesConcealed += 1 }
                buffer.insert(frame, senderTime: senderTime(of: frame.timestamp), at: now)
            case .incompleteFrame:
                statistics.incompleteFrames += 1
                told.append(.incompleteFrame)
            case .goodbye:
                // A server that halts need not say BYE, and one that says it before our PLAY was heard means the last one.
                let isOfThisPlay = (lastPacket != nil || isGoingOn && started != nil) && !isSenderBeforeThisPlay
                if phase == .pausing || phase == .playing && isOfThisPlay { drain(at: now) }
            case .sourceChanged(let ssrc):
                buffer.changeSource()
                senderClock = nil
                told.append(.noticed("the stream comes from another source now (SSRC \(ssrc))"))
            case .discarded(let reason):
                guard noticed.insert(reason).inserted else { continue }
                told.append(.noticed("a packet was passed over: \(reason)"))
            case .senderReport(let report):
                senderClock = report
            }
        }
        return told
    }

    /// Frames whose time has come, and, at the end, what could not be put together.
    mutating func advance(to now: ContinuousClock.Instant) -> [ClientEvent] {
        guard phase != .idle else { return [] }
        var events: [ClientEvent] = []
        if phase == .draining, let ends = drainEnds, ends <= now {
            drainEnds = nil
            events = take(receiver.flush(), at: now)
        }
        let frames = buffer.advance(to: now).map { placed($0) }
        if let last = frames.last { newestMediaTime = last.mediaTime }
        return events + frames.map(ClientEvent.frame)
    }

    /// What it means that nothing, or nothing more, has come by `now`.
    mutating func verdict(at now: ContinuousClock.Instant) -> Verdict? {
        switch phase {
        case .idle, .pausing: return nil
        case .draining: return buffer.deadline == nil && drainEnds == nil ? .endOfStream : nil
        case .playing:
            if let rangeEnds, rangeEnds <= now {
                drain(at: now)
                drainEnds = now
                return nil
            }
            guard let silenceEnds, silenceEnds <= now else { return nil }
            guard lastPacket != nil || isAtEnd else { return .silent }
            guard isAtEnd || isNearEnd else { return .stalled }
            drain(at: now)
            return nil
        }
    }

    /// A report for the server, where one is due.
    mutating func dueReport(at now: ContinuousClock.Instant) -> [UInt8]? {
        guard let nextReport, nextReport <= now else { return nil }
        self.nextReport = now + max(configuration.reportInterval, .milliseconds(100))
        return receiver.report(at: now)
    }

    mutating func goodbye(at now: ContinuousClock.Instant) -> [UInt8]? {
        agreed.sendsReports && phase != .idle ? receiver.goodbye(at: now) : nil
    }

    /// When something is due. (It changes nothing, but what may change something is not copied first.)
    mutating func deadline() -> ContinuousClock.Instant? {
        guard phase != .idle else { return nil }
        var earliest = Self.earlier(buffer.deadline, nextReport)
        if phase == .draining { earliest = Self.earlier(earliest, drainEnds) }
        if phase == .playing { earliest = Self.earlier(earliest, Self.earlier(silenceEnds, rangeEnds)) }
        return earliest
    }

    static func earlier(
        _ one: ContinuousClock.Instant?, _ other: ContinuousClock.Instant?
    ) -> ContinuousClock.Instant? {
        guard let one, let other else { return one ?? other }
        return min(one, other)
    }

    /// The figures of this moment.
    func measure() -> ClientStatistics {
        var statistics = statistics
        let received = receiver.statistics
        statistics.packets = before.packets + received.packetsReceived
        statistics.bytes = before.bytes + received.bytesReceived
        statistics.packetsLost = before.packetsLost + received.packetsLost
        statistics.packetsReordered = before.packetsReordered + received.packetsReordered
        statistics.jitter = received.interarrivalJitter
        statistics.bufferDepth = buffer.holdingTime
        statistics.bufferTarget = buffer.target
        statistics.framesLate = buffer.framesLate
        statistics.framesSkipped = buffer.framesTooLate + buffer.framesDropped
        statistics.rebuffers = buffer.rebuffers
        return statistics
    }

    /// Another source has taken over; the counts of the one before are kept.
    private mutating func add(_ received: ReceptionStatistics) {
        before.packets += received.packetsReceived
        before.bytes += received.bytesReceived
        before.packetsLost += received.packetsLost
        before.packetsReordered += received.packetsReordered
    }

    /// The sender's wall clock at `timestamp` (RFC 3550 section 6.4.1); a sender without one reports zero.
    private func senderTime(of timestamp: RTPTimestamp) -> NTPTimestamp? {
        guard let senderClock, senderClock.ssrc == receiver.source, senderClock.ntp.rawValue != 0 else { return nil }
        return senderClock.ntp.advanced(by: timestamp.duration(since: senderClock.rtp))
    }

    /// Whether the sender's last report is from before the first packet of this PLAY: packets may have overtaken it.
    private var isSenderBeforeThisPlay: Bool {
        guard let senderClock, senderClock.ssrc == receiver.source, let first else { return false }
        let distance = senderClock.rtp.duration(since: first)
        return distance < .zero && distance >= Duration.zero - Self.credibleDistance
    }

    /// Whether a frame was sent before the jump. A server whose word on that is far off is not believed.
    private mutating func isFromBeforeJump(_ timestamp: RTPTimestamp) -> Bool {
        guard let floor else { return false }
        let distance = timestamp.duration(since: floor)
        if distance < Duration.zero - Self.credibleDistance { self.floor = nil }
        return distance < .zero && distance >= Duration.zero - Self.credibleDistance
    }

    /// The frame at its place in the presentation.
    private mutating func placed(_ frame: PlayoutFrame) -> PlayoutFrame {
        var frame = frame
        if let last = newOffsetBehind, frame.mediaTime > last {
            newOffsetBehind = nil
            self.offset = nil
        }
        let offset = self.offset ?? newOffset(frame)
        self.offset = offset
        frame.mediaTime += offset
        return frame
    }

    private func newOffset(_ frame: PlayoutFrame) -> Duration {
        guard let first else { return origin - frame.mediaTime }
        let distance = frame.timestamp.duration(since: first)
        guard abs(distance) <= Self.credibleDistance else { return origin - frame.mediaTime }
        return origin + distance - frame.mediaTime
    }

    /// How far from the first frame a server's `RTP-Info` may lie and be believed (some send false ones).
    private static let credibleDistance = Duration.seconds(10)
}

private func abs(_ duration: Duration) -> Duration { duration < .zero ? .zero - duration : duration }
