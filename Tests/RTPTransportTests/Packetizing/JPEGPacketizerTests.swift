import Testing

@testable import RTPTransport

struct JPEGPacketizerTests {
    private func packetize(
        _ image: [UInt8], maximumPayloadSize: Int = 1400, from first: UInt16 = 0
    ) throws -> (batch: RTPPacketBatch, next: UInt16) {
        var packetizer = JPEGPacketizer(maximumPayloadSize: maximumPayloadSize)
        var number = first
        let batch = try packetizer.packetize(
            image, timestamp: RTPTimestamp(rawValue: 0x0102_0304), ssrc: 0x0A0B_0C0D, sequenceNumber: &number)
        return (batch, number)
    }

    private func header(_ image: SyntheticJPEG) throws -> JPEGImageHeader { try JPEGImageHeader(scanning: image.bytes.span) }

    private func packets(_ batch: RTPPacketBatch) -> [[UInt8]] {
        (0..<batch.count).map { Array(batch.bytes[batch.range(ofPacketAt: $0)]) }
    }

    /// Puts the picture data together again, checking what every packet must say.
    private func reassemble(_ batch: RTPPacketBatch, restart: Bool = false, tables: Int = 132) throws -> [UInt8] {
        var data: [UInt8] = []
        for (index, packet) in packets(batch).enumerated() {
            let (header, payload) = try RTPHeader.parse(packet.span)
            #expect(header.marker == (index == batch.count - 1))
            #expect(header.payloadType == 26)
            #expect(packet.count == batch.stride || index == batch.count - 1)
            let offset = packet.span.bigEndian32(at: payload.lowerBound)
            #expect(offset == UInt32(data.count))
            data += packet[(payload.lowerBound + (restart ? 12 : 8) + (index == 0 ? tables : 0))...]
        }
        return data
    }

    @Test func `one small frame, byte for byte`() throws {
        let image = SyntheticJPEG(width: 648, height: 16, scan: [1, 2, 3])
        let (batch, next) = try packetize(image.bytes, from: 0xFFFF)
        let rtp: [UInt8] = [0x80, 0x80 | 26, 0xFF, 0xFF, 1, 2, 3, 4, 0x0A, 0x0B, 0x0C, 0x0D]
        let main: [UInt8] = [0, 0, 0, 0, 1, 255, 81, 2]
        let tables: [UInt8] = [0, 0, 0, 128] + SyntheticJPEG.lumaTable + SyntheticJPEG.chromaTable
        #expect(batch.bytes == rtp + main + tables + [1, 2, 3])
        #expect(batch.count == 1)
        #expect(next == 0)
    }

    @Test func `a frame with restart markers has a header for them in every packet`() throws {
        let image = SyntheticJPEG(restartInterval: 0x0102, scan: SyntheticJPEG.scanData(count: 600))
        let batch = try packetize(image.bytes, maximumPayloadSize: 300).batch
        for packet in packets(batch) {
            #expect(packet[16] == 65)
            #expect(Array(packet[20..<24]) == [0x01, 0x02, 0xFF, 0xFF])
        }
        #expect(Array(packets(batch)[0][24..<28]) == [0, 0, 0, 128])
        #expect(try reassemble(batch, restart: true) == image.scan)
    }

    @Test func `all packets but the last are equally long, and together they are the picture data`() throws {
        for size in [300, 301, 1000, 1400, 65_495] {
            for count in [1, 155, 156, 157, 292, 448, 449, 1260, 1261, 2652, 2653, 70_000] {
                let image = SyntheticJPEG(scan: SyntheticJPEG.scanData(count: count))
                let (batch, next) = try packetize(image.bytes, maximumPayloadSize: size)
                #expect(batch.stride == 12 + size)
                #expect(Int(next) == batch.count)
                #expect(try reassemble(batch) == image.scan)
                #expect(batch.range(ofPacketAt: batch.count - 1).count > 20)
            }
        }
    }

    @Test func `packets are as few as can be`() throws {
        // 1400 - 8 bytes in every packet, 132 fewer in the first.
        #expect(try packetize(SyntheticJPEG(scan: SyntheticJPEG.scanData(count: 1260)).bytes).batch.count == 1)
        #expect(try packetize(SyntheticJPEG(scan: SyntheticJPEG.scanData(count: 1261)).bytes).batch.count == 2)
        #expect(try packetize(SyntheticJPEG(scan: SyntheticJPEG.scanData(count: 2652)).bytes).batch.count == 2)
        #expect(try packetize(SyntheticJPEG(scan: SyntheticJPEG.scanData(count: 2653)).bytes).batch.count == 3)
    }

    @Test func `numbers count packets and wrap around`() throws {
        let image = SyntheticJPEG(scan: SyntheticJPEG.scanData(count: 5000))
        let (batch, next) = try packetize(image.bytes, from: 65_534)
        let numbers = try packets(batch).map { try RTPHeader.parse($0.span).header.sequenceNumber }
        #expect(numbers == [65_534, 65_535, 0, 1])
        #expect(next == 2)
    }

