import Testing

@testable import RTPTransport

@Suite struct JPEGConcealingTests {
    private static func events(
        _ packets: [FixturePacket], to depacketizer: inout JPEGDepacketizer
    ) -> [DepacketizerEvent] {
        packets.flatMap { depacketizer.receive($0.header, payload: $0.payload.span, at: .after(0)) }
    }

    /// The blocks of a frame, read from its file alone.
    private static func blocks(_ image: [UInt8], like picture: AlignedPicture) throws -> ReferenceScan {
        let header = try JPEGImageHeader(scanning: image.span)
        #expect((header.width, header.height) == (picture.width, picture.height))
        #expect(header.restartInterval == UInt16(picture.interval))
        let scan = Array(image[header.scan])
        return try #require(
            ReferenceScan(
                scan, width: header.width, height: header.height, header.sampling, restartInterval: picture.interval))
    }

    @Test(arguments: [64, 65] as [UInt8], AlignedPicture.MarkerPlace.allCases)
    func `whichever packets are lost, the rest is untouched and the hole is grey`(type: UInt8, place: AlignedPicture.MarkerPlace)
        throws
    {
        let picture = AlignedPicture(interval: 3, type: type, seed: 1)
        let count = picture.intervals.count
        for size in [200, 500] {
            let packets = picture.packets(size: size, marker: place)
            for lost in packets.indices.flatMap({ first in (first..<packets.count).map { first...$0 } })
            where lost.count < packets.count {
                var depacketizer = JPEGDepacketizer(concealment: .grey)
                let arrived = packets.indices.filter { !lost.contains($0) }.map { packets[$0] }
                var events = Self.events(arrived.map(\.packet), to: &depacketizer)
                #expect(events == [])
                events = depacketizer.flush()
                let missing = lost.reduce(into: Set<Int>()) { $0.formUnion(packets[$1].intervals) }
                guard missing.count < count else {
                    #expect(events.incompletes == [1])
                    continue
                }
                let frame = try #require(events.frames.first)
                #expect(frame.concealment == FrameConcealment(intervalCount: count, greyIntervals: missing.count))
                #expect(frame.packetCount == arrived.count)
                #expect(try Self.blocks(frame.image, like: picture) == picture.replacing(missing, with: nil))
                #expect(depacketizer.heldByteCount == 0)
            }
        }
    }

    @Test(arguments: [64, 65] as [UInt8], [300, 700])
    func `what our own packetizer aligns is concealed where any packet is lost`(type: UInt8, size: Int) throws {
        let picture = AlignedPicture(width: 160, height: 96, interval: 3, type: type, seed: 9)
        var whole = JPEGDepacketizer()
        let file = try #require(Self.events(picture.packets(size: 900).map(\.packet), to: &whole).frames.first).image
        var options = JPEGPacketizer.Options()
        options.alignsToRestartIntervals = true
        var packetizer = JPEGPacketizer(maximumPayloadSize: size, options: options)
        var number: UInt16 = 0
        let batch = try packetizer.packetize(
            file, timestamp: RTPTimestamp(rawValue: 1), ssrc: 7, sequenceNumber: &number)
        let sent = try (0..<batch.count).map { try SentPacket(Array(batch.bytes[batch.range(ofPacketAt: $0)])) }
        try #require(sent.count > 3)
        for lost in sent.indices {
            var depacketizer = JPEGDepacketizer(concealment: .grey)
            var frames: [ReassembledFrame] = []
            for (index, packet) in sent.enumerated() where index != lost {
                let (header, payload) = try RTPHeader.parse(packet.bytes.span)
                frames += depacketizer.receive(header, payload: packet.bytes.span.extracting(payload), at: .after(0)).frames
            }
            frames += depacketizer.flush().frames
            let first = try #require(sent[lost].restart).count
            let next = lost + 1 < sent.count ? try #require(sent[lost + 1].restart).count : picture.intervals.count
            // An interval in several packets is lost with any of them.
            let missing = Set(first..<max(next, first + 1))
            let frame = try #require(frames.first)
            #expect(frames.count == 1)
            #expect(frame.concealment?.greyIntervals == missing.count)
            #expect(try Self.blocks(frame.image, like: picture) == picture.replacing(missing, with: nil))
        }
    }

    @Test(arguments: AlignedPicture.MarkerPlace.allCases)
    func `the hole shows the last frame where that is wanted`(place: AlignedPicture.MarkerPlace) throws {
        let before = AlignedPicture(seed: 2)
        let picture = AlignedPicture(seed: 3)
        let packets = picture.packets(size: 300, marker: place, timestamp: 3000)
        for lost in packets.indices {
            var depacketizer = JPEGDepacketizer(concealment: .lastFrame)
            #expect(Self.events(before.packets(size: 400).map(\.packet), to: &depacketizer).frames.count == 1)
            var arrived = packets
            arrived.remove(at: lost)
            #expect(Self.events(arrived.reversed().map(\.packet), to: &depacketizer) == [])
            let missing = Set(packets.enumerated().filter { $0.offset == lost }.flatMap { Array($0.element.intervals) })
            let frame = try #require(depacketizer.flush().frames.first)
            #expect(frame.concealment?.repeatedIntervals == missing.count)
            #expect(frame.concealment?.concealedIntervals == missing.count)
            #expect(try Self.blocks(frame.image, like: picture) == picture.replacing(missing, with: before))
            // A frame that was concealed serves the next as well.
            let third = AlignedPicture(seed: 4)
            let next = third.packets(size: 300, timestamp: 6000).map(\.packet)
            #expect(Self.events(Array(next.dropFirst()), to: &depacketizer) == [])
            let concealed = try #require(depacketizer.flush().frames.first)
            #expect(concealed.concealment?.greyIntervals == 0)
            var patched = picture
            patched.blocks = picture.replacing(missing, with: before)
            let first = Set(third.packets(size: 300)[0].intervals)
            #expect(try Self.blocks(concealed.image, like: third) == third.replacing(first, with: patched))
        }
    }

    @Test func `without a frame before, or after one with another header, grey stands in`() throws {
        let picture = AlignedPicture(seed: 5)
        var others = Array(repeating: AlignedPicture(seed: 6), count: 3)
        others[0].q = 61
        others[1] = AlignedPicture(width: 80, seed: 6)
        others[2] = AlignedPicture(interval: 6, seed: 6)
        for other in [nil] + others.map(Optional.some) {
            var depacketizer = JPEGDepacketizer(concealment: .lastFrame)
            _ = Self.events((other?.packets(size: 400) ?? []).map(\.packet), to: &depacketizer)
            let packets = picture.packets(size: 300, timestamp: 3000)
            #expect(Self.events(packets.dropLast().map(\.packet), to: &depacketizer) == [])
            let frame = try #require(depacketizer.flush().frames.first)
            #expect(frame.concealment?.repeatedIntervals == 0)
            #expect(frame.concealment?.greyIntervals == packets.last?.intervals.count)
            #expect(
                try Self.blocks(frame.image, like: picture) == picture.replacing(Set(packets.last?.intervals ?? 0..<0), with: nil)
            )
        }
    }

    @Test func `nothing is concealed unless that is wanted`() {
        var depacketizer = JPEGDepacketizer()
        let packets = AlignedPicture(seed: 7).packets(size: 300)
        _ = Self.events(packets.dropLast().map(\.packet), to: &depacketizer)
        #expect(depacketizer.flush().incompletes == [1])
    }

    @Test func `J06 a count of all ones in any packet means that nothing is aligned`() {
        let packets = AlignedPicture(seed: 8).packets(size: 300)
        for liar in packets.indices.dropFirst() {
            var depacketizer = JPEGDepacketizer(concealment: .grey)
            var arrived = packets.map(\.packet)
            arrived[liar].payload.replaceSubrange(10..<12, with: [0xFF, 0xFF])
            arrived.remove(at: liar == 1 ? 2 : 1)
            _ = Self.events(arrived, to: &depacketizer)
            #expect(depacketizer.flush().incompletes == [1])
        }
        // As most senders have it: fragments of any length, all of them F = L = 1.
        let picture = AlignedPicture(seed: 8)
        var depacketizer = JPEGDepacketizer(concealment: .grey)
        let payload = JPEGPayload(type: 65, q: 60, width: 8, height: 6, restartInterval: 4)
        let unaligned = payload.packets(picture.scan, size: 100, timestamp: 1)
        _ = Self.events(Array(unaligned.dropFirst(2)) + unaligned.prefix(1), to: &depacketizer)
        #expect(depacketizer.flush().incompletes == [1])
    }

    @Test(arguments: [0, 0xC000, 0xC001, 0xC007] as [UInt16])
    func `J06 counts that do not fit the data are not believed`(word: UInt16) {
        let payload = JPEGPayload(type: 65, q: 60, width: 8, height: 6, restartInterval: 4, restartCount: word)
        let packets = payload.packets(AlignedPicture(seed: 9).scan, size: 100, timestamp: 1)
        for lost in packets.indices {
            var depacketizer = JPEGDepacketizer(concealment: .grey)
            var arrived = packets
            arrived.remove(at: lost)
            _ = Self.events(arrived, to: &depacketizer)
            #expect(depacketizer.flush().incompletes == [1])
        }
    }

    @Test func `a size that does not fit the data is not believed`() {
        for change in [1, -1] {
            var depacketizer = JPEGDepacketizer(concealment: .grey)
            var packets = AlignedPicture(seed: 10).packets(size: 300).map(\.packet)
            for index in packets.indices { packets[index].payload[7] = UInt8(Int(packets[index].payload[7]) + 2 * change) }
            packets.remove(at: 1)
            _ = Self.events(packets, to: &depacketizer)
            #expect(depacketizer.flush().incompletes == [1])
        }
    }

    @Test(arguments: [60, 128, 254, 255] as [UInt8])
    func `a lost beginning is concealed where its tables are known`(q: UInt8) throws {
        var picture = AlignedPicture(seed: 11)
        picture.q = q
        if q >= 128 { picture.tables = Array(repeating: 3, count: 128) }
        let lost = picture.packets(size: 400, timestamp: 3000)
        for isKnown in [true, false] {
            var depacketizer = JPEGDepacketizer(concealment: .grey)
            if isKnown { _ = Self.events(picture.packets(size: 400).map(\.packet), to: &depacketizer) }
            _ = Self.events(lost.dropFirst().map(\.packet), to: &depacketizer)
            let events = depacketizer.flush()
            guard q < 128 || q < 255 && isKnown else {
                #expect(events.incompletes == [3000])
                continue
            }
            let frame = try #require(events.frames.first)
            #expect(try Self.blocks(frame.image, like: picture) == picture.replacing(Set(lost[0].intervals), with: nil))
        }
    }

    @Test func `a frame whose marker is lost is whole where its last interval is there`() throws {
        for end in [[], [0xFF, 0xD9]] as [[UInt8]] {
            let picture = AlignedPicture(seed: 12)
            var packets = picture.packets(size: 300, end: end).map(\.packet)
            packets[packets.count - 1].header.marker = false
            for lost in [nil, 1] as [Int?] {
                var depacketizer = JPEGDepacketizer(concealment: .grey)
                var arrived = packets
                if let lost { arrived.remove(at: lost) }
                #expect(Self.events(arrived, to: &depacketizer) == [])
                let frame = try #require(depacketizer.flush().frames.first)
                #expect((frame.concealment == nil) == (lost == nil))
                _ = try Self.blocks(frame.image, like: picture)
            }
        }
    }

    @Test func `a frame given up for a newer one is concealed, and what comes of it later is late`() throws {
        let picture = AlignedPicture(seed: 13)
        var depacketizer = JPEGDepacketizer(concealment: .grey)
        let packets = picture.packets(size: 300).map(\.packet)
        _ = Self.events(Array(packets.dropFirst()), to: &depacketizer)
        let next = AlignedPicture(seed: 14).packets(size: 300, timestamp: 3000, firstNumber: 100).map(\.packet)
        let events = Self.events(next, to: &depacketizer)
        #expect(events.frames.map(\.timestamp.rawValue) == [1, 3000])
        #expect(events.frames.map { $0.concealment != nil } == [true, false])
        #expect(Self.events([packets[0]], to: &depacketizer) == [.discarded(.late)])
    }

    @Test func `a header that lies of the size costs no more than the limit`() throws {
        let size = try #require(PictureSize(width: 65_528, height: 65_528))
        for limit in [3000, 100_000, 16 << 20] {
            let limits = DepacketizerLimits(maximumBytes: limit)
            var depacketizer = JPEGDepacketizer(limits: limits, describedSize: size, concealment: .grey)
            let payload = JPEGPayload(type: 65, q: 60, width: 255, height: 255, restartInterval: 1, restartCount: 0xC000)
            let packet = FixturePacket(header: .received(0), payload: payload.fragment([1, 2, 3, 0xFF, 0xD0], offset: 0))
            #expect(Self.events([packet], to: &depacketizer) == [])
            let events = depacketizer.flush()
            #expect(events.incompletes == [0])
            #expect(depacketizer.heldByteCount == 0)
        }
    }

    @Test func `the frame kept for the next counts as held, and gives way first`() throws {
        let picture = AlignedPicture(seed: 15)
        let length = picture.scan.count + 1500
        let limits = DepacketizerLimits(maximumBytes: length)
        var depacketizer = JPEGDepacketizer(limits: limits, concealment: .lastFrame)
        #expect(Self.events(picture.packets(size: 300).map(\.packet), to: &depacketizer).frames.count == 1)
        #expect(depacketizer.heldByteCount > picture.scan.count)
        let packets = picture.packets(size: 300, timestamp: 3000).map(\.packet)
        for packet in packets.dropLast() {
            #expect(Self.events([packet], to: &depacketizer) == [])
            #expect(depacketizer.heldByteCount <= length)
        }
        let frame = try #require(depacketizer.flush().frames.first)
        #expect(frame.concealment?.repeatedIntervals == 0)
        depacketizer.restart()
        #expect(depacketizer.heldByteCount == 0)
    }

    @Test(arguments: 0..<30 as Range<UInt64>)
    func `packets changed at random are concealed soundly or given up`(seed: UInt64) throws {
        var random = ReceptionRandom(seed: seed)
        let picture = AlignedPicture(seed: 16)
        var concealed = 0
        let limits = DepacketizerLimits(maximumBytes: 20_000)
        var depacketizer = JPEGDepacketizer(limits: limits, concealment: seed % 2 == 0 ? .grey : .lastFrame)
        for round in 0..<40 {
            var packets = picture.packets(
                size: 250, marker: round % 2 == 0 ? .before : .behind, timestamp: UInt32(round) * 3000,
                firstNumber: UInt16(round * 50)
            )
            .map(\.packet)
            packets.remove(at: Int.random(in: 0..<packets.count, using: &random))
            if round % 3 > 0 {
                let index = Int.random(in: 0..<packets.count, using: &random)
                // The restart header, and the data.
                let place = Int.random(in: 8..<packets[index].payload.count, using: &random)
                packets[index].payload[place] = UInt8.random(in: 0...255, using: &random)
            }
            packets.shuffle(using: &random)
            for frame in (Self.events(packets, to: &depacketizer) + depacketizer.flush()).frames {
                #expect(frame.image.count <= limits.maximumBytes + 2)
                let header = try JPEGImageHeader(scanning: frame.image.span)
                #expect((header.width, header.height) == (picture.width, picture.height))
                guard let concealment = frame.concealment else { continue }
                concealed += 1
                #expect(concealment.concealedIntervals < concealment.intervalCount)
                let markers = header.scan.dropLast().filter {
                    frame.image[$0] == 0xFF && (0xD0...0xD7).contains(frame.image[$0 + 1])
                }
                #expect(markers.map { Int(frame.image[$0 + 1] & 7) } == (0..<concealment.intervalCount - 1).map { $0 & 7 })
            }
            #expect(depacketizer.heldByteCount <= limits.maximumBytes)
        }
        #expect(concealed > 10)
    }
}
