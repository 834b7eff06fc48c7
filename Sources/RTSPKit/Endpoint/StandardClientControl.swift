internal import RTPTransport

/// The control half of a client of RTSP 1.0: OPTIONS, DESCRIBE, SETUP, then what the application asks for.
struct StandardClientControl: ClientControl {
    /// What has been reached on the way to a stream that is set up.
    private enum Step: Sendable, Hashable {
        case asking
        case describing
        case settingUp
        case ready
        /// Leaving the session over datagrams, to play this range on the control connection.
        case leaving(NormalPlayTimeRange?)
    }

    private let configuration: ClientConfiguration
    private let setsUp: Bool
    private var session: ClientSession
    private var parser: RTSPParser
    private var step: Step = .asking
    /// The stream of the presentation that is played.
    private var stream: (url: String, index: Int, payloadType: UInt8, pictureSize: PictureSize?)?
    private var isInterleaved: Bool
    /// To be played as soon as the stream is set up anew.
    private var resumes: NormalPlayTimeRange??
    /// Where the presentation ends, as its description says.
    private var end: Duration?
    /// TEARDOWN is to follow as soon as the server says which session there is to tear down.
    private var leavesAfterSetUp = false
    private var isClosed = false

    init(configuration: ClientConfiguration, setsUp: Bool, at now: ContinuousClock.Instant) {
        self.configuration = configuration
        self.setsUp = setsUp
        session = Self.session(configuration, url: configuration.url, at: now)
        parser = RTSPParser(limits: configuration.limits.parser)
        isInterleaved = configuration.transport == .tcp || configuration.clientPorts == nil
    }

    private static func session(
        _ configuration: ClientConfiguration, url: String, at now: ContinuousClock.Instant
    ) -> ClientSession {
        ClientSession(url: url, userAgent: configuration.userAgent, requestTimeout: configuration.requestTimeout, at: now)
    }

    var heldByteCount: Int { parser.bufferedByteCount }
    var deadline: ContinuousClock.Instant? { isClosed ? nil : session.deadline }

    mutating func connected(at now: ContinuousClock.Instant) -> [ControlOutcome] { perform(.options, at: now) }

    mutating func receive(_ bytes: Span<UInt8>, from offset: inout Int, at now: ContinuousClock.Instant) -> ControlArrival {
        if !isClosed, let packets = nextPackets(in: bytes, from: &offset) { return packets }
        // The end of a packet that has begun, so that those behind it are found here again; else all there is.
        let end = offset + min(parser.missingFrameBytes ?? .max, bytes.count - offset)
        let piece = bytes.extracting(offset..<end)
        offset = end
        return .outcomes(receive(piece, at: now))
    }

    /// The packets of one channel and length that lie whole in `bytes` behind `offset`, between two messages: most of what comes,
    /// and so taken without a copy.
    private mutating func nextPackets(in bytes: Span<UInt8>, from offset: inout Int) -> ControlArrival? {
        let start = offset
        guard bytes.count - start >= 4, bytes[start] == UInt8(ascii: "$"), !parser.isInsideMessage else { return nil }
        let channel = bytes[start + 1]
        let length = Int(bytes[start + 2]) << 8 | Int(bytes[start + 3])
        while bytes.count - offset >= 4 + length, bytes[offset] == UInt8(ascii: "$"), bytes[offset + 1] == channel,
            Int(bytes[offset + 2]) << 8 | Int(bytes[offset + 3]) == length
        { offset += 4 + length }
        guard offset > start else { return nil }
        parser.passOver(frameBytes: offset - start)
        return .packets(.interleaved(start..<offset, length: length), channel: channel)
    }

    private mutating func receive(_ bytes: Span<UInt8>, at now: ContinuousClock.Instant) -> [ControlOutcome] {
        guard !isClosed else { return [] }
        parser.append(bytes)
        var outcomes: [ControlOutcome] = []
        do {
            while !isClosed, let message = try parser.next() {
                switch message {
                case .response(let response):
                    hear(message, &outcomes)
                    outcomes += carryOut(session.receive(response, at: now), at: now)
                case .request(let request):
                    hear(message, &outcomes)
                    outcomes += carryOut(session.receive(request, at: now), at: now)
                case .interleaved(let frame): outcomes.append(.interleaved(frame))
                }
            }
        } catch {
            outcomes += close(ClientFailure(.protocolViolation, "the server sent what is not RTSP: \(error)"))
        }
        return outcomes
    }

    mutating func play(_ range: NormalPlayTimeRange?, at now: ContinuousClock.Instant) throws -> [ControlOutcome] {
        carryOut(try session.perform(.play(range), at: now), at: now)
    }

    mutating func pause(at now: ContinuousClock.Instant) throws -> [ControlOutcome] {
        carryOut(try session.perform(.pause, at: now), at: now)
    }

    mutating func tearDown(at now: ContinuousClock.Instant) -> [ControlOutcome] {
        guard !isClosed else { return [] }
        if case .settingUp = step, session.state == .initial {
            leavesAfterSetUp = true
            return []
        }
        step = .ready
        guard let actions = try? session.perform(.teardown, at: now) else { return session.isEnding ? [] : close(nil) }
        return carryOut(actions, at: now)
    }

