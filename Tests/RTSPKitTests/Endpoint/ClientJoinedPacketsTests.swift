import RTPTransport
import RTSPKit
import RTSPTestKit
import Testing

/// Packets that arrive together, as datagrams that the system has joined and as reads of a connection that hold several frames: what
/// they lead to is what they lead to one by one.
@Suite struct ClientJoinedPacketsTests {
    private static func playing(
        _ choice: ClientConfiguration.TransportChoice = .udp, playout: PlayoutDelay = .fixed(.zero)
    ) throws -> ClientDialogue {
        var talk = ClientDialogue(choice) { $0.playout = playout }
        talk.setUp(choice == .tcp ? ClientDialogue.tcp : ClientDialogue.udp)
        try talk.play()
        talk.replyToPlay()
        return talk
    }

    /// What there is to compare of two dialogues.
    private static func expectSame(_ one: ClientDialogue, _ other: ClientDialogue) {
        #expect(one.events == other.events)
        #expect(one.client.state == other.client.state)
        #expect(one.client.statistics() == other.client.statistics())
        #expect(one.client.deadline == other.client.deadline)
        #expect(one.client.heldByteCount == other.client.heldByteCount)
        #expect(one.transport.entries == other.transport.entries)
    }

    /// `bytes` cut as the door's contract says.
    private static func pieces(_ bytes: [UInt8], _ segmentSize: Int) -> [[UInt8]] {
        guard segmentSize > 0, segmentSize < bytes.count else { return [bytes] }
        return stride(from: 0, to: bytes.count, by: segmentSize).map {
            Array(bytes[$0..<min($0 + segmentSize, bytes.count)])
        }
    }

    /// Hands `bytes` to one client together, and to the other piece by piece.
    private static func hand(
        _ bytes: [UInt8], _ segmentSize: Int, together: inout ClientDialogue, apart: inout ClientDialogue
    ) {
        together.receive(rtp: bytes, segmentSize: segmentSize)
        for piece in pieces(bytes, segmentSize) { apart.receive(rtp: piece) }
    }

    // MARK: Datagrams

    @Test(arguments: [PlayoutDelay.fixed(.zero), .adaptive])
    func `frames of joined packets, the last of them short, are what they are packet by packet`(
        _ playout: PlayoutDelay
    ) throws {
        var together = try Self.playing(playout: playout)
        var apart = together
        for index in 0..<20 {
            let packets = try together.packets(size: 20_000 + index * 31, seed: UInt64(index))
            let same = try apart.packets(size: 20_000 + index * 31, seed: UInt64(index))
            #expect(packets == same)
            #expect(packets.count > 10 && packets[0].count > packets[packets.count - 1].count)
            Self.hand(packets.flatMap(\.self), packets[0].count, together: &together, apart: &apart)
            Self.expectSame(together, apart)
            together.pass(.milliseconds(37))
            apart.pass(.milliseconds(37))
        }
        together.pass(.seconds(1))
        apart.pass(.seconds(1))
        Self.expectSame(together, apart)
        #expect(together.frames.count == 20)
        #expect(together.client.statistics().packetsLost == 0)
    }

    @Test(arguments: [PlayoutDelay.fixed(.zero), .adaptive])
    func `several frames in one read come out one by one, each before the next is taken`(_ playout: PlayoutDelay) throws {
        var together = try Self.playing(playout: playout)
        var apart = together
        var packets: [[UInt8]] = []
        for _ in 0..<12 { packets += try together.packets(size: 600, seed: 7) }
        #expect(packets.count == 12 && Set(packets.map(\.count)).count == 1)
        Self.hand(packets.flatMap(\.self), packets[0].count, together: &together, apart: &apart)
        together.pass(.seconds(1))
        apart.pass(.seconds(1))
        Self.expectSame(together, apart)
        #expect(together.frames.count == 12)
    }

    @Test func `a report that is due leaves after the first packet of a read, as it would alone`() throws {
        var together = try Self.playing()
        var apart = together
        let packets = try together.packets(size: 20_000)
        // Neither has been told that time has passed.
        together.now += .seconds(6)
        apart.now += .seconds(6)
        Self.hand(packets.flatMap(\.self), packets[0].count, together: &together, apart: &apart)
        Self.expectSame(together, apart)
        #expect(together.transport.reports.count == 1)
        #expect(together.frames.count == 1)
    }

    @Test(arguments: [Int.min, -1, 0, 1, 2, 11, 12, 13, 1000, 65_535, Int.max])
    func `any segment size has a meaning, and none of them a danger`(_ segmentSize: Int) throws {
        var together = try Self.playing()
        var apart = together
        let bytes = try together.packets(size: 9000).flatMap(\.self)
        Self.hand(bytes, segmentSize, together: &together, apart: &apart)
        Self.hand([], segmentSize, together: &together, apart: &apart)
        Self.expectSame(together, apart)
        #expect(together.client.state == .playing)
    }

