import RTSPKit
import Testing

private typealias Fixture = SessionFixtures

/// Every command in every state, and every order of events.
@Suite struct ClientSessionSequencesTests {
    static let commands: [(ClientSession.Command, RTSPMethod)] = [
        (.options, .options), (.describe, .describe), (Fixture.setupCommand, .setup), (.play(nil), .play), (.pause, .pause),
        (.teardown, .teardown), (.keepAlive, .options),
    ]

    @Test(arguments: [SessionPhase.initial, .ready, .playing])
    func `every command in every state is taken or thrown back as the table says, and its success moves as it says`(
        phase: SessionPhase
    ) throws {
        for (command, method) in Self.commands {
            let before = try Self.session(in: phase)
            var session = before
            guard let next = SessionTransitions.next(method, from: phase) else {
                #expect(
                    throws: ClientSession.CommandError(
                        problem: .notValidInThisState, command: command, state: before.state)
                ) { _ = try session.perform(command, at: Fixture.start) }
                #expect(session == before)
                continue
            }
            let actions = try session.perform(command, at: Fixture.start)
            if case .send(let request) = actions.first {
                #expect(session.state == before.state, "\(command): moved before the answer")
                _ = session.receive(ClientModel.success(request), at: Fixture.start)
            }
            #expect(session.state.phase == (command == .teardown ? nil : next), "\(command) in \(phase)")
        }
    }

    @Test func `every sequence of five events keeps the promises`() {
        var walk = Walk()
        walk.visit(ClientModel(phase: .initial, session: Fixture.client()), left: 5)
        #expect(walk.complaints == [])
        #expect(walk.visited == (1...5).reduce(0) { $0 + ServerSessionSequencesTests.power(ClientModel.events.count, $1) })
        #expect(walk.phases == ["initial", "ready", "playing", "closed"])
    }

    @Test func `every sequence of four events keeps the promises of a playing session`() throws {
        var walk = Walk()
        var model = ClientModel(phase: .playing, session: try Fixture.playingClient())
        model.lastCSeq = 2
        walk.visit(model, left: 4)
        #expect(walk.complaints == [])
        #expect(walk.phases == ["ready", "playing", "closed"])
    }

    static func session(in phase: SessionPhase) throws -> ClientSession {
        switch phase {
        case .initial: Fixture.client()
        case .ready: try Fixture.readyClient()
        case .playing, .recording: try Fixture.playingClient()
        }
    }

    private struct Walk {
        var visited = 0
        var complaints: [String] = []
        var phases: Set<String> = []

        mutating func visit(_ model: ClientModel, left: Int) {
            guard left > 0, complaints.count < 10 else { return }
            for event in ClientModel.events {
                var next = model
                next.step(event)
                visited += 1
                phases.insert(next.session.state.phase?.rawValue ?? "closed")
                if !next.complaints.isEmpty { complaints.append("\(next.history): \(next.complaints)") }
                visit(next, left: left - 1)
            }
        }
    }
}

/// A session beside what the answers to its requests must add up to.
private struct ClientModel {
    enum Event: Hashable, CustomStringConvertible {
        case perform(ClientSession.Command), succeed, refuse, wait, disconnect, endByServer

        var description: String {
            switch self {
            case .perform(.setup): "setup"
            case .perform(let command): "\(command)"
            case .succeed: "succeed"
            case .refuse: "refuse"
            case .wait: "wait"
            case .disconnect: "disconnect"
            case .endByServer: "endByServer"
            }
        }
    }

    static let events: [Event] = [
        .perform(SessionFixtures.setupCommand), .perform(.play(nil)), .perform(.pause), .perform(.teardown), .succeed, .refuse,
        .wait, .disconnect, .endByServer,
    ]

    var phase: SessionPhase?
    var session: ClientSession
    var requests: [RTSPRequest] = []
    var lastCSeq = 0
    var time = SessionFixtures.start
    var history: [Event] = []
    var complaints: [String] = []

    init(phase: SessionPhase, session: ClientSession) {
        self.phase = phase
        self.session = session
    }

    mutating func step(_ event: Event) {
        history.append(event)
        let before = session
        switch event {
        case .perform(let command): perform(command, before)
        case .succeed: settle(before, succeeds: true)
        case .refuse: settle(before, succeeds: false)
        case .wait:
            time = time.advanced(by: .seconds(3))
            check(session.advance(to: time), before)
        case .disconnect: check(session.connectionClosed(at: time), before)
        case .endByServer:
            let actions = session.receive(RTSPRequest(.teardown, cSeq: 1), at: time)
            let responses = actions.filter { if case .respond = $0 { true } else { false } }
            if responses.count != (before.state.phase == nil ? 0 : 1) { complaints.append("server's request unanswered") }
            check(actions, before)
        }
    }

    static func success(_ request: RTSPRequest) -> RTSPResponse {
        request.method == .setup
            ? SessionFixtures.setupAnswer(request.cSeq ?? 0) : SessionFixtures.answer(.ok, request.cSeq)
    }

    private mutating func perform(_ command: ClientSession.Command, _ before: ClientSession) {
        do {
            check(try session.perform(command, at: time), before)
            if before.isEnding { complaints.append("a command was taken while ending") }
        } catch {
            if session != before { complaints.append("a wrong command changed the session") }
        }
    }

    private mutating func settle(_ before: ClientSession, succeeds: Bool) {
        guard !requests.isEmpty else { return }
        let request = requests.removeFirst()
        if let known = phase, succeeds {
            phase = request.method == .teardown ? nil : SessionTransitions.next(request.method, from: known)
            if phase == nil, request.method != .teardown { complaints.append("\(request.method) was sent in \(known)") }
        } else if request.method == .teardown {
            phase = nil
        }
        let response =
            succeeds ? Self.success(request) : SessionFixtures.answer(.internalServerError, request.cSeq)
        let actions = session.receive(response, at: time)
        let events = actions.filter { if case .inform = $0 { true } else { false } }
        if before.state.phase != nil, request.method != .teardown, events.count != 1 { complaints.append("not told: \(actions)") }
        check(actions, before)
    }

    private mutating func check(_ actions: [ClientSession.Action], _ before: ClientSession) {
        if before.state.phase == nil, !actions.isEmpty { complaints.append("\(actions) once closed") }
        for (index, action) in actions.enumerated() {
            switch action {
            case .send(let request):
                if request.cSeq != lastCSeq + 1 { complaints.append("CSeq \(request.cSeq ?? -1) after \(lastCSeq)") }
                lastCSeq += 1
                requests.append(request)
                if request.headers["Session"] != before.sessionID { complaints.append("Session is not as it was given") }
            case .closed(let reason):
                if index != actions.count - 1 { complaints.append("closed, but not last") }
                if session.state != .closed(reason) { complaints.append("closed, but not in state") }
                phase = nil
            case .respond, .inform: break
            }
        }
        if session.state.phase != phase { complaints.append("the table has \(phase?.rawValue ?? "closed")") }
        let hasDeadline = phase != nil && (phase != .initial || !requests.isEmpty)
        if (session.deadline != nil) != hasDeadline { complaints.append("deadline: \(String(describing: session.deadline))") }
        if let deadline = session.deadline, deadline <= time { complaints.append("overdue") }
    }
}
