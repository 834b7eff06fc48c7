import RTSPKit
import Testing

private typealias Fixture = SessionFixtures

/// Every method before every other, and every order of events: forking a session is an assignment, so all are driven.
@Suite struct ServerSessionSequencesTests {
    static let methods = RTSPMethod.allDefined + [RTSPMethod(rawValue: "FORWARD")]

    @Test(arguments: [SessionPhase.initial, .ready, .playing])
    func `every pair of methods in every state is answered as the table says`(phase: SessionPhase) throws {
        for first in Self.methods {
            for second in Self.methods {
                var model = ServerModel(phase: phase, session: try Self.session(in: phase))
                model.step(.request(first))
                if model.session.openQuestion != nil { model.step(.accept) }
                model.step(.request(second))
                if model.session.openQuestion != nil { model.step(.accept) }
                #expect(model.complaints == [], "\(phase): \(first), \(second)")
                #expect(model.unanswered.isEmpty, "\(phase): \(first), \(second)")
            }
        }
    }

    @Test func `every sequence of five events keeps the promises`() {
        var walk = Walk()
        walk.visit(ServerModel(phase: .initial, session: Fixture.server()), left: 5)
        #expect(walk.complaints == [])
        #expect(walk.visited == (1...5).reduce(0) { $0 + Self.power(ServerModel.events.count, $1) })
        #expect(walk.phases == ["initial", "ready", "playing", "closed"])
    }

    @Test func `every sequence of four events keeps the promises of a playing, interleaved session of two streams`() throws {
        var walk = Walk()
        let session = try Fixture.playing(Fixture.interleaved, streams: 2)
        walk.visit(ServerModel(phase: .playing, session: session), left: 4)
        #expect(walk.complaints == [])
        #expect(walk.phases == ["ready", "playing", "closed"])
    }

    static func session(in phase: SessionPhase) throws -> ServerSession {
        switch phase {
        case .initial: Fixture.server()
        case .ready: try Fixture.ready()
        case .playing, .recording: try Fixture.playing()
        }
    }

    static func power(_ base: Int, _ exponent: Int) -> Int { (0..<exponent).reduce(1) { product, _ in product * base } }

    private struct Walk {
        var visited = 0
        var complaints: [String] = []
        var phases: Set<String> = []

