import RTPTransport
import RTSPTestKit
import Testing

@Suite struct PictureGeneratorTests {
    /// A picture, packetized and put together again.
    private static func travel(_ image: [UInt8], packetSize: Int = 1400) throws -> [UInt8]? {
        var packetizer = JPEGPacketizer(maximumPayloadSize: packetSize)
        var number: UInt16 = 65_530
        let batch = try packetizer.packetize(image, timestamp: RTPTimestamp(rawValue: 1), ssrc: 2, sequenceNumber: &number)
        var receiver = RTPReceiver(format: .jpeg, payloadTypes: [26], ssrc: 3, canonicalName: "")
        for index in 0..<batch.count {
            let packet = batch.bytes.span.extracting(batch.range(ofPacketAt: index))
            for case .frame(let frame) in receiver.receive(rtp: packet, at: .now) { return frame.image }
        }
        return nil
    }

    /// The tables of luma and chroma that a picture has.
    private static func tables(of image: [UInt8]) throws -> [[UInt16]] {
        let header = try JPEGImageHeader(scanning: image.span)
        return [header.lumaTable, header.chromaTable].map { range in
            let isWide = range.count == 128
            return (0..<64).map { index in
                let place = range.lowerBound + index * (isWide ? 2 : 1)
                return isWide ? UInt16(image[place]) << 8 | UInt16(image[place + 1]) : UInt16(image[place])
            }
        }
    }

    @Test(arguments: GeneratorMood.allCases)
    func `the same seed gives the same picture, another seed another`(mood: GeneratorMood) {
        let generator = PictureGenerator()
        #expect((0..<20).allSatisfy { generator.sample(mood, seed: $0) == generator.sample(mood, seed: $0) })
        #expect(Set((0..<20).map { generator.sample(mood, seed: $0).bytes }).count > 15)
    }

    @Test func `valid pictures travel unchanged, with their tables`() throws {
        for seed in 0..<300 as Range<UInt64> {
            let sample = PictureGenerator().sample(.valid, seed: seed)
            let image = try #require(try Self.travel(sample.bytes, packetSize: 300 + Int(seed) * 4), "\(sample)")
            #expect(SyntheticPicture.scanData(of: image) == sample.scan, "\(sample)")
            #expect(try Self.tables(of: image) == sample.tables, "\(sample)")
        }
    }

    @Test(arguments: PictureGenerator.Quirk.allCases)
    func `odd pictures travel unchanged or are refused for the right reason`(quirk: PictureGenerator.Quirk) throws {
        var dice = SeededGenerator(seed: 1)
        for _ in 0..<40 {
            let sample = PictureGenerator().sample(quirk, using: &dice)
            if let refusal = sample.refusal {
                #expect(throws: refusal, "\(sample)") { try Self.travel(sample.bytes) }
            } else if let scan = sample.scan {
                let image = try #require(try Self.travel(sample.bytes), "\(sample)")
                #expect(SyntheticPicture.scanData(of: image) == scan, "\(sample)")
                #expect(try Self.tables(of: image) == sample.tables, "\(sample)")
            } else {
                _ = try? Self.travel(sample.bytes)
            }
        }
    }

    @Test(arguments: PictureGenerator.Quirk.allCases)
    func `odd pictures are told apart by how they can travel`(quirk: PictureGenerator.Quirk) {
        var dice = SeededGenerator(seed: 3)
        for _ in 0..<40 {
            let sample = PictureGenerator().sample(quirk, using: &dice)
            let carriage = JPEGCarriage(of: sample.bytes.span)
            #expect(carriage == sample.refusal.map { JPEGCarriage($0) } ?? .direct, "\(sample)")
        }
    }

    @Test func `a picture beyond the payload header tells its size in the header extension`() throws {
        var dice = SeededGenerator(seed: 4)
        for _ in 0..<40 {
            let sample = PictureGenerator().sample(.large, using: &dice)
            var packetizer = JPEGPacketizer()
            var number: UInt16 = 0
            let batch = try packetizer.packetize(
                sample.bytes, timestamp: RTPTimestamp(rawValue: 1), ssrc: 2, sequenceNumber: &number)
            let header = try JPEGImageHeader(scanning: sample.bytes.span)
            let first = Array(batch.bytes[batch.range(ofPacketAt: 0)])
            #expect(first[0] == 0x90)
            #expect(Array(first[12..<14]) == [0xFF, 0xD8])
            let frame = try #require((16..<60).first { first[$0] == 0xFF && first[$0 + 1] & 0xFE == 0xC0 })
            #expect(Array(first[frame + 5..<frame + 9]) == [0, 8, UInt8(header.width >> 8), UInt8(header.width & 255)])
        }
    }

    @Test(arguments: PictureGenerator.Attack.allCases)
    func `hostile pictures are refused, or are pictures after all`(attack: PictureGenerator.Attack) {
        var dice = SeededGenerator(seed: 2)
        var (refused, carried) = (0, 0)
        for _ in 0..<30 {
            let sample = PictureGenerator().sample(attack, using: &dice)
            do {
                let image = try Self.travel(sample.bytes)
                #expect(image != nil, "\(sample)")
                carried += 1
            } catch is JPEGError {
                refused += 1
            } catch {
                Issue.record("\(sample): \(error)")
            }
        }
        let always: Set<PictureGenerator.Attack> = [
            .twoFrames, .zeroSize, .falseInterval, .scanFirst, .missingTables, .missingScan, .endlessFill, .nestedStarts, .empty,
            .falseComponents,
        ]
        if always.contains(attack) { #expect(carried == 0) } else { #expect(refused + carried == 30) }
    }
}
