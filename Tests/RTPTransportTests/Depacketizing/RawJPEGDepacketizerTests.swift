import RTPTransport
import Testing

@Suite struct RawJPEGDepacketizerTests {
    /// A file of `count` bytes.
    static func image(_ count: Int, seed: UInt8 = 1) -> [UInt8] {
        [0xFF, 0xD8, 0xFF, 0xE0] + scan(count - 6, seed: seed) + [0xFF, 0xD9]
    }

    func pieces(_ image: [UInt8], size: Int, number: UInt16, step: UInt16, timestamp: UInt32 = 0) -> [FixturePacket] {
        stride(from: 0, to: image.count, by: size).enumerated().map { index, offset in
            let end = min(offset + size, image.count)
            return FixturePacket(
                header: .received(number &+ UInt16(index) * step, timestamp: timestamp, marker: end == image.count),
                payload: Array(image[offset..<end]))
        }
    }

    func events(_ packets: [FixturePacket], limits: DepacketizerLimits = .default) -> [DepacketizerEvent] {
        var depacketizer = RawJPEGDepacketizer(limits: limits)
        return packets.enumerated().flatMap {
            depacketizer.receive($1.header, payload: $1.payload.span, at: .after($0))
        }
    }

    @Test(arguments: [true, false])
    func `a whole file in one datagram is a frame whatever the marker says`(marker: Bool) {
        let image = Self.image(100)
        let header = RTPHeader.received(0, timestamp: 77, marker: marker)
        #expect(
            events([FixturePacket(header: header, payload: image)]) == [
                .frame(
                    ReassembledFrame(
                        image: image, timestamp: RTPTimestamp(rawValue: 77), arrival: .after(0), packetCount: 1))
            ])
    }

    @Test func `a datagram that comes twice, or after the next, makes no second frame`() {
        let images = (1...4).map { Self.image(100, seed: $0) }
        let packets = images.enumerated().map { index, image in
            FixturePacket(header: .received(UInt16(index), timestamp: UInt32(index), marker: true), payload: image)
        }
        let all = events([packets[0], packets[0], packets[1], packets[0], packets[3], packets[2]])
        #expect(all.frames.map(\.image) == [images[0], images[1], images[3]])
        #expect(all.count { $0 == .discarded(.late) } == 3)
        // A server that begins to count anew is another matter.
        var anew = packets
        for number in 20..<40 as Range<UInt16> {
            anew.append(FixturePacket(header: .received(number, timestamp: UInt32(number), marker: true), payload: images[0]))
        }
        anew.append(FixturePacket(header: .received(1, timestamp: 90, marker: true), payload: images[1]))
        #expect(events(anew).frames.count == 25)
    }

    @Test func `a beginning or a piece that comes twice does not break its frame`() {
        let image = Self.image(100)
        var packets = pieces(image, size: 30, number: 7, step: 1, timestamp: 5)
        packets.insert(packets[0], at: 1)
        packets.insert(packets[3], at: 3)
        #expect(events(packets).frames.map(\.image) == [image])
        #expect(events(packets).count { if case .incomplete = $0 { true } else { false } } == 0)
    }

    @Test(arguments: [UInt16(0), 1])
    func `pieces by frame number and by packet number are put together, over the wrap too`(step: UInt16) {
        let first = Self.image(100)
        let second = Self.image(95, seed: 9)
        let packets =
            pieces(first, size: 30, number: 65_534, step: step)
            + pieces(second, size: 30, number: step == 0 ? 65_535 : 2, step: step)
        let frames = events(packets).frames
        #expect(frames.map(\.image) == [first, second])
        #expect(frames.map(\.packetCount) == [4, 4])
        #expect(frames.map(\.arrival) == [.after(3), .after(7)])
    }

    @Test func `the mode is found anew for every frame`() {
        let packets =
            pieces(Self.image(100), size: 30, number: 1, step: 0) + pieces(Self.image(100), size: 30, number: 2, step: 1)
            + pieces(Self.image(100), size: 30, number: 6, step: 0)
        #expect(events(packets).frames.count == 3)
    }

    @Test(arguments: [UInt16(0), 1])
    func `a packet that does not fit the mode drops the frame`(step: UInt16) {
        for (index, wrong) in (1..<4).flatMap({ index in [UInt16(50), 2, 65_535].map { (index, $0) } }) {
            var packets = pieces(Self.image(100), size: 30, number: 10, step: step)
            packets[index].header.sequenceNumber = packets[index - 1].header.sequenceNumber &+ wrong
            let events = events(packets + pieces(Self.image(50), size: 100, number: 200, step: 0))
            #expect(events.incompletes == [0])
            #expect(events.discards.first == .outOfSequence)
            #expect(events.frames.map(\.image) == [Self.image(50)])
        }
        var packets = pieces(Self.image(100), size: 30, number: 10, step: step)
        packets[2].header.sequenceNumber = packets[1].header.sequenceNumber &+ (1 - step)
        // The same number again is a copy where numbers count packets; then the next one does not fit.
        #expect(events(packets).discards == (step == 0 ? [.outOfSequence, .withoutBeginning] : [.late, .outOfSequence]))
        #expect(events(packets).frames.isEmpty)
    }

    @Test func `lost by packet number, each loss is seen`() {
        for lost in 0..<4 {
            var packets = pieces(Self.image(100), size: 30, number: 10, step: 1)
            packets.remove(at: lost)
            let events = events(packets + pieces(Self.image(50), size: 100, number: 14, step: 1))
            #expect(events.frames.map(\.image) == [Self.image(50)])
        }
    }

    @Test func `the next beginning closes a frame without marker, and hands it on if it ends as one`() {
        var whole = pieces(Self.image(100), size: 30, number: 1, step: 0)
        whole[3].header.marker = false
        let next = pieces(Self.image(50), size: 100, number: 2, step: 0)
        #expect(events(whole + next).frames.map(\.image) == [Self.image(100), Self.image(50)])
        let cut = Array(whole.dropLast())
        #expect(events(cut + next).incompletes == [0])
        #expect(events(cut + next).frames.map(\.image) == [Self.image(50)])
    }

    @Test func `a frame with its marker that does not end as one is not handed on`() {
        let image = Array(Self.image(100).dropLast(2)) + [0, 0xD9]
        let single = FixturePacket(header: .received(1, marker: true), payload: image)
        let expected: [DepacketizerEvent] = [
            .incomplete(RTPTimestamp(rawValue: 0), receivedBytes: 100, expectedBytes: nil)
        ]
        #expect(events([single]) == expected)
        #expect(events(pieces(image, size: 30, number: 1, step: 0)) == expected)
    }

    @Test func `pieces without a beginning are discarded`() {
        let packets = pieces(Self.image(100), size: 30, number: 1, step: 0).dropFirst()
        #expect(events(Array(packets)) == Array(repeating: .discarded(.withoutBeginning), count: 3))
    }

    @Test func `the end of the stream hands on what ends as a frame`() {
        var depacketizer = RawJPEGDepacketizer()
        var packets = pieces(Self.image(100), size: 60, number: 1, step: 0)
        packets[1].header.marker = false
        for packet in packets { #expect(depacketizer.receive(packet.header, payload: packet.payload.span, at: .after(0)) == []) }
        var stopped = depacketizer
        #expect(depacketizer.flush().frames.map(\.image) == [Self.image(100)])
        #expect(depacketizer.flush() == [])
        stopped.restart()
        #expect(stopped.flush() == [])
    }

    @Test func `a frame larger than the limit is dropped`() {
        let limits = DepacketizerLimits(maximumBytes: 80)
        let dropped = events(pieces(Self.image(100), size: 30, number: 1, step: 0), limits: limits)
        #expect(dropped.discards == [.tooLarge, .withoutBeginning])
        #expect(dropped.incompletes == [0])
        #expect(events(pieces(Self.image(100), size: 100, number: 1, step: 0), limits: limits).discards == [.tooLarge])
    }

    @Test func `an empty payload is ignored`() {
        var packets = pieces(Self.image(100), size: 30, number: 1, step: 0)
        packets.insert(FixturePacket(header: .received(9, marker: true), payload: []), at: 2)
        #expect(events(packets).discards == [.emptyPayload])
        #expect(events(packets).frames.count == 1)
    }

    @Test func `random pieces never trap and only whole files come out`() {
        var random = ReceptionRandom(seed: 3)
        var depacketizer = RawJPEGDepacketizer(limits: DepacketizerLimits(maximumBytes: 500))
        var frames = 0
        for round in 0..<20_000 {
            var payload = random.bytes(Int.random(in: 0...60, using: &random))
            if round % 3 == 0, payload.count > 4 { payload.replaceSubrange(0..<3, with: [0xFF, 0xD8, 0xFF]) }
            if round % 4 == 0, payload.count > 6 { payload.replaceSubrange((payload.count - 2)..., with: [0xFF, 0xD9]) }
            let header = RTPHeader.received(UInt16(truncatingIfNeeded: round / 2), marker: round % 4 == 1)
            for frame in depacketizer.receive(header, payload: payload.span, at: .after(0)).frames {
                frames += 1
                #expect(frame.image.count <= 500)
                #expect(frame.image.prefix(3) == [0xFF, 0xD8, 0xFF])
                #expect(frame.image.suffix(2) == [0xFF, 0xD9])
            }
        }
        #expect(frames > 100)
    }
}
