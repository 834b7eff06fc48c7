internal import NIOCore
internal import NIOPosix

/// The event loops of one server; they end with the last who holds this.
final class ServerThreads: Sendable {
    let group: MultiThreadedEventLoopGroup

    init(count: Int) { group = MultiThreadedEventLoopGroup(numberOfThreads: count) }

    deinit { group.shutdownGracefully { _ in } }
}

/// A loop of the server, from wherever one stands.
struct ServerLoopReference: Sendable {
    private let eventLoop: any EventLoop
    private let bound: NIOLoopBound<ServerLoop>

    /// Refers to `loop`; to be made on its own event loop.
    init(_ loop: ServerLoop) {
        eventLoop = loop.eventLoop
        bound = NIOLoopBound(loop, eventLoop: loop.eventLoop)
    }

    var id: ObjectIdentifier { ObjectIdentifier(eventLoop) }

    func execute(_ body: @escaping @Sendable (ServerLoop) -> Void) {
        eventLoop.execute { body(bound.value) }
    }

    /// Does it at once where one stands on that loop already.
    func perform(_ body: @escaping @Sendable (ServerLoop) -> Void) {
        if eventLoop.inEventLoop { body(bound.value) } else { execute(body) }
    }

    func submit<Result: Sendable>(_ body: @escaping @Sendable (ServerLoop) -> Result) async throws -> Result {
        try await eventLoop.submit { body(bound.value) }.get()
    }

    /// Adds a handler for a control connection to `channel`, which is on the same event loop.
    func addHandler(to channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(ServerConnectionHandler(loop: bound.value))
        }
    }

    /// Ends all sessions, gives the goodbyes a moment to leave, and closes everything.
    func shutDown() async {
        try? await eventLoop.flatSubmit { bound.value.shutDown() }.get()
    }
}
