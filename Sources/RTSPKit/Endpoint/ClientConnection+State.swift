extension ClientConnection {
    /// How far to go by itself once connected.
    public enum Goal: Sendable, Hashable {
        /// Ask for the description, then wait.
        case describe
        /// Set up the JPEG stream, then wait for PLAY.
        case setUp
    }

    /// Where the presentation stands.
    public enum State: Sendable, Hashable {
        /// Not set up.
        case initial
        /// Set up, nothing flows.
        case ready
        /// Media flows.
        case playing
        /// Over.
        case closed
    }

    /// A command that makes no sense in this state; nothing has changed.
    public struct CommandError: Error, Sendable, Hashable, CustomStringConvertible {
        /// What was asked for.
        public var method: RTSPMethod
        /// The state in which it was asked for.
        public var state: State
        /// For people.
        public var description: String { "\(method) is not possible while \(state)" }
    }
}
