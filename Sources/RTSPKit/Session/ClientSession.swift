/// One session as the client sees it (RFC 2326 appendix A.1): which commands make sense, and what the server's answers lead to.
///
/// A value: it is told what the application, the server, the clock and the connection say, and returns what to do. State
/// changes when the *answer* to a request arrives. Requests may be sent without waiting for the answers to earlier ones, as long
/// as each is valid both now and after them.
public struct ClientSession: Sendable, Hashable {
    /// What the session remembers in each of its phases.
    public enum State: Sendable, Hashable {
        /// Nothing is set up. Turns into `ready`, `closed`.
        case initial
        /// Something is set up, nothing flows. Turns into `playing`, `closed`.
        case ready(Streams)
        /// Media flows to us. Turns into `ready`, `closed`.
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

    /// A request without a response.
    struct Pending: Sendable, Hashable {
        var cSeq: Int
        var command: Command
        var method: RTSPMethod
        @StoredInstant var deadline: ContinuousClock.Instant
    }

    /// How much a server may depart from the RFC.
    public enum Tolerance: Sendable, Hashable {
        /// Do what the field does: see quirks M08, M09, M16 and others at the places where they are dealt with.
        case lenient
        /// Close with `peerViolation`, which names what was wrong.
        case strict
    }

    /// The number of requests that may be on their way.
    public static let maximumPending = 16

    /// The URL of DESCRIBE, and of OPTIONS before anything is set up.
    public let url: String
    /// The URL of PLAY, PAUSE, TEARDOWN and keep-alives: `url` until the description names another (RFC 2326 appendix C.2).
    public var aggregateURL: String
    /// Where the session stands.
    public internal(set) var state = State.initial
    /// The identifier that the server gave the session, as it wrote it; `nil` before the first SETUP.
    public internal(set) var sessionID: String?
    /// How long the server keeps the session without a request: 60 seconds where it does not say (RFC 2326 section 12.37).
    public internal(set) var timeout = Duration.seconds(60)
    /// The methods that the server supports, as it said last; `nil` where it has not.
    public internal(set) var serverMethods: [RTSPMethod]?
    /// How many keep-alives had no answer. Some servers never answer any (quirk M29), so this ends nothing.
    public internal(set) var unansweredKeepAlives = 0
    let userAgent: String
    let requestTimeout: Duration
    let teardownTimeout: Duration
    let tolerance: Tolerance
    var pending: [Pending] = []
    /// Numbers of requests that we no longer wait for; their answers are not for anyone else.
    var abandoned: [Int] = []
    var isParameterKeepAliveRefused = false
    private var lastCSeq = 0
    @StoredInstant private var now: ContinuousClock.Instant
    @StoredInstant private var lastRequest: ContinuousClock.Instant

    /// A session with nothing set up.
    ///
    /// - Parameters:
    ///   - url: the presentation.
    ///   - userAgent: who we are, for the `User-Agent` field, which some servers need (quirk M32).
    ///   - requestTimeout: how long a request may be without an answer; kept between 10 ms and a day.
    ///   - teardownTimeout: how long we wait for the answer to TEARDOWN before we leave without; kept likewise.
    ///   - tolerance: how much the server may depart from the RFC.
    ///   - now: the time.
    public init(
        url: String, userAgent: String, requestTimeout: Duration = .seconds(5), teardownTimeout: Duration = .seconds(2),
        tolerance: Tolerance = .lenient, at now: ContinuousClock.Instant
    ) {
        self.url = url
        self.aggregateURL = url
        self.userAgent = userAgent
        self.requestTimeout = min(max(requestTimeout, .milliseconds(10)), .seconds(86_400))
        self.teardownTimeout = min(max(teardownTimeout, .milliseconds(10)), .seconds(86_400))
        self.tolerance = tolerance
        self.now = now
        lastRequest = now
    }

    /// When `advance(to:)` is due; `nil` once closed, and while nothing is set up and nothing on its way.
    public var deadline: ContinuousClock.Instant? {
        // Asked for after every packet, so without arrays.
        var earliest = keepAliveDue
        for request in pending { earliest = earliest.map { min($0, request.deadline) } ?? request.deadline }
        return earliest
    }

