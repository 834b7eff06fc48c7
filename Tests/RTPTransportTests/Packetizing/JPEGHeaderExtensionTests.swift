import Testing

@testable import RTPTransport

struct JPEGHeaderExtensionTests {
    private func options(_ wish: JPEGPacketizer.Options.HeaderExtension) -> JPEGPacketizer.Options {
        var options = JPEGPacketizer.Options()
        options.headerExtension = wish
        return options
    }

    private func packets(
        _ image: [UInt8], size: Int = 1400, _ wish: JPEGPacketizer.Options.HeaderExtension = .whereNeeded
    ) throws -> [SentPacket] {
        var packetizer = JPEGPacketizer(maximumPayloadSize: size, options: options(wish))
        return try packetizer.packets(image)
    }

    /// The frame header of a 4:2:0 picture as RFC 2435 appendix B writes it, filled up to 32 bits.
    private func frame(width: [UInt8], height: [UInt8], luma: UInt8 = 0x22, marker: UInt8 = 0xC0) -> [UInt8] {
        [0xFF, marker, 0, 17, 8] + height + width + [3, 0, luma, 0, 1, 0x11, 1, 2, 0x11, 1, 0xFF]
    }

    @Test func `an extension of a frame's first packet holds the true size, and the others have none`() throws {
        let image = SyntheticJPEG(width: 2592, height: 1944, scan: SyntheticJPEG.scanData(count: 1000))
        let packets = try packets(image.bytes, size: 300)
        #expect(packets[0].bytes[0] == 0x90)
        #expect(packets[0].extensionMark == 0xFFD8)
        #expect(packets[0].extensionData == frame(width: [0x0A, 0x20], height: [0x07, 0x98]))
        #expect(packets.dropFirst().allSatisfy { $0.extensionMark == nil && $0.bytes[0] == 0x80 })
        #expect(packets.flatMap(\.data) == image.scan)
        // The first is as long as the others.
        #expect(packets.dropLast().allSatisfy { $0.bytes.count == 312 })
        #expect(packets[0].tables?.bytes.count == 128)
    }

    @Test func `a side that is too long makes both sides 0`() throws {
        for (width, height) in [(2041, 8), (8, 2041), (2048, 2048), (65_535, 65_535), (4096, 2160)] {
            for wish in [JPEGPacketizer.Options.HeaderExtension.whereNeeded, .always, .never] {
                let packets = try packets(SyntheticJPEG(width: width, height: height).bytes, wish)
                #expect(packets.allSatisfy { $0.size == [0, 0] })
                #expect((packets[0].extensionMark == 0xFFD8) == (wish != .never))
            }
        }
    }

    @Test func `a size that is no multiple of 8 is told rounded up, and truly in the extension`() throws {
        let packets = try packets(SyntheticJPEG(width: 641, height: 359).bytes)
        #expect(packets[0].size == [81, 45])
        #expect(packets[0].extensionData == frame(width: [0x02, 0x81], height: [0x01, 0x67]))
        #expect(try self.packets(SyntheticJPEG(width: 641, height: 359).bytes, .never)[0].extensionMark == nil)
    }

    @Test func `a size that the payload header says needs no extension, and has one on request`() throws {
        for (width, height) in [(8, 8), (1280, 720), (1920, 1080), (2040, 2040)] {
            #expect(try packets(SyntheticJPEG(width: width, height: height).bytes)[0].extensionMark == nil)
            #expect(try packets(SyntheticJPEG(width: width, height: height).bytes, .always)[0].extensionMark == 0xFFD8)
        }
    }

    @Test func `the frame header is the one that the payload stands for, not the file's`() throws {
        var image = SyntheticJPEG(width: 17, height: 9)
        for index in 0..<3 { image.components[index].id = UInt8(70 + index) }
        image.components[0].sampling = 0x21
        image.quantization.append([2] + SyntheticJPEG.chromaTable)
        image.components[2].table = 2
        #expect(try packets(image.bytes)[0].extensionData == frame(width: [0, 17], height: [0, 9], luma: 0x21))
        #expect(try packets(FactoredJPEG.tall, .always)[0].extensionData.contains([3, 0, 0x21, 0, 1, 0x11, 1, 2, 0x11, 1]))
    }

