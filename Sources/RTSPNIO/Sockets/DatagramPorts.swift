internal import NIOCore
internal import NIOPosix
internal import RTSPKit

/// Two datagram sockets on neighbouring ports: RTP on the even one, RTCP on the odd one above it (RFC 3550 section 11).
/// The course dialect has RTP alone, on any port.
///
/// The system may break a socket over an error that concerns one peer; then it is opened again on the same port.
/// Confined to its event loop.
final class DatagramPorts {
    /// Which of the two sockets.
    enum Kind: Sendable, CaseIterable {
        case rtp
        case rtcp
    }

    let eventLoop: any EventLoop
    let ports: PortPair
    private(set) var rtp: any Channel
    private(set) var rtcp: (any Channel)?
    /// Where datagrams that arrive go.
    var onDatagram: ((Kind, SocketAddress, ByteBuffer) -> Void)?
    #if os(Linux)
        /// Where RTP datagrams go that the owner reads by itself (``GatheredReading``).
        var onGathered: ((ReceiveRoom) -> Void)?
        /// The RTP socket while it is open, for `onGathered`'s owner: asking the channel for it costs as much as reading it.
        private(set) var rtpSocket: NIOBSDSocket.Handle?
    #endif
    /// Where RTP datagrams go that arrive together: end to end, each as long as the first but the last.
    var onSegments: ((SocketAddress, ByteBuffer, Int) -> Void)?
    /// The RTP socket takes packets again, or is a new one.
    var onReady: (() -> Void)?

    private let settings: Settings
    private(set) var isClosed = false

    /// How the sockets are made, and made again.
    struct Settings: Sendable {
        /// The local address.
        var host: String
        /// The size of the system's buffer for what arrives, in bytes.
        var receiveBuffer: Int
        /// Whether the system may hand over several RTP datagrams of one sender as one (UDP receive offload), where it can.
        var joinsDatagrams = false
        /// Whether the RTP socket is read by ``GatheredReading``, and not whenever something comes.
        var isGathered = false
    }

    private init(rtp: any Channel, rtcp: (any Channel)?, ports: PortPair, settings: Settings) throws {
        eventLoop = rtp.eventLoop
        self.rtp = rtp
        self.rtcp = rtcp
        self.ports = ports
        self.settings = settings
        try adopt(rtp, as: .rtp)
        if let rtcp { try adopt(rtcp, as: .rtcp) }
    }

    // MARK: Opening

    /// Binds a pair on `eventLoop`: within `range` where one is given, else wherever the system has a free pair.
    static func bind(
        _ settings: Settings, range: ClosedRange<UInt16>?, on eventLoop: any EventLoop
    ) async throws -> NIOLoopBound<DatagramPorts> {
        var lastError: (any Error)?
        for first in candidates(in: range) {
            do {
                let rtp = try await open(.rtp, settings, port: first, on: eventLoop).get()
                let port = rtp.localAddress?.port ?? 0
                guard port % 2 == 0, let pair = UInt16(exactly: port).map({ PortPair(rtp: $0, rtcp: $0 &+ 1) }) else {
                    try await rtp.close()
                    continue
                }
                do {
                    let rtcp = try await open(.rtcp, settings, port: port + 1, on: eventLoop).get()
                    return try await adopt(rtp, rtcp, pair, settings)
                } catch {
                    try? await rtp.close()
                    throw error
                }
            } catch {
                lastError = error
            }
        }
        throw RTSPError(
            code: .portsUnavailable, message: "no free pair of UDP ports on \(settings.host)", underlying: lastError)
    }

    /// Binds one socket for RTP alone, on exactly this port; 0 lets the system choose.
    static func bindSingle(
        _ settings: Settings, port: UInt16, on eventLoop: any EventLoop
    ) async throws -> NIOLoopBound<DatagramPorts> {
        let channel: any Channel
        do {
            channel = try await open(.rtp, settings, port: Int(port), on: eventLoop).get()
        } catch {
            throw RTSPError(code: .portsUnavailable, message: "UDP port \(port) cannot be had", underlying: error)
        }
        let pair = PortPair(rtp: UInt16(truncatingIfNeeded: channel.localAddress?.port ?? Int(port)))
        return try await adopt(channel, nil, pair, settings)
    }

    private static func candidates(in range: ClosedRange<UInt16>?) -> [Int] {
        // Port 0 lets the system choose; every second choice is even, so fifty tries fail once in 2⁵⁰.
        guard let range else { return Array(repeating: 0, count: 50) }
        let first = Int(range.lowerBound) + Int(range.lowerBound) % 2
        return Array(stride(from: first, through: Int(range.upperBound) - 1, by: 2))
    }

