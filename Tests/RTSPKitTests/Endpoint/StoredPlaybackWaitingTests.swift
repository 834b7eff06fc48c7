import MJPEGSource
import RTPTransport
import RTSPKit
import RTSPTestKit
import Testing

/// Frames that are not ready when they are due.
@Suite struct StoredPlaybackWaitingTests {
    private static let scans = FrameList(count: 50).frames.map { SyntheticPicture.scanData(of: $0.image) }

    /// Which frames have been sent.
    private static func sent(_ talk: ServerDialogue) -> [Int?] {
        talk.transport.batches.map { batch in scans.firstIndex { $0 == Array(batch.bytes.suffix(600)) } }
    }

    @Test func `a frame that is not ready waits, and leaves with its own timestamp when it is`() throws {
        let workshop = UnreadySource.Workshop()
        workshop.make(0..<3)
        var talk = ServerDialogue.waiting(for: workshop)
        _ = talk.play()
        talk.pass(.milliseconds(400))
        #expect(Self.sent(talk) == [0, 1, 2])
        #expect(talk.connection.sessionStates.map(\.phase) == [.playing])
        workshop.make([3, 4])
        talk.mediaReady()
        #expect(Self.sent(talk) == [0, 1, 2, 3, 4])
        let packets = talk.transport.headers
        let first = try #require(packets.first)
        for (index, packet) in packets.enumerated() {
            #expect(packet.timestamp == first.timestamp.advanced(by: .milliseconds(40 * index)))
            #expect(packet.sequenceNumber == first.sequenceNumber &+ UInt16(index))
        }
    }

    @Test func `what is ready before it is due leaves when it is due`() {
        let workshop = UnreadySource.Workshop()
        workshop.make([0])
        var talk = ServerDialogue.waiting(for: workshop)
        _ = talk.play()
        talk.pass(.milliseconds(20))
        workshop.make([1])
        talk.mediaReady()
        #expect(Self.sent(talk) == [0])
        talk.pass(.milliseconds(19))
        #expect(Self.sent(talk) == [0])
        talk.pass(.milliseconds(1))
        #expect(Self.sent(talk) == [0, 1])
    }

    @Test func `PLAY is answered before the first frame is ready, and says the truth about it`() throws {
        let workshop = UnreadySource.Workshop()
        var talk = ServerDialogue.waiting(for: workshop)
        let session = talk.setUp()
        let answer = talk.ask(.play, session: session, ["Range": "npt=0.4-"])
        #expect(answer.status == .ok)
        #expect(answer.headers["Range"] == "npt=0.4-2")
        let info = try #require(answer.headers["RTP-Info"].flatMap(RTPInfoHeader.parse)?.entries.first)
        #expect(talk.transport.batches.isEmpty)
        talk.pass(.milliseconds(300))
        workshop.make([10])
        talk.mediaReady()
        #expect(Self.sent(talk) == [10])
        #expect(talk.transport.headers.first?.timestamp.rawValue == info.rtpTime)
        #expect(talk.transport.headers.first?.sequenceNumber == info.sequenceNumber)
    }

    @Test func `frames that become ready too late are left out, counted, and play goes on`() throws {
        let workshop = UnreadySource.Workshop()
        workshop.make([0, 1])
        var talk = ServerDialogue.waiting(for: workshop)
        let session = talk.play()
        talk.pass(.milliseconds(1500))
        #expect(Self.sent(talk) == [0, 1])
        workshop.make(0..<50)
        talk.mediaReady()
        talk.pass(.milliseconds(100))
        _ = talk.ask(.teardown, session: session)
        let report = try #require(talk.ended.first?.report)
        // At 1.08 s the third frame was a second late, and all that were due by then were left out with it.
        #expect(report.framesSkipped == 26)
        #expect(Self.sent(talk).dropFirst(2).first == 28)
        #expect(report.framesSent == UInt64(talk.transport.batches.count))
        #expect(report.framesRefused == 0)
    }

