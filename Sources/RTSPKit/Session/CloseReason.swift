/// Why a session ended.
public enum CloseReason: Sendable, Hashable {
    /// The client asked for it.
    case teardown
    /// The client gave no sign of life for the session's timeout.
    case timedOut
    /// The connection that the session depended on closed.
    case connectionClosed
    /// The other side broke the protocol; the text says how, in our own words.
    case peerViolation(String)
    /// The server did not answer a request of this method in time.
    case requestTimedOut(RTSPMethod)
    /// The server ended the session, or no longer knows it.
    case serverEnded
    /// The application on this side shut down.
    case shutDown
}
