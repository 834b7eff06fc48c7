internal import Logging
internal import NIOCore
internal import NIOPosix
internal import RTPTransport
internal import RTSPKit

/// All connections of one event loop, and the sockets that their datagrams leave by. Confined to its event loop.
///
/// It owns no protocol: it hands bytes, answers and the time to ``ServerConnection`` values and carries out what they say.
final class ServerLoop {
    /// One control connection and what belongs to it.
    final class Member {
        let id: UInt64
        let channel: any Channel
        let address: SocketAddress?
        var connection: ServerConnection
        var routes: [StreamID: MediaRoute] = [:]
        /// Streams that a door found busy; looked at again when the sockets have taken what there was.
        var denied: Set<StreamID> = []
        var events: [ServerEvent] = []
        var isHandlingEvents = false
        var timer: Scheduled<Void>?
        var timerDeadline: ContinuousClock.Instant?
        /// Control bytes sent since the peer last took everything: a peer that asks and does not read is cut off.
        var unreadControlBytes = 0
        /// Whether a place among the server's sessions is kept for the SETUP that is being answered.
        var holdsReservation = false

        init(id: UInt64, channel: any Channel, connection: ServerConnection) {
            self.id = id
            self.channel = channel
            address = channel.remoteAddress
            self.connection = connection
        }
    }

    let eventLoop: any EventLoop
    let shared: ServerShared
    var members: [UInt64: Member] = [:]
    private let datagrams: DatagramPorts?
    private let configuration: ServerConnection.Configuration
    private var sender: PacedSender?
    private var nextID: UInt64 = 0
    /// Whose receiver reports come from where.
    private var reporters: [SocketAddress: StreamKey] = [:]
    /// The batch sent last, as bytes for the network: shared by all its readers.
    private var lastBatch: (batch: RTPPacketBatch, bytes: ByteBuffer)?
    private var lastFramed: [UInt8: ByteBuffer] = [:]

    /// How much control data a peer may leave unread.
    static let maximumUnreadControlBytes = 262_144

    init(
        eventLoop: any EventLoop, shared: ServerShared, datagrams: DatagramPorts?,
        configuration: ServerConnection.Configuration
    ) {
        self.eventLoop = eventLoop
        self.shared = shared
        self.datagrams = datagrams
        self.configuration = configuration
        guard let datagrams else { return }
        sender = PacedSender(
            channel: datagrams.rtp, pacing: shared.configuration.pacing, offload: shared.configuration.segmentationOffload
        ) { [unowned self] key in ready(key.connection) }
    }

    // MARK: What happens

    func accept(_ channel: any Channel) -> UInt64 {
        nextID += 1
        let peer = channel.remoteAddress?.ipAddress ?? "unknown"
        let connection = ServerConnection(peer: peer, configuration: configuration, at: .now)
        let member = Member(id: nextID, channel: channel, connection: connection)
        members[nextID] = member
        schedule(member)
        return nextID
    }

    func receive(_ bytes: ByteBuffer, on id: UInt64) {
        enter(id) { connection, now, outbox in
            connection.receive(bytes.readableBytesUInt8Span, at: now, via: &outbox)
        }
    }

    func receive(_ kind: DatagramPorts.Kind, from address: SocketAddress, _ bytes: ByteBuffer) {
        // Only reports are expected, and only from where SETUP said they would come.
        guard kind == .rtcp, let key = reporters[address] else { return }
        enter(key.connection) { connection, now, outbox in
            connection.receive(report: bytes.readableBytesUInt8Span, on: key.stream, at: now, via: &outbox)
        }
    }

    func becameWritable(_ id: UInt64) {
        members[id]?.unreadControlBytes = 0
        ready(id)
    }

    func closed(_ id: UInt64) {
        enter(id) { connection, now, outbox in connection.connectionClosed(at: now, via: &outbox) }
    }

