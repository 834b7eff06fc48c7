import RTPTransport
import Testing

@Suite struct RTPReceiverTests {
    func receiver(_ format: ReceiverFormat = .jpeg, expected: UInt32? = nil) -> RTPReceiver {
        RTPReceiver(
            format: format, payloadTypes: format == .jpeg ? [26] : [26, 0, 96], expectedSSRC: expected, ssrc: 0x0E,
            canonicalName: "me@here")
    }

    /// The packets of one frame of three.
    func packets(timestamp: UInt32 = 1, firstNumber: UInt16 = 0, ssrc: UInt32 = 0xA, payloadType: UInt8 = 26) -> [[UInt8]] {
        JPEGPayload().packets(scan(30), size: 10, timestamp: timestamp, firstNumber: firstNumber).map { packet in
            var header = packet.header
            header.ssrc = ssrc
            header.payloadType = payloadType
            return header.packet(packet.payload)
        }
    }

    func feed(_ packets: [[UInt8]], to receiver: inout RTPReceiver, at now: ContinuousClock.Instant = .after(0))
        -> [ReceiverEvent]
    {
        packets.flatMap { receiver.receive(rtp: $0.span, at: now) }
    }

    func parse(_ bytes: [UInt8]) throws -> [RTCPPacket] { try RTCPPacket.parse(compound: bytes.span, strictness: .strict) }

    func frames(_ events: [ReceiverEvent]) -> [ReassembledFrame] {
        events.compactMap { if case .frame(let frame) = $0 { frame } else { nil } }
    }

    @Test func `datagrams become a frame, and are counted`() throws {
        var receiver = receiver()
        let events = feed(packets(timestamp: 7), to: &receiver, at: .after(5))
        #expect(events.count == 1)
        let frame = try #require(frames(events).first)
        #expect(frame.timestamp.rawValue == 7)
        #expect(frame.arrival == .after(5))
        #expect(receiver.source == 0xA)
        #expect(receiver.counters.framesComplete == 1)
        #expect(receiver.counters.discardedTotal == 0)
        #expect(receiver.statistics.packetsReceived == 3)
        #expect(receiver.statistics.bytesReceived == 3 * (12 + 8 + 10))
    }

