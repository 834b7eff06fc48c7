public import Logging
internal import NIOCore
internal import NIOPosix
public import RTPTransport
public import RTSPKit
public import ServiceLifecycle

/// An RTSP server on real sockets.
///
/// ```swift
/// let server = RTSPServer(configuration: .init(port: 8554))
/// try server.offer(.stored { try MJPEGFile(path: "movie.mjpeg") }, at: "/movie")
/// try await server.run()
/// ```
///
/// It serves RTSP 1.0 (RFC 2326) with media over UDP and interleaved on TCP, and the course dialect on the same port.
public final class RTSPServer: Service, Sendable {
    /// How a server is set up.
    public struct Configuration: Sendable {
        /// The address to listen on.
        public var host: String
        /// The port to listen on; 0 lets the system choose.
        public var port: Int
        /// Where the server's RTP and RTCP ports are taken from; `nil` lets the system choose.
        public var mediaPorts: ClosedRange<UInt16>?
        /// How many event loops, and threads, serve connections; `nil` takes one for each core.
        public var eventLoopCount: Int?
        /// How many sessions there may be at once; one more is answered 503.
        public var maximumSessions: Int
        /// How long a session lives without a sign of life.
        public var sessionTimeout: Duration
        /// Bytes of RTP payload in one packet.
        public var packetSize: Int
        /// How pictures are put into packets.
        public var jpeg = JPEGPacketizer.Options()
        /// What makes pictures that RFC 2435 can carry of those that it cannot, and variants; without one such pictures are left
        /// out, and there are no variants.
        public var converter: (any JPEGConverter)?
        /// How many threads convert pictures.
        public var conversionThreads = max(1, System.coreCount / 2)
        /// How many bytes of converted pictures are kept for further readers.
        public var conversionCacheBytes = 64 << 20
        /// Told how conversions go, once for each presentation and kind of notice, on a thread of their own.
        public var onConversion: (@Sendable (_ presentation: String, _ notice: ConversionNotice) -> Void)?
        /// Which variants of its presentations the server makes; it takes a ``converter``.
        public var adaptation = Adaptation()
        /// How the packets of a frame are spread over time.
        public var pacing: Pacing
        /// Whether runs of packets are handed to the system in one call, where it can cut them up (Linux).
        public var segmentationOffload: Bool
        /// How the course dialect is served.
        public var lab: LabConfiguration
        /// What a peer may cost.
        public var limits: EndpointLimits
        /// The `Server` header and the canonical name of RTCP.
        public var serverName: String
        /// Where diagnostics go; silent unless set.
        public var logger: Logger
        /// Called for every event with the peer's address, on an event loop: return soon, never block.
        public var onEvent: (@Sendable (_ peer: String, _ event: ServerEvent) -> Void)?
        /// How much of what goes into each connection is recorded; `nil` records nothing.
        public var flightRecording: FlightRecording?
        /// Given the flight of each connection, with the peer's address, once it and its sessions are over, or the server stops; on
        /// an event loop: return soon, never block.
        public var onFlight: (@Sendable (_ peer: String, _ flight: Transcript) -> Void)?

        /// A configuration; the defaults suit a server on an open network.
        public init(
            host: String = "0.0.0.0", port: Int = 8554, mediaPorts: ClosedRange<UInt16>? = nil, eventLoopCount: Int? = nil,
            maximumSessions: Int = 10_000, sessionTimeout: Duration = .seconds(60), packetSize: Int = 1400,
            pacing: Pacing = Pacing(), lab: LabConfiguration = LabConfiguration(), limits: EndpointLimits = .default,
            serverName: String = "swift-rtsp",
            logger: Logger = Logger(label: "rtsp-server", factory: { _ in SwiftLogNoOpLogHandler() })
        ) {
            self.host = host
            self.port = port
            self.mediaPorts = mediaPorts
            self.eventLoopCount = eventLoopCount
            self.maximumSessions = maximumSessions
            self.sessionTimeout = sessionTimeout
            self.packetSize = packetSize
            self.pacing = pacing
            segmentationOffload = System.supportsUDPSegmentationOffload
            self.lab = lab
            self.limits = limits
            self.serverName = serverName
            self.logger = logger
        }

        /// How many event loops there will be.
        public var eventLoops: Int { max(1, eventLoopCount ?? System.coreCount) }

        /// The configuration of a connection whose datagrams leave by `ports`.
        func connection(ports: PortPair?, wallClock: WallClock) -> ServerConnection.Configuration {
            var connection = ServerConnection.Configuration(
                serverName: serverName, sessionTimeout: sessionTimeout, mediaPorts: ports, packetSize: packetSize,
                canonicalName: canonicalName, wallClock: wallClock, lab: lab, limits: limits, jpeg: jpeg)
            // Answers to others first; nobody sees one or two milliseconds.
            connection.liveStartDelay = .milliseconds(1)
            connection.honoursVariants = adaptation.honoursQueries && converter != nil
            return connection
        }

        var canonicalName: String { "\(serverName)@\(host)" }
    }

    private let configuration: Configuration
    /// What the loops share.
    let shared: ServerShared
    private let threads: ServerThreads

