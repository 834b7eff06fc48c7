internal import Logging
internal import NIOCore
internal import NIOPosix
internal import RTPTransport
internal import RTSPKit

/// Joins a ``ClientConnection`` value to its sockets. Confined to its event loop.
final class ClientDriver {
    let eventLoop: any EventLoop
    private let target: RTSPTarget
    private let configuration: RTSPClient.Configuration
    private let datagrams: DatagramPorts?
    private var connection: ClientConnection
    private var channel: (any Channel)?
    private var route: MediaRoute?
    private var timer: Scheduled<Void>?
    private var timerDeadline: ContinuousClock.Instant?
    private var frames: AsyncThrowingStream<RTSPFrame, any Error>.Continuation?
    private var waiters = Waiters()
    private var isReconnecting = false

    /// Those who wait for something to happen, and what has happened for those who come later.
    private struct Waiters {
        var described: [EventLoopPromise<(description: SessionDescription, raw: [UInt8])>] = []
        var ready: [EventLoopPromise<(description: SessionDescription?, transport: String)>] = []
        var playing: [EventLoopPromise<Void>] = []
        var paused: [EventLoopPromise<Void>] = []
        var closed: [EventLoopPromise<Void>] = []
        var description: (description: SessionDescription, raw: [UInt8])?
        var transport: String?
        var failure: RTSPError?
        var isClosed = false
    }

    init(
        eventLoop: any EventLoop, target: RTSPTarget, configuration: RTSPClient.Configuration, datagrams: DatagramPorts?,
        connection: ClientConnection
    ) {
        self.eventLoop = eventLoop
        self.target = target
        self.configuration = configuration
        self.datagrams = datagrams
        self.connection = connection
    }

    // MARK: Connecting

