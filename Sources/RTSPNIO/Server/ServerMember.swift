internal import NIOCore
internal import RTPTransport
internal import RTSPKit

/// One control connection and what belongs to it. Confined to its event loop.
final class ServerMember {
    let id: UInt64
    let channel: any Channel
    let address: SocketAddress?
    /// Who it is, for people.
    let peer: String
    var connection: ServerConnection
    /// Where its streams leave; one, nearly always.
    private(set) var outlets: [(stream: StreamID, outlet: MediaOutlet)] = []
    /// Asks the sockets whether a stream takes another batch, told how many are on their way to them; made once.
    var isReady: (StreamID, Int) -> Bool = { _, _ in false }
    /// Whether the loop has let go of it.
    var isForgotten = false
    /// Streams that a door found busy; looked at again when the sockets have taken what there was.
    var denied: Set<StreamID> = []
    var events: [ServerEvent] = []
    var isHandlingEvents = false
    /// When the connection wants to be called, as it was after its last door: asking it takes as long as opening one.
    var deadline: ContinuousClock.Instant?
    /// Its time on the loop's agenda; not after its deadline.
    var callTime: NIODeadline?
    /// Control bytes sent since the peer last took everything: a peer that asks and does not read is cut off.
    var unreadControlBytes = 0
    /// Whether a place among the server's sessions is kept for the SETUP that is being answered.
    var holdsReservation = false
    /// The variants of live presentations that its sessions were set up with.
    var variants: Set<LivePresentationID> = []
    /// Where a flight is recorded.
    var flight: FlightRecorder?
    /// Streams that the door open now found busy, each after so many batches; for the flight.
    var refusals: [StreamID: Int] = [:]

    init(id: UInt64, channel: any Channel, address: SocketAddress?, connection: ServerConnection) {
        self.id = id
        self.channel = channel
        self.address = address
        peer = address.map { "\($0.ipAddress ?? "?"):\($0.port ?? 0)" } ?? "?"
        self.connection = connection
    }

    /// Where a stream leaves.
    func outlet(of stream: StreamID) -> MediaOutlet? { outlets.first { $0.stream == stream }?.outlet }

    /// A stream leaves there from now on; `nil` is nowhere.
    func setOutlet(_ outlet: MediaOutlet?, of stream: StreamID) {
        outlets.removeAll { $0.stream == stream }
        if let outlet { outlets.append((stream, outlet)) }
    }
}

/// Where the packets of one stream leave.
enum MediaOutlet {
    /// Between the messages on the control connection (RFC 2326 section 10.12).
    case interleaved(ChannelPair)
    /// As datagrams, and reports as datagrams to that address.
    case datagrams(DatagramReader, reports: SocketAddress?)
}
