import MJPEGSource
import RTPTransport
import RTSPKit
import RTSPTestKit
import Testing

/// A client's side of a dialogue with a server connection, in virtual time: what is said, and what is answered.
struct ServerDialogue {
    static let start = ContinuousClock.now
    static let movie = "rtsp://host/movie"
    static let udp = "RTP/AVP;unicast;client_port=5000-5001"
    static let tcp = "RTP/AVP/TCP;unicast;interleaved=0-1"
    /// 6 November 1994, 08:49:37 GMT.
    static let wallClock = WallClock(instant: start, ntp: NTPTimestamp(sinceUnixEpoch: .seconds(784_111_777)))

    static func configuration(
        _ change: (inout ServerConnection.Configuration) -> Void = { _ in }
    ) -> ServerConnection.Configuration {
        var configuration = ServerConnection.Configuration(
            mediaPorts: PortPair(rtp: 6000, rtcp: 6001), wallClock: wallClock)
        change(&configuration)
        return configuration
    }

    /// Fifty frames of 25 a second: two seconds.
    static let frames = FrameList(count: 50)

    var connection: ServerConnection
    var transport = FakeTransport()
    var now = start
    var events: [ServerEvent] = []
    var catalog: [String: Presentation] = ["/movie": .stored(StoredPresentation(name: "movie", source: frames))]
    var live: LivePresentation?
    /// How many sessions read the live presentation, as the events tell.
    var readers = 0
    /// Questions that wait, where nobody answers them.
    var open: [ServerQuestion] = []
    var answersQuestions = true
    private var generator = SeededGenerator(seed: 7)
    private var parser = RTSPParser()
    private var cSeq = 0

    init(_ change: (inout ServerConnection.Configuration) -> Void = { _ in }) {
        connection = ServerConnection(peer: "192.0.2.1", configuration: Self.configuration(change), at: now)
    }

    /// How much time has passed.
    var elapsed: Duration { Self.start.duration(to: now) }

    // MARK: Talking

