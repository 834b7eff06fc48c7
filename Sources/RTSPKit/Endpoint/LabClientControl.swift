internal import RTPTransport

/// The control half of a client of the course dialect: SETUP of a file, then what the application asks for.
struct LabClientControl: ClientControl {
    private let configuration: ClientConfiguration
    private var session: LabClientSession
    private var parser = LabResponseParser()
    private var hasBegun = false
    private var isSetUp = false
    private var isClosed = false
    private var failure: ClientFailure?

    init(configuration: ClientConfiguration, at now: ContinuousClock.Instant) {
        self.configuration = configuration
        session = LabClientSession(at: now)
    }

    var deadline: ContinuousClock.Instant? {
        isClosed ? nil : [session.deadline, parser.deadline].compactMap { $0 }.min()
    }

    /// The dialect's parser has a bound of its own, of a few kilobytes.
    var heldByteCount: Int { 0 }

    mutating func connected(at now: ContinuousClock.Instant) -> [ControlOutcome] {
        parser = LabResponseParser()
        guard !hasBegun else { return carryOut(session.connectionOpened(at: now)) }
        hasBegun = true
        let port = Int(configuration.clientPorts?.rtp ?? 0)
        do {
            return carryOut(try session.perform(.setup(file: configuration.url, clientPort: port), at: now))
        } catch {
            return close(ClientFailure(.protocolViolation, "this file name or port cannot be asked for: \(error.reason)"))
        }
    }

    mutating func receive(_ bytes: Span<UInt8>, from offset: inout Int, at now: ContinuousClock.Instant) -> ControlArrival {
        parser.append(bytes.extracting(offset...), at: now)
        offset = bytes.count
        return .outcomes(takeReplies(at: now))
    }

    mutating func play(_ range: NormalPlayTimeRange?, at now: ContinuousClock.Instant) throws -> [ControlOutcome] {
        // The dialect has no ranges: PLAY starts, or goes on.
        carryOut(try session.perform(.play, at: now))
    }

    mutating func pause(at now: ContinuousClock.Instant) throws -> [ControlOutcome] {
        carryOut(try session.perform(.pause, at: now))
    }

    mutating func tearDown(at now: ContinuousClock.Instant) -> [ControlOutcome] {
        guard !isClosed else { return [] }
        do {
            return carryOut(try session.perform(.teardown, at: now))
        } catch {
            return error.reason == .busy ? [] : close(nil)
        }
    }

    mutating func advance(to now: ContinuousClock.Instant) -> [ControlOutcome] {
        guard !isClosed else { return [] }
        return takeReplies(at: now) + carryOut(session.advance(to: now))
    }

    mutating func connectionClosed(at now: ContinuousClock.Instant) -> [ControlOutcome] {
        guard !isClosed else { return [] }
        parser.endOfStream()
        return takeReplies(at: now) + carryOut(session.connectionClosed(at: now))
    }

    mutating func mediaArrived(at now: ContinuousClock.Instant) -> [ControlOutcome] {
        isClosed ? [] : carryOut(session.mediaArrived(at: now))
    }

    /// There is but one way for media; the session tries another spelling of it by itself.
    mutating func fallBack(playing range: NormalPlayTimeRange?, at now: ContinuousClock.Instant) -> [ControlOutcome]? { nil }

    /// The session has noticed before anyone else.
    mutating func playbackEnded(at now: ContinuousClock.Instant) {}

    private mutating func takeReplies(at now: ContinuousClock.Instant) -> [ControlOutcome] {
        var outcomes: [ControlOutcome] = []
        while !isClosed, let reply = parser.next(at: now) {
            switch reply {
            case .response(let response):
                if configuration.tellsDialogue { outcomes.append(.heard(RTSPSerializer.bytes(of: response))) }
                outcomes += carryOut(session.receive(response, at: now))
            case .unsolicited(let line): outcomes.append(.noticed("the server said, unasked: \(line)"))
            case .failure(let error):
                if error.isFatal {
                    outcomes += close(ClientFailure(.protocolViolation, "the server sent what cannot be read: \(error.reason)"))
                }
            }
        }
        return outcomes
    }

    private mutating func carryOut(_ actions: [LabClientSession.Action]) -> [ControlOutcome] {
        var outcomes: [ControlOutcome] = []
        for action in actions where !isClosed {
            switch action {
            case .send(let request, let spelling):
                guard let bytes = try? LabSerializer.bytes(of: request, portSpelling: spelling) else {
                    outcomes += close(ClientFailure(.protocolViolation, "the file name is too long for the course dialect"))
                    continue
                }
                outcomes.append(.send(bytes))
            case .reconnect:
                isSetUp = false
                outcomes.append(.noticed("no answer that helps: trying again with another spelling"))
                outcomes.append(.reconnect)
            case .inform(let notice):
                outcomes += learn(notice)
            case .close(let reason):
                outcomes += close(reason == .tornDown ? nil : failure ?? Self.failure(reason))
            }
        }
        return outcomes
    }

    private mutating func learn(_ notice: LabClientSession.Notice) -> [ControlOutcome] {
        switch notice {
        case .ready:
            guard !isSetUp else { return [.paused] }
            isSetUp = true
            return [.ready(agreed)]
        case .playing: return [.playing(nil, nil)]
        case .stalledOrEnded: return [.streamStalled]
        case .noMedia:
            return close(ClientFailure(.noMedia, "the server accepted PLAY, and no packets arrive"))
        case .noSuchMovieOrAnotherDialect:
            failure = ClientFailure(
                .timedOut(.play), "the server does not answer: it has no \(configuration.url), or speaks another dialect")
            return []
        case .refused(.setup, let status):
            let reason =
                status == .notFound ? "the server has no \(configuration.url) (404)" : "the server refused SETUP: \(status)"
            return close(ClientFailure(.refused(.setup, status), reason))
        case .refused(let method, let status): return [.refused(method, status)]
        case .unanswered(.pause): return [.paused]
        case .unanswered(let method): return [.noticed("\(method) was not answered")]
        }
    }

    private static func failure(_ reason: LabClientSession.CloseReason) -> ClientFailure {
        switch reason {
        case .unanswered: ClientFailure(.timedOut(.setup), "the server does not answer")
        case .tornDown, .connectionLost: ClientFailure(.connectionLost, "the server closed the connection")
        }
    }

    private mutating func close(_ failure: ClientFailure?) -> [ControlOutcome] {
        guard !isClosed else { return [] }
        isClosed = true
        return [.closed(failure)]
    }

    private var agreed: AgreedStream {
        AgreedStream(
            route: .datagrams(rtp: 0, rtcp: nil), transport: "RTP/UDP; client_port= \(configuration.clientPorts?.rtp ?? 0)",
            session: session.sessionID,
            // Whatever the course's servers number their packets with (0 and 96 occur beside 26).
            format: .rawJPEG, payloadTypes: [0, 26, 96], ssrc: nil, sendsReports: false,
            timing: .arrival(framesPerSecond: configuration.labFramesPerSecond))
    }
}
