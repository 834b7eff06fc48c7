import Testing

@testable import RTPTransport

@Suite struct JPEGReceivedExtensionTests {
    typealias Extension = JPEGDepacketizer.HeaderExtension

    static func sof(
        _ width: Int, _ height: Int, sampling: UInt8 = 0x22, marker: UInt8 = 0xC0, precision: UInt8 = 8
    ) -> [UInt8] {
        let size = [height >> 8, height & 255, width >> 8, width & 255].map { UInt8($0) }
        return SyntheticJPEG.segment(marker, [precision] + size + [3, 1, sampling, 0, 2, 0x11, 1, 3, 0x11, 1])
    }

    static func dqt(_ number: UInt8, _ value: UInt8) -> [UInt8] {
        SyntheticJPEG.segment(0xDB, [number] + Array(repeating: value, count: 64))
    }

    func read(_ content: [UInt8]) -> Extension { Extension(content.span) }

    @Test func `segments are read as they stand in a file, with fill bytes between and behind`() {
        let jfif: [UInt8] = Array("JFIF".utf8) + [0, 1, 2, 1, 0, 72, 0, 36, 0, 0]
        let content =
            SyntheticJPEG.segment(0xE0, jfif) + [0xFF, 0xFF] + Self.sof(4096, 2160) + Self.dqt(0, 3)
            + SyntheticJPEG.segment(0xDB, [0x11] + Array(repeating: 1, count: 128)) + SyntheticJPEG.segment(0xDD, [1, 0])
            + SyntheticJPEG.segment(0xC4, [0x10] + StandardHuffmanTables.chromaAlternatingCurrent)
            + SyntheticJPEG.segment(0xFE, [9, 9]) + SyntheticJPEG.segment(0xDA, [3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0])
        let told = read(content + [0xFF, 0xFF, 0xFF])
        #expect(!told.isMalformed)
        #expect(told.frame?.size == PictureSize(width: 4096, height: 2160))
        #expect(told.frame?.components.map(\.sampling) == [0x22, 0x11, 0x11])
        #expect(told.frame?.components.map(\.table) == [0, 1, 1])
        #expect(told.quantization == [0: Array(repeating: 3, count: 64), 1: Array(repeating: 257, count: 64)])
        #expect(told.restartInterval == 256)
        #expect(told.huffman == [0x10: StandardHuffmanTables.chromaAlternatingCurrent])
        #expect(told.scan == [3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0])
        #expect(told.jfif == Array(jfif.prefix(12)))
    }

    @Test func `an empty extension, fill bytes, zeros and an SOI in front say nothing wrong`() {
        for content in [[], [0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 0], [0xFF, 0xD8, 0xFF, 0xFF]] as [[UInt8]] {
            #expect(read(content) == Extension())
        }
        #expect(read([0xFF, 0xD8] + Self.sof(64, 64) + [0]).frame != nil)
        #expect(!read([0xFF, 0xD8] + Self.sof(64, 64) + [0]).isMalformed)
    }

    @Test func `what cannot be read ends the reading, and what stood before counts`() {
        let broken: [[UInt8]] = [
            [1, 2, 3, 4], [0xFF, 0xDB], [0xFF, 0xDB, 0], [0xFF, 0xDB, 0, 1], [0xFF, 0xDB, 0, 200, 1],
            SyntheticJPEG.segment(0xDB, [4] + Array(repeating: 1, count: 64)),
            SyntheticJPEG.segment(0xDB, [0x20] + Array(repeating: 1, count: 64)),
            SyntheticJPEG.segment(0xDB, [0] + Array(repeating: 1, count: 63)),
            SyntheticJPEG.segment(0xC4, [0] + Array(repeating: 255, count: 16)),
            SyntheticJPEG.segment(0xC4, [4] + Array(repeating: 0, count: 16)), SyntheticJPEG.segment(0xC4, [0, 0]),
            SyntheticJPEG.segment(0xDD, [1]), SyntheticJPEG.segment(0xDA, [3, 1, 0]),
            SyntheticJPEG.segment(0xDA, [2, 1, 0, 2, 0x11, 0, 63, 0]),
            Self.sof(0, 64), Self.sof(64, 0), Self.sof(64, 64, precision: 12), Self.sof(64, 64, marker: 0xC2),
            Self.sof(64, 64, sampling: 0x50), Self.sof(64, 64, sampling: 0x02), Self.sof(64, 64, sampling: 0x44),
            SyntheticJPEG.segment(0xC0, [8, 0, 64, 0, 64, 3, 1, 0x22, 0, 1, 0x11, 1, 3, 0x11, 1]),
            SyntheticJPEG.segment(0xC0, [8, 0, 64, 0, 64, 3, 1, 0x22, 9, 2, 0x11, 1, 3, 0x11, 1]),
            SyntheticJPEG.segment(0xC0, [8, 0, 64, 0, 64, 2, 1, 0x22, 0, 2, 0x11, 1]),
            SyntheticJPEG.segment(0xC0, [8, 0, 64]),
        ]
        for content in broken {
            let told = read(Self.dqt(2, 5) + content + Self.dqt(3, 6))
            #expect(told.isMalformed)
            #expect(told.quantization == [2: Array(repeating: 5, count: 64)])
            #expect(told.frame == nil)
        }
    }

    @Test func `cut anywhere and changed anywhere it is read without a trap`() {
        let whole = Self.sof(4096, 2160) + Self.dqt(0, 3) + SyntheticJPEG.segment(0xDD, [1, 0])
        for length in 0..<whole.count { #expect(read(Array(whole[..<length])).restartInterval == nil) }
        var random = ReceptionRandom(seed: 5)
        for _ in 0..<3000 {
            var content = whole
            for _ in 0..<3 {
                content[Int.random(in: 0..<content.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let told = read(content)
            #expect((told.frame?.components.reduce(0) { $0 + $1.blocks } ?? 1) <= 10)
            #expect(told.quantization.values.allSatisfy { $0.count == 64 })
        }
    }

    @Test func `of two extensions of a frame the first has the word`() {
        var first = read(Self.sof(64, 48) + Self.dqt(0, 1))
        first.merge(read(Self.sof(32, 16) + Self.dqt(0, 2) + Self.dqt(1, 2) + SyntheticJPEG.segment(0xDD, [0, 3])))
        #expect(first.frame?.size == PictureSize(width: 64, height: 48))
        #expect(first.quantization == [0: Array(repeating: 1, count: 64), 1: Array(repeating: 2, count: 64)])
        #expect(first.restartInterval == 3)
    }
}