    func connect() -> EventLoopFuture<Void> {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let target = target
        return ClientBootstrap(group: eventLoop)
            .connectTimeout(TimeAmount(configuration.timeout))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 4096, initial: 65_536, maximum: 1 << 20)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ClientConnectionHandler(driver: bound.value))
                }
            }
            .connect(host: target.host, port: target.port)
            .flatMapErrorThrowing { error in
                throw RTSPError(
                    code: .cannotConnect, message: "cannot connect to \(target.host):\(target.port)", underlying: error)
            }
            .map { channel in bound.value.connected(channel) }
    }

    private func connected(_ channel: any Channel) {
        self.channel = channel
        isReconnecting = false
        enter { connection, now, outbox in connection.connected(at: now, via: &outbox) }
    }

    func receive(_ bytes: ByteBuffer, on channel: any Channel) {
        guard channel === self.channel else { return }
        enter { connection, now, outbox in connection.receive(bytes.readableBytesUInt8Span, at: now, via: &outbox) }
    }

    func receive(_ kind: DatagramPorts.Kind, from address: SocketAddress, _ bytes: ByteBuffer) {
        // Packets are taken from the server alone; from which of its ports they come is its own affair.
        guard let channel, address.ipAddress == channel.remoteAddress?.ipAddress else { return }
        enter { connection, now, outbox in
            switch kind {
            case .rtp: connection.receive(rtp: bytes.readableBytesUInt8Span, at: now, via: &outbox)
            case .rtcp: connection.receive(rtcp: bytes.readableBytesUInt8Span, at: now, via: &outbox)
            }
        }
    }

    func closed(_ channel: any Channel) {
        guard channel === self.channel, !isReconnecting else { return }
        enter { connection, now, outbox in connection.connectionClosed(at: now, via: &outbox) }
    }

    // MARK: Commands

    func makeFrames() -> AsyncThrowingStream<RTSPFrame, any Error> {
        let (stream, continuation) = AsyncThrowingStream.makeStream(
            of: RTSPFrame.self, bufferingPolicy: .bufferingNewest(max(1, configuration.waitingFrames)))
        frames?.finish()
        frames = continuation
        if waiters.isClosed { finishFrames() }
        return stream
    }

    func play(_ range: NormalPlayTimeRange?) -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        waiters.playing.append(promise)
        command { connection, now, outbox throws(ClientConnection.CommandError) in
            try connection.play(range, at: now, via: &outbox)
        }
        return promise.futureResult
    }

    func pause() -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        waiters.paused.append(promise)
        command { connection, now, outbox throws(ClientConnection.CommandError) in
            try connection.pause(at: now, via: &outbox)
        }
        return promise.futureResult
    }

    /// PAUSE where something plays; then the frames' consumer is gone.
    func leavePlay() -> EventLoopFuture<Void> {
        frames = nil
        guard connection.state == .playing else { return eventLoop.makeSucceededVoidFuture() }
        return pause()
    }

    func tearDown() -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        if waiters.isClosed || channel == nil {
            promise.succeed()
        } else {
            waiters.closed.append(promise)
            enter { connection, now, outbox in connection.tearDown(at: now, via: &outbox) }
        }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        return promise.futureResult.always { _ in bound.value.release() }
    }

    func statistics() -> ClientStatistics { connection.statistics() }

    func described() -> EventLoopFuture<(description: SessionDescription, raw: [UInt8])> {
        let promise = eventLoop.makePromise(of: (description: SessionDescription, raw: [UInt8]).self)
        if let description = waiters.description {
            promise.succeed(description)
        } else if waiters.isClosed {
            promise.fail(failure)
        } else {
            waiters.described.append(promise)
        }
        return promise.futureResult
    }

    func ready() -> EventLoopFuture<(description: SessionDescription?, transport: String)> {
        let promise = eventLoop.makePromise(of: (description: SessionDescription?, transport: String).self)
        if waiters.isClosed {
            promise.fail(failure)
        } else if let transport = waiters.transport {
            promise.succeed((waiters.description?.description, transport))
        } else {
            waiters.ready.append(promise)
        }
        return promise.futureResult
    }

    // MARK: Doors

    private typealias Door = (inout ClientConnection, ContinuousClock.Instant, inout ClientOutbox) -> [ClientEvent]
    private typealias CommandDoor = (inout ClientConnection, ContinuousClock.Instant, inout ClientOutbox)
        throws(ClientConnection.CommandError) -> [ClientEvent]

    private func enter(_ door: Door) {
        var outbox = ClientOutbox()
        let events = door(&connection, .now, &outbox)
        finish(outbox, events)
    }

    private func command(_ door: CommandDoor) {
        var outbox = ClientOutbox()
        do {
            let events = try door(&connection, .now, &outbox)
            finish(outbox, events)
        } catch {
            fail(RTSPError(code: .closed, message: error.description, underlying: waiters.failure))
        }
    }

    private func finish(_ outbox: ClientOutbox, _ events: [ClientEvent]) {
        carryOut(outbox.entries)
        for event in events { tell(event) }
        schedule()
    }

    private func schedule() {
        let deadline = connection.deadline
        guard deadline != timerDeadline else { return }
        timer?.cancel()
        timerDeadline = deadline
        guard let deadline else { return }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        timer = eventLoop.scheduleTask(in: TimeAmount(ContinuousClock.now.duration(to: deadline))) { bound.value.fire() }
    }

    private func fire() {
        timerDeadline = nil
        enter { connection, now, outbox in connection.advance(to: now, via: &outbox) }
    }

    // MARK: Carrying out

    private func carryOut(_ entries: [ClientOutbox.Entry]) {
        for entry in entries {
            switch entry {
            case .control(let bytes):
                channel?.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
            case .close:
                channel?.close(promise: nil)
            case .open(let route):
                self.route = route
            case .report(let report):
                send(report)
            }
        }
    }

    private func send(_ report: [UInt8]) {
        switch route {
        case .interleaved(let channels):
            guard let number = channels.rtcp else { return }
            let frame = InterleavedFrame(channel: number, payload: report)
            channel?.writeAndFlush(ByteBuffer(bytes: RTSPSerializer.bytes(of: frame)), promise: nil)
        case .datagrams(_, let rtcp?):
            guard rtcp > 0, let socket = datagrams?.rtcp, let address = channel?.remoteAddress?.with(port: rtcp) else { return }
            socket.writeAndFlush(AddressedEnvelope(remoteAddress: address, data: ByteBuffer(bytes: report)), promise: nil)
        case .datagrams, nil:
            return
        }
    }

    private func tell(_ event: ClientEvent) {
        configuration.onEvent?(event)
        switch event {
        case .described(let description, let raw):
            waiters.description = (description, raw)
            for promise in waiters.described { promise.succeed((description, raw)) }
            waiters.described = []
        case .ready(let transport):
            waiters.transport = transport
            for promise in waiters.ready { promise.succeed((waiters.description?.description, transport)) }
            waiters.ready = []
        case .playing:
            for promise in waiters.playing { promise.succeed() }
            waiters.playing = []
        case .paused:
            for promise in waiters.paused { promise.succeed() }
            waiters.paused = []
        case .frame(let frame):
            frames?.yield(
                RTSPFrame(image: frame.image, presentationTime: frame.mediaTime, timestamp: frame.timestamp))
        case .endOfStream:
            frames?.finish()
            frames = nil
        case .reconnect:
            reconnect()
        case .closed(let failure):
            close(failure)
        case .refused(let method, let status):
            fail(RTSPError(code: .refused, message: "the server refused \(method): \(status)"))
        case .incompleteFrame, .fallingBackToInterleaved, .noticed:
            break
        }
    }

    private func reconnect() {
        isReconnecting = true
        channel?.close(promise: nil)
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        connect().whenFailure { error in
            bound.value.waiters.failure = error as? RTSPError
            bound.value.close(nil)
        }
    }

    private func close(_ failure: ClientFailure?) {
        waiters.isClosed = true
        if let failure { waiters.failure = RTSPError(failure) }
        for promise in waiters.described { promise.fail(self.failure) }
        for promise in waiters.ready { promise.fail(self.failure) }
        fail(self.failure)
        finishFrames()
        for promise in waiters.closed { promise.succeed() }
        waiters = Waiters(
            description: waiters.description, transport: waiters.transport, failure: waiters.failure, isClosed: true)
    }

    /// Fails those who wait for PLAY or PAUSE.
    private func fail(_ error: RTSPError) {
        for promise in waiters.playing + waiters.paused { promise.fail(error) }
        waiters.playing = []
        waiters.paused = []
    }

    private func finishFrames() {
        if let failure = waiters.failure { frames?.finish(throwing: failure) } else { frames?.finish() }
        frames = nil
    }

    private var failure: RTSPError {
        waiters.failure ?? RTSPError(code: .closed, message: "the presentation has been closed")
    }

    /// Lets go of the sockets.
    private func release() {
        timer?.cancel()
        channel?.close(promise: nil)
        datagrams?.close()
    }
}
