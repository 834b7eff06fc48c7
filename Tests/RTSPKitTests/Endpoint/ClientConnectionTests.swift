import RTPTransport
import RTSPKit
import RTSPTestKit
import Testing

/// The way of a client to a stream that is set up, and away from it.
@Suite struct ClientConnectionTests {
    @Test func `the usual course over UDP`() throws {
        var talk = ClientDialogue()
        #expect(talk.requests.map(\.method) == [.options])
        #expect(talk.requests[0].headers["User-Agent"] == "swift-rtsp")
        talk.replyToOptions()
        #expect(talk.requests.map(\.method) == [.describe])
        #expect(talk.requests[0].headers["Accept"] == "application/sdp")
        talk.replyToDescribe()
        #expect(talk.requests.map(\.url) == ["rtsp://host/movie/stream=0"])
        #expect(talk.requests[0].headers["Transport"] == "RTP/AVP;unicast;client_port=5000-5001")
        #expect(talk.client.state == .initial)
        talk.replyToSetup()
        #expect(talk.client.state == .ready)
        #expect(talk.transport.routes.values.map { $0 } == [.datagrams(rtp: 6000, rtcp: 6001)])
        #expect(talk.events.count == 2)
        guard case .described(let description, _) = talk.events[0], case .ready(let transport, let session) = talk.events[1]
        else {
            Issue.record("\(talk.events)")
            return
        }
        #expect(description.sessionName == "movie")
        #expect(transport == ClientDialogue.udp)
        #expect(session == "S1")

        try talk.play(.from(.zero))
        #expect(talk.client.state == .ready)
        let play = try #require(talk.requests.first)
        #expect(play.method == .play)
        #expect(play.url == "rtsp://host/movie/")
        #expect(play.headers["Range"] == "npt=0-")
        #expect(play.headers["Session"] == "S1")
        talk.replyToPlay()
        #expect(talk.client.state == .playing)
        #expect(talk.events.last == .playing(.from(.zero, to: .seconds(10))))
        try talk.stream(10)
        talk.pass(.milliseconds(200))
        #expect(talk.frames.count == 10)
        #expect(talk.frames.map(\.mediaTime) == (0..<10).map { .milliseconds(40 * $0) })

        try talk.pause()
        talk.reply()
        #expect(talk.client.state == .ready)
        #expect(talk.events.last == .paused)
        talk.tearDown()
        #expect(talk.requests.map(\.method) == [.teardown])
        #expect(talk.client.state == .ready)
        talk.reply()
        #expect(talk.client.state == .closed)
        #expect(talk.ending == .some(nil))
        #expect(talk.transport.isClosed)
        #expect(talk.transport.routes.isEmpty)
        #expect(talk.client.deadline == nil)
    }

