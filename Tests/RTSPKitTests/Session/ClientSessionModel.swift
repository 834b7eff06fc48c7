import RTSPKit

/// What can happen to a `ClientSession`, by all of its doors, with one message for each thing that it tells apart:
///
/// - Every command; SETUP of the one stream, and PLAY with a range, which comes back as the range that is played.
/// - Responses to the oldest request and, out of turn, to the newest; to the first request of all, which may have been answered or
///   given up long ago; with a number that no request has, and with none. One response serves every request: 200 with all the
///   fields that any of them looks for, since each looks for its own only.
/// - Refusals of the oldest request: 454 ends the session where it answers a keep-alive; 455 stands for those that change
///   nothing, and 401 for those that make the connection try again. 100 is no answer yet.
/// - OPTIONS, REDIRECT and TEARDOWN by the server: without effect, told to the application, the end.
/// - Three seconds pass: more than the two that TEARDOWN may take; twice is more than the five that others may take, and than the
///   four after which a keep-alive is due.
enum ClientStep: UInt8, CaseIterable, Sendable {
    case options, describe, setup, play, pause, teardown, keepAlive
    case succeedOldest, succeedNewest, succeedFirst, succeedOther, succeedUnnumbered
    case refuseInState, refuseSession, refuseStranger, goOn
    case serverOptions, serverRedirect, serverTeardown
    case advance, playbackEnded, connectionClosed

    /// The method of the command that is given, as the table knows it.
    var method: RTSPMethod? {
        switch self {
        case .options, .keepAlive: .options
        case .describe: .describe
        case .setup: .setup
        case .play: .play
        case .pause: .pause
        case .teardown: .teardown
        default: nil
        }
    }

    /// The status of the response that comes.
    var code: Int? {
        switch self {
        case .succeedOldest, .succeedNewest, .succeedFirst, .succeedOther, .succeedUnnumbered: 200
        case .refuseInState: 455
        case .refuseSession: 454
        case .refuseStranger: 401
        case .goOn: 100
        default: nil
        }
    }

    /// The method of the server's request.
    var requested: RTSPMethod? {
        switch self {
        case .serverOptions: .options
        case .serverRedirect: .redirect
        case .serverTeardown: .teardown
        default: nil
        }
    }
}

/// A `ClientSession` as it ought to be, told in as few words as possible. It sees the events, never the session.
///
/// It consists of the state table, the requests that have no answer yet, and the time in seconds.
struct ClientModel: Hashable {
    /// An action without what does not matter here.
    enum Outcome: Hashable {
        case send(cSeq: Int, RTSPMethod, namesSession: Bool), respond(cSeq: Int), done(ClientStep), refused(ClientStep, code: Int)
        case redirected, closed(CloseReason)
    }

    /// A request without an answer.
    struct Pending: Hashable {
        var command: ClientStep
        var cSeq: Int
        var method: RTSPMethod
        var deadline: Int
    }

    /// A number that no request has.
    static let otherCSeq = 99
    static let serverCSeq = 5

    let isStrict: Bool
    /// How long a request may be without an answer.
    let patience: Int
    /// `nil` once closed.
    private(set) var phase: SessionPhase? = .initial
    private(set) var pending: [Pending] = []
    private(set) var unansweredKeepAlives = 0
    private(set) var time = 0
    private var abandoned: [Int] = []
    private var lastCSeq = 0
    private var lastRequest = 0
    private var knowsMethods = false
    private var isGetParameterRefused = false

    init(isStrict: Bool = false, patience: Int = 5) {
        self.isStrict = isStrict
        self.patience = patience
    }

    /// The number in the response that comes.
    func cSeq(of response: ClientStep) -> Int? {
        switch response {
        case .succeedNewest: pending.last?.cSeq ?? lastCSeq
        case .succeedFirst: 1
        case .succeedOther: Self.otherCSeq
        case .succeedUnnumbered: nil
        default: pending.first?.cSeq ?? lastCSeq
        }
    }

    var deadline: Int? {
        guard phase != nil else { return nil }
        return (pending.map(\.deadline) + [keepAliveDue].compactMap { $0 }).min()
    }

    private var isLeaving: Bool { pending.contains { $0.command == .teardown } }

    /// Two requests in eight seconds keep the session.
    private var keepAliveDue: Int? { phase == nil || phase == .initial || isLeaving ? nil : lastRequest + 4 }

    /// What must come of `step`; `nil` where the door throws it back.
    mutating func take(_ step: ClientStep) -> [Outcome]? {
        switch step {
        case .advance:
            time += 3
            return pass()
        case .playbackEnded:
            if phase == .playing { phase = .ready }
            return []
        case .connectionClosed: return close(isLeaving ? .teardown : .connectionClosed)
        case .serverOptions: return phase == nil ? [] : [.respond(cSeq: Self.serverCSeq)]
        case .serverRedirect: return phase == nil ? [] : [.respond(cSeq: Self.serverCSeq), .redirected]
        case .serverTeardown: return phase == nil ? [] : [.respond(cSeq: Self.serverCSeq)] + close(.serverEnded)
        default:
            if let method = step.method { return perform(step, method) }
            return phase == nil || step == .goOn ? [] : receive(cSeq(of: step), step.code ?? 0)
        }
    }

