internal import MJPEGSource
internal import RTPTransport

/// From session to media: carries out what sessions decide, and answers what they ask.
extension ServerConnection {
    /// The owner found the presentation that a SETUP names: a session begins, and decides what to say.
    mutating func beginSession(
        on presentation: Presentation, identity: SessionIdentity, for request: RTSPRequest, at now: ContinuousClock.Instant,
        via transport: inout some EndpointTransport
    ) {
        let session = ServerSession(id: rules.sessionID(identity), timeout: rules.sessionTimeout, at: now)
        let report = SessionReport(
            id: session.id, presentation: presentation.name, transport: "", dialect: rules.dialect)
        let key = nextKey
        nextKey += 1
        var served = ServedSession(
            session: session, path: presentationPath(of: request.url), variant: variant(of: request.url),
            presentation: presentation,
            media: media(of: presentation, identity: identity), report: report)
        let actions = served.session.receive(request, at: now)
        sessions[key] = served
        perform(actions, ofSession: key, request: request, at: now, via: &transport)
        // A session that could not agree on a transport was never one for the client.
        if let served = sessions[key], served.stream == nil { sessions[key] = nil }
    }

    private func media(of presentation: Presentation, identity: SessionIdentity) -> ServedSession.Media {
        let sender = rules.sender(identity, canonicalName: configuration.canonicalName)
        switch presentation {
        case .stored(let stored):
            return .stored(
                StoredPlayback(source: rules.source(of: stored), sender: sender, wallClock: configuration.wallClock))
        case .live(let description):
            return rules.dialect == .standard ? .live(description) : .liveOwnFormat(description, sender, start: nil)
        }
    }

    /// Carries out the actions of a session, in order.
    mutating func perform(
        _ actions: [ServerSession.Action], ofSession key: Int, request: RTSPRequest?, at now: ContinuousClock.Instant,
        via transport: inout some EndpointTransport
    ) {
        for action in actions {
            switch action {
            case .ask(.setup(let question)):
                setUp(question, session: key, request: request, at: now, via: &transport)
            case .ask(.play(let question)):
                play(question, session: key, at: now, via: &transport)
            case .respond(let response):
                send(response, ofSession: key, to: request, via: &transport)
            case .media(let command):
                perform(command, ofSession: key, at: now, via: &transport)
            case .closed(let reason):
                guard let served = sessions.removeValue(forKey: key) else { continue }
                if served.stream != nil { events.append(.sessionEnded(served.report, reason)) }
            }
        }
    }

    private mutating func send(
        _ response: RTSPResponse, ofSession key: Int, to request: RTSPRequest?, via transport: inout some EndpointTransport
    ) {
        guard state == .open else { return }
        let media = sessions[key].flatMap { rules.mediaInfo(of: $0.presentation) }
        transport.send(framing.bytes(of: stamped(response), media: media))
        if let request { events.append(.answered(request.method, url: request.url, response.status)) }
    }

    private mutating func perform(
        _ command: ServerSession.MediaCommand, ofSession key: Int, at now: ContinuousClock.Instant,
        via transport: inout some EndpointTransport
    ) {
        switch command {
        case .start:
            sessions[key]?.isDelivering = true
            startMedia(ofSession: key, at: now, via: &transport)
        case .pause:
            halt(session: key, at: now)
        case .stop, .release:
            // A session has one stream here, so releasing it is the end of everything, too.
            sayGoodbye(session: key, at: now, via: &transport)
            halt(session: key, at: now)
            if let stream = sessions[key]?.stream { transport.close(stream) }
        }
    }

    /// Stops delivery; the position stays.
    private mutating func halt(session key: Int, at now: ContinuousClock.Instant) {
        guard var served = sessions[key], served.isDelivering else { return }
        served.isDelivering = false
        if case .stored(var playback) = served.media {
            playback.pause()
            served.media = .stored(playback)
        }
        if let live = served.liveID { events.append(.left(live)) }
        sessions[key] = served
    }

