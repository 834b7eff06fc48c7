/// Deadlines of the control connection itself.
extension ServerConnection {
    /// When the connection wants attention.
    var connectionDeadline: ContinuousClock.Instant? {
        guard state == .open else { return nil }
        let limits = configuration.limits
        var earliest = framing.deadline
        let candidates = [
            messageBegan.map { $0 + limits.messageTime }, sessions.isEmpty ? lastHeard + limits.idleTime : nil,
        ]
        for candidate in candidates {
            if let candidate { earliest = earliest.map { min($0, candidate) } ?? candidate }
        }
        return earliest
    }

    /// Remembers since when a message is incomplete, and minds what waits behind an open question.
    mutating func noteMessageProgress(at now: ContinuousClock.Instant, via transport: inout some EndpointTransport) {
        guard state == .open else { return }
        if openQuestion == nil {
            messageBegan = framing.isInsideMessage ? messageBegan ?? now : nil
        } else if framing.bufferedByteCount > configuration.limits.pendingBytes {
            events.append(.violated("too many requests at once"))
            transport.send(framing.bytes(of: stamped(RTSPResponse(.serviceUnavailable)), media: nil))
            close(via: &transport)
        }
    }

    /// Closes a connection that sends nothing, or a message that never ends.
    mutating func checkConnectionTime(at now: ContinuousClock.Instant, via transport: inout some EndpointTransport) {
        guard state == .open else { return }
        let limits = configuration.limits
        if let messageBegan, now >= messageBegan + limits.messageTime {
            events.append(.violated("a message that does not end"))
            transport.send(framing.bytes(of: stamped(RTSPResponse(.requestTimeout)), media: nil))
            close(via: &transport)
        } else if sessions.isEmpty, now >= lastHeard + limits.idleTime {
            close(via: &transport)
        }
    }
}
