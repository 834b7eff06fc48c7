internal import MJPEGSource
internal import RTPTransport

/// From message to session: framing, version, `CSeq`, routing.
extension ServerConnection {
    /// What this server implements, in the order of RFC 2326 section 10.
    static let implementedMethods: [RTSPMethod] = [
        .options, .describe, .setup, .play, .pause, .teardown, .getParameter, .setParameter,
    ]

    /// Takes messages until none is whole, a question is open, or the connection is closing.
    mutating func takeRequests(at now: ContinuousClock.Instant, via transport: inout some EndpointTransport) {
        while state == .open, openQuestion == nil, let result = framing.next(at: now) {
            noteDialect()
            messageBegan = nil
            switch result {
            case .message(let message):
                take(message, at: now, via: &transport)
            case .refused(let status, let cSeq, let isFatal, let reason):
                events.append(.violated(reason))
                send(RTSPResponse(status, cSeq: cSeq), via: &transport)
                if isFatal { close(at: now, via: &transport) }
            }
        }
        noteMessageProgress(at: now, via: &transport)
    }

    private mutating func noteDialect() {
        guard let dialect = framing.dialect, dialect != rules.dialect else { return }
        rules = DialectRules(dialect, configuration: configuration)
    }

    private mutating func take(
        _ message: RTSPMessage, at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) {
        switch message {
        case .request(let request):
            lastRequest = now
            route(rules.admitted(request), at: now, via: &transport)
        case .interleaved(let frame):
            takeInterleaved(frame, at: now)
        case .response:
            // This server asks its clients nothing, so there is nothing to answer.
            events.append(.violated("a response that nobody asked for"))
        }
    }

    private mutating func route(
        _ request: RTSPRequest, at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) {
        if let refusal = refusal(of: request) { return respond(refusal, to: request, via: &transport) }
        if let id = sessionID(of: request) {
            guard let index = sessions.indices.first(where: { sessions[$0].session.id == id }) else {
                // DESCRIBE and OPTIONS need no session, so a stale one does no harm.
                guard request.method == .describe || request.method == .options else {
                    return respond(RTSPResponse(.sessionNotFound, cSeq: request.cSeq), to: request, via: &transport)
                }
                return routeOutsideSession(request, via: &transport)
            }
            guard request.method != .describe else { return routeOutsideSession(request, via: &transport) }
            let actions = sessions[index].session.receive(request, at: now)
            return perform(actions, ofSession: sessions[index].key, request: request, at: now, via: &transport)
        }
        routeOutsideSession(request, via: &transport)
    }

    private mutating func routeOutsideSession(_ request: RTSPRequest, via transport: inout some EndpointTransport) {
        switch request.method {
        case .options:
            let headers: RTSPHeaders = ["Public": PublicHeader(methods: Self.implementedMethods).description]
            respond(RTSPResponse(.ok, cSeq: request.cSeq, headers: headers), to: request, via: &transport)
        case .getParameter, .setParameter:
            let status: RTSPStatus = request.body.isEmpty ? .ok : .parameterNotUnderstood
            respond(RTSPResponse(status, cSeq: request.cSeq), to: request, via: &transport)
        case .describe:
            ask(path: path(of: request.url), purpose: .describe, about: request, via: &transport)
        case .setup:
            guard sessions.count < configuration.limits.sessionsPerConnection else {
                return respond(RTSPResponse(.notEnoughBandwidth, cSeq: request.cSeq), to: request, via: &transport)
            }
            ask(path: presentationPath(of: request.url), purpose: .session, about: request, via: &transport)
        default:
            respond(RTSPResponse(.sessionNotFound, cSeq: request.cSeq), to: request, via: &transport)
        }
    }

    private mutating func ask(
        path: String?, purpose: ServerQuestion.Purpose, about request: RTSPRequest, via transport: inout some EndpointTransport
    ) {
        guard let path, let variant = variant(of: request.url) else {
            return respond(RTSPResponse(.badRequest, cSeq: request.cSeq), to: request, via: &transport)
        }
        openQuestion = purpose == .describe ? .describe(request) : .setup(request, path: path, variant)
        questionAsked = latest
        events.append(.ask(.find(path: path, purpose: purpose, variant: variant)))
    }

    /// The answer to a request that no session needs to see, or `nil`.
    private func refusal(of request: RTSPRequest) -> RTSPResponse? {
        guard request.version == .rtsp1 else { return RTSPResponse(.rtspVersionNotSupported, cSeq: request.cSeq) }
        guard request.cSeq != nil else { return RTSPResponse(.badRequest) }
        let required = request.headers.values(for: "Require") + request.headers.values(for: "Proxy-Require")
        guard required.isEmpty else {
            return RTSPResponse(
                .optionNotSupported, cSeq: request.cSeq, headers: ["Unsupported": required.joined(separator: ", ")])
        }
        guard Self.implementedMethods.contains(request.method) else {
            if rules.acceptsUnknownMethods, !sessions.isEmpty { return RTSPResponse(.ok, cSeq: request.cSeq) }
            return RTSPResponse(
                .notImplemented, cSeq: request.cSeq,
                headers: ["Public": PublicHeader(methods: Self.implementedMethods).description])
        }
        return nil
    }

