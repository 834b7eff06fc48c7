internal import MJPEGSource
internal import RTPTransport

/// What the reader of a live presentation gets first.
struct LiveStart: Sendable {
    /// The last frame; `nil` where there is none that is fresh.
    var frame: LiveFrame?
    /// A sender report; `nil` where none are sent.
    var report: [UInt8]?
    @StoredInstant var due: ContinuousClock.Instant
}

/// A session and the media that it controls.
struct ServedSession: Sendable {
    /// Live media in a payload format of its own: the same frames as other readers get, through a sender of this session.
    struct OwnFormat: Sendable {
        var sender: RTPSender
        /// When the first frame was sent.
        @StoredOptionalInstant var start: ContinuousClock.Instant?
    }

    /// What the connection calls it.
    let key: Int
    var session: ServerSession
    /// Where the presentation stands on the server.
    let path: String?
    /// Which variant of it.
    let variant: PresentationVariant?
    let presentation: Presentation
    /// The live presentation that this session reads.
    let liveID: LivePresentationID?
    /// The synchronization source of the packets.
    let ssrc: UInt32
    /// Stored media, pulled from a source of the session's own; `nil` where the presentation is live.
    var playback: StoredPlayback?
    private(set) var ownFormat: OwnFormat?
    /// The stream that packets leave on, once SETUP has agreed on a transport.
    var stream: StreamID?
    /// Whether they leave on the control connection.
    var isInterleaved = false
    /// Whether packets are wanted.
    var isDelivering = false
    /// What a reader of a live presentation that has just joined is still to get.
    var liveStart: LiveStart?
    /// When the next sender report of stored media is due.
    @StoredOptionalInstant var nextReport: ContinuousClock.Instant?
    /// Whether the reader has heard of the source since it was last told goodbye.
    var hasSpoken = false
    var report: SessionReport
    private var hasSaidRefusal = false

    /// A session that plays `playback`, or else a live presentation.
    init(
        key: Int, session: ServerSession, path: String?, variant: PresentationVariant?, presentation: Presentation,
        playback: StoredPlayback?, ownFormat: OwnFormat?, report: SessionReport
    ) {
        self.key = key
        self.session = session
        self.path = path
        self.variant = variant
        self.presentation = presentation
        self.playback = playback
        self.ownFormat = ownFormat
        self.report = report
        switch presentation {
        case .stored:
            liveID = nil
            ssrc = playback?.sender.ssrc ?? 0
        case .live(let description):
            liveID = description.id
            ssrc = ownFormat?.sender.ssrc ?? description.ssrc
        }
    }

    /// When media wants attention. A blocked stream waits for the transport, and a frame that is not ready for its source, until
    /// it is too old to be sent.
    func mediaDeadline(maximumLag: Duration) -> ContinuousClock.Instant? {
        guard isDelivering else { return nil }
        guard let isAwaiting = playback?.isAwaiting else { return liveStart?.due }
        guard var frame = playback?.deadline else { return isAwaiting ? nextReport : nil }
        if isBlocked || isAwaiting { frame += max(maximumLag, .zero) + .milliseconds(1) }
        return isBlocked ? frame : nextReport.map { min($0, frame) } ?? frame
    }

    /// How many frames are read in one turn, so that a source with many overdue frames keeps nobody else waiting.
    private static let framesPerTurn = 100

    /// True while the transport takes no more packets of this stream.
    private(set) var isBlocked = false

    /// Sends what is due of stored media.
    /// - Returns: true when the range has come to its end.
    mutating func sendDue(
        at now: ContinuousClock.Instant, maximumLag: Duration, events: inout [ServerEvent],
        via transport: inout some EndpointTransport
    ) -> Bool {
        guard isDelivering, let stream else { return false }
        isBlocked = false
        var turn = 0
        while turn < Self.framesPerTurn {
            turn += 1
            switch playback?.due(at: now, maximumLag: maximumLag) {
            case nil: return false
            case .end: return true
            case .lateFrame:
                let skipped = playback?.skipFrames(at: now) ?? 0
                report.framesSkipped += UInt64(skipped)
                turn += min(skipped, Self.framesPerTurn)
            case .frame:
                guard transport.canSend(on: stream) else {
                    isBlocked = true
                    return false
                }
                do {
                    if let batch = try playback?.takeFrame() { send(batch, on: stream, via: &transport) }
                } catch {
                    refuse(error, events: &events)
                }
            }
        }
        return false
    }

