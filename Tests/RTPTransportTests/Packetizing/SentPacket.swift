import Testing

@testable import RTPTransport

/// A packet of RFC 2435 taken apart by hand, so that a mistake of the library's own parts is not made twice.
struct SentPacket {
    struct Restart: Equatable {
        var interval: Int
        var first: Bool
        var last: Bool
        var count: Int
    }

    struct Tables: Equatable {
        var precision: UInt8
        var bytes: [UInt8]
    }

    let bytes: [UInt8]
    let marker: Bool
    let sequenceNumber: UInt16
    /// The 16 bits that name the header extension, and what follows its length.
    private(set) var extensionMark: Int?
    private(set) var extensionData: [UInt8] = []
    let typeSpecific: UInt8
    let offset: Int
    let type: UInt8
    let q: UInt8
    let size: [UInt8]
    private(set) var restart: Restart?
    private(set) var tables: Tables?
    let data: [UInt8]

    init(_ bytes: [UInt8]) throws {
        func number16(_ offset: Int) -> Int { Int(bytes[offset]) << 8 | Int(bytes[offset + 1]) }
        self.bytes = bytes
        try #require(bytes.count >= 20 && bytes[0] & 0xEF == 0x80 && bytes[1] & 0x7F == 26)
        marker = bytes[1] & 0x80 != 0
        sequenceNumber = UInt16(number16(2))
        var start = 12
        if bytes[0] & 0x10 != 0 {
            extensionMark = number16(start)
            let end = start + 4 + number16(start + 2) * 4
            extensionData = Array(bytes[start + 4..<end])
            start = end
        }
        typeSpecific = bytes[start]
        offset = Int(bytes[start + 1]) << 16 | number16(start + 2)
        type = bytes[start + 4]
        q = bytes[start + 5]
        size = Array(bytes[start + 6..<start + 8])
        start += 8
        if type >= 64 {
            let word = number16(start + 2)
            restart = Restart(
                interval: number16(start), first: word & 0x8000 != 0, last: word & 0x4000 != 0, count: word & 0x3FFF)
            start += 4
        }
        if q >= 128, offset == 0 {
            let length = number16(start + 2)
            #expect(bytes[start] == 0)
            tables = Tables(precision: bytes[start + 1], bytes: Array(bytes[start + 4..<start + 4 + length]))
            start += 4 + length
        }
        data = Array(bytes[start...])
    }

    /// The packets of a batch; their picture data must lie end to end, and the last alone has the marker.
    static func all(of batch: RTPPacketBatch) throws -> [SentPacket] {
        let packets = try (0..<batch.count).map { try SentPacket(Array(batch.bytes[batch.range(ofPacketAt: $0)])) }
        var offset = 0
        for (index, packet) in packets.enumerated() {
            #expect(packet.offset == offset)
            #expect(packet.marker == (index == packets.count - 1))
            #expect(packet.sequenceNumber == packets[0].sequenceNumber &+ UInt16(index))
            #expect(packet.typeSpecific == 0)
            offset += packet.data.count
        }
        return packets
    }
}

extension JPEGPacketizer {
    /// The packets of a frame, all numbered from 1.
    mutating func packets(_ image: [UInt8]) throws -> [SentPacket] {
        var number: UInt16 = 1
        let batch = try packetize(image, timestamp: RTPTimestamp(rawValue: 2), ssrc: 3, sequenceNumber: &number)
        #expect(number == 1 &+ UInt16(batch.count))
        return try SentPacket.all(of: batch)
    }
}

// Arrays, since a span may not be made inside `#expect`.

extension JPEGCarriage {
    init(of image: [UInt8]) { self.init(of: image.span) }
}

extension JPEGImageHeader {
    init(scanning image: [UInt8]) throws(JPEGError) { try self.init(scanning: image.span) }
}

extension JPEGHeaderMemory {
    mutating func carriage(of image: [UInt8]) -> JPEGCarriage { carriage(of: image.span) }
    mutating func header(of image: [UInt8]) throws(JPEGError) -> JPEGImageHeader { try header(of: image.span) }
}