    func answer(_ answer: ServerAnswer, to id: UInt64) {
        enter(id) { connection, now, outbox in
            // A connection that has closed meanwhile has no question any more; then there is nothing to do.
            (try? connection.answer(answer, at: now, via: &outbox)) ?? []
        }
    }

    func deliver(_ frame: LiveFrame, of presentation: LivePresentationID) {
        for id in members.keys {
            enter(id) { connection, now, outbox in connection.deliver(frame, of: presentation, at: now, via: &outbox) }
        }
    }

    func finish(_ presentation: LivePresentationID, goodbye: [UInt8]) {
        for id in members.keys {
            enter(id) { connection, now, outbox in
                connection.finish(presentation, goodbye: goodbye, at: now, via: &outbox)
            }
        }
    }

    /// Ends all sessions and closes all connections; they vanish from `members` as their channels close.
    func shutDown() {
        for id in members.keys {
            enter(id) { connection, now, outbox in connection.shutDown(at: now, via: &outbox) }
        }
    }

    func closeSockets() {
        for member in members.values {
            member.timer?.cancel()
            member.channel.close(promise: nil)
        }
        members = [:]
        datagrams?.close()
    }

    private func ready(_ id: UInt64) {
        enter(id) { connection, now, outbox in connection.transportReady(at: now, via: &outbox) }
    }

    // MARK: Doors

    private typealias Door = (inout ServerConnection, ContinuousClock.Instant, inout ServerOutbox) -> [ServerEvent]

    /// Opens a door of a connection, then carries out what it led to.
    private func enter(_ id: UInt64, _ door: Door) {
        guard let member = members[id] else { return }
        var outbox = ServerOutbox { [unowned self] stream, queued in
            let isReady = queued == 0 && canSend(on: stream, of: member)
            if !isReady { member.denied.insert(stream) }
            return isReady
        }
        member.events += door(&member.connection, .now, &outbox)
        carryOut(outbox.entries, for: member)
        handleEvents(of: member)
        if member.connection.isFinished {
            member.timer?.cancel()
            shared.release(member)
            members[id] = nil
            return
        }
        schedule(member)
        // What was refused only because the outbox was full may be taken now; each round sends a frame, so this ends.
        if let stream = member.denied.first(where: { canSend(on: $0, of: member) }) {
            member.denied.remove(stream)
            ready(id)
        }
    }

    private func canSend(on stream: StreamID, of member: Member) -> Bool {
        switch member.routes[stream] {
        case .interleaved: member.channel.isWritable
        case .datagrams: sender?.canSend(to: StreamKey(connection: member.id, stream: stream)) ?? false
        case nil: false
        }
    }

    private func schedule(_ member: Member) {
        let deadline = member.connection.deadline
        guard deadline != member.timerDeadline else { return }
        member.timer?.cancel()
        member.timer = nil
        member.timerDeadline = deadline
        guard let deadline else { return }
        let id = member.id
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        member.timer = eventLoop.scheduleTask(in: TimeAmount(ContinuousClock.now.duration(to: deadline))) {
            bound.value.fire(id)
        }
    }

    private func fire(_ id: UInt64) {
        members[id]?.timerDeadline = nil
        enter(id) { connection, now, outbox in connection.advance(to: now, via: &outbox) }
    }