    mutating func advance(to now: ContinuousClock.Instant) -> [ControlOutcome] {
        isClosed ? [] : carryOut(session.advance(to: now), at: now)
    }

    mutating func connectionClosed(at now: ContinuousClock.Instant) -> [ControlOutcome] {
        guard !isClosed else { return [] }
        if session.isEnding && !isLeaving || leavesAfterSetUp { return close(nil) }
        _ = session.connectionClosed(at: now)
        return close(ClientFailure(.connectionLost, "the server closed the connection"))
    }

    mutating func mediaArrived(at now: ContinuousClock.Instant) -> [ControlOutcome] { [] }

    mutating func fallBack(playing range: NormalPlayTimeRange?, at now: ContinuousClock.Instant) -> [ControlOutcome]? {
        guard !isInterleaved, configuration.transport == .auto,
            let actions = try? session.perform(.teardown, at: now)
        else { return nil }
        isInterleaved = true
        step = .leaving(range)
        return [.fallingBack("no packets arrive over UDP")] + carryOut(actions, at: now)
    }

    mutating func playbackEnded(at now: ContinuousClock.Instant) { session.playbackEnded(at: now) }

    private var isLeaving: Bool { if case .leaving = step { true } else { false } }

    // MARK: Carrying out

    private func hear(_ message: RTSPMessage, _ outcomes: inout [ControlOutcome]) {
        if configuration.tellsDialogue { outcomes.append(.heard(RTSPSerializer.bytes(of: message))) }
    }

    private mutating func perform(_ command: ClientSession.Command, at now: ContinuousClock.Instant) -> [ControlOutcome] {
        do {
            return carryOut(try session.perform(command, at: now), at: now)
        } catch {
            return close(ClientFailure(.protocolViolation, "\(command) is not possible now: \(error.problem)"))
        }
    }

    private mutating func carryOut(_ actions: [ClientSession.Action], at now: ContinuousClock.Instant) -> [ControlOutcome] {
        var outcomes: [ControlOutcome] = []
        for action in actions where !isClosed {
            switch action {
            case .send(let request): outcomes.append(.send(RTSPSerializer.bytes(of: request)))
            case .respond(let response): outcomes.append(.send(RTSPSerializer.bytes(of: response)))
            case .inform(let event): outcomes += learn(event, at: now)
            case .closed(let reason): outcomes += sessionClosed(reason, at: now)
            }
        }
        return outcomes
    }

    private mutating func learn(_ event: ClientSession.Event, at now: ContinuousClock.Instant) -> [ControlOutcome] {
        switch event {
        case .options:
            guard step == .asking else { return [] }
            step = .describing
            return perform(.describe, at: now)
        case .described(let body, _, let contentBase):
            return take(description: body, contentBase: contentBase, at: now)
        case .setUp(_, let transport):
            return take(transport, at: now)
        case .playing(let range, let rtpInfo):
            return [.playing(completed(range), rtpInfo?.entries.first)]
        case .paused:
            return [.paused]
        case .refused(let command, let status, _):
            return refused(command, status, at: now)
        case .redirected(let url):
            return close(ClientFailure(.refused(.describe, .movedTemporarily), "the server sends us to \(url)"))
        }
    }

    private mutating func take(
        description body: [UInt8], contentBase: String?, at now: ContinuousClock.Instant
    ) -> [ControlOutcome] {
        guard let url = try? RTSPURL(parsing: configuration.url) else {
            return close(ClientFailure(.protocolViolation, "\(configuration.url) is no RTSP URL"))
        }
        let description: SessionDescription
        do {
            description = try SessionDescription(parsing: body.span)
        } catch {
            return close(ClientFailure(.protocolViolation, "the description cannot be read: \(error)"))
        }
        if case .npt(let range) = description.range { end = range.end }
        let outcomes: [ControlOutcome] = [.described(description, raw: body)]
        guard setsUp else { return outcomes }
        let base = contentBase.flatMap { url.resolving(contentBase: $0) } ?? url
        for (index, media) in description.media.enumerated() {
            guard let payloadType = media.jpegPayloadType, let stream = base.resolving(control: media.control ?? "*") else {
                continue
            }
            session.aggregateURL = (description.control.flatMap { base.resolving(control: $0) } ?? base).absoluteString
            let size = media.pictureSize.flatMap { PictureSize(width: $0.width, height: $0.height) }
            self.stream = (stream.absoluteString, index, payloadType, size)
            return outcomes + setUp(at: now)
        }
        let others = description.media.map { $0.kind }.joined(separator: ", ")
        return outcomes
            + close(ClientFailure(.unsupportedMedia, "there is no JPEG video in this presentation (\(others))"))
    }

    /// The channels that we offer.
    private static let channels = ChannelPair(rtp: 0, rtcp: 1)

