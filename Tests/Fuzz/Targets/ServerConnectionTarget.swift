internal import MJPEGSource
internal import RTPTransport
internal import RTSPKit
internal import RTSPTestKit

extension FuzzTarget {
    /// Bytes, time, answers and frames into a whole connection.
    static let serverConnection = FuzzTarget(name: "server-connection") { bytes in
        var script = FuzzBytes(bytes)
        var play = ServerPlay(options: script.byte())
        while let (sent, step) = Script.next(&script) {
            play.receive(sent)
            if let step { play.take(step & 15, &script) }
        }
        play.end()
    }
}

/// A server connection, and the owner that a script makes.
private struct ServerPlay {
    private static let limits = EndpointLimits(
        parser: RTSPParserLimits(startLine: 1024, headerBytes: 2048, headerCount: 24, body: 2048, junk: 512), pendingBytes: 2048,
        sessionsPerConnection: 3)
    private static let liveID = LivePresentationID(rawValue: 5)
    private static let picture = SyntheticPicture(scanBytes: 500)

    private var connection: ServerConnection
    private var transport = CheckedTransport()
    private var live: LivePresentation
    private var now = ContinuousClock.Instant.start
    private var generator = SeededGenerator(seed: 1)
    private var question: ServerQuestion?
    private let answersAtOnce: Bool
    private let answersLive: Bool
    private var received = 0
    private var starts = 0

