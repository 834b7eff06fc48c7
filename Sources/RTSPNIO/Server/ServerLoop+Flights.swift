internal import RTPTransport
internal import RTSPKit

/// What is recorded of connections, where that is wanted.
extension ServerLoop {
    /// What went through a door that was open just now.
    func record(
        _ input: Transcript.Input, of member: ServerMember, at now: ContinuousClock.Instant, _ outputs: [Transcript.Output],
        _ events: [ServerEvent]
    ) {
        member.flight?.record(input, at: now, outputs: outputs, events: events, refusing: member.refusals)
        member.refusals = [:]
    }

    /// The connection is over, and so is its flight.
    func handOverFlight(of member: ServerMember) {
        guard let flight = member.flight else { return }
        member.flight = nil
        shared.configuration.onFlight?(member.peer, flight.transcript)
    }
}
