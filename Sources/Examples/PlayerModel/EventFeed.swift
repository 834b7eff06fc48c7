internal import Synchronization

/// What one tab is told. Bounded: of states and of numbers only the newest waits, of the dialogue the last 200 messages.
public final class EventFeed: Sendable {
    /// How many messages of a dialogue may wait.
    static let maximumDialogue = 200

    private struct Waiting {
        var state: PlayerEvent?
        var numbers: PlayerEvent?
        var dialogue: [PlayerEvent] = []
        var isBeatDue = false
        var isFinished = false
        var reader: CheckedContinuation<Void, Never>?

        var isEmpty: Bool { state == nil && numbers == nil && dialogue.isEmpty && !isBeatDue && !isFinished }
    }

    private let waiting = Mutex(Waiting())

    init() {}

    /// Waits for something to tell.
    /// - Returns: the text of one or more events, or a comment as a sign of life; `nil` when the feed has ended or the task is
    ///   cancelled. For one reader.
    public func next() async -> String? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDue = waiting.withLock { waiting in
                    guard waiting.isEmpty else { return true }
                    waiting.reader = continuation
                    return false
                }
                if isDue { continuation.resume() }
            }
        } onCancel: {
            finish()
        }
        return take()
    }

    private func take() -> String? {
        let taken = waiting.withLock { waiting in
            let taken = waiting
            waiting = Waiting()
            waiting.isFinished = taken.isFinished
            return taken
        }
        let events = taken.dialogue + [taken.state, taken.numbers].compactMap(\.self)
        if !events.isEmpty { return events.sorted { $0.id < $1.id }.map(\.text).joined() }
        return taken.isFinished ? nil : ":\n\n"
    }

    func post(_ event: PlayerEvent) {
        change { waiting in
            switch event.kind {
            case .state: waiting.state = event
            case .numbers: waiting.numbers = event
            case .dialogue:
                if waiting.dialogue.count >= Self.maximumDialogue { waiting.dialogue.removeFirst() }
                waiting.dialogue.append(event)
            }
        }
    }

    /// A sign of life, where there is nothing else to tell: a tab that has gone is noticed by it.
    func beat() { change { $0.isBeatDue = true } }

    /// Nothing more is told; what waits can still be read.
    public func finish() { change { $0.isFinished = true } }

    private func change(_ change: (inout Waiting) -> Void) {
        let reader = waiting.withLock { waiting in
            guard !waiting.isFinished else { return nil as CheckedContinuation<Void, Never>? }
            change(&waiting)
            defer { waiting.reader = nil }
            return waiting.reader
        }
        reader?.resume()
    }
}
