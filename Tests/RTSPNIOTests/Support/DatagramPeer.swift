import NIOCore
import NIOPosix

/// A bare pair of datagram sockets, to see what is sent to a client.
final class DatagramPeer {
    let rtp: any Channel
    let rtcp: any Channel
    private var reports: AsyncStream<[UInt8]>.Iterator
    private var packets: AsyncStream<[UInt8]>.Iterator

    init() async throws {
        let (reports, reportContinuation) = AsyncStream.makeStream(of: [UInt8].self)
        let (packets, packetContinuation) = AsyncStream.makeStream(of: [UInt8].self, bufferingPolicy: .bufferingNewest(10_000))
        self.reports = reports.makeAsyncIterator()
        self.packets = packets.makeAsyncIterator()
        rtp = try await Self.bind(packetContinuation)
        rtcp = try await Self.bind(reportContinuation)
    }

    deinit {
        rtp.close(promise: nil)
        rtcp.close(promise: nil)
    }

    /// The Transport header of a SETUP that wants media here.
    var transport: String { "RTP/AVP;unicast;client_port=\(rtp.localAddress?.port ?? 0)-\(rtcp.localAddress?.port ?? 0)" }

    func report() async -> [UInt8]? { await reports.next(isolation: #isolation) }

    func packet() async -> [UInt8]? { await packets.next(isolation: #isolation) }

    private static func bind(_ continuation: AsyncStream<[UInt8]>.Continuation) async throws -> any Channel {
        try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(DatagramCollector(continuation))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }
}

private final class DatagramCollector: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    private let continuation: AsyncStream<[UInt8]>.Continuation

    init(_ continuation: AsyncStream<[UInt8]>.Continuation) { self.continuation = continuation }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        continuation.yield(Array(Self.unwrapInboundIn(data).data.readableBytesView))
    }

    func channelInactive(context: ChannelHandlerContext) { continuation.finish() }
}
