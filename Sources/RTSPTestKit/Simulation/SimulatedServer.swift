internal import RTPTransport
public import RTSPKit

/// A server in a ``Simulation``: the connections that clients have made to it, what it offers, and all that it has told.
public struct SimulatedServer: Sendable {
    /// Names a server of a simulation.
    public struct ID: Sendable, Hashable {
        let index: Int
    }

    /// One client's connection, as the server sees it.
    struct Peer: Sendable {
        var connection: ServerConnection
        let address: SimulatedNetwork.Address
        var routes: [StreamID: MediaRoute] = [:]
        /// The streams that take nothing, as the machine was last told.
        var blocked: Set<StreamID> = []
        /// What the machine says of itself after a door was opened.
        struct Condition {
            var deadline: ContinuousClock.Instant?
            var heldBytes: Int
            var sessions: Int
            var isFinished: Bool
        }

        /// (Here, on one value, nothing is copied.)
        func condition() -> Condition {
            Condition(
                deadline: connection.deadline, heldBytes: connection.heldByteCount, sessions: connection.sessionCount,
                isFinished: connection.isFinished)
        }

        mutating func enter(
            _ input: Transcript.Input, media: Transcript.Media?, at now: ContinuousClock.Instant,
            via transport: inout TranscriptTransport
        ) -> ([ServerEvent], Condition) {
            let events = connection.take(input, media: media, at: now, via: &transport)
            return (events, condition())
        }
    }

    /// The host that it runs on.
    public let host: String
    /// What its connections are made of.
    public let configuration: ServerConnection.Configuration
    /// What stands where.
    public var presentations: [String: Presentation]
    /// How long the owner takes to answer a question.
    public var answerTime: Duration = .zero
    /// All that it has told, with times, over all connections.
    public internal(set) var events: [Simulation.Moment<ServerEvent>] = []
    /// The live presentations among those it offers.
    public internal(set) var live: [LivePresentationID: LivePresentation] = [:]
    /// How many sessions read each live presentation; none where nobody does.
    public internal(set) var readers: [LivePresentationID: Int] = [:]
    /// The most bytes that one of its connections has held for its peer.
    public internal(set) var peakHeldBytes = 0
    var peers: [Int: Peer] = [:]
    /// When their machines want the time, as they said last.
    var deadlines: [Int: ContinuousClock.Instant] = [:]
    /// How many sessions they have, as they said last.
    var sessions: [Int: Int] = [:]
    /// Connections that are over and not forgotten yet.
    var finished: Set<Int> = []
    /// Whose reports come from where.
    var reporters: [SimulatedNetwork.Address: Reporter] = [:]

    /// A stream of a connection.
    struct Reporter: Sendable, Hashable {
        var connection: Int
        var stream: StreamID
    }

    init(host: String, configuration: ServerConnection.Configuration, presentations: [String: Presentation]) {
        self.host = host
        self.configuration = configuration
        self.presentations = presentations
    }

    /// Opens a door of one of the machines.
    mutating func enter(
        _ input: Transcript.Input, connection number: Int, media: Transcript.Media?, at now: ContinuousClock.Instant,
        via transport: inout TranscriptTransport
    ) -> [ServerEvent] {
        guard let (events, condition) = peers[number]?.enter(input, media: media, at: now, via: &transport) else { return [] }
        deadlines[number] = condition.deadline
        sessions[number] = condition.sessions
        peakHeldBytes = max(peakHeldBytes, condition.heldBytes)
        if condition.isFinished { finished.insert(number) }
        return events
    }

    /// The connections that are not over, in the order of their making.
    public var connections: [ServerConnection] { peers.keys.sorted().compactMap { peers[$0]?.connection } }

    /// How many sessions there are.
    public var sessionCount: Int { sessions.values.reduce(0, +) }

    /// Whether nothing is left of any client: no connection, session, reader or address to expect reports from.
    public var isEmpty: Bool { peers.isEmpty && reporters.isEmpty && readers.isEmpty }
}
