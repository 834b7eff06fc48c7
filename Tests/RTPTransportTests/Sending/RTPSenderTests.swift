import RTPTransport
import Testing

struct RTPSenderTests {
    private func sender(number: UInt16 = 1, timestamp: UInt32 = 0, name: String = "cam@host") -> RTPSender {
        RTPSender(
            packetizer: JPEGPacketizer(), ssrc: 0x0102_0304, firstSequenceNumber: number,
            firstTimestamp: RTPTimestamp(rawValue: timestamp), canonicalName: name)
    }

    private func headers(_ batch: RTPPacketBatch) throws -> [RTPHeader] {
        try (0..<batch.count).map { try RTPHeader.parse(batch.bytes.span.extracting(batch.range(ofPacketAt: $0))).header }
    }

    @Test func `numbers go on from frame to frame, and every frame has its own timestamp`() throws {
        var sender = sender(number: 65_534, timestamp: .max - 3599)
        let image = SyntheticJPEG(scan: SyntheticJPEG.scanData(count: 2000)).bytes
        var numbers: [UInt16] = []
        for frame in 0..<3 {
            let headers = try headers(sender.packetize(image, at: .milliseconds(40) * frame))
            #expect(headers.allSatisfy { $0.ssrc == 0x0102_0304 && $0.payloadType == 26 })
            #expect(Set(headers.map(\.timestamp.rawValue)) == [UInt32.max &- 3599 &+ UInt32(frame) &* 3600])
            numbers += headers.map(\.sequenceNumber)
        }
        #expect(numbers == [65_534, 65_535, 0, 1, 2, 3])
        #expect(sender.nextSequenceNumber == 4)
        #expect(sender.packetCount == 6)
        #expect(sender.octetCount == 3 * (2000 + 132 + 2 * 8))
    }

    @Test func `stream time ties frames and reports to one clock`() throws {
        var sender = sender(timestamp: 1000)
        #expect(sender.timestamp(at: .zero).rawValue == 1000)
        #expect(sender.timestamp(at: .seconds(10)).rawValue == 901_000)
        #expect(sender.timestamp(at: .milliseconds(-10)).rawValue == 100)
        let header = try headers(sender.packetize(RealJPEG.yuv420, at: .seconds(10)))[0]
        #expect(header.timestamp == sender.timestamp(at: .seconds(10)))
    }

    @Test func `a refused frame leaves the stream as it was`() throws {
        var sender = sender(number: 9)
        #expect(throws: JPEGError.progressive) { try sender.packetize(RealJPEG.progressive, at: .zero) }
        #expect(sender.nextSequenceNumber == 9)
        #expect(sender.packetCount == 0)
        #expect(sender.octetCount == 0)
    }

    @Test func `a new stream begins with random numbers`() {
        var generator = SeededGenerator(seed: 1)
        let senders = (0..<50).map { _ in RTPSender(packetizer: JPEGPacketizer(), canonicalName: "a", using: &generator) }
        #expect(Set(senders.map(\.ssrc)).count == 50)
        #expect(Set(senders.map(\.nextSequenceNumber)).count > 45)
        #expect(Set(senders.map { $0.timestamp(at: .zero) }).count == 50)
        var again = SeededGenerator(seed: 1)
        #expect(RTPSender(packetizer: JPEGPacketizer(), canonicalName: "a", using: &again).ssrc == senders[0].ssrc)
    }

    @Test func `the dialect's packetizer numbers frames`() throws {
        var sender = RTPSender(
            packetizer: RawJPEGPacketizer(), ssrc: 0, firstSequenceNumber: 1, firstTimestamp: RTPTimestamp(rawValue: 0),
            canonicalName: "a")
        let image = [0xFF, 0xD8] + SyntheticJPEG.scanData(count: 30_000)
        #expect(try Set(headers(sender.packetize(image, at: .zero)).map(\.sequenceNumber)) == [1])
        #expect(try Set(headers(sender.packetize(image, at: .milliseconds(50))).map(\.sequenceNumber)) == [2])
        #expect(sender.packetCount == 44)
        #expect(sender.octetCount == 2 * 30_002)
        #expect(sender.payloadType == 26)
    }

    @Test func `copies of a sender go their own ways`() throws {
        var one = sender()
        let other = one
        _ = try one.packetize(RealJPEG.yuv420, at: .zero)
        #expect(one.nextSequenceNumber == 2)
        #expect(other.nextSequenceNumber == 1)
    }
}