    @Test func `R01 another payload type is discarded before it counts`() {
        var receiver = receiver()
        #expect(
            feed(packets(payloadType: 50), to: &receiver) == Array(repeating: .discarded(.wrongPayloadType(50)), count: 3))
        #expect(receiver.counters.discarded == [.wrongPayloadType(50): 3])
        #expect(receiver.statistics.packetsReceived == 0)
        #expect(receiver.source == nil)
    }

    @Test func `what is no RTP is discarded with its reason`() {
        var receiver = receiver()
        #expect(feed([[]], to: &receiver) == [.discarded(.notRTP(.truncated))])
        #expect(feed([Array(repeating: 0, count: 12)], to: &receiver) == [.discarded(.notRTP(.unsupportedVersion(0)))])
        #expect(receiver.counters.discardedTotal == 2)
    }

    @Test func `a third source is discarded and disturbs nothing`() {
        var receiver = receiver(expected: 0xA)
        let mine = packets()
        let others = packets(ssrc: 0xC)
        let events = feed([mine[0], others[0], mine[1], others[1], others[2], mine[2]], to: &receiver)
        #expect(frames(events).count == 1)
        #expect(receiver.counters.discarded == [.otherSSRC: 3])
        #expect(receiver.statistics.packetsReceived == 3)
    }

    @Test func `M14 a stream of another source than named is taken and announced`() {
        var receiver = receiver(expected: 0xA)
        let events = feed(packets(ssrc: 0xB) + packets(timestamp: 3001, firstNumber: 3, ssrc: 0xB), to: &receiver)
        #expect(events.prefix(2) == [.discarded(.otherSSRC), .sourceChanged(to: 0xB)])
        #expect(frames(events).map(\.timestamp.rawValue) == [3001])
        #expect(receiver.source == 0xB)
        #expect(receiver.statistics.packetsReceived == 5)
    }

    @Test func `R02 a new source begins new statistics and gives up the half frame`() throws {
        var receiver = receiver()
        _ = feed(packets() + [packets(timestamp: 2, firstNumber: 3)[0]], to: &receiver)
        let others = packets(timestamp: 9, ssrc: 0xB) + packets(timestamp: 10, firstNumber: 3, ssrc: 0xB)
        let events = feed(others, to: &receiver, at: .after(2000))
        #expect(
            events.prefix(4) == [
                .discarded(.otherSSRC), .discarded(.otherSSRC), .incompleteFrame(timestamp: RTPTimestamp(rawValue: 2)),
                .sourceChanged(to: 0xB),
            ])
        #expect(frames(events).map(\.timestamp.rawValue) == [10])
        #expect(receiver.statistics.packetsReceived == 4)
        #expect(receiver.counters.framesComplete == 2)
        guard case .receiverReport(let report) = try parse(receiver.report(at: .after(2000))).first else {
            Issue.record("no receiver report")
            return
        }
        #expect(report.reports.map(\.ssrc) == [0xB])
    }

    @Test func `before anything is heard the report is empty`() throws {
        var receiver = receiver()
        let expected: [RTCPPacket] = [
            .receiverReport(ReceiverReport(ssrc: 0x0E)),
            .sourceDescription([SourceDescription(ssrc: 0x0E, canonicalName: "me@here")]),
        ]
        #expect(try parse(receiver.report(at: .after(0))) == expected)
        #expect(try parse(receiver.goodbye(at: .after(0))) == expected + [.goodbye(Goodbye(ssrcs: [0x0E]))])
    }

    @Test func `the report tells of losses and of the last sender report`() throws {
        var receiver = receiver()
        _ = feed([packets()[0], packets()[2]], to: &receiver)
        let sender = SenderReport(
            ssrc: 0xA, ntp: NTPTimestamp(rawValue: 0x1_0002_0000), rtp: RTPTimestamp(rawValue: 5), packetCount: 1, octetCount: 2)
        let compound = RTCPPacket.serialize([.senderReport(sender)])
        #expect(receiver.receive(rtcp: compound.span, at: .after(1000)) == [.senderReport(sender)])
        #expect(
            try parse(receiver.report(at: .after(3000))).first
                == .receiverReport(
                    ReceiverReport(
                        ssrc: 0x0E,
                        reports: [
                            ReceptionReport(
                                ssrc: 0xA, fractionLost: 85, cumulativeLost: 1, extendedHighestSequenceNumber: 2,
                                interarrivalJitter: 0, lastSenderReport: 0x1_0002, delaySinceLastSenderReport: 2 << 16)
                        ])))
    }

    @Test func `a sender report before the first packet is remembered`() {
        var receiver = receiver(expected: 0xA)
        let sender = SenderReport(
            ssrc: 0xA, ntp: NTPTimestamp(rawValue: 7 << 16), rtp: RTPTimestamp(rawValue: 5), packetCount: 1, octetCount: 2)
        let compound = RTCPPacket.serialize([.senderReport(sender)])
        #expect(receiver.receive(rtcp: compound.span, at: .after(0)) == [.senderReport(sender)])
        _ = feed(packets(), to: &receiver)
        var statistics = receiver.statistics
        #expect(statistics.report(at: .after(0)).lastSenderReport == 7)
    }

    @Test func `reports of others are discarded`() {
        var receiver = receiver()
        _ = feed(packets(), to: &receiver)
        let sender = SenderReport(
            ssrc: 0xB, ntp: NTPTimestamp(rawValue: 1), rtp: RTPTimestamp(rawValue: 5), packetCount: 1, octetCount: 2)
        let compound = RTCPPacket.serialize([.senderReport(sender), .goodbye(Goodbye(ssrcs: [0xB]))])
        #expect(
            receiver.receive(rtcp: compound.span, at: .after(0)) == [.discarded(.otherSSRC), .discarded(.otherSSRC)])
    }

    @Test func `after a goodbye another source may follow at once`() {
        var receiver = receiver()
        _ = feed(packets(), to: &receiver)
        let goodbye = Goodbye(ssrcs: [0xC, 0xA], reason: "camera restarts")
        let compound = RTCPPacket.serialize([.goodbye(goodbye)])
        #expect(receiver.receive(rtcp: compound.span, at: .after(1)) == [.goodbye(goodbye)])
        #expect(feed(packets(ssrc: 0xB), to: &receiver, at: .after(2)).contains(.sourceChanged(to: 0xB)))
    }

    @Test func `R03 what is no RTCP is discarded with its reason`() {
        var receiver = receiver()
        let packet: [UInt8] = [0, 0, 0, 0]
        #expect(receiver.receive(rtcp: packet.span, at: .after(0)) == [.discarded(.notRTCP(.unsupportedVersion(0)))])
        #expect(receiver.counters.discarded == [.notRTCP(.unsupportedVersion(0)): 1])
    }

    @Test func `a restart forgets the half frame and goes on counting`() {
        var receiver = receiver()
        _ = feed(packets() + [packets(timestamp: 2, firstNumber: 3)[0]], to: &receiver)
        receiver.restart()
        #expect(receiver.flush() == [])
        #expect(receiver.statistics.packetsReceived == 4)
        #expect(receiver.counters.framesIncomplete == 0)
        #expect(frames(feed(packets(timestamp: 1, firstNumber: 4), to: &receiver)).count == 1)
    }

    @Test func `a flush gives up the half frame`() {
        var receiver = receiver()
        _ = feed([packets(timestamp: 2)[0]], to: &receiver)
        #expect(receiver.flush() == [.incompleteFrame(timestamp: RTPTimestamp(rawValue: 2))])
        #expect(receiver.counters.framesIncomplete == 1)
    }

    @Test(arguments: [UInt8(0), 26, 96])
    func `J10 files of the course dialect are put together from headers of any version`(payloadType: UInt8) {
        var receiver = receiver(.rawJPEG)
        let image = RawJPEGDepacketizerTests.image(60)
        var lostNumbers: [[UInt8]] = []
        for number in [1, 2, 5] as [UInt16] {
            for (start, end) in [(0, 20), (20, 40), (40, 60)] {
                let header = RTPHeader.received(number, marker: end == 60, payloadType: payloadType, ssrc: 0)
                var packet = header.packet(Array(image[start..<end]))
                packet[0] = 0
                lostNumbers.append(packet)
            }
        }
        let events = feed(lostNumbers, to: &receiver)
        #expect(frames(events).map(\.image) == [image, image, image])
        #expect(events.count == 3)
        #expect(receiver.statistics.packetsLost == 2)
        #expect(receiver.statistics.packetsDuplicated == 0)
    }

    @Test func `a dialect server with another source after each PLAY loses no frame`() {
        var receiver = receiver(.rawJPEG)
        let image = RawJPEGDepacketizerTests.image(60)
        for play in 1...3 as ClosedRange<UInt32> {
            for number in 1...3 as ClosedRange<UInt16> {
                let packet = RTPHeader.received(number, ssrc: play).packet(image)
                #expect(frames(feed([packet], to: &receiver)).count == 1)
            }
            receiver.restart()
        }
        #expect(receiver.counters.framesComplete == 9)
    }

    @Test(arguments: [ReceiverFormat.jpeg, .rawJPEG])
    func `random datagrams never trap at either door`(format: ReceiverFormat) {
        var random = ReceptionRandom(seed: 11)
        var receiver = receiver(format)
        for round in 0..<20_000 {
            var bytes = random.bytes(Int.random(in: 0...80, using: &random))
            if round % 4 != 0, bytes.count >= 12 {
                bytes[0] = 0x80 | bytes[0] & 0x3F
                bytes[1] = bytes[1] & 0x80 | 26
                bytes.replaceSubrange(8..<12, with: [0, 0, 0, bytes[8] & 1])
            }
            _ = receiver.receive(rtp: bytes.span, at: .after(round * 7))
            if bytes.count > 1 { bytes[1] = 200 + bytes[1] % 4 }
            _ = receiver.receive(rtcp: bytes.span, at: .after(round * 7))
            if round % 100 == 0 { #expect((try? parse(receiver.report(at: .after(round * 7)))) != nil) }
        }
        #expect(receiver.counters.discardedTotal > 0)
        #expect(receiver.counters.discarded.count < 1000)
    }
}
