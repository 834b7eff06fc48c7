internal import NIOCore
internal import NIOPosix

extension RTSPClient {
    /// Event loops of one's own, each a thread: for many streams, which cost less the fewer loops share them. See
    /// ``RTSPClient/withEventLoops(_:gathering:_:)``.
    public struct EventLoops: Sendable {
        let group: MultiThreadedEventLoopGroup
        #if os(Linux)
            fileprivate var readings: [ObjectIdentifier: NIOLoopBound<GatheredReading>] = [:]
        #endif

        /// An executor on one of them: frames reach a task that runs there without a change of threads. Such a task must never block.
        public func makeTaskExecutor() -> any TaskExecutor { EventLoopExecutor(eventLoop: group.next()) }
    }

    /// Runs `body` with `count` event loops of its own (at least one), for ``Configuration/eventLoops``; they end with it.
    /// - Parameter time: how long packets that come as datagrams may lie in the system's buffers, so that those of many streams are
    ///   read together; at most 40 ms, by which frames come later, too. It pays from a handful of streams on each loop. Nil reads
    ///   them as soon as they come, as does any other system than Linux.
    public static func withEventLoops<Result: Sendable>(
        _ count: Int, gathering time: Duration? = nil, _ body: (EventLoops) async throws -> Result
    ) async throws -> Result {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, count))
        do {
            var eventLoops = EventLoops(group: group)
            if let time { try await eventLoops.gather(for: TimeAmount(min(max(time, .milliseconds(1)), .milliseconds(40)))) }
            let result = try await body(eventLoops)
            try? await group.shutdownGracefully()
            return result
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }
}

extension RTSPClient.EventLoops {
    #if os(Linux)
        var isGathering: Bool { !readings.isEmpty }

        /// To be asked on `eventLoop`; `nil` where packets are not gathered.
        func reading(on eventLoop: any EventLoop) -> GatheredReading? { readings[ObjectIdentifier(eventLoop)]?.value }

        fileprivate mutating func gather(for time: TimeAmount) async throws {
            for eventLoop in group.makeIterator() {
                readings[ObjectIdentifier(eventLoop)] = try await eventLoop.submit {
                    NIOLoopBound(GatheredReading(interval: time, on: eventLoop), eventLoop: eventLoop)
                }.get()
            }
        }
    #else
        var isGathering: Bool { false }

        fileprivate mutating func gather(for time: TimeAmount) async throws {}
    #endif
}

/// Runs the pieces of tasks on an event loop, between its other work.
private final class EventLoopExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func enqueue(_ job: consuming ExecutorJob) {
        // Run once and not kept, as the system's contract for jobs asks.
        let job = UnownedJob(job)
        eventLoop.execute { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
