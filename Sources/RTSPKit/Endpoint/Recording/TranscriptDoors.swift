public import RTPTransport

extension Transcript {
    /// What an input speaks of and does not hold; whoever opens the door supplies it.
    public enum Media: Sendable {
        /// What stands at the path, for ``Input/found(path:_:)``.
        case presentation(Presentation)
        /// Where the live presentation stands, for ``Input/joined(live:)`` and ``Input/outlinedJoin(_:)``.
        case snapshot(LiveSnapshot)
        /// The frame, for ``Input/deliver(live:)`` and ``Input/outlinedFrame(_:of:report:)``.
        case frame(LiveFrame, of: LivePresentationID)
        /// The packet that ends the stream, for ``Input/finish(live:)`` and ``Input/outlinedFinish(_:goodbye:)``.
        case goodbye([UInt8], of: LivePresentationID)
    }
}

extension ClientConnection {
    /// A client that has not been connected, of what a transcript says that it was made of.
    public init(
        configuration: ClientConfiguration, goal: Goal, dialect: ControlDialect, at now: ContinuousClock.Instant
    ) {
        switch dialect {
        case .standard: self.init(configuration: configuration, goal: goal, at: now)
        case .lab: self = .lab(configuration: configuration, at: now)
        }
    }

    /// Opens the door that `input` went through.
    ///
    /// An input of another role does nothing, and so does a command that the client refuses.
    public mutating func take(
        _ input: Transcript.Input, at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) -> [ClientEvent] {
        switch input {
        case .connected: connected(at: now, via: &transport)
        case .bytes(let bytes): receive(bytes.span, at: now, via: &transport)
        case .rtp(let packet): receive(rtp: packet.span, at: now, via: &transport)
        case .rtcp(let packet): receive(rtcp: packet.span, at: now, via: &transport)
        case .play(let range): (try? play(range, at: now, via: &transport)) ?? []
        case .pause: (try? pause(at: now, via: &transport)) ?? []
        case .tearDown: tearDown(at: now, via: &transport)
        case .advance: advance(to: now, via: &transport)
        case .connectionClosed: connectionClosed(at: now, via: &transport)
        case .report, .blocked, .room, .transportReady, .mediaReady, .found, .refused, .joined, .deliver, .finish, .outlinedJoin,
            .outlinedFrame, .outlinedFinish, .shutDown, .capture:
            []
        }
    }
}

extension ServerConnection {
    /// Opens the door that `input` went through.
    ///
    /// An input of another role does nothing, and so does an answer to no question, or one whose `media` is not what it speaks of.
    /// ``Transcript/Input/blocked(_:)`` and ``Transcript/Input/room(_:batches:)`` are for the transport, not for the connection.
    /// - Parameter media: what `input` speaks of and does not hold; `nil` for all others.
    public mutating func take(
        _ input: Transcript.Input, media: Transcript.Media? = nil, at now: ContinuousClock.Instant,
        via transport: inout some EndpointTransport
    ) -> [ServerEvent] {
        switch (input, media) {
        case (.bytes(let bytes), _): receive(bytes.span, at: now, via: &transport)
        case (.report(let report, let stream), _): receive(report: report.span, on: stream, at: now, via: &transport)
        case (.advance, _): advance(to: now, via: &transport)
        case (.connectionClosed, _): connectionClosed(at: now, via: &transport)
        case (.transportReady, _): transportReady(at: now, via: &transport)
        case (.mediaReady, _): mediaReady(at: now, via: &transport)
        case (.shutDown, _): shutDown(at: now, via: &transport)
        case (.found(_, let identity), .presentation(let presentation)?):
            (try? answer(.found(presentation, identity), at: now, via: &transport)) ?? []
        case (.refused(let status), _): (try? answer(.refused(status), at: now, via: &transport)) ?? []
        case (.joined, .snapshot(let snapshot)?), (.outlinedJoin, .snapshot(let snapshot)?):
            (try? answer(.joined(snapshot), at: now, via: &transport)) ?? []
        case (.deliver, .frame(let frame, let live)?), (.outlinedFrame, .frame(let frame, let live)?):
            deliver(frame, of: live, at: now, via: &transport)
        case (.finish, .goodbye(let goodbye, let live)?), (.outlinedFinish, .goodbye(let goodbye, let live)?):
            finish(live, goodbye: goodbye, at: now, via: &transport)
        default: []
        }
    }
}

/// A transport that sends nothing and collects what an endpoint wants sent, as a transcript has it.
public struct TranscriptTransport: EndpointTransport, Sendable, Hashable {
    /// What was sent since it was last taken, in order.
    public private(set) var outputs: [Transcript.Output] = []
    /// Streams that take no packets now.
    public var blockedStreams: Set<StreamID> = []
    /// How many batches streams take yet; those that are not named here take any number.
    public var room: [StreamID: Int] = [:]

    /// A transport that has collected nothing.
    public init() {}

    /// Collects bytes for the control connection.
    public mutating func send(_ bytes: [UInt8]) { outputs.append(.bytes(bytes)) }
    /// Collects that the control connection is to be closed.
    public mutating func close() { outputs.append(.close) }
    /// Collects the route of a stream.
    public mutating func open(_ stream: StreamID, by route: MediaRoute) { outputs.append(.open(stream, route)) }
    /// Collects that a stream is closed.
    public mutating func close(_ stream: StreamID) { outputs.append(.closeStream(stream)) }
    /// Collects the packets of a frame.
    public mutating func send(_ batch: RTPPacketBatch, on stream: StreamID) {
        if let left = room[stream] { room[stream] = max(0, left - 1) }
        outputs.append(.batch(batch, stream))
    }
    /// Collects a report.
    public mutating func send(report: [UInt8], on stream: StreamID) { outputs.append(.report(report, stream)) }
    /// False for streams that are blocked or have no room left.
    public func canSend(on stream: StreamID) -> Bool {
        !blockedStreams.contains(stream) && (room[stream].map { $0 > 0 } ?? true)
    }

    /// Hands over ``outputs`` and forgets them, and ``room``, which is for one door.
    public mutating func takeOutputs() -> [Transcript.Output] {
        defer {
            outputs = []
            room = [:]
        }
        return outputs
    }
}