    init(options: UInt8) {
        answersAtOnce = options & 1 == 0
        answersLive = options & 2 == 2
        let clock = WallClock(instant: .start, ntp: NTPTimestamp(sinceUnixEpoch: .seconds(1_700_000_000)))
        connection = ServerConnection(
            peer: "192.0.2.1",
            configuration: .init(
                sessionTimeout: .seconds(options & 4 == 4 ? 2 : 60),
                mediaPorts: options & 8 == 8 ? nil : PortPair(rtp: 6970, rtcp: 6971), packetSize: 400, wallClock: clock,
                limits: Self.limits), at: .start)
        live = LivePresentation(
            id: Self.liveID, name: "live", framesPerSecond: 25, packetSize: 400, canonicalName: "fuzz", wallClock: clock,
            using: &generator)
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
        case 3: answer(.found(stored(script.byte()), SessionIdentity(using: &generator)))
        case 4: answer(.found(.live(live.description), SessionIdentity(using: &generator)))
        case 5: answer(.refused(RTSPStatus(code: 100 + Int(script.byte()) * 2)))
        case 6: answer(.joined(live.snapshot(at: now)))
        case 7: deliver(script.byte())
        case 8: note(connection.finish(Self.liveID, goodbye: live.goodbye(at: now), at: now, via: &transport))
        case 9:
            let stream = StreamID(rawValue: UInt32(script.byte() & 15))
            let report = script.bytes(Int(script.byte()))
            note(connection.receive(report: report.span, on: stream, at: now, via: &transport))
        case 10: transport.blocked = script.flag()
        case 11:
            note(connection.transportReady(at: now, via: &transport))
            note(connection.mediaReady(at: now, via: &transport))
        case 12: closeConnection()
        case 13: note(connection.shutDown(at: now, via: &transport))
        case 14: report()
        default: receive([Script.escape])
        }
    }

    /// Nobody says anything more: all comes to its end by itself.
    mutating func end() {
        closeConnection()
        if question != nil { answer(.refused(.serviceUnavailable)) }
        transport.blocked = false
        let closed = now
        for _ in 0..<4000 {
            guard let deadline = connection.deadline else { break }
            now = max(now, deadline)
            note(connection.advance(to: now, via: &transport))
        }
        demand(connection.isFinished, "a connection that is closed comes to its end")
        demand(connection.deadline == nil, "a connection at its end wants nothing")
        demand(closed.duration(to: now) <= .seconds(61), "sessions end in their time")
        demand(transport.routes.isEmpty, "every stream that was opened is closed")
        demandEqual(starts, 0, "every session that began has ended")
    }

    private mutating func advance() {
        for _ in 0..<200 {
            note(connection.advance(to: now, via: &transport))
            guard let deadline = connection.deadline, deadline <= now else { return }
        }
        demand(false, "what is due gets done")
    }

    private mutating func closeConnection() {
        transport.isClosed = true
        note(connection.connectionClosed(at: now, via: &transport))
        demandEqual(connection.state, .closed, "closed is closed")
    }

    private mutating func deliver(_ choice: UInt8) {
        let picture = SyntheticPicture(scanBytes: Int(choice) * 8, seed: 1, isProgressive: choice == 7)
        let frame = MJPEGFrame(image: picture.bytes, presentationTime: .zero)
        guard let packetized = try? live.packetize(frame, at: now) else { return }
        note(connection.deliver(packetized, of: Self.liveID, at: now, via: &transport))
    }

    /// A reader's report on the interleaved channel of RTCP.
    private mutating func report() {
        let report = RTCPPacket.serialize([.receiverReport(ReceiverReport(ssrc: 3))])
        receive(RTSPSerializer.bytes(of: InterleavedFrame(channel: 1, payload: report)))
    }

    private func stored(_ choice: UInt8) -> Presentation {
        var list = FrameList(count: Int(choice & 7), framesPerSecond: 1 + Int(choice >> 3 & 7) * 8, size: 300)
        if choice & 7 == 7 { list = FrameList(list.frames.map(\.image) + [SyntheticPicture(isProgressive: true).bytes]) }
        if choice & 64 == 64 { list.failingIndex = 2 }
        if choice & 128 == 128 {
            // The source's word on times is not to be trusted either.
            let frames = list.frames.map { MJPEGFrame(image: $0.image, presentationTime: .seconds(-1)) }
            return .stored(StoredPresentation(name: "odd", source: FrameList(frames, duration: .seconds(1 << 40))))
        }
        return .stored(StoredPresentation(name: "stored", source: list))
    }

    private mutating func answer(_ answer: ServerAnswer) {
        let before = question
        do {
            question = nil
            note(try connection.answer(answer, at: now, via: &transport))
        } catch {
            question = before
        }
    }

    private mutating func note(_ events: [ServerEvent]) {
        for event in events {
            switch event {
            case .ask(let asked):
                question = asked
            case .sessionStarted: starts += 1
            case .sessionEnded: starts -= 1
            default: break
            }
        }
        var channels: Set<UInt8> = []
        for case .interleaved(let pair) in transport.routes.values {
            let isFree = channels.insert(pair.rtp).inserted && pair.rtcp.map { channels.insert($0).inserted } ?? false
            demand(isFree, "a channel carries one thing")
        }
        demand(connection.sessionCount <= Self.limits.sessionsPerConnection, "sessions are bounded")
        demand(transport.sentBytes <= 64 * received + 4096, "what is said is bounded by what is heard")
        demand(connection.state != .open || !transport.isClosed, "a connection that is told to close takes nothing more")
        checkReplies()
        if answersAtOnce, let question { answerAtOnce(question) }
    }

    private mutating func answerAtOnce(_ question: ServerQuestion) {
        switch question {
        case .find(let path, _, _):
            demand(path.utf8.first == UInt8(ascii: "/") && !path.utf8.contains { $0 < 0x20 }, "a path is one")
            let isLive = answersLive || path.hasPrefix("/l")
            answer(.found(isLive ? .live(live.description) : stored(45), SessionIdentity(using: &generator)))
        case .join: answer(.joined(live.snapshot(at: now)))
        }
    }

    /// Every reply is one whole message.
    private mutating func checkReplies() {
        let sent = transport.takeSent()
        guard !sent.isEmpty else { return }
        var parser = RTSPParser(
            limits: RTSPParserLimits(startLine: 8192, headerBytes: 65_536, headerCount: 64, body: 65_536, junk: 0))
        parser.append(sent.span)
        do {
            while let message = try parser.next() {
                guard case .response = message else { return demand(false, "a server answers") }
            }
        } catch { demand(false, "a reply can be read: \(error)\n\(sent.text)") }
        demand(!parser.isInsideMessage, "a reply is whole: \(sent.text)")
    }
}
