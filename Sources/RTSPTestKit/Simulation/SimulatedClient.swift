public import RTPTransport
public import RTSPKit

/// A client in a ``Simulation``, and all that it has told.
public struct SimulatedClient: Sendable {
    /// Names a client of a simulation.
    public struct ID: Sendable, Hashable {
        /// Where it stands; another one may stand there once it is gone.
        let index: Int
        /// From 1 on in the order in which clients were added; transcripts call it so.
        public let number: Int
    }

    /// Which client it is.
    public let id: ID
    /// The machine.
    public internal(set) var connection: ClientConnection
    /// The host that it runs on.
    public let host: String
    /// The server that it connects to.
    public let server: SimulatedServer.ID
    /// What it was made of.
    public let configuration: ClientConfiguration
    /// All that it has told, with times.
    public internal(set) var events: [Simulation.Moment<ClientEvent>] = []
    /// False once it was removed.
    var isPresent = true
    /// False once the client has lost power.
    public internal(set) var hasPower = true
    /// How often PLAY was asked for and not refused by the client itself.
    public internal(set) var playsAsked = 0
    /// How often it has connected.
    public internal(set) var connectionsMade = 0
    /// By which way its packets come, where they come.
    public internal(set) var route: MediaRoute?
    /// What RFC 3550's own algorithms say of the packets that reached it as datagrams.
    public internal(set) var oracle = ReceptionOracle()
    /// The RTP datagrams that reached it while it took them, by their serial numbers in the network.
    public internal(set) var received: Set<Int> = []
    /// The most bytes that it has held of the server's.
    public internal(set) var peakHeldBytes = 0
    /// Its control connection; `nil` before the first and after the last.
    public internal(set) var control: SimulatedNetwork.ConnectionID?
    /// When the machine wants the time, as it said last.
    var deadline: ContinuousClock.Instant?
    /// Whether it takes packets: from PLAY to the end of the stream, also while it pauses.
    var takesMedia = false
    /// The same before the last PLAY, in case that it is refused.
    var tookMedia = false
    /// Whether PAUSE was asked for, and PLAY not since.
    var isPausing = false
    /// What breaks on its next connection.
    var plan: Plan?
    /// Whether it reads its control connection, now and after connecting anew.
    var isReading = true

    /// A fault to come after so many writes.
    struct Plan: Sendable {
        var fault: SimulatedNetwork.Fault
        var message: Int
    }

    init(
        _ id: ID, connection: ClientConnection, host: String, server: SimulatedServer.ID, configuration: ClientConfiguration
    ) {
        self.id = id
        self.connection = connection
        self.host = host
        self.server = server
        self.configuration = configuration
        deadline = connection.deadline
    }

    /// Its name in transcripts.
    public var machine: Transcript.Machine { Transcript.Machine(.client, id.number) }

    /// Opens a door of the machine. (Here, on one value, nothing is copied.)
    mutating func enter(
        _ input: Transcript.Input, at now: ContinuousClock.Instant, via transport: inout TranscriptTransport
    ) -> [ClientEvent] {
        if input == .tearDown { (takesMedia, tookMedia) = (false, false) }
        let events = connection.take(input, at: now, via: &transport)
        note()
        return events
    }

    /// Leaves nothing but a place for another one.
    mutating func vacate(at now: ContinuousClock.Instant) {
        let bare = ClientConfiguration(url: "", ssrc: 0)
        self = SimulatedClient(
            id, connection: ClientConnection(configuration: bare, at: now), host: "", server: server, configuration: bare)
        (isPresent, hasPower, deadline) = (false, false, nil)
    }

    /// Remembers what the machine says of itself.
    mutating func note() {
        deadline = connection.deadline
        peakHeldBytes = max(peakHeldBytes, connection.heldByteCount)
    }

    /// The frames that it has shown, in order.
    public var frames: [PlayoutFrame] {
        events.compactMap { if case .frame(let frame) = $0.what { frame } else { nil } }
    }

    /// Whether it has told that the stream came to its end since the last PLAY that the server confirmed.
    public var hasEnded: Bool {
        for moment in events.reversed() {
            if moment.what == .endOfStream { return true }
            if case .playing = moment.what { return false }
        }
        return false
    }

    /// Why it closed; `nil` while it has not, and where it closed as asked.
    public var failure: ClientFailure? {
        guard case .closed(let failure)? = events.last?.what else { return nil }
        return failure
    }

    /// Where RTP datagrams reach it.
    public var mediaAddress: SimulatedNetwork.Address? {
        configuration.clientPorts.map { SimulatedNetwork.Address(host, $0.rtp) }
    }
}
