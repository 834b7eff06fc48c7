internal import RTPTransport
public import RTSPKit

/// One side of a control connection, as ``ScriptedDialogue`` drives it.
public protocol ScriptedEndpoint {
    /// What it tells its owner.
    associatedtype Event

    /// When ``advance(to:via:)`` is due.
    var deadline: ContinuousClock.Instant? { get }

    /// Bytes arrived on the control connection.
    mutating func receive(
        _ bytes: Span<UInt8>, at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) -> [Event]

    /// The time is `now`.
    mutating func advance(to now: ContinuousClock.Instant, via transport: inout some EndpointTransport) -> [Event]

    /// The control connection is gone.
    mutating func connectionClosed(
        at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) -> [Event]
}

extension ClientConnection: ScriptedEndpoint {}
extension ServerConnection: ScriptedEndpoint {}

/// A connection value and a scripted peer talking to each other in virtual time, over a ``FakeTransport``.
///
/// ```swift
/// var dialogue = ScriptedDialogue(client, with: camera, at: now)
/// dialogue.perform { $0.connected(at: $1, via: &$2) }
/// dialogue.run(for: .seconds(1))
/// #expect(dialogue.peer.mismatch == nil)
/// ```
public struct ScriptedDialogue<Endpoint: ScriptedEndpoint> {
    /// What the owner does on an event: answer a question, for example. It returns further events.
    public typealias Owner = (
        _ endpoint: inout Endpoint, _ event: Endpoint.Event, _ now: ContinuousClock.Instant, _ transport: inout FakeTransport
    ) -> [Endpoint.Event]

    /// The connection under test.
    public private(set) var endpoint: Endpoint
    /// The other side.
    public private(set) var peer: ScriptedPeer
    /// The time that both believe it is.
    public private(set) var now: ContinuousClock.Instant
    /// What the connection has told, in order.
    public private(set) var events: [Endpoint.Event] = []
    /// What the connection has put into its transport, in order.
    public private(set) var entries: [FakeTransport.Entry] = []
    /// Whether one side has closed the connection.
    public private(set) var isClosed = false
    private var transport = FakeTransport()
    /// The channels of the streams that travel on the control connection.
    private var channels: [StreamID: ChannelPair] = [:]
    private let owner: Owner

    /// Brings a connection and a peer together.
    /// - Parameters:
    ///   - endpoint: the connection under test.
    ///   - peer: the other side.
    ///   - now: the time at which they meet.
    ///   - owner: what the connection's owner does on each event; nothing, unless it is given.
    public init(
        _ endpoint: Endpoint, with peer: ScriptedPeer, at now: ContinuousClock.Instant,
        owner: @escaping Owner = { _, _, _, _ in [] }
    ) {
        self.endpoint = endpoint
        self.peer = peer
        self.now = now
        self.owner = owner
    }

    /// The owner uses one of the connection's doors; what follows from it happens at once.
    public mutating func perform<Failure: Error>(
        _ command: (inout Endpoint, ContinuousClock.Instant, inout FakeTransport) throws(Failure) -> [Endpoint.Event]
    ) throws(Failure) {
        note(try command(&endpoint, now, &transport))
        settle(peer.advance(to: now))
    }

    /// Lets time pass, from deadline to deadline.
    public mutating func run(for duration: Duration) {
        let end = now.advanced(by: duration)
        settle(peer.advance(to: now))
        while let due = [endpoint.deadline, isClosed ? nil : peer.deadline].compactMap({ $0 }).min(), due <= end {
            // Time always moves, whatever the two ask for.
            now = max(due, now.advanced(by: .microseconds(1)))
            turn()
        }
        now = max(now, end)
        turn()
    }

    private mutating func turn() {
        note(endpoint.advance(to: now, via: &transport))
        settle(peer.advance(to: now))
    }

    /// Carries bytes to and fro until nobody has anything to say.
    private mutating func settle(_ first: [ScriptedPeer.Action]) {
        var actions = first + deliver()
        while !actions.isEmpty || !transport.entries.isEmpty {
            for action in actions {
                switch action {
                case .send(let bytes):
                    guard !isClosed else { continue }
                    note(endpoint.receive(bytes.span, at: now, via: &transport))
                case .close:
                    guard !isClosed else { continue }
                    isClosed = true
                    note(endpoint.connectionClosed(at: now, via: &transport))
                case .mismatch: continue
                }
            }
            actions = deliver()
        }
    }

    /// Hands what the connection has sent to the peer; packets on the control connection are framed on the way.
    private mutating func deliver() -> [ScriptedPeer.Action] {
        var actions: [ScriptedPeer.Action] = []
        for entry in transport.takeEntries() {
            entries.append(entry)
            switch entry {
            case .open(let stream, let route): channels[stream] = Self.channels(of: route)
            case .closeStream(let stream): channels[stream] = nil
            case _ where isClosed: continue
            case .control(let bytes): actions += peer.receive(bytes.span, at: now)
            case .batch(let batch, let stream):
                guard let channel = channels[stream]?.rtp else { continue }
                actions += peer.receive(batch.interleaved(channel: channel).span, at: now)
            case .report(let report, let stream):
                guard let channel = channels[stream]?.rtcp else { continue }
                let frame = InterleavedFrame(channel: channel, payload: report)
                actions += peer.receive(RTSPSerializer.bytes(of: frame).span, at: now)
            case .close:
                isClosed = true
                actions += peer.connectionClosed(at: now)
                note(endpoint.connectionClosed(at: now, via: &transport))
            }
        }
        return actions
    }

    private static func channels(of route: MediaRoute) -> ChannelPair? {
        if case .interleaved(let channels) = route { channels } else { nil }
    }

    private mutating func note(_ new: [Endpoint.Event]) {
        var waiting = new[...]
        while let event = waiting.popFirst() {
            events.append(event)
            waiting += owner(&endpoint, event, now, &transport)
        }
    }
}
