import RTSPKit

/// What can happen to a `ServerSession`, by all of its doors, with one message for each thing that it tells apart:
///
/// - OPTIONS is answered at once, GET_PARAMETER with a body is refused at once, whatever the state, as is a method that nobody
///   has heard of; none of them has an effect.
/// - SETUP of two streams is a question to the owner; SETUP without `Transport` is refused by the session itself. Video travels
///   by UDP and audio interleaved (or by UDP as well), so that sessions of either kind and of both come about.
/// - PLAY with and without `Range` differ while media flows: one is a jump, the other asks how things stand.
/// - TEARDOWN of the presentation, and of the video alone.
/// - The owner's answers, each of them also where no question or another question is open.
/// - 40 of the 60 seconds pass that the session lives without a sign of life: once is harmless, twice is too much.
enum ServerStep: UInt8, CaseIterable, Sendable {
    case options, setupVideo, setupAudio, setupWithoutTransport, play, playRange, pause, teardown, teardownVideo, parameters
    case acceptSetup, refuseSetup, acceptPlay, refusePlay
    case advance, report, playbackEnded, connectionClosed, shutDown

    /// The method of the request, where the event is one.
    var method: RTSPMethod? {
        switch self {
        case .options: .options
        case .setupVideo, .setupAudio, .setupWithoutTransport: .setup
        case .play, .playRange: .play
        case .pause: .pause
        case .teardown, .teardownVideo: .teardown
        case .parameters: .getParameter
        default: nil
        }
    }

    /// The stream that a complete SETUP is about.
    var stream: Int? {
        switch self {
        case .setupVideo: 0
        case .setupAudio: 1
        default: nil
        }
    }
}

/// A `ServerSession` as it ought to be, told in as few words as possible. It sees the events, never the session.
///
/// It consists of the state table, the queue of requests that have no response yet, and the time in steps of 40 seconds.
struct ServerModel: Hashable {
    /// An action without what does not matter here.
    enum Outcome: Hashable {
        case ask(ServerStep), answer(cSeq: Int, code: Int), start, pause, release(Int), stop, closed(CloseReason)
    }

    /// A request without a response; the first one of several is the one that the owner is asked about.
    struct Arrival: Hashable {
        var event: ServerStep
        var cSeq: Int
        var hasListener = true
    }

    /// `nil` once closed.
    private(set) var phase: SessionPhase? = .initial
    /// What is set up, in the order of the first SETUP.
    private(set) var streams: [Int] = []
    private(set) var queue: [Arrival] = []
    private(set) var time = 0
    private(set) var lastSignOfLife = 0
    /// The number of steps without a sign of life that end the session.
    let patience: Int
    /// The streams that travel on the control connection, once accepted.
    let interleaved: [Int]

    init(patience: Int = 2, interleaved: [Int] = [1]) {
        self.patience = patience
        self.interleaved = interleaved
    }

    /// The number for the next request: the smallest that no unanswered request has. A session has no use for a number but to
    /// put it into the response, and using few makes more situations equal.
    var freeCSeq: Int {
        var taken: UInt64 = 1
        for arrival in queue { taken |= 1 << UInt64(arrival.cSeq) }
        return (~taken).trailingZeroBitCount
    }

    /// What must come of `event`; `nil` where the door throws it back.
    mutating func take(_ event: ServerStep) -> [Outcome]? {
        switch event {
        case .acceptSetup, .refuseSetup, .acceptPlay, .refusePlay:
            guard let first = queue.first, event.answers(first.event) else { return nil }
            queue.removeFirst()
            let outcomes = settle(first, event)
            return outcomes + drain()
        case .advance:
            time += 1
            return time - lastSignOfLife >= patience ? end(.timedOut) : []
        case .report:
            lastSignOfLife = time
            return []
        case .playbackEnded:
            if phase == .playing { phase = .ready }
            return []
        case .connectionClosed:
            for index in queue.indices { queue[index].hasListener = false }
            return phase == .initial || streams.contains { interleaved.contains($0) } ? end(.connectionClosed) : []
        case .shutDown:
            return end(.shutDown)
        default:
            lastSignOfLife = time
            queue.append(Arrival(event: event, cSeq: freeCSeq))
            return queue.count == 1 ? drain() : []
        }
    }

    /// Answers in order, up to the next request that needs the owner.
    private mutating func drain() -> [Outcome] {
        var outcomes: [Outcome] = []
        while let first = queue.first {
            if asks(first.event) { return outcomes + [.ask(first.event)] }
            queue.removeFirst()
            outcomes += handle(first)
        }
        return outcomes
    }

    private func asks(_ event: ServerStep) -> Bool {
        guard let phase, let method = event.method, SessionTransitions.next(method, from: phase) != nil else { return false }
        return event.stream != nil || method == .play
    }

