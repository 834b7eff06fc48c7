internal import NIOCore
internal import NIOPosix
internal import RTPTransport
internal import RTSPKit

/// A driver, from wherever one stands.
struct ClientDriverReference: Sendable {
    private let eventLoop: any EventLoop
    private let bound: NIOLoopBound<ClientDriver>

    /// Connects, binds the local ports where media may come as datagrams, and begins the conversation.
    static func open(
        _ target: RTSPTarget, goal: ClientConnection.Goal, configuration: RTSPClient.Configuration
    ) async throws -> ClientDriverReference {
        let eventLoop = (configuration.eventLoops?.group ?? MultiThreadedEventLoopGroup.singleton).next()
        let channel = try await connect(to: target, timeout: configuration.timeout, on: eventLoop)
        do {
            try Task.checkCancellation()
            let datagrams = try await bind(beside: channel, goal: goal, configuration: configuration)
            return try await eventLoop.submit {
                let now = ContinuousClock.now
                let value = clientConfiguration(target, configuration, clientPorts: datagrams?.value.ports)
                let flight = configuration.flightRecording.map { recording in
                    FlightRecorder(
                        client: value, goal: goal, dialect: configuration.dialect, recording: recording, at: now)
                }
                let driver = ClientDriver(
                    channel: channel, target: target, configuration: configuration, datagrams: datagrams?.value,
                    connection: ClientConnection(
                        configuration: value, goal: goal, dialect: configuration.dialect, at: now), flight: flight)
                driver.begin()
                #if os(Linux)
                    if let datagrams { configuration.eventLoops?.reading(on: eventLoop)?.add(datagrams.value) }
                #endif
                return ClientDriverReference(eventLoop: eventLoop, bound: NIOLoopBound(driver, eventLoop: eventLoop))
            }.get()
        } catch {
            channel.close(promise: nil)
            throw error
        }
    }

    /// Connects; a connection that stands only after the task was cancelled is closed again.
    private static func connect(
        to target: RTSPTarget, timeout: Duration, on eventLoop: any EventLoop
    ) async throws -> any Channel {
        let promise = eventLoop.makePromise(of: (any Channel).self)
        let isCancelled = NIOLoopBoundBox.makeBoxSendingValue(false, eventLoop: eventLoop)
        return try await withTaskCancellationHandler {
            ClientDriver.connect(to: target, timeout: timeout, on: eventLoop).whenComplete { result in
                guard !isCancelled.value else {
                    if case .success(let channel) = result { channel.close(promise: nil) }
                    return
                }
                promise.completeWith(result)
            }
            return try await promise.futureResult.get()
        } onCancel: {
            eventLoop.execute {
                isCancelled.value = true
                // Without effect where the connection stood before.
                promise.fail(CancellationError())
            }
        }
    }

    /// The sockets for datagrams, on the address that the connection to the server has on this side.
    private static func bind(
        beside channel: any Channel, goal: ClientConnection.Goal, configuration: RTSPClient.Configuration
    ) async throws -> NIOLoopBound<DatagramPorts>? {
        let settings = DatagramPorts.Settings(
            host: channel.localAddress?.ipAddress ?? "0.0.0.0", receiveBuffer: 1 << 21, joinsDatagrams: true,
            isGathered: configuration.eventLoops?.isGathering ?? false)
        switch (configuration.dialect, configuration.transport, goal) {
        case (.lab, _, _):
            return try await DatagramPorts.bindSingle(settings, port: configuration.labPort, on: channel.eventLoop)
        case (.standard, .tcp, _), (.standard, _, .describe):
            return nil
        case (.standard, _, .setUp):
            return try await DatagramPorts.bind(settings, range: configuration.mediaPorts, on: channel.eventLoop)
        }
    }

    private static func clientConfiguration(
        _ target: RTSPTarget, _ configuration: RTSPClient.Configuration, clientPorts: PortPair?
    ) -> ClientConfiguration {
        var value = ClientConfiguration(
            url: target.url, transport: configuration.dialect == .lab ? .udp : configuration.transport,
            clientPorts: clientPorts, userAgent: configuration.userAgent, playout: configuration.playout,
            requestTimeout: configuration.timeout, datagramPatience: configuration.datagramPatience,
            ssrc: UInt32.random(in: 1...UInt32.max), labFramesPerSecond: configuration.labFramesPerSecond,
            limits: configuration.limits)
        value.tellsDialogue = configuration.tellsDialogue
        value.concealment = configuration.concealment
        return value
    }

    func waitUntilDescribed() async throws -> ClientWaiters.Description { try await abandonable { $0.described() } }
    func waitUntilReady() async throws -> ClientWaiters.Readiness { try await abandonable { $0.ready() } }
    func frames() async throws -> RTSPFrames {
        RTSPFrames(stream: try await eventLoop.submit { bound.value.makeFrames() }.get())
    }
    func play(_ range: NormalPlayTimeRange?) async throws { try await abandonable { $0.play(range) } }
    func pause() async throws { try await abandonable { $0.pause() } }
    /// On the way out a refusal changes nothing any more.
    func leavePlay() async {
        // A cancelled task ends the session as well: TEARDOWN says it all, and waits for nothing before it.
        guard !Task.isCancelled else { return await tearDown() }
        try? await flat { $0.leavePlay() }
    }
    func tearDown() async { try? await flat { $0.tearDown() } }
    func statistics() async -> ClientStatistics {
        (try? await eventLoop.submit { bound.value.statistics() }.get()) ?? ClientStatistics()
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
        do {
            return try await withTaskCancellationHandler {
                try await flat(body)
            } onCancel: {
                eventLoop.execute { _ = bound.value.tearDown() }
            }
        } catch {
            try Task.checkCancellation()
            throw error
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