    @Test func `a presentation of which nothing is ever ready ends all the same`() throws {
        let workshop = UnreadySource.Workshop()
        var talk = ServerDialogue.waiting(for: workshop)
        let session = talk.play()
        talk.pass(.seconds(10))
        #expect(talk.transport.batches.isEmpty)
        #expect(talk.goodbyes == 1)
        #expect(talk.connection.sessionStates.map(\.phase) == [.ready])
        _ = talk.ask(.teardown, session: session)
        #expect(talk.ended.first?.report.framesSkipped == 50)
    }

    @Test func `without a time of its own a frame waits as long as it takes, and reports go on`() {
        let workshop = UnreadySource.Workshop()
        workshop.make([0, 1])
        var talk = ServerDialogue.waiting(for: workshop, knowsTimes: false)
        _ = talk.play()
        talk.pass(.milliseconds(50))
        let before = talk.senderReports.count
        talk.pass(.seconds(6))
        #expect(talk.senderReports.count == before + 1)
        #expect(Self.sent(talk) == [0, 1])
        workshop.make(2..<50)
        talk.mediaReady()
        talk.pass(.seconds(1))
        // All are too late by now.
        #expect(Self.sent(talk) == [0, 1])
        #expect(talk.connection.sessionStates.map(\.phase) == [.ready])
    }

    @Test func `PAUSE while a frame is awaited stops the clock, and PLAY goes on with that frame`() throws {
        let workshop = UnreadySource.Workshop()
        workshop.make([0])
        var talk = ServerDialogue.waiting(for: workshop)
        let session = talk.play()
        talk.pass(.milliseconds(20))
        _ = talk.ask(.pause, session: session)
        talk.pass(.seconds(5))
        workshop.make([1])
        talk.mediaReady()
        #expect(Self.sent(talk) == [0])
        let answer = talk.ask(.play, session: session)
        #expect(answer.headers["Range"] == "npt=0.04-2")
        talk.pass(.milliseconds(10))
        #expect(Self.sent(talk) == [0, 1])
        let packets = talk.transport.headers
        #expect(packets.last?.timestamp == packets.first?.timestamp.advanced(by: .milliseconds(40)))
    }

    @Test func `a jump while a frame is awaited forgets it`() {
        let workshop = UnreadySource.Workshop()
        workshop.make([0, 40, 41])
        var talk = ServerDialogue.waiting(for: workshop)
        let session = talk.play()
        talk.pass(.milliseconds(100))
        let answer = talk.ask(.play, session: session, ["Range": "npt=1.6-"])
        #expect(answer.headers["Range"] == "npt=1.6-2")
        talk.pass(.milliseconds(50))
        workshop.make([1])
        talk.mediaReady()
        #expect(Self.sent(talk) == [0, 40, 41])
    }

    @Test func `a frame that becomes ready after TEARDOWN or the end of the connection is nobody's`() {
        for hangsUp in [false, true] {
            let workshop = UnreadySource.Workshop()
            var talk = ServerDialogue.waiting(for: workshop)
            let session = talk.play(ServerDialogue.tcp)
            if hangsUp { talk.closeConnection() } else { _ = talk.ask(.teardown, session: session) }
            _ = talk.takeEntries()
            workshop.make(0..<50)
            talk.mediaReady()
            talk.pass(.milliseconds(100))
            #expect(talk.transport.entries.isEmpty)
            #expect(talk.connection.sessionCount == 0)
        }
    }

    @Test func `a source that fails while its frame is awaited ends the presentation`() {
        for becomesReady in [false, true] {
            let workshop = UnreadySource.Workshop()
            workshop.make([0])
            var talk = ServerDialogue.waiting(for: workshop, failingIndex: 1)
            _ = talk.play()
            talk.pass(.milliseconds(100))
            if becomesReady {
                workshop.make([1])
                talk.mediaReady()
            }
            talk.pass(.seconds(3))
            #expect(talk.events.contains { if case .sourceFailed = $0 { true } else { false } })
            #expect(talk.connection.sessionStates.map(\.phase) == [.ready])
            #expect(talk.goodbyes == 1)
        }
    }