    /// The range has come to its end.
    mutating func endPlayback(ofSession key: Int, at now: ContinuousClock.Instant, via transport: inout some EndpointTransport) {
        halt(session: key, at: now)
        sessions[key]?.session.playbackEnded(at: now)
    }

    // MARK: SETUP

    private mutating func setUp(
        _ question: ServerSession.SetupQuestion, session key: Int, request: RTSPRequest?, at now: ContinuousClock.Instant,
        via transport: inout some EndpointTransport
    ) {
        guard var served = sessions[key] else { return }
        let answer: ServerSession.SetupAnswer
        if presentationPath(of: question.url) != served.path || variant(of: question.url) != served.variant {
            // One session, one presentation (RFC 2326 section 10.4).
            answer = .refused(.aggregateOperationNotAllowed, [:])
        } else if let agreed = agree(on: question.offers, session: key, presentation: served.presentation) {
            if let old = served.stream { transport.close(old) }
            let stream = StreamID(rawValue: UInt32(truncatingIfNeeded: nextKey))
            nextKey += 1
            transport.open(stream, by: agreed.route)
            let isNew = served.stream == nil
            served.stream = stream
            served.isInterleaved = agreed.spec.lowerTransport == .tcp
            served.report.transport = agreed.spec.description
            sessions[key] = served
            if isNew { events.append(.sessionStarted(served.report)) }
            answer = .accepted(stream: 0, agreed.spec)
        } else {
            answer = .refused(.unsupportedTransport, [:])
        }
        settle(.setup(answer), session: key, request: request, at: now, via: &transport)
    }

    /// The first offer that this server can serve, completed with its own side (RFC 2326 section 12.39).
    private func agree(
        on offers: [TransportSpec], session key: Int, presentation: Presentation
    ) -> (spec: TransportSpec, route: MediaRoute)? {
        for offer in offers where offer.isRTPOverAVP && offer.delivery == .unicast {
            // Media goes to the address of the control connection and nowhere else.
            guard offer.destination == nil || offer.destination == peer else { continue }
            guard offer.mode?.lowercased() != "record" else { continue }
            var spec = TransportSpec(lowerTransport: offer.lowerTransport, ssrc: sessions[key]?.ssrc, mode: offer.mode)
            switch offer.lowerTransport {
            case .udp:
                guard let ports = configuration.mediaPorts, let client = offer.clientPorts, client.rtp > 0 else { continue }
                spec.clientPorts = client
                spec.serverPorts = ports
                return (spec, .datagrams(rtp: client.rtp, rtcp: client.rtcp == 0 ? nil : client.rtcp))
            case .tcp:
                guard rules.interleaves, let channels = freeChannels(offer.interleaved, except: key) else { continue }
                spec.interleaved = channels
                return (spec, .interleaved(channels))
            case .other:
                continue
            }
        }
        return nil
    }

    /// The channels asked for, or the next free pair where they are taken or none were named.
    private func freeChannels(_ wanted: ChannelPair?, except key: Int) -> ChannelPair? {
        var taken: Set<UInt8> = []
        for (other, served) in sessions where other != key {
            for stream in served.session.state.streams {
                if let channels = stream.transport.interleaved {
                    taken.formUnion([channels.rtp, channels.rtcp].compactMap { $0 })
                }
            }
        }
        if let wanted {
            let rtcp = wanted.rtcp ?? wanted.rtp &+ 1
            // A channel cannot carry both, and 255 has no next.
            if rtcp != wanted.rtp, wanted.rtcp != nil || rtcp > wanted.rtp, taken.isDisjoint(with: [wanted.rtp, rtcp]) {
                return ChannelPair(rtp: wanted.rtp, rtcp: rtcp)
            }
        }
        let pairs = (UInt8(0)...127).map { ($0 * 2, $0 * 2 + 1) }
        return pairs.first { taken.isDisjoint(with: [$0.0, $0.1]) }.map { ChannelPair(rtp: $0.0, rtcp: $0.1) }
    }

    // MARK: PLAY

