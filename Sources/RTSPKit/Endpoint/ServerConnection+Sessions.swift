internal import MJPEGSource
internal import RTPTransport

/// From session to media: carries out what sessions decide, and answers what they ask.
extension ServerConnection {
    /// The owner found the presentation that a SETUP names: a session begins, and decides what to say.
    /// - Parameter place: where it found it.
    mutating func beginSession(
        on presentation: Presentation, at place: (path: String, variant: PresentationVariant), identity: SessionIdentity,
        for request: RTSPRequest, at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) {
        let session = ServerSession(id: rules.sessionID(identity), timeout: rules.sessionTimeout, at: now)
        let report = SessionReport(
            id: session.id, presentation: presentation.name, transport: "", dialect: rules.dialect)
        let key = nextKey
        nextKey += 1
        let (playback, ownFormat) = media(of: presentation, identity: identity)
        sessions.append(
            ServedSession(
                key: key, session: session, path: place.path, variant: place.variant, presentation: presentation,
                playback: playback, ownFormat: ownFormat, report: report))
        perform(onSession: key, request: request, at: now, via: &transport) { $0.receive(request, at: now) }
        // A session that could not agree on a transport was never one for the client.
        if let index = index(ofSession: key), sessions[index].stream == nil { sessions.remove(at: index) }
    }

    private func media(
        of presentation: Presentation, identity: SessionIdentity
    ) -> (playback: StoredPlayback?, ownFormat: ServedSession.OwnFormat?) {
        switch presentation {
        case .stored(let stored):
            let sender = rules.sender(identity, canonicalName: configuration.canonicalName)
            return (
                StoredPlayback(source: rules.source(of: stored), sender: sender, wallClock: configuration.wallClock), nil
            )
        case .live where rules.sharesLivePackets:
            return (nil, nil)
        case .live:
            return (nil, ServedSession.OwnFormat(sender: rules.sender(identity, canonicalName: configuration.canonicalName)))
        }
    }

