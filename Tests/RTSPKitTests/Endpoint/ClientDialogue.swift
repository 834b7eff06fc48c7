import RTPTransport
import RTSPKit
import RTSPTestKit
import Testing

/// A server's side of a dialogue with a client connection, as a script: what the client sends, and what it is told.
struct ClientDialogue {
    static let start = ContinuousClock.now
    static let movie = "rtsp://host/movie"
    static let description = """
        v=0
        o=- 1 1 IN IP4 192.0.2.7
        s=movie
        t=0 0
        a=control:*
        a=range:npt=0-10
        m=video 0 RTP/AVP 26
        a=control:stream=0

        """
    static let udp = "RTP/AVP;unicast;client_port=5000-5001;server_port=6000-6001;ssrc=0000ABCD"
    static let tcp = "RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=0000ABCD"

    var client: ClientConnection
    var transport = FakeTransport()
    var now = start
    var events: [ClientEvent] = []
    /// Requests that the client has made and that were not looked at.
    var requests: [RTSPRequest] = []
    /// Every request it ever made.
    var history: [RTSPMethod] = []
    var sender: RTPSender
    private var parser = RTSPParser()
    private var seen = 0

    init(
        _ choice: ClientConfiguration.TransportChoice = .auto, goal: ClientConnection.Goal = .setUp,
        _ change: (inout ClientConfiguration) -> Void = { _ in }
    ) {
        client = ClientConnection(configuration: SimulationFixtures.client(choice, change), goal: goal, at: now)
        sender = RTPSender(
            packetizer: JPEGPacketizer(), ssrc: 0xABCD, firstSequenceNumber: 100, firstTimestamp: RTPTimestamp(rawValue: 5000),
            canonicalName: "server")
        note(client.connected(at: now, via: &transport))
    }

    // MARK: Talking

    mutating func note(_ new: [ClientEvent]) {
        events += new
        for case .control(let bytes) in transport.entries[min(seen, transport.entries.count)...] {
            parser.append(bytes.span)
            while let message = try? parser.next() {
                guard case .request(let request) = message else { continue }
                requests.append(request)
                history.append(request.method)
            }
        }
        seen = transport.entries.count
    }

    mutating func send(_ bytes: [UInt8]) { note(client.receive(bytes.span, at: now, via: &transport)) }

    /// Answers the oldest request that has no answer.
    mutating func reply(_ status: RTSPStatus = .ok, _ headers: RTSPHeaders = [:], body: String = "") {
        guard !requests.isEmpty else {
            Issue.record("there is nothing to answer")
            return
        }
        let request = requests.removeFirst()
        send(RTSPSerializer.bytes(of: RTSPResponse(status, cSeq: request.cSeq, headers: headers, body: Array(body.utf8))))
    }

    mutating func replyToOptions() { reply(.ok, ["Public": "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER"]) }

    mutating func replyToDescribe(_ description: String = description) {
        reply(.ok, ["Content-Type": "application/sdp", "Content-Base": "rtsp://host/movie/"], body: description)
    }

    mutating func replyToSetup(_ transport: String = udp) { reply(.ok, ["Session": "S1;timeout=60", "Transport": transport]) }

    /// The dialogue up to a stream that is set up.
    mutating func setUp(_ transport: String = udp) {
        replyToOptions()
        replyToDescribe()
        replyToSetup(transport)
    }

    mutating func replyToPlay(_ range: String? = "npt=0-10") {
        var headers: RTSPHeaders = ["Session": "S1"]
        if let range { headers["Range"] = range }
        headers["RTP-Info"] =
            "url=rtsp://host/movie/stream=0;seq=\(sender.nextSequenceNumber);rtptime=\(sender.timestamp(at: streamTime).rawValue)"
        reply(.ok, headers)
    }

    mutating func play(_ range: NormalPlayTimeRange? = nil) throws {
        note(try client.play(range, at: now, via: &transport))
    }

    mutating func pause() throws { note(try client.pause(at: now, via: &transport)) }
    mutating func tearDown() { note(client.tearDown(at: now, via: &transport)) }
    mutating func close() { note(client.connectionClosed(at: now, via: &transport)) }

    // MARK: Media

    var streamTime: Duration = .zero

    /// The packets of the next frame, 40 ms after the one before.
    mutating func packets(size: Int = 600, seed: UInt64 = 1) throws -> [[UInt8]] {
        let batch = try sender.packetize(SyntheticPicture(scanBytes: size, seed: seed).bytes, at: streamTime)
        streamTime += .milliseconds(40)
        return (0..<batch.count).map { Array(batch.bytes[batch.range(ofPacketAt: $0)]) }
    }

    mutating func receive(rtp packet: [UInt8]) { note(client.receive(rtp: packet.span, at: now, via: &transport)) }
    mutating func receive(rtp packets: [UInt8], segmentSize: Int) {
        note(client.receive(rtp: packets.span, segmentSize: segmentSize, at: now, via: &transport))
    }
    mutating func receive(rtcp packet: [UInt8]) { note(client.receive(rtcp: packet.span, at: now, via: &transport)) }

    /// `count` frames arrive, 40 ms apart.
    mutating func stream(_ count: Int, interleaved: Bool = false) throws {
        for index in 0..<count {
            for packet in try packets(seed: UInt64(index)) {
                if interleaved {
                    send(RTSPSerializer.bytes(of: InterleavedFrame(channel: 0, payload: packet)))
                } else {
                    receive(rtp: packet)
                }
            }
            pass(.milliseconds(40))
        }
    }

    /// The source says goodbye.
    mutating func goodbye() {
        receive(rtcp: sender.goodbye(streamTime: streamTime, ntp: NTPTimestamp(rawValue: 0)))
    }

    // MARK: Time

    mutating func pass(_ duration: Duration) {
        let end = now + duration
        var turns = 0
        while let deadline = client.deadline, deadline <= end {
            turns = deadline <= now ? turns + 1 : 0
            guard turns < 1000 else {
                Issue.record("the client asks for the same moment again and again")
                return
            }
            now = max(now, deadline)
            note(client.advance(to: now, via: &transport))
        }
        now = end
        note(client.advance(to: now, via: &transport))
    }

    // MARK: What happened

    var frames: [PlayoutFrame] { events.compactMap { if case .frame(let frame) = $0 { frame } else { nil } } }

    /// How it ended: `nil` while it has not, `.some(nil)` where nothing was wrong.
    var ending: ClientFailure?? { events.compactMap { if case .closed(let failure) = $0 { .some(failure) } else { nil } }.first }

    var notices: [String] { events.compactMap { if case .noticed(let text) = $0 { text } else { nil } } }

    var rtcp: [RTCPPacket] { transport.reports.flatMap { (try? RTCPPacket.parse(compound: $0.span)) ?? [] } }
}
