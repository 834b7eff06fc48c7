import RTSPKit

private typealias Fixture = SessionFixtures

/// A `ClientSession`, the model of it, and the accounts of what it did.
struct ClientSituation: SequenceSituation {
    static let events = ClientStep.allCases

    private(set) var session: ClientSession
    private var model: ClientModel
    private var ledger = ClientLedger()

    init(model: ClientModel = ClientModel()) {
        session = Fixture.client(model.isStrict ? .strict : .lenient)
        self.model = model
    }

    /// The model is small, and says nearly all about the session.
    func hash(into hasher: inout Hasher) { hasher.combine(model) }

    mutating func take(_ step: ClientStep) -> [String] {
        let cSeq = model.cSeq(of: step)
        let expected = model.take(step)
        let now = Self.instants[min(model.time, Self.instants.count - 1)]
        var complaints: [String] = []
        let actual: [ClientModel.Outcome]?
        if let command = Self.command(step) {
            actual = perform(command, at: now, &complaints)
        } else if let code = step.code {
            actual = session.receive(Self.response(code, cSeq), at: now).map(Self.outcome)
        } else if let method = step.requested {
            actual = session.receive(Self.request(method), at: now).map(Self.outcome)
        } else {
            actual = pass(step, at: now)
        }
        complaints += ledger.enter(actual ?? [], after: step, of: session)
        if actual != expected {
            complaints.append("does \(actual, or: "throw"), ought to \(expected, or: "throw")")
        }
        compare(&complaints)
        return complaints
    }

    /// The state, as far as it can be seen from outside.
    private func compare(_ complaints: inout [String]) {
        if session.state.phase != model.phase {
            complaints.append("is \(session.state.phase, or: "closed"), the table has \(model.phase, or: "closed")")
        }
        let isSetUp = model.phase != nil && model.phase != .initial
        if session.state.streams.count != (isSetUp ? 1 : 0) { complaints.append("has \(session.state.streams.map(\.stream))") }
        let due = model.deadline.map { Self.instants[$0] }
        if session.deadline != due { complaints.append("is due at \(session.deadline, or: "no time")") }
        if session.deadline == nil, !model.pending.isEmpty { complaints.append("waits for answers without a deadline") }
        if session.unansweredKeepAlives != model.unansweredKeepAlives { complaints.append("counts keep-alives otherwise") }
    }

    private mutating func perform(
        _ command: ClientSession.Command, at now: ContinuousClock.Instant, _ complaints: inout [String]
    ) -> [ClientModel.Outcome]? {
        let before = session
        do {
            return try session.perform(command, at: now).map(Self.outcome)
        } catch {
            if session != before { complaints.append("threw a command back, and is another one now") }
            return nil
        }
    }

    private mutating func pass(_ step: ClientStep, at now: ContinuousClock.Instant) -> [ClientModel.Outcome] {
        switch step {
        case .advance: return session.advance(to: now).map(Self.outcome)
        case .connectionClosed: return session.connectionClosed(at: now).map(Self.outcome)
        default:
            session.playbackEnded(at: now)
            return []
        }
    }

    private static func outcome(_ action: ClientSession.Action) -> ClientModel.Outcome {
        switch action {
        case .send(let request):
            .send(cSeq: request.cSeq ?? -1, request.method, namesSession: request.headers["Session"] == "ABC")
        case .respond(let response): .respond(cSeq: response.status == .ok ? response.cSeq ?? -1 : -1)
        case .inform(let event): outcome(event)
        case .closed(.peerViolation): .closed(.peerViolation(""))
        case .closed(let reason): .closed(reason)
        }
    }

    private static func outcome(_ event: ClientSession.Event) -> ClientModel.Outcome {
        switch event {
        case .options: .done(.options)
        case .described: .done(.describe)
        case .setUp: .done(.setup)
        case .playing: .done(.play)
        case .paused: .done(.pause)
        case .refused(let command, let status, _): .refused(step(command), code: status.code)
        case .redirected: .redirected
        }
    }

    // MARK: - What is said

    private static let instants = (0...64).map { Fixture.after(Double($0)) }

    private static func command(_ step: ClientStep) -> ClientSession.Command? {
        switch step {
        case .options: .options
        case .describe: .describe
        case .setup: Fixture.setupCommand
        case .play: .play(Fixture.wholeRange)
        case .pause: .pause
        case .teardown: .teardown
        case .keepAlive: .keepAlive
        default: nil
        }
    }

    private static func step(_ command: ClientSession.Command) -> ClientStep {
        switch command {
        case .options: .options
        case .describe: .describe
        case .setup: .setup
        case .play: .play
        case .pause: .pause
        case .teardown: .teardown
        case .keepAlive: .keepAlive
        }
    }

    private static let fields: RTSPHeaders = [
        "Session": "ABC;timeout=8", "Transport": Fixture.udp.description, "Range": "npt=0-60",
        "Public": "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER",
    ]

    private static func response(_ code: Int, _ cSeq: Int?) -> RTSPResponse {
        Fixture.answer(RTSPStatus(code: code), cSeq, code == 200 ? fields : [:])
    }

    private static func request(_ method: RTSPMethod) -> RTSPRequest {
        Fixture.request(method, ClientModel.serverCSeq, method == .redirect ? ["Location": "rtsp://other/movie"] : [:])
    }
}
