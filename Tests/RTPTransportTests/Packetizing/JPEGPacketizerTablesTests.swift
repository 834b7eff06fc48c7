import Testing

@testable import RTPTransport

struct JPEGPacketizerTablesTests {
    private func options(_ quantization: JPEGPacketizer.Options.Quantization) -> JPEGPacketizer.Options {
        var options = JPEGPacketizer.Options()
        options.quantization = quantization
        return options
    }

    /// A picture whose tables begin with these values.
    private func picture(_ luma: UInt8, _ chroma: UInt8 = 9) -> [UInt8] {
        var image = SyntheticJPEG()
        image.quantization = [
            [0, luma] + SyntheticJPEG.lumaTable.dropFirst(), [1, chroma] + SyntheticJPEG.chromaTable.dropFirst(),
        ]
        return image.bytes
    }

    private func picture(q: Int) -> [UInt8] {
        var image = SyntheticJPEG()
        image.quantization = [[0] + AppendixA.luma(q: q), [1] + AppendixA.chroma(q: q)]
        return image.bytes
    }

    /// A table's values in 16 bits each.
    private func wide(_ table: [UInt8]) -> [UInt8] { table.reduce(into: []) { $0 += [0, $1] } }

    @Test func `tables that appendix A computes travel as a Q of 1 to 99 alone`() throws {
        var packetizer = JPEGPacketizer()
        for q in 1...99 {
            let packet = try packetizer.packets(picture(q: q))[0]
            #expect(packet.q == UInt8(q))
            #expect(packet.tables == nil)
            #expect(packet.data == SyntheticJPEG.scanData(count: 40))
        }
    }

