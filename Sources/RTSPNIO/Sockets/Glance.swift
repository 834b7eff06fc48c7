internal import NIOCore
internal import NIOPosix

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// Lets an event loop look at its sockets before it goes on with long work. Confined to its event loop.
///
/// What is executed, or scheduled for now, is done before the loop looks. So the loop writes itself a byte, which it finds with all that
/// has come meanwhile; a timer instead would let the processor fall asleep.
final class Glance {
    /// A pipe from the loop to itself; `nil` where the system had none.
    private let channel: (any Channel)?
    private let eventLoop: any EventLoop
    /// What comes afterwards.
    private var next: (() -> Void)?

    /// How long the loop sleeps at most where there is no pipe.
    private static let sleep = TimeAmount.microseconds(100)

    private init(_ channel: (any Channel)?, on eventLoop: any EventLoop) {
        self.channel = channel
        self.eventLoop = eventLoop
    }

    static func make(on eventLoop: any EventLoop) async throws -> NIOLoopBound<Glance> {
        let channel = await openPipe(on: eventLoop)
        return try await eventLoop.submit {
            let glance = Glance(channel, on: eventLoop)
            try channel?.pipeline.syncOperations.addHandler(PipeHandler(glance))
            return NIOLoopBound(glance, eventLoop: eventLoop)
        }.get()
    }

    private static func openPipe(on eventLoop: any EventLoop) async -> (any Channel)? {
        var ends: [CInt] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { return nil }
        let channel = try? await NIOPipeBootstrap(group: eventLoop)
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 16))
            .takingOwnershipOfDescriptors(input: ends[0], output: ends[1]).get()
        if channel == nil { for end in ends { _ = close(end) } }
        return channel
    }

    /// Does `action` once the loop has looked at its sockets; only one thing at a time.
    func then(_ action: @escaping () -> Void) {
        next = action
        guard let channel, channel.isActive else {
            let bound = NIOLoopBound(self, eventLoop: eventLoop)
            eventLoop.scheduleTask(in: Self.sleep) { bound.value.passed() }
            return
        }
        channel.writeAndFlush(ByteBuffer(repeating: 0, count: 1), promise: nil)
    }

    /// Does nothing any more.
    func stop() {
        next = nil
        channel?.close(promise: nil)
    }

    fileprivate func passed() {
        let action = next
        next = nil
        action?()
    }
}

/// Finds the byte.
private final class PipeHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let glance: Glance

    init(_ glance: Glance) { self.glance = glance }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { glance.passed() }
}
