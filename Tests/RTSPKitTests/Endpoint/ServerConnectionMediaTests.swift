import MJPEGSource
import RTPTransport
import RTSPKit
import RTSPTestKit
import Testing

/// What leaves, when, and in which order.
@Suite struct ServerConnectionMediaTests {
    @Test func `a sender report leaves before the first packet, then one in each interval`() throws {
        var talk = ServerDialogue { $0.reportInterval = .seconds(1) }
        talk.catalog["/movie"] = .stored(StoredPresentation(name: "movie", source: FrameList(count: 250)))
        let session = talk.setUp()
        _ = talk.takeEntries()
        talk.pass(.seconds(3))
        _ = talk.ask(.play, session: session)
        let order = talk.transport.entries.map { entry in
            switch entry {
            case .control: "response"
            case .report: "report"
            case .batch: "batch"
            default: "other"
            }
        }
        #expect(order == ["response", "report", "batch"])
        talk.pass(.milliseconds(4500))
        #expect(talk.senderReports.count == 5)
        let packets = talk.transport.headers
        let first = try #require(packets.first)
        for (index, report) in talk.senderReports.enumerated() {
            #expect(report.ssrc == first.ssrc)
            // PLAY came three seconds after the wall clock was read; both clocks have gone on since.
            let elapsed = Duration.seconds(3 + index)
            #expect(report.ntp == ServerDialogue.wallClock.ntp.advanced(by: elapsed))
            #expect(report.rtp == first.timestamp.advanced(by: .seconds(index)))
        }
        #expect(talk.senderReports.map(\.packetCount).first == 0)
        #expect(talk.senderReports.last.map { $0.packetCount } == 100)
        let names = talk.rtcp.compactMap { if case .sourceDescription(let list) = $0 { list.first?.canonicalName } else { nil } }
        #expect(names == Array(repeating: "swift-rtsp", count: 5))
    }

    @Test func `frames leave at their times, on one clock over PAUSE, PLAY and jumps`() throws {
        var talk = ServerDialogue()
        let session = talk.play()
        talk.pass(.milliseconds(410))
        _ = talk.ask(.pause, session: session)
        talk.pass(.seconds(7))
        _ = talk.ask(.play, session: session)
        talk.pass(.milliseconds(210))
        _ = talk.ask(.play, session: session, ["Range": "npt=1.6-"])
        talk.pass(.seconds(1))
        let packets = talk.transport.headers
        let first = try #require(packets.first)
        #expect(packets.count == 11 + 6 + 10)
        for (index, packet) in packets.enumerated() {
            #expect(packet.sequenceNumber == first.sequenceNumber &+ UInt16(index))
            #expect(packet.timestamp == first.timestamp.advanced(by: .milliseconds(40 * index)))
            #expect(packet.marker)
        }
        // No frame is left out or sent twice at the pause.
        let scans = ServerDialogue.frames.frames.map { SyntheticPicture.scanData(of: $0.image) }
        let expected = Array(scans[..<17] + scans[40...])
        #expect(talk.transport.batches.map { Array($0.bytes.suffix(600)) } == expected)
    }

    @Test func `at the end of the range the reader gets BYE, and the session is ready to go on`() throws {
        var talk = ServerDialogue()
        let session = talk.play(range: "npt=0.4-0.8")
        talk.pass(.seconds(5))
        #expect(talk.transport.batches.count == 10)
        #expect(talk.goodbyes == 1)
        guard case .report = talk.transport.entries.last else {
            Issue.record("BYE is not the last")
            return
        }
        #expect(talk.connection.sessionStates.map(\.phase) == [.ready])
        // Goes on behind the range.
        #expect(talk.ask(.play, session: session).headers["Range"] == "npt=0.8-2")
        talk.pass(.seconds(5))
        #expect(talk.transport.batches.count == 40)
        // From the start once the end has been reached.
        #expect(talk.ask(.play, session: session).headers["Range"] == "npt=0-2")
        _ = talk.ask(.teardown, session: session)
        #expect(talk.goodbyes == 3)
    }

    @Test func `BYE leaves the reader time to read what has arrived`() {
        var talk = ServerDialogue()
        _ = talk.play(range: "npt=0.4-0.8")
        talk.pass(.milliseconds(600))
        #expect(talk.transport.batches.count == 10)
        #expect(talk.goodbyes == 0)
        #expect(talk.connection.sessionStates.map(\.phase) == [.playing])
        talk.pass(.milliseconds(100))
        #expect(talk.goodbyes == 1)
        #expect(talk.connection.sessionStates.map(\.phase) == [.ready])
    }

