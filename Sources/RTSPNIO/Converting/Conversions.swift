internal import NIOPosix
internal import RTPTransport
internal import Synchronization

/// All conversions of a server: each picture once, on threads of its own, whoever waits for it.
final class Conversions: Sendable {
    /// A picture that is being converted, or waits for its turn.
    fileprivate struct Job {
        let image: [UInt8]
        let conversion: JPEGConversion
        let name: ConversionName
        /// Tells it from a later one for the same picture.
        var number: UInt64 = 0
        /// How many want it; a job nobody wants is dropped when its turn comes.
        var interest = 0
        var tickets: [WeakTicket] = []
        /// For a live frame, which nobody else can ask for.
        var completion: (@Sendable (ConversionOutcome) -> Void)?
    }

    fileprivate struct WeakTicket { weak var ticket: ConversionTicket? }

    /// Whose turn it is.
    fileprivate enum Turn: Hashable {
        case shared(ConversionKey)
        case live(UInt64)
    }

    fileprivate struct State {
        var cache: ConversionCache
        var jobs: [Turn: Job] = [:]
        var queue: [Turn] = []
        var urgent: [Turn] = []
        var queuedBytes = 0
        var workers = 0
        var nextNumber: UInt64 = 0
        var statistics = ConversionStatistics()
        /// The time from asking to having, smoothed.
        var latency = Duration.zero
        /// Who found the queue full.
        var waitingForRoom: [@Sendable () -> Void] = []
    }

    /// How many pictures, and bytes of them, may wait.
    static let maximumQueued = 256
    static let maximumQueuedBytes = 64 << 20

    private let converter: any JPEGConverter
    private let threadCount: Int
    private let threads: NIOThreadPool
    private let state: Mutex<State>

    init(converter: any JPEGConverter, threadCount: Int, cacheBytes: Int) {
        self.converter = converter
        self.threadCount = max(1, threadCount)
        threads = NIOThreadPool(numberOfThreads: max(1, threadCount))
        threads.start()
        state = Mutex(State(cache: ConversionCache(maximumBytes: cacheBytes)))
    }

    deinit { threads.shutdownGracefully { _ in } }

    var statistics: ConversionStatistics { state.withLock { $0.statistics } }

    /// How long a picture takes from being asked for to being there, about.
    var latency: Duration { state.withLock { $0.latency } }

    /// Pictures that wait or are being converted.
    var jobCount: Int { state.withLock { $0.jobs.count } }

    // MARK: Asking

    /// Asks for a picture: what was converted before is there at once, what is in the works is joined.
    /// - Returns: `nil` where too many wait; ``whenRoom(_:)`` tells when to ask again.
    func ask(for image: [UInt8], _ conversion: JPEGConversion, of name: ConversionName) -> ConversionTicket? {
        let key = ConversionKey(image, conversion)
        let (ticket, isNew) = state.withLock { state -> (ConversionTicket?, Bool) in
            let turn = Turn.shared(key)
            if let outcome = state.cache.outcome(for: key) {
                state.statistics.shared += 1
                return (ConversionTicket(outcome), false)
            }
            let isNew = state.jobs[turn] == nil
            if isNew {
                guard state.queue.count < Self.maximumQueued, state.queuedBytes <= Self.maximumQueuedBytes else {
                    return (nil, false)
                }
                state.queue.append(turn)
                state.queuedBytes += image.count
            } else {
                state.statistics.shared += 1
            }
            var job = state.jobs[turn] ?? state.newJob(image, conversion, name)
            let ticket = ConversionTicket(key, number: job.number, in: self)
            job.interest += 1
            job.tickets.append(WeakTicket(ticket: ticket))
            state.jobs[turn] = job
            return (ticket, isNew)
        }
        if isNew { startWorker() }
        return ticket
    }

    /// Converts a live frame before all stored ones; its outcome is kept for nobody else.
    func convertLive(
        _ image: [UInt8], _ conversion: JPEGConversion, of name: ConversionName,
        completion: @escaping @Sendable (ConversionOutcome) -> Void
    ) {
        state.withLock { state in
            var job = state.newJob(image, conversion, name)
            job.interest = 1
            job.completion = completion
            let turn = Turn.live(job.number)
            state.jobs[turn] = job
            state.queuedBytes += image.count
            state.urgent.append(turn)
        }
        startWorker()
    }

    /// Calls `wake` once the queue has room, or at once where it has.
    func whenRoom(_ wake: @escaping @Sendable () -> Void) {
        let hasRoom = state.withLock { state in
            guard state.workers > 0 else { return true }
            state.waitingForRoom.append(wake)
            return false
        }
        if hasRoom { wake() }
    }

    /// One who asked wants it no longer.
    fileprivate func release(_ key: ConversionKey, number: UInt64) {
        state.withLock { state in
            guard state.jobs[.shared(key)]?.number == number else { return }
            state.jobs[.shared(key)]?.interest -= 1
        }
    }

    // MARK: Working

    private func startWorker() {
        let isNeeded = state.withLock { state in
            guard state.workers < threadCount else { return false }
            state.workers += 1
            return true
        }
        guard isNeeded else { return }
        threads.submit { [self] threadState in
            guard case .active = threadState else { return }
            work()
        }
    }

