internal import NIOCore

/// The end of a control connection's pipeline: tells the loop what happens on the channel.
final class ServerConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let loop: ServerLoop
    private var id: UInt64?

    init(loop: ServerLoop) { self.loop = loop }

    func channelActive(context: ChannelHandlerContext) {
        id = loop.accept(context.channel)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let id else { return }
        loop.receive(Self.unwrapInboundIn(data), on: id)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if let id, context.channel.isWritable { loop.becameWritable(id) }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        if let id { loop.closed(id) }
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // Half-closed by the peer: nothing more will come, so the connection is over.
        if case ChannelEvent.inputClosed = event { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
