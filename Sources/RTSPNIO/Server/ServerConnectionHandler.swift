internal import NIOCore

/// The end of a control connection's pipeline: tells the loop what happens on the channel.
///
/// A peer that closes its half of the connection closes it whole: NIO does so unless told otherwise.
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
        if let id { loop.receive(Self.unwrapInboundIn(data), on: id) }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if let id, context.channel.isWritable { loop.becameWritable(id) }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        if let id { loop.closed(id) }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
