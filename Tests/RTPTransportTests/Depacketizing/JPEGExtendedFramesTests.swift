import Testing

@testable import RTPTransport

/// Frames whose size, tables or sampling the payload header cannot say: the session description or a header extension does.
@Suite struct JPEGExtendedFramesTests {
    private typealias Told = JPEGReceivedExtensionTests

    private static func file(
        _ payload: JPEGPayload, described: PictureSize? = nil, told: [UInt8]? = nil,
        to depacketizer: inout JPEGDepacketizer, timestamp: UInt32 = 1
    ) -> (file: JPEGFile?, events: [DepacketizerEvent]) {
        let packets = payload.packets(scan(30), size: 10, timestamp: timestamp)
        let events = packets.enumerated().flatMap { index, packet in
            if let told, index == 0 {
                return depacketizer.receive(
                    packet.header, payload: packet.payload.span, extensionProfile: 0xFFD8, extension: told.span, at: .after(0))
            }
            return depacketizer.receive(packet.header, payload: packet.payload.span, at: .after(0))
        }
        return (events.frames.first.flatMap { JPEGFile($0.image) }, events)
    }

    private static func size(_ file: JPEGFile?) -> [Int]? {
        file?.segments.first { $0.marker == 0xC0 || $0.marker == 0xC1 }.map {
            [Int($0.content[3]) << 8 | Int($0.content[4]), Int($0.content[1]) << 8 | Int($0.content[2])]
        }
    }

    /// What the description says, what the payload header says in eights, and what comes of it; `nil` for no frame.
    @Test(
        arguments: [
            // Exact, rounded up, cut off.
            ([640, 480], [80, 60], [640, 480]), ([641, 359], [81, 45], [641, 359]), ([641, 359], [80, 44], [641, 359]),
            // J05: too large, and so zero, modulo 256, or all ones.
            ([2592, 1944], [0, 0], [2592, 1944]), ([2592, 1944], [68, 243], [2592, 1944]),
            ([4096, 2160], [0, 14], [4096, 2160]),
            ([4096, 2160], [255, 255], [4096, 2160]), ([2048, 1000], [0, 125], [2048, 1000]),
            ([2592, 1944], [255, 243], [2592, 1944]),
            // Another picture than described: the payload header is nearer to it.
            ([640, 480], [40, 30], [320, 240]), ([640, 480], [80, 61], [640, 488]), ([2000, 1000], [255, 125], [2040, 1000]),
            ([640, 480], [0, 45], nil), ([640, 480], [45, 0], nil),
            // Nothing described.
            ([], [80, 45], [640, 360]), ([], [0, 45], nil), ([], [80, 0], nil), ([], [0, 0], nil),
        ] as [([Int], [UInt8], [Int]?)])
    func `J05 the description's size counts where the payload header agrees as far as it can`(
        described: [Int], stated: [UInt8], expected: [Int]?
    ) {
        let size = described.count == 2 ? PictureSize(width: described[0], height: described[1]) : nil
        var depacketizer = JPEGDepacketizer(describedSize: size)
        let (file, events) = Self.file(JPEGPayload(width: stated[0], height: stated[1]), to: &depacketizer)
        #expect(Self.size(file) == expected)
        #expect(events.discards.first == (expected == nil ? .zeroSize : nil))
        #expect(events.incompletes == (expected == nil ? [1] : []))
    }

    @Test func `a picture size is one that JPEG can say`() {
        for (width, height) in [(0, 1), (1, 0), (65_536, 1), (1, 65_536), (-1, 1)] {
            #expect(PictureSize(width: width, height: height) == nil)
        }
        #expect(PictureSize(width: 65_535, height: 1)?.width == 65_535)
    }

