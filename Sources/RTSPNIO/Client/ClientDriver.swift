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
    /// Where a flight is recorded.
    private var flight: FlightRecorder?
    private var channel: any Channel
    private var route: MediaRoute?
    private var timer: Scheduled<Void>?
    private var timerDeadline: ContinuousClock.Instant?
    private var frames: AsyncThrowingStream<RTSPFrame, any Error>.Continuation?
    private var waiters = ClientWaiters()
    private var isReconnecting = false
    private var isReleased = false
    /// Where the last datagram came from that was found to be the server's.
    private var knownSource: SocketAddress?
    #if os(Linux)
        /// The same, as gathered packets have it.
        private var knownGatheredSource: ReceiveRoom.Source?
    #endif

    /// A driver of a connection that stands already.
    init(
        channel: any Channel, target: RTSPTarget, configuration: RTSPClient.Configuration, datagrams: DatagramPorts?,
        connection: ClientConnection, flight: FlightRecorder?
    ) {
        eventLoop = channel.eventLoop
        self.channel = channel
        self.target = target
        self.configuration = configuration
        self.datagrams = datagrams
        self.connection = connection
        self.flight = flight
        datagrams?.onDatagram = { [weak self] in self?.receive($0, from: $1, $2) }
        datagrams?.onSegments = { [weak self] in self?.receive(from: $0, $1, segmentSize: $2) }
        #if os(Linux)
            datagrams?.onGathered = { [weak self] in self?.receive($0) }
        #endif
    }

    // MARK: What happens

    /// Connects to the server; what arrives is for nobody yet.
    static func connect(
        to target: RTSPTarget, timeout: Duration, on eventLoop: any EventLoop
    ) -> EventLoopFuture<any Channel> {
        ClientBootstrap(group: eventLoop)
            .connectTimeout(TimeAmount(timeout))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            // A frame at a time, so that packets are whole and need not be put together.
            .channelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 131_072, initial: 131_072, maximum: 1 << 20)
            )
            .connect(host: target.host, port: target.port)
            .flatMapErrorThrowing { error in
                throw RTSPError(
                    code: .cannotConnect, message: "cannot connect to \(target.host):\(target.port)", underlying: error)
            }
    }

    /// The connection stands: the conversation begins.
    func begin() {
        isReconnecting = false
        guard (try? channel.pipeline.syncOperations.addHandler(ClientConnectionHandler(driver: self))) != nil,
            channel.isActive
        else { return closed(channel) }
        enter(.connected) { connection, now, outbox in connection.connected(at: now, via: &outbox) }
    }

    func receive(_ bytes: ByteBuffer, on channel: any Channel) {
        guard channel === self.channel else { return }
        enter(.bytes(Array(bytes.readableBytesView))) { connection, now, outbox in
            connection.receive(bytes.readableBytesUInt8Span, at: now, via: &outbox)
        }
    }

    private func receive(_ kind: DatagramPorts.Kind, from address: SocketAddress, _ bytes: ByteBuffer) {
        guard isServer(address) else { return }
        guard kind == .rtcp else { return takePacket(bytes) }
        // After the packets that wait at the other socket: a busy client must not hear the BYE before them.
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let packet = Array(bytes.readableBytesView)
        eventLoop.execute {
            bound.value.enter(.rtcp(packet)) { connection, now, outbox in
                connection.receive(rtcp: packet.span, at: now, via: &outbox)
            }
        }
    }

    /// Packets that arrived together.
    private func receive(from address: SocketAddress, _ bytes: ByteBuffer, segmentSize: Int) {
        guard isServer(address) else { return }
        guard flight != nil, segmentSize > 0 else {
            return enter(.rtp(Array(bytes.readableBytesView))) { connection, now, outbox in
                connection.receive(rtp: bytes.readableBytesUInt8Span, segmentSize: segmentSize, at: now, via: &outbox)
            }
        }
        // A flight knows packets one by one.
        var rest = bytes
        while rest.readableBytes > 0, let packet = rest.readSlice(length: min(segmentSize, rest.readableBytes)) {
            takePacket(packet)
        }
    }

    #if os(Linux)
        /// Packets that lie in a room for all, good for this call alone.
        private func receive(_ room: ReceiveRoom) {
            let source = room.source
            guard flight == nil else {
                guard let address = source?.address else { return }
                let bytes = ByteBuffer(bytes: room.bytes.prefix(room.count))
                return receive(from: address, bytes, segmentSize: room.segmentSize)
            }
            // Only a source that is new is looked at as an address, which must be made first.
            if source == nil || source != knownGatheredSource {
                guard let address = source?.address, isServer(address) else { return }
                knownGatheredSource = source
            }
            enter(.advance) { connection, now, outbox in
                let bytes = room.bytes.span.extracting(0..<room.count)
                return connection.receive(rtp: bytes, segmentSize: room.segmentSize, at: now, via: &outbox)
            }
        }
    #endif

    private func takePacket(_ bytes: ByteBuffer) {
        enter(.rtp(Array(bytes.readableBytesView))) { connection, now, outbox in
            connection.receive(rtp: bytes.readableBytesUInt8Span, at: now, via: &outbox)
        }
    }

    /// Packets are taken from the server alone; from which of its ports they come is its own affair.
    private func isServer(_ address: SocketAddress) -> Bool {
        if address == knownSource { return true }
        guard address.ipAddress == channel.remoteAddress?.ipAddress else { return false }
        knownSource = address
        return true
    }

    func closed(_ channel: any Channel) {
        guard channel === self.channel, !isReconnecting else { return }
        enter(.connectionClosed) { connection, now, outbox in connection.connectionClosed(at: now, via: &outbox) }
    }

    // MARK: Commands

    func makeFrames() -> AsyncThrowingStream<RTSPFrame, any Error> {
        let (stream, continuation) = AsyncThrowingStream.makeStream(
            of: RTSPFrame.self, bufferingPolicy: .bufferingNewest(max(0, configuration.waitingFrames)))
        frames?.finish()
        frames = continuation
        if waiters.isClosed { finishFrames() }
        return stream
    }

    func play(_ range: NormalPlayTimeRange?) -> EventLoopFuture<Void> {
        command(.play(range), waitingAt: \.playing) { connection, now, outbox throws(ClientConnection.CommandError) in
            try connection.play(range, at: now, via: &outbox)
        }
    }

    func pause() -> EventLoopFuture<Void> {
        command(.pause, waitingAt: \.paused) { connection, now, outbox throws(ClientConnection.CommandError) in
            try connection.pause(at: now, via: &outbox)
        }
    }

    /// PAUSE where something plays; then the frames' consumer is gone.
    func leavePlay() -> EventLoopFuture<Void> {
        frames?.finish()
        frames = nil
        return connection.state == .playing ? pause() : eventLoop.makeSucceededVoidFuture()
    }

    func tearDown() -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        promise.futureResult.whenComplete { _ in bound.value.release() }
        if waiters.isClosed {
            promise.succeed()
        } else {
            waiters.closing.append(promise)
            enter(.tearDown) { connection, now, outbox in connection.tearDown(at: now, via: &outbox) }
        }
        return promise.futureResult
    }

    func statistics() -> ClientStatistics { connection.statistics() }

    func described() -> EventLoopFuture<ClientWaiters.Description> {
        let promise = eventLoop.makePromise(of: ClientWaiters.Description.self)
        waiters.waitUntilDescribed(promise)
        return promise.futureResult
    }

    func ready() -> EventLoopFuture<ClientWaiters.Readiness> {
        let promise = eventLoop.makePromise(of: ClientWaiters.Readiness.self)
        waiters.waitUntilReady(promise)
        return promise.futureResult
    }

    // MARK: Doors

    private typealias Door = (inout ClientConnection, ContinuousClock.Instant, inout ClientOutbox) -> [ClientEvent]
    private typealias CommandDoor = (inout ClientConnection, ContinuousClock.Instant, inout ClientOutbox)
        throws(ClientConnection.CommandError) -> [ClientEvent]

    /// - Parameter input: what goes through the door, for the flight; asked for only where one is recorded.
    private func enter(_ input: @autoclosure () -> Transcript.Input, _ door: Door) {
        var outbox = ClientOutbox()
        let now = ContinuousClock.now
        let events = door(&connection, now, &outbox)
        flight?.record(input(), at: now, outputs: outbox.outputs, events: events)
        finish(outbox, events)
    }

    /// Does what the user wants; fulfilled when the server has answered.
    private func command(
        _ input: @autoclosure () -> Transcript.Input,
        waitingAt list: WritableKeyPath<ClientWaiters, [EventLoopPromise<Void>]>, _ door: CommandDoor
    ) -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        var outbox = ClientOutbox()
        let now = ContinuousClock.now
        do {
            let events = try door(&connection, now, &outbox)
            flight?.record(input(), at: now, outputs: outbox.outputs, events: events)
            waiters[keyPath: list].append(promise)
            finish(outbox, events)
        } catch {
            // Once it is over, why it is over tells more.
            promise.fail(waiters.isClosed ? waiters.failure : RTSPError(code: .invalidState, message: error.description))
        }
        return promise.futureResult
    }

    private func finish(_ outbox: ClientOutbox, _ events: [ClientEvent]) {
        carryOut(outbox.entries)
        for event in events { tell(event) }
        schedule()
    }

    /// Sees to it that the timer fires in time. One that is set for too early is left alone: with each packet that comes, the moment
    /// moves when it would be missed.
    private func schedule() {
        guard let deadline = isReleased ? nil : connection.deadline else { return }
        if let timerDeadline, timerDeadline <= deadline { return }
        timer?.cancel()
        timerDeadline = deadline
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        timer = eventLoop.scheduleTask(in: TimeAmount(ContinuousClock.now.duration(to: deadline))) { bound.value.fire() }
    }

    private func fire() {
        timerDeadline = nil
        guard let deadline = connection.deadline, deadline <= .now else { return schedule() }
        enter(.advance) { connection, now, outbox in connection.advance(to: now, via: &outbox) }
    }

    // MARK: Carrying out

    private func carryOut(_ entries: [ClientOutbox.Entry]) {
        for entry in entries {
            switch entry {
            case .control(let bytes): channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
            case .close: channel.close(promise: nil)
            case .open(_, let route): self.route = route
            case .closeStream: break
            case .report(let report): send(report)
            }
        }
    }

    private func send(_ report: [UInt8]) {
        switch route {
        case .interleaved(let channels):
            // A server that takes no reports will hardly miss them.
            guard let number = channels.rtcp, channel.isWritable else { return }
            let frame = InterleavedFrame(channel: number, payload: report)
            channel.writeAndFlush(ByteBuffer(bytes: RTSPSerializer.bytes(of: frame)), promise: nil)
        case .datagrams(_, let rtcp?):
            guard let socket = datagrams?.rtcp, let address = channel.remoteAddress?.with(port: rtcp) else { return }
            socket.writeAndFlush(AddressedEnvelope(remoteAddress: address, data: ByteBuffer(bytes: report)), promise: nil)
        case .datagrams, nil:
            return
        }
    }

    private func tell(_ event: ClientEvent) {
        configuration.onEvent?(event)
        switch event {
        case .described(let description, let raw): waiters.described((description, raw))
        case .ready(let transport, let session): waiters.ready(transport, session)
        case .playing: waiters.succeed(\.playing)
        case .paused: waiters.succeed(\.paused)
        case .frame(let frame):
            guard configuration.waitingFrames > 0 else { break }
            frames?.yield(
                RTSPFrame(
                    image: frame.image, presentationTime: frame.mediaTime, timestamp: frame.timestamp,
                    senderTime: frame.senderTime, concealment: frame.concealment))
        case .endOfStream:
            frames?.finish()
            frames = nil
        case .reconnect: reconnect()
        case .closed(let failure): close(failure.map { RTSPError($0) })
        case .refused(let method, let status):
            let error = RTSPError(code: .refused, message: "the server refused \(method): \(status)")
            // PLAY anew over another transport: nobody waits for the answer but the consumer of the frames.
            if method == .play, waiters.playing.isEmpty, connection.state != .playing {
                frames?.finish(throwing: error)
                frames = nil
            }
            waiters.fail(method == .pause ? \.paused : \.playing, error)
        case .incompleteFrame, .fallingBackToInterleaved, .dialogue, .noticed: break
        }
    }

    private func reconnect() {
        guard !isReleased else { return }
        isReconnecting = true
        channel.close(promise: nil)
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        Self.connect(to: target, timeout: configuration.timeout, on: eventLoop).whenComplete { result in
            bound.value.reconnected(result)
        }
    }

    private func reconnected(_ result: Result<any Channel, any Error>) {
        switch result {
        case .success(let channel):
            guard !isReleased else { return channel.close(promise: nil) }
            self.channel = channel
            begin()
        case .failure(let error):
            close(error as? RTSPError)
        }
    }

    private func close(_ failure: RTSPError?) {
        guard !waiters.isClosed else { return }
        let closing = waiters.close(failure)
        finishFrames()
        for promise in closing { promise.succeed() }
    }

    private func finishFrames() {
        if waiters.hasFailed { frames?.finish(throwing: waiters.failure) } else { frames?.finish() }
        frames = nil
    }

    /// Lets go of the sockets.
    private func release() {
        isReleased = true
        timer?.cancel()
        timer = nil
        channel.close(promise: nil)
        datagrams?.close()
        close(nil)
        guard let flight else { return }
        self.flight = nil
        configuration.onFlight?(flight.transcript)
    }
}
