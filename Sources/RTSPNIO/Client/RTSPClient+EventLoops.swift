internal import NIOCore
internal import NIOPosix

extension RTSPClient {
    /// Event loops of one's own, each a thread: for many streams, which cost less the fewer loops share them. See
    /// ``RTSPClient/withEventLoops(_:_:)``.
    public struct EventLoops: Sendable {
        let group: MultiThreadedEventLoopGroup

        /// An executor on one of them: frames reach a task that runs there without a change of threads. Such a task must never block.
        public func makeTaskExecutor() -> any TaskExecutor { EventLoopExecutor(eventLoop: group.next()) }
    }

    /// Runs `body` with `count` event loops of its own (at least one), for ``Configuration/eventLoops``; they end with it.
    public static func withEventLoops<Result: Sendable>(
        _ count: Int, _ body: (EventLoops) async throws -> Result
    ) async throws -> Result {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, count))
        do {
            let result = try await body(EventLoops(group: group))
            try? await group.shutdownGracefully()
            return result
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }
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