    /// Carries out what a session decides on.
    mutating func perform(
        onSession key: Int, request: RTSPRequest? = nil, at now: ContinuousClock.Instant,
        via transport: inout some EndpointTransport, _ decide: (inout ServerSession) -> [ServerSession.Action]
    ) {
        guard let index = index(ofSession: key) else { return }
        let actions = decide(&sessions[index].session)
        perform(actions, ofSession: key, request: request, at: now, via: &transport)
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
                guard let index = index(ofSession: key) else { continue }
                let served = sessions.remove(at: index)
                if served.stream != nil { events.append(.sessionEnded(served.report, reason)) }
            }
        }
    }

    private mutating func send(
        _ response: RTSPResponse, ofSession key: Int, to request: RTSPRequest?, via transport: inout some EndpointTransport
    ) {
        guard state == .open else { return }
        let media = index(ofSession: key).flatMap { rules.mediaInfo(of: sessions[$0].presentation) }
        transport.send(framing.bytes(of: stamped(response), media: media))
        if let request { events.append(.answered(request.method, url: request.url, response.status)) }
    }

    private mutating func perform(
        _ command: ServerSession.MediaCommand, ofSession key: Int, at now: ContinuousClock.Instant,
        via transport: inout some EndpointTransport
    ) {
        guard let index = index(ofSession: key) else { return }
        switch command {
        case .start:
            sessions[index].isDelivering = true
            startMedia(ofSessionAt: index, at: now, via: &transport)
        case .pause:
            halt(sessionAt: index)
        case .stop, .release:
            // A session has one stream here, so releasing it is the end of everything, too.
            sayGoodbye(sessionAt: index, at: now, via: &transport)
            halt(sessionAt: index)
            if let stream = sessions[index].stream { transport.close(stream) }
        }
    }

    /// Stops delivery; the position stays.
    private mutating func halt(sessionAt index: Int) {
        guard sessions[index].isDelivering else { return }
        sessions[index].isDelivering = false
        sessions[index].liveStart = nil
        sessions[index].playback?.pause()
        if let live = sessions[index].liveID { events.append(.left(live)) }
    }

    /// The range has come to its end.
    mutating func endPlayback(ofSessionAt index: Int, at now: ContinuousClock.Instant) {
        halt(sessionAt: index)
        sessions[index].session.playbackEnded(at: now)
    }

    // MARK: SETUP

    private mutating func setUp(
        _ question: ServerSession.SetupQuestion, session key: Int, request: RTSPRequest?, at now: ContinuousClock.Instant,
        via transport: inout some EndpointTransport
    ) {
        guard let index = index(ofSession: key) else { return }
        let answer: ServerSession.SetupAnswer
        if !isSamePresentation(question.url, as: sessions[index]) {
            // One session, one presentation (RFC 2326 section 10.4).
            answer = .refused(.aggregateOperationNotAllowed, [:])
        } else if let agreed = agree(on: question.offers, sessionAt: index) {
            let old = sessions[index].stream
            if let old { transport.close(old) }
            let stream = StreamID(rawValue: UInt32(truncatingIfNeeded: nextKey))
            nextKey += 1
            transport.open(stream, by: agreed.route)
            sessions[index].stream = stream
            sessions[index].isInterleaved = agreed.spec.lowerTransport == .tcp
            sessions[index].report.transport = agreed.spec.description
            if old == nil { events.append(.sessionStarted(sessions[index].report)) }
            answer = .accepted(stream: 0, agreed.spec)
        } else {
            answer = .refused(.unsupportedTransport, [:])
        }
        settle(.setup(answer), session: key, request: request, at: now, via: &transport)
    }

    /// Whether `url` means the presentation of a session. The URL of its first SETUP, which leads to its first stream, does.
    private func isSamePresentation(_ url: String, as served: ServedSession) -> Bool {
        served.stream == nil || presentationPath(of: url) == served.path && variant(of: url) == served.variant
    }

    /// The first offer that this server can serve, completed with its own side (RFC 2326 section 12.39).
    private func agree(on offers: [TransportSpec], sessionAt index: Int) -> (spec: TransportSpec, route: MediaRoute)? {
        for offer in offers where offer.isRTPOverAVP && offer.delivery == .unicast {
            // Media goes to the address of the control connection and nowhere else.
            guard offer.destination == nil || offer.destination == peer else { continue }
            guard offer.mode?.lowercased() != "record" else { continue }
            var spec = TransportSpec(lowerTransport: offer.lowerTransport, ssrc: sessions[index].ssrc, mode: offer.mode)
            switch offer.lowerTransport {
            case .udp:
                guard let ports = configuration.mediaPorts, let client = offer.clientPorts, client.rtp > 0 else { continue }
                spec.clientPorts = client
                spec.serverPorts = ports
                return (spec, .datagrams(rtp: client.rtp, rtcp: client.rtcp == 0 ? nil : client.rtcp))
            case .tcp:
                guard rules.interleaves, let channels = freeChannels(offer.interleaved, except: index) else { continue }
                spec.interleaved = channels
                return (spec, .interleaved(channels))
            case .other:
                continue
            }
        }
        return nil
    }

    /// The channels asked for, or the next free pair where they are taken or none were named.
    private func freeChannels(_ wanted: ChannelPair?, except index: Int) -> ChannelPair? {
        var taken: Set<UInt8> = []
        for other in sessions.indices where other != index {
            for stream in sessions[other].session.state.streams {
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
        let pairs = (UInt8(0)...127).lazy.map { ChannelPair(rtp: $0 * 2, rtcp: $0 * 2 + 1) }
        return pairs.first { !taken.contains($0.rtp) && !taken.contains($0.rtp + 1) }
    }

    // MARK: PLAY

    private mutating func play(
        _ question: ServerSession.PlayQuestion, session key: Int, at now: ContinuousClock.Instant,
        via transport: inout some EndpointTransport
    ) {
        guard let index = index(ofSession: key) else { return }
        guard sessions[index].playback != nil else { return playLive(sessionAt: index, at: now, via: &transport) }
        let answer: ServerSession.PlayAnswer
        do {
            let asksOnly = question.isAlreadyPlaying && question.range == nil
            let start =
                asksOnly ? sessions[index].playback?.current() : try sessions[index].playback?.start(question.range, at: now)
            guard let start else { return }
            answer = .accepted(
                range: start.range, rtpInfo: rtpInfo(ofSessionAt: index, start.sequenceNumber, start.timestamp))
        } catch {
            switch error {
            case .invalidRange:
                // Looking for the start may have shown where the end is.
                let whole = NormalPlayTimeRange(start: .time(.zero), end: sessions[index].playback?.duration)
                answer = .refused(.invalidRange, ["Range": whole.description])
            case .unreadable(let reason):
                events.append(.sourceFailed(presentation: sessions[index].presentation.name, reason))
                answer = .refused(.internalServerError, [:])
            }
        }
        settle(.play(answer), session: key, request: nil, at: now, via: &transport)
    }

    /// The owner knows where the live presentation stands; who reads it already need not join again.
    private mutating func playLive(
        sessionAt index: Int, at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) {
        guard let live = sessions[index].liveID else { return }
        let key = sessions[index].key
        guard !sessions[index].isDelivering else {
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
        guard let asking = index(ofSession: key) else { return }
        let first = snapshot.lastFrame
        let rtpInfo =
            sessions[asking].ownFormat != nil
            ? RTPInfoHeader(entries: [])
            : rtpInfo(
                ofSessionAt: asking, first?.firstSequenceNumber ?? snapshot.nextSequenceNumber,
                first?.timestamp ?? snapshot.timestamp)
        let range = NormalPlayTimeRange(start: .now, end: nil)
        settle(.play(.accepted(range: range, rtpInfo: rtpInfo)), session: key, request: nil, at: now, via: &transport)
        guard let index = index(ofSession: key), sessions[index].isDelivering else { return }
        sessions[index].liveStart = LiveStart(
            frame: first, report: rules.sendsReports ? snapshot.report : nil, due: now + max(configuration.liveStartDelay, .zero))
        sessions[index].startLive(at: now, events: &events, via: &transport)
    }

    /// The owner cannot let a session join the live presentation.
    mutating func refusePlay(
        _ status: RTSPStatus, session key: Int, at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) {
        settle(.play(.refused(status, [:])), session: key, request: nil, at: now, via: &transport)
    }

    private func rtpInfo(
        ofSessionAt index: Int, _ sequenceNumber: UInt16, _ timestamp: RTPTimestamp
    ) -> RTPInfoHeader {
        let url = sessions[index].session.state.streams.first?.url ?? ""
        return RTPInfoHeader(entries: [
            RTPInfoHeader.Entry(url: url, sequenceNumber: sequenceNumber, rtpTime: timestamp.rawValue)
        ])
    }

    private mutating func settle(
        _ answer: ServerSession.Answer, session key: Int, request: RTSPRequest?, at now: ContinuousClock.Instant,
        via transport: inout some EndpointTransport
    ) {
        guard let index = index(ofSession: key), let actions = try? sessions[index].session.answer(answer, at: now) else {
            return
        }
        perform(actions, ofSession: key, request: request, at: now, via: &transport)
    }
}
