import RTPTransport
import Testing

@Suite struct JPEGDepacketizerTests {
    func feed(_ packets: [FixturePacket], to depacketizer: inout JPEGDepacketizer, at now: ContinuousClock.Instant = .after(0))
        -> [DepacketizerEvent]
    {
        packets.flatMap { depacketizer.receive($0.header, payload: $0.payload.span, at: now) }
    }

    func events(_ packets: [FixturePacket], limits: DepacketizerLimits = .default) -> [DepacketizerEvent] {
        var depacketizer = JPEGDepacketizer(limits: limits)
        return feed(packets, to: &depacketizer)
    }

    @Test func `fragments in order become a file with its scan data untouched`() throws {
        let data = scan(1000)
        var depacketizer = JPEGDepacketizer()
        let packets = JPEGPayload().packets(data, size: 300, timestamp: 9000)
        #expect(feed(Array(packets.dropLast()), to: &depacketizer, at: .after(1)) == [])
        let events = feed(packets.suffix(1), to: &depacketizer, at: .after(5))
        let frame = try #require(events.frames.first)
        #expect(events.count == 1)
        #expect(frame.timestamp.rawValue == 9000)
        #expect(frame.arrival == .after(5))
        #expect(frame.packetCount == 4)
        #expect(JPEGFile(frame.image)?.scan == data)
        #expect(depacketizer.flush() == [])
    }

    @Test func `fragments in any of their orders become the same file`() throws {
        let data = scan(50)
        let packets = JPEGPayload().packets(data, size: 10, timestamp: 1)
        let expected = try #require(events(packets).frames.first)
        var orders = 0
        func permute(_ rest: [FixturePacket], _ done: [FixturePacket]) {
            if rest.isEmpty {
                orders += 1
                #expect(events(done) == [.frame(expected)])
            }
            for index in rest.indices {
                var others = rest
                let next = others.remove(at: index)
                permute(others, done + [next])
            }
        }
        permute(packets, [])
        #expect(orders == 120)
    }

    @Test func `duplicates before completion change nothing`() throws {
        let packets = JPEGPayload().packets(scan(50), size: 10, timestamp: 1)
        let expected = events(packets)
        for (copied, place) in (0..<4).flatMap({ copied in (copied..<4).map { (copied, $0) } }) {
            var doubled = packets
            doubled.insert(packets[copied], at: place + 1)
            #expect(events(doubled) == expected)
        }
        let waiting = [packets[4], packets[3], packets[4], packets[3]] + packets[0..<3]
        #expect(events(waiting) == expected)
    }

    @Test func `packets of a finished frame are late`() {
        var depacketizer = JPEGDepacketizer()
        let packets = JPEGPayload().packets(scan(50), size: 10, timestamp: 1)
        _ = feed(packets, to: &depacketizer)
        #expect(feed(packets, to: &depacketizer) == Array(repeating: .discarded(.late), count: 5))
        #expect(depacketizer.flush() == [])
    }