    @Test func `frames are asked for one after the other, also in a loop`() {
        let workshop = UnreadySource.Workshop()
        workshop.make(0..<5)
        var source = LoopingFrameSource(UnreadySource(count: 5, workshop: workshop))
        var times: [Duration] = []
        for _ in 0..<12 where source.prepareNextFrame() {
            if let frame = try? source.nextFrame() { times.append(frame.presentationTime) }
        }
        #expect(times == (0..<12).map { .milliseconds(40 * $0) })
        #expect(source.nextFrameTime == .milliseconds(480))
    }

    @Test func `a frame that is found not to be ready when it is due waits, and keeps its timestamp`() throws {
        let workshop = UnreadySource.Workshop()
        workshop.make([0, 1])
        var talk = ServerDialogue.hoping(for: workshop)
        _ = talk.play()
        talk.pass(.milliseconds(79))
        #expect(Self.sent(talk) == [0, 1])
        // What will be due is not looked at before.
        #expect(workshop.asked.max() == 1)
        talk.pass(.milliseconds(41))
        #expect(Self.sent(talk) == [0, 1])
        #expect(workshop.asked.max() == 2)
        #expect(talk.connection.sessionStates.map(\.phase) == [.playing])
        workshop.make([2, 3, 5])
        talk.mediaReady()
        #expect(Self.sent(talk) == [0, 1, 2, 3])
        talk.pass(.milliseconds(60))
        workshop.make([4])
        talk.mediaReady()
        talk.pass(.milliseconds(30))
        #expect(Self.sent(talk) == [0, 1, 2, 3, 4, 5])
        let packets = talk.transport.headers
        let first = try #require(packets.first)
        for (index, packet) in packets.enumerated() {
            #expect(packet.timestamp == first.timestamp.advanced(by: .milliseconds(40 * index)))
            #expect(packet.sequenceNumber == first.sequenceNumber &+ UInt16(index))
        }
    }

    @Test func `frames that never become ready after all are left out, and the presentation ends`() throws {
        let workshop = UnreadySource.Workshop()
        workshop.make([0])
        var talk = ServerDialogue.hoping(for: workshop)
        let session = talk.play()
        talk.pass(.seconds(10))
        #expect(Self.sent(talk) == [0])
        #expect(talk.goodbyes == 1)
        #expect(talk.connection.sessionStates.map(\.phase) == [.ready])
        _ = talk.ask(.teardown, session: session)
        #expect(talk.ended.first?.report.framesSkipped == 49)
        #expect(talk.ended.first?.report.framesRefused == 0)
    }

    @Test func `the source hears what its reader loses`() {
        let workshop = UnreadySource.Workshop()
        workshop.make(0..<50)
        var talk = ServerDialogue.waiting(for: workshop)
        _ = talk.play()
        talk.pass(.milliseconds(100))
        guard let stream = talk.transport.routes.keys.first, let ssrc = talk.transport.headers.first?.ssrc else {
            Issue.record("nothing was sent")
            return
        }
        let report = ReceptionReport(
            ssrc: ssrc, fractionLost: 64, cumulativeLost: 1, extendedHighestSequenceNumber: 5, interarrivalJitter: 0,
            lastSenderReport: 0, delaySinceLastSenderReport: 0)
        talk.report(RTCPPacket.serialize([.receiverReport(ReceiverReport(ssrc: 9, reports: [report]))]), on: stream)
        #expect(workshop.feedback == [ReaderFeedback(fractionLost: 0.25, at: talk.now)])
    }

