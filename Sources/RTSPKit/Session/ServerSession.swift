/// One session as the server sees it (RFC 2326 appendix A.2): who may say what, and what it leads to.
///
/// A value: it is told what its client, its owner, the clock and the connection say, and returns what to do. It minds one session
/// id. Versions, `Require`, authentication, DESCRIBE and finding the session for a request are the connection's part.
///
/// While a question to the owner is open, later requests wait, so responses keep the order of the requests. When more than
/// `maximumWaiting` wait, the client has long ceased to wait for answers: all are answered 503, and the session closes.
public struct ServerSession: Sendable, Hashable, Identifiable {
    /// What the session remembers in each of its phases.
    public enum State: Sendable, Hashable {
        /// Nothing is set up. Turns into `ready`, `closed`.
        case initial
        /// Something is set up, nothing flows. Turns into `playing`, `closed`.
        case ready(Streams)
        /// Media flows to the client. Turns into `ready`, `closed`.
        case playing(Streams, Playback)
        /// Over. Turns into nothing else.
        case closed(CloseReason)

        /// The phase in the state tables; `nil` once closed.
        public var phase: SessionPhase? {
            switch self {
            case .initial: .initial
            case .ready: .ready
            case .playing: .playing
            case .closed: nil
            }
        }

        /// What is set up.
        public var streams: Streams {
            switch self {
            case .ready(let streams), .playing(let streams, _): streams
            case .initial, .closed: []
            }
        }
    }

    /// A request that has no response yet.
    struct Unanswered: Sendable, Hashable {
        var request: RTSPRequest
        /// False once the connection that it came on has closed.
        var hasListener = true
    }

    /// The request that the owner is asked about.
    struct OpenQuestion: Sendable, Hashable {
        var unanswered: Unanswered
        var question: Question
    }

    /// The methods that a server with these sessions supports, for its `Public` field. DESCRIBE is answered by the connection.
    public static let supportedMethods: [RTSPMethod] = [
        .options, .describe, .setup, .play, .pause, .teardown, .getParameter, .setParameter,
    ]

    /// The number of requests that may wait behind an open question.
    public static let maximumWaiting = 16

    /// The identifier in the `Session` field.
    public let id: String
    /// How long the session lives without a sign of life.
    public let timeout: Duration
    /// Where the session stands.
    public internal(set) var state = State.initial
    /// Whether ``state`` is ``State/closed(_:)``; asked for at each frame, and quicker to look at.
    private var isClosed = false
    var open: OpenQuestion?
    var waiting: [Unanswered] = []
    @StoredInstant private var now: ContinuousClock.Instant
    @StoredInstant private var lastSignOfLife: ContinuousClock.Instant

    /// A session with nothing set up.
    ///
    /// - Parameters:
    ///   - id: the identifier; 128 random bits, so that nobody guesses it.
    ///   - timeout: how long the session lives without a sign of life; kept between a second and a day.
    ///   - now: the time.
    public init(id: String, timeout: Duration = .seconds(60), at now: ContinuousClock.Instant) {
        self.id = id
        self.timeout = min(max(timeout, .seconds(1)), .seconds(86_400))
        self.now = now
        lastSignOfLife = now
    }

    /// When `advance(to:)` is due; `nil` once closed.
    public var deadline: ContinuousClock.Instant? {
        isClosed ? nil : lastSignOfLife.advanced(by: timeout)
    }

    /// The question that waits for `answer(_:at:)`.
    public var openQuestion: Question? { open?.question }

    /// The client sent a request. It is a sign of life whatever it says. Once closed, the response is 454.
    public mutating func receive(_ request: RTSPRequest, at now: ContinuousClock.Instant) -> [Action] {
        showLife(at: now)
        let arrival = Unanswered(request: request)
        guard open != nil else { return handle(arrival) }
        waiting.append(arrival)
        guard waiting.count > Self.maximumWaiting else { return [] }
        return finish(.peerViolation("too many requests without waiting for a response"), unanswered: .serviceUnavailable)
    }

