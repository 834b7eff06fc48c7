import MJPEGSource
import RTPTransport
import RTSPKit

/// What a server's owner has and does: a live presentation, and the answers to a connection's questions.
struct LiveServer {
    static let id = LivePresentationID(rawValue: 1)
    static let identity = SessionIdentity(
        id: "0123456789abcdef0123456789abcdef", labNumber: 123_456, ssrc: 3, firstSequenceNumber: 4,
        firstTimestamp: RTPTimestamp(rawValue: 5))

    let start = ContinuousClock.now
    let configuration: ServerConnection.Configuration
    let frame: LiveFrame
    private let description: LiveDescription
    private let snapshot: LiveSnapshot

    init() throws {
        let clock = WallClock(instant: start, ntp: NTPTimestamp(sinceUnixEpoch: .seconds(1_700_000_000)))
        configuration = ServerConnection.Configuration(mediaPorts: PortPair(rtp: 6970, rtcp: 6971), wallClock: clock)
        var generator = Dice(state: 1)
        var live = LivePresentation(
            id: Self.id, name: "camera", framesPerSecond: 30, canonicalName: "camera", wallClock: clock, using: &generator)
        let picture = MJPEGFrame(image: Picture.several[0], presentationTime: .zero)
        _ = try live.packetize(picture, at: start)
        // The second frame, for the first has a report with it.
        frame = try live.packetize(picture, at: start + .milliseconds(33))
        snapshot = live.snapshot(at: start + .milliseconds(33))
        description = live.description
    }

    func connection() -> ServerConnection { ServerConnection(peer: "192.0.2.1", configuration: configuration, at: start) }

    /// Hands a request to the connection, and answers what it asks.
    func take(
        _ request: [UInt8], _ connection: inout ServerConnection, at now: ContinuousClock.Instant,
        via transport: inout CountingTransport
    ) throws {
        var events = connection.receive(request.span, at: now, via: &transport)
        while let question = events.lazy.compactMap({ if case .ask(let question) = $0 { question } else { nil } }).first {
            events = try connection.answer(answer(to: question), at: now, via: &transport)
        }
    }

    private func answer(to question: ServerQuestion) -> ServerAnswer {
        switch question {
        case .find: .found(.live(description), Self.identity)
        case .join: .joined(snapshot)
        }
    }
}

/// What a client says, as FFmpeg words it.
enum Requests {
    static let url = "rtsp://192.0.2.7:8554/camera"

    static let options = message("OPTIONS \(url)", 1)
    static let describe = message("DESCRIBE \(url)", 2, "Accept: application/sdp")
    static let setup = message("SETUP \(url)/stream=0", 3, "Transport: RTP/AVP/UDP;unicast;client_port=25000-25001")
    static let play = message("PLAY \(url)/", 4, "Session: \(LiveServer.identity.id)", "Range: npt=0.000-")
    static let teardown = message("TEARDOWN \(url)/", 5, "Session: \(LiveServer.identity.id)")
    static let all = [options, describe, setup, play, teardown]

    static let meanByteCount = all.reduce(0) { $0 + $1.count } / all.count

    private static func message(_ line: String, _ number: Int, _ fields: String...) -> [UInt8] {
        let lines = ["\(line) RTSP/1.0", "CSeq: \(number)", "User-Agent: Lavf59.27.100"] + fields
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }
}