    @Test func `J05 the extension's size goes before all others, and lasts for frames that state none`() throws {
        var depacketizer = JPEGDepacketizer(describedSize: PictureSize(width: 2592, height: 1944))
        let zero = JPEGPayload(width: 0, height: 0)
        let first = Self.file(zero, told: Told.sof(4096, 2160), to: &depacketizer)
        #expect(Self.size(first.file) == [4096, 2160])
        #expect(first.events.count == 1)
        #expect(Self.size(Self.file(zero, to: &depacketizer, timestamp: 2).file) == [4096, 2160])
        #expect(Self.size(Self.file(zero, told: [], to: &depacketizer, timestamp: 3).file) == [4096, 2160])
        // A header that agrees with it, and one that does not.
        #expect(Self.size(Self.file(JPEGPayload(width: 0, height: 14), to: &depacketizer, timestamp: 4).file) == [4096, 2160])
        #expect(Self.size(Self.file(JPEGPayload(width: 80, height: 45), to: &depacketizer, timestamp: 5).file) == [640, 360])
        #expect(Self.size(Self.file(JPEGPayload(), told: Told.sof(33, 17), to: &depacketizer, timestamp: 6).file) == [33, 17])
        depacketizer.restart(keepingTables: false)
        #expect(Self.size(Self.file(zero, to: &depacketizer, timestamp: 7).file) == [2592, 1944])
    }

    @Test func `J09 the extension's sampling and tables stand in the file`() throws {
        var depacketizer = JPEGDepacketizer()
        let told = Told.sof(64, 48, sampling: 0x12) + Told.dqt(1, 9) + SyntheticJPEG.segment(0xDD, [0, 7])
        let (found, events) = Self.file(
            JPEGPayload(type: 65, q: 255, tables: Array(repeating: 3, count: 128)), told: told, to: &depacketizer)
        let file = try #require(found)
        #expect(events.count == 1)
        #expect(file.contents(0xC0).first?.suffix(9) == [1, 0x12, 0, 2, 0x11, 1, 3, 0x11, 1])
        #expect(file.contents(0xDB).map { [$0[0], $0[1]] } == [[0, 3], [1, 9]])
        #expect(file.contents(0xDD) == [[0, 7]])
        // The next one without is as its payload header says.
        let next = try #require(Self.file(JPEGPayload(type: 65), to: &depacketizer, timestamp: 2).file)
        #expect(next.contents(0xC0).first?.suffix(9) == [1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1])
        #expect(next.contents(0xDD) == [[0, 4]])
    }

    @Test func `Huffman tables and scan header of the extension stand in the file, and last for extended frames`() throws {
        var depacketizer = JPEGDepacketizer()
        let luma = StandardHuffmanTables.chromaDirectCurrent
        let scanHeader: [UInt8] = [3, 1, 0, 2, 0, 3, 0, 0, 63, 0]
        let told = SyntheticJPEG.segment(0xC4, [0] + luma) + SyntheticJPEG.segment(0xDA, scanHeader)
        let file = try #require(Self.file(JPEGPayload(), told: told, to: &depacketizer).file)
        #expect(file.contents(0xC4).map(\.first) == [0x00, 0x01, 0x10, 0x11])
        #expect(file.contents(0xC4).first == [0] + luma)
        #expect(file.contents(0xDA) == [scanHeader])
        let second = try #require(Self.file(JPEGPayload(), told: [], to: &depacketizer, timestamp: 2).file)
        #expect(second.contents(0xC4).first == [0] + luma)
        #expect(second.contents(0xDA) == [[3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0]])
        let plain = try #require(Self.file(JPEGPayload(), to: &depacketizer, timestamp: 3).file)
        #expect(plain.contents(0xC4).map(\.count) == [416])
    }

