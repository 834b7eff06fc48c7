internal import RTPTransport
internal import RTSPKit
internal import RTSPTestKit

extension FuzzTarget {
    /// Replies, packets, commands and time into a whole connection.
    static let clientConnection = FuzzTarget(name: "client-connection") { bytes in
        var script = FuzzBytes(bytes)
        var play = ClientPlay(options: script.byte())
        while let (sent, step) = Script.next(&script) {
            play.say(sent)
            if let step { play.take(step & 15, &script) }
        }
        play.end()
    }
}

/// A client connection, and the owner and the server that a script makes.
private struct ClientPlay {
    private static let requestTimeout = Duration.seconds(5)

    private var connection: ClientConnection
    private var transport = CheckedTransport()
    private var now = ContinuousClock.Instant.start
    private var requests: [RTSPRequest] = []
    private var number: UInt16 = 10
    private var timestamp: UInt32 = 1000
    private var isOver = false
    private var lastShown: Duration?
    /// The media time of the frame before, as the server tells it.
    private var position = Duration.zero
    /// Whether the server has kept to the truth: then frames are shown in order.
    private var isHonest = true
    private var received = 0
    private var commands = 1
    private let isLab: Bool
    private let choice: ClientConfiguration.TransportChoice

    init(options: UInt8) {
        isLab = options & 1 == 1
        choice = [.auto, .udp, .tcp, .auto][Int(options >> 1 & 3)]
        var configuration = ClientConfiguration(
            url: isLab ? "movie.Mjpeg" : "rtsp://192.0.2.7/movie", transport: choice,
            clientPorts: options & 64 == 64 ? nil : PortPair(rtp: 25_000, rtcp: 25_001),
            playout: options & 8 == 8 ? .fixed(.zero) : .adaptive, requestTimeout: Self.requestTimeout, ssrc: 77,
            labFramesPerSecond: options & 16 == 16 ? 20 : nil,
            limits: EndpointLimits(
                parser: RTSPParserLimits(startLine: 1024, headerBytes: 2048, headerCount: 24, body: 4096, junk: 512)))
        configuration.tellsDialogue = options & 32 == 32
        connection =
            isLab
            ? .lab(configuration: configuration, at: .start)
            : ClientConnection(configuration: configuration, goal: options & 128 == 128 ? .describe : .setUp, at: .start)
        note(connection.connected(at: now, via: &transport))
    }

    mutating func receive(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        received += bytes.count
        note(connection.receive(bytes.span, at: now, via: &transport))
    }

    mutating func take(_ step: UInt8, _ script: inout FuzzBytes) {
        switch step {
        case 0: break
        case 1:
            now = max(now, min(connection.deadline ?? now, now + .seconds(3600)))
            advance()
        case 2:
            now += script.duration()
            advance()
        case 3: command { connection, now, transport in try connection.play(nil, at: now, via: &transport) }
        case 4:
            let range = NormalPlayTimeRange(start: .time(.seconds(Int(script.byte()))), end: nil)
            command { connection, now, transport in try connection.play(range, at: now, via: &transport) }
        case 5: command { connection, now, transport in try connection.pause(at: now, via: &transport) }
        case 6: command { connection, now, transport in connection.tearDown(at: now, via: &transport) }
        case 7: lie(script.bytes(Int(script.byte())), isReport: false)
        case 8: lie(script.bytes(Int(script.byte())), isReport: true)
        case 9: frame(script.byte())
        case 10: report(script.byte())
        case 11: closeConnection()
        case 12: connect()
        case 13: reply(.ok)
        case 14: reply(RTSPStatus(code: 100 + Int(script.byte()) * 2))
        default: say([Script.escape])
        }
    }

    /// Bytes of the script's own on the control connection.
    mutating func say(_ bytes: [UInt8]) {
        if !bytes.isEmpty { isHonest = false }
        receive(bytes)
    }

