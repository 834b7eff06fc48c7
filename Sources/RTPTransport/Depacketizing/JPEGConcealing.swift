extension JPEGDepacketizer {
    /// Where the data of one packet lies among the restart intervals; packed, as there is one for each packet.
    struct Position: Sendable, Hashable {
        private let packed: UInt64

        init(offset: Int, byteCount: Int, position: RestartPosition) {
            packed =
                UInt64(truncatingIfNeeded: offset & 0xFF_FFFF) << 32 | UInt64(truncatingIfNeeded: min(byteCount, 0xFFFF)) << 16
                | UInt64(position.rawValue)
        }

        var offset: Int { Int(packed >> 32) }
        var end: Int { offset + Int(packed >> 16 & 0xFFFF) }
        var position: RestartPosition { RestartPosition(rawValue: UInt16(truncatingIfNeeded: packed)) }
        /// In the order of the data; a longer one before a shorter one at the same place.
        static func < (one: Position, other: Position) -> Bool {
            (one.offset, other.end) < (other.offset, one.end)
        }
    }

    /// A frame with holes, put together interval by interval (RFC 2435 section 3.1.7, ITU-T T.81 section F.1.1.5.2).
    ///
    /// What a sender says of its intervals is believed as long as all of it fits together: the numbers of the restart markers in the
    /// data, the counts in the headers, the order. Else there is no picture. What has been written is never more than the limit, and
    /// each byte that came is looked at once.
    struct Concealing {
        /// What was said of the intervals cannot be so.
        private struct Contradiction: Error {}

        private let layout: ScanLayout
        private let intervalCount: Int
        private let limit: Int
        /// The intervals of the frame before, where they may be shown again.
        private var reference: Reference?
        private var grey: [UInt8] = []
        private(set) var image: [UInt8]
        private(set) var result: FrameConcealment
        /// The next interval that is to be written.
        private var next = 0
        /// Whether the end of the data has been written, behind which there is no interval.
        private var isAtEnd = false

        /// - Parameter reference: the frame before, where it is wanted.
        init(header: [UInt8], layout: ScanLayout, reference: [UInt8]?, limit: Int) {
            self.layout = layout
            self.limit = limit
            intervalCount = layout.intervalCount
            image = header
            result = FrameConcealment(intervalCount: intervalCount)
            if let reference, reference.starts(with: header) {
                self.reference = Reference(image: reference, start: header.count)
            }
        }

        /// Writes the picture: what `frame` has of it, and what stands in for the rest.
        /// - Returns: whether that could be done.
        mutating func run(_ frame: PartialFrame) -> Bool {
            guard intervalCount > 0, let positions = frame.positions?.sorted(by: <), !positions.isEmpty else { return false }
            do throws(Contradiction) {
                var index = 0
                for run in frame.runs { try take(run, of: frame, positions, from: &index) }
                guard next > 0, next == intervalCount || !isAtEnd else { return false }
                try fill(upTo: intervalCount)
            } catch {
                return false
            }
            image += [0xFF, 0xD9]
            return true
        }

        /// Takes the chunks of a stretch of data without a hole: one or several packets each, from F to L.
        private mutating func take(
            _ run: PartialFrame.Run, of frame: PartialFrame, _ positions: [Position], from index: inout Int
        ) throws(Contradiction) {
            let bytes = frame.bytes(of: run)
            var chunk: (start: Int, count: Int)?
            var covered = run.range.lowerBound
            while index < positions.count, positions[index].offset < run.range.upperBound {
                let (place, offset, end) = (positions[index].position, positions[index].offset, positions[index].end)
                index += 1
                guard offset >= run.range.lowerBound, end <= run.range.upperBound else { throw Contradiction() }
                // A packet that was repeated, longer.
                guard end > covered else { continue }
                covered = end
                if place.isFirst {
                    guard (offset == 0) == (place.count == 0) else { throw Contradiction() }
                    if let chunk {
                        try take(bytes, chunk.start..<offset - run.range.lowerBound, from: chunk.count)
                    }
                    chunk = (offset - run.range.lowerBound, place.count)
                }
                guard place.isLast, let begun = chunk else { continue }
                try take(bytes, begun.start..<end - run.range.lowerBound, from: begun.count)
                isAtEnd = frame.dataEnd == end
                chunk = nil
            }
            guard let chunk else { return }
            isAtEnd = frame.dataEnd == run.range.upperBound
            try take(bytes, chunk.start..<bytes.count, from: chunk.count, isWhole: isAtEnd)
        }

        /// Takes the intervals that `range` of `bytes` holds, the first of which has this number; where the chunk is not whole, its last
        /// interval is not either.
        private mutating func take(_ bytes: [UInt8], _ range: Range<Int>, from number: Int, isWhole: Bool = true)
            throws(Contradiction)
        {
            var (number, start) = (number, range.lowerBound)
            // The marker between two chunks may stand at the end of the first or at the beginning of the second.
            if case .restart(let marker, let end)? = ScanMarker(in: bytes, at: start, before: range.upperBound) {
                guard number > 0, marker == (number - 1) & 7 else { throw Contradiction() }
                start = end
            }
            while start < range.upperBound {
                switch ScanMarker.next(in: bytes, from: start, before: range.upperBound) {
                case (let place, .restart(let marker, let end)?):
                    guard marker == number & 7 else { throw Contradiction() }
                    try write(bytes[start..<place], number: number)
                    (number, start) = (number + 1, end)
                case (let place, .endOfImage?):
                    guard number == intervalCount - 1 else { throw Contradiction() }
                    return try write(bytes[start..<place], number: number)
                case (_, .other?): throw Contradiction()
                case (let place, nil):
                    if isWhole { try write(bytes[start..<place], number: number) }
                    return
                }
            }
        }

        private mutating func write(_ interval: ArraySlice<UInt8>, number: Int) throws(Contradiction) {
            guard number >= next, number < intervalCount, !interval.isEmpty else { throw Contradiction() }
            try fill(upTo: number)
            try begin(byteCount: interval.count)
            image += interval
        }

        /// Writes the intervals that are missing before this one.
        private mutating func fill(upTo end: Int) throws(Contradiction) {
            // An interval takes a marker and a byte at least: a size that cannot be is not even begun.
            guard end - next <= (limit - image.count) / 3 + 1 else { throw Contradiction() }
            while next < end {
                if let interval = reference?.interval(next) {
                    try begin(byteCount: interval.count)
                    image += interval
                    result.repeatedIntervals += 1
                } else {
                    let units = layout.unitCount(ofInterval: next)
                    guard let count = layout.greyByteCount(units) else { throw Contradiction() }
                    try begin(byteCount: count)
                    if units == layout.interval {
                        if grey.isEmpty { grey = layout.grey(units) }
                        image += grey
                    } else {
                        image += layout.grey(units)
                    }
                    result.greyIntervals += 1
                }
            }
        }

        /// Makes room for the next interval, and parts it from the one before.
        private mutating func begin(byteCount: Int) throws(Contradiction) {
            guard byteCount <= limit - image.count - 4 else { throw Contradiction() }
            if next > 0 { image += [0xFF, 0xD0 | UInt8(truncatingIfNeeded: (next - 1) & 7)] }
            next += 1
        }
    }

    /// The restart intervals of a whole picture, asked for in their order.
    private struct Reference {
        private let image: [UInt8]
        /// Where the interval of the number `next` begins.
        private var start: Int
        private var next = 0

        init(image: [UInt8], start: Int) {
            self.image = image
            self.start = start
        }

        /// The bytes of an interval; `nil` where the picture has none of this number.
        mutating func interval(_ number: Int) -> ArraySlice<UInt8>? {
            while next <= number, start < image.count {
                let (place, marker) = ScanMarker.next(in: image, from: start, before: image.count)
                let (interval, found) = (image[start..<place], next)
                next += 1
                if case .restart(found & 7, let end)? = marker { start = end } else { start = image.count }
                if found == number { return interval.isEmpty ? nil : interval }
            }
            return nil
        }
    }

    /// A marker in picture data.
    private enum ScanMarker {
        /// RSTm, and where the data goes on.
        case restart(Int, end: Int)
        case endOfImage
        /// One that has no place there.
        case other

        /// The next marker, and where the data before it ends.
        static func next(in bytes: [UInt8], from start: Int, before end: Int) -> (place: Int, marker: ScanMarker?) {
            var offset = start
            while offset < end {
                guard bytes[offset] == 0xFF else {
                    offset += 1
                    continue
                }
                if offset + 1 < end, bytes[offset + 1] == 0 {
                    offset += 2
                    continue
                }
                return (offset, ScanMarker(in: bytes, at: offset, before: end))
            }
            return (end, nil)
        }

        /// The marker at a place, behind fill bytes perhaps; `nil` where there is none.
        init?(in bytes: [UInt8], at start: Int, before end: Int) {
            var offset = start
            while offset < end, bytes[offset] == 0xFF { offset += 1 }
            guard offset > start, offset < end else { return nil }
            switch bytes[offset] {
            case 0: return nil
            case 0xD0...0xD7: self = .restart(Int(bytes[offset] & 7), end: offset + 1)
            case 0xD9: self = .endOfImage
            default: self = .other
            }
        }
    }
}