    @Test func `who has heard nothing, or BYE already, gets no BYE`() {
        var talk = ServerDialogue()
        let silent = talk.setUp()
        _ = talk.ask(.teardown, session: silent)
        #expect(talk.goodbyes == 0)
        let session = talk.play()
        talk.pass(.seconds(3))
        #expect(talk.goodbyes == 1)
        _ = talk.ask(.teardown, session: session)
        #expect(talk.goodbyes == 1)
    }

    @Test func `a blocked stream loses whole frames that have become too old, and goes on`() throws {
        var talk = ServerDialogue()
        let session = talk.play(ServerDialogue.tcp)
        let stream = try #require(talk.transport.routes.keys.first)
        talk.pass(.milliseconds(100))
        #expect(talk.transport.batches.count == 3)
        talk.transport.blockedStreams = [stream]
        talk.pass(.milliseconds(1500))
        #expect(talk.transport.batches.count == 3)
        talk.transport.blockedStreams = []
        talk.ready()
        // At 1.6 s the frames of the last second leave at once.
        #expect(talk.transport.batches.count == 3 + 26)
        talk.pass(.seconds(2))
        let packets = talk.transport.headers
        #expect(packets.map(\.sequenceNumber) == (0..<UInt16(packets.count)).map { packets[0].sequenceNumber &+ $0 })
        #expect(packets[3].timestamp == packets[0].timestamp.advanced(by: .milliseconds(600)))
        _ = talk.ask(.teardown, session: session)
        let report = try #require(talk.ended.first?.report)
        #expect(report.framesSkipped == 12)
        #expect(report.framesSent == 38)
        #expect(report.packetsSent == 38)
        #expect(report.bytesSent == talk.transport.batches.reduce(0) { $0 + UInt64($1.bytes.count) })
    }

    @Test func `a stream that stays blocked comes to its end in time, and no reports pile up`() throws {
        var talk = ServerDialogue { $0.reportInterval = .milliseconds(100) }
        _ = talk.play(ServerDialogue.tcp)
        talk.transport.blockedStreams = Set(talk.transport.routes.keys)
        _ = talk.takeEntries()
        talk.pass(.milliseconds(100))
        // The second frame was due after 40 ms; what becomes too old is skipped then, and not all of it at last.
        #expect(talk.connection.deadline == ServerDialogue.start + .milliseconds(1041))
        talk.pass(.milliseconds(2900))
        #expect(talk.transport.batches.isEmpty)
        #expect(talk.senderReports.count == 1)
        #expect(talk.goodbyes == 1)
        #expect(talk.connection.sessionStates.map(\.phase) == [.ready])
    }

    @Test func `a picture that cannot travel is left out, and said once`() throws {
        var images = (0..<4).map { SyntheticPicture(seed: $0).bytes }
        images[1] = SyntheticPicture(isProgressive: true).bytes
        images[2] = [1, 2, 3]
        var talk = ServerDialogue()
        talk.catalog["/movie"] = .stored(StoredPresentation(name: "movie", source: FrameList(images)))
        let session = talk.play()
        talk.pass(.seconds(1))
        #expect(talk.transport.batches.count == 2)
        let said = talk.events.filter { if case .pictureRefused = $0 { true } else { false } }
        #expect(said == [.pictureRefused(presentation: "movie", .progressive)])
        _ = talk.ask(.teardown, session: session)
        #expect(talk.ended.first?.report.framesRefused == 2)
    }

    @Test func `a source that fails ends the presentation there`() {
        var frames = FrameList(count: 50)
        frames.failingIndex = 5
        var talk = ServerDialogue()
        talk.catalog["/movie"] = .stored(StoredPresentation(name: "movie", source: frames))
        _ = talk.play()
        talk.pass(.milliseconds(500))
        #expect(talk.transport.batches.count == 5)
        #expect(talk.goodbyes == 1)
        #expect(talk.events.filter { if case .sourceFailed("movie", _) = $0 { true } else { false } }.count == 1)
        #expect(talk.connection.sessionStates.map(\.phase) == [.ready])
    }