    @Test func `one value that appendix A does not compute, and the tables travel`() throws {
        for (table, index) in [(0, 1), (0, 64), (1, 1), (1, 64)] {
            var image = SyntheticJPEG()
            image.quantization = [[0] + AppendixA.luma(q: 50), [1] + AppendixA.chroma(q: 50)]
            image.quantization[table][index] ^= 1
            var packetizer = JPEGPacketizer()
            let packet = try packetizer.packets(image.bytes)[0]
            #expect(packet.q == 255)
            #expect(
                packet.tables
                    == .init(precision: 0, bytes: Array(image.quantization[0].dropFirst() + image.quantization[1].dropFirst())))
        }
    }

    @Test func `a Q for luma and another for chroma is no Q`() throws {
        var image = SyntheticJPEG()
        image.quantization = [[0] + AppendixA.luma(q: 50), [1] + AppendixA.chroma(q: 51)]
        var packetizer = JPEGPacketizer()
        #expect(try packetizer.packets(image.bytes)[0].q == 255)
    }

    @Test func `the next frame's tables count, not the last one's`() throws {
        var packetizer = JPEGPacketizer()
        #expect(try packetizer.packets(picture(q: 40))[0].q == 40)
        #expect(try packetizer.packets(picture(7))[0].q == 255)
        #expect(try packetizer.packets(picture(7))[0].tables?.bytes.first == 7)
        #expect(try packetizer.packets(picture(q: 41))[0].q == 41)
    }

    @Test func `on request every frame has its tables, also those of a Q`() throws {
        var packetizer = JPEGPacketizer(options: options(.everyFrame))
        for _ in 0..<3 {
            let packet = try packetizer.packets(picture(q: 75))[0]
            #expect(packet.q == 255)
            #expect(packet.tables == .init(precision: 0, bytes: AppendixA.luma(q: 75) + AppendixA.chroma(q: 75)))
        }
    }

    @Test func `on request the tables come with every so many frames, and the others say that they are known`() throws {
        var packetizer = JPEGPacketizer(options: options(.every(frames: 3)))
        let packets = try (0..<8).map { _ in try packetizer.packets(picture(q: 75))[0] }
        #expect(packets.allSatisfy { $0.q == 128 })
        #expect(packets.map { $0.tables?.bytes.count } == [128, 0, 0, 128, 0, 0, 128, 0])
        #expect(packets.allSatisfy { $0.data == SyntheticJPEG.scanData(count: 40) })
    }

    @Test(arguments: [1, 0, -5, .min]) func `every frame and fewer is every frame`(frames: Int) throws {
        var packetizer = JPEGPacketizer(options: options(.every(frames: frames)))
        for _ in 0..<3 { #expect(try packetizer.packets(picture(1))[0].tables?.bytes.count == 128) }
    }

    @Test func `other tables take another Q, and tables that come back their own`() throws {
        var packetizer = JPEGPacketizer(options: options(.every(frames: 100)))
        let order: [UInt8] = [1, 1, 2, 2, 1, 3, 2]
        let packets = try order.map { try packetizer.packets(picture($0))[0] }
        #expect(packets.map(\.q) == [128, 128, 129, 129, 128, 130, 129])
        #expect(packets.map { $0.tables?.bytes.count } == [128, 0, 128, 0, 128, 128, 128])
    }

    @Test func `a Q keeps its tables for good, so when all are used the tables go with every frame`() throws {
        var packetizer = JPEGPacketizer(options: options(.every(frames: 1000)))
        var tables: [UInt8: [UInt8]] = [:]
        for round in 0..<2 {
            for value in 1...200 as ClosedRange<UInt8> {
                let packet = try packetizer.packets(picture(value))[0]
                #expect(packet.tables?.bytes.count == 128)
                #expect(packet.q == (value <= 127 ? 127 + value : 255))
                guard packet.q < 255 else { continue }
                if round == 1 { #expect(tables[packet.q] == packet.tables?.bytes) }
                tables[packet.q] = packet.tables?.bytes
            }
        }
        #expect(tables.count == 127)
        // And with every one, though they stay the same.
        for _ in 0..<2 { #expect(try packetizer.packets(picture(200))[0].tables?.bytes.count == 128) }
    }

    @Test func `a refused frame changes nothing`() throws {
        for quantization in [JPEGPacketizer.Options.Quantization.automatic, .everyFrame, .every(frames: 2)] {
            var packetizer = JPEGPacketizer(options: options(quantization))
            _ = try packetizer.packets(picture(1))
            let before = packetizer
            var number: UInt16 = 9
            // The second is refused only when its data is put into another order.
            for image in [RealJPEG.progressive, Array(FactoredJPEG.tall.dropLast(100)), []] {
                #expect(throws: JPEGError.self) {
                    try packetizer.packetize(image, timestamp: RTPTimestamp(rawValue: 0), ssrc: 0, sequenceNumber: &number)
                }
                #expect(packetizer == before)
                #expect(number == 9)
            }
        }
    }

    @Test func `luma is sent first and chroma then, whatever their numbers and their order in the file`() throws {
        var image = SyntheticJPEG()
        image.quantization = [
            [2] + [UInt8](repeating: 200, count: 64), [3] + SyntheticJPEG.chromaTable + [1] + SyntheticJPEG.lumaTable,
        ]
        for (index, table) in [1, 3, 3].enumerated() { image.components[index].table = UInt8(table) }
        var packetizer = JPEGPacketizer()
        #expect(
            try packetizer.packets(image.bytes)[0].tables
                == .init(precision: 0, bytes: SyntheticJPEG.lumaTable + SyntheticJPEG.chromaTable))
    }

    @Test func `a table that is defined twice counts as it was defined last`() throws {
        var image = SyntheticJPEG()
        image.quantization = [[0] + [UInt8](repeating: 200, count: 64)] + image.quantization
        var packetizer = JPEGPacketizer()
        #expect(try packetizer.packets(image.bytes)[0].tables?.bytes.prefix(64) == SyntheticJPEG.lumaTable[...])
    }

    @Test func `16-bit tables are sent in 16 bits only where a value needs them, each table for itself`() throws {
        let small = [UInt8](1...64)
        let wideSmall = wide(small)
        let large: [UInt8] = wideSmall.dropLast(2) + [1, 0]
        let cases: [([UInt8], [UInt8], UInt8, [UInt8])] = [
            (wideSmall, wideSmall, 0, small + small), (large, wideSmall, 1, large + small),
            (wideSmall, large, 2, small + large), (large, large, 3, large + large),
        ]
        for (luma, chroma, precision, tables) in cases {
            var image = SyntheticJPEG()
            image.quantization = [[0x10] + luma, [0x11] + chroma]
            var packetizer = JPEGPacketizer()
            let packet = try packetizer.packets(image.bytes)[0]
            #expect(packet.tables == .init(precision: precision, bytes: tables))
            #expect(packet.data == image.scan)
        }
        var standard = SyntheticJPEG()
        standard.quantization = [[0x10] + wide(AppendixA.luma(q: 60)), [0x11] + wide(AppendixA.chroma(q: 60))]
        var packetizer = JPEGPacketizer()
        #expect(try packetizer.packets(standard.bytes)[0].q == 60)
    }

    @Test func `tables that are known are named with their precision`() throws {
        var image = SyntheticJPEG()
        image.quantization[0] = [0x10] + [UInt8](repeating: 1, count: 128)
        var packetizer = JPEGPacketizer(options: options(.every(frames: 2)))
        _ = try packetizer.packets(image.bytes)
        #expect(try packetizer.packets(image.bytes)[0].tables == .init(precision: 1, bytes: []))
    }
}
