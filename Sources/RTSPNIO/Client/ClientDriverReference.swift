internal import NIOCore
internal import NIOPosix
internal import RTPTransport
internal import RTSPKit

/// A driver, from wherever one stands.
struct ClientDriverReference: Sendable {
    private let eventLoop: any EventLoop
    private let bound: NIOLoopBound<ClientDriver>

    /// Binds the local ports and makes a driver that is not yet connected.
    static func open(
        _ target: RTSPTarget, goal: ClientConnection.Goal, configuration: RTSPClient.Configuration
    ) async throws -> ClientDriverReference {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.any()
        let incoming = NIOLoopBoundBox.makeEmptyBox(valueType: ClientDriver.self, eventLoop: eventLoop)
        let receiver: DatagramPorts.Receiver = { kind, address, bytes in
            incoming.value?.receive(kind, from: address, bytes)
        }
        let datagrams: NIOLoopBoundBox<DatagramPorts>?
        let buffer = 1 << 21
        let host = target.host.utf8.contains(UInt8(ascii: ":")) ? "::" : "0.0.0.0"
        switch (configuration.dialect, configuration.transport, goal) {
        case (.lab, _, _):
            datagrams = try await DatagramPorts.bindSingle(
                host: host, port: configuration.labPort, receiveBuffer: buffer, on: eventLoop, receiver: receiver)
        case (.standard, .tcp, _), (.standard, _, .describe):
            datagrams = nil
        case (.standard, _, .setUp):
            datagrams = try await DatagramPorts.bind(
                host: host, range: configuration.mediaPorts, receiveBuffer: buffer, on: eventLoop, receiver: receiver)
        }
        return try await eventLoop.submit {
            var value = ClientConfiguration(
                url: target.url, transport: configuration.transport, clientPorts: datagrams?.value.ports,
                userAgent: configuration.userAgent, buffer: configuration.buffer, requestTimeout: configuration.timeout,
                datagramPatience: configuration.datagramPatience, ssrc: UInt32.random(in: 1...UInt32.max),
                labFramesPerSecond: configuration.labFramesPerSecond, limits: configuration.limits)
            value.transport = configuration.dialect == .lab ? .udp : configuration.transport
            let connection =
                switch configuration.dialect {
                case .standard: ClientConnection(configuration: value, goal: goal, at: .now)
                case .lab: ClientConnection.lab(configuration: value, at: .now)
                }
            let driver = ClientDriver(
                eventLoop: eventLoop, target: target, configuration: configuration, datagrams: datagrams?.value,
                connection: connection)
            incoming.value = driver
            return ClientDriverReference(eventLoop: eventLoop, bound: NIOLoopBound(driver, eventLoop: eventLoop))
        }.get()
    }

    func connect() async throws { try await flat { $0.connect() } }
    func waitUntilDescribed() async throws -> (description: SessionDescription, raw: [UInt8]) {
        try await abandonable { $0.described() }
    }
    func waitUntilReady() async throws -> (description: SessionDescription?, transport: String) {
        try await abandonable { $0.ready() }
    }
    func frames() async throws -> RTSPFrames {
        RTSPFrames(stream: try await eventLoop.submit { bound.value.makeFrames() }.get())
    }
    func play(_ range: NormalPlayTimeRange?) async throws { try await abandonable { $0.play(range) } }
    func pause() async throws { try await abandonable { $0.pause() } }
    /// On the way out a refusal changes nothing any more.
    func leavePlay() async { try? await flat { $0.leavePlay() } }
    func tearDown() async { try? await flat { $0.tearDown() } }
    func statistics() async -> ClientStatistics {
        (try? await eventLoop.submit { bound.value.statistics() }.get()) ?? ClientStatistics()
    }

    /// Ends everything at once, without waiting: whoever waits is told.
    func abandon() {
        eventLoop.execute { _ = bound.value.tearDown() }
    }

    private func flat<Result: Sendable>(
        _ body: @escaping @Sendable (ClientDriver) -> EventLoopFuture<Result>
    ) async throws -> Result {
        try await eventLoop.flatSubmit { body(bound.value) }.get()
    }

    /// Cancelling the task ends the session, and with it the wait.
    private func abandonable<Result: Sendable>(
        _ body: @escaping @Sendable (ClientDriver) -> EventLoopFuture<Result>
    ) async throws -> Result {
        try await withTaskCancellationHandler {
            try await flat(body)
        } onCancel: {
            abandon()
        }
    }
}

extension RTSPError {
    /// A client's failure as the façade tells it.
    init(_ failure: ClientFailure) {
        let code: Code =
            switch failure.kind {
            case .refused(_, .notFound): .notFound
            case .refused(_, .unauthorized): .unauthorized
            case .refused: .refused
            case .unsupportedMedia: .unsupportedMedia
            case .unsupportedTransport: .unsupportedTransport
            case .timedOut: .timedOut
            case .noMedia: .noMedia
            case .protocolViolation: .protocolViolation
            case .connectionLost: .connectionLost
            }
        self.init(code: code, message: failure.description)
    }
}
