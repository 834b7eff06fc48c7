import Testing

@testable import RTPTransport

@Suite struct JPEGScanLayoutTests {
    private static func layout(
        _ width: Int, _ height: Int, interval: UInt16, type: UInt8 = 65, sof: [UInt8]? = nil
    ) throws -> JPEGDepacketizer.ScanLayout {
        let size = try #require(PictureSize(width: width, height: height))
        var header = JPEGDepacketizer.FileHeader(size: size, type: type, restartInterval: interval, tables: .init(q: 50))
        if let sof {
            let told = JPEGDepacketizer.HeaderExtension(SyntheticJPEG.segment(0xC0, sof).span)
            #expect(told.frame != nil)
            header.apply(told)
        }
        return JPEGDepacketizer.ScanLayout(header)
    }

    @Test func `MCUs are counted by the sampling, and intervals by MCUs`() throws {
        #expect(try Self.layout(641, 359, interval: 41).unitCount == 41 * 23)
        #expect(try Self.layout(641, 359, interval: 41).intervalCount == 23)
        #expect(try Self.layout(641, 359, interval: 41, type: 64).unitCount == 41 * 45)
        #expect(try Self.layout(64, 64, interval: 5).intervalCount == 4)
        #expect(try (0..<5).map { try Self.layout(64, 64, interval: 5).unitCount(ofInterval: $0) } == [5, 5, 5, 1, 0])
        #expect(try Self.layout(64, 64, interval: 0).intervalCount == 0)
        let grey: [UInt8] = [8, 0, 17, 0, 17, 1, 1, 0x22, 0]
        #expect(try Self.layout(17, 17, interval: 4, sof: grey).unitCount == 9)
    }

    @Test(arguments: [1, 2, 3, 7, 8, 41, 1000])
    func `a grey interval decodes as blocks of zeros and nothing after them`(units: Int) throws {
        for (type, sampling) in [(64, JPEGSampling.yuv422), (65, .yuv420)] as [(UInt8, JPEGSampling)] {
            let (width, height) = (16 * units, type == 64 ? 8 : 16)
            let layout = try Self.layout(width, height, interval: 1, type: type)
            let bytes = layout.grey(units)
            #expect(bytes.count == layout.greyByteCount(units))
            #expect(!bytes.contains(0xFF))
            let zeros = ReferenceScan(width: width, height: height, sampling) { Array(repeating: 0, count: 64) }
            #expect(ReferenceScan(bytes, width: width, height: height, sampling) == zeros)
            #expect(bytes == zeros.scan(width: width, height: height, sampling))
        }
    }

    @Test func `with other codes than the standard ones there is no grey`() throws {
        let size = try #require(PictureSize(width: 16, height: 16))
        var header = JPEGDepacketizer.FileHeader(size: size, type: 65, restartInterval: 1, tables: .init(q: 50))
        header.huffman[0] = StandardHuffmanTables.chromaDirectCurrent
        #expect(JPEGDepacketizer.ScanLayout(header).greyByteCount(1) == nil)
        #expect(JPEGDepacketizer.ScanLayout(header).grey(3).isEmpty)
    }
}
