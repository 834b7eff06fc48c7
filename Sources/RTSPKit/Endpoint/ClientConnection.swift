internal import RTPTransport

/// A client's connection to a server and the presentation that it plays: where the control path and the data path meet.
///
/// It reads no clock and opens no socket. The owner connects, tells it so, hands it what arrives and the time, carries out
/// what it puts into the transport, and learns from the returned events how things go.
public struct ClientConnection: Sendable {
    private static let streamID = StreamID(rawValue: 1)

    /// Where the presentation stands.
    public private(set) var state: State = .initial
    /// When ``advance(to:via:)`` is due.
    public var deadline: ContinuousClock.Instant? { storedDeadline }
    @StoredOptionalInstant private var storedDeadline: ContinuousClock.Instant?
    private let configuration: ClientConfiguration
    private let goal: Goal
    private var control: any ClientControl
    /// Whether packets are something to the dialect, or to its deadline.
    private let controlMindsMedia: Bool
    /// When ``control`` is due, as long as nothing has happened to it since.
    @StoredOptionalInstant private var controlDeadline: ContinuousClock.Instant?
    private var isControlSettled = false
    private var media: ClientMedia?
    /// The way of the packets, once a stream is set up.
    private var route: MediaRoute?
    /// The range asked for last, for asking again on another transport.
    private var wanted: NormalPlayTimeRange?
    private var isJump = false
    private var isPlayPending = false
    /// TEARDOWN has been asked for: what the server still says of playing is of no interest.
    private var isLeaving = false

    /// A client of RTSP 1.0, not yet connected.
    public init(configuration: ClientConfiguration, goal: Goal = .setUp, at now: ContinuousClock.Instant) {
        self.init(
            configuration: configuration, goal: goal,
            control: StandardClientControl(configuration: configuration, setsUp: goal == .setUp, at: now),
            controlMindsMedia: false)
    }

    /// A client of the course dialect, not yet connected; `configuration.clientPorts` must be given.
    public static func lab(configuration: ClientConfiguration, at now: ContinuousClock.Instant) -> ClientConnection {
        ClientConnection(
            configuration: configuration, goal: .setUp, control: LabClientControl(configuration: configuration, at: now),
            controlMindsMedia: true)
    }

    private init(
        configuration: ClientConfiguration, goal: Goal, control: any ClientControl, controlMindsMedia: Bool
    ) {
        self.configuration = configuration
        self.goal = goal
        self.control = control
        self.controlMindsMedia = controlMindsMedia
        storedDeadline = control.deadline
    }

    /// How many bytes of the server's are held: of messages and frames that are not whole, and of frames that wait for their time.
    public var heldByteCount: Int {
        control.heldByteCount + (media.map { $0.receiver.heldByteCount + $0.buffer.byteCount } ?? 0)
    }

    /// What has been received so far.
    public func statistics() -> ClientStatistics { media?.measure() ?? ClientStatistics() }

    /// The control connection stands.
    public mutating func connected(
        at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) -> [ClientEvent] {
        defer { settleDeadline() }
        return take(control.connected(at: now), at: now, via: &transport)
    }

    /// Bytes arrived on the control connection.
    public mutating func receive(
        _ bytes: Span<UInt8>, at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) -> [ClientEvent] {
        guard state != .closed else { return [] }
        defer { settleDeadline() }
        var events: [ClientEvent] = []
        var offset = 0
        var isUpToDate = !isSomethingDue(at: now)
        while offset < bytes.count, state != .closed {
            switch control.receive(bytes, from: &offset, at: now) {
            case .packets(let run, let channel):
                events += takeInterleaved(bytes, run, on: channel, &isUpToDate, at: now, via: &transport)
            case .outcomes(let outcomes):
                events += take(outcomes, at: now, via: &transport)
                isUpToDate = false
            }
        }
        return isUpToDate ? events : events + progress(at: now, via: &transport)
    }

    /// A datagram arrived on the RTP port, from the server's address.
    public mutating func receive(
        rtp packet: Span<UInt8>, at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) -> [ClientEvent] {
        receive(rtp: packet, segmentSize: packet.count, at: now, via: &transport)
    }

    /// Datagrams arrived on the RTP port together, from the server's address: end to end, each `segmentSize` bytes long but the last,
    /// as systems with receive offload hand them over. The same as handing them over one by one, and cheaper.
    ///
    /// A segment size that is not positive, or greater than the bytes are, stands for a single datagram.
    public mutating func receive(
        rtp packets: Span<UInt8>, segmentSize: Int, at now: ContinuousClock.Instant,
        via transport: inout some EndpointTransport
    ) -> [ClientEvent] {
        guard state != .closed, case .datagrams = route else { return [] }
        defer { settleDeadline() }
        var isUpToDate = !isSomethingDue(at: now)
        let run = RTPPacketRun(0..<packets.count, length: segmentSize)
        return takeMedia(packets, run, &isUpToDate, at: now, via: &transport)
    }

