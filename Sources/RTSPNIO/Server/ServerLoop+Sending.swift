internal import NIOCore
internal import RTPTransport
internal import RTSPKit

/// From outbox to sockets.
extension ServerLoop {
    /// How much control data a peer may leave unread.
    static let maximumUnreadControlBytes = 262_144

    /// Does what a door has put into the outbox, in order.
    func carryOut(_ entries: [ServerOutbox.Entry], for member: ServerMember) {
        guard !entries.isEmpty else { return }
        for entry in entries {
            switch entry {
            case .control(let bytes):
                sendControl(bytes, to: member)
                // Datagrams take another way: the reply that announces them leaves before they do.
                member.channel.flush()
            case .close: closeAfterSending(member)
            case .open(let stream, let route): open(stream, by: route, for: member)
            case .closeStream(let stream): close(stream, of: member)
            case .batch(let batch, let stream): send(batch, on: stream, of: member)
            case .report(let report, let stream): send(report: report, on: stream, of: member)
            }
        }
        member.channel.flush()
    }

    /// Whether a stream takes another frame now.
    func canSend(on stream: StreamID, of member: ServerMember) -> Bool {
        switch member.routes[stream] {
        case .interleaved: member.channel.isWritable
        case .datagrams: sender.canSend(to: StreamKey(connection: member.id, stream: stream))
        case nil: false
        }
    }

    private func sendControl(_ bytes: [UInt8], to member: ServerMember) {
        if !member.channel.isWritable {
            member.unreadControlBytes += bytes.count
            guard member.unreadControlBytes <= Self.maximumUnreadControlBytes else {
                return member.channel.close(promise: nil)
            }
        }
        member.channel.write(ByteBuffer(bytes: bytes), promise: nil)
    }

    /// Says that nothing more comes once everything written has left, then waits a while for the peer to go first: closing
    /// over bytes that were not read would take the last reply from it.
    private func closeAfterSending(_ member: ServerMember) {
        let channel = member.channel
        channel.flush()
        channel.close(mode: .output, promise: nil)
        let limit = eventLoop.scheduleTask(in: Self.lingerTime) { channel.close(promise: nil) }
        channel.closeFuture.whenComplete { _ in limit.cancel() }
    }

    private func open(_ stream: StreamID, by route: MediaRoute, for member: ServerMember) {
        member.routes[stream] = route
        guard case .datagrams(_, let rtcp?) = route, let address = member.address?.with(port: rtcp) else { return }
        reporters[address] = StreamKey(connection: member.id, stream: stream)
    }

    /// Nothing more is sent on the stream; what is queued still leaves.
    private func close(_ stream: StreamID, of member: ServerMember) {
        let route = member.routes.removeValue(forKey: stream)
        member.denied.remove(stream)
        guard case .datagrams(_, let rtcp) = route else { return }
        let key = StreamKey(connection: member.id, stream: stream)
        sender.forget(key)
        guard let rtcp, let address = member.address?.with(port: rtcp), reporters[address] == key else { return }
        reporters[address] = nil
    }

    private func send(_ batch: RTPPacketBatch, on stream: StreamID, of member: ServerMember) {
        switch member.routes[stream] {
        case .interleaved(let channels):
            member.channel.write(batches.interleaved(batch, channel: channels.rtp), promise: nil)
        case .datagrams(let rtp, _):
            guard let address = member.address?.with(port: rtp) else { return }
            let key = StreamKey(connection: member.id, stream: stream)
            sender.send(batch, bytes: batches.plain(batch), to: address, reader: key)
        case nil:
            return
        }
    }

    private func send(report: [UInt8], on stream: StreamID, of member: ServerMember) {
        switch member.routes[stream] {
        case .interleaved(let channels):
            guard let channel = channels.rtcp else { return }
            let frame = InterleavedFrame(channel: channel, payload: report)
            member.channel.write(ByteBuffer(bytes: RTSPSerializer.bytes(of: frame)), promise: nil)
        case .datagrams(_, let rtcp?):
            guard let address = member.address?.with(port: rtcp) else { return }
            let envelope = AddressedEnvelope(remoteAddress: address, data: ByteBuffer(bytes: report))
            // After the packets that it is about: a BYE must not overtake the last frame.
            sender.after(StreamKey(connection: member.id, stream: stream)) { [datagrams] in
                datagrams.rtcp?.writeAndFlush(envelope, promise: nil)
            }
        case .datagrams, nil:
            return
        }
    }
}

/// The batch sent last as bytes for the network, made once for all its readers.
struct BatchBytes {
    private var batch: RTPPacketBatch?
    private var plain: ByteBuffer?
    private var interleaved: [UInt8: ByteBuffer] = [:]

    /// The packets one behind the other.
    mutating func plain(_ batch: RTPPacketBatch) -> ByteBuffer {
        take(batch)
        let bytes = plain ?? ByteBuffer(bytes: batch.bytes)
        plain = bytes
        return bytes
    }

    /// The packets framed for one channel of a control connection (RFC 2326 section 10.12).
    mutating func interleaved(_ batch: RTPPacketBatch, channel: UInt8) -> ByteBuffer {
        take(batch)
        let bytes = interleaved[channel] ?? ByteBuffer(bytes: batch.interleaved(channel: channel))
        interleaved[channel] = bytes
        return bytes
    }

    /// The first packet's header names source, timestamp and number, so it tells one batch from another.
    private mutating func take(_ batch: RTPPacketBatch) {
        if let last = self.batch, last.bytes.count == batch.bytes.count, last.stride == batch.stride,
            last.ends == batch.ends, last.bytes.prefix(RTPHeader.length) == batch.bytes.prefix(RTPHeader.length)
        {
            return
        }
        self.batch = batch
        plain = nil
        interleaved = [:]
    }
}

extension SocketAddress {
    /// The same host at another port; `nil` for port 0, to which nothing can be sent.
    func with(port: UInt16) -> SocketAddress? {
        guard port > 0 else { return nil }
        var address = self
        address.port = Int(port)
        return address
    }
}
