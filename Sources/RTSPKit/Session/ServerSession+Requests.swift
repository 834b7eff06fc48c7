extension ServerSession {
    /// Handles a request that is first in line: no question is open.
    mutating func handle(_ arrival: Unanswered) -> [Action] {
        guard let phase = state.phase else { return respond(.sessionNotFound, to: arrival) }
        let method = arrival.request.method
        guard Self.handledMethods.contains(method) else {
            return respond(.notImplemented, to: arrival, ["Public": PublicHeader(methods: Self.supportedMethods).description])
        }
        guard SessionTransitions.next(method, from: phase) != nil else {
            let allowed = SessionTransitions.methods(in: phase).filter { Self.supportedMethods.contains($0) }
            return respond(.methodNotValidInThisState, to: arrival, ["Allow": PublicHeader(methods: allowed).description])
        }
        switch method {
        case .setup: return setup(arrival)
        case .play: return play(arrival)
        case .pause: return pause(arrival)
        case .teardown: return teardown(arrival)
        case .options: return respond(.ok, to: arrival, ["Public": PublicHeader(methods: Self.supportedMethods).description])
        default: return parameters(arrival)
        }
    }

    /// Carries out the answer to a SETUP.
    mutating func settle(_ question: SetupQuestion, _ answer: SetupAnswer, _ arrival: Unanswered) -> [Action] {
        switch answer {
        case .refused(let status, let headers):
            return respond(status, to: arrival, headers)
        case .accepted(let stream, let transport):
            let accepted = SetUpStream(stream: stream, url: question.url, transport: transport)
            var streams = state.streams
            streams.set(accepted)
            state = .ready(streams)
            // The connection that it would travel on has closed while its owner made up its mind.
            if accepted.isInterleaved, !arrival.hasListener {
                return finish(.connectionClosed, unanswered: .serviceUnavailable)
            }
            return respond(.ok, to: arrival, ["Transport": transport.description])
        }
    }

    /// Carries out the answer to a PLAY.
    mutating func settle(_ question: PlayQuestion, _ answer: PlayAnswer, _ arrival: Unanswered) -> [Action] {
        switch answer {
        case .refused(let status, let headers):
            return respond(status, to: arrival, headers)
        case .accepted(let range, let rtpInfo):
            var headers = RTSPHeaders()
            if let range { headers.append("Range", RangeHeader.npt(range).description) }
            if !rtpInfo.entries.isEmpty { headers.append("RTP-Info", rtpInfo.description) }
            let response = respond(.ok, to: arrival, headers)
            // Asked only how things stand, and they still do: nothing starts.
            if case .playing = state, question.range == nil { return response }
            let played = range ?? question.range
            state = .playing(state.streams, Playback(range: played, startedAt: currentTime))
            return response + [.media(.start(range: played))]
        }
    }

    /// The response to `arrival`, or nothing where nobody listens any more. The session is named from its first SETUP on: until
    /// then the client has no session, and a refusal must not give it one.
    func respond(_ status: RTSPStatus, to arrival: Unanswered, _ headers: RTSPHeaders = [:]) -> [Action] {
        guard arrival.hasListener else { return [] }
        var response = RTSPResponse(status)
        if let cSeq = arrival.request.headers["CSeq"] { response.headers.append("CSeq", cSeq) }
        if !state.streams.isEmpty {
            response.headers.append("Session", SessionHeader(id: id, timeout: timeout).description)
        }
        for field in headers.fields { response.headers.append(field.name, field.value) }
        return [.respond(response)]
    }

    // MARK: - Methods

    private static let handledMethods: [RTSPMethod] = [
        .options, .setup, .play, .pause, .teardown, .getParameter, .setParameter,
    ]

    private mutating func setup(_ arrival: Unanswered) -> [Action] {
        let headers = arrival.request.headers.values(for: "Transport")
        guard !headers.isEmpty else { return respond(.badRequest, to: arrival) }
        let offers = TransportHeader.parse(headers)
        guard !offers.isEmpty else { return respond(.unsupportedTransport, to: arrival) }
        let url = arrival.request.url
        return ask(.setup(SetupQuestion(url: url, offers: offers, alreadySetUp: state.streams)), about: arrival)
    }

    private mutating func play(_ arrival: Unanswered) -> [Action] {
        guard namesWhole(arrival.request.url) else { return respond(.onlyAggregateOperationAllowed, to: arrival) }
        var range: NormalPlayTimeRange?
        if let text = arrival.request.headers["Range"] {
            switch RangeHeader.parse(text) {
            case .npt(let parsed): range = parsed
            case .unsupported: return respond(.invalidRange, to: arrival)
            case nil: return respond(.badRequest, to: arrival)
            }
        }
        return ask(.play(PlayQuestion(range: range, isAlreadyPlaying: state.phase == .playing)), about: arrival)
    }

    private mutating func pause(_ arrival: Unanswered) -> [Action] {
        guard namesWhole(arrival.request.url) else { return respond(.onlyAggregateOperationAllowed, to: arrival) }
        guard case .playing(let streams, _) = state else { return respond(.ok, to: arrival) }
        state = .ready(streams)
        return [.media(.pause)] + respond(.ok, to: arrival)
    }

    private mutating func teardown(_ arrival: Unanswered) -> [Action] {
        guard !namesWhole(arrival.request.url), let leaving = state.streams.stream(at: arrival.request.url) else {
            return finish(.teardown, unanswered: .sessionNotFound, responding: respond(.ok, to: arrival))
        }
        var streams = state.streams
        streams.remove(leaving.stream)
        if case .playing(_, let playback) = state {
            state = .playing(streams, playback)
        } else {
            state = .ready(streams)
        }
        return [.media(.release(stream: leaving.stream))] + respond(.ok, to: arrival)
    }

    private func parameters(_ arrival: Unanswered) -> [Action] {
        respond(arrival.request.body.isEmpty ? .ok : .parameterNotUnderstood, to: arrival)
    }

    private mutating func ask(_ question: Question, about arrival: Unanswered) -> [Action] {
        open = OpenQuestion(unanswered: arrival, question: question)
        return [.ask(question)]
    }

    /// True where `url` means all that is set up: the one stream there is, or whatever is not one stream of several. Any other
    /// URL counts as the presentation's: it was found by its session id, and clients write it in many ways.
    private func namesWhole(_ url: String) -> Bool {
        state.streams.count < 2 || state.streams.stream(at: url) == nil
    }
}