    /// A datagram arrived on the RTCP port, from the server's address.
    public mutating func receive(
        rtcp packet: Span<UInt8>, at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) -> [ClientEvent] {
        guard state != .closed, case .datagrams = route else { return [] }
        defer { settleDeadline() }
        var events = media?.receive(rtcp: packet, at: now) ?? []
        events += progress(at: now, via: &transport)
        return events
    }

    /// Plays `range`; `nil` goes on from where PAUSE left off. While playing, a range is a jump.
    public mutating func play(
        _ range: NormalPlayTimeRange?, at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) throws(CommandError) -> [ClientEvent] {
        guard state == .ready || state == .playing, !isPlayPending else {
            throw CommandError(method: .play, state: state)
        }
        defer { settleDeadline() }
        let outcomes: [ControlOutcome]
        do {
            outcomes = try control.play(range, at: now)
        } catch {
            throw CommandError(method: .play, state: state)
        }
        wanted = range
        // Without a place to go to, PLAY while playing only asks how things stand.
        let isReady = state == .ready || media?.phase == .pausing
        if case .time = range?.start { isJump = !isReady } else { isJump = false }
        isPlayPending = true
        // Packets may overtake the reply, so what comes from now on counts.
        if isReady { media?.prepare(range, at: now) }
        return take(outcomes, at: now, via: &transport)
    }

    /// Halts and keeps the position.
    public mutating func pause(
        at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) throws(CommandError) -> [ClientEvent] {
        guard state == .playing else { throw CommandError(method: .pause, state: state) }
        defer { settleDeadline() }
        let outcomes: [ControlOutcome]
        do {
            outcomes = try control.pause(at: now)
        } catch {
            throw CommandError(method: .pause, state: state)
        }
        // From here on silence means nothing.
        media?.pause(at: now)
        return take(outcomes, at: now, via: &transport)
    }

    /// Ends the session; ``ClientEvent/closed(_:)`` follows when the server has answered, or soon without.
    public mutating func tearDown(
        at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) -> [ClientEvent] {
        guard state != .closed else { return [] }
        defer { settleDeadline() }
        isLeaving = true
        if let goodbye = media?.goodbye(at: now) { transport.send(report: goodbye, on: Self.streamID) }
        media?.stop()
        return take(control.tearDown(at: now), at: now, via: &transport)
    }

    /// The time is `now`: carries out what is due.
    public mutating func advance(
        to now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) -> [ClientEvent] {
        guard state != .closed else { return [] }
        defer { settleDeadline() }
        var events = take(control.advance(to: now), at: now, via: &transport)
        events += progress(at: now, via: &transport)
        return events
    }

    /// The control connection is gone.
    public mutating func connectionClosed(
        at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) -> [ClientEvent] {
        guard state != .closed else { return [] }
        defer { settleDeadline() }
        let hasEnded = media?.phase == .draining
        let outcomes = control.connectionClosed(at: now)
        guard hasEnded else { return take(outcomes, at: now, via: &transport) }
        // BYE and then a close: the server has ended the stream in order.
        let rest = close(nil, at: now, via: &transport)
        return rest.dropLast() + [.endOfStream, .closed(nil)]
    }

    /// At the end of each door, which may copy nothing: media is big, and reads come by the thousand.
    private mutating func settleDeadline() {
        guard state != .closed else { return storedDeadline = nil }
        if !isControlSettled || controlMindsMedia {
            controlDeadline = control.deadline
            isControlSettled = true
        }
        assert(controlDeadline == control.deadline)
        storedDeadline = ClientMedia.earlier(media?.deadline(), controlDeadline)
    }

    private func isSomethingDue(at now: ContinuousClock.Instant) -> Bool { deadline.map { $0 <= now } ?? false }

    // MARK: Control

    private mutating func take(
        _ outcomes: [ControlOutcome], at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) -> [ClientEvent] {
        isControlSettled = false
        var events: [ClientEvent] = []
        for outcome in outcomes where state != .closed {
            switch outcome {
            case .send(let bytes):
                transport.send(bytes)
                events += tell(.sent, bytes)
            case .heard(let bytes): events += tell(.received, bytes)
            case .described(let description, let raw): events.append(.described(description, raw: raw))
            case .ready(let agreed): events += setUp(agreed, via: &transport)
            case .playing where isLeaving: break
            case .playing(let range, let info): events += started(range, info, at: now)
            case .paused:
                state = .ready
                // PLAY may have been asked for since.
                if !isPlayPending { media?.pause(at: now) }
                events.append(.paused)
            case .refused(let method, let status):
                if method == .play {
                    isPlayPending = false
                    if state == .ready { media?.playRefused() }
                } else if method == .pause, state == .playing {
                    media?.goOn(at: now)
                }
                events.append(.refused(method, status))
            case .interleaved(let frame):
                var isUpToDate = false
                let run = RTPPacketRun(0..<frame.payload.count, length: 0)
                events += takeInterleaved(frame.payload.span, run, on: frame.channel, &isUpToDate, at: now, via: &transport)
            case .fallingBack(let reason): events.append(.fallingBackToInterleaved(reason: reason))
            case .reconnect: events.append(.reconnect)
            case .noticed(let what): events.append(.noticed(what))
            case .streamStalled: media?.drain(at: now)
            case .closed(let failure): events += close(failure, at: now, via: &transport)
            }
        }
        return events
    }