    private func handleEvents(of member: Member) {
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

    // MARK: Sending

    private func carryOut(_ entries: [ServerOutbox.Entry], for member: Member) {
        guard !entries.isEmpty else { return }
        for entry in entries {
            switch entry {
            case .control(let bytes): sendControl(bytes, to: member)
            case .close: closeAfterSending(member)
            case .open(let stream, let route): open(stream, by: route, for: member)
            case .closeStream(let stream): close(stream, of: member)
            case .batch(let batch, let stream): send(batch, on: stream, of: member)
            case .report(let report, let stream): send(report: report, on: stream, of: member)
            }
        }
        member.channel.flush()
    }

    private func sendControl(_ bytes: [UInt8], to member: Member) {
        if !member.channel.isWritable {
            member.unreadControlBytes += bytes.count
            guard member.unreadControlBytes <= Self.maximumUnreadControlBytes else {
                return member.channel.close(promise: nil)
            }
        }
        member.channel.write(ByteBuffer(bytes: bytes), promise: nil)
    }

    /// Closes once everything written has left, or after a while if the peer does not take it.
    private func closeAfterSending(_ member: Member) {
        let channel = member.channel
        channel.writeAndFlush(ByteBuffer()).whenComplete { _ in channel.close(promise: nil) }
        eventLoop.scheduleTask(in: .seconds(2)) { channel.close(promise: nil) }
    }

    private func open(_ stream: StreamID, by route: MediaRoute, for member: Member) {
        member.routes[stream] = route
        guard case .datagrams(_, let rtcp?) = route, let address = member.address?.with(port: rtcp) else { return }
        reporters[address] = StreamKey(connection: member.id, stream: stream)
    }

    private func close(_ stream: StreamID, of member: Member) {
        let route = member.routes.removeValue(forKey: stream)
        member.denied.remove(stream)
        let key = StreamKey(connection: member.id, stream: stream)
        sender?.cancel(key)
        guard case .datagrams(_, let rtcp?) = route, let address = member.address?.with(port: rtcp) else { return }
        if reporters[address] == key { reporters[address] = nil }
    }

    private func send(_ batch: RTPPacketBatch, on stream: StreamID, of member: Member) {
        switch member.routes[stream] {
        case .interleaved(let channels):
            member.channel.write(framed(batch, channel: channels.rtp), promise: nil)
        case .datagrams(let rtp, _):
            guard let address = member.address?.with(port: rtp) else { return }
            sender?.send(batch, bytes: bytes(of: batch), to: address, reader: StreamKey(connection: member.id, stream: stream))
        case nil:
            return
        }
    }

    private func send(report: [UInt8], on stream: StreamID, of member: Member) {
        switch member.routes[stream] {
        case .interleaved(let channels):
            guard let channel = channels.rtcp else { return }
            let frame = InterleavedFrame(channel: channel, payload: report)
            member.channel.write(ByteBuffer(bytes: RTSPSerializer.bytes(of: frame)), promise: nil)
        case .datagrams(_, let rtcp?):
            guard let address = member.address?.with(port: rtcp), let socket = datagrams?.rtcp else { return }
            socket.writeAndFlush(AddressedEnvelope(remoteAddress: address, data: ByteBuffer(bytes: report)), promise: nil)
        case .datagrams, nil:
            return
        }
    }

    /// The batch as network bytes, made once for all its readers.
    private func bytes(of batch: RTPPacketBatch) -> ByteBuffer {
        if let lastBatch, lastBatch.batch.isIdentical(to: batch) { return lastBatch.bytes }
        let bytes = ByteBuffer(bytes: batch.bytes)
        lastBatch = (batch, bytes)
        lastFramed = [:]
        return bytes
    }

    /// The batch framed for one channel number, made once for all readers on that channel.
    private func framed(_ batch: RTPPacketBatch, channel: UInt8) -> ByteBuffer {
        if let lastBatch, lastBatch.batch.isIdentical(to: batch), let framed = lastFramed[channel] { return framed }
        _ = bytes(of: batch)
        let framed = ByteBuffer(bytes: batch.interleaved(channel: channel))
        lastFramed[channel] = framed
        return framed
    }
}

extension RTPPacketBatch {
    /// Whether this is the same batch: the first packet's header names source, timestamp and number.
    fileprivate func isIdentical(to other: RTPPacketBatch) -> Bool {
        bytes.count == other.bytes.count && stride == other.stride
            && bytes.prefix(RTPHeader.length) == other.bytes.prefix(RTPHeader.length)
    }
}

extension SocketAddress {
    /// The same host at another port.
    func with(port: UInt16) -> SocketAddress? {
        guard let ipAddress else { return nil }
        return try? SocketAddress(ipAddress: ipAddress, port: Int(port))
    }
}
