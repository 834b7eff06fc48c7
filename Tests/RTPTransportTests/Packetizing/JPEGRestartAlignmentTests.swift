import Testing

@testable import RTPTransport

struct JPEGRestartAlignmentTests {
    private static let aligned: JPEGPacketizer.Options = {
        var options = JPEGPacketizer.Options()
        options.alignsToRestartIntervals = true
        options.quantization = .everyFrame
        return options
    }()

    /// A picture a row of MCUs of which is an interval, with intervals of these lengths, markers not counted.
    private func picture(_ lengths: [Int], interval: UInt16 = 1) -> (image: SyntheticJPEG, intervals: [[UInt8]]) {
        var intervals: [[UInt8]] = []
        for (index, length) in lengths.enumerated() {
            let data = SyntheticJPEG.scanData(count: length)
            intervals.append(data + (index < lengths.count - 1 ? [0xFF, 0xD0 + UInt8(index % 8)] : []))
        }
        let columns = Int(interval) * 16
        return (
            SyntheticJPEG(
                width: columns, height: lengths.count * 16, restartInterval: interval, scan: Array(intervals.joined())),
            intervals
        )
    }

    private func packets(_ image: [UInt8], size: Int = 300, options: JPEGPacketizer.Options = aligned) throws -> [SentPacket] {
        var packetizer = JPEGPacketizer(maximumPayloadSize: size, options: options)
        return try packetizer.packets(image)
    }

    private func isUnaligned(_ packets: [SentPacket]) -> Bool {
        packets.allSatisfy { $0.restart?.first == true && $0.restart?.last == true && $0.restart?.count == 0x3FFF }
    }

    @Test func `each packet holds as many whole intervals as fit, and tells which is its first`() throws {
        // 288 bytes fit, 156 in the first packet; a marker takes two.
        let (image, intervals) = picture([100, 50, 100, 100, 84, 286, 10, 10, 10, 10])
        let packets = try packets(image.bytes)
        #expect(packets.map { $0.restart?.count } == [0, 2, 4, 5, 6])
        #expect(packets.allSatisfy { $0.restart?.first == true && $0.restart?.last == true && $0.restart?.interval == 1 })
        #expect(packets[0].data == intervals[0] + intervals[1])
        #expect(packets[1].data == intervals[2] + intervals[3])
        #expect(packets[2].data == intervals[4])
        #expect(packets[3].data == intervals[5])
        #expect(packets[4].data == intervals[6...].flatMap(\.self))
        #expect(packets[0].tables?.bytes.count == 128)
        #expect(packets.allSatisfy { $0.type == 65 })
    }

    @Test func `an interval that fits in no packet spans several, the first and the last of which say so`() throws {
        let (image, intervals) = picture([10, 700, 10, 288])
        let packets = try packets(image.bytes)
        let restarts = packets.compactMap { packet in packet.restart.map { [$0.first ? 1 : 0, $0.last ? 1 : 0, $0.count] } }
        #expect(restarts == [[1, 1, 0], [1, 0, 1], [0, 0, 1], [0, 1, 1], [1, 1, 2], [1, 1, 3]])
        #expect(packets[1...3].flatMap(\.data) == intervals[1])
        #expect(packets.flatMap(\.data) == image.scan)
    }

    @Test func `the first interval may span packets for the tables' sake`() throws {
        let (image, intervals) = picture([200, 20])
        let packets = try packets(image.bytes)
        #expect(packets.map { $0.restart?.count } == [0, 0, 1])
        #expect(packets.map { $0.restart?.first } == [true, false, true])
        #expect(packets.map { $0.restart?.last } == [false, true, true])
        #expect(packets[0].data.count == 156)
        #expect(packets[0].data + packets[1].data == intervals[0])
    }

    @Test func `no packet is longer than it may be, and all data travels, whatever the intervals`() throws {
        var generator = SeededGenerator(seed: 3_17)
        for _ in 0..<100 {
            let lengths = (0..<Int.random(in: 1...30, using: &generator)).map { _ in
                Bool.random(using: &generator)
                    ? Int.random(in: 1...60, using: &generator) : Int.random(in: 200...1000, using: &generator)
            }
            let (image, intervals) = picture(lengths)
            let size = Int.random(in: 300...700, using: &generator)
            let packets = try packets(image.bytes, size: size)
            #expect(packets.flatMap(\.data) == image.scan)
            #expect(packets.allSatisfy { $0.bytes.count <= 12 + size && !$0.data.isEmpty })
            for packet in packets where packet.restart?.first == true {
                let count = packet.restart?.count ?? -1
                #expect(packet.offset == intervals[..<count].reduce(0) { $0 + $1.count })
            }
        }
    }

    @Test func `the option is off until it is asked for`() throws {
        let (image, _) = picture([100, 100])
        #expect(isUnaligned(try packets(image.bytes, options: .init())))
    }