    @Test func `Q 0 means the tables of the frame before, and those of the extension`() throws {
        var depacketizer = JPEGDepacketizer()
        let zero = JPEGPayload(q: 0)
        #expect(Self.file(zero, to: &depacketizer).events.discards.first == .reservedQ(0))
        #expect(Self.file(zero, told: [], to: &depacketizer, timestamp: 2).events.discards.first == .missingQuantizationTables)
        _ = Self.file(JPEGPayload(q: 255, tables: Array(repeating: 3, count: 128)), to: &depacketizer, timestamp: 3)
        let file = try #require(Self.file(zero, told: Told.dqt(1, 8), to: &depacketizer, timestamp: 4).file)
        #expect(file.contents(0xDB).map { [$0[0], $0[1]] } == [[0, 3], [1, 8]])
        let all = try #require(
            Self.file(zero, told: Told.dqt(0, 4) + Told.dqt(1, 5), to: &depacketizer, timestamp: 5).file)
        #expect(all.contents(0xDB).map { [$0[0], $0[1]] } == [[0, 4], [1, 5]])
        // Q 255 without tables in band, too.
        let bare = JPEGPayload(q: 255, tables: [])
        let given = try #require(Self.file(bare, told: Told.dqt(0, 6), to: &depacketizer, timestamp: 6).file)
        #expect(given.contents(0xDB).map { [$0[0], $0[1]] } == [[0, 6]])
        #expect(Self.file(bare, to: &depacketizer, timestamp: 7).events.discards.first == .missingQuantizationTables)
    }

    @Test func `a malformed extension is told, and the packet used all the same`() {
        var depacketizer = JPEGDepacketizer()
        let (file, events) = Self.file(JPEGPayload(), told: Told.sof(33, 17) + [1, 2, 3, 4], to: &depacketizer)
        #expect(events.discards == [.malformedHeaderExtension])
        #expect(Self.size(file) == [33, 17])
    }

    @Test func `extensions of other kinds say nothing`() {
        for profile in [0xABAC, 0xBEDE, 0xFFD9, 0] as [UInt16] {
            var depacketizer = JPEGDepacketizer()
            let packet = JPEGPayload().packets(scan(9), size: 9, timestamp: 1)[0]
            let frames = depacketizer.receive(
                packet.header, payload: packet.payload.span, extensionProfile: profile,
                extension: Told.sof(33, 17).span, at: .after(0)
            ).frames
            #expect(Self.size(frames.first.flatMap { JPEGFile($0.image) }) == [16, 8])
        }
    }

    @Test func `packets with extensions alone may come before those with data`() throws {
        var depacketizer = JPEGDepacketizer()
        let payload = JPEGPayload(q: 255, width: 0, height: 0, tables: Array(repeating: 3, count: 128))
        let empty = payload.fragment([], offset: 0)
        var header = RTPHeader.received(0, timestamp: 1)
        #expect(
            depacketizer.receive(
                header, payload: empty.span, extensionProfile: 0xFFD8, extension: Told.sof(4096, 2160).span, at: .after(0)) == [])
        header.sequenceNumber = 1
        // One without even a payload header.
        #expect(
            depacketizer.receive(
                header, payload: [UInt8]().span, extensionProfile: 0xFFFF, extension: Told.dqt(1, 9).span, at: .after(0)) == [])
        let packets = payload.packets(scan(30), size: 10, timestamp: 1, firstNumber: 2)
        let frames = packets.flatMap { depacketizer.receive($0.header, payload: $0.payload.span, at: .after(0)) }.frames
        let file = try #require(frames.first.flatMap { JPEGFile($0.image) })
        #expect(Self.size(file) == [4096, 2160])
        #expect(file.contents(0xDB).map { [$0[0], $0[1]] } == [[0, 3], [1, 9]])
        #expect(file.scan == scan(30))
    }

    @Test func `one component makes a grey picture`() throws {
        var depacketizer = JPEGDepacketizer()
        let told = SyntheticJPEG.segment(0xC0, [8, 0, 16, 0, 16, 1, 1, 0x11, 0])
        let file = try #require(Self.file(JPEGPayload(), told: told, to: &depacketizer).file)
        #expect(file.contents(0xDB).count == 1)
        #expect(file.contents(0xC0) == [[8, 0, 16, 0, 16, 1, 1, 0x11, 0]])
        #expect(file.contents(0xDA) == [[1, 1, 0, 0, 63, 0]])
    }
}