    @Test func `16-bit tables make the frame an extended one`() throws {
        var image = SyntheticJPEG(width: 9, height: 9)
        image.quantization[0] = [0x10] + [UInt8](repeating: 1, count: 128)
        #expect(try packets(image.bytes)[0].extensionData == frame(width: [0, 9], height: [0, 9], marker: 0xC1))
    }

    @Test func `pixels that are not square are told, and square ones are not`() throws {
        let name = [UInt8]("JFIF".utf8)
        func image(_ density: [UInt8]) -> SyntheticJPEG {
            var image = SyntheticJPEG()
            // With a thumbnail of one pixel, which does not travel.
            image.extraSegments = [(0xE0, name + [0, 1, 2, 0] + density + [1, 1, 7, 7, 7])]
            return image
        }
        let jfif = [0xFF, 0xE0, 0, 16] + name + [0, 1, 2, 0, 0, 4, 0, 3, 0, 0]
        #expect(
            try packets(image([0, 4, 0, 3]).bytes)[0].extensionData == jfif + frame(width: [0, 16], height: [0, 16]).dropLast()
                + [0xFF, 0xFF, 0xFF])
        for density in [[0, 72, 0, 72], [0, 0, 0, 3], [0, 3, 0, 0]] as [[UInt8]] {
            #expect(try packets(image(density).bytes)[0].extensionMark == nil)
        }
        var short = SyntheticJPEG()
        short.extraSegments = [(0xE0, name + [0, 1, 2, 0, 0])]
        #expect(try packets(short.bytes)[0].extensionMark == nil)
    }

    @Test func `the smallest first packet has room for 16-bit tables, the size and some data`() throws {
        var image = SyntheticJPEG(width: 2041, height: 2041, restartInterval: 1, scan: SyntheticJPEG.scanData(count: 600))
        image.extraSegments = [(0xE0, [UInt8]("JFIF".utf8) + [0, 1, 2, 0, 0, 4, 0, 3, 0, 0])]
        let wide = [UInt8](repeating: 1, count: 128)
        image.quantization = [[0x10] + wide, [0x11] + wide]
        let packets = try packets(image.bytes, size: 1)
        #expect(packets[0].extensionData == frame(width: [0x07, 0xF9], height: [0x07, 0xF9], marker: 0xC1))
        #expect(packets[0].tables == .init(precision: 3, bytes: wide + wide))
        #expect(packets[0].data.count == 4)
        #expect(packets[0].bytes.count == 312)
        #expect(packets.flatMap(\.data) == image.scan)
    }

    @Test func `aligned packets have it, too`() throws {
        var options = options(.always)
        options.alignsToRestartIntervals = true
        var packetizer = JPEGPacketizer(maximumPayloadSize: 300, options: options)
        let packets = try packetizer.packets(RealJPEG.restarting)
        #expect(packets[0].extensionData == frame(width: [0, 32], height: [0, 32]))
        #expect(packets[0].restart?.count == 0)
        #expect(packets.dropFirst().allSatisfy { $0.extensionMark == nil })
    }

    @Test func `a receiver that does not know the extension passes over it`() throws {
        var packetizer = JPEGPacketizer(options: options(.always))
        var number: UInt16 = 0
        let image = SyntheticJPEG()
        let batch = try packetizer.packetize(
            image.bytes, timestamp: RTPTimestamp(rawValue: 0), ssrc: 0, sequenceNumber: &number)
        let packet = batch.bytes.span.extracting(batch.range(ofPacketAt: 0))
        let (header, payload) = try RTPHeader.parse(packet)
        #expect(payload.lowerBound == 12 + 4 + 20)
        var depacketizer = JPEGDepacketizer()
        let events = depacketizer.receive(header, payload: packet.extracting(payload), at: .now)
        guard case .frame(let frame)? = events.first else { return #expect(Bool(false), "no frame") }
        #expect(frame.image.suffix(image.scan.count + 2) == (image.scan + [0xFF, 0xD9])[...])
    }
}
