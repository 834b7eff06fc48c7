internal import NIOCore
internal import NIOPosix
internal import RTPTransport
internal import RTSPKit

/// Two datagram sockets on neighbouring ports: RTP on the even one, RTCP on the odd one above it (RFC 3550 section 11).
/// The course dialect has RTP alone, on any port.
///
/// Confined to its event loop.
final class DatagramPorts {
    /// Which of the two sockets.
    enum Kind: Sendable {
        case rtp
        case rtcp
    }

    let ports: PortPair
    let rtp: any Channel
    let rtcp: (any Channel)?

    init(rtp: any Channel, rtcp: (any Channel)?, ports: PortPair) {
        self.rtp = rtp
        self.rtcp = rtcp
        self.ports = ports
    }

    /// Where datagrams that arrive go; called on the event loop.
    typealias Receiver = @Sendable (Kind, SocketAddress, ByteBuffer) -> Void

    /// Binds a pair on `eventLoop`: within `range` where one is given, else wherever the system has a free pair.
    static func bind(
        host: String, range: ClosedRange<UInt16>?, receiveBuffer: Int, on eventLoop: any EventLoop, receiver: @escaping Receiver
    ) async throws -> NIOLoopBoundBox<DatagramPorts> {
        var lastError: any Error = RTSPError(code: .portsUnavailable, message: "no free pair of UDP ports")
        for first in candidates(in: range) {
            do {
                let rtp = try await bootstrap(.rtp, receiveBuffer, eventLoop, receiver).bind(host: host, port: first).get()
                let port = rtp.localAddress?.port ?? 0
                guard port % 2 == 0, port < 65_535 else {
                    try await rtp.close()
                    continue
                }
                do {
                    let rtcp = try await bootstrap(.rtcp, receiveBuffer, eventLoop, receiver).bind(host: host, port: port + 1)
                        .get()
                    let pair = PortPair(rtp: UInt16(port), rtcp: UInt16(port + 1))
                    return try await eventLoop.submit {
                        NIOLoopBoundBox(DatagramPorts(rtp: rtp, rtcp: rtcp, ports: pair), eventLoop: eventLoop)
                    }.get()
                } catch {
                    try? await rtp.close()
                    throw error
                }
            } catch {
                lastError = error
            }
        }
        throw RTSPError(code: .portsUnavailable, message: "no free pair of UDP ports on \(host)", underlying: lastError)
    }

    /// Binds one socket for RTP alone, on exactly this port; 0 lets the system choose.
    static func bindSingle(
        host: String, port: UInt16, receiveBuffer: Int, on eventLoop: any EventLoop, receiver: @escaping Receiver
    ) async throws -> NIOLoopBoundBox<DatagramPorts> {
        let channel: any Channel
        do {
            channel = try await bootstrap(.rtp, receiveBuffer, eventLoop, receiver).bind(host: host, port: Int(port)).get()
        } catch {
            throw RTSPError(code: .portsUnavailable, message: "UDP port \(port) cannot be had", underlying: error)
        }
        let pair = PortPair(rtp: UInt16(truncatingIfNeeded: channel.localAddress?.port ?? Int(port)))
        return try await eventLoop.submit {
            NIOLoopBoundBox(DatagramPorts(rtp: channel, rtcp: nil, ports: pair), eventLoop: eventLoop)
        }.get()
    }

    private static func candidates(in range: ClosedRange<UInt16>?) -> [Int] {
        // Port 0 lets the system choose; every second choice is even, so fifty tries fail once in 2⁵⁰.
        guard let range else { return Array(repeating: 0, count: 50) }
        let first = Int(range.lowerBound) + Int(range.lowerBound) % 2
        return Array(stride(from: first, through: Int(range.upperBound) - 1, by: 2))
    }

    private static func bootstrap(
        _ kind: Kind, _ receiveBuffer: Int, _ eventLoop: any EventLoop, _ receiver: @escaping Receiver
    ) -> DatagramBootstrap {
        DatagramBootstrap(group: eventLoop)
            .channelOption(.socketOption(.so_rcvbuf), value: ChannelOptions.Types.SocketOption.Value(receiveBuffer))
            .channelOption(.socketOption(.so_sndbuf), value: ChannelOptions.Types.SocketOption.Value(1 << 20))
            .channelOption(.datagramVectorReadMessageCount, value: 4)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 65_536 * 4))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(DatagramHandler(kind: kind, receiver: receiver))
                }
            }
    }

    func close() {
        rtp.close(promise: nil)
        rtcp?.close(promise: nil)
    }
}

/// Hands datagrams on; an error on a datagram socket (a closed port at the other end) concerns one peer only and is ignored.
private final class DatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    private let kind: DatagramPorts.Kind
    private let receiver: DatagramPorts.Receiver

    init(kind: DatagramPorts.Kind, receiver: @escaping DatagramPorts.Receiver) {
        self.kind = kind
        self.receiver = receiver
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = Self.unwrapInboundIn(data)
        receiver(kind, envelope.remoteAddress, envelope.data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