    private mutating func setUp(_ agreed: AgreedStream, via transport: inout some EndpointTransport) -> [ClientEvent] {
        state = .ready
        if media != nil { transport.close(Self.streamID) }
        var next = ClientMedia(agreed: agreed, configuration: configuration)
        // Asked to play before, on another transport: the wait for the first frame goes on.
        if let asked = media?.asked { next.prepare(at: asked) }
        media = next
        route = agreed.route
        transport.open(Self.streamID, by: agreed.route)
        return [.ready(transport: agreed.transport, session: agreed.session)]
    }

    private func tell(_ direction: ControlMessage.Direction, _ bytes: [UInt8]) -> [ClientEvent] {
        configuration.tellsDialogue ? [.dialogue(ControlMessage(direction, bytes))] : []
    }

    private mutating func started(
        _ range: NormalPlayTimeRange?, _ info: RTPInfoHeader.Entry?, at now: ContinuousClock.Instant
    ) -> [ClientEvent] {
        state = .playing
        isPlayPending = false
        media?.play(range ?? wanted, info: info, isJump: isJump, at: now)
        isJump = false
        return [.playing(range)]
    }

    private mutating func close(
        _ failure: ClientFailure?, at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) -> [ClientEvent] {
        state = .closed
        // What has arrived is still shown.
        let rest = media?.finish(at: now) ?? []
        if media != nil { transport.close(Self.streamID) }
        transport.close()
        return rest + [.closed(failure)]
    }

    // MARK: Media

    private mutating func takeInterleaved(
        _ bytes: Span<UInt8>, _ run: RTPPacketRun, on channel: UInt8, _ isUpToDate: inout Bool,
        at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) -> [ClientEvent] {
        guard case .interleaved(let channels) = route else { return [] }
        if channel == channels.rtp { return takeMedia(bytes, run, &isUpToDate, at: now, via: &transport) }
        guard channel == channels.rtcp else { return [] }
        var (events, rest): ([ClientEvent], RTPPacketRun) = ([], run)
        while state != .closed, let range = rest.next() {
            events += media?.receive(rtcp: bytes.extracting(range), at: now) ?? []
            events += progress(at: now, via: &transport)
        }
        return events
    }

    /// - Parameter isUpToDate: whether all that is due at this moment has been seen to. Most packets change nothing about that.
    private mutating func takeMedia(
        _ bytes: Span<UInt8>, _ run: RTPPacketRun, _ isUpToDate: inout Bool, at now: ContinuousClock.Instant,
        via transport: inout some EndpointTransport
    ) -> [ClientEvent] {
        var (events, rest): ([ClientEvent], RTPPacketRun) = ([], run)
        while state != .closed, !rest.isEmpty {
            let outcomes = controlMindsMedia ? control.mediaArrived(at: now) : []
            if !outcomes.isEmpty {
                events += take(outcomes, at: now, via: &transport)
                isUpToDate = false
            }
            // What is due already comes right after the first packet, as if that had come alone.
            if let led = media?.receive(rtp: bytes, in: &rest, limit: isUpToDate ? .max : 1, at: now) {
                events += led
            } else if isUpToDate {
                continue
            }
            isUpToDate = true
            events += progress(at: now, via: &transport)
        }
        return events
    }

    /// Shows what is due, reports what is due, and minds silence.
    private mutating func progress(
        at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) -> [ClientEvent] {
        guard state != .closed else { return [] }
        var events = media?.advance(to: now) ?? []
        if let report = media?.dueReport(at: now) { transport.send(report: report, on: Self.streamID) }
        switch media?.verdict(at: now) {
        case .endOfStream where isPlayPending:
            // The answer to PLAY tells whether it is.
            break
        case .endOfStream:
            media?.stop()
            control.playbackEnded(at: now)
            isControlSettled = false
            if state == .playing { state = .ready }
            events.append(.endOfStream)
        case .silent:
            wanted = wanted ?? media?.resumption
            if let outcomes = control.fallBack(playing: wanted, at: now) {
                media?.stop()
                isPlayPending = true
                events += take(outcomes, at: now, via: &transport)
            } else {
                events += give(up: "the server says that it plays, but no packets arrive", at: now, via: &transport)
            }
        case .stalled:
            events += give(up: "packets have stopped arriving", at: now, via: &transport)
        case nil:
            break
        }
        return events
    }

    private mutating func give(
        up reason: String, at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) -> [ClientEvent] {
        // The server is told, and not waited for.
        var events: [ClientEvent] = []
        for case .send(let bytes) in control.tearDown(at: now) {
            transport.send(bytes)
            events += tell(.sent, bytes)
        }
        return events + close(ClientFailure(.noMedia, reason), at: now, via: &transport)
    }
}