    private mutating func handle(_ arrival: Arrival) -> [Outcome] {
        guard let phase, let method = arrival.event.method else { return answer(arrival, 454) }
        guard let next = SessionTransitions.next(method, from: phase) else { return answer(arrival, 455) }
        switch arrival.event {
        case .setupWithoutTransport: return answer(arrival, 400)
        case .parameters: return answer(arrival, 451)
        case .pause:
            self.phase = next
            return (phase == .playing ? [.pause] : []) + answer(arrival, 200)
        case .teardownVideo where streams.count == 2:
            streams.removeAll { $0 == 0 }
            return [.release(0)] + answer(arrival, 200)
        case .teardown, .teardownVideo:
            return end(.teardown, first: answer(arrival, 200), others: 454)
        default: return answer(arrival, 200)
        }
    }

    private mutating func settle(_ arrival: Arrival, _ event: ServerStep) -> [Outcome] {
        switch event {
        case .acceptSetup:
            guard let stream = arrival.event.stream else { return [] }
            if !streams.contains(stream) { streams.append(stream) }
            phase = .ready
            // What would travel on a connection that is gone ends with it, however late it was accepted.
            return interleaved.contains(stream) && !arrival.hasListener ? end(.connectionClosed) : answer(arrival, 200)
        case .acceptPlay:
            let asksHowThingsStand = arrival.event == .play && phase == .playing
            phase = .playing
            return answer(arrival, 200) + (asksHowThingsStand ? [] : [.start])
        case .refuseSetup: return answer(arrival, 404)
        default: return answer(arrival, 457)
        }
    }

    private mutating func end(_ reason: CloseReason, first: [Outcome] = [], others code: Int = 503) -> [Outcome] {
        guard phase != nil else { return [] }
        let outcomes = (streams.isEmpty ? [] : [.stop]) + first + queue.flatMap { answer($0, code) } + [.closed(reason)]
        phase = nil
        streams = []
        queue = []
        return outcomes
    }

    private func answer(_ arrival: Arrival, _ code: Int) -> [Outcome] {
        arrival.hasListener ? [.answer(cSeq: arrival.cSeq, code: code)] : []
    }
}

extension ServerStep {
    /// True where this is an answer of the owner to a question about `request`.
    func answers(_ request: ServerStep) -> Bool {
        switch self {
        case .acceptSetup, .refuseSetup: request.stream != nil
        case .acceptPlay, .refusePlay: request == .play || request == .playRange
        default: false
        }
    }
}

/// The promises of a `ServerSession`, kept as accounts of what it does, whatever the model thinks of it.
struct ServerLedger: Hashable {
    /// The numbers of the requests to which someone waits for a response, in order.
    private var owed: [Int] = []
    /// The streams that were accepted and not released.
    private var held: [Int] = []
    private var flows = false
    private var isClosed = false

    mutating func arrived(cSeq: Int) { owed.append(cSeq) }
    mutating func connectionClosed() { owed = [] }
    mutating func playbackEnded() { flows = false }
    mutating func accepted(stream: Int) { if !held.contains(stream) { held.append(stream) } }

    /// Enters what the session did, and says which promises that breaks.
    mutating func enter(_ outcomes: [ServerModel.Outcome], of session: ServerSession) -> [String] {
        var complaints: [String] = []
        for outcome in outcomes {
            if isClosed, !isAnswer(outcome) { complaints.append("\(outcome) after closed") }
            switch outcome {
            case .ask: break
            case .answer(let cSeq, _):
                if owed.first != cSeq { complaints.append("answered \(cSeq), owes \(owed)") }
                if !owed.isEmpty { owed.removeFirst() }
            case .start:
                if held.isEmpty { complaints.append("started nothing") }
                flows = true
            case .pause:
                if !flows { complaints.append("paused what did not flow") }
                flows = false
            case .release(let stream):
                if !held.contains(stream) { complaints.append("released \(stream), holds \(held)") }
                held.removeAll { $0 == stream }
            case .stop:
                if held.isEmpty { complaints.append("stopped what was released") }
                held = []
                flows = false
            case .closed: isClosed = true
            }
        }
        if isClosed, !held.isEmpty { complaints.append("closed, and holds \(held)") }
        if session.openQuestion == nil, !owed.isEmpty { complaints.append("asks nothing, and owes \(owed)") }
        if isClosed != (session.state.phase == nil) { complaints.append("closed by deed or by state, not by both") }
        if flows != (session.state.phase == .playing) { complaints.append("media flows: \(flows)") }
        if isClosed != (session.deadline == nil) { complaints.append("closed or without a deadline, not both") }
        return complaints
    }

    private func isAnswer(_ outcome: ServerModel.Outcome) -> Bool {
        if case .answer = outcome { true } else { false }
    }
}
