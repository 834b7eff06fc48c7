import RTPTransport
import RTSPKit

/// A player in one value: plays as soon as it can, and keeps the last picture.
public struct SmallPlayer: Sendable {
    /// Where it stands.
    public enum State: Sendable, Hashable {
        case connecting, ready, playing, ended
        case failed(String)
    }

    /// Where it stands.
    public private(set) var state = State.connecting
    /// What is on the screen.
    public private(set) var picture: PlayoutFrame?
    /// How many pictures there have been, and how many that lacked a piece.
    public private(set) var shown = 0, torn = 0
    private var connection: ClientConnection

    /// A player that is not connected.
    public init(_ configuration: ClientConfiguration, at now: ContinuousClock.Instant) {
        connection = ClientConnection(configuration: configuration, at: now)
    }

    /// What the connection says of itself.
    public mutating func take(_ events: [ClientEvent]) {
        for event in events {
            switch event {
            case .ready: state = .ready
            case .playing: state = .playing
            case .frame(let frame):
                picture = frame
                shown += 1
            case .incompleteFrame: torn += 1
            case .endOfStream: state = .ended
            case .closed(let failure?): state = .failed(failure.description)
            case .closed(nil): if state != .ended { state = .failed("closed") }
            default: break
            }
        }
    }
}

/// The doors, for whoever has sockets.
extension SmallPlayer {
    /// When ``advance(to:via:)`` is due.
    public var deadline: ContinuousClock.Instant? { connection.deadline }

    /// How many bytes of the server's it holds.
    public var heldByteCount: Int { connection.heldByteCount }

    /// The control connection stands.
    public mutating func connected(
        at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) -> [ClientEvent] {
        note(connection.connected(at: now, via: &transport), at: now, via: &transport)
    }

    /// Bytes arrived on the control connection.
    public mutating func receive(
        _ bytes: Span<UInt8>, at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) -> [ClientEvent] {
        note(connection.receive(bytes, at: now, via: &transport), at: now, via: &transport)
    }

    /// A datagram arrived on the RTP port.
    public mutating func receive(
        rtp packet: Span<UInt8>, at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) -> [ClientEvent] {
        note(connection.receive(rtp: packet, at: now, via: &transport), at: now, via: &transport)
    }

    /// The time is `now`.
    public mutating func advance(
        to now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) -> [ClientEvent] {
        note(connection.advance(to: now, via: &transport), at: now, via: &transport)
    }

    /// The control connection is gone.
    public mutating func connectionClosed(
        at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) -> [ClientEvent] {
        note(connection.connectionClosed(at: now, via: &transport), at: now, via: &transport)
    }

    /// Plays once it is ready.
    private mutating func note(
        _ events: [ClientEvent], at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) -> [ClientEvent] {
        take(events)
        guard events.contains(where: { if case .ready = $0 { true } else { false } }) else { return events }
        let more = (try? connection.play(nil, at: now, via: &transport)) ?? []
        take(more)
        return events + more
    }
}
