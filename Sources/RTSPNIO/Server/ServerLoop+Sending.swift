internal import NIOCore
internal import RTPTransport
internal import RTSPKit

/// From outbox to sockets.
extension ServerLoop {
    /// How much control data a peer may leave unread.
    static let maximumUnreadControlBytes = 262_144

    /// Does what a door has put into the outbox, in order.
    func carryOut(_ entries: [ServerOutbox.Entry], for member: ServerMember) {
        // Once for all of it: every call to the system wakes the peer.
        var hasWritten = false
        for entry in entries {
            switch entry {
            case .control(let bytes):
                sendControl(bytes, to: member)
                hasWritten = true
            case .close: closeAfterSending(member)
            case .open(let stream, let route): open(stream, by: route, for: member)
            case .closeStream(let stream): close(stream, of: member)
            case .batch(_, let stream), .report(_, let stream):
                // Datagrams take another way: the reply that announces them leaves before they do.
                if hasWritten, case .datagrams = member.outlet(of: stream) {
                    member.channel.flush()
                    hasWritten = false
                }
                hasWritten = send(entry, on: stream, of: member) || hasWritten
            }
        }
        if hasWritten { member.channel.flush() }
    }

    private func send(_ entry: ServerOutbox.Entry, on stream: StreamID, of member: ServerMember) -> Bool {
        switch entry {
        case .batch(let batch, _): send(batch, on: stream, of: member)
        case .report(let report, _): send(report: report, on: stream, of: member)
        case .control, .close, .open, .closeStream: false
        }
    }

    /// Whether a stream takes another frame now.
    func canSend(on stream: StreamID, of member: ServerMember) -> Bool {
        switch member.outlet(of: stream) {
        case .interleaved: member.channel.isWritable
        case .datagrams(let reader, _): sender.canSend(to: reader)
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
        switch route {
        case .interleaved(let channels): member.setOutlet(.interleaved(channels), of: stream)
        case .datagrams(let rtp, let rtcp):
            let key = StreamKey(connection: member.id, stream: stream)
            guard let address = member.address?.with(port: rtp) else { return member.setOutlet(nil, of: stream) }
            let reports = rtcp.flatMap { member.address?.with(port: $0) }
            member.setOutlet(.datagrams(DatagramReader(key, at: address), reports: reports), of: stream)
            if let reports { reporters[reports] = key }
        }
    }

    /// Nothing more is sent on the stream; what is queued still leaves.
    private func close(_ stream: StreamID, of member: ServerMember) {
        let outlet = member.outlet(of: stream)
        member.setOutlet(nil, of: stream)
        member.denied.remove(stream)
        guard case .datagrams(let reader, let reports?) = outlet, reporters[reports] == reader.key else { return }
        reporters[reports] = nil
    }

    /// - Returns: whether the control connection is to be flushed.
    private func send(_ batch: RTPPacketBatch, on stream: StreamID, of member: ServerMember) -> Bool {
        switch member.outlet(of: stream) {
        case .interleaved(let channels):
            member.channel.write(batches.interleaved(batch, channel: channels.rtp), promise: nil)
            return true
        case .datagrams(let reader, _):
            sender.send(batches.prepared(batch), to: reader)
            return false
        case nil:
            return false
        }
    }

    /// - Returns: whether the control connection is to be flushed.
    private func send(report: [UInt8], on stream: StreamID, of member: ServerMember) -> Bool {
        switch member.outlet(of: stream) {
        case .interleaved(let channels):
            guard let channel = channels.rtcp else { return false }
            let frame = InterleavedFrame(channel: channel, payload: report)
            member.channel.write(ByteBuffer(bytes: RTSPSerializer.bytes(of: frame)), promise: nil)
            return true
        case .datagrams(let reader, let address?):
            let envelope = AddressedEnvelope(remoteAddress: address, data: ByteBuffer(bytes: report))
            // After the packets that it is about: a BYE must not overtake the last frame.
            sender.after(reader) { [datagrams] in datagrams.rtcp?.writeAndFlush(envelope, promise: nil) }
            return false
        case .datagrams, nil:
            return false
        }
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