    private func work() {
        let clock = ContinuousClock()
        while let (turn, job) = state.withLock({ $0.takeTurn() }) {
            let start = clock.now
            let outcome: ConversionOutcome
            do throws(JPEGConversionError) {
                outcome = .success(try converter.convert(job.image, job.conversion))
            } catch {
                outcome = .failure(error)
            }
            finish(turn, job, outcome, start.duration(to: clock.now))
        }
    }

    private func finish(_ turn: Turn, _ job: Job, _ outcome: ConversionOutcome, _ time: Duration) {
        let (tickets, wakes) = state.withLock { state in
            state.statistics.note(outcome, time)
            let tickets = state.jobs.removeValue(forKey: turn)?.tickets.compactMap(\.ticket) ?? []
            if case .shared(let key) = turn { state.cache.keep(outcome, for: key) }
            // What waits now is worked off by so many threads at once.
            let ahead = Duration.zero + time * (1 + state.queue.count / threadCount)
            state.latency = state.latency == .zero ? ahead : (state.latency * 7 + ahead) / 8
            return (tickets, state.takeWaiting())
        }
        job.name.note(outcome, of: job.image, job.conversion)
        job.completion?(outcome)
        for ticket in tickets { ticket.finish(outcome) }
        for wake in wakes { wake() }
    }
}

extension Conversions.State {
    fileprivate mutating func newJob(
        _ image: [UInt8], _ conversion: JPEGConversion, _ name: ConversionName
    ) -> Conversions.Job {
        defer { nextNumber += 1 }
        return Conversions.Job(image: image, conversion: conversion, name: name, number: nextNumber)
    }

    /// The next job that somebody wants; without one the worker is done.
    fileprivate mutating func takeTurn() -> (Conversions.Turn, Conversions.Job)? {
        while true {
            let next: Conversions.Turn
            if !urgent.isEmpty {
                next = urgent.removeFirst()
            } else if !queue.isEmpty {
                next = queue.removeFirst()
            } else {
                break
            }
            queuedBytes -= jobs[next]?.image.count ?? 0
            guard let job = jobs[next], job.interest > 0 else {
                jobs[next] = nil
                statistics.abandoned += 1
                continue
            }
            return (next, job)
        }
        workers -= 1
        return nil
    }

    fileprivate mutating func takeWaiting() -> [@Sendable () -> Void] {
        defer { waitingForRoom = [] }
        return waitingForRoom
    }
}

/// One's claim to a picture that is being converted. Giving it up, by forgetting it, lets the work be dropped.
final class ConversionTicket: Sendable {
    private struct State {
        var outcome: ConversionOutcome?
        var wake: (@Sendable () -> Void)?
    }

    private let key: ConversionKey?
    private let number: UInt64
    private let conversions: Conversions?
    private let state: Mutex<State>

    /// A picture that is there.
    fileprivate init(_ outcome: ConversionOutcome) {
        (key, number, conversions) = (nil, 0, nil)
        state = Mutex(State(outcome: outcome))
    }

    fileprivate init(_ key: ConversionKey, number: UInt64, in conversions: Conversions) {
        (self.key, self.number, self.conversions) = (key, number, conversions)
        state = Mutex(State())
    }

    deinit { if let key { conversions?.release(key, number: number) } }

    /// What became of it, once that is known.
    var outcome: ConversionOutcome? { state.withLock { $0.outcome } }

    /// Calls `wake` when the outcome is there.
    /// - Returns: false where it is there already; then nobody is called.
    func whenDone(_ wake: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            guard state.outcome == nil else { return false }
            state.wake = wake
            return true
        }
    }

    fileprivate func finish(_ outcome: ConversionOutcome) {
        let wake = state.withLock { state in
            defer { state.wake = nil }
            state.outcome = outcome
            return state.wake
        }
        wake?()
    }
}

/// A presentation as its conversions name it, and what has been said of it already.
final class ConversionName: Sendable {
    private struct Said {
        var beginning = false
        var failure = false
    }

    private let name: String
    private let tell: (@Sendable (_ presentation: String, ConversionNotice) -> Void)?
    private let said = Mutex(Said())

    init(_ name: String, tell: (@Sendable (_ presentation: String, ConversionNotice) -> Void)?) {
        (self.name, self.tell) = (name, tell)
    }

    fileprivate func note(_ outcome: ConversionOutcome, of image: [UInt8], _ conversion: JPEGConversion) {
        guard let tell else { return }
        switch outcome {
        case .success(let picture):
            guard picture.way != .untouched, said.withLock({ !$0.beginning.swap(true) }) else { return }
            tell(name, .began(picture.way, because: JPEGCarriage(of: image.span).reason))
        case .failure(let error):
            guard said.withLock({ !$0.failure.swap(true) }) else { return }
            tell(name, .failed(error))
        }
    }
}

extension Bool {
    /// Takes another value.
    /// - Returns: the one before.
    fileprivate mutating func swap(_ value: Bool) -> Bool {
        defer { self = value }
        return self
    }
}