    /// The owner has had enough, and the server says nothing more: the connection ends in its time.
    mutating func end() {
        let left = now
        for _ in 0..<3 where connection.state != .closed {
            note(connection.tearDown(at: now, via: &transport))
            for _ in 0..<3000 {
                guard let deadline = connection.deadline, left.duration(to: deadline) < .seconds(60) else { break }
                now = max(now, deadline)
                note(connection.advance(to: now, via: &transport))
            }
        }
        demandEqual(connection.state, .closed, "TEARDOWN ends a connection, answered or not")
        demand(left.duration(to: now) <= Self.requestTimeout * 3, "a connection ends in its time: \(left.duration(to: now))")
        demand(connection.deadline == nil, "a connection at its end wants nothing")
        demand(transport.routes.isEmpty, "every stream that was opened is closed")
        demand(connection.receive([36, 0, 0, 0].span, at: now, via: &transport).isEmpty, "nothing follows the end")
    }

    private mutating func advance() {
        for _ in 0..<200 {
            note(connection.advance(to: now, via: &transport))
            guard let deadline = connection.deadline, deadline <= now else { return }
        }
        demand(false, "what is due gets done")
    }

    private mutating func command(
        _ perform: (inout ClientConnection, ContinuousClock.Instant, inout CheckedTransport) throws -> [ClientEvent]
    ) {
        commands += 1
        let state = connection.state
        do {
            note(try perform(&connection, now, &transport))
        } catch { demandEqual(connection.state, state, "a command that fails changes nothing") }
    }

    private mutating func closeConnection() {
        transport.isClosed = true
        note(connection.connectionClosed(at: now, via: &transport))
        // A client of the course dialect may want another connection.
        demand(isLab || connection.state == .closed, "without its connection it is over")
    }

    private mutating func connect() {
        guard isLab, !isOver else { return }
        transport.isClosed = false
        note(connection.connected(at: now, via: &transport))
    }

    // MARK: The server

    private mutating func lie(_ bytes: [UInt8], isReport: Bool) {
        isHonest = false
        packet(bytes, isReport: isReport)
    }

    private mutating func packet(_ bytes: [UInt8], isReport: Bool) {
        received += bytes.count
        switch transport.routes.values.first {
        case .datagrams:
            note(
                isReport
                    ? connection.receive(rtcp: bytes.span, at: now, via: &transport)
                    : connection.receive(rtp: bytes.span, at: now, via: &transport))
        case .interleaved(let channels):
            receive(
                RTSPSerializer.bytes(of: InterleavedFrame(channel: isReport ? channels.rtcp ?? 1 : channels.rtp, payload: bytes)))
        case nil: break
        }
    }

    /// A frame of one to three packets, one of which may get lost, in a rhythm of 25 frames per second or another.
    private mutating func frame(_ choice: UInt8) {
        let image = SyntheticPicture(scanBytes: 100 + Int(choice & 3) * 250, seed: UInt64(choice)).bytes
        timestamp &+= choice & 4 == 4 ? UInt32(choice) << 9 : 3600
        position += .seconds(choice & 4 == 4 ? Double(choice) * 512 / 90_000 : 0.04)
        if choice == 255 {
            timestamp &-= 2_000_000
            isHonest = false
        }
        now += .milliseconds(choice & 8 == 8 ? 40 : 0)
        let time = RTPTimestamp(rawValue: timestamp)
        var batch: RTPPacketBatch?
        if isLab {
            var packetizer = RawJPEGPacketizer(maximumPayloadSize: 300)
            batch = try? packetizer.packetize(image, timestamp: time, ssrc: 4711, sequenceNumber: &number)
        } else {
            var packetizer = JPEGPacketizer(maximumPayloadSize: 300)
            batch = try? packetizer.packetize(image, timestamp: time, ssrc: 4711, sequenceNumber: &number)
        }
        guard let batch else { return }
        let order = choice & 32 == 32 ? Array((0..<batch.count).reversed()) : Array(0..<batch.count)
        for index in order where choice & 16 == 0 || index != 1 {
            packet(Array(batch.bytes[batch.range(ofPacketAt: index)]), isReport: false)
        }
    }

