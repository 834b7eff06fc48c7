internal import NIOCore
internal import RTPTransport
internal import RTSPKit

/// All connections of one event loop, and the sockets that their datagrams leave by. Confined to its event loop.
///
/// It owns no protocol: it hands bytes, answers and the time to ``ServerConnection`` values and carries out what they say.
final class ServerLoop {
    let eventLoop: any EventLoop
    let shared: ServerShared
    let datagrams: DatagramPorts
    let sender: PacedSender
    private(set) var members: [UInt64: ServerMember] = [:]
    /// Which connections read live presentations here.
    private var audiences: [LivePresentationID: LiveAudience] = [:]
    /// Frames that have not yet gone to all who read here.
    private var deliveries = LiveDeliveries()
    private let glance: Glance
    /// Whether the sockets are looked at before the deliveries go on.
    private var isBetweenTurns = false
    /// Whose receiver reports come from where.
    var reporters: [SocketAddress: StreamKey] = [:]
    var batches = LastBatch()
    /// When which connection is to be called, and the timer for the first of them.
    var agenda = Agenda()
    var timer: Scheduled<Void>?
    var timerTime: NIODeadline?
    /// While those who are due are called, nobody sets the timer.
    var isCalling = false
    /// Memory for the next outbox.
    private var spareEntries: [ServerOutbox.Entry] = []
    private var random = RandomReserve()
    private let configuration: ServerConnection.Configuration
    private var nextID: UInt64 = 0
    /// Set once shutting down: to be fulfilled when all have gone.
    private var ending: EventLoopPromise<Void>?
    private var isOver = false

    /// How long a connection that is being closed may take to read what was sent.
    static let lingerTime = TimeAmount.seconds(2)

    init(shared: ServerShared, datagrams: DatagramPorts, glance: Glance, configuration: ServerConnection.Configuration) {
        eventLoop = datagrams.eventLoop
        self.shared = shared
        self.datagrams = datagrams
        self.glance = glance
        self.configuration = configuration
        // The sender and the sockets are the loop's own, so they must not hold it.
        weak var loop: ServerLoop?
        sender = PacedSender(
            channel: datagrams.rtp, pacing: shared.configuration.pacing, offload: shared.configuration.segmentationOffload
        ) { loop?.drained($0) }
        loop = self
        sender.delivered = { [shared] in shared.note(delivery: $0) }
        datagrams.onDatagram = { [weak self] in self?.receive($0, from: $1, $2) }
        datagrams.onReady = { [weak self] in self?.datagramsReady() }
    }

    // MARK: What happens

    /// Takes in a connection; `nil` where the server takes no more.
    func accept(_ channel: any Channel) -> UInt64? {
        guard ending == nil, !isOver else {
            channel.close(promise: nil)
            return nil
        }
        nextID += 1
        let address = channel.remoteAddress
        let now = ContinuousClock.now
        let peer = address?.ipAddress ?? "unknown"
        let connection = ServerConnection(peer: peer, configuration: configuration, at: now)
        let member = ServerMember(id: nextID, channel: channel, address: address, connection: connection)
        member.flight = shared.configuration.flightRecording.map { recording in
            FlightRecorder(server: configuration, peer: peer, recording: recording, at: now)
        }
        member.isReady = { [unowned self, unowned member] in isReady($0, of: member, queued: $1) }
        members[nextID] = member
        schedule(member)
        return nextID
    }

    func receive(_ bytes: ByteBuffer, on id: UInt64) {
        enter(id, .bytes(Array(bytes.readableBytesView))) { connection, now, outbox in
            connection.receive(bytes.readableBytesUInt8Span, at: now, via: &outbox)
        }
    }

    private func receive(_ kind: DatagramPorts.Kind, from address: SocketAddress, _ bytes: ByteBuffer) {
        // Only reports are expected, and only from where SETUP said they would come.
        guard kind == .rtcp, let key = reporters[address] else { return }
        enter(key.connection, .report(Array(bytes.readableBytesView), key.stream)) { connection, now, outbox in
            connection.receive(report: bytes.readableBytesUInt8Span, on: key.stream, at: now, via: &outbox)
        }
        if let reception = members[key.connection]?.connection.liveReception(on: key.stream) {
            let reader = LiveReader(loop: ObjectIdentifier(eventLoop), connection: key.connection, stream: key.stream)
            let loss = Double(reception.report.fractionLost) / 256
            shared.hub(reception.presentation)?.execute { $0.heard(loss, from: reader) }
        }
    }

    func becameWritable(_ id: UInt64) {
        members[id]?.unreadControlBytes = 0
        ready(id)
    }