    private mutating func perform(_ command: ClientStep, _ method: RTSPMethod) -> [Outcome]? {
        guard let phase, !isLeaving, SessionTransitions.next(method, from: phase) != nil else { return nil }
        // It must be valid after those on their way, too.
        var later = phase
        for request in pending {
            if let method = request.command.method { later = SessionTransitions.next(method, from: later) ?? later }
        }
        guard SessionTransitions.next(method, from: later) != nil else { return nil }
        return command == .teardown && phase == .initial ? close(.teardown) : [send(command, method)]
    }

    private mutating func send(_ command: ClientStep, _ method: RTSPMethod) -> Outcome {
        lastCSeq += 1
        lastRequest = time
        let method = command == .keepAlive && knowsMethods && !isGetParameterRefused ? .getParameter : method
        let deadline = time + (command == .teardown ? 2 : patience)
        pending.append(Pending(command: command, cSeq: lastCSeq, method: method, deadline: deadline))
        return .send(cSeq: lastCSeq, method, namesSession: phase != .initial)
    }

    private mutating func receive(_ cSeq: Int?, _ code: Int) -> [Outcome] {
        if let index = pending.firstIndex(where: { $0.cSeq == cSeq }) { return settle(pending.remove(at: index), code) }
        if let cSeq, abandoned.contains(cSeq) { return [] }
        if isStrict { return close(.peerViolation("")) }
        return pending.count == 1 ? settle(pending.removeFirst(), code) : []
    }

    private mutating func settle(_ request: Pending, _ code: Int) -> [Outcome] {
        if request.command == .teardown { return close(.teardown) }
        guard code == 200 else {
            let isKeepAlive = request.command == .keepAlive
            if isKeepAlive, request.method == .getParameter, code != 454 { isGetParameterRefused = true }
            return [.refused(request.command, code: code)] + (isKeepAlive && code == 454 ? close(.serverEnded) : [])
        }
        switch request.command {
        case .setup: if phase == .initial { phase = .ready }
        case .play: phase = .playing
        case .pause: phase = .ready
        case .keepAlive:
            knowsMethods = true
            return []
        case .options: knowsMethods = true
        default: break
        }
        return [.done(request.command)]
    }

    private mutating func pass() -> [Outcome] {
        for late in pending where late.deadline <= time {
            if late.command == .teardown { return close(.teardown) }
            if late.command != .keepAlive, !isLeaving { return close(.requestTimedOut(late.method)) }
            abandon { $0 == late }
        }
        guard let keepAliveDue, keepAliveDue <= time else { return [] }
        abandon { $0.command == .keepAlive }
        return [send(.keepAlive, .options)]
    }

    private mutating func abandon(_ isMeant: (Pending) -> Bool) {
        for request in pending where isMeant(request) {
            abandoned.append(request.cSeq)
            if request.command == .keepAlive { unansweredKeepAlives += 1 }
        }
        pending.removeAll(where: isMeant)
    }

    private mutating func close(_ reason: CloseReason) -> [Outcome] {
        guard phase != nil else { return [] }
        phase = nil
        pending = []
        abandoned = []
        return [.closed(reason)]
    }
}

/// The promises of a `ClientSession`, kept as accounts of what it does, whatever the model thinks of it.
struct ClientLedger: Hashable {
    private var lastCSeq = 0
    private var isClosed = false

    /// Enters what the session did after `step`, and says which promises that breaks.
    mutating func enter(_ outcomes: [ClientModel.Outcome], after step: ClientStep, of session: ClientSession) -> [String] {
        var complaints: [String] = []
        let wasClosed = isClosed
        var answers = 0
        for outcome in outcomes {
            if isClosed { complaints.append("\(outcome) after closed") }
            switch outcome {
            case .send(let cSeq, _, _):
                if cSeq != lastCSeq + 1 { complaints.append("sends \(cSeq) after \(lastCSeq)") }
                lastCSeq = cSeq
            case .respond(let cSeq):
                if cSeq != ClientModel.serverCSeq { complaints.append("answers \(cSeq)") }
                answers += 1
            case .done, .refused:
                if step.code == nil { complaints.append("settled without a response") }
            case .redirected: break
            case .closed: isClosed = true
            }
        }
        if answers != (step.requested == nil || wasClosed ? 0 : 1) { complaints.append("answers \(answers) times") }
        if isClosed != (session.state.phase == nil) { complaints.append("closed by deed or by state, not by both") }
        return complaints
    }
}
