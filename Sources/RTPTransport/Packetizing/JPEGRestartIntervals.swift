/// Where the restart intervals of picture data end, and how they are put into packets (RFC 2435 section 3.1.7).
struct JPEGRestartIntervals {
    /// What a packet carries.
    struct Piece: Hashable {
        /// Its place in the picture data.
        var data: Range<Int>
        /// F, L and restart count.
        var restart: UInt16
    }

    /// The largest restart count; the next means that packets do not begin at restart intervals.
    static let maximumCount = 0x3FFE
    /// What a packet says that begins anywhere: F = L = 1 and all ones.
    static let unaligned: UInt16 = 0xFFFF

    /// In the picture data, behind each interval's marker; the last interval has none.
    let ends: [Int]

    /// Finds the intervals of a picture; `nil` where it has none, where they are too many to be counted, or where the markers in its
    /// data are not those that there must be, one after the other (ITU-T T.81 section B.2.1).
    init?(_ header: JPEGImageHeader, of image: Span<UInt8>) {
        guard header.restartInterval > 0, !header.needsReordering else { return nil }
        let columns = (header.width - 1) / 16 + 1
        let rows = header.sampling == .yuv420 ? (header.height - 1) / 16 + 1 : (header.height - 1) / 8 + 1
        let count = (columns * rows - 1) / Int(header.restartInterval) + 1
        // The last packet may begin at the largest count and hold more intervals yet, of three bytes at least.
        guard count <= Self.maximumCount + 65_535 / 3 else { return nil }
        guard let ends = Self.ends(of: image.extracting(header.scan), count: count) else { return nil }
        self.ends = ends
    }

    /// Looks at blocks of a size that the compiler can compare many bytes at a time, then closely at those that have a marker.
    private static func ends(of data: Span<UInt8>, count: Int) -> [Int]? {
        var ends: [Int] = []
        ends.reserveCapacity(count)
        var block = 0
        while block < data.count - 1 {
            let end = min(block + 256, data.count - 1)
            if hasMarker(data.extracting(block..<end), followedBy: data.extracting(block + 1..<end + 1)) {
                for offset in block..<end where data[offset] == 0xFF {
                    let next = data[offset + 1]
                    // Stuffing, or a fill byte before a marker.
                    guard next != 0x00, next != 0xFF else { continue }
                    guard next == 0xD0 | UInt8(truncatingIfNeeded: ends.count & 7), ends.count < count - 1 else { return nil }
                    ends.append(offset + 2)
                }
            }
            block = end
        }
        guard ends.count == count - 1 else { return nil }
        ends.append(data.count)
        return ends
    }

    /// Without an early exit, so that the loop has no branches.
    private static func hasMarker(_ bytes: Span<UInt8>, followedBy next: Span<UInt8>) -> Bool {
        var found: UInt8 = 0
        for index in 0..<min(bytes.count, next.count) {
            found |= (bytes[index] == 0xFF ? 1 : 0) & (next[index] != 0x00 ? 1 : 0)
        }
        return found != 0
    }

    /// The packets: as many whole intervals in each as there is room for, and an interval that has no room in one alone in several.
    /// - Parameters:
    ///   - room: Bytes of picture data in a packet.
    ///   - firstRoom: The same of the first packet.
    /// - Returns: `nil` where a packet's restart count would be too large.
    func pieces(room: Int, firstRoom: Int) -> [Piece]? {
        var pieces: [Piece] = []
        var interval = 0
        var start = 0
        while interval < ends.count {
            guard let count = UInt16(exactly: interval), interval <= Self.maximumCount else { return nil }
            var space = pieces.isEmpty ? firstRoom : room
            var next = interval
            while next < ends.count, ends[next] - start <= space { next += 1 }
            if next > interval {
                let end = ends[next - 1]
                pieces.append(Piece(data: start..<end, restart: 0xC000 | count))
                (start, interval) = (end, next)
                continue
            }
            let (begin, end) = (start, ends[interval])
            while start < end {
                let stop = min(start + space, end)
                let flags: UInt16 = (start == begin ? 0x8000 : 0) | (stop == end ? 0x4000 : 0)
                pieces.append(Piece(data: start..<stop, restart: flags | count))
                (start, space) = (stop, room)
            }
            interval += 1
        }
        return pieces
    }
}
