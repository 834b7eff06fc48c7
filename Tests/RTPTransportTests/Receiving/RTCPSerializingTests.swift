import RTPTransport
import Testing

@Suite struct RTCPSerializingTests {
    func parse(_ bytes: [UInt8]) throws -> [RTCPPacket] { try RTCPPacket.parse(compound: bytes.span, strictness: .strict) }

    func block(_ ssrc: UInt32, lost: Int32 = 0) -> ReceptionReport {
        ReceptionReport(
            ssrc: ssrc, fractionLost: 1, cumulativeLost: lost, extendedHighestSequenceNumber: 2, interarrivalJitter: 3,
            lastSenderReport: 4, delaySinceLastSenderReport: 5)
    }

    @Test func `a sender report is written as the RFC draws it`() {
        let bytes = RTCPPacket.serialize([.senderReport(RTCPParsingTests.expectedSenderReport)])
        #expect(bytes == RTCPParsingTests.senderReport)
    }

    @Test func `a goodbye is written as the RFC draws it`() {
        let bytes = RTCPPacket.serialize([.goodbye(Goodbye(ssrcs: [0xA, 0xB], reason: "done"))])
        #expect(bytes == RTCPParsingTests.goodbye)
    }

    @Test(arguments: 0...9)
    func `a description of any length ends in zeros up to a word`(length: Int) throws {
        let name = String(repeating: "n", count: length)
        let packets: [RTCPPacket] = [
            .receiverReport(ReceiverReport(ssrc: 1)),
            .sourceDescription([
                SourceDescription(ssrc: 1, canonicalName: name), SourceDescription(ssrc: 2, canonicalName: "two"),
            ]),
        ]
        let bytes = RTCPPacket.serialize(packets)
        #expect(bytes.count % 4 == 0)
        #expect(bytes.last == 0)
        #expect(try parse(bytes) == packets)
    }

    @Test func `more than 31 blocks go into further packets`() throws {
        let blocks = (0..<70).map { block($0) }
        let sender = SenderReport(
            ssrc: 9, ntp: NTPTimestamp(rawValue: 1), rtp: RTPTimestamp(rawValue: 2), packetCount: 3, octetCount: 4,
            reports: blocks)
        let packets = try parse(RTCPPacket.serialize([.senderReport(sender)]))
        let counts = packets.map { packet in
            switch packet {
            case .senderReport(let report): report.reports.count
            case .receiverReport(let report): report.reports.count
            default: -1
            }
        }
        #expect(counts == [31, 31, 8])
        let leaving = Goodbye(ssrcs: (0..<40).map { $0 }, reason: "all")
        let goodbyes = try parse(RTCPPacket.serialize([.receiverReport(ReceiverReport(ssrc: 9)), .goodbye(leaving)]))
        #expect(
            goodbyes.dropFirst() == [
                .goodbye(Goodbye(ssrcs: Array(0..<31))), .goodbye(Goodbye(ssrcs: Array(31..<40), reason: "all")),
            ])
    }

    @Test func `losses beyond 24 bits are cut to the range`() throws {
        for (given, read) in [(Int32.max, Int32(0x7F_FFFF)), (.min, -0x80_0000), (-1, -1)] {
            let packets = try parse(
                RTCPPacket.serialize([.receiverReport(ReceiverReport(ssrc: 1, reports: [block(2, lost: given)]))]))
            #expect(packets == [.receiverReport(ReceiverReport(ssrc: 1, reports: [block(2, lost: read)]))])
        }
    }

    @Test func `long texts are cut before the character that does not fit`() throws {
        let packets = try parse(
            RTCPPacket.serialize([
                .receiverReport(ReceiverReport(ssrc: 1)),
                .sourceDescription([SourceDescription(ssrc: 1, canonicalName: String(repeating: "é", count: 200))]),
                .goodbye(Goodbye(ssrcs: [1], reason: String(repeating: "x", count: 300))),
            ]))
        #expect(
            packets.dropFirst() == [
                .sourceDescription([SourceDescription(ssrc: 1, canonicalName: String(repeating: "é", count: 127))]),
                .goodbye(Goodbye(ssrcs: [1], reason: String(repeating: "x", count: 255))),
            ])
    }

    @Test func `a packet of unknown content is left out`() {
        #expect(RTCPPacket.serialize([.other(type: 204)]) == [])
        #expect(RTCPPacket.serialize([]) == [])
    }
}
