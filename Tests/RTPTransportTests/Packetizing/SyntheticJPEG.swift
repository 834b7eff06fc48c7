@testable import RTPTransport

/// A JPEG file made piece by piece, every piece open to damage. As it stands it is 4:2:0 with standard Huffman tables.
struct SyntheticJPEG {
    struct Component {
        var id: UInt8
        var sampling: UInt8
        var table: UInt8
    }

    /// Segments before the tables: marker and contents.
    var extraSegments: [(marker: UInt8, contents: [UInt8])] = []
    /// The contents of one DQT segment each.
    var quantization: [[UInt8]] = [[0] + Self.lumaTable, [1] + Self.chromaTable]
    var frameMarker: UInt8 = 0xC0
    var precision: UInt8 = 8
    var width = 16
    var height = 16
    var components = [
        Component(id: 1, sampling: 0x22, table: 0), Component(id: 2, sampling: 0x11, table: 1),
        Component(id: 3, sampling: 0x11, table: 1),
    ]
    /// The contents of one DHT segment each; none means the standard tables.
    var huffman: [[UInt8]] = []
    var restartInterval: UInt16?
    /// The DC and AC table numbers of each component in the scan.
    var selectors: [UInt8] = [0x00, 0x11, 0x11]
    var scan: [UInt8] = Self.scanData(count: 40)
    var end: [UInt8] = [0xFF, 0xD9]

    static let lumaTable = [UInt8](1...64)
    static let chromaTable = [UInt8](101...164)

    /// Bytes that look like picture data: no FF among them.
    static func scanData(count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: ($0 &* 7) % 255) }
    }

    static func segment(_ marker: UInt8, _ contents: [UInt8]) -> [UInt8] {
        let length = contents.count + 2
        return [0xFF, marker, UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length)] + contents
    }

    var frame: [UInt8] {
        [precision, UInt8(height >> 8), UInt8(height & 255), UInt8(width >> 8), UInt8(width & 255), UInt8(components.count)]
            + components.flatMap { [$0.id, $0.sampling, $0.table] }
    }

    /// The file up to the scan header, without it.
    var headers: [UInt8] {
        var bytes: [UInt8] = [0xFF, 0xD8]
        for segment in extraSegments { bytes += Self.segment(segment.marker, segment.contents) }
        for table in quantization { bytes += Self.segment(0xDB, table) }
        bytes += Self.segment(frameMarker, frame)
        for table in huffman { bytes += Self.segment(0xC4, table) }
        if let restartInterval { bytes += Self.segment(0xDD, [UInt8(restartInterval >> 8), UInt8(restartInterval & 255)]) }
        return bytes
    }

    var bytes: [UInt8] {
        let count = min(components.count, selectors.count)
        let selected = (0..<count).flatMap { [components[$0].id, selectors[$0]] }
        return headers + Self.segment(0xDA, [UInt8(count)] + selected + [0, 63, 0]) + scan + end
    }
}