    @Test func `joined packets of no use, of another source and out of order lead to what they would alone`() throws {
        var random = SeededGenerator(seed: 5)
        var together = try Self.playing(playout: .adaptive)
        var apart = together
        for round in 0..<150 {
            var packets = try together.packets(size: 6000, seed: UInt64(round))
            let length = packets[0].count
            packets.removeLast()
            switch UInt64.random(in: 0..<6, using: &random) {
            case 0: packets.shuffle(using: &random)
            case 1: packets[1] = Array(repeating: UInt8(truncatingIfNeeded: round), count: length)
            // Another source, which takes over where it shows enough.
            case 2: for index in packets.indices { packets[index][11] ^= 0x55 }
            case 3: packets.remove(at: 0)
            case 4: packets.append(packets[0])
            default: break
            }
            Self.hand(packets.flatMap(\.self), length, together: &together, apart: &apart)
            Self.expectSame(together, apart)
            let pause = Duration.milliseconds(Int64.random(in: 0...900, using: &random))
            together.pass(pause)
            apart.pass(pause)
        }
        Self.expectSame(together, apart)
        #expect(together.notices.count > 1)
    }

    @Test func `joined packets before SETUP, on a connection's stream and after the end are passed over`() throws {
        var talk = ClientDialogue()
        let packets = try talk.packets(size: 6000)
        let joined = packets.flatMap(\.self)
        for stage in 0..<3 {
            if stage == 1 { talk.setUp(ClientDialogue.tcp) }
            if stage == 2 { talk.close() }
            talk.receive(rtp: joined, segmentSize: packets[0].count)
        }
        #expect(talk.client.statistics().packets == 0)
        #expect(talk.client.statistics().firstFrame == nil)
        #expect(talk.frames.isEmpty)
        #expect(talk.client.state == .closed)
    }

    // MARK: Connections

    /// Frames, reports, a reply and empty lines, as a server may put them on a connection.
    private static func stream(of talk: inout ClientDialogue) throws -> [UInt8] {
        var bytes: [UInt8] = []
        for index in 0..<6 {
            for packet in try talk.packets(size: 3000, seed: UInt64(index)) {
                bytes += RTSPSerializer.bytes(of: InterleavedFrame(channel: 0, payload: packet))
            }
            let report = talk.sender.senderReport(streamTime: talk.streamTime, ntp: NTPTimestamp(rawValue: 1 << 40))
            bytes += RTSPSerializer.bytes(of: InterleavedFrame(channel: 1, payload: report))
            bytes += RTSPSerializer.bytes(of: InterleavedFrame(channel: 9, payload: [1, 2, 3]))
            bytes += RTSPSerializer.bytes(of: InterleavedFrame(channel: 0, payload: []))
            if index == 2 { bytes += Array("\r\n\r\n".utf8) }
            if index == 4 { bytes += Array("RTSP/1.0 200 OK\r\nCSeq: 99\r\nContent-Length: 5\r\n\r\n$$$$$".utf8) }
        }
        return bytes
    }

    @Test(arguments: [1, 2, 3, 4, 5, 100, 1399, 1404, 1405, 4096, 1_000_000])
    func `how a connection's bytes are cut changes nothing`(_ length: Int) throws {
        var whole = try Self.playing(.tcp)
        var cut = whole
        let bytes = try Self.stream(of: &whole)
        whole.send(bytes)
        for piece in Self.pieces(bytes, length) { cut.send(piece) }
        Self.expectSame(whole, cut)
        #expect(whole.frames.count == 6)
        #expect(whole.client.heldByteCount == 0)
        #expect(whole.client.statistics().packetsLost == 0)
    }

    @Test func `the beginning of a frame is held until its end comes, and not longer`() throws {
        var talk = try Self.playing(.tcp)
        var bytes: [UInt8] = []
        for packet in try talk.packets(size: 3000) {
            bytes += RTSPSerializer.bytes(of: InterleavedFrame(channel: 0, payload: packet))
        }
        for end in [1, 3, 4, 5, 700] {
            var part = talk
            part.send(Array(bytes[..<end]))
            #expect(part.client.heldByteCount == end)
            part.send(Array(bytes[end...]))
            #expect(part.client.heldByteCount == 0)
            #expect(part.frames.count == 1)
        }
    }

    @Test func `what belongs to nothing is counted anew after each frame, however they are read`() throws {
        var talk = try Self.playing(.tcp)
        let junk = Array(repeating: UInt8(ascii: "#"), count: RTSPParserLimits.default.junk / 2 + 1)
        for _ in 0..<5 {
            talk.send(junk)
            talk.send(RTSPSerializer.bytes(of: InterleavedFrame(channel: 9, payload: [1])))
        }
        #expect(talk.client.state == .playing)
        talk.send(junk)
        talk.send(junk)
        #expect(talk.client.state == .closed)
    }
}
