/// A JPEG file in the making (ITU-T T.81 annex B): its segments in order, and its picture data.
struct PictureDraft: Sendable, Hashable {
    /// The contents of a segment, without marker and length.
    struct Segment: Sendable, Hashable {
        var marker: UInt8
        var contents: [UInt8]
        /// FF bytes before the marker, which mean nothing.
        var fill = 0
        /// The length that is stated, where it is not the real one.
        var statedLength: Int?

        var bytes: [UInt8] {
            var bytes = [UInt8](repeating: 0xFF, count: fill) + [0xFF, marker]
            bytes.appendNumber16(statedLength ?? contents.count + 2)
            return bytes + contents
        }
    }

    static let start: [UInt8] = [0xFF, 0xD8]
    static let end: [UInt8] = [0xFF, 0xD9]

    /// All segments between SOI and the picture data; the last is the scan header.
    var segments: [Segment] = []
    var scan: [UInt8] = []
    /// What stands before SOI.
    var junk: [UInt8] = []
    /// What stands behind the picture data.
    var tail = PictureDraft.end

    var bytes: [UInt8] { junk + Self.start + segments.flatMap(\.bytes) + scan + tail }

    /// Changes the first segment with this marker.
    mutating func change(_ marker: UInt8, _ change: (inout Segment) -> Void) {
        guard let index = segments.firstIndex(where: { $0.marker == marker }) else { return }
        change(&segments[index])
    }

    mutating func remove(_ marker: UInt8) { segments.removeAll { $0.marker == marker } }

    /// Puts a segment before the first with this marker.
    mutating func insert(_ segment: Segment, before marker: UInt8) {
        segments.insert(segment, at: segments.firstIndex { $0.marker == marker } ?? segments.count)
    }

    /// Overwrites bytes of the frame header: precision 0, height 1 and 2, width 3 and 4, component count 5.
    mutating func changeFrame(_ bytes: [UInt8], at offset: Int) {
        guard let index = segments.firstIndex(where: { (0xC0...0xC1).contains($0.marker) }) else { return }
        for (position, byte) in bytes.enumerated() where offset + position < segments[index].contents.count {
            segments[index].contents[offset + position] = byte
        }
    }

    /// The marker of the frame header.
    var frameMarker: UInt8 { segments.first { (0xC0...0xC1).contains($0.marker) }?.marker ?? 0xC0 }

    // MARK: Segments

    /// A frame header of components 1, 2 and 3.
    static func frame(
        marker: UInt8 = 0xC0, width: Int, height: Int, samplings: [UInt8], tables: [UInt8] = [0, 1, 1]
    ) -> Segment {
        var contents: [UInt8] = [8]
        contents.appendNumber16(height)
        contents.appendNumber16(width)
        contents.append(UInt8(truncatingIfNeeded: samplings.count))
        for (index, sampling) in samplings.enumerated() {
            contents += [UInt8(truncatingIfNeeded: index + 1), sampling, index < tables.count ? tables[index] : 0]
        }
        return Segment(marker: marker, contents: contents)
    }

    /// The header of a scan of these components.
    static func scanHeader(components: Int = 3) -> Segment {
        var contents = [UInt8(truncatingIfNeeded: components)]
        for index in 0..<components { contents += [UInt8(truncatingIfNeeded: index + 1), index == 0 ? 0x00 : 0x11] }
        return Segment(marker: 0xDA, contents: contents + [0, 63, 0])
    }

    /// One table of 64 values for a DQT segment.
    static func table(_ number: UInt8, _ values: [UInt16], isWide: Bool) -> [UInt8] {
        var contents = [(isWide ? 0x10 : 0) | number]
        for value in values {
            if isWide { contents.append(UInt8(truncatingIfNeeded: value >> 8)) }
            contents.append(UInt8(truncatingIfNeeded: value))
        }
        return contents
    }

    /// Data that reads as the data of a scan does: no FF but stuffed ones, and restart markers in their order.
    static func scan(_ count: Int, restarts: Bool, using generator: inout some RandomNumberGenerator) -> [UInt8] {
        var data: [UInt8] = []
        var restart: UInt8 = 0
        for (index, byte) in generator.bytes(max(1, count)).enumerated() {
            if byte == 0xFF {
                data += [0xFF, 0x00]
            } else {
                data.append(byte)
            }
            if restarts, index % 97 == 96 {
                data += [0xFF, 0xD0 | restart]
                restart = (restart + 1) & 7
            }
        }
        return data + [0x3F]
    }
}
