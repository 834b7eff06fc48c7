import Testing

@testable import RTPTransport

/// What senders do with packets and markers that the RFCs do not have, seen from a whole receiver.
@Suite struct ReceivingQuirksTests {
    private static func receive(
        _ packets: [FixturePacket], padding: Int = 0, extensionWords: [UInt8]? = nil
    ) -> (frames: [ReassembledFrame], receiver: RTPReceiver) {
        var receiver = RTPReceiver(format: .jpeg, payloadTypes: [26], ssrc: 1, canonicalName: "test")
        var frames: [ReassembledFrame] = []
        for packet in packets {
            var bytes: [UInt8] = []
            packet.header.append(to: &bytes)
            if let extensionWords {
                bytes[0] |= 0x10
                bytes += [0xFF, 0xD8, 0, UInt8(extensionWords.count / 4)] + extensionWords
            }
            bytes += packet.payload
            if padding > 0 {
                bytes[0] |= 0x20
                bytes += Array(repeating: 0, count: padding - 1) + [UInt8(padding)]
            }
            for case .frame(let frame) in receiver.receive(rtp: bytes.span, at: .after(0)) { frames.append(frame) }
        }
        return (frames, receiver)
    }

    private static func stream(_ frames: Int, end: [UInt8] = [], marked: (Int, Int) -> Bool) -> [FixturePacket] {
        (0..<frames).flatMap { frame in
            var packets = JPEGPayload().packets(
                scan(30) + end, size: 10, timestamp: UInt32(frame) * 3000,
                firstNumber: UInt16(truncatingIfNeeded: 65_530 + frame * (end.isEmpty ? 3 : 4)))
            for index in packets.indices { packets[index].header.marker = marked(index, packets.count) }
            return packets
        }
    }

    @Test(arguments: [[], [0xFF, 0xD9]] as [[UInt8]])
    func `R09 without any marker a frame is whole when the next begins with the next number`(end: [UInt8]) {
        let (frames, receiver) = Self.receive(Self.stream(5, end: end) { _, _ in false })
        #expect(frames.map(\.timestamp.rawValue) == [0, 3000, 6000, 9000])
        #expect(frames.allSatisfy { JPEGFile($0.image)?.scan == scan(30) })
        #expect(receiver.counters.framesComplete == 4)
        #expect(receiver.counters.framesIncomplete == 0)
    }

    @Test func `R09 without any marker, a lost packet still costs its frame`() {
        let packets = Self.stream(4) { _, _ in false }
        // The last of the first frame, the middle of the second.
        let arrived = packets.enumerated().filter { $0.offset != 2 && $0.offset != 4 }.map(\.element)
        let (frames, _) = Self.receive(arrived)
        #expect(frames.map(\.timestamp.rawValue) == [6000])
    }

    @Test func `R09 a marker too early ends its frame there, one too many changes nothing`() {
        let early = Self.receive(Self.stream(2) { index, _ in index == 1 })
        #expect(early.frames.map { JPEGFile($0.image)?.scan.count } == [20, 20])
        #expect(early.receiver.counters.framesIncomplete == 1)
        #expect(early.receiver.counters.discarded == [:])
        var doubled = Self.stream(1) { index, count in index == count - 1 }
        doubled.append(doubled[2])
        #expect(Self.receive(doubled).frames.map { JPEGFile($0.image)?.scan } == [scan(30)])
        // The marker on the first of two packets that came in the other order contradicts the data that is there.
        let swapped = Self.stream(1) { index, _ in index == 1 }
        let (frames, receiver) = Self.receive([swapped[0], swapped[2], swapped[1]])
        #expect(frames == [])
        #expect(receiver.counters.discarded == [.payload(.contradiction): 1])
    }

    @Test func `R07 packets out of order make the same frames`() {
        let packets = Self.stream(3) { index, count in index == count - 1 }
        let swapped = [1, 2, 0, 4, 5, 3, 7, 8, 6].map { packets[$0] }
        #expect(Self.receive(swapped).frames.map(\.image) == Self.receive(packets).frames.map(\.image))
        #expect(Self.receive(swapped).frames.count == 3)
    }

    @Test func `R08 packets of ten thousand bytes and more are taken`() {
        for size in [10_000, 60_000] {
            let packets = JPEGPayload().packets(scan(150_000), size: size, timestamp: 1)
            #expect(Self.receive(packets).frames.map { JPEGFile($0.image)?.scan.count } == [150_000])
        }
    }

    @Test func `padding is no picture data`() {
        let packets = Self.stream(2) { index, count in index == count - 1 }
        for padding in [1, 4, 255] {
            #expect(Self.receive(packets, padding: padding).frames.map { JPEGFile($0.image)?.scan } == [scan(30), scan(30)])
        }
        // Padding alone is an empty payload.
        let only = FixturePacket(header: .received(1), payload: [])
        #expect(Self.receive([only], padding: 8).receiver.counters.discarded == [.payload(.emptyPayload): 1])
    }

    @Test func `J05 a header extension reaches the file through the receiver`() throws {
        let told = JPEGReceivedExtensionTests.sof(4096, 2160) + [0xFF]
        var payload = JPEGPayload()
        (payload.width, payload.height) = (0, 0)
        let packets = payload.packets(scan(30), size: 10, timestamp: 1)
        let frame = try #require(Self.receive(packets, extensionWords: told).frames.first)
        let header = try JPEGImageHeader(scanning: frame.image.span)
        #expect((header.width, header.height) == (4096, 2160))
        #expect(Self.receive(packets).receiver.counters.discarded == [.payload(.zeroSize): 1, .payload(.late): 2])
        let (frames, receiver) = Self.receive(packets, extensionWords: told.dropLast() + [1])
        #expect(frames.count == 1)
        #expect(receiver.counters.discarded == [.payload(.malformedHeaderExtension): 3])
    }

    @Test func `security 22, 36, 37: datagrams of every length and header form never trap`() {
        let payload = JPEGPayload(type: 65, q: 255, tables: Array(repeating: 3, count: 128))
        var header: [UInt8] = []
        RTPHeader.received(0, marker: true).append(to: &header)
        for first in 0x80...0xBF as ClosedRange<UInt8> {
            var packet = header
            packet[0] = first
            packet += payload.fragment(scan(20), offset: 0)
            for length in 0...packet.count {
                var receiver = RTPReceiver(format: .jpeg, payloadTypes: [26], ssrc: 1, canonicalName: "test", concealment: .grey)
                let cut = Array(packet.prefix(length))
                let events = receiver.receive(rtp: cut.span, at: .after(0)) + receiver.flush()
                #expect(events.count <= 3)
                #expect(length == 0 || receiver.heldByteCount == 0)
            }
        }
    }

    @Test func `concealed frames are counted apart`() {
        let packets = AlignedPicture(seed: 1).packets(size: 300).map(\.packet)
        var receiver = RTPReceiver(
            format: .jpeg, payloadTypes: [26], ssrc: 1, canonicalName: "test", concealment: .grey)
        for packet in packets.dropFirst() { _ = receiver.receive(rtp: packet.header.packet(packet.payload).span, at: .after(0)) }
        #expect(receiver.flush().count == 1)
        #expect(receiver.counters.framesConcealed == 1)
        #expect(receiver.counters.framesComplete == 0)
        #expect(receiver.counters.framesIncomplete == 0)
    }
}
