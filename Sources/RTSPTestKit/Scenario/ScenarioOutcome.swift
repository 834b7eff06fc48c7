public import RTSPKit

/// How a scenario went.
public struct ScenarioOutcome: Sendable {
    /// How one viewer fared.
    public struct Viewing: Sendable, Hashable {
        /// Frames shown.
        public var framesShown = 0
        /// Frames that lacked a piece.
        public var framesIncomplete = 0
        /// RTP packets that came.
        public var packets = 0
        /// RTP packets that the client missed.
        public var packetsLost = 0
        /// The most bytes that the client has held.
        public var peakHeldBytes = 0
        /// Why it ended, if not as asked.
        public var failure: String?
    }

    /// What everything random followed from.
    public var seed: UInt64
    /// What was not as it must be; empty where all was well. Each begins with who it is about.
    public var complaints: [String]
    /// The viewers, in the order of the scenario.
    public var viewings: [Viewing]
    /// How many steps the simulation took.
    public var steps: Int
    /// How much virtual time passed.
    public var time: Duration
    /// The most bytes that the server has held for one peer.
    public var peakHeldBytes: Int
    /// What happened; `nil` where it was not recorded.
    public var transcript: Transcript?
    /// The whole simulation at its end.
    public var simulation: Simulation

    /// Whether all was as it must be.
    public var isClean: Bool { complaints.isEmpty }
}