    @Test func `where the markers are not right, packets begin anywhere`() throws {
        let (image, _) = picture([100, 100, 100, 100])
        #expect(!isUnaligned(try packets(image.bytes)))
        let changes: [(inout [UInt8]) -> Void] = [
            { $0[101] = 0xD1 },  // the wrong number
            { $0[101] = 0xDC },  // another marker
            { $0.removeSubrange(100..<102) },  // too few
            { $0 += [0xFF, 0xD3, 7] },  // too many
            { $0.swapAt(101, 203) },
        ]
        for change in changes {
            var damaged = image
            change(&damaged.scan)
            let packets = try packets(damaged.bytes)
            #expect(isUnaligned(packets))
            #expect(packets.flatMap(\.data) == damaged.scan)
        }
        var small = image
        small.height -= 16
        #expect(isUnaligned(try packets(small.bytes)))
    }

    @Test func `stuffed and fill bytes are no markers`() throws {
        var (image, _) = picture([100, 100, 100])
        image.scan[50] = 0xFF
        image.scan[51] = 0x00
        // The last byte of the second interval becomes a fill byte.
        image.scan[201] = 0xFF
        let packets = try packets(image.bytes)
        #expect(packets.map { $0.restart?.count } == [0, 1])
        #expect(packets.flatMap(\.data) == image.scan)
    }

    @Test func `markers are found wherever they stand in the blocks that are searched`() throws {
        for length in Array(250...260) + Array(505...520) {
            let (image, intervals) = picture([length, length, 5])
            let header = try JPEGImageHeader(scanning: image.bytes)
            let ends = { JPEGRestartIntervals(header, of: $0.span) }(image.bytes)?.ends
            #expect(ends == [length + 2, 2 * length + 4, 2 * length + 9])
            #expect(intervals.count == 3)
        }
    }

    @Test func `a picture without restart markers, and one that is re-ordered, has no restart header`() throws {
        #expect(try packets(SyntheticJPEG().bytes).allSatisfy { $0.restart == nil && $0.type == 1 })
        var image = SyntheticJPEG()
        image.restartInterval = 0
        #expect(try packets(image.bytes).allSatisfy { $0.restart == nil })
        let reordered = try packets(FactoredJPEG.tallRestarting)
        #expect(reordered.allSatisfy { $0.restart == nil && $0.type == 0 })
        #expect(reordered.flatMap(\.data) == FactoredJPEG.expectedScan)
    }

    @Test func `a single interval is one, too`() throws {
        let image = SyntheticJPEG(restartInterval: 500, scan: SyntheticJPEG.scanData(count: 20))
        let restart = try packets(image.bytes)[0].restart
        #expect(restart == .init(interval: 500, first: true, last: true, count: 0))
    }

    @Test func `thousands of intervals are counted`() throws {
        func image(intervals: Int) -> SyntheticJPEG {
            var scan: [UInt8] = []
            for index in 0..<intervals {
                scan += [1, 2, 3, 4, 5, 6, 7, 8] + (index < intervals - 1 ? [0xFF, 0xD0 + UInt8(index % 8)] : [])
            }
            return SyntheticJPEG(width: 16, height: 16 * intervals, restartInterval: 1, scan: scan)
        }
        var options = Self.aligned
        options.headerExtension = .never
        let last = try packets(image(intervals: 4000).bytes, options: options).last?.restart?.count ?? 0
        #expect(last < 4000 && (4000 - last) * 10 - 2 <= 288)
    }

    @Test func `packets are told from their restart counts up to the largest`() throws {
        func intervals(_ count: Int) throws -> JPEGRestartIntervals? {
            var scan: [UInt8] = []
            scan.reserveCapacity(count * 3)
            for index in 0..<count { scan += [1] + (index < count - 1 ? [0xFF, 0xD0 + UInt8(index % 8)] : []) }
            let image = SyntheticJPEG(width: 16 * count / 8, height: 128, restartInterval: 1, scan: scan).bytes
            return JPEGRestartIntervals(try JPEGImageHeader(scanning: image), of: image.span)
        }
        let most = try #require(try intervals(0x4000))
        // A packet for each: the last would be number 3FFF.
        #expect(most.pieces(room: 3, firstRoom: 3) == nil)
        // Two in each: the last is number 3FFE.
        #expect(most.pieces(room: 6, firstRoom: 6)?.last?.restart == 0xFFFE)
        #expect(try intervals(0x3FF8)?.pieces(room: 3, firstRoom: 3)?.last?.restart == 0xFFF7)
    }

    @Test func `the picture that libjpeg made is cut at its markers`() throws {
        let packets = try packets(RealJPEG.restarting, options: Self.aligned)
        let header = try JPEGImageHeader(scanning: RealJPEG.restarting)
        #expect(!isUnaligned(packets))
        #expect(packets.flatMap(\.data) == Array(RealJPEG.restarting[header.scan]))
    }
}