        mutating func visit(_ model: ServerModel, left: Int) {
            guard left > 0, complaints.count < 10 else { return }
            for event in ServerModel.events {
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

/// A session beside what its own responses and media commands must add up to.
private struct ServerModel {
    enum Event: Hashable, CustomStringConvertible {
        case request(RTSPMethod), accept, refuse, wait, disconnect, end

        var description: String {
            switch self {
            case .request(let method): method.rawValue
            case .accept: "accept"
            case .refuse: "refuse"
            case .wait: "wait"
            case .disconnect: "disconnect"
            case .end: "end"
            }
        }
    }

    static let events: [Event] = [
        .request(.setup), .request(.play), .request(.pause), .request(.teardown), .request(.options), .accept, .refuse, .wait,
        .disconnect, .end,
    ]

    var phase: SessionPhase?
    var session: ServerSession
    var flows: Bool
    var unanswered: [(cSeq: Int, method: RTSPMethod)] = []
    var isConnected = true
    var cSeq = 100
    var time = SessionFixtures.start
    var history: [Event] = []
    var complaints: [String] = []

    init(phase: SessionPhase, session: ServerSession) {
        self.phase = phase
        self.session = session
        flows = phase == .playing
    }

    mutating func step(_ event: Event) {
        history.append(event)
        let before = session
        switch event {
        case .request(let method):
            cSeq += 1
            unanswered.append((cSeq, method))
            check(session.receive(request(method), at: time), before)
        case .accept: answer(before, accepting: true)
        case .refuse: answer(before, accepting: false)
        case .wait:
            time = time.advanced(by: .seconds(40))
            check(session.advance(to: time), before)
        case .disconnect:
            isConnected = false
            check(session.connectionClosed(at: time), before)
            unanswered = []
        case .end:
            session.playbackEnded(at: time)
            if phase == .playing { phase = .ready }
            if before.state.phase == .playing { flows = false }
            check([], before)
        }
    }

    private func request(_ method: RTSPMethod) -> RTSPRequest {
        method == .setup ? SessionFixtures.setup(cSeq) : SessionFixtures.request(method, cSeq)
    }

    private mutating func answer(_ before: ServerSession, accepting: Bool) {
        let answer: ServerSession.Answer
        switch (session.openQuestion, accepting) {
        case (.setup, true): answer = .setup(.accepted(stream: 0, SessionFixtures.udp))
        case (.setup, false): answer = .setup(.refused(.notFound, [:]))
        case (.play, true), (nil, _): answer = .play(.accepted(range: nil, rtpInfo: .init(entries: [])))
        case (.play, false): answer = .play(.refused(.invalidRange, [:]))
        }
        do {
            check(try session.answer(answer, at: time), before)
            if before.openQuestion == nil { complaints.append("an answer to nothing was taken") }
        } catch {
            if before.openQuestion != nil { complaints.append("an answer was thrown back") }
            if session != before { complaints.append("a wrong answer changed the session") }
        }
    }

    private mutating func check(_ actions: [ServerSession.Action], _ before: ServerSession) {
        let wasClosed = before.state.phase == nil
        for (index, action) in actions.enumerated() {
            switch action {
            case .respond(let response): take(response, closes: actions.last == .closed(.timedOut))
            case .media(let command): take(command, wasClosed: wasClosed)
            case .ask(let question):
                if session.openQuestion != question { complaints.append("asked, but not open") }
            case .closed(let reason):
                if wasClosed || index != actions.count - 1 { complaints.append("closed twice, or not last") }
                if session.state != .closed(reason) { complaints.append("closed, but not in state") }
                phase = nil
            }
        }
        if isConnected, session.state.phase != phase { complaints.append("the table has \(phase?.rawValue ?? "closed")") }
        if flows != (session.state.phase == .playing) { complaints.append("media flows: \(flows) in \(session.state)") }
        if (session.deadline == nil) != (session.state.phase == nil) { complaints.append("deadline and state disagree") }
        if let deadline = session.deadline, deadline <= time, history.last == .wait { complaints.append("overdue") }
        if isConnected, unanswered.isEmpty != (session.openQuestion == nil) { complaints.append("unanswered: \(unanswered)") }
    }

    private mutating func take(_ response: RTSPResponse, closes: Bool) {
        guard let first = unanswered.first, response.cSeq == first.cSeq else {
            return complaints.append("response \(response.cSeq ?? -1) out of order")
        }
        unanswered.removeFirst()
        guard isConnected else { return }
        guard let known = phase else {
            if response.status != .sessionNotFound { complaints.append("not 454 once closed") }
            return
        }
        let next = SessionTransitions.next(first.method, from: known)
        if response.status.isSuccess {
            if next == nil { complaints.append("\(first.method) took effect in \(known)") }
            phase = first.method == .teardown ? nil : next
        } else if response.status == .serviceUnavailable {
            if !closes { complaints.append("503, but it goes on") }
        } else if ServerSession.supportedMethods.contains(first.method), first.method != .describe {
            let isInvalid = response.status == .methodNotValidInThisState
            if isInvalid != (next == nil) { complaints.append("\(first.method) in \(known): \(response.status)") }
        } else if response.status != .notImplemented {
            complaints.append("\(first.method): \(response.status)")
        }
    }

    private mutating func take(_ command: ServerSession.MediaCommand, wasClosed: Bool) {
        if wasClosed { complaints.append("media once closed") }
        switch command {
        case .start: flows = true
        case .pause:
            if !flows { complaints.append("paused what did not flow") }
            flows = false
        case .stop: flows = false
        case .release: break
        }
    }
}
