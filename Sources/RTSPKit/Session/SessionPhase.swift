/// The states of RFC 2326 appendix A, without what the machines remember in them.
public enum SessionPhase: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// Nothing is set up. After a TEARDOWN the RFC returns here; our machines end instead, since no session id is used twice.
    case initial
    /// At least one stream is set up; nothing flows.
    case ready
    /// Media flows from the server to the client.
    case playing
    /// Media flows from the client to the server.
    case recording

    /// The name of the case.
    public var description: String { rawValue }
}
