import RTPTransport

/// Payloads of RFC 2435, written byte by byte.
struct JPEGPayload {
    var type: UInt8 = 1
    var q: UInt8 = 75
    var width: UInt8 = 2
    var height: UInt8 = 1
    var restartInterval: UInt16 = 4
    /// For types from 64 on: F, L and the count.
    var restartCount: UInt16 = 0xFFFF
    /// The content of the quantization table header, and its precision; `nil` where there is no such header.
    var tables: [UInt8]?
    var precision: UInt8 = 0

    func fragment(_ data: [UInt8], offset: Int) -> [UInt8] {
        var bytes: [UInt8] = [
            0, UInt8(offset >> 16 & 0xFF), UInt8(offset >> 8 & 0xFF), UInt8(offset & 0xFF), type, q, width, height,
        ]
        if type >= 64 {
            for word in [restartInterval, restartCount] { bytes += [UInt8(word >> 8), UInt8(word & 0xFF)] }
        }
        if offset == 0, let tables {
            bytes += [0, precision, UInt8(tables.count >> 8), UInt8(tables.count & 0xFF)] + tables
        }
        return bytes + data
    }

    /// The packets of a frame of `data`, cut into fragments of `size` bytes.
    func packets(_ data: [UInt8], size: Int, timestamp: UInt32, firstNumber: UInt16 = 0) -> [FixturePacket] {
        stride(from: 0, to: data.count, by: size).enumerated().map { index, offset in
            let end = min(offset + size, data.count)
            return FixturePacket(
                header: .received(firstNumber &+ UInt16(index), timestamp: timestamp, marker: end == data.count),
                payload: fragment(Array(data[offset..<end]), offset: offset))
        }
    }
}

struct FixturePacket: Sendable, Hashable {
    var header: RTPHeader
    var payload: [UInt8]
}

/// Scan data that ends without an end marker and holds none.
func scan(_ count: Int, seed: UInt8 = 1) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ Int(seed)) & 0x7F }
}

extension [DepacketizerEvent] {
    var frames: [ReassembledFrame] {
        compactMap { if case .frame(let frame) = $0 { frame } else { nil } }
    }

    var incompletes: [UInt32] {
        compactMap { if case .incomplete(let timestamp, _, _) = $0 { timestamp.rawValue } else { nil } }
    }

    var discards: [DepacketizerDiscard] {
        compactMap { if case .discarded(let reason) = $0 { reason } else { nil } }
    }
}

/// The segments of a JPEG file as a reader of T.81 sees them, and its scan data without the end marker.
struct JPEGFile {
    var segments: [(marker: UInt8, content: [UInt8])] = []
    var scan: [UInt8] = []

    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 4, bytes[0] == 0xFF, bytes[1] == 0xD8, bytes.suffix(2) == [0xFF, 0xD9] else { return nil }
        var at = 2
        while at + 4 <= bytes.count, bytes[at] == 0xFF {
            let length = Int(bytes[at + 2]) << 8 | Int(bytes[at + 3])
            guard length >= 2, at + 2 + length <= bytes.count else { return nil }
            segments.append((bytes[at + 1], Array(bytes[at + 4..<at + 2 + length])))
            at += 2 + length
            if segments.last?.marker == 0xDA { break }
        }
        guard segments.last?.marker == 0xDA else { return nil }
        scan = Array(bytes[at..<bytes.count - 2])
    }

    func contents(_ marker: UInt8) -> [[UInt8]] { segments.filter { $0.marker == marker }.map(\.content) }
}
