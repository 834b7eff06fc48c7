import Testing

@testable import RTPTransport

struct RawJPEGPacketizerTests {
    private struct Packet: Equatable {
        var number: UInt16
        var marker: Bool
        var size: Int
    }

    private func file(_ count: Int) -> [UInt8] {
        [0xFF, 0xD8] + SyntheticJPEG.scanData(count: count - 4) + [0xFF, 0xD9]
    }

    /// Packetizes one file, checks what is the same in all policies, and says the rest.
    private func packets(
        _ count: Int, _ fragmentation: LabFragmentation, pieces: Int = 1400, number: inout UInt16
    ) throws -> [Packet] {
        var packetizer = RawJPEGPacketizer(fragmentation: fragmentation, maximumPayloadSize: pieces)
        let file = file(count)
        let batch = try packetizer.packetize(
            file, timestamp: RTPTimestamp(rawValue: 90), ssrc: 1, sequenceNumber: &number)
        var data: [UInt8] = []
        var packets: [Packet] = []
        for index in 0..<batch.count {
            let range = batch.range(ofPacketAt: index)
            let packet = Array(batch.bytes[range])
            let (header, payload) = try RTPHeader.parse(packet.span)
            #expect((header.payloadType, header.timestamp.rawValue, header.ssrc) == (26, 90, 1))
            data += packet[payload]
            packets.append(Packet(number: header.sequenceNumber, marker: header.marker, size: payload.count))
        }
        #expect(data == file)
        return packets
    }

    private func packets(_ count: Int, _ fragmentation: LabFragmentation, from first: UInt16 = 1) throws -> [Packet] {
        var number = first
        return try packets(count, fragmentation, number: &number)
    }

    @Test func `a frame for the common receive buffer goes whole, with the marker`() throws {
        for fragmentation in [LabFragmentation.frameSequence, .packetSequence, .never] {
            #expect(try packets(20_468, fragmentation) == [Packet(number: 1, marker: true, size: 20_468)])
        }
    }

    @Test func `larger frames go in pieces that share the frame's number`() throws {
        let packets = try packets(20_469, .frameSequence, from: 9)
        #expect(packets.count == 15)
        #expect(packets.dropLast().allSatisfy { $0 == Packet(number: 9, marker: false, size: 1400) })
        #expect(packets.last == Packet(number: 9, marker: true, size: 869))
    }

    @Test func `or in pieces numbered one by one`() throws {
        var number: UInt16 = 9
        let packets = try packets(20_469, .packetSequence, number: &number)
        #expect(packets.map(\.number) == Array(9...23))
        #expect(packets.map(\.marker) == [Bool](repeating: false, count: 14) + [true])
        #expect(number == 24)
    }

    @Test func `always cuts whatever is larger than a piece`() throws {
        #expect(try packets(1400, .always) == [Packet(number: 1, marker: true, size: 1400)])
        #expect(
            try packets(1401, .always) == [
                Packet(number: 1, marker: false, size: 1400), Packet(number: 1, marker: true, size: 1),
            ])
    }

    @Test func `never cuts only what no datagram can hold`() throws {
        #expect(try packets(65_495, .never) == [Packet(number: 1, marker: true, size: 65_495)])
        let packets = try packets(65_496, .never)
        #expect(packets.count == 47)
        #expect(Set(packets.map(\.number)) == [1])
        #expect(packets.filter(\.marker).count == 1)
    }

    @Test func `frames are numbered from 1, never 0, also when the numbers wrap around`() throws {
        for fragmentation in LabFragmentation.allCases {
            var number: UInt16 = 0
            #expect(try packets(100, fragmentation, number: &number).map(\.number) == [1])
            #expect(number == 2)
            number = 65_535
            #expect(try packets(100, fragmentation, number: &number).map(\.number) == [65_535])
            #expect(try packets(100, fragmentation, number: &number).map(\.number) == [1])
        }
    }

    @Test func `numbered one by one, pieces count through 0 so that none seems lost`() throws {
        var number: UInt16 = 65_535
        let packets = try packets(21_000, .packetSequence, number: &number)
        #expect(packets.prefix(3).map(\.number) == [65_535, 0, 1])
        #expect(number == 14)
    }

    @Test func `any JPEG file travels, and nothing else does`() throws {
        var packetizer = RawJPEGPacketizer()
        var number: UInt16 = 5
        let batch = try packetizer.packetize(
            RealJPEG.progressive, timestamp: RTPTimestamp(rawValue: 0), ssrc: 0, sequenceNumber: &number)
        #expect(Array(batch.bytes[12...]) == RealJPEG.progressive)
        for image in [[], [0xFF], [UInt8]("hello".utf8)] {
            #expect(throws: JPEGError.notJPEG) {
                try packetizer.packetize(image, timestamp: RTPTimestamp(rawValue: 0), ssrc: 0, sequenceNumber: &number)
            }
        }
        #expect(number == 6)
    }

    @Test func `a file of 16 MiB is refused`() {
        var packetizer = RawJPEGPacketizer()
        var number: UInt16 = 5
        let image = [0xFF, 0xD8] + [UInt8](repeating: 0, count: 1 << 24)
        #expect(throws: JPEGError.tooManyBytes(image.count)) {
            try packetizer.packetize(image, timestamp: RTPTimestamp(rawValue: 0), ssrc: 0, sequenceNumber: &number)
        }
    }

    @Test func `policies have the names that a command line takes`() {
        #expect(LabFragmentation.allCases.map(\.rawValue) == ["frame-sequence", "packet-sequence", "always", "never"])
        #expect(RawJPEGPacketizer().fragmentation == .frameSequence)
    }
}
