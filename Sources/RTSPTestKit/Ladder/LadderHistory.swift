internal import RTPTransport
internal import RTSPKit

/// One machine's part of a transcript, with what a client tells its user.
struct LadderHistory {
    /// One thing that happened.
    enum What {
        case input(Transcript.Input)
        case output(Transcript.Output)
        case told(ClientEvent)
        case line(String)
        case note(String)
    }

    /// One thing that happened, and when.
    struct Step {
        var time: Duration
        /// Its place among the transcript's entries, four for each, so that there is room for what follows from one.
        var order: Int
        var what: What
    }

    let machine: Transcript.Machine
    let setup: Transcript.Setup?
    let began: Duration
    var steps: [Step] = []

    init(_ machine: Transcript.Machine, setup: Transcript.Setup? = nil, began: Duration = .zero) {
        self.machine = machine
        self.setup = setup
        self.began = began
    }

    /// The histories of all machines of a transcript, in the order in which they were made.
    static func all(of transcript: Transcript) -> [LadderHistory] {
        var histories: [LadderHistory] = []
        var places: [Transcript.Machine: Int] = [:]
        for participant in transcript.participants where places[participant.machine] == nil {
            places[participant.machine] = histories.count
            histories.append(
                LadderHistory(participant.machine, setup: participant.setup, began: bounded(participant.time)))
        }
        for (order, entry) in transcript.entries.enumerated() {
            let place = places[entry.machine] ?? histories.count
            if place == histories.count {
                places[entry.machine] = place
                histories.append(LadderHistory(entry.machine, began: bounded(entry.time)))
            }
            let what: What =
                switch entry.what {
                case .input(let input): .input(input)
                case .output(let output): .output(output)
                case .event(let text): .line(text)
                case .note(let text): .note(text)
                }
            histories[place].steps.append(Step(time: bounded(entry.time), order: order * 4, what: what))
        }
        for index in histories.indices { histories[index].runAgain(from: transcript.start) }
        return histories
    }

    /// A transcript may say anything, and no clock goes beyond this.
    private static func bounded(_ time: Duration) -> Duration { min(max(time, .zero), .seconds(1_000_000_000)) }

    /// Runs a client with its inputs, and puts down what it tells, and what it sends where the transcript does not say.
    private mutating func runAgain(from start: ContinuousClock.Instant) {
        guard case .client(let configuration, let goal, let dialect)? = setup else { return }
        let began = start + began
        var connection: ClientConnection =
            switch dialect {
            case .standard: ClientConnection(configuration: configuration, goal: goal, at: began)
            case .lab: .lab(configuration: configuration, at: began)
            }
        let hasOutputs = steps.contains { if case .output = $0.what { true } else { false } }
        var result: [Step] = []
        var told: [ClientEvent] = []
        // What is told comes after what was sent.
        func flush() {
            guard let last = result.last else { return }
            result += told.map { Step(time: last.time, order: last.order + 1, what: .told($0)) }
            told = []
        }
        for step in steps {
            switch step.what {
            case .told, .line: continue
            case .output, .note: result.append(step)
            case .input(let input):
                flush()
                result.append(step)
                var transport = TranscriptTransport()
                told = connection.take(input, at: start + step.time, via: &transport)
                guard !hasOutputs else { continue }
                result += transport.takeOutputs().map { Step(time: step.time, order: step.order + 1, what: .output($0)) }
            }
        }
        flush()
        steps = result
    }
}