    private mutating func play(
        _ question: ServerSession.PlayQuestion, session key: Int, at now: ContinuousClock.Instant,
        via transport: inout some EndpointTransport
    ) {
        guard var served = sessions[key] else { return }
        guard case .stored(var playback) = served.media else {
            return playLive(session: key, at: now, via: &transport)
        }
        let answer: ServerSession.PlayAnswer
        do {
            let start =
                question.isAlreadyPlaying && question.range == nil
                ? playback.current() : try playback.start(question.range, at: now)
            served.media = .stored(playback)
            sessions[key] = served
            answer = .accepted(range: start.range, rtpInfo: rtpInfo(of: served, start.sequenceNumber, start.timestamp))
        } catch {
            switch error {
            case .invalidRange:
                let whole = NormalPlayTimeRange(start: .time(.zero), end: playback.duration)
                answer = .refused(.invalidRange, ["Range": whole.description])
            case .unreadable(let reason):
                events.append(.sourceFailed(presentation: served.presentation.name, reason))
                answer = .refused(.internalServerError, [:])
            }
        }
        settle(.play(answer), session: key, request: nil, at: now, via: &transport)
    }

    /// The owner knows where the live presentation stands; who reads it already need not join again.
    private mutating func playLive(
        session key: Int, at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) {
        guard let served = sessions[key], let live = served.liveID else { return }
        guard !served.isDelivering else {
            let range = NormalPlayTimeRange(start: .now, end: nil)
            let answer = ServerSession.PlayAnswer.accepted(range: range, rtpInfo: RTPInfoHeader(entries: []))
            return settle(.play(answer), session: key, request: nil, at: now, via: &transport)
        }
        openQuestion = .join(live, session: key)
        questionAsked = now
        events.append(.ask(.join(live)))
    }

    /// The owner said where the live presentation stands.
    mutating func join(
        _ snapshot: LiveSnapshot, session key: Int, at now: ContinuousClock.Instant,
        via transport: inout some EndpointTransport
    ) {
        guard let served = sessions[key] else { return }
        let isOwnFormat = if case .liveOwnFormat = served.media { true } else { false }
        let first = snapshot.lastFrame
        let rtpInfo =
            isOwnFormat
            ? RTPInfoHeader(entries: [])
            : rtpInfo(
                of: served, first?.firstSequenceNumber ?? snapshot.nextSequenceNumber, first?.timestamp ?? snapshot.timestamp)
        let range = NormalPlayTimeRange(start: .now, end: nil)
        settle(.play(.accepted(range: range, rtpInfo: rtpInfo)), session: key, request: nil, at: now, via: &transport)
        guard let served = sessions[key], served.isDelivering, let stream = served.stream, let live = served.liveID else {
            return
        }
        if rules.sendsReports {
            transport.send(report: snapshot.report, on: stream)
            sessions[key]?.hasSpoken = true
        }
        guard var frame = first else { return }
        frame.report = nil
        sessions[key]?.deliver(frame, of: live, at: now, events: &events, via: &transport)
    }

    /// The owner cannot let a session join the live presentation.
    mutating func refusePlay(
        _ status: RTSPStatus, session key: Int, at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) {
        settle(.play(.refused(status, [:])), session: key, request: nil, at: now, via: &transport)
    }

    private func rtpInfo(of served: ServedSession, _ sequenceNumber: UInt16, _ timestamp: RTPTimestamp) -> RTPInfoHeader {
        let url = served.session.state.streams.first?.url ?? ""
        return RTPInfoHeader(entries: [
            RTPInfoHeader.Entry(url: url, sequenceNumber: sequenceNumber, rtpTime: timestamp.rawValue)
        ])
    }

    private mutating func settle(
        _ answer: ServerSession.Answer, session key: Int, request: RTSPRequest?, at now: ContinuousClock.Instant,
        via transport: inout some EndpointTransport
    ) {
        guard let actions = try? sessions[key]?.session.answer(answer, at: now) else { return }
        perform(actions, ofSession: key, request: request, at: now, via: &transport)
    }
}
