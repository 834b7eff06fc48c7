@testable import RTPTransport

/// A picture of random blocks with restart markers, and its packets as a sender makes them that begins each at a restart interval
/// (RFC 2435 section 3.1.7).
struct AlignedPicture {
    /// Where the marker between two chunks stands; the RFC does not say.
    enum MarkerPlace: CaseIterable { case behind, before }

    var width = 64
    var height = 48
    var interval = 4
    var type: UInt8 = 65
    var q: UInt8 = 60
    var tables: [UInt8]?
    var blocks: ReferenceScan

    var sampling: JPEGSampling { type & 1 == 1 ? .yuv420 : .yuv422 }

    init(width: Int = 64, height: Int = 48, interval: Int = 4, type: UInt8 = 65, seed: UInt64) {
        (self.width, self.height, self.interval, self.type) = (width, height, interval, type)
        var random = ReceptionRandom(seed: seed)
        blocks = ReferenceScan(width: width, height: height, type & 1 == 1 ? .yuv420 : .yuv422) {
            [Int.random(in: -200...200, using: &random)]
                + (1..<64).map { $0 < 12 ? Int.random(in: -9...9, using: &random) : 0 }
        }
    }

    var scan: [UInt8] { blocks.scan(width: width, height: height, sampling, restartInterval: interval) }

    /// The data of each interval.
    var intervals: [[UInt8]] {
        var intervals: [[UInt8]] = [[]]
        let scan = scan
        var offset = 0
        while offset < scan.count {
            if scan[offset] == 0xFF, (0xD0...0xD7).contains(scan[offset + 1]) {
                intervals.append([])
                offset += 2
            } else {
                intervals[intervals.count - 1].append(scan[offset])
                offset += 1
            }
        }
        return intervals
    }

    /// The packets: as many whole intervals in each as fit in `size` bytes, one in several packets where it is larger.
    func packets(
        size: Int, marker place: MarkerPlace = .behind, timestamp: UInt32 = 1, firstNumber: UInt16 = 0, end: [UInt8] = []
    ) -> [AlignedPacket] {
        let intervals = intervals
        let pieces = intervals.indices.map { index -> [UInt8] in
            let isEdge = place == .behind ? index == intervals.count - 1 : index == 0
            let number = place == .behind ? index : index - 1
            let between: [UInt8] = isEdge ? [] : [0xFF, 0xD0 + UInt8(number & 7)]
            let last = index == intervals.count - 1 ? end : []
            return place == .behind ? intervals[index] + between + last : between + intervals[index] + last
        }
        var chunks: [(range: Range<Int>, data: [UInt8])] = []
        for (index, piece) in pieces.enumerated() {
            if let last = chunks.last, last.data.count + piece.count <= size {
                chunks[chunks.count - 1] = (last.range.lowerBound..<index + 1, last.data + piece)
            } else {
                chunks.append((index..<index + 1, piece))
            }
        }
        return packets(of: chunks, size: size, timestamp: timestamp, firstNumber: firstNumber)
    }

    private func packets(
        of chunks: [(range: Range<Int>, data: [UInt8])], size: Int, timestamp: UInt32, firstNumber: UInt16
    ) -> [AlignedPacket] {
        var packets: [AlignedPacket] = []
        var offset = 0
        for chunk in chunks {
            for start in stride(from: 0, to: chunk.data.count, by: size) {
                let data = chunk.data[start..<min(start + size, chunk.data.count)]
                let flags: UInt16 = (start == 0 ? 0x8000 : 0) | (data.endIndex == chunk.data.count ? 0x4000 : 0)
                let payload = JPEGPayload(
                    type: type, q: q, width: UInt8((width + 7) / 8), height: UInt8((height + 7) / 8),
                    restartInterval: UInt16(interval), restartCount: flags | UInt16(chunk.range.lowerBound), tables: tables)
                let header = RTPHeader.received(firstNumber &+ UInt16(packets.count), timestamp: timestamp)
                packets.append(
                    AlignedPacket(
                        packet: FixturePacket(header: header, payload: payload.fragment(Array(data), offset: offset)),
                        intervals: chunk.range))
                offset += data.count
            }
        }
        packets[packets.count - 1].packet.header.marker = true
        return packets
    }

    /// The MCUs of these intervals.
    func units(ofIntervals lost: Set<Int>) -> Set<Int> {
        let units = ReferenceScan.mcus(width: width, height: height, sampling)
        return Set((0..<units.across * units.down).filter { lost.contains($0 / interval) })
    }

    /// The blocks that come out where these intervals are replaced: by those of `other`, or by grey.
    func replacing(_ lost: Set<Int>, with other: AlignedPicture?) -> ReferenceScan {
        var blocks = blocks
        let order = ReferenceScan.order(width: width, height: height, sampling)
        for unit in units(ofIntervals: lost) {
            for place in order[unit] {
                blocks.blocks[place.component][place.row][place.column] =
                    other?.blocks.blocks[place.component][place.row][place.column] ?? Array(repeating: 0, count: 64)
            }
        }
        return blocks
    }
}

/// A packet, and the restart intervals that it holds, or part of one.
struct AlignedPacket {
    var packet: FixturePacket
    var intervals: Range<Int>
}