    /// The range that is played: what the server did not say of it is as it was asked for, or as the description has it.
    private func completed(_ stated: NormalPlayTimeRange?) -> NormalPlayTimeRange? {
        var range = stated
        if range == nil, case .playing(_, let playback) = session.state { range = playback.range }
        guard let end, range?.end == nil else { return range }
        if case .time(let start) = range?.start, start >= end { return range }
        return NormalPlayTimeRange(start: range?.start, end: end)
    }

    private mutating func setUp(at now: ContinuousClock.Instant) -> [ControlOutcome] {
        guard let stream else { return [] }
        step = .settingUp
        let offer: TransportSpec
        if !isInterleaved, let ports = configuration.clientPorts {
            offer = .udp(clientPorts: ports)
        } else {
            offer = .interleaved(Self.channels)
        }
        return perform(.setup(url: stream.url, stream: stream.index, offers: [offer]), at: now)
    }

    private mutating func take(_ transport: TransportSpec, at now: ContinuousClock.Instant) -> [ControlOutcome] {
        guard let stream else { return [] }
        let route: MediaRoute
        if let channels = transport.interleaved {
            isInterleaved = true
            route = .interleaved(ChannelPair(rtp: channels.rtp, rtcp: channels.rtcp ?? channels.rtp &+ 1))
        } else if transport.lowerTransport == .tcp, isInterleaved {
            route = .interleaved(Self.channels)
        } else if transport.lowerTransport == .udp, !isInterleaved {
            let ports = transport.serverPorts
            route = .datagrams(rtp: ports?.rtp ?? 0, rtcp: ports?.rtcp ?? ports.map { $0.rtp &+ 1 })
        } else {
            let reason = "the server answered with a transport nobody asked for: \(transport)"
            return close(ClientFailure(.unsupportedTransport, reason))
        }
        step = .ready
        if leavesAfterSetUp { return perform(.teardown, at: now) }
        let agreed = AgreedStream(
            route: route, transport: transport.description, session: session.sessionID, format: .jpeg,
            payloadTypes: [stream.payloadType], ssrc: transport.ssrc, sendsReports: true, timing: .timestamps,
            pictureSize: stream.pictureSize)
        var outcomes: [ControlOutcome] = [.ready(agreed)]
        if case .some(let range) = resumes {
            resumes = nil
            outcomes += perform(.play(range), at: now)
        }
        return outcomes
    }

    private mutating func refused(
        _ command: ClientSession.Command, _ status: RTSPStatus, at now: ContinuousClock.Instant
    ) -> [ControlOutcome] {
        switch command {
        case .setup where leavesAfterSetUp: return close(nil)
        case .options:
            // Some devices refuse it and serve all the same.
            guard step == .asking else { return [] }
            step = .describing
            return perform(.describe, at: now)
        case .setup where status == .unsupportedTransport && !isInterleaved && configuration.transport == .auto:
            isInterleaved = true
            return [.fallingBack("the server does not send over UDP")] + setUp(at: now)
        case .setup where status == .unsupportedTransport:
            return close(ClientFailure(.unsupportedTransport, "the server refuses this transport (\(status))"))
        case .keepAlive:
            return [.noticed("the server refused a keep-alive: \(status)")]
        case .describe: return close(ClientFailure(.refused(.describe, status), Self.sentence(status, configuration.url)))
        case .setup: return close(ClientFailure(.refused(.setup, status), "the server refused SETUP: \(status)"))
        case .play: return [.refused(.play, status)]
        case .pause: return [.refused(.pause, status)]
        case .teardown: return close(nil)
        }
    }

    private static func sentence(_ status: RTSPStatus, _ url: String) -> String {
        switch status {
        case .notFound: "the server has no presentation at \(url) (404)"
        case .unauthorized: "the server wants a user name and a password (401)"
        default: "the server refused to describe the presentation: \(status)"
        }
    }

    private mutating func sessionClosed(_ reason: CloseReason, at now: ContinuousClock.Instant) -> [ControlOutcome] {
        if case .leaving(let range) = step {
            // The same connection goes on with a new session.
            let aggregate = session.aggregateURL
            session = Self.session(configuration, url: configuration.url, at: now)
            session.aggregateURL = aggregate
            resumes = .some(range)
            return setUp(at: now)
        }
        guard !leavesAfterSetUp else { return close(nil) }
        switch reason {
        case .teardown, .shutDown:
            return close(nil)
        case .requestTimedOut(let method):
            return close(ClientFailure(.timedOut(method), "the server did not answer \(method) in time"))
        case .timedOut, .serverEnded:
            return close(ClientFailure(.connectionLost, "the server ended the session"))
        case .connectionClosed:
            return close(ClientFailure(.connectionLost, "the server closed the connection"))
        case .peerViolation(let what):
            return close(ClientFailure(.protocolViolation, "the server broke the protocol: \(what)"))
        }
    }

    private mutating func close(_ failure: ClientFailure?) -> [ControlOutcome] {
        guard !isClosed else { return [] }
        isClosed = true
        return [.closed(failure)]
    }
}