    private static func open(
        _ kind: Kind, _ settings: Settings, port: Int, on eventLoop: any EventLoop
    ) -> EventLoopFuture<any Channel> {
        // A channel that could not be bound is left open by the bootstrap (SwiftNIO 2.101), so it is kept at hand.
        let made = NIOLoopBoundBox<(any Channel)?>.makeEmptyBox(eventLoop: eventLoop)
        // Joined datagrams come with one read; a further one would find nothing, and the loop asks anyway.
        let (datagrams, reads) = kind == .rtp && settings.joinsDatagrams ? (8, 1) : (4, 64)
        return DatagramBootstrap(group: eventLoop)
            .channelOption(.socketOption(.so_rcvbuf), value: ChannelOptions.Types.SocketOption.Value(settings.receiveBuffer))
            .channelOption(.socketOption(.so_sndbuf), value: ChannelOptions.Types.SocketOption.Value(1 << 20))
            .channelOption(.writeBufferWaterMark, value: .init(low: 131_072, high: 524_288))
            .channelOption(.datagramVectorReadMessageCount, value: datagrams)
            .channelOption(.autoRead, value: kind == .rtcp || !settings.isGathered)
            .channelOption(.maxMessagesPerRead, value: UInt(reads))
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 65_536 * datagrams))
            .channelInitializer { channel in
                made.value = channel
                guard kind == .rtp, settings.joinsDatagrams else { return channel.eventLoop.makeSucceededVoidFuture() }
                return joinDatagrams(channel)
            }
            .bind(host: settings.host, port: port)
            .always { result in
                if case .failure = result { made.value?.close(promise: nil) }
                made.value = nil
            }
    }

    /// Datagrams that come together are read together, where the system can do that; the channel works without it, too.
    private static func joinDatagrams(_ channel: any Channel) -> EventLoopFuture<Void> {
        // Their length first: without it, datagrams that were joined could not be told apart.
        channel.setOption(.datagramReceiveSegmentSize, value: true)
            .flatMap { channel.setOption(.datagramReceiveOffload, value: true) }
            .recover { _ in }
    }

    private static func adopt(
        _ rtp: any Channel, _ rtcp: (any Channel)?, _ ports: PortPair, _ settings: Settings
    ) async throws -> NIOLoopBound<DatagramPorts> {
        try await rtp.eventLoop.submit {
            NIOLoopBound(
                try DatagramPorts(rtp: rtp, rtcp: rtcp, ports: ports, settings: settings), eventLoop: rtp.eventLoop)
        }.get()
    }

    private func adopt(_ channel: any Channel, as kind: Kind) throws {
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(DatagramHandler(kind: kind, ports: self))
        #if os(Linux)
            guard kind == .rtp, settings.isGathered, channel.isActive else { return }
            rtpSocket = try pipeline.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { $0 }
        #endif
    }

    // MARK: Closing

    /// Closes both sockets for good.
    func close() {
        isClosed = true
        onDatagram = nil
        onSegments = nil
        #if os(Linux)
            onGathered = nil
            rtpSocket = nil
        #endif
        onReady = nil
        rtp.close(promise: nil)
        rtcp?.close(promise: nil)
    }

    fileprivate func arrived(_ envelope: AddressedEnvelope<ByteBuffer>, at kind: Kind) {
        if let length = envelope.metadata?.segmentSize, let onSegments {
            onSegments(envelope.remoteAddress, envelope.data, length)
        } else {
            onDatagram?(kind, envelope.remoteAddress, envelope.data)
        }
    }

    fileprivate func broke(_ kind: Kind) {
        #if os(Linux)
            if kind == .rtp { rtpSocket = nil }
        #endif
        reopen(kind, after: .milliseconds(20))
    }

    private func reopen(_ kind: Kind, after delay: TimeAmount) {
        guard !isClosed, let port = kind == .rtp ? ports.rtp : ports.rtcp else { return }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.scheduleTask(in: delay) {
            guard !bound.value.isClosed else { return }
            Self.open(kind, bound.value.settings, port: Int(port), on: bound.value.eventLoop).whenComplete { result in
                bound.value.reopened(kind, result)
            }
        }
    }

    private func reopened(_ kind: Kind, _ result: Result<any Channel, any Error>) {
        guard case .success(let channel) = result, (try? adopt(channel, as: kind)) != nil else {
            return reopen(kind, after: .seconds(1))
        }
        guard !isClosed else { return channel.close(promise: nil) }
        switch kind {
        case .rtp: rtp = channel
        case .rtcp: rtcp = channel
        }
        onReady?()
    }
}

/// Hands datagrams on. An error on a datagram socket (a closed port at the other end) concerns one peer only and is ignored.
private final class DatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    private let kind: DatagramPorts.Kind
    private let ports: DatagramPorts

    init(kind: DatagramPorts.Kind, ports: DatagramPorts) {
        self.kind = kind
        self.ports = ports
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        ports.arrived(Self.unwrapInboundIn(data), at: kind)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if kind == .rtp, context.channel.isWritable { ports.onReady?() }
    }

    func channelInactive(context: ChannelHandlerContext) { ports.broke(kind) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