    @Test func `absurd times of a source neither trap nor flood`() {
        let image = SyntheticPicture().bytes
        let forever = Duration(secondsComponent: .max, attosecondsComponent: 0)
        let times: [[Duration]] = [
            Array(repeating: .zero, count: 5000), [.zero, forever, .zero], [forever], [.seconds(-5), .seconds(-9)],
            [.seconds(1), .zero, .seconds(1)],
        ]
        for list in times {
            for duration in [Duration.seconds(2), forever, .seconds(-1), .zero] {
                let frames = FrameList(list.map { MJPEGFrame(image: image, presentationTime: $0) }, duration: duration)
                var talk = ServerDialogue()
                talk.catalog["/movie"] = .stored(StoredPresentation(name: "movie", source: frames))
                _ = talk.ask(.describe)
                _ = talk.play()
                talk.pass(.milliseconds(20))
                #expect(talk.transport.batches.count <= 22)
            }
        }
    }

    @Test func `what readers report keeps their session alive and is remembered`() throws {
        var talk = ServerDialogue()
        let session = talk.play()
        let stream = try #require(talk.transport.routes.keys.first)
        let ssrc = try #require(talk.transport.headers.first?.ssrc)
        let block = ReceptionReport(
            ssrc: ssrc, fractionLost: 3, cumulativeLost: 4, extendedHighestSequenceNumber: 5, interarrivalJitter: 6,
            lastSenderReport: 0, delaySinceLastSenderReport: 0)
        let report = RTCPPacket.serialize([
            .receiverReport(ReceiverReport(ssrc: 9, reports: [block])),
            .sourceDescription([SourceDescription(ssrc: 9, canonicalName: "reader")]),
        ])
        for _ in 0..<10 {
            talk.pass(.seconds(50))
            talk.report(report, on: stream)
        }
        #expect(talk.connection.sessionCount == 1)
        talk.report([1, 2, 3], on: stream)
        talk.report(report, on: StreamID(rawValue: 99))
        talk.pass(.seconds(61))
        #expect(talk.ended.map(\.reason) == [.timedOut])
        #expect(talk.ended.first?.report.lastReport == block)
        #expect(talk.ended.first?.report.id == session)
    }

    @Test func `reports on the control connection count as well, other channels do not matter`() throws {
        var talk = ServerDialogue()
        _ = talk.play(ServerDialogue.tcp)
        let empty = RTCPPacket.serialize([.receiverReport(ReceiverReport(ssrc: 9))])
        for _ in 0..<3 {
            talk.pass(.seconds(50))
            for channel in [0, 1, 77] as [UInt8] {
                _ = talk.send(RTSPSerializer.bytes(of: InterleavedFrame(channel: channel, payload: empty)))
            }
        }
        #expect(talk.connection.sessionCount == 1)
        for _ in 0..<3 {
            talk.pass(.seconds(25))
            _ = talk.send(RTSPSerializer.bytes(of: InterleavedFrame(channel: 0, payload: empty)))
        }
        #expect(talk.connection.sessionCount == 0)
    }

    @Test func `nothing follows the close on a connection that carried media`() throws {
        var talk = ServerDialogue()
        _ = talk.play(ServerDialogue.tcp)
        let other = talk.play(ServerDialogue.udp)
        talk.pass(.milliseconds(100))
        _ = talk.takeEntries()
        #expect(talk.say("PLAY rtsp://host/movie\n").map(\.status) == [.badRequest])
        let closed = try #require(talk.transport.entries.firstIndex(of: .close))
        #expect(closed == talk.transport.entries.count - 1)
        #expect(talk.rtcp.contains { if case .goodbye = $0 { true } else { false } })
        #expect(talk.ended.map(\.reason) == [.connectionClosed])
        #expect(talk.connection.state == .closing)
        _ = talk.takeEntries()
        talk.pass(.seconds(1))
        // The session over datagrams lives on.
        #expect(talk.connection.sessionCount == 1)
        #expect(talk.transport.routes.values.map { $0 } == [.datagrams(rtp: 5000, rtcp: 5001)])
        #expect(!talk.transport.batches.isEmpty)
        #expect(
            talk.transport.entries.allSatisfy {
                if case .batch(_, let stream) = $0 { talk.transport.routes[stream] != nil } else { true }
            })
        talk.closeConnection()
        #expect(talk.ended.map(\.report.id).contains(other) == false)
    }
}
