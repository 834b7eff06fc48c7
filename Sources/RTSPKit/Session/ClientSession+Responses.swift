extension ClientSession {
    /// The server answered a request. Here the state changes, when the answer is a success; never throws.
    public mutating func receive(_ response: RTSPResponse, at now: ContinuousClock.Instant) -> [Action] {
        move(to: now)
        guard state.phase != nil else { return [] }
        guard response.version == .rtsp1 else { return close(.peerViolation("response in \(response.version)")) }
        // 100 Continue and the like: the answer is still to come.
        guard response.status.code >= 200 else { return [] }
        switch match(response) {
        case .request(let request): return settle(request, response)
        case .nobody: return []
        case .violation(let what): return close(.peerViolation(what))
        }
    }

    private enum Match {
        case request(Pending)
        case nobody
        case violation(String)
    }

    /// Finds the request that `response` answers, and takes it from those that wait. Where the number is missing or wrong
    /// (quirks M08, M09), one that waits alone is meant.
    private mutating func match(_ response: RTSPResponse) -> Match {
        let cSeq = response.cSeq
        if let cSeq, let index = pending.firstIndex(where: { $0.cSeq == cSeq }) { return .request(pending.remove(at: index)) }
        if let cSeq, abandoned.contains(cSeq) { return .nobody }
        if tolerance == .strict {
            return .violation(cSeq.map { "response with CSeq \($0), which no request has" } ?? "response without CSeq")
        }
        guard pending.count == 1, let only = pending.popLast() else { return .nobody }
        return .request(only)
    }

    private mutating func settle(_ request: Pending, _ response: RTSPResponse) -> [Action] {
        guard response.status.isSuccess else { return refused(request, response) }
        switch request.command {
        case .options:
            learnMethods(response)
            return [.inform(.options(serverMethods ?? []))]
        case .keepAlive:
            learnMethods(response)
            return []
        case .describe:
            return [described(response)]
        case .setup(let url, let stream, let offers):
            return setUp(url: url, stream: stream, offers: offers, response)
        case .play(let range):
            return playing(range, response)
        case .pause:
            move(to: .pause)
            return [.inform(.paused)]
        case .teardown:
            return close(.teardown)
        }
    }

    /// Every answer that is no success passes here; also the one that asks who we are.
    private mutating func refused(_ request: Pending, _ response: RTSPResponse) -> [Action] {
        // Whatever a server says to TEARDOWN, we are leaving (quirk M35).
        if request.command == .teardown { return close(.teardown) }
        var actions: [Action] = [.inform(.refused(request.command, response.status, response.headers))]
        if request.command == .keepAlive {
            if response.status == .sessionNotFound { return actions + close(.serverEnded) }
            isParameterKeepAliveRefused = isParameterKeepAliveRefused || request.method != .options
        }
        if response.status.isRedirection, let location = response.headers["Location"], !location.isEmpty {
            actions.append(.inform(.redirected(location)))
        }
        return actions
    }

    private mutating func learnMethods(_ response: RTSPResponse) {
        let values = response.headers.values(for: "Public")
        guard !values.isEmpty else { return }
        serverMethods = PublicHeader.parse(values.joined(separator: ",")).methods
    }

    private func described(_ response: RTSPResponse) -> Action {
        .inform(
            .described(
                body: response.body, contentType: response.headers["Content-Type"],
                contentBase: response.headers["Content-Base"] ?? response.headers["Content-Location"]))
    }

    private mutating func setUp(
        url: String, stream: Int, offers: [TransportSpec], _ response: RTSPResponse
    ) -> [Action] {
        let session = response.headers["Session"].flatMap(SessionHeader.parse)
        let answered = TransportHeader.parse(response.headers.values(for: "Transport")).first
        if tolerance == .strict {
            if session == nil { return close(.peerViolation("SETUP answered without a Session")) }
            if answered == nil { return close(.peerViolation("SETUP answered without a Transport")) }
        }
        // A server that does not say which offer it took has taken the first.
        guard let transport = answered ?? offers.first else { return [] }
        if let session {
            // The last one counts where a server gives another at each SETUP (quirk M22).
            sessionID = session.id
            if let stated = session.timeout { timeout = min(max(stated, .seconds(2)), .seconds(86_400)) }
        }
        var streams = state.streams
        streams.set(SetUpStream(stream: stream, url: url, transport: transport))
        // Where an answer comes out of turn, media may flow already.
        if case .playing(_, let playback) = state {
            state = .playing(streams, playback)
        } else {
            state = .ready(streams)
        }
        return [.inform(.setUp(stream: stream, transport))]
    }

    private mutating func playing(_ asked: NormalPlayTimeRange?, _ response: RTSPResponse) -> [Action] {
        var range: NormalPlayTimeRange?
        if let text = response.headers["Range"], case .npt(let stated) = RangeHeader.parse(text) { range = stated }
        let values = response.headers.values(for: "RTP-Info")
        let info = values.isEmpty ? nil : RTPInfoHeader.parse(values.joined(separator: ","))
        state = .playing(state.streams, Playback(range: range ?? asked, startedAt: currentTime))
        return [.inform(.playing(range: range, rtpInfo: info))]
    }

    /// Follows the state tables after a success that carries nothing to remember.
    private mutating func move(to method: RTSPMethod) {
        guard let phase = state.phase, SessionTransitions.next(method, from: phase) == .ready else { return }
        state = .ready(state.streams)
    }
}
