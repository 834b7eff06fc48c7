import MJPEGSource
import RTPTransport
import RTSPKit
import RTSPTestKit
import Testing

/// Live presentations: packetized once, joined and left.
@Suite struct LivePresentationTests {
    private static let camera = "rtsp://host/camera"
    private static let id = LivePresentationID(rawValue: 1)

    private static func dialogue() -> ServerDialogue {
        var talk = ServerDialogue()
        talk.offerLive()
        return talk
    }

    @Test func `a live presentation is described as such`() throws {
        var talk = Self.dialogue()
        let response = talk.ask(.describe, Self.camera)
        let description = try SessionDescription(parsing: response.body.span)
        #expect(description.range == .npt(NormalPlayTimeRange(start: .now, end: nil)))
        #expect(description.sessionName == "camera")
    }

    @Test func `every reader gets the same packets`() throws {
        var talk = Self.dialogue()
        for transport in [ServerDialogue.udp, ServerDialogue.tcp, ServerDialogue.tcp] {
            _ = talk.play(transport, url: Self.camera)
        }
        #expect(talk.readers == 3)
        #expect(talk.connection.sessionStates.map(\.phase) == [.playing, .playing, .playing])
        _ = talk.takeEntries()
        let frame = try talk.captured()
        #expect(talk.transport.batches == [frame.batch, frame.batch, frame.batch])
        #expect(Set(talk.transport.headers.map(\.ssrc)) == [talk.live?.description.ssrc])
        // A frame of another presentation is for nobody here.
        talk.note(
            talk.connection.deliver(frame, of: LivePresentationID(rawValue: 2), at: talk.now, via: &talk.transport))
        #expect(talk.transport.batches.count == 3)
    }

    @Test func `a live frame moves no deadline`() throws {
        for transport in [ServerDialogue.udp, ServerDialogue.tcp] {
            var talk = Self.dialogue()
            _ = talk.play(transport, url: Self.camera)
            let deadline = try #require(talk.connection.deadline)
            let states = talk.connection.sessionStates
            for _ in 0..<3 {
                talk.now += .milliseconds(40)
                _ = try talk.captured()
                #expect(talk.connection.deadline == deadline)
            }
            #expect(talk.connection.sessionStates == states)
            #expect(talk.transport.batches.count >= 3)
        }
    }

    @Test func `who joins gets a report and the last frame at once, as RTP-Info says`() throws {
        var talk = Self.dialogue()
        let last = try talk.captured()
        talk.now += .milliseconds(20)
        let session = talk.setUp(url: Self.camera)
        _ = talk.takeEntries()
        let response = talk.ask(.play, Self.camera, session: session)
        #expect(response.headers["Range"] == "npt=now-")
        let info = try #require(response.headers["RTP-Info"].map { RTPInfoHeader.parse($0) }?.entries.first)
        #expect(info.sequenceNumber == last.firstSequenceNumber)
        #expect(info.rtpTime == last.timestamp.rawValue)
        #expect(talk.transport.entries.count == 3)
        #expect(talk.transport.batches == [last.batch])
        #expect(talk.senderReports.map(\.rtp) == [last.timestamp.advanced(by: .milliseconds(20))])
    }

    @Test(arguments: [ServerDialogue.udp, ServerDialogue.tcp])
    func `with a delay, the last frame comes after it, behind its report`(_ transport: String) throws {
        var talk = ServerDialogue { $0.liveStartDelay = .milliseconds(1) }
        talk.offerLive()
        let last = try talk.captured()
        _ = talk.play(transport, url: Self.camera)
        #expect(talk.transport.batches.isEmpty && talk.senderReports.isEmpty)
        #expect(talk.connection.deadline == talk.now + .milliseconds(1))
        talk.pass(.milliseconds(1))
        #expect(talk.transport.batches == [last.batch])
        #expect(talk.senderReports.count == 1)
        #expect(talk.connection.sessionStates.map(\.phase) == [.playing])
        talk.pass(.milliseconds(50))
        #expect(talk.transport.batches == [last.batch])
    }

    @Test func `a newer frame within the delay follows the last one, which RTP-Info has announced`() throws {
        var talk = ServerDialogue { $0.liveStartDelay = .milliseconds(5) }
        talk.offerLive()
        let last = try talk.captured()
        _ = talk.play(url: Self.camera)
        talk.now += .milliseconds(2)
        let next = try talk.captured(2)
        #expect(talk.transport.batches == [last.batch, next.batch])
        talk.pass(.milliseconds(20))
        #expect(talk.transport.batches == [last.batch, next.batch])
    }