    /// The datagram socket takes packets again, or is a new one.
    private func datagramsReady() {
        sender.channel = datagrams.rtp
        for member in members.values where !member.denied.isEmpty { ready(member.id) }
    }

    func closed(_ id: UInt64) {
        enter(id, .connectionClosed) { connection, now, outbox in connection.connectionClosed(at: now, via: &outbox) }
    }

    /// - Returns: whether the connection still waited for it.
    @discardableResult
    func answer(_ answer: ServerAnswer, to id: UInt64) -> Bool {
        var isTaken = false
        enter(id, members[id]?.flight?.input(for: answer) ?? .advance) { connection, now, outbox in
            // A connection that has closed meanwhile has no question any more; then there is nothing to do.
            guard let events = try? connection.answer(answer, at: now, via: &outbox) else { return [] }
            isTaken = true
            return events
        }
        return isTaken
    }

    /// A frame that a session of this connection waits for may be ready.
    func mediaReady(_ id: UInt64) {
        enter(id, .mediaReady) { connection, now, outbox in connection.mediaReady(at: now, via: &outbox) }
    }

    /// Who a new session is.
    func newIdentity() -> SessionIdentity { SessionIdentity(using: &random) }

    // MARK: Live presentations

    /// The hub counts one more session of this connection among its readers.
    func joined(_ presentation: LivePresentationID, _ snapshot: LiveSnapshot, connection id: UInt64) {
        guard let member = members[id] else { return leaveHub(of: presentation) }
        audiences[presentation, default: LiveAudience()].join(member)
        if !answer(.joined(snapshot), to: id) { left(presentation, member) }
    }

    /// A session of this connection reads no longer.
    func left(_ presentation: LivePresentationID, _ member: ServerMember) {
        guard audiences[presentation]?.leave(member) == true else { return }
        if audiences[presentation]?.sessionCount(of: member) == 0 { deliveries.remove(member, from: presentation) }
        if audiences[presentation]?.isEmpty == true { audiences[presentation] = nil }
        leaveHub(of: presentation)
    }

    private func leaveHub(of presentation: LivePresentationID) {
        let reference = ServerLoopReference(self)
        shared.hub(presentation)?.perform { $0.leave(reference) }
    }

    /// A frame for all who read the presentation here; `done` is called as the last of them are about to get it.
    func deliver(
        _ frame: LiveFrame, of presentation: LivePresentationID, since arrival: ContinuousClock.Instant,
        _ done: @escaping () -> Void
    ) {
        deliveries.add(frame, of: presentation, since: arrival, to: audiences[presentation]?.members ?? [], done)
        if !isBetweenTurns { deliver() }
    }

    /// Delivers for about as long as others can wait, then lets the loop look at its sockets before it goes on.
    private func deliver() {
        isBetweenTurns = false
        var room = LiveDeliveries.turn
        while let step = deliveries.next(within: &room) { deliver(step) }
        guard !deliveries.isEmpty else { return }
        isBetweenTurns = true
        glance.then { [weak self] in self?.deliver() }
    }

    /// A frame for some of its readers. Their deadlines stay: a frame that was pushed is no event in a session's life.
    private func deliver(_ step: LiveDeliveries.Step) {
        let now = ContinuousClock.now
        // Only the last readers tell how long the frame took.
        sender.arrival = step.isLast ? step.arrival : nil
        for member in step.members where !member.isForgotten {
            collect(member, at: now, .outlinedFrame(.init(step.frame), of: step.presentation, report: step.frame.report)) {
                $0.deliver(step.frame, of: step.presentation, at: $1, via: &$2)
            }
        }
        sender.flush()
        sender.arrival = nil
        // Of datagrams the sender tells, since they may leave later.
        if step.isLast, batches.prepared(step.frame.batch).isFramed { shared.note(delivery: step.arrival.duration(to: .now)) }
    }

    func finish(_ presentation: LivePresentationID, goodbye: [UInt8]) {
        // A goodbye comes after the last frame.
        var room = Int.max
        while let step = deliveries.next(within: &room) { deliver(step) }
        for member in audiences[presentation]?.members ?? [] {
            enter(member.id, .outlinedFinish(presentation, goodbye: goodbye)) { connection, now, outbox in
                connection.finish(presentation, goodbye: goodbye, at: now, via: &outbox)
            }
        }
    }

    /// What is held here.
    func census() -> ServerCensus {
        ServerCensus(
            connections: members.count, reporters: reporters.count,
            liveReaders: audiences.values.reduce(0) { $0 + $1.sessionCount }, pacedReaders: sender.busyCount)
    }

    // MARK: The end