    /// True from the command TEARDOWN on.
    public var isEnding: Bool {
        state.phase == nil || pending.contains { $0.command == .teardown }
    }

    /// The application wants this. Throws where the command makes no sense; nothing has changed then.
    public mutating func perform(_ command: Command, at now: ContinuousClock.Instant) throws(CommandError) -> [Action] {
        if let problem = problem(with: command) { throw CommandError(problem: problem, command: command, state: state) }
        move(to: now)
        // Where nothing was set up the server has nothing to end.
        if command == .teardown, state.phase == .initial { return close(.teardown) }
        return [send(command)]
    }

    /// Time has come this far; older times count as now.
    public mutating func advance(to now: ContinuousClock.Instant) -> [Action] {
        move(to: now)
        while let index = pending.firstIndex(where: { $0.deadline <= self.now }) {
            let late = pending.remove(at: index)
            switch late.command {
            case .teardown: return close(.teardown)
            case .keepAlive:
                unansweredKeepAlives &+= 1
                abandon(late)
            case .options, .describe, .setup, .play, .pause:
                // Once we are leaving, only the answer to TEARDOWN matters.
                guard isEnding else { return close(.requestTimedOut(late.method)) }
                abandon(late)
            }
        }
        guard let keepAliveDue, keepAliveDue <= self.now else { return [] }
        while let index = pending.firstIndex(where: { $0.command == .keepAlive }) {
            unansweredKeepAlives &+= 1
            abandon(pending.remove(at: index))
        }
        return [send(.keepAlive)]
    }

    /// The control connection closed, and the session with it: its requests have nowhere to go.
    public mutating func connectionClosed(at now: ContinuousClock.Instant) -> [Action] {
        move(to: now)
        return close(isEnding ? .teardown : .connectionClosed)
    }

    /// The media came to its end, as an RTCP BYE tells: Playing becomes Ready, as it has at the server. Otherwise without effect.
    public mutating func playbackEnded(at now: ContinuousClock.Instant) {
        move(to: now)
        if case .playing(let streams, _) = state { state = .ready(streams) }
    }

    // MARK: - What the doors share

    /// The latest time that anyone told.
    var currentTime: ContinuousClock.Instant { now }

    mutating func move(to now: ContinuousClock.Instant) {
        self.now = max(self.now, now)
    }

    /// The one way out.
    mutating func close(_ reason: CloseReason) -> [Action] {
        guard state.phase != nil else { return [] }
        state = .closed(reason)
        pending = []
        abandoned = []
        return [.closed(reason)]
    }

    /// Half of the session's timeout after the last request.
    private var keepAliveDue: ContinuousClock.Instant? {
        switch state {
        case .ready, .playing: isEnding ? nil : lastRequest.advanced(by: timeout / 2)
        case .initial, .closed: nil
        }
    }

    private mutating func abandon(_ late: Pending) {
        abandoned.append(late.cSeq)
        if abandoned.count > Self.maximumPending { abandoned.removeFirst() }
    }

    private func problem(with command: Command) -> CommandError.Problem? {
        guard let phase = state.phase, !isEnding else { return .isEnding }
        guard SessionTransitions.next(command.method, from: phase) != nil else { return .notValidInThisState }
        let later = pending.reduce(phase) { SessionTransitions.next($1.command.method, from: $0) ?? $0 }
        guard SessionTransitions.next(command.method, from: later) != nil else { return .notValidInThisState }
        guard pending.count < Self.maximumPending else { return command == .teardown ? nil : .tooManyPending }
        if case .setup(_, _, let offers) = command, offers.isEmpty { return .offersNoTransport }
        return nil
    }

    private mutating func send(_ command: Command) -> Action {
        lastCSeq = lastCSeq == 999_999_999 ? 1 : lastCSeq + 1
        lastRequest = now
        let request = request(for: command, cSeq: lastCSeq)
        let patience = command == .teardown ? teardownTimeout : requestTimeout
        pending.append(
            Pending(cSeq: lastCSeq, command: command, method: request.method, deadline: now.advanced(by: patience)))
        return .send(request)
    }
}
