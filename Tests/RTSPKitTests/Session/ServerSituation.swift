import RTSPKit

private typealias Fixture = SessionFixtures

/// A `ServerSession`, the model of it, and the accounts of what it did.
struct ServerSituation: SequenceSituation {
    static let events = ServerStep.allCases

    private(set) var session: ServerSession
    private var model: ServerModel
    private var ledger = ServerLedger()

    init(model: ServerModel = ServerModel()) {
        session = Fixture.server()
        self.model = model
    }

    /// The model is small, and says nearly all about the session.
    func hash(into hasher: inout Hasher) { hasher.combine(model) }

    mutating func take(_ event: ServerStep) -> [String] {
        let cSeq = model.freeCSeq
        let asked = model.queue.first?.event
        let expected = model.take(event)
        let now = Self.instants[min(model.time, Self.instants.count - 1)]
        var complaints: [String] = []
        let actual: [ServerModel.Outcome]?
        if event.method != nil {
            ledger.arrived(cSeq: cSeq)
            actual = session.receive(Self.requests[Int(event.rawValue)][cSeq], at: now).map(Self.outcome)
        } else if let answer = answer(event, to: asked) {
            actual = give(answer, asked: asked, at: now, &complaints)
        } else {
            actual = pass(event, at: now)
        }
        complaints += ledger.enter(actual ?? [], of: session)
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
        if !session.state.streams.lazy.map(\.stream).elementsEqual(model.streams) {
            complaints.append("has \(session.state.streams.map(\.stream)), ought to have \(model.streams)")
        }
        if (session.openQuestion == nil) != model.queue.isEmpty {
            complaints.append("open: \(session.openQuestion, or: "nothing")")
        }
        let due = model.phase == nil ? nil : Self.instants[model.lastSignOfLife].advanced(by: session.timeout)
        if session.deadline != due { complaints.append("is due at \(session.deadline, or: "no time")") }
    }

    private mutating func give(
        _ answer: ServerSession.Answer, asked: ServerStep?, at now: ContinuousClock.Instant, _ complaints: inout [String]
    ) -> [ServerModel.Outcome]? {
        let before = session
        do {
            let actions = try session.answer(answer, at: now)
            if case .setup(.accepted(let stream, _)) = answer { ledger.accepted(stream: stream) }
            return actions.map(Self.outcome)
        } catch {
            if session != before { complaints.append("threw an answer back, and is another one now") }
            if (error.problem == .noQuestionIsOpen) != (asked == nil) { complaints.append("throws \(error.problem)") }
            return nil
        }
    }

    private mutating func pass(_ event: ServerStep, at now: ContinuousClock.Instant) -> [ServerModel.Outcome] {
        switch event {
        case .advance: return session.advance(to: now).map(Self.outcome)
        case .report: session.receivedReport(at: now)
        case .playbackEnded:
            session.playbackEnded(at: now)
            ledger.playbackEnded()
        case .connectionClosed:
            ledger.connectionClosed()
            return session.connectionClosed(at: now).map(Self.outcome)
        default: return session.close(at: now).map(Self.outcome)
        }
        return []
    }

    private static func outcome(_ action: ServerSession.Action) -> ServerModel.Outcome {
        switch action {
        case .ask(.setup(let question)): .ask(question.url == Fixture.audio ? .setupAudio : .setupVideo)
        case .ask(.play(let question)): .ask(question.range == nil ? .play : .playRange)
        case .respond(let response): .answer(cSeq: response.cSeq ?? -1, code: response.status.code)
        case .media(.start): .start
        case .media(.pause): .pause
        case .media(.release(let stream)): .release(stream)
        case .media(.stop): .stop
        case .closed(let reason): .closed(reason)
        }
    }

    // MARK: - What is said

    private static let instants = (0...16).map { Fixture.after(Double($0) * 40) }

    /// By event and number.
    private static let requests: [[RTSPRequest]] = ServerStep.allCases.map { event in
        (0...16).map { request(event, cSeq: $0) }
    }

    private static func request(_ event: ServerStep, cSeq: Int) -> RTSPRequest {
        switch event {
        case .setupVideo: return Fixture.setup(cSeq, url: Fixture.video)
        case .setupAudio: return Fixture.setup(cSeq, url: Fixture.audio, transport: bothTransports)
        case .playRange: return Fixture.request(.play, cSeq, ["Range": "npt=5-"])
        case .teardownVideo: return Fixture.request(.teardown, cSeq, url: Fixture.video)
        case .parameters:
            var request = Fixture.request(.getParameter, cSeq)
            request.body = Array("jitter\r\n".utf8)
            return request
        default: return Fixture.request(event.method ?? .options, cSeq)
        }
    }

    private func answer(_ event: ServerStep, to asked: ServerStep?) -> ServerSession.Answer? {
        switch event {
        case .acceptSetup: .setup(accepted(stream: asked?.stream ?? 0))
        case .refuseSetup: .setup(.refused(.notFound, [:]))
        case .acceptPlay: .play(.accepted(range: Fixture.wholeRange, rtpInfo: Fixture.info))
        case .refusePlay: .play(.refused(.invalidRange, [:]))
        default: nil
        }
    }

    private func accepted(stream: Int) -> ServerSession.SetupAnswer {
        .accepted(stream: stream, model.interleaved.contains(stream) ? Fixture.interleaved : Fixture.udp)
    }

    private static let bothTransports = "RTP/AVP/TCP;unicast;interleaved=0-1,RTP/AVP;unicast;client_port=5000-5001"
}

extension DefaultStringInterpolation {
    /// The value, or a word where there is none.
    mutating func appendInterpolation<Value>(_ value: Value?, or word: String) {
        appendLiteral(value.map { "\($0)" } ?? word)
    }
}