    /// Ends all sessions and closes all connections and sockets.
    /// - Returns: when that has been done; connections whose peers do not go are cut off after a while.
    func shutDown() -> EventLoopFuture<Void> {
        guard ending == nil, !isOver else { return ending?.futureResult ?? eventLoop.makeSucceededVoidFuture() }
        let promise = eventLoop.makePromise(of: Void.self)
        ending = promise
        for id in members.keys {
            enter(id, .shutDown) { connection, now, outbox in connection.shutDown(at: now, via: &outbox) }
        }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let limit = eventLoop.scheduleTask(in: Self.lingerTime) { bound.value.end() }
        promise.futureResult.whenComplete { _ in limit.cancel() }
        endIfIdle()
        return promise.futureResult
    }

    private func endIfIdle() {
        if ending != nil, members.isEmpty, sender.isIdle { end() }
    }

    private func end() {
        guard let ending, !isOver else { return }
        isOver = true
        deliveries.removeAll()
        glance.stop()
        timer?.cancel()
        sender.stop()
        datagrams.close()
        for member in members.values {
            member.channel.close(promise: nil)
            forget(member)
        }
        self.ending = nil
        ending.succeed()
    }

    // MARK: Doors

    typealias Door = (inout ServerConnection, ContinuousClock.Instant, inout ServerOutbox) -> [ServerEvent]

    /// Opens a door of a connection, then carries out what it led to.
    /// - Parameter input: what goes through the door, for the flight; asked for only where one is recorded.
    func enter(_ id: UInt64, _ input: @autoclosure () -> Transcript.Input, _ door: Door) {
        guard let member = members[id] else { return }
        pass(member, input(), door)
        sender.flush()
        // What was refused only because the outbox was full may be taken now; each round sends a frame, so this ends.
        while !member.isForgotten, let stream = member.denied.first(where: { canSend(on: $0, of: member) }) {
            member.denied.remove(stream)
            pass(member, .transportReady) { connection, now, outbox in connection.transportReady(at: now, via: &outbox) }
            sender.flush()
        }
    }

    private func pass(_ member: ServerMember, _ input: @autoclosure () -> Transcript.Input, _ door: Door) {
        collect(member, at: .now, input(), door)
        if member.connection.state != .open { shared.release(member) }
        if member.connection.isFinished {
            forget(member)
            endIfIdle()
        } else {
            schedule(member)
        }
    }

    /// Opens a door, then does what it put into the outbox and what it told.
    private func collect(
        _ member: ServerMember, at now: ContinuousClock.Instant, _ input: @autoclosure () -> Transcript.Input, _ door: Door
    ) {
        // A door may be opened while an earlier outbox is carried out, so the memory is taken, not lent.
        var outbox = ServerOutbox(reusing: exchange(&spareEntries, with: []), isReady: member.isReady)
        let events = door(&member.connection, now, &outbox)
        if member.flight != nil { record(input(), of: member, at: now, outbox.outputs, events) }
        var entries = outbox.takeEntries()
        carryOut(entries, for: member)
        entries.removeAll(keepingCapacity: true)
        spareEntries = entries
        if !events.isEmpty {
            member.events += events
            handleEvents(of: member)
        }
    }

    /// Whether a stream takes another batch beyond those in the outbox.
    private func isReady(_ stream: StreamID, of member: ServerMember, queued: Int) -> Bool {
        if queued == 0, canSend(on: stream, of: member) { return true }
        member.denied.insert(stream)
        if member.flight != nil { member.refusals[stream] = member.refusals[stream] ?? queued }
        return false
    }

    /// All datagrams for a reader have left.
    private func drained(_ reader: DatagramReader) {
        if members[reader.key.connection]?.denied.isEmpty == false { ready(reader.key.connection) }
        endIfIdle()
    }

    /// A stream of this connection can go on.
    private func ready(_ id: UInt64) {
        enter(id, .transportReady) { connection, now, outbox in connection.transportReady(at: now, via: &outbox) }
    }

    private func forget(_ member: ServerMember) {
        guard members.removeValue(forKey: member.id) != nil else { return }
        member.isForgotten = true
        handOverFlight(of: member)
        shared.release(member)
        defer { shared.releaseVariants(of: member) }
        for (presentation, audience) in audiences {
            for _ in 0..<audience.sessionCount(of: member) { left(presentation, member) }
        }
    }

    private func handleEvents(of member: ServerMember) {
        // Answers given at once lead to further events; they are taken here in turn, not by recursion.
        guard !member.isHandlingEvents else { return }
        member.isHandlingEvents = true
        defer { member.isHandlingEvents = false }
        while !member.events.isEmpty {
            let events = member.events
            member.events = []
            for event in events { shared.handle(event, from: member, on: self) }
        }
    }
}
