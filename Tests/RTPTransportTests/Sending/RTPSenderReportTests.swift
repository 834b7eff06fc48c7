import RTPTransport
import Testing

struct RTPSenderReportTests {
    private let ntp = NTPTimestamp(rawValue: 0x1122_3344_5566_7788)

    private func sender(_ name: String) -> RTPSender {
        RTPSender(
            packetizer: JPEGPacketizer(), ssrc: 0x0A0B_0C0D, firstSequenceNumber: 1,
            firstTimestamp: RTPTimestamp(rawValue: 0x100), canonicalName: name)
    }

    /// The packets of a compound packet, by their length fields.
    private func split(_ compound: [UInt8]) -> [[UInt8]] {
        var packets: [[UInt8]] = []
        var offset = 0
        while offset + 4 <= compound.count {
            let length = 4 * (Int(compound[offset + 2]) << 8 + Int(compound[offset + 3]) + 1)
            packets.append(Array(compound[offset..<min(offset + length, compound.count)]))
            offset += length
        }
        #expect(offset == compound.count)
        return packets
    }

    @Test func `a report, byte for byte`() throws {
        var sender = sender("ab@c")
        _ = try sender.packetize(SyntheticJPEG(scan: SyntheticJPEG.scanData(count: 2000)).bytes, at: .zero)
        let report: [UInt8] = [
            0x80, 200, 0, 6, 0x0A, 0x0B, 0x0C, 0x0D, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88,
            0, 1, 0x60, 0x90, 0, 0, 0, 2, 0, 0, 0x08, 0x64,
        ]
        let name: [UInt8] = [0x81, 202, 0, 3, 0x0A, 0x0B, 0x0C, 0x0D, 1, 4] + [UInt8]("ab@c".utf8) + [0, 0]
        #expect(sender.senderReport(streamTime: .seconds(1), ntp: ntp) == report + name)
        let bye: [UInt8] = [0x81, 203, 0, 1, 0x0A, 0x0B, 0x0C, 0x0D]
        #expect(sender.goodbye(streamTime: .seconds(1), ntp: ntp) == report + name + bye)
    }

    @Test func `a report that comes later ties later moments on both clocks`() {
        let sender = sender("a")
        let first = sender.senderReport(streamTime: .zero, ntp: ntp)
        let second = sender.senderReport(streamTime: .seconds(5), ntp: ntp.advanced(by: .seconds(5)))
        #expect(second.bigEndian(at: 16) &- first.bigEndian(at: 16) == 450_000)
        #expect(second.bigEndian(at: 8) &- first.bigEndian(at: 8) == 5)
        #expect(second.bigEndian(at: 12) == first.bigEndian(at: 12))
    }

    @Test func `a name of any length ends with at least one zero byte on a word boundary`() {
        for count in 0...260 {
            let packets = split(sender(String(repeating: "x", count: count)).senderReport(streamTime: .zero, ntp: ntp))
            #expect(packets.map { $0[1] } == [200, 202])
            let length = min(count, 255)
            #expect(Int(packets[1][9]) == length)
            let padding = packets[1].dropFirst(10 + length)
            #expect((1...4).contains(padding.count) && padding.allSatisfy { $0 == 0 })
        }
    }

    @Test func `a name too long is cut between characters`() {
        let packets = split(sender(String(repeating: "é", count: 200)).goodbye(streamTime: .zero, ntp: ntp))
        #expect(packets.map { $0[1] } == [200, 202, 203])
        #expect(packets[1][9] == 254)
        #expect(String(validating: packets[1][10..<264], as: UTF8.self) == String(repeating: "é", count: 127))
    }
}

extension [UInt8] {
    fileprivate func bigEndian(at offset: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 << 8 | UInt32(self[offset + $1]) }
    }
}