    /// Says these lines as they are.
    mutating func say(_ text: String) -> [RTSPResponse] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n")
        return send(Array(lines.utf8))
    }

    mutating func send(_ bytes: [UInt8]) -> [RTSPResponse] {
        note(connection.receive(bytes.span, at: now, via: &transport))
        return takeResponses()
    }

    /// Makes a request and returns its answer.
    mutating func ask(
        _ method: RTSPMethod, _ url: String = movie, session: String? = nil, _ headers: RTSPHeaders = [:]
    ) -> RTSPResponse {
        cSeq += 1
        var request = RTSPRequest(method, url: url, cSeq: cSeq)
        if let session { request.headers["Session"] = session }
        for field in headers.fields { request.headers.append(field.name, field.value) }
        let responses = send(RTSPSerializer.bytes(of: request))
        return responses.count == 1 && responses[0].cSeq == cSeq ? responses[0] : RTSPResponse(RTSPStatus(code: 999))
    }

    /// Sets up the movie's stream and returns the session's identifier.
    mutating func setUp(_ transport: String = udp, url: String = movie) -> String {
        let response = ask(.setup, url + "/stream=0", ["Transport": transport])
        return response.headers["Session"].flatMap { SessionHeader.parse($0)?.id } ?? "none"
    }

    /// Sets up and plays; the entries are those of PLAY.
    mutating func play(_ transport: String = udp, url: String = movie, range: String? = nil) -> String {
        let session = setUp(transport, url: url)
        _ = self.transport.takeEntries()
        _ = ask(.play, url, session: session, range.map { ["Range": $0] } ?? [:])
        return session
    }

    /// The answers that have been sent and not been looked at; other entries stay.
    mutating func takeResponses() -> [RTSPResponse] {
        var responses: [RTSPResponse] = []
        let entries = transport.entries[min(seen, transport.entries.count)...]
        seen = transport.entries.count
        for case .control(let bytes) in entries {
            parser.append(bytes.span)
            while let message = try? parser.next() {
                if case .response(let response) = message { responses.append(response) }
            }
        }
        return responses
    }
    private var seen = 0

    /// What was sent since this was asked last.
    mutating func takeEntries() -> [FakeTransport.Entry] {
        seen = 0
        return transport.takeEntries()
    }

    // MARK: Time

    /// Lets time pass, from deadline to deadline.
    mutating func pass(_ duration: Duration) {
        let end = now + duration
        var turns = 0
        while let deadline = connection.deadline, deadline <= end {
            turns = deadline <= now ? turns + 1 : 0
            guard turns < 1000 else {
                Issue.record("the connection asks for the same moment again and again")
                return
            }
            now = max(now, deadline)
            note(connection.advance(to: now, via: &transport))
        }
        now = end
        note(connection.advance(to: now, via: &transport))
    }

    mutating func closeConnection() { note(connection.connectionClosed(at: now, via: &transport)) }
    mutating func shutDown() { note(connection.shutDown(at: now, via: &transport)) }
    mutating func ready() { note(connection.transportReady(at: now, via: &transport)) }

    mutating func report(_ bytes: [UInt8], on stream: StreamID) {
        note(connection.receive(report: bytes.span, on: stream, at: now, via: &transport))
    }

    // MARK: The owner

    mutating func note(_ new: [ServerEvent]) {
        var new = new
        var index = 0
        while index < new.count {
            events.append(new[index])
            if case .left = new[index] { readers -= 1 }
            if case .ask(let question) = new[index] {
                if answersQuestions { new += answer(question) } else { open.append(question) }
            }
            index += 1
        }
    }

    mutating func answer(_ question: ServerQuestion) -> [ServerEvent] {
        switch question {
        case .find(let path, _, _):
            let identity = SessionIdentity(using: &generator)
            let answer = catalog[path].map { ServerAnswer.found($0, identity) } ?? .refused(.notFound)
            return (try? connection.answer(answer, at: now, via: &transport)) ?? []
        case .join:
            readers += 1
            guard let snapshot = live?.snapshot(at: now) else { return [] }
            return (try? connection.answer(.joined(snapshot), at: now, via: &transport)) ?? []
        }
    }

    mutating func offerLive() {
        let presentation = LivePresentation(
            id: LivePresentationID(rawValue: 1), name: "camera", framesPerSecond: 25, canonicalName: "camera",
            wallClock: Self.wallClock, using: &generator)
        live = presentation
        catalog["/camera"] = .live(presentation.description)
    }

    /// A frame of the live presentation is captured and delivered.
    @discardableResult
    mutating func capture(_ seed: UInt64 = 1) -> LiveFrame? {
        let frame = MJPEGFrame(image: SyntheticPicture(seed: seed).bytes, presentationTime: .zero)
        guard let packets = try? live?.packetize(frame, at: now) else { return nil }
        note(connection.deliver(packets, of: LivePresentationID(rawValue: 1), at: now, via: &transport))
        return packets
    }

    mutating func captured(_ seed: UInt64 = 1) throws -> LiveFrame {
        let frame = capture(seed)
        return try #require(frame)
    }

    // MARK: What happened

    /// The statuses of all answers, by the events.
    var answered: [RTSPStatus] { events.compactMap { if case .answered(_, _, let status) = $0 { status } else { nil } } }

    var ended: [(report: SessionReport, reason: CloseReason)] {
        events.compactMap { if case .sessionEnded(let report, let reason) = $0 { (report, reason) } else { nil } }
    }

    /// The RTCP packets among the entries, in order.
    var rtcp: [RTCPPacket] { transport.reports.flatMap { (try? RTCPPacket.parse(compound: $0.span)) ?? [] } }

    var senderReports: [SenderReport] {
        rtcp.compactMap { if case .senderReport(let report) = $0 { report } else { nil } }
    }

    var goodbyes: Int { rtcp.filter { if case .goodbye = $0 { true } else { false } }.count }
}
