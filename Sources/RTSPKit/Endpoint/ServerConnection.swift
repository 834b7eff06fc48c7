public import RTPTransport

/// One client's connection to the server, and the sessions that it set up: where the control path and the data path meet.
///
/// It minds framing, version, `CSeq` and routing, and carries out what its ``ServerSession``s decide. It reads no clock and
/// opens no socket: bytes and the time come in through its doors, bytes and packets leave through the transport that each
/// door is handed, and what the owner should know or answer is returned.
///
/// Sessions belong to the connection that set them up: another connection cannot name them. A session whose media travels
/// as datagrams outlives the connection until its timeout, so keep the value until ``isFinished``.
public struct ServerConnection: Sendable {
    /// What all connections of one server share.
    public struct Configuration: Sendable, Hashable {
        /// The `Server` header.
        public var serverName: String
        /// How long a session lives without a request or a receiver report (RFC 2326 section 12.37).
        public var sessionTimeout: Duration
        /// The server's RTP and RTCP ports; `nil` where media may only be interleaved.
        public var mediaPorts: PortPair?
        /// Bytes of RTP payload in one packet.
        public var packetSize: Int
        /// How pictures are put into packets.
        public var jpeg: JPEGPacketizer.Options
        /// Whether the query of a URL may ask for a variant of a presentation; where not, it is ignored.
        public var honoursVariants = false
        /// How long after the answer to PLAY the last frame of a live presentation is sent. Where there is no hurry, answers to
        /// others go first, readers that come together are served together, and whoever leaves at once costs no frame.
        public var liveStartDelay: Duration = .zero
        /// How often sender reports are sent.
        public var reportInterval: Duration
        /// The canonical name in RTCP (RFC 3550 section 6.5.1).
        public var canonicalName: String
        /// Ties the process's time to the wall clock.
        public var wallClock: WallClock
        /// How the course dialect is served.
        public var lab: LabConfiguration
        /// What a peer may cost.
        public var limits: EndpointLimits

        /// A configuration.
        public init(
            serverName: String = "swift-rtsp", sessionTimeout: Duration = .seconds(60), mediaPorts: PortPair? = nil,
            packetSize: Int = 1400, reportInterval: Duration = .seconds(5), canonicalName: String = "swift-rtsp",
            wallClock: WallClock, lab: LabConfiguration = LabConfiguration(), limits: EndpointLimits = .default,
            jpeg: JPEGPacketizer.Options = JPEGPacketizer.Options()
        ) {
            self.serverName = serverName
            self.sessionTimeout = sessionTimeout
            self.mediaPorts = mediaPorts
            self.packetSize = packetSize
            self.jpeg = jpeg
            self.reportInterval = reportInterval
            self.canonicalName = canonicalName
            self.wallClock = wallClock
            self.lab = lab
            self.limits = limits
        }
    }

    /// Where the control connection stands.
    public enum State: Sendable, Hashable {
        /// Requests are taken.
        case open
        /// The peer has been told to go; nothing more is taken.
        case closing
        /// Gone. Sessions with datagram media may still live.
        case closed
    }

    /// A request that waits for the owner's answer.
    enum OpenQuestion: Sendable, Hashable {
        case describe(RTSPRequest)
        case setup(RTSPRequest, path: String, PresentationVariant)
        case join(LivePresentationID, session: Int)
    }

    /// The peer's address as text.
    public let peer: String
    /// Where the control connection stands.
    public internal(set) var state: State = .open
    let configuration: Configuration
    var framing: ControlFraming
    var rules: DialectRules
    /// The sessions in the order in which they were set up: hardly ever more than one.
    var sessions: [ServedSession] = []
    var nextKey = 0
    var openQuestion: OpenQuestion?
    /// When the open question was asked.
    @StoredOptionalInstant var questionAsked: ContinuousClock.Instant?
    /// The newest time that anyone told.
    @StoredInstant var latest: ContinuousClock.Instant
    /// When the last request came, or the connection.
    @StoredInstant var lastRequest: ContinuousClock.Instant
    /// When the message began that is not complete yet.
    @StoredOptionalInstant var messageBegan: ContinuousClock.Instant?
    /// What the `Date` of answers was last.
    var date = HTTPDate.Memory()
    /// What the current door will return.
    var events: [ServerEvent] = []

    /// A connection that was accepted at `now` from `peer`.
    public init(peer: String, configuration: Configuration, at now: ContinuousClock.Instant) {
        self.peer = peer
        self.configuration = configuration
        framing = ControlFraming(limits: configuration.limits.parser)
        rules = DialectRules(.standard, configuration: configuration)
        latest = now
        lastRequest = now
    }

