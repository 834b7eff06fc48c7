import MJPEGSource
import RTPTransport
import RTSPKit
import RTSPTestKit
import Testing

/// What the generators make, sent to whole connections: they answer or close, within their limits, and the next one is served.
@Suite struct HostilePeersTests {
    private static let start = ContinuousClock.now
    private static let configuration = ServerConnection.Configuration(
        mediaPorts: PortPair(rtp: 6000, rtcp: 6001), wallClock: WallClock(instant: start, ntp: NTPTimestamp(rawValue: 0)))

    /// A server's connection, and the owner who answers its questions.
    private struct Served {
        var connection = ServerConnection(peer: "192.0.2.1", configuration: HostilePeersTests.configuration, at: start)
        var transport = FakeTransport()
        var now = start
        var responses = 0
        /// The session that was set up last.
        var session = "12345678"
        private var dice = SeededGenerator(seed: 9)
        private var parser = RTSPParser()

        mutating func receive(_ bytes: [UInt8]) {
            note(connection.receive(bytes.span, at: now, via: &transport))
        }

        /// Lets time pass, from deadline to deadline.
        mutating func pass(_ duration: Duration) {
            let end = now + duration
            for _ in 0..<1_000 {
                guard let deadline = connection.deadline, deadline <= end else { break }
                now = max(now, deadline)
                note(connection.advance(to: now, via: &transport))
            }
            now = end
            note(connection.advance(to: now, via: &transport))
        }

        mutating func connectionClosed() { note(connection.connectionClosed(at: now, via: &transport)) }

        private mutating func note(_ events: [ServerEvent]) {
            for case .ask(let question) in events {
                guard case .find(let path, _, _) = question else { continue }
                let movie = Presentation.stored(StoredPresentation(name: "movie", source: FrameList(count: 3)))
                let answer: ServerAnswer =
                    path == "/movie" ? .found(movie, SessionIdentity(using: &dice)) : .refused(.notFound)
                note((try? connection.answer(answer, at: now, via: &transport)) ?? [])
            }
            for case .control(let bytes) in transport.takeEntries() {
                parser.append(bytes.span)
                while let message = try? parser.next() {
                    guard case .response(let response) = message else { continue }
                    responses += 1
                    session = response.headers["Session"].flatMap { SessionHeader.parse($0)?.id } ?? session
                }
            }
        }
    }

    private static let setUp = Array(
        "SETUP rtsp://host/movie/stream=0 RTSP/1.0\r\nCSeq: 0\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n".utf8)
    private static let options = Array("OPTIONS rtsp://host/movie RTSP/1.0\r\nCSeq: 1\r\n\r\n".utf8)

