internal import RTPTransport

/// When a stream is over, and where it would go on.
extension ClientMedia {
    /// When silence has lasted long enough to mean something.
    var silenceEnds: ContinuousClock.Instant? {
        guard let started else { return nil }
        guard let lastPacket else {
            if isAtEnd { return started + .seconds(1) }
            if case .datagrams = agreed.route { return started + configuration.datagramPatience }
            return started + configuration.limits.mediaTime
        }
        // Past the last frame a second of silence is the end, for servers that do not say BYE.
        return lastPacket + (isNearEnd ? .seconds(1) : configuration.limits.mediaTime)
    }

    /// When the range has been shown to its end: its last frame, too, has a duration. A server's BYE may come a good deal later, or
    /// never. As long as packets come the range is not over, whatever the server has said of its length.
    var rangeEnds: ContinuousClock.Instant? {
        guard let end, let lastPacket, let offset, newOffsetBehind == nil, let due = buffer.newestDue,
            let newest = buffer.newestMediaTime
        else { return nil }
        let rest = end - (newest + offset)
        guard rest <= buffer.frameInterval * 1.5 else { return nil }
        // A server that has told too short a length is not believed any more.
        let patience = rest < .zero - buffer.frameInterval ? Duration.seconds(1) : buffer.frameInterval * 2
        return max(due + max(.zero, rest), lastPacket + patience)
    }

    var isNearEnd: Bool {
        guard let end else { return false }
        return newestMediaTime + .milliseconds(500) >= end
    }

    /// Whether nothing came before the pause is over but the source's goodbye.
    var isAtEnd: Bool { isGoingOn && (hasSaidGoodbye || isNearEnd) && lastPacket == nil }

    /// Where to go on on another transport; `nil` where that says nothing.
    var resumption: NormalPlayTimeRange? {
        isGoingOn && end != nil ? .from(max(.zero, newestMediaTime + buffer.frameInterval)) : nil
    }
}
