import RTSPKit

/// What the tests of the sessions have in common.
enum SessionFixtures {
    static let start = ContinuousClock.now
    static let movie = "rtsp://host/movie"
    static let video = "rtsp://host/movie/stream=0"
    static let audio = "rtsp://host/movie/stream=1"
    static let offer = TransportSpec.udp(clientPorts: PortPair(rtp: 5000, rtcp: 5001))
    static let interleaved = TransportSpec.interleaved(ChannelPair(rtp: 0, rtcp: 1))
    static let wholeRange = NormalPlayTimeRange.from(.zero, to: .seconds(60))
    static let info = RTPInfoHeader(entries: [.init(url: video, sequenceNumber: 7, rtpTime: 90)])
    static let udp = {
        var transport = offer
        transport.serverPorts = PortPair(rtp: 6000, rtcp: 6001)
        return transport
    }()

    static func after(_ seconds: Double) -> ContinuousClock.Instant { start.advanced(by: .seconds(seconds)) }

    // MARK: - Server

    static let sessionText = "ABC;timeout=60"

    static func server() -> ServerSession { ServerSession(id: "ABC", timeout: .seconds(60), at: start) }

    static func setup(
        _ cSeq: Int, url: String = video, transport: String = "RTP/AVP;unicast;client_port=5000-5001"
    ) -> RTSPRequest {
        RTSPRequest(.setup, url: url, cSeq: cSeq, headers: ["Transport": transport])
    }

    static func request(_ method: RTSPMethod, _ cSeq: Int, url: String = movie, _ headers: RTSPHeaders = [:]) -> RTSPRequest {
        var request = RTSPRequest(method, url: url, cSeq: cSeq)
        for field in headers.fields { request.headers.append(field.name, field.value) }
        return request
    }

    /// A response of a session that has something set up.
    static func reply(_ status: RTSPStatus, _ cSeq: Int, _ headers: RTSPHeaders = [:]) -> ServerSession.Action {
        var response = RTSPResponse(status, cSeq: cSeq, headers: ["Session": sessionText])
        for field in headers.fields { response.headers.append(field.name, field.value) }
        return .respond(response)
    }

    /// A session with these streams set up, the first from CSeq 1.
    static func ready(_ transport: TransportSpec = udp, streams: Int = 1) throws -> ServerSession {
        var session = server()
        for (index, url) in [video, audio].prefix(streams).enumerated() {
            _ = session.receive(setup(index + 1, url: url), at: start)
            _ = try session.answer(.setup(.accepted(stream: index, transport)), at: start)
        }
        return session
    }

    static func playing(_ transport: TransportSpec = udp, streams: Int = 1) throws -> ServerSession {
        var session = try ready(transport, streams: streams)
        _ = session.receive(request(.play, 9), at: start)
        _ = try session.answer(.play(.accepted(range: wholeRange, rtpInfo: info)), at: start)
        return session
    }

    static func streams(_ transport: TransportSpec = udp) -> Streams {
        [SetUpStream(stream: 0, url: video, transport: transport)]
    }

    static let bothStreams: Streams = [
        SetUpStream(stream: 0, url: video, transport: udp), SetUpStream(stream: 1, url: audio, transport: udp),
    ]

    static let playback = Playback(range: wholeRange, startedAt: start)

    // MARK: - Client

    static let setupCommand = ClientSession.Command.setup(url: video, stream: 0, offers: [offer])

    static func client(_ tolerance: ClientSession.Tolerance = .lenient) -> ClientSession {
        ClientSession(url: movie, userAgent: "test", tolerance: tolerance, at: start)
    }

    static func sent(
        _ method: RTSPMethod, _ cSeq: Int, url: String = movie, session: String? = "ABC", _ headers: RTSPHeaders = [:]
    ) -> ClientSession.Action {
        var request = RTSPRequest(method, url: url, cSeq: cSeq, headers: ["User-Agent": "test"])
        // CSeq stands first, as it was given first.
        request.headers = ["CSeq": "\(cSeq)", "User-Agent": "test"]
        if let session { request.headers.append("Session", session) }
        for field in headers.fields { request.headers.append(field.name, field.value) }
        return .send(request)
    }

    static func answer(_ status: RTSPStatus, _ cSeq: Int?, _ headers: RTSPHeaders = [:]) -> RTSPResponse {
        RTSPResponse(status, cSeq: cSeq, headers: headers)
    }

    static func setupAnswer(_ cSeq: Int, session: String = sessionText) -> RTSPResponse {
        answer(.ok, cSeq, ["Session": session, "Transport": udp.description])
    }

    /// A client with one stream set up by CSeq 1.
    static func readyClient(
        _ tolerance: ClientSession.Tolerance = .lenient, session: String = sessionText
    ) throws -> ClientSession {
        var client = client(tolerance)
        _ = try client.perform(setupCommand, at: start)
        _ = client.receive(setupAnswer(1, session: session), at: start)
        return client
    }

    /// The same, playing from CSeq 2.
    static func playingClient(_ tolerance: ClientSession.Tolerance = .lenient) throws -> ClientSession {
        var client = try readyClient(tolerance)
        _ = try client.perform(.play(nil), at: start)
        _ = client.receive(answer(.ok, 2, ["Range": "npt=0-60"]), at: start)
        return client
    }
}
