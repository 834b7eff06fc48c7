/// Deadlines of the control connection itself.
extension ServerConnection {
    /// When the connection wants attention.
    var connectionDeadline: ContinuousClock.Instant? {
        guard state == .open else { return nil }
        // While a question is open nothing is taken, so only the owner's time runs.
        if openQuestion != nil { return questionAsked.map { $0 + configuration.limits.answerTime } }
        let messageEnd = Self.earlier(framing.deadline, messageBegan.map { $0 + configuration.limits.messageTime })
        return Self.earlier(messageEnd, idleDeadline)
    }

    private var idleDeadline: ContinuousClock.Instant? {
        sessions.isEmpty ? lastRequest + rules.idleTime : nil
    }

    /// Remembers since when a message is incomplete, and minds what waits behind an open question.
    mutating func noteMessageProgress(at now: ContinuousClock.Instant, via transport: inout some EndpointTransport) {
        guard state == .open else { return }
        if openQuestion == nil {
            messageBegan = framing.isInsideMessage ? messageBegan ?? now : nil
        } else if framing.bufferedByteCount > configuration.limits.pendingBytes {
            giveUp("too many requests at once", .serviceUnavailable, at: now, via: &transport)
        }
    }

    /// Closes a connection that sends nothing, or a message that never ends, or whose owner never answers.
    mutating func checkConnectionTime(at now: ContinuousClock.Instant, via transport: inout some EndpointTransport) {
        guard let connectionDeadline, connectionDeadline <= now else { return }
        if openQuestion != nil {
            // Closed, so that a late answer cannot be taken for that to another question.
            giveUp("a question that nobody answered", .serviceUnavailable, at: now, via: &transport)
        } else if let messageBegan, now >= messageBegan + configuration.limits.messageTime {
            giveUp("a message that does not end", .requestTimeout, at: now, via: &transport)
        } else if let idleDeadline, idleDeadline <= now {
            close(at: now, via: &transport)
        }
    }

    private mutating func giveUp(
        _ reason: String, _ status: RTSPStatus, at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) {
        events.append(.violated(reason))
        switch openQuestion {
        case .describe(let request), .setup(let request, _, _):
            respond(RTSPResponse(status, cSeq: request.cSeq), to: request, via: &transport)
        case .join: break  // The session answers it as the connection closes.
        case nil: send(RTSPResponse(status), via: &transport)
        }
        close(at: now, via: &transport)
    }
}
