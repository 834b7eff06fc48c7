extension ClientSession {
    /// The request that carries out `command`.
    func request(for command: Command, cSeq: Int) -> RTSPRequest {
        var headers: RTSPHeaders = ["CSeq": "\(cSeq)", "User-Agent": userAgent]
        if let sessionID { headers.append("Session", sessionID) }
        switch command {
        case .options:
            return RTSPRequest(.options, url: sessionID == nil ? url : aggregateURL, headers: headers)
        case .describe:
            headers.append("Accept", "application/sdp")
            return RTSPRequest(.describe, url: url, headers: headers)
        case .setup(let url, _, let offers):
            headers.append("Transport", offers.map(\.description).joined(separator: ","))
            return RTSPRequest(.setup, url: url, headers: headers)
        case .play(let range):
            if let range { headers.append("Range", RangeHeader.npt(range).description) }
            return RTSPRequest(.play, url: aggregateURL, headers: headers)
        case .pause:
            return RTSPRequest(.pause, url: aggregateURL, headers: headers)
        case .teardown:
            return RTSPRequest(.teardown, url: aggregateURL, headers: headers)
        case .keepAlive:
            return RTSPRequest(keepAliveMethod, url: aggregateURL, headers: headers)
        }
    }

    /// The server sent a request. It is answered at once; never throws.
    public mutating func receive(_ request: RTSPRequest, at now: ContinuousClock.Instant) -> [Action] {
        move(to: now)
        guard state.phase != nil else { return [] }
        guard request.version == .rtsp1 else { return [respond(.rtspVersionNotSupported, to: request)] }
        switch request.method {
        case .options:
            return [respond(.ok, to: request, ["Public": PublicHeader(methods: Self.methodsForServers).description])]
        case .getParameter, .setParameter:
            return [respond(request.body.isEmpty ? .ok : .parameterNotUnderstood, to: request)]
        case .redirect:
            guard let location = request.headers["Location"], !location.isEmpty else {
                return [respond(.badRequest, to: request)]
            }
            return [respond(.ok, to: request), .inform(.redirected(location))]
        case .teardown:
            return [respond(.ok, to: request)] + close(.serverEnded)
        default:
            return [
                respond(.notImplemented, to: request, ["Public": PublicHeader(methods: Self.methodsForServers).description])
            ]
        }
    }

    /// What a server may ask of us.
    private static let methodsForServers: [RTSPMethod] = [.options, .teardown, .getParameter, .setParameter, .redirect]

    /// GET_PARAMETER where the server says that it has it, else SET_PARAMETER likewise, else OPTIONS, which all have.
    private var keepAliveMethod: RTSPMethod {
        guard let serverMethods, !isParameterKeepAliveRefused else { return .options }
        return [.getParameter, .setParameter].first { serverMethods.contains($0) } ?? .options
    }

    private func respond(_ status: RTSPStatus, to request: RTSPRequest, _ headers: RTSPHeaders = [:]) -> Action {
        var response = RTSPResponse(status)
        for name in ["CSeq", "Session"] {
            if let value = request.headers[name] { response.headers.append(name, value) }
        }
        for field in headers.fields { response.headers.append(field.name, field.value) }
        return .respond(response)
    }
}