    @Test(arguments: GeneratorMood.allCases)
    func `a server answers or closes whatever a client sends, and forgets the connection in the end`(mood: GeneratorMood) {
        var (closed, playing) = (0, 0)
        for seed in 0..<(mood == .hostile ? 500 : 200) as Range<UInt64> {
            var dice = SeededGenerator(seed: seed)
            var served = Served()
            if seed % 2 == 0 { served.receive(Self.setUp) }
            let stream = MessageGenerator(.client, session: served.session)
                .stream(of: Int.random(in: 1...4, using: &dice), mood, using: &dice)
            for piece in ParserVerifier.randomCuts(of: stream.bytes, count: 1, pieces: 6, using: &dice).joined() {
                served.receive(piece)
                served.pass(.milliseconds(1))
            }
            for state in served.connection.sessionStates {
                if case .playing = state { playing += 1 }
            }
            #expect(served.connection.sessionCount <= Self.configuration.limits.sessionsPerConnection)
            if served.connection.state == .open, mood != .hostile {
                // It goes on answering: whatever the generator sent is over and done.
                let before = served.responses
                served.receive(Self.options)
                served.pass(.milliseconds(100))
                #expect(served.responses == before + 1 || served.connection.state != .open, "\(stream.label)")
            } else if served.connection.state != .open {
                closed += 1
            }
            // Whoever says no more is told to go; the course dialect is patient.
            served.pass(.seconds(120 + 300))
            #expect(served.connection.state != .open, "\(stream.label)")
            served.connectionClosed()
            served.pass(.seconds(120))
            #expect(served.connection.isFinished, "\(stream.label)")
        }
        if mood == .valid { #expect(playing > 0) }
        if mood == .hostile { #expect(closed > 100) }
    }

    private static let client = ClientConfiguration(url: "rtsp://host/movie", transport: .tcp, ssrc: 7)

    /// A client that has come as far in its dialogue as `answers` answers bring it: nowhere, to DESCRIBE, SETUP, PLAY or media.
    private static func client(after answers: Int, _ transport: inout FakeTransport) -> ClientConnection {
        var connection = ClientConnection(configuration: client, at: start)
        _ = connection.connected(at: start, via: &transport)
        let texts = [
            "RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n",
            """
            RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Type: application/sdp\r\nContent-Length: 38\r\n\r
            v=0\r\nm=video 0 RTP/AVP 26\r\na=control:x\r\n
            """,
            "RTSP/1.0 200 OK\r\nCSeq: 3\r\nSession: 12345678\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n",
            "RTSP/1.0 200 OK\r\nCSeq: 4\r\nSession: 12345678\r\n\r\n",
        ]
        for (index, text) in texts.prefix(answers).enumerated() {
            if index == 3 { _ = try? connection.play(nil, at: start, via: &transport) }
            _ = connection.receive(Array(text.utf8).span, at: start, via: &transport)
        }
        return connection
    }

    @Test func `the dialogue that the next tests begin with leads to media`() {
        var transport = FakeTransport()
        #expect((0...4).map { Self.client(after: $0, &transport).state } == [.initial, .initial, .initial, .ready, .playing])
    }

    @Test(arguments: GeneratorMood.allCases)
    func `a client goes on or gives up whatever a server sends, and gives up where nothing follows`(mood: GeneratorMood) {
        var states: Set<ClientConnection.State> = []
        for seed in 0..<(mood == .hostile ? 500 : 200) as Range<UInt64> {
            var dice = SeededGenerator(seed: seed)
            var transport = FakeTransport()
            var connection = Self.client(after: Int(seed % 5), &transport)
            // Numbered so that it is taken for the answer that the client waits for.
            let stream = MessageGenerator(.server, cSeq: Int(seed % 5) + 1)
                .stream(of: Int.random(in: 1...4, using: &dice), mood, using: &dice)
            var now = Self.start
            var events: [ClientEvent] = []
            for piece in ParserVerifier.randomCuts(of: stream.bytes, count: 1, pieces: 6, using: &dice).joined() {
                events += connection.receive(piece.span, at: now, via: &transport)
                now += .milliseconds(1)
            }
            states.insert(connection.state)
            events += connection.advance(to: now + .seconds(3_600), via: &transport)
            events += connection.connectionClosed(at: now + .seconds(3_600), via: &transport)
            #expect(connection.state == .closed, "\(stream.label)")
            #expect(events.filter { if case .closed = $0 { true } else { false } }.count == 1, "\(stream.label)")
        }
        #expect(states.isSuperset(of: [.initial, .ready, .playing, .closed]))
    }

    @Test(arguments: GeneratorMood.allCases)
    func `a client that plays takes whatever packets come`(mood: GeneratorMood) {
        var frames = 0
        for seed in 0..<150 as Range<UInt64> {
            var dice = SeededGenerator(seed: seed)
            var transport = FakeTransport()
            var connection = Self.client(after: 4, &transport)
            var now = Self.start
            var events: [ClientEvent] = []
            let reports = (0..<3).map { _ in ReportGenerator().sample(mood, using: &dice).bytes }
            let packets = PacketGenerator().sample(mood, using: &dice).packets.map { (UInt8(0), $0) } + reports.map { (1, $0) }
            for (channel, packet) in packets {
                let frame = RTSPSerializer.bytes(of: InterleavedFrame(channel: channel, payload: packet))
                events += connection.receive(frame.span, at: now, via: &transport)
                now += .milliseconds(5)
            }
            #expect(connection.state != .initial)
            events += connection.connectionClosed(at: now + .seconds(1), via: &transport)
            #expect(connection.state == .closed)
            frames += events.filter { if case .frame = $0 { true } else { false } }.count
        }
        if mood == .valid { #expect(frames > 100) }
    }
}