    /// Which session a request is for. A dialect whose sessions end with the connection has at most one, and need not name it.
    private func sessionID(of request: RTSPRequest) -> String? {
        if rules.sessionsEndWithConnection {
            return sessions.first?.session.id
        }
        return request.headers["Session"].map { SessionHeader.parse($0)?.id ?? $0 }
    }

    /// Answers a request outside a session.
    mutating func respond(_ response: RTSPResponse, to request: RTSPRequest, via transport: inout some EndpointTransport) {
        send(response, via: &transport)
        events.append(.answered(request.method, url: request.url, response.status))
    }

    /// Sends a response that is no session's own. Where there is but one session, every response names it.
    mutating func send(_ response: RTSPResponse, via transport: inout some EndpointTransport) {
        var response = response
        if rules.sessionsEndWithConnection, let served = sessions.first, response.headers["Session"] == nil {
            response.headers["Session"] = served.session.id
        }
        transport.send(framing.bytes(of: stamped(response), media: nil))
    }

    /// Adds what every response carries (RFC 2326 sections 12.18 and 12.36).
    mutating func stamped(_ response: RTSPResponse) -> RTSPResponse {
        var response = response
        response.headers["Server"] = configuration.serverName
        response.headers["Date"] = date.description(of: configuration.wallClock.ntp(at: latest))
        return response
    }

    mutating func describe(
        _ presentation: Presentation, for request: RTSPRequest, via transport: inout some EndpointTransport
    ) {
        let accepts = request.headers.values(for: "Accept").joined(separator: ",").lowercased()
        let acceptable = ["application/sdp", "application/*", "*/*"]
        guard accepts.isEmpty || acceptable.contains(where: accepts.contains) else {
            return respond(RTSPResponse(.notAcceptable, cSeq: request.cSeq), to: request, via: &transport)
        }
        let host = (try? RTSPURL(parsing: request.url))?.host ?? "0.0.0.0"
        let base = request.url.hasSuffix("/") ? request.url : request.url + "/"
        let response = RTSPResponse(
            .ok, cSeq: request.cSeq, headers: ["Content-Base": base, "Content-Type": "application/sdp"],
            body: Array(presentation.description(host: host, control: streamControl(below: request.url)).serialized.utf8))
        respond(response, to: request, via: &transport)
    }

    /// The path of the presentation that a SETUP is about.
    func presentationPath(of url: String) -> String? { path(of: url).map(Self.withoutStreamControl) }

    /// The decoded path of a request's URL: what the owner is asked for. A bare file name stands for itself.
    private func path(of url: String) -> String? {
        if !rules.sessionsEndWithConnection, let path = RTSPURL.plainPath(of: url) { return path }
        if rules.sessionsEndWithConnection || url.utf8.firstRange(of: "://".utf8) == nil {
            return LabDialect.fileName(of: url).map { "/" + $0 }
        }
        guard let components = (try? RTSPURL(parsing: url))?.decodedPath else { return nil }
        return "/" + components.joined(separator: "/")
    }

    /// The variant that a URL asks for, where that is honoured; `nil` where it asks for what there is not.
    ///
    /// Clients put the stream's control behind the whole URL or into its path: `/movie?scale=1/2/stream=0`, `/movie/stream=0?scale=1/2`.
    func variant(of url: String) -> PresentationVariant? {
        guard configuration.honoursVariants, rules.dialect == .standard else { return .original }
        guard let parsed = try? RTSPURL(parsing: url), var query = parsed.query else { return .original }
        query = Self.withoutStreamControl(query)
        if query.hasSuffix("/") { query.removeLast() }
        return PresentationVariant(query: query)
    }

    /// What the description calls the stream. Some clients resolve a relative control as RFC 3986 has it, which loses the query; the
    /// URL of a variant's stream is said whole.
    private func streamControl(below url: String) -> String {
        guard let variant = variant(of: url), variant != .original, let whole = try? RTSPURL(parsing: url) else {
            return Presentation.streamControl
        }
        var base = whole.absoluteString.prefix { $0 != "?" }
        while base.hasSuffix("/") { base.removeLast() }
        return "\(base)/\(Presentation.streamControl)?\(variant)"
    }

    private static func withoutStreamControl(_ path: String) -> String {
        let suffix = "/" + Presentation.streamControl
        guard path.hasSuffix(suffix) else { return path }
        // What stands at the root is found by a slash.
        return path == suffix ? "/" : String(Substring(path.utf8.dropLast(suffix.utf8.count)))
    }
}