    /// Sends what a live presentation begins with, once it is due: a report, so that the reader can place the packets in time (RFC
    /// 3550 section 6.4.1), and the last frame.
    mutating func startLive(
        at now: ContinuousClock.Instant, events: inout [ServerEvent], via transport: inout some EndpointTransport
    ) {
        guard isDelivering, let stream, let start = liveStart, start.due <= now else { return }
        let isFree = transport.canSend(on: stream)
        sendStart(with: isFree, on: stream, at: now, events: &events, via: &transport)
        if !isFree, start.frame != nil { report.framesSkipped += 1 }
    }

    private mutating func sendStart(
        with isFramed: Bool, on stream: StreamID, at now: ContinuousClock.Instant, events: inout [ServerEvent],
        via transport: inout some EndpointTransport
    ) {
        guard let start = liveStart else { return }
        liveStart = nil
        if let report = start.report {
            transport.send(report: report, on: stream)
            hasSpoken = true
        }
        guard isFramed, var frame = start.frame else { return }
        frame.report = nil
        send(frame, on: stream, at: now, events: &events, via: &transport)
    }

    /// A frame of a live presentation.
    mutating func deliver(
        _ frame: LiveFrame, of presentation: LivePresentationID, at now: ContinuousClock.Instant, events: inout [ServerEvent],
        via transport: inout some EndpointTransport
    ) {
        guard isDelivering, let stream, liveID == presentation else { return }
        guard transport.canSend(on: stream) else {
            report.framesSkipped += 1
            return
        }
        // What the answer to PLAY announced comes first. The stream was free, so it takes both.
        if liveStart != nil { sendStart(with: true, on: stream, at: now, events: &events, via: &transport) }
        send(frame, on: stream, at: now, events: &events, via: &transport)
    }

    @inline(__always)
    private mutating func send(
        _ frame: LiveFrame, on stream: StreamID, at now: ContinuousClock.Instant, events: inout [ServerEvent],
        via transport: inout some EndpointTransport
    ) {
        if ownFormat != nil {
            return deliverInOwnFormat(frame.frame.image, on: stream, at: now, events: &events, via: &transport)
        }
        if let senderReport = frame.report { transport.send(report: senderReport, on: stream) }
        send(frame.batch, on: stream, via: &transport)
    }

    private mutating func deliverInOwnFormat(
        _ image: [UInt8], on stream: StreamID, at now: ContinuousClock.Instant, events: inout [ServerEvent],
        via transport: inout some EndpointTransport
    ) {
        let start = ownFormat?.start ?? now
        ownFormat?.start = start
        // Its readers go by rising timestamps, also where two frames come at once.
        let streamTime = max(start.duration(to: now), .milliseconds(report.framesSent))
        do {
            if let batch = try ownFormat?.sender.packetize(image, at: streamTime) { send(batch, on: stream, via: &transport) }
        } catch {
            refuse(error, events: &events)
        }
    }

    private mutating func send(_ batch: RTPPacketBatch, on stream: StreamID, via transport: inout some EndpointTransport) {
        transport.send(batch, on: stream)
        report.framesSent += 1
        report.packetsSent += UInt64(batch.count)
        report.bytesSent += UInt64(batch.bytes.count)
    }

    private mutating func refuse(_ error: JPEGError, events: inout [ServerEvent]) {
        report.framesRefused += 1
        guard !hasSaidRefusal else { return }
        hasSaidRefusal = true
        events.append(.pictureRefused(presentation: presentation.name, error))
    }
}