    @Test(arguments: 0..<5)
    func `without any one of its packets a frame is never handed on`(lost: Int) throws {
        var depacketizer = JPEGDepacketizer()
        var packets = JPEGPayload().packets(scan(50), size: 10, timestamp: 1)
        let missing = packets.remove(at: lost)
        #expect(feed(packets, to: &depacketizer) == [])
        let next = JPEGPayload().packets(scan(10), size: 10, timestamp: 3001)
        let events = feed(next, to: &depacketizer)
        #expect(
            events.first
                == .incomplete(RTPTimestamp(rawValue: 1), receivedBytes: 40, expectedBytes: lost == 4 ? nil : 50))
        #expect(events.frames.map(\.timestamp.rawValue) == [3001])
        #expect(feed([missing], to: &depacketizer) == [.discarded(.late)])
    }

    @Test func `overlapping fragments cover a frame`() throws {
        let data = scan(40)
        let payload = JPEGPayload()
        let ranges = [20..<40, 5..<25, 0..<3, 2..<8]
        let packets = ranges.map { range in
            FixturePacket(
                header: .received(0, timestamp: 1, marker: range.upperBound == 40),
                payload: payload.fragment(Array(data[range]), offset: range.lowerBound))
        }
        let frame = try #require(events(packets).frames.first)
        #expect(JPEGFile(frame.image)?.scan == data)
        #expect(frame.packetCount == 4)
        #expect(events(Array(packets.dropLast())) == [])
    }

    @Test func `a longer fragment replaces a shorter one that waits at its place`() throws {
        let data = scan(30)
        let payload = JPEGPayload()
        let packets = [10..<15, 10..<30, 10..<20, 0..<10].map { range in
            FixturePacket(
                header: .received(0, timestamp: 1, marker: range.upperBound == 30),
                payload: payload.fragment(Array(data[range]), offset: range.lowerBound))
        }
        let frame = try #require(events(packets).frames.first)
        #expect(JPEGFile(frame.image)?.scan == data)
        #expect(frame.packetCount == 3)
    }

    @Test func `two frames in the making do not disturb each other`() {
        let first = JPEGPayload().packets(scan(30), size: 10, timestamp: .max - 100)
        let second = JPEGPayload().packets(scan(30, seed: 9), size: 10, timestamp: 2900)
        let mixed = [first[0], second[0], first[1], second[1], first[2], second[2]]
        #expect(events(mixed) == events(first) + events(second))
    }

    @Test func `a newer frame that is complete ends the older ones, over the wrap of the timestamp too`() {
        let older = JPEGPayload().packets(scan(30), size: 10, timestamp: .max - 100)
        let newer = JPEGPayload().packets(scan(30), size: 10, timestamp: 2900)
        let events = events([older[0], newer[0], newer[1], newer[2], older[1]])
        #expect(events.incompletes == [.max - 100])
        #expect(events.frames.map(\.timestamp.rawValue) == [2900])
        #expect(events.last == .discarded(.late))
    }

    @Test func `an older frame that is complete leaves the newer alone`() {
        let older = JPEGPayload().packets(scan(30), size: 10, timestamp: 100)
        let newer = JPEGPayload().packets(scan(30), size: 10, timestamp: 3100)
        let events = events([newer[0], older[0], newer[1], older[1], older[2], newer[2]])
        #expect(events.frames.map(\.timestamp.rawValue) == [100, 3100])
        #expect(events.count == 2)
    }

    @Test func `more frames than the limit end the oldest`() {
        let packets = (0..<5).map { JPEGPayload().packets(scan(30), size: 10, timestamp: $0 * 3000)[1] }
        #expect(events(packets).incompletes == [0, 3000])
    }

    @Test func `a frame that lacks only its marker is handed on when the next is complete`() throws {
        var unmarked = JPEGPayload().packets(scan(20) + [0xFF, 0xD9], size: 10, timestamp: 1)
        unmarked[2].header.marker = false
        let next = JPEGPayload().packets(scan(30), size: 10, timestamp: 3001)
        let events = events(unmarked + next)
        #expect(events.frames.map(\.timestamp.rawValue) == [1, 3001])
        #expect(events.count == 2)
        let image = try #require(events.frames.first).image
        #expect(JPEGFile(image)?.scan == scan(20))
    }

    @Test func `a frame that lacks only its marker is handed on at the end of the stream`() {
        var depacketizer = JPEGDepacketizer()
        let packet = FixturePacket(header: .received(0), payload: JPEGPayload().fragment(scan(20) + [0xFF, 0xD9], offset: 0))
        #expect(feed([packet], to: &depacketizer) == [])
        #expect(depacketizer.flush().frames.count == 1)
        #expect(depacketizer.flush() == [])
    }

    @Test func `the bytes of all unfinished frames are bounded`() {
        let limits = DepacketizerLimits(maximumBytes: 2_000)
        let payload = JPEGPayload()
        let packets = (0..<3).map {
            FixturePacket(header: .received(0, timestamp: $0), payload: payload.fragment(scan(900), offset: 100))
        }
        let events = events(packets, limits: limits)
        #expect(events == [.incomplete(RTPTimestamp(rawValue: 0), receivedBytes: 900, expectedBytes: nil)])
    }

    @Test func `one frame larger than all bytes allowed is dropped`() {
        let limits = DepacketizerLimits(maximumBytes: 2_000)
        let events = events(JPEGPayload().packets(scan(3_000), size: 500, timestamp: 1), limits: limits)
        #expect(events.discards == [.tooLarge, .late, .late, .late])
        #expect(events.incompletes == [1])
    }

    @Test func `fragments that wait for others are bounded`() {
        let limits = DepacketizerLimits(maximumWaitingFragments: 10)
        let packets = JPEGPayload().packets(scan(200), size: 10, timestamp: 1).dropFirst()
        let events = events(Array(packets), limits: limits)
        #expect(events.discards.first == .tooLarge)
        #expect(events.frames == [])
    }

    @Test func `packets that contradict each other end their frame`() {
        let good = JPEGPayload(type: 64)
        var others = Array(repeating: good, count: 5)
        others[0].type = 65
        others[1].q = 76
        others[2].width = 3
        others[3].height = 3
        others[4].restartInterval = 5
        for other in others {
            var depacketizer = JPEGDepacketizer()
            let packets = good.packets(scan(20), size: 10, timestamp: 1)
            let wrong = other.packets(scan(20), size: 10, timestamp: 1)
            #expect(
                feed([packets[0], wrong[1], packets[1]], to: &depacketizer) == [
                    .discarded(.contradiction), .incomplete(RTPTimestamp(rawValue: 1), receivedBytes: 10, expectedBytes: nil),
                    .discarded(.late),
                ])
        }
    }

    @Test func `an end before or beside what is there ends the frame`() {
        let payload = JPEGPayload()
        let packets = payload.packets(scan(30), size: 10, timestamp: 1)
        var early = packets[1]
        early.header.marker = true
        #expect(events([packets[0], packets[2], early]).discards == [.contradiction])
        #expect(events([packets[0], early, packets[2]]).map { [$0].frames.count } == [1])
        #expect(events([early, packets[2]]).discards == [.contradiction])
        var far = packets[2]
        far.payload = payload.fragment(scan(10), offset: 40)
        #expect(events([packets[0], packets[2], far]).discards == [.contradiction])
        far.header.marker = false
        #expect(events([packets[0], packets[2], far]).discards == [.contradiction])
    }

    @Test func `a last packet without data brings the end, an only one without data is no frame`() throws {
        let payload = JPEGPayload()
        let first = FixturePacket(header: .received(0), payload: payload.fragment(scan(10), offset: 0))
        let end = FixturePacket(header: .received(1, marker: true), payload: payload.fragment([], offset: 10))
        let frame = try #require(events([first, end]).frames.first)
        #expect(frame.packetCount == 2)
        #expect(JPEGFile(frame.image)?.scan == scan(10))
        let only = FixturePacket(header: .received(1, marker: true), payload: payload.fragment([], offset: 0))
        #expect(events([only]).discards == [.emptyFrame])
        #expect(events([only]).frames == [])
    }

    @Test func `R06 a packet without payload is ignored`() {
        var depacketizer = JPEGDepacketizer()
        let packets = JPEGPayload().packets(scan(20), size: 10, timestamp: 1)
        let empty = FixturePacket(header: .received(9, timestamp: 1, marker: true), payload: [])
        let events = feed([packets[0], empty, packets[1]], to: &depacketizer)
        #expect(events.discards == [.emptyPayload])
        #expect(events.frames.count == 1)
    }

    @Test func `tables of a Q are kept for later frames without them, and replaced by new ones`() throws {
        var payload = JPEGPayload(q: 200, tables: Array(repeating: 3, count: 128))
        var depacketizer = JPEGDepacketizer()
        func tables(_ timestamp: UInt32) throws -> [UInt8] {
            let events = feed(payload.packets(scan(9), size: 9, timestamp: timestamp), to: &depacketizer)
            let image = try #require(events.frames.first).image
            let file = try #require(JPEGFile(image))
            return file.contents(0xDB).flatMap { $0 }
        }
        let threes: [UInt8] = [0] + Array(repeating: 3, count: 64) + [1] + Array(repeating: 3, count: 64)
        #expect(try tables(1) == threes)
        payload.tables = []
        #expect(try tables(2) == threes)
        depacketizer.restart()
        #expect(try tables(2) == threes)
        payload.tables = Array(repeating: 4, count: 128)
        #expect(try tables(3) == threes.map { $0 == 3 ? 4 : $0 })
        payload.tables = []
        #expect(try tables(4) == threes.map { $0 == 3 ? 4 : $0 })
        payload.q = 201
        #expect(
            feed(payload.packets(scan(9), size: 9, timestamp: 5), to: &depacketizer).discards == [.missingQuantizationTables])
        payload.q = 200
        depacketizer.restart(keepingTables: false)
        #expect(
            feed(payload.packets(scan(9), size: 9, timestamp: 6), to: &depacketizer).discards == [.missingQuantizationTables])
    }

    @Test func `J02 Q 255 never uses tables of an earlier frame`() {
        var depacketizer = JPEGDepacketizer()
        var payload = JPEGPayload(q: 255, tables: Array(repeating: 3, count: 128))
        #expect(feed(payload.packets(scan(9), size: 9, timestamp: 1), to: &depacketizer).frames.count == 1)
        payload.tables = []
        #expect(
            feed(payload.packets(scan(9), size: 9, timestamp: 2), to: &depacketizer).discards == [.missingQuantizationTables])
    }

    @Test func `a restart forgets half frames and what was late`() {
        var depacketizer = JPEGDepacketizer()
        let packets = JPEGPayload().packets(scan(20), size: 10, timestamp: 1)
        #expect(feed(packets, to: &depacketizer).frames.count == 1)
        let half = JPEGPayload().packets(scan(20), size: 10, timestamp: 2)
        #expect(feed([half[0]], to: &depacketizer) == [])
        depacketizer.restart()
        #expect(depacketizer.flush() == [])
        #expect(feed(packets, to: &depacketizer).frames.count == 1)
    }

    @Test func `timestamps that start over are new frames`() {
        var depacketizer = JPEGDepacketizer()
        for timestamp in [900_000, 903_000, 0, 3000] as [UInt32] {
            #expect(feed(JPEGPayload().packets(scan(20), size: 10, timestamp: timestamp), to: &depacketizer).frames.count == 1)
        }
    }

    @Test func `frames that all carry one timestamp are told apart by their numbers`() {
        var depacketizer = JPEGDepacketizer()
        let first = JPEGPayload().packets(scan(20), size: 10, timestamp: 1, firstNumber: 65_534)
        let second = JPEGPayload().packets(scan(30), size: 10, timestamp: 1, firstNumber: 0)
        #expect(feed(first, to: &depacketizer).frames.count == 1)
        #expect(feed([second[0], first[1], second[1], second[2]], to: &depacketizer).frames.count == 1)
        #expect(feed(first + second, to: &depacketizer).frames == [])
    }

    @Test func `cut at every byte, the packets never trap and never make another frame`() {
        let payload = JPEGPayload(type: 65, q: 255, tables: Array(repeating: 3, count: 128))
        let packets = payload.packets(scan(300), size: 100, timestamp: 1)
        for index in packets.indices {
            for length in 0..<packets[index].payload.count {
                var cut = packets
                cut[index].payload = Array(packets[index].payload[..<length])
                let frames = events(cut).frames
                // A cut last packet only looks like a shorter frame.
                #expect(frames.isEmpty || index == 2)
            }
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `random payloads never trap and stay within the limits`(seed: UInt64) {
        var random = ReceptionRandom(seed: seed)
        var depacketizer = JPEGDepacketizer(limits: DepacketizerLimits(maximumBytes: 5_000, maximumWaitingFragments: 20))
        for round in 0..<2_000 {
            var payload = random.bytes(Int.random(in: 0...300, using: &random))
            if round % 8 != 0, payload.count >= 8 {
                payload[1] = 0
                payload[2] &= 0x03
                if round % 3 == 0 { payload.replaceSubrange(1...3, with: [0, 0, 0]) }
                payload[4] = [0, 1, 64, 65][Int(payload[4] & 3)]
                payload[5] = [50, 255, 128][round % 3]
                payload[6] = 4
                payload[7] = 4
            }
            let header = RTPHeader.received(
                UInt16(round), timestamp: UInt32.random(in: 0...6, using: &random) * 3000 + UInt32(round / 200) * 30_000,
                marker: round % 5 == 0)
            for frame in depacketizer.receive(header, payload: payload.span, at: .after(round)).frames {
                #expect(frame.image.count <= 5_002)
                #expect(JPEGFile(frame.image) != nil)
            }
        }
        #expect(depacketizer.flush().count <= 3)
    }
}
