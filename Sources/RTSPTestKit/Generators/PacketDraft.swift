/// An RTP packet in the making (RFC 3550 section 5.1).
struct PacketDraft: Sendable, Hashable {
    var marker = false
    var payloadType: UInt8 = 26
    var number: UInt16
    var timestamp: UInt32
    var ssrc: UInt32
    var payload: [UInt8]
    /// Bytes of padding, the count included; none for 0.
    var padding = 0
    var sources: [UInt32] = []
    /// The words of a header extension, where there is one.
    var extensionWords: [UInt32]?

    var bytes: [UInt8] {
        var bytes: [UInt8] = [0x80 | (padding > 0 ? 0x20 : 0) | (extensionWords == nil ? 0 : 0x10) | UInt8(sources.count & 15)]
        bytes.append((marker ? 0x80 : 0) | payloadType)
        bytes.appendNumber16(Int(number))
        bytes.appendNumber32(timestamp)
        bytes.appendNumber32(ssrc)
        for source in sources.prefix(15) { bytes.appendNumber32(source) }
        if let extensionWords {
            bytes += [0xBE, 0xDE]
            bytes.appendNumber16(extensionWords.count)
            for word in extensionWords { bytes.appendNumber32(word) }
        }
        bytes += payload
        guard padding > 0 else { return bytes }
        return bytes + [UInt8](repeating: 0, count: padding - 1) + [UInt8(truncatingIfNeeded: padding)]
    }
}

/// A picture as the JPEG payload format has it (RFC 2435 section 3.1).
struct PayloadDraft: Sendable, Hashable {
    var type: UInt8 = 1
    var q: UInt8 = 255
    /// In eights.
    var width: UInt8 = 8
    var height: UInt8 = 6
    var restartInterval = 0
    /// The quantization tables, as they stand in the first fragment; a length of 0 where they are empty.
    var tables: [UInt8] = []
    var precision: UInt8 = 0
    var data: [UInt8]

    /// The headers of the fragment at `offset`.
    func header(at offset: Int) -> [UInt8] {
        var bytes: [UInt8] = [0, UInt8(truncatingIfNeeded: offset >> 16)]
        bytes.appendNumber16(offset)
        bytes += [type, q, width, height]
        if type >= 64 {
            bytes.appendNumber16(restartInterval)
            bytes += [0xFF, 0xFF]
        }
        if q >= 128, offset == 0 {
            bytes += [0, precision]
            bytes.appendNumber16(tables.count)
            bytes += tables
        }
        return bytes
    }

    /// Fragments of up to this much data each, at least one.
    func fragments(of size: Int) -> [[UInt8]] {
        stride(from: 0, to: max(1, data.count), by: max(1, size)).map { start in
            header(at: start) + data[start..<min(start + max(1, size), data.count)]
        }
    }
}