    /// A server that does not listen yet.
    public init(configuration: Configuration = Configuration()) {
        self.configuration = configuration
        threads = ServerThreads(count: configuration.eventLoops)
        shared = ServerShared(configuration: configuration, threads: threads)
    }

    /// Offers media at `path`, from now on, also while the server runs.
    /// - Throws: ``RTSPError`` where something is offered there already.
    public func offer(_ offering: Offering, at path: String) throws(RTSPError) {
        try shared.offer(offering, at: path)
    }

    /// Offers nothing at `path` any more. Sessions that play it go on; what is live ends when nobody reads it any more.
    public func withdraw(_ path: String) { shared.withdraw(path) }

    /// Asks `find` for stored media at paths where nothing is offered; it is called on a thread that may block.
    public func offerOtherwise(_ find: @escaping @Sendable (_ path: String) -> Offering?) { shared.setFallback(find) }

    /// How many pictures have been converted, and what that took.
    public var conversions: ConversionStatistics { shared.conversions?.statistics ?? ConversionStatistics() }

    /// How long live frames have taken from the mailbox to the network.
    public var delivery: DeliveryStatistics { shared.delivery }

    /// How many sessions there are now.
    public var sessionCount: Int { shared.sessionCount }

    /// What the server holds now.
    func census() async -> ServerCensus {
        var sum = ServerCensus()
        for loop in shared.loops { sum += (try? await loop.submit { $0.census() }) ?? ServerCensus() }
        sum.sessions = sessionCount
        return sum
    }

    /// Listens and serves until the task is cancelled or a graceful shutdown begins; then ends every session with RTCP BYE,
    /// which takes two seconds at most.
    /// - Parameter listening: told the port once connections are accepted.
    /// - Throws: ``RTSPError`` where the address, the port or the media ports cannot be had.
    public func run(listening: @escaping @Sendable (_ port: Int) -> Void) async throws {
        let loops = try await makeLoops()
        let listener: any Channel
        do {
            listener = try await bootstrap(loops).bind(host: configuration.host, port: configuration.port).get()
        } catch {
            await stop(loops)
            throw RTSPError(
                code: .cannotBind, message: "cannot listen on \(configuration.host):\(configuration.port)", underlying: error)
        }
        shared.setLoops(loops)
        listening(listener.localAddress?.port ?? configuration.port)
        try? await waitForEnd(of: listener)
        try? await listener.close()
        await stop(loops)
        shared.setLoops([])
    }

    /// As ``run(listening:)``, telling nobody the port.
    public func run() async throws { try await run { _ in } }

    private func waitForEnd(of listener: any Channel) async throws {
        try await cancelWhenGracefulShutdown {
            try await withTaskCancellationHandler {
                try await listener.closeFuture.get()
            } onCancel: {
                listener.close(promise: nil)
            }
        }
    }

    private func makeLoops() async throws -> [ServerLoopReference] {
        var loops: [ServerLoopReference] = []
        do {
            for eventLoop in threads.group.makeIterator() { loops.append(try await makeLoop(eventLoop)) }
        } catch {
            await stop(loops)
            throw error
        }
        return loops
    }

    private func makeLoop(_ eventLoop: any EventLoop) async throws -> ServerLoopReference {
        let datagrams = try await DatagramPorts.bind(
            .init(host: configuration.host, receiveBuffer: 1 << 18), range: configuration.mediaPorts, on: eventLoop)
        let glance = try await Glance.make(on: eventLoop)
        let shared = shared
        let configuration = configuration
        return try await eventLoop.submit {
            let loop = ServerLoop(
                shared: shared, datagrams: datagrams.value, glance: glance.value,
                configuration: configuration.connection(ports: datagrams.value.ports, wallClock: shared.wallClock))
            return ServerLoopReference(loop)
        }.get()
    }

    private func bootstrap(_ loops: [ServerLoopReference]) -> ServerBootstrap {
        let loops = Dictionary(uniqueKeysWithValues: loops.map { ($0.id, $0) })
        return ServerBootstrap(group: threads.group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    // Out of file descriptors, accepting would fail again and again without a rest.
                    try channel.pipeline.syncOperations.addHandler(AcceptBackoffHandler())
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelOption(.tcpUnsentBytes, value: 262_144)
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 32_768, high: 131_072))
            .childChannelInitializer { channel in
                guard let loop = loops[ObjectIdentifier(channel.eventLoop)] else {
                    return channel.eventLoop.makeFailedFuture(RTSPError(code: .closed, message: "no loop"))
                }
                return loop.addHandler(to: channel)
            }
    }

    /// Ends all sessions on all loops at once.
    private func stop(_ loops: [ServerLoopReference]) async {
        await withTaskGroup { group in
            for loop in loops { group.addTask { await loop.shutDown() } }
        }
    }
}

extension ChannelOption where Self == ChannelOptions.Types.SocketOption {
    /// How many bytes the system keeps that it could not send yet (`TCP_NOTSENT_LOWAT`, for which SwiftNIO has no name): what waits for
    /// a reader that has stopped reading is old when it goes on. Unless told, the system keeps megabytes.
    fileprivate static var tcpUnsentBytes: Self {
        #if canImport(Darwin)
            .init(level: .tcp, name: .init(rawValue: 0x201))
        #else
            .init(level: .tcp, name: .init(rawValue: 25))
        #endif
    }
}