    @Test func `the dialogue is told where it is wanted, both sides in order`() {
        var talk = ClientDialogue(.tcp) { $0.tellsDialogue = true }
        talk.setUp(ClientDialogue.tcp)
        talk.tearDown()
        talk.reply()
        let lines = talk.events.compactMap { event -> String? in
            guard case .dialogue(let message) = event else { return nil }
            return "\(message.direction): \(message.text.prefix { !$0.isNewline })"
        }
        #expect(
            lines == [
                "sent: OPTIONS rtsp://host/movie RTSP/1.0", "received: RTSP/1.0 200 OK",
                "sent: DESCRIBE rtsp://host/movie RTSP/1.0", "received: RTSP/1.0 200 OK",
                "sent: SETUP rtsp://host/movie/stream=0 RTSP/1.0", "received: RTSP/1.0 200 OK",
                "sent: TEARDOWN rtsp://host/movie/ RTSP/1.0", "received: RTSP/1.0 200 OK",
            ])
        var silent = ClientDialogue(.tcp)
        silent.setUp(ClientDialogue.tcp)
        #expect(!silent.events.contains { if case .dialogue = $0 { true } else { false } })
    }

    @Test func `the usual course over TCP`() throws {
        var talk = ClientDialogue(.tcp)
        talk.replyToOptions()
        talk.replyToDescribe()
        #expect(talk.requests.map { $0.headers["Transport"] } == ["RTP/AVP/TCP;unicast;interleaved=0-1"])
        talk.replyToSetup("RTP/AVP/TCP;unicast;interleaved=4-5")
        #expect(talk.transport.routes.values.map { $0 } == [.interleaved(ChannelPair(rtp: 4, rtcp: 5))])
        try talk.play()
        talk.replyToPlay()
        for packet in try talk.packets() {
            talk.send(RTSPSerializer.bytes(of: InterleavedFrame(channel: 4, payload: packet)))
        }
        for packet in try talk.packets() {
            // Not our channel, and not our way.
            talk.send(RTSPSerializer.bytes(of: InterleavedFrame(channel: 0, payload: packet)))
            talk.receive(rtp: packet)
        }
        talk.pass(.seconds(1))
        #expect(talk.frames.count == 1)
        #expect(talk.client.statistics().packets == 1)
    }

    @Test func `a server that names no channels has taken ours`() {
        var talk = ClientDialogue(.tcp)
        talk.setUp("RTP/AVP/TCP;unicast")
        #expect(talk.transport.routes.values.map { $0 } == [.interleaved(ChannelPair(rtp: 0, rtcp: 1))])
    }

    @Test func `who only wants the description gets it`() {
        var talk = ClientDialogue(goal: .describe)
        talk.replyToOptions()
        talk.replyToDescribe()
        #expect(talk.events.count == 1)
        #expect(talk.requests.isEmpty)
        #expect(talk.client.state == .initial)
        talk.tearDown()
        #expect(talk.ending == .some(nil))
    }

    @Test func `OPTIONS refused does not matter`() {
        var talk = ClientDialogue()
        talk.reply(.notFound)
        #expect(talk.requests.map(\.method) == [.describe])
    }

    @Test func `each refusal is named`() throws {
        var talk = ClientDialogue()
        talk.replyToOptions()
        let asked = talk
        for status in [RTSPStatus.notFound, .unauthorized, .internalServerError] {
            talk = asked
            talk.reply(status)
            #expect(talk.ending??.kind == .refused(.describe, status))
            #expect(talk.client.state == .closed)
        }
        talk = asked
        talk.reply(.movedPermanently, ["Location": "rtsp://elsewhere/"])
        #expect(talk.client.state == .closed)
        talk = asked
        talk.replyToDescribe(ClientDialogue.description.replacing("RTP/AVP 26", with: "RTP/AVP 96"))
        #expect(talk.ending??.kind == .unsupportedMedia)
        talk = asked
        talk.replyToDescribe("this is no description")
        #expect(talk.ending??.kind == .protocolViolation || talk.ending??.kind == .unsupportedMedia)
        talk = asked
        talk.replyToDescribe()
        talk.reply(.serviceUnavailable)
        #expect(talk.ending??.kind == .refused(.setup, .serviceUnavailable))
        #expect(talk.transport.isClosed)
    }

    @Test func `PLAY and PAUSE refused leave all as it was`() throws {
        var talk = ClientDialogue()
        talk.setUp()
        try talk.play(.from(.seconds(99)))
        talk.reply(.invalidRange)
        #expect(talk.events.last == .refused(.play, .invalidRange))
        #expect(talk.client.state == .ready)
        talk.pass(.seconds(5))
        #expect(talk.client.state == .ready)
        try talk.play()
        talk.replyToPlay()
        try talk.pause()
        talk.reply(.internalServerError)
        #expect(talk.events.last == .refused(.pause, .internalServerError))
        #expect(talk.client.state == .playing)
        try talk.stream(5)
        talk.pass(.seconds(1))
        #expect(talk.frames.count == 5)
    }

    @Test func `commands that make no sense throw and change nothing`() throws {
        var talk = ClientDialogue()
        #expect(throws: ClientConnection.CommandError.self) { try talk.play() }
        #expect(throws: ClientConnection.CommandError.self) { try talk.pause() }
        talk.setUp()
        #expect(throws: ClientConnection.CommandError.self) { try talk.pause() }
        try talk.play()
        #expect(throws: ClientConnection.CommandError.self) { try talk.play() }
        #expect(talk.requests.map(\.method) == [.play])
        talk.replyToPlay()
        #expect(talk.client.state == .playing)
        talk.tearDown()
        #expect(throws: ClientConnection.CommandError.self) { try talk.play() }
        talk.reply()
        #expect(throws: ClientConnection.CommandError.self) { try talk.pause() }
        #expect(talk.client.state == .closed)
    }

    @Test func `461 leads to the control connection, where that is allowed`() {
        var talk = ClientDialogue(.auto)
        talk.replyToOptions()
        talk.replyToDescribe()
        talk.reply(.unsupportedTransport)
        #expect(talk.events.contains { if case .fallingBackToInterleaved = $0 { true } else { false } })
        #expect(talk.requests.map { $0.headers["Transport"] } == ["RTP/AVP/TCP;unicast;interleaved=0-1"])
        var refused = talk
        talk.replyToSetup(ClientDialogue.tcp)
        #expect(talk.client.state == .ready)
        refused.reply(.unsupportedTransport)
        #expect(refused.ending??.kind == .unsupportedTransport)
        var only = ClientDialogue(.udp)
        only.replyToOptions()
        only.replyToDescribe()
        only.reply(.unsupportedTransport)
        #expect(only.ending??.kind == .unsupportedTransport)
    }

    @Test func `silence over UDP leads to the control connection after three seconds`() throws {
        var talk = ClientDialogue(.auto)
        talk.setUp()
        try talk.play(.from(.seconds(2)))
        talk.pass(.seconds(1))
        talk.replyToPlay("npt=2-10")
        talk.pass(.milliseconds(2900))
        #expect(talk.requests.isEmpty)
        talk.pass(.milliseconds(100))
        #expect(talk.requests.map(\.method) == [.teardown])
        #expect(talk.events.last == .fallingBackToInterleaved(reason: "no packets arrive over UDP"))
        talk.reply()
        #expect(talk.requests.map(\.method) == [.setup])
        #expect(talk.requests[0].headers["Session"] == nil)
        #expect(talk.requests[0].headers["Transport"] == "RTP/AVP/TCP;unicast;interleaved=0-1")
        talk.replyToSetup(ClientDialogue.tcp)
        #expect(talk.requests.map(\.method) == [.play])
        #expect(talk.requests[0].headers["Range"] == "npt=2-")
        talk.replyToPlay("npt=2-10")
        #expect(talk.client.state == .playing)
        try talk.stream(5, interleaved: true)
        talk.pass(.seconds(1))
        #expect(talk.frames.count == 5)
        #expect(talk.frames.first?.mediaTime == .seconds(2))
        #expect(talk.transport.routes.values.map { $0 } == [.interleaved(ChannelPair(rtp: 0, rtcp: 1))])
    }

    @Test func `silence is the end where there is no other way`() throws {
        for (choice, transport, patience) in [
            (ClientConfiguration.TransportChoice.udp, ClientDialogue.udp, 3), (.tcp, ClientDialogue.tcp, 10),
        ] {
            var talk = ClientDialogue(choice)
            talk.setUp(transport)
            try talk.play()
            talk.replyToPlay()
            talk.pass(.seconds(patience) - .milliseconds(1))
            #expect(talk.client.state == .playing)
            talk.pass(.milliseconds(1))
            #expect(talk.ending??.kind == .noMedia)
            #expect(talk.history.last == .teardown)
            #expect(talk.client.state == .closed)
        }
    }

    @Test func `a server that takes its time for the answer to PLAY is not given up for silence`() throws {
        var talk = ClientDialogue(.auto)
        talk.setUp()
        try talk.play()
        talk.pass(.milliseconds(4900))
        #expect(talk.history.last == .play)
        talk.replyToPlay()
        try talk.stream(3)
        #expect(talk.client.state == .playing)
    }

    @Test func `the session is kept alive at half its timeout, by a method that the server knows`() throws {
        var talk = ClientDialogue()
        talk.setUp()
        for _ in 0..<5 {
            talk.pass(.milliseconds(29_999))
            #expect(talk.requests.isEmpty)
            talk.pass(.milliseconds(1))
            #expect(talk.requests.map(\.method) == [.getParameter])
            talk.reply()
        }
        talk.pass(.seconds(30))
        // It is not known where it was announced: next time it is something else.
        talk.reply(.notImplemented)
        talk.pass(.seconds(30))
        #expect(talk.requests.map(\.method) == [.options])
        talk.reply(.sessionNotFound)
        #expect(talk.ending??.kind == .connectionLost)
    }

    @Test func `every wait has an end`() throws {
        var talk = ClientDialogue()
        let steps: [(RTSPMethod, (inout ClientDialogue) throws -> Void)] = [
            (.options, { _ in }), (.describe, { $0.replyToOptions() }), (.setup, { $0.replyToDescribe() }),
            (
                .play,
                {
                    $0.replyToSetup()
                    try $0.play()
                }
            ),
            (
                .pause,
                {
                    $0.replyToPlay()
                    try $0.pause()
                }
            ),
        ]
        for (method, step) in steps {
            try step(&talk)
            var silent = talk
            silent.pass(.milliseconds(4999))
            #expect(silent.ending == nil)
            silent.pass(.milliseconds(1))
            #expect(silent.ending??.kind == .timedOut(method))
            #expect(silent.client.state == .closed)
            #expect(silent.transport.isClosed)
            #expect(silent.client.deadline == nil)
        }
    }

    @Test func `an answer that trickles in a byte a second is none`() {
        var talk = ClientDialogue()
        for byte in Array("RTSP/1.0 200 OK\r\nCSeq: 1\r\nX: yyyyyyy".utf8) {
            talk.send([byte])
            talk.pass(.seconds(1))
        }
        #expect(talk.ending??.kind == .timedOut(.options))
    }

    @Test func `nonsense ends it, and the connection's end is noticed in every state`() throws {
        var talk = ClientDialogue()
        var steps = [talk]
        talk.replyToOptions()
        steps.append(talk)
        talk.replyToDescribe()
        steps.append(talk)
        talk.replyToSetup()
        steps.append(talk)
        try talk.play()
        steps.append(talk)
        talk.replyToPlay()
        steps.append(talk)
        for step in steps {
            var lost = step
            lost.close()
            #expect(lost.ending??.kind == .connectionLost)
            lost.close()
            #expect(lost.events.filter { if case .closed = $0 { true } else { false } }.count == 1)
            var confused = step
            confused.send(Array("RTSP/1.0 abc\r\n\r\n".utf8))
            #expect(confused.ending??.kind == .protocolViolation)
            #expect(confused.client.deadline == nil)
        }
    }

    @Test func `the server's own requests are answered`() throws {
        var talk = ClientDialogue()
        talk.setUp()
        talk.send(RTSPSerializer.bytes(of: RTSPRequest(.options, cSeq: 7)))
        #expect(talk.transport.controlText.contains("CSeq: 7"))
        talk.send(RTSPSerializer.bytes(of: RTSPRequest(.teardown, cSeq: 8, headers: ["Session": "S1"])))
        #expect(talk.ending??.kind == .connectionLost)
    }
}