    /// True when neither the connection nor a session is left; the owner may forget the value.
    public var isFinished: Bool { state == .closed && sessions.isEmpty }

    /// How many sessions are open.
    public var sessionCount: Int { sessions.count }

    /// How many bytes of the peer's are held: requests that have come and were not taken yet. Never more than
    /// ``EndpointLimits/pendingBytes`` or one message of ``EndpointLimits/parser``, and what came at once.
    public var heldByteCount: Int { framing.bufferedByteCount }

    /// The states of the sessions, in the order in which they were set up.
    public var sessionStates: [ServerSession.State] { sessions.map(\.session.state) }

    /// When ``advance(to:via:)`` wants to be called next.
    public var deadline: ContinuousClock.Instant? {
        var earliest = connectionDeadline
        let sessions = sessions.span  // an element of an array would be copied
        for index in sessions.indices {
            earliest = Self.earlier(earliest, sessions[index].session.deadline)
            earliest = Self.earlier(earliest, sessions[index].mediaDeadline(maximumLag: configuration.limits.maximumLag))
        }
        return earliest
    }

    /// The earlier of two moments, of which either may never come.
    static func earlier(_ one: ContinuousClock.Instant?, _ other: ContinuousClock.Instant?) -> ContinuousClock.Instant? {
        guard let one, let other else { return one ?? other }
        return min(one, other)
    }

    /// Where the session stands that is called `key`; `nil` once it has ended.
    func index(ofSession key: Int) -> Int? { sessions.indices.first { sessions[$0].key == key } }

    /// Bytes arrived on the control connection.
    public mutating func receive(
        _ bytes: Span<UInt8>, at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) -> [ServerEvent] {
        guard state == .open else { return [] }
        let now = moved(to: now)
        framing.append(bytes, at: now)
        takeRequests(at: now, via: &transport)
        return takeEvents()
    }

    /// What the reader of a live presentation, whose packets leave on `stream`, has reported last; `nil` where it has not.
    public func liveReception(on stream: StreamID) -> (presentation: LivePresentationID, report: ReceptionReport)? {
        guard let served = sessions.first(where: { $0.stream == stream }), let live = served.liveID,
            let report = served.report.lastReport
        else { return nil }
        return (live, report)
    }

    /// A datagram arrived on the RTCP port that belongs to `stream`, from the peer's address.
    public mutating func receive(
        report: Span<UInt8>, on stream: StreamID, at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) -> [ServerEvent] {
        guard let index = sessions.indices.first(where: { sessions[$0].stream == stream }) else { return [] }
        let now = moved(to: now)
        takeReport(report, ofSessionAt: index, at: now)
        return takeEvents()
    }

    /// The owner answers the open question.
    /// - Throws: ``AnswerError`` where no question is open that this answers; nothing has changed.
    public mutating func answer(
        _ answer: ServerAnswer, at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) throws(AnswerError) -> [ServerEvent] {
        guard let question = openQuestion else { throw AnswerError(description: "no question is open") }
        let now = moved(to: now)
        switch (question, answer) {
        case (.describe(let request), .found(let presentation, _)):
            openQuestion = nil
            describe(presentation, for: request, via: &transport)
        case (.setup(let request, let path, let variant), .found(let presentation, let identity)):
            openQuestion = nil
            let place = (path: path, variant: variant)
            beginSession(on: presentation, at: place, identity: identity, for: request, at: now, via: &transport)
        case (.describe(let request), .refused(let status)), (.setup(let request, _, _), .refused(let status)):
            openQuestion = nil
            respond(RTSPResponse(Self.refusal(status), cSeq: request.cSeq), to: request, via: &transport)
        case (.join(_, let key), .joined(let snapshot)):
            openQuestion = nil
            join(snapshot, session: key, at: now, via: &transport)
        case (.join(_, let key), .refused(let status)):
            openQuestion = nil
            refusePlay(Self.refusal(status), session: key, at: now, via: &transport)
        default:
            throw AnswerError(description: "\(answer) does not answer \(question)")
        }
        takeRequests(at: now, via: &transport)
        return takeEvents()
    }

    /// An answer that fits no open question: a mistake of the owner.
    public struct AnswerError: Error, Sendable, Hashable, CustomStringConvertible {
        /// What was wrong.
        public var description: String
    }