    @Test func `doors that tell of ready frames are written down and run again, bit for bit`() throws {
        let presentations = ["/movie": Presentation.stored(.init(name: "movie", source: AskedTwice()))]
        let machine = Transcript.Machine(.server, 1)
        let start = ServerDialogue.start
        let configuration = ServerDialogue.configuration()
        var server = ServerConnection(peer: "192.0.2.1", configuration: configuration, at: start)
        var transcript = Transcript(start: start)
        transcript.participants = [.init(machine, .server(configuration, peer: "192.0.2.1"), at: .zero)]
        var generator = SeededGenerator(seed: 1)
        let identity = SessionIdentity(using: &generator)
        let setup = "SETUP rtsp://host/movie RTSP/1.0\r\nCSeq: 1\r\nTransport: \(ServerDialogue.udp)\r\n\r\n"
        let play = "PLAY rtsp://host/movie RTSP/1.0\r\nCSeq: 2\r\nSession: \(identity.id)\r\n\r\n"
        var inputs: [Transcript.Input] = [
            .bytes(Array(setup.utf8)), .found(path: "/movie", identity), .bytes(Array(play.utf8)),
        ]
        inputs += (0..<120).map { $0 % 3 == 0 ? .mediaReady : .advance }
        for (index, input) in inputs.enumerated() {
            let time = Duration.milliseconds(13 * index)
            var transport = TranscriptTransport()
            let media: Transcript.Media? =
                if case .found = input { presentations["/movie"].map { .presentation($0) } } else { nil }
            transcript.entries.append(.init(.input(input), to: machine, at: time))
            let events = server.take(input, media: media, at: start + time, via: &transport)
            transcript.entries += transport.outputs.map { .init(.output($0), to: machine, at: time) }
            transcript.entries += events.map { .init(.event($0.summary), to: machine, at: time) }
        }
        #expect(transcript.entries.count { if case .output(.batch) = $0.what { true } else { false } } > 20)
        let read = try Transcript(parsing: transcript.text, start: start)
        #expect(read == transcript)
        #expect(TranscriptReplay(of: read, presentations: presentations).differences.map(\.description) == [])
    }
}

/// A source each of whose frames is ready when it is asked for the second time.
private struct AskedTwice: SeekableFrameSource, Sendable {
    private var list = FrameList(count: 50)
    private var wasAsked = false

    var duration: Duration { list.duration }
    var frameCount: Int { list.frameCount }

    mutating func prepareNextFrame() -> Bool {
        defer { wasAsked.toggle() }
        return wasAsked
    }

    mutating func nextFrame() throws(FrameList.Failure) -> MJPEGFrame? { try list.nextFrame() }
    mutating func seek(to time: Duration) throws(FrameList.Failure) -> Duration { try list.seek(to: time) }
}

extension ServerDialogue {
    /// A dialogue about media of which each frame is hoped to be ready until it is due.
    fileprivate static func hoping(for workshop: UnreadySource.Workshop) -> ServerDialogue {
        var talk = ServerDialogue()
        talk.catalog["/movie"] = .stored(StoredPresentation(name: "movie", source: HopefulSource(workshop)))
        return talk
    }
}

/// A source that says of each frame that it will be ready, and only when asked again, as it is due, whether it is.
private struct HopefulSource: SeekableFrameSource, Sendable {
    private var base: UnreadySource
    private var hasHoped = false

    init(_ workshop: UnreadySource.Workshop) { base = UnreadySource(workshop: workshop) }

    var duration: Duration { base.duration }
    var frameCount: Int { base.frameCount }
    var nextFrameTime: Duration? { base.nextFrameTime }

    mutating func prepareNextFrame() -> Bool {
        if hasHoped { return base.prepareNextFrame() }
        hasHoped = true
        return true
    }

    mutating func nextFrame() throws(FrameList.Failure) -> MJPEGFrame? {
        hasHoped = false
        return try base.nextFrame()
    }

    mutating func seek(to time: Duration) throws(FrameList.Failure) -> Duration {
        hasHoped = false
        return try base.seek(to: time)
    }

    mutating func skipFrames(before time: Duration) throws(FrameList.Failure) -> Int {
        hasHoped = false
        return try base.skipFrames(before: time)
    }
}