    private mutating func report(_ choice: UInt8) {
        let report = SenderReport(
            ssrc: 4711, ntp: NTPTimestamp(rawValue: UInt64(choice) << 40), rtp: RTPTimestamp(rawValue: timestamp), packetCount: 1,
            octetCount: 1)
        let goodbye: [RTCPPacket] = choice & 1 == 1 ? [.goodbye(Goodbye(ssrcs: [4711]))] : []
        packet(RTCPPacket.serialize([.senderReport(report)] + goodbye), isReport: true)
    }

    /// The server does what it was asked, or refuses.
    private mutating func reply(_ status: RTSPStatus) {
        guard let request = requests.first else { return }
        requests.removeFirst()
        var response = RTSPResponse(status, cSeq: request.cSeq, headers: ["Session": isLab ? "123456" : "abc;timeout=30"])
        switch request.method {
        case .describe:
            response.headers["Content-Type"] = "application/sdp"
            response.body = Array(
                "v=0\r\ns=x\r\na=range:npt=0-20\r\nm=video 0 RTP/AVP 26\r\na=control:stream=0\r\n".utf8)
        case .setup:
            let offer = TransportHeader.parse(request.headers["Transport"] ?? "").first
            var agreed = offer ?? TransportSpec()
            if agreed.interleaved == nil { agreed.serverPorts = PortPair(rtp: 6970, rtcp: 6971) }
            response.headers["Transport"] = agreed.description
        case .play:
            if let range = request.headers["Range"], case .npt(let range)? = RangeHeader.parse(range),
                case .time(let start) = range.start
            {
                position = start
            }
            response.headers["Range"] = RangeHeader.npt(.from(position + .milliseconds(40))).description
            response.headers["RTP-Info"] = "url=rtsp://192.0.2.7/movie/stream=0;seq=\(number);rtptime=\(timestamp &+ 3600)"
        default: break
        }
        receive(
            isLab
                ? LabSerializer.bytes(of: response, sessionNumber: 123_456, lineEnding: .lf) : RTSPSerializer.bytes(of: response))
    }

    // MARK: What is told

    private mutating func note(_ events: [ClientEvent]) {
        for event in events {
            demand(!isOver, "nothing follows the end: \(event)")
            switch event {
            case .closed: isOver = true
            case .reconnect:
                transport.isClosed = false
                requests = []
            case .playing: lastShown = nil
            case .frame(let frame): check(frame)
            default: break
            }
        }
        demandEqual(isOver, connection.state == .closed, "the end is told when it has come")
        demand(connection.state != .closed || connection.deadline == nil, "a connection at its end wants nothing")
        demand(transport.sentBytes <= 64 * received + 4096 * commands + 65_536, "what is said is bounded by what is heard")
        let figures = connection.statistics()
        demand(figures.packets >= 0 && figures.packetsLost >= 0 && figures.frames >= 0, "figures count from zero")
        readRequests()
    }

    private mutating func check(_ frame: PlayoutFrame) {
        demand(frame.image.starts(with: [0xFF, 0xD8]) && frame.image.suffix(2) == [0xFF, 0xD9], "a frame is a JPEG file")
        demand(!isHonest || lastShown.map { $0 < frame.mediaTime } ?? true, "frames are shown in the order of their time")
        lastShown = frame.mediaTime
    }

    private mutating func readRequests() {
        let sent = transport.takeSent()
        guard !sent.isEmpty else { return }
        guard !isLab else {
            var parser = LabRequestParser()
            parser.append(sent.span, at: now)
            while case .request(let request) = parser.next(at: now) { requests.append(request) }
            return
        }
        var parser = RTSPParser(
            limits: RTSPParserLimits(startLine: 16_384, headerBytes: 65_536, headerCount: 64, body: 65_536, junk: 0))
        parser.append(sent.span)
        do {
            while let message = try parser.next() { if case .request(let request) = message { requests.append(request) } }
        } catch { demand(false, "a request can be read: \(error)\n\(sent.text)") }
        demand(!parser.isInsideMessage, "a request is whole: \(sent.text)")
    }
}