    /// A frame of a live presentation, for the sessions that play it. ``deadline`` stays as it is.
    public mutating func deliver(
        _ frame: LiveFrame, of presentation: LivePresentationID, at now: ContinuousClock.Instant,
        via transport: inout some EndpointTransport
    ) -> [ServerEvent] {
        let now = moved(to: now)
        for index in sessions.indices {
            sessions[index].deliver(frame, of: presentation, at: now, events: &events, via: &transport)
        }
        return takeEvents()
    }

    /// The live presentation is over: its readers get BYE and their sessions are Ready.
    public mutating func finish(
        _ presentation: LivePresentationID, goodbye: [UInt8], at now: ContinuousClock.Instant,
        via transport: inout some EndpointTransport
    ) -> [ServerEvent] {
        let now = moved(to: now)
        for index in sessions.indices where sessions[index].liveID == presentation && sessions[index].isDelivering {
            if rules.sendsReports, let stream = sessions[index].stream {
                transport.send(report: goodbye, on: stream)
                sessions[index].hasSpoken = false
            }
            endPlayback(ofSessionAt: index, at: now)
        }
        return takeEvents()
    }

    /// A stream that could not take packets can again.
    public mutating func transportReady(
        at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) -> [ServerEvent] {
        sendDueMedia(at: moved(to: now), via: &transport)
        return takeEvents()
    }

    /// Frames that a source was not ready to give are ready now (``SeekableFrameSource/prepareNextFrame()``).
    public mutating func mediaReady(
        at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) -> [ServerEvent] {
        let now = moved(to: now)
        for index in sessions.indices where sessions[index].playback?.isAwaiting == true {
            sessions[index].playback?.readAwaited()
        }
        sendDueMedia(at: now, via: &transport)
        return takeEvents()
    }

    /// The time is `now`: carries out what is due. An older time counts as the newest one seen.
    public mutating func advance(
        to now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) -> [ServerEvent] {
        let now = moved(to: now)
        if state == .open {
            takeRequests(at: now, via: &transport)
            checkConnectionTime(at: now, via: &transport)
        }
        var index = 0
        while index < sessions.count {
            let key = sessions[index].key
            perform(sessions[index].session.advance(to: now), ofSession: key, request: nil, at: now, via: &transport)
            // A session that has ended is not there any more.
            if index < sessions.count, sessions[index].key == key { index += 1 }
        }
        sendDueMedia(at: now, via: &transport)
        return takeEvents()
    }

    /// The control connection is gone.
    public mutating func connectionClosed(
        at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) -> [ServerEvent] {
        guard state != .closed else { return [] }
        let now = moved(to: now)
        state = .closed
        let endsAll = rules.sessionsEndWithConnection
        for key in sessions.map(\.key) {
            perform(onSession: key, at: now, via: &transport) { session in
                endsAll ? session.close(.connectionClosed, at: now) : session.connectionClosed(at: now)
            }
        }
        abandonQuestion(at: now, via: &transport)
        return takeEvents()
    }

    /// The server stops: every session gets BYE, then the connection is closed.
    public mutating func shutDown(
        at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) -> [ServerEvent] {
        let now = moved(to: now)
        for key in sessions.map(\.key) {
            perform(onSession: key, at: now, via: &transport) { $0.close(.shutDown, at: now) }
        }
        close(at: now, via: &transport)
        return takeEvents()
    }

    mutating func close(at now: ContinuousClock.Instant, via transport: inout some EndpointTransport) {
        guard state == .open else { return }
        abandonQuestion(at: now, via: &transport)
        // What travels on this connection ends with it; nothing may follow the close.
        for key in sessions.filter(\.isInterleaved).map(\.key) {
            perform(onSession: key, at: now, via: &transport) { $0.connectionClosed(at: now) }
        }
        state = .closing
        transport.close()
    }

    /// Nobody waits for the answer any more. Who was asked to let a session join is told that it does not.
    private mutating func abandonQuestion(at now: ContinuousClock.Instant, via transport: inout some EndpointTransport) {
        guard let question = openQuestion else { return }
        openQuestion = nil
        guard case .join(let live, let key) = question else { return }
        events.append(.left(live))
        refusePlay(.serviceUnavailable, session: key, at: now, via: &transport)
    }

    /// A refusal says no, whatever status the owner gives.
    private static func refusal(_ status: RTSPStatus) -> RTSPStatus { status.isSuccess ? .internalServerError : status }

    /// The time, which never goes back.
    private mutating func moved(to now: ContinuousClock.Instant) -> ContinuousClock.Instant {
        latest = max(latest, now)
        return latest
    }

    private mutating func takeEvents() -> [ServerEvent] {
        defer { events = [] }
        return events
    }
}
