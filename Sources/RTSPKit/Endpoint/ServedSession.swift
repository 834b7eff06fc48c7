internal import MJPEGSource
internal import RTPTransport

/// A session and the media that it controls.
struct ServedSession: Sendable {
    /// How the session's frames come about.
    enum Media: Sendable {
        /// Pulled from a source of its own.
        case stored(StoredPlayback)
        /// Handed to every reader alike.
        case live(LiveDescription)
        /// Live, but in a payload format of its own: the same frames through a sender of this session.
        case liveOwnFormat(LiveDescription, RTPSender, start: ContinuousClock.Instant?)
    }

    var session: ServerSession
    /// Where the presentation stands on the server.
    let path: String?
    /// Which variant of it.
    let variant: PresentationVariant?
    let presentation: Presentation
    var media: Media
    /// The stream that packets leave on, once SETUP has agreed on a transport.
    var stream: StreamID?
    /// Whether they leave on the control connection.
    var isInterleaved = false
    /// Whether packets are wanted.
    var isDelivering = false
    /// When the next sender report of stored media is due.
    var nextReport: ContinuousClock.Instant?
    /// Whether the reader has heard of the source since it was last told goodbye.
    var hasSpoken = false
    var report: SessionReport
    private var hasSaidRefusal = false

    init(
        session: ServerSession, path: String?, variant: PresentationVariant?, presentation: Presentation, media: Media,
        report: SessionReport
    ) {
        self.variant = variant
        self.session = session
        self.path = path
        self.presentation = presentation
        self.media = media
        self.report = report
    }

    /// The live presentation that this session reads.
    var liveID: LivePresentationID? {
        switch media {
        case .stored: nil
        case .live(let description), .liveOwnFormat(let description, _, _): description.id
        }
    }

    /// The synchronization source of the packets.
    var ssrc: UInt32 {
        switch media {
        case .stored(let playback): playback.sender.ssrc
        case .live(let description): description.ssrc
        case .liveOwnFormat(_, let sender, _): sender.ssrc
        }
    }

    /// When media wants attention. A blocked stream waits for the transport, and a frame that is not ready for its source, until
    /// it is too old to be sent.
    func mediaDeadline(maximumLag: Duration) -> ContinuousClock.Instant? {
        guard isDelivering, case .stored(let playback) = media else { return nil }
        guard var frame = playback.deadline else { return playback.isAwaiting ? nextReport : nil }
        if isBlocked || playback.isAwaiting { frame += max(maximumLag, .zero) + .milliseconds(1) }
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
        guard isDelivering, let stream, case .stored(var playback) = media else { return false }
        defer { media = .stored(playback) }
        isBlocked = false
        var turn = 0
        while turn < Self.framesPerTurn {
            turn += 1
            switch playback.due(at: now, maximumLag: maximumLag) {
            case nil: return false
            case .end: return true
            case .lateFrame:
                let skipped = playback.skipFrames(at: now)
                report.framesSkipped += UInt64(skipped)
                turn += min(skipped, Self.framesPerTurn)
            case .frame:
                guard transport.canSend(on: stream) else {
                    isBlocked = true
                    return false
                }
                do {
                    if let batch = try playback.takeFrame() { send(batch, on: stream, via: &transport) }
                } catch {
                    refuse(error, events: &events)
                }
            }
        }
        return false
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
        switch media {
        case .stored:
            return
        case .live:
            if let senderReport = frame.report { transport.send(report: senderReport, on: stream) }
            send(frame.batch, on: stream, via: &transport)
        case .liveOwnFormat(let description, var sender, let start):
            let origin = start ?? now
            // Its readers go by rising timestamps, also where two frames come at once.
            let streamTime = max(origin.duration(to: now), .milliseconds(report.framesSent))
            do {
                let batch = try sender.packetize(frame.frame.image, at: streamTime)
                send(batch, on: stream, via: &transport)
            } catch {
                refuse(error, events: &events)
            }
            media = .liveOwnFormat(description, sender, start: origin)
        }
    }

    /// The reader has told how it fares.
    mutating func receive(_ feedback: ReaderFeedback) {
        guard case .stored(var playback) = media else { return }
        playback.receive(feedback)
        media = .stored(playback)
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