    @Test func `16-bit tables travel under their precision bits`() throws {
        var image = SyntheticJPEG(scan: SyntheticJPEG.scanData(count: 1000))
        image.quantization = [[0x10] + [UInt8](repeating: 9, count: 128), [0x11] + [UInt8](repeating: 8, count: 128)]
        #expect(try header(image).precision == 3)
        let batch = try packetize(image.bytes, maximumPayloadSize: 300).batch
        #expect(Array(packets(batch)[0][20..<24]) == [0, 3, 1, 0])
        #expect(try reassemble(batch, tables: 260) == image.scan)
    }

    @Test func `one table for all components is sent twice`() throws {
        var image = SyntheticJPEG(scan: [1])
        image.components[1].table = 0
        image.components[2].table = 0
        let batch = try packetize(image.bytes).batch
        #expect(Array(batch.bytes[24..<152]) == SyntheticJPEG.lumaTable + SyntheticJPEG.lumaTable)
    }

    @Test func `pictures that libjpeg made travel whole`() throws {
        for (image, restart) in [(RealJPEG.yuv420, false), (RealJPEG.yuv422, false), (RealJPEG.restarting, true)] {
            let scan = try JPEGImageHeader(scanning: image.span).scan
            let batch = try packetize(image).batch
            // libjpeg computes its tables as the RFC does.
            #expect(batch.bytes[17] == 50)
            #expect(try reassemble(batch, restart: restart, tables: 0) == Array(image[scan]))
        }
    }

    @Test func `4:2:2 pictures of larger MCUs travel re-ordered, without restart markers`() throws {
        for image in [FactoredJPEG.tall, FactoredJPEG.tallRestarting, FactoredJPEG.wideRestarting] {
            let header = try JPEGImageHeader(scanning: image.span)
            var options = JPEGPacketizer.Options()
            options.quantization = .everyFrame
            var packetizer = JPEGPacketizer(maximumPayloadSize: 300, options: options)
            let packets = try packetizer.packets(image)
            #expect(packets.count == 2)
            #expect(packets.allSatisfy { $0.type == 0 && $0.size == [5, 3] && $0.restart == nil })
            #expect(packets[0].tables?.bytes == Array(image[header.lumaTable] + image[header.chromaTable]))
            #expect(packets.flatMap(\.data) == FactoredJPEG.expectedScan)
        }
    }

    @Test func `what must be re-ordered and cannot be is refused`() throws {
        let image = Array(FactoredJPEG.tall.dropLast(100))
        #expect(throws: JPEGError.truncated) { try packetize(image) }
    }

    @Test func `the size is counted in eights and ends at 2040`() throws {
        for (width, height, size) in [(2040, 2040, [255, 255]), (8, 8, [1, 1]), (1280, 720, [160, 90])] as [(Int, Int, [UInt8])] {
            let image = SyntheticJPEG(width: width, height: height)
            #expect(try Array(packetize(image.bytes).batch.bytes[18..<20]) == size)
        }
    }

    @Test func `picture data beyond 24-bit offsets is refused`() {
        let image = SyntheticJPEG(scan: [UInt8](repeating: 0, count: 1 << 24))
        #expect(throws: JPEGError.tooManyBytes(1 << 24)) { try packetize(image.bytes) }
    }

    @Test func `a refused frame uses no number`() {
        var packetizer = JPEGPacketizer()
        var number: UInt16 = 7
        #expect(throws: JPEGError.progressive) {
            try packetizer.packetize(
                RealJPEG.progressive, timestamp: RTPTimestamp(rawValue: 0), ssrc: 0, sequenceNumber: &number)
        }
        #expect(number == 7)
    }

    @Test func `payload sizes are held within what frames and datagrams need`() {
        #expect(JPEGPacketizer(maximumPayloadSize: -5).maximumPayloadSize == 300)
        #expect(JPEGPacketizer(maximumPayloadSize: .max).maximumPayloadSize == 65_495)
        #expect(JPEGPacketizer().maximumPayloadSize == 1400)
    }

    @Test func `whatever part of a damaged file is carried, the packets hold together`() throws {
        var generator = SeededGenerator(seed: 26)
        var carried = 0
        for _ in 0..<300 {
            var image = SyntheticJPEG(restartInterval: 3, scan: SyntheticJPEG.scanData(count: 900)).bytes
            for _ in 0..<3 { image[Int.random(in: 0..<200, using: &generator)] = .random(in: 0...255, using: &generator) }
            guard let batch = try? packetize(image, maximumPayloadSize: 300).batch else { continue }
            let header = try JPEGImageHeader(scanning: image.span)
            let packets = try SentPacket.all(of: batch)
            #expect(packets.flatMap(\.data) == Array(image[header.scan]))
            #expect(packets.allSatisfy { $0.bytes.count <= 312 && ($0.restart != nil) == (header.restartInterval > 0) })
            carried += 1
        }
        #expect(carried > 30)
    }
}