    /// The owner has an answer to the open question.
    public mutating func answer(_ answer: Answer, at now: ContinuousClock.Instant) throws(AnswerError) -> [Action] {
        guard let open else { throw AnswerError(problem: .noQuestionIsOpen, state: state) }
        if let refusal = answer.refusal, refusal.isSuccess {
            throw AnswerError(problem: .refusesWithSuccess(refusal), state: state)
        }
        switch (open.question, answer) {
        case (.setup(let question), .setup(let answer)):
            move(to: now)
            self.open = nil
            return settle(question, answer, open.unanswered) + handleWaiting()
        case (.play(let question), .play(let answer)):
            move(to: now)
            self.open = nil
            return settle(question, answer, open.unanswered) + handleWaiting()
        case (.setup, .play), (.play, .setup):
            throw AnswerError(problem: .answersAnotherQuestion(open.question), state: state)
        }
    }

    /// Time has come this far; older times count as now. Only here does a session time out.
    public mutating func advance(to now: ContinuousClock.Instant) -> [Action] {
        move(to: now)
        guard let deadline, deadline <= self.now else { return [] }
        return finish(.timedOut, unanswered: .serviceUnavailable)
    }

    /// The control connection closed. A session whose media it carried ends with it, and so does one with nothing set up, since
    /// nobody knows its id. Any other lives on until its timeout, and requests that have arrived still take effect, unanswered;
    /// a SETUP among them that is then accepted for interleaved media ends the session.
    public mutating func connectionClosed(at now: ContinuousClock.Instant) -> [Action] {
        move(to: now)
        open?.unanswered.hasListener = false
        for index in waiting.indices { waiting[index].hasListener = false }
        switch state {
        case .initial: return finish(.connectionClosed, unanswered: .serviceUnavailable)
        case .ready(let streams), .playing(let streams, _):
            return streams.areInterleaved ? finish(.connectionClosed, unanswered: .serviceUnavailable) : []
        case .closed: return []
        }
    }

    /// The client gave a sign of life other than a request: a receiver report (RFC 2326 appendix A.2).
    public mutating func receivedReport(at now: ContinuousClock.Instant) {
        showLife(at: now)
    }

    /// The media came to the end of the range: Playing becomes Ready (RFC 2326 appendix A.2). Otherwise without effect.
    public mutating func playbackEnded(at now: ContinuousClock.Instant) {
        move(to: now)
        if case .playing(let streams, _) = state { state = .ready(streams) }
    }

    /// The server ends the session for a reason of its own. Unanswered requests are answered 503.
    public mutating func close(_ reason: CloseReason = .shutDown, at now: ContinuousClock.Instant) -> [Action] {
        move(to: now)
        return finish(reason, unanswered: .serviceUnavailable)
    }

    /// The one way out: media stops, whoever still waits is told `status`, and the session is over.
    mutating func finish(_ reason: CloseReason, unanswered status: RTSPStatus, responding: [Action] = []) -> [Action] {
        guard state.phase != nil else { return [] }
        var actions: [Action] = state.streams.isEmpty ? [] : [.media(.stop)]
        actions += responding
        if let open { actions += respond(status, to: open.unanswered) }
        for unanswered in waiting { actions += respond(status, to: unanswered) }
        open = nil
        waiting = []
        state = .closed(reason)
        isClosed = true
        return actions + [.closed(reason)]
    }

    private mutating func handleWaiting() -> [Action] {
        var actions: [Action] = []
        while open == nil, !waiting.isEmpty {
            let next = waiting.removeFirst()
            actions += handle(next)
        }
        return actions
    }

    private mutating func showLife(at now: ContinuousClock.Instant) {
        move(to: now)
        lastSignOfLife = self.now
    }

    private mutating func move(to now: ContinuousClock.Instant) {
        self.now = max(self.now, now)
    }

    /// The latest time that anyone told.
    var currentTime: ContinuousClock.Instant { now }
}

extension ServerSession.Answer {
    fileprivate var refusal: RTSPStatus? {
        switch self {
        case .setup(.refused(let status, _)), .play(.refused(let status, _)): status
        case .setup(.accepted), .play(.accepted): nil
        }
    }
}