    /// Says, as the sockets do, that a stream takes nothing more once a frame is on its way.
    private struct OneFrameTransport: EndpointTransport {
        var batches: [RTPPacketBatch] = []
        mutating func send(_ bytes: [UInt8]) {}
        mutating func close() {}
        mutating func open(_ stream: StreamID, by route: MediaRoute) {}
        mutating func close(_ stream: StreamID) {}
        mutating func send(_ batch: RTPPacketBatch, on stream: StreamID) { batches.append(batch) }
        mutating func send(report: [UInt8], on stream: StreamID) {}
        func canSend(on stream: StreamID) -> Bool { batches.isEmpty }
    }

    @Test func `the first frame takes no place from the newer one that comes within the delay`() throws {
        var talk = ServerDialogue { $0.liveStartDelay = .milliseconds(5) }
        talk.offerLive()
        let last = try talk.captured()
        let session = talk.play(url: Self.camera)
        let next = try #require(
            try talk.live?.packetize(
                MJPEGFrame(image: SyntheticPicture(seed: 2).bytes, presentationTime: .zero), at: talk.now + .milliseconds(2)))
        var transport = OneFrameTransport()
        talk.note(talk.connection.deliver(next, of: Self.id, at: talk.now + .milliseconds(2), via: &transport))
        #expect(transport.batches == [last.batch, next.batch])
        _ = talk.ask(.teardown, Self.camera, session: session)
        #expect(talk.ended.map(\.report.framesSent) == [2])
        #expect(talk.ended.map(\.report.framesSkipped) == [0])
    }

    @Test(arguments: [RTSPMethod.pause, .teardown])
    func `who leaves within the delay gets nothing, and no goodbye to what never began`(_ method: RTSPMethod) throws {
        var talk = ServerDialogue { $0.liveStartDelay = .milliseconds(5) }
        talk.offerLive()
        _ = try talk.captured()
        let session = talk.play(url: Self.camera)
        #expect(talk.ask(method, Self.camera, session: session).status == .ok)
        talk.pass(.milliseconds(20))
        #expect(talk.transport.batches.isEmpty && talk.senderReports.isEmpty)
        #expect(talk.goodbyes == 0)
        #expect(talk.readers == 0)
        #expect(talk.connection.sessionStates.map(\.phase) == (method == .pause ? [.ready] : []))
    }

    @Test func `who joins long after the last frame waits for the next`() throws {
        var talk = Self.dialogue()
        _ = talk.capture()
        talk.now += .seconds(5)
        let session = talk.setUp(url: Self.camera)
        let response = talk.ask(.play, Self.camera, session: session)
        #expect(talk.transport.batches.isEmpty)
        let info = try #require(response.headers["RTP-Info"].map { RTPInfoHeader.parse($0) }?.entries.first)
        let next = try talk.captured(2)
        #expect(info.sequenceNumber == next.firstSequenceNumber)
        #expect(info.rtpTime == next.timestamp.rawValue)
        #expect(talk.transport.batches == [next.batch])
    }

    @Test func `PAUSE leaves, PLAY joins again, TEARDOWN says goodbye`() {
        var talk = Self.dialogue()
        let session = talk.play(url: Self.camera)
        _ = talk.capture()
        _ = talk.ask(.pause, Self.camera, session: session)
        #expect(talk.readers == 0)
        _ = talk.takeEntries()
        _ = talk.capture(2)
        #expect(talk.transport.entries.isEmpty)
        _ = talk.ask(.play, Self.camera, session: session)
        #expect(talk.readers == 1)
        // Asking again how things stand joins nothing twice.
        #expect(talk.ask(.play, Self.camera, session: session).status == .ok)
        #expect(talk.ask(.play, Self.camera, session: session, ["Range": "npt=now-"]).status == .ok)
        #expect(talk.readers == 1)
        #expect(talk.goodbyes == 0)
        _ = talk.ask(.teardown, Self.camera, session: session)
        #expect(talk.readers == 0)
        // For this reader the source leaves, though for others it lives on.
        #expect(talk.goodbyes == 1)
        #expect(talk.ended.map(\.reason) == [.teardown])
    }

    @Test func `a blocked reader skips whole frames, and nobody else notices`() throws {
        var talk = Self.dialogue()
        _ = talk.play(ServerDialogue.tcp, url: Self.camera)
        let slow = try #require(talk.transport.routes.keys.first)
        let session = talk.play(ServerDialogue.udp, url: Self.camera)
        _ = talk.takeEntries()
        talk.transport.blockedStreams = [slow]
        for seed in 0..<10 { _ = talk.capture(UInt64(seed)) }
        #expect(talk.transport.batches.count == 10)
        talk.transport.blockedStreams = []
        _ = talk.capture(20)
        #expect(talk.transport.batches.count == 12)
        _ = talk.ask(.teardown, Self.camera, session: session)
        talk.shutDown()
        #expect(talk.ended.map(\.report.framesSkipped) == [0, 10])
        #expect(talk.ended.map(\.report.framesSent) == [11, 1])
    }

    @Test func `when it is over its readers get BYE and are ready`() throws {
        var talk = Self.dialogue()
        _ = talk.play(url: Self.camera)
        _ = talk.capture()
        _ = talk.takeEntries()
        let made = talk.live?.goodbye(at: talk.now)
        let goodbye = try #require(made)
        talk.note(talk.connection.finish(Self.id, goodbye: goodbye, at: talk.now, via: &talk.transport))
        #expect(talk.transport.reports == [goodbye])
        #expect(talk.connection.sessionStates.map(\.phase) == [.ready])
        #expect(talk.readers == 0)
        talk.note(talk.connection.finish(Self.id, goodbye: goodbye, at: talk.now, via: &talk.transport))
        #expect(talk.transport.reports == [goodbye])
        talk.shutDown()
        #expect(talk.goodbyes == 1)
    }

    @Test(arguments: [true, false])
    func `a client that goes while its join is decided leaves no reader behind`(_ overUDP: Bool) throws {
        var talk = Self.dialogue()
        let session = talk.setUp(overUDP ? ServerDialogue.udp : ServerDialogue.tcp, url: Self.camera)
        talk.answersQuestions = false
        _ = talk.ask(.play, Self.camera, session: session)
        #expect(talk.open == [.join(Self.id)])
        talk.closeConnection()
        // The owner answers late, and finds nobody.
        _ = talk.answer(.join(Self.id))
        #expect(talk.readers == 0)
        #expect(talk.connection.sessionStates.map(\.phase) == (overUDP ? [.ready] : []))
        _ = try talk.captured()
        #expect(talk.transport.batches.isEmpty)
    }

    @Test func `a join that is refused, or never answered, plays nothing`() {
        var talk = Self.dialogue()
        let session = talk.setUp(url: Self.camera)
        talk.answersQuestions = false
        _ = talk.ask(.play, Self.camera, session: session)
        talk.note((try? talk.connection.answer(.refused(.notFound), at: talk.now, via: &talk.transport)) ?? [])
        #expect(talk.takeResponses().map(\.status) == [.notFound])
        #expect(talk.connection.sessionStates.map(\.phase) == [.ready])
        _ = talk.ask(.play, Self.camera, session: session)
        talk.pass(.seconds(30))
        #expect(talk.takeResponses().map(\.status) == [.serviceUnavailable])
        #expect(talk.connection.state == .closing)
        #expect(talk.connection.sessionStates.map(\.phase) == [.ready])
    }

    @Test func `reports leave with the frames, one in each interval`() throws {
        var talk = Self.dialogue()
        _ = talk.play(url: Self.camera)
        _ = talk.takeEntries()
        for _ in 0..<300 {
            _ = talk.capture()
            talk.now += .milliseconds(40)
        }
        #expect(talk.senderReports.count == 3)
        let first = try #require(talk.transport.headers.first)
        #expect(talk.senderReports.map { $0.rtp.ticks(since: first.timestamp) } == [0, 450_000, 900_000])
    }

    @Test func `absurd rates do not trap`() {
        for rate in [Double.nan, .infinity, 0, -1, 1e300, 1e-300] {
            var generator = SeededGenerator(seed: 1)
            var presentation = LivePresentation(
                id: Self.id, name: "x", framesPerSecond: rate, canonicalName: "x", wallClock: ServerDialogue.wallClock,
                using: &generator)
            #expect(presentation.snapshot(at: ServerDialogue.start).lastFrame == nil)
            var talk = ServerDialogue()
            talk.catalog["/camera"] = .live(presentation.description)
            #expect(talk.ask(.describe, Self.camera).status == .ok)
        }
    }
}
