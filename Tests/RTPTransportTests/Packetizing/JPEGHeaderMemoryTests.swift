import Testing

@testable import RTPTransport

struct JPEGHeaderMemoryTests {
    private func header(_ image: [UInt8], _ memory: inout JPEGHeaderMemory) throws -> JPEGImageHeader {
        try memory.header(of: image)
    }

    @Test func `pictures with the same headers are answered from memory, each with its own picture data`() throws {
        var memory = JPEGHeaderMemory()
        for count in [40, 3000, 1, 40] {
            let image = SyntheticJPEG(restartInterval: 4, scan: SyntheticJPEG.scanData(count: count))
            #expect(try header(image.bytes, &memory) == JPEGImageHeader(scanning: image.bytes))
            #expect(memory.carriage(of: image.bytes) == .direct)
        }
        #expect(memory.readCount == 1)
    }

    @Test func `headers that differ in anything are read`() throws {
        var memory = JPEGHeaderMemory()
        var image = SyntheticJPEG()
        #expect(try header(image.bytes, &memory).width == 16)
        image.width = 32
        #expect(try header(image.bytes, &memory).width == 32)
        image.quantization[0][7] ^= 1
        _ = try header(image.bytes, &memory)
        image.extraSegments = [(0xFE, [1])]
        _ = try header(image.bytes, &memory)
        #expect(memory.readCount == 4)
        _ = try header(image.bytes, &memory)
        #expect(memory.readCount == 4)
        _ = try header(SyntheticJPEG().bytes, &memory)
        #expect(memory.readCount == 5)
    }

    @Test func `pictures that need a converter are remembered like others`() {
        var memory = JPEGHeaderMemory()
        for _ in 0..<3 {
            #expect(memory.carriage(of: RealJPEG.progressive) == .afterRecoding(.progressive))
            #expect(throws: JPEGError.progressive) { try header(RealJPEG.progressive, &memory) }
        }
        #expect(memory.readCount == 1)
        #expect(memory.carriage(of: RealJPEG.grey) == .afterReencoding(.unsupportedComponents(1)))
        #expect(memory.readCount == 2)
    }

    @Test func `a broken picture is read every time, and what was known stays known`() throws {
        var memory = JPEGHeaderMemory()
        let image = SyntheticJPEG()
        _ = try header(image.bytes, &memory)
        for broken in [[], [0xFF], image.headers, [UInt8]("GIF89a".utf8)] as [[UInt8]] {
            for _ in 0..<2 {
                guard case .never = memory.carriage(of: broken) else {
                    return #expect(Bool(false), "a broken picture is carried")
                }
            }
        }
        #expect(memory.readCount == 9)
        _ = try header(image.bytes, &memory)
        #expect(memory.readCount == 9)
    }

    @Test func `a picture without data is cut short, remembered or not`() throws {
        var memory = JPEGHeaderMemory()
        _ = try header(SyntheticJPEG().bytes, &memory)
        #expect(throws: JPEGError.truncated) { try header(SyntheticJPEG(scan: []).bytes, &memory) }
        #expect(throws: JPEGError.truncated) { try header(SyntheticJPEG(scan: [], end: []).bytes, &memory) }
    }

    @Test func `long headers are not kept`() throws {
        var memory = JPEGHeaderMemory()
        var image = SyntheticJPEG()
        let comment: (marker: UInt8, contents: [UInt8]) = (0xFE, [UInt8](repeating: 7, count: 65_533))
        image.extraSegments = [comment]
        for _ in 0..<3 { _ = try header(image.bytes, &memory) }
        #expect(memory.readCount == 3)
        image.extraSegments = [(0xFE, [UInt8](repeating: 7, count: 60_000))]
        for _ in 0..<3 { _ = try header(image.bytes, &memory) }
        #expect(memory.readCount == 4)
    }

    @Test func `memory answers as the scanner does, whatever the bytes`() {
        var generator = SeededGenerator(seed: 4)
        var memory = JPEGHeaderMemory()
        for original in [RealJPEG.yuv420, RealJPEG.restarting, RealJPEG.optimized, RealJPEG.yuv444] {
            for _ in 0..<200 {
                var image = original
                for _ in 0..<Int.random(in: 0...2, using: &generator) {
                    image[Int.random(in: image.indices, using: &generator)] = .random(in: 0...255, using: &generator)
                }
                #expect(memory.carriage(of: image) == JPEGCarriage(of: image))
                let header = try? memory.header(of: image)
                #expect(header == (try? JPEGImageHeader(scanning: image)))
            }
        }
    }
}
