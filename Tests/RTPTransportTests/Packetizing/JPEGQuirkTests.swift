import Testing

@testable import RTPTransport

/// What cameras and programs write, by the rows of the list of quirks and security lessons that this library answers.
struct JPEGQuirkTests {
    private func packets(_ image: SyntheticJPEG) throws -> [SentPacket] {
        var packetizer = JPEGPacketizer(maximumPayloadSize: 300)
        return try packetizer.packets(image.bytes)
    }

    @Test func `J01 three quantization tables become two, and 16-bit tables have their precision bits`() throws {
        var image = SyntheticJPEG()
        image.quantization = [[0] + SyntheticJPEG.lumaTable + [1] + SyntheticJPEG.chromaTable + [2] + SyntheticJPEG.chromaTable]
        image.components[2].table = 2
        let tables = SyntheticJPEG.lumaTable + SyntheticJPEG.chromaTable
        #expect(try packets(image)[0].tables == .init(precision: 0, bytes: tables))
        image.quantization = [[0] + SyntheticJPEG.lumaTable, [1] + SyntheticJPEG.chromaTable, [2] + SyntheticJPEG.chromaTable]
        #expect(try packets(image)[0].tables == .init(precision: 0, bytes: tables))
        let wide = [UInt8](repeating: 3, count: 128)
        image.quantization = [[0x10] + wide, [0x11] + wide, [0x12] + wide]
        #expect(try packets(image)[0].tables == .init(precision: 3, bytes: wide + wide))
    }

    @Test func `J03 a file without Huffman tables means the standard ones`() throws {
        let image = SyntheticJPEG(scan: SyntheticJPEG.scanData(count: 999))
        #expect(image.huffman.isEmpty)
        #expect(JPEGCarriage(of: image.bytes) == .direct)
        #expect(try packets(image).flatMap(\.data) == image.scan)
    }

    @Test func `J06 packets that begin anywhere say F = L = 1 and all ones`() throws {
        let packets = try packets(SyntheticJPEG(restartInterval: 7, scan: SyntheticJPEG.scanData(count: 900)))
        #expect(packets.count > 3)
        #expect(packets.allSatisfy { $0.restart == .init(interval: 7, first: true, last: true, count: 0x3FFF) })
    }

    @Test func `J08 segments of EXIF and Adobe before the frame header change nothing`() throws {
        var image = SyntheticJPEG()
        let plain = try packets(image)
        image.extraSegments = [
            (0xE1, [UInt8]("Exif\0\0MM\0*".utf8) + RealJPEG.yuv444), (0xEE, [UInt8]("Adobe".utf8) + [0, 100, 0, 0, 0, 0, 1]),
            (0xE2, [UInt8](repeating: 0xFF, count: 300)),
        ]
        #expect(try packets(image).map(\.bytes) == plain.map(\.bytes))
    }

    @Test func `J09 pictures sampled 4:4:0 and the like are told from 4:2:0 and 4:2:2, not sent under their types`() {
        for (luma, chroma) in [(0x12, 0x11), (0x22, 0x21), (0x21, 0x12), (0x11, 0x11)] as [(UInt8, UInt8)] {
            var image = SyntheticJPEG()
            for (index, sampling) in [luma, chroma, chroma].enumerated() { image.components[index].sampling = sampling }
            let sampling = JPEGSampling(rawValue: UInt32(luma) << 16 | UInt32(chroma) << 8 | UInt32(chroma))
            #expect(JPEGCarriage(of: image.bytes) == .afterReencoding(.unsupportedSampling(sampling)))
            #expect(throws: JPEGError.unsupportedSampling(sampling)) { try packets(image) }
        }
        var image = SyntheticJPEG()
        image.components[1].sampling = 0x12
        #expect(throws: JPEGError.self) { try packets(image) }
    }

    @Test func `security 22 and 36: no damage to a file makes a packetizer do more than refuse it`() {
        var generator = SeededGenerator(seed: 2236)
        var options = JPEGPacketizer.Options()
        options.alignsToRestartIntervals = true
        options.headerExtension = .always
        options.quantization = .every(frames: 2)
        var packetizers = [JPEGPacketizer(maximumPayloadSize: 300), JPEGPacketizer(maximumPayloadSize: 300, options: options)]
        let originals = [
            RealJPEG.yuv420, RealJPEG.restarting, RealJPEG.progressive, RealJPEG.optimized, RealJPEG.grey, FactoredJPEG.ffmpeg,
            FactoredJPEG.tallRestarting, SyntheticJPEG(restartInterval: 1).bytes,
        ]
        var (sent, refused) = (0, 0)
        for original in originals {
            for round in 0..<400 {
                var image = original
                for _ in 0..<Int.random(in: 1...6, using: &generator) {
                    image[Int.random(in: image.indices, using: &generator)] = .random(in: 0...255, using: &generator)
                }
                if round % 3 == 0 { image.removeLast(Int.random(in: 0...image.count, using: &generator)) }
                for index in packetizers.indices {
                    var number: UInt16 = 1
                    let batch = try? packetizers[index].packetize(
                        image, timestamp: RTPTimestamp(rawValue: 0), ssrc: 0, sequenceNumber: &number)
                    #expect(number == 1 &+ UInt16(truncatingIfNeeded: batch?.count ?? 0))
                    if let batch {
                        sent += 1
                        let packets = try? SentPacket.all(of: batch)
                        #expect(packets?.allSatisfy { $0.bytes.count <= 312 } == true)
                    } else {
                        refused += 1
                    }
                }
            }
        }
        #expect(sent > 500)
        #expect(refused > 500)
    }

    @Test func `security 36: a picture cut anywhere is sent as far as it goes or refused, and says why`() {
        for original in [RealJPEG.yuv420, RealJPEG.progressive, RealJPEG.restarting] {
            for count in 0..<original.count {
                let image = Array(original.prefix(count))
                let carriage = JPEGCarriage(of: image)
                var packetizer = JPEGPacketizer()
                let packets = try? packetizer.packets(image)
                #expect((packets != nil) == carriage.isDirect)
                #expect((packets == nil) == (carriage.reason != nil))
            }
        }
    }
}
