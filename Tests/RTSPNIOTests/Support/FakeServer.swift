import NIOCore
import NIOPosix

/// A server that says what a test tells it to.
final class FakeServer: Sendable {
    let channel: any Channel
    /// What has been asked, as it arrives.
    let requests: AsyncStream<String>
    var port: Int { channel.localAddress?.port ?? 0 }

    /// - Parameter answer: the reply to each piece of text that arrives; `nil` says nothing, an empty one hangs up.
    init(_ answer: @escaping @Sendable (String) -> String? = { _ in nil }) async throws {
        let (stream, continuation) = AsyncStream.makeStream(of: String.self)
        requests = stream
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Answerer(continuation, answer))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    deinit { channel.close(promise: nil) }

    /// The `CSeq` of a request, for the reply.
    static func cSeq(of request: String) -> String {
        request.split(whereSeparator: \.isNewline).first { $0.hasPrefix("CSeq:") }.map { String($0.dropFirst(5)) } ?? "0"
    }
}

private final class Answerer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let continuation: AsyncStream<String>.Continuation
    private let answer: @Sendable (String) -> String?

    init(_ continuation: AsyncStream<String>.Continuation, _ answer: @escaping @Sendable (String) -> String?) {
        self.continuation = continuation
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let request = String(buffer: Self.unwrapInboundIn(data))
        continuation.yield(request)
        guard let reply = answer(request) else { return }
        guard !reply.isEmpty else { return context.close(promise: nil) }
        context.writeAndFlush(NIOAny(ByteBuffer(string: reply)), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
