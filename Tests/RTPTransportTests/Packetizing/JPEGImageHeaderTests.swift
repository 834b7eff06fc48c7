import Testing

@testable import RTPTransport

struct JPEGImageHeaderTests {
    private func header(_ image: SyntheticJPEG) throws -> JPEGImageHeader {
        try header(image.bytes)
    }

    private func header(_ image: [UInt8]) throws -> JPEGImageHeader {
        try JPEGImageHeader(scanning: image.span)
    }

    private func refusal(_ bytes: [UInt8]) -> JPEGError? {
        do throws(JPEGError) {
            _ = try JPEGImageHeader(scanning: bytes.span)
            return nil
        } catch {
            return error
        }
    }

    private func refusal(_ change: (inout SyntheticJPEG) -> Void) -> JPEGError? {
        var image = SyntheticJPEG()
        change(&image)
        return refusal(image.bytes)
    }

    @Test func `everything that the packets need is read`() throws {
        let image = SyntheticJPEG(width: 641, height: 359, restartInterval: 12)
        let header = try self.header(image)
        #expect(header.width == 641)
        #expect(header.height == 359)
        #expect(header.sampling == .yuv420)
        #expect(header.restartInterval == 12)
        #expect(header.type == 65)
        #expect(header.precision == 0)
        #expect(Array(image.bytes[header.lumaTable]) == SyntheticJPEG.lumaTable)
        #expect(Array(image.bytes[header.chromaTable]) == SyntheticJPEG.chromaTable)
        #expect(Array(image.bytes[header.scan]) == image.scan)
    }

    @Test func `the type says the sampling and whether there are restart markers`() throws {
        var image = SyntheticJPEG()
        #expect(try header(image).type == 1)
        image.components[0].sampling = 0x21
        #expect(try header(image).type == 0)
        image.restartInterval = 4
        #expect(try header(image).type == 64)
        image.restartInterval = 0
        #expect(try header(image).type == 0)
    }

    @Test func `factors that are not the smallest are told as they are, but type and restart markers are those that travel`()
        throws
    {
        for (image, sampling) in zip(FactoredJPEG.all, [0x22_12_12, 0x22_12_12, 0x22_12_12, 0x41_21_21] as [UInt32]) {
            let header = try header(image)
            #expect(header.sampling.rawValue == sampling)
            #expect(header.needsReordering)
            #expect(header.type == 0)
        }
        #expect(try header(FactoredJPEG.tallRestarting).restartInterval == 1)
        #expect(try !header(RealJPEG.yuv422).needsReordering)
        #expect(try !header(RealJPEG.restarting).needsReordering)
        var image = SyntheticJPEG()
        for (component, sampling) in [0x42, 0x21, 0x21].enumerated() { image.components[component].sampling = UInt8(sampling) }
        #expect(try header(image).type == 1)
    }

    @Test func `pictures that libjpeg made are read`() throws {
        let small = try header(RealJPEG.yuv420)
        #expect((small.width, small.height, small.type) == (16, 16, 1))
        #expect(small.scan.upperBound == RealJPEG.yuv420.count - 2)
        #expect(try header(RealJPEG.yuv422).type == 0)
        let restarting = try header(RealJPEG.restarting)
        #expect((restarting.width, restarting.height, restarting.type, restarting.restartInterval) == (32, 32, 65, 2))
    }

    @Test func `pictures of other kinds are refused by name`() {
        #expect(refusal(RealJPEG.yuv444) == .unsupportedSampling(JPEGSampling(rawValue: 0x11_11_11)))
        #expect(refusal(RealJPEG.progressive) == .progressive)
        #expect(refusal(RealJPEG.grey) == .unsupportedComponents(1))
        #expect(refusal(RealJPEG.optimized) == .foreignHuffmanTables)
    }

    @Test func `the frame marker says the process`() {
        #expect(refusal { $0.frameMarker = 0xC1 } == nil)
        #expect(refusal { $0.frameMarker = 0xC2 } == .progressive)
        #expect(refusal { $0.frameMarker = 0xC9 } == .arithmetic)
        #expect(refusal { $0.frameMarker = 0xCA } == .arithmetic)
        // Lossless and hierarchical, with Huffman and with arithmetic coding.
        for marker in [0xC3, 0xC5, 0xC6, 0xC7, 0xCB, 0xCD, 0xCE, 0xCF] as [UInt8] {
            #expect(refusal { $0.frameMarker = marker } == .unsupportedProcess(marker))
        }
        #expect(refusal { $0.precision = 12 } == .unsupportedPrecision(12))
    }

    @Test func `only three components with colour halved are taken`() {
        #expect(
            refusal {
                $0.components.append(.init(id: 4, sampling: 0x11, table: 0))
                $0.selectors.append(0x11)
            } == .unsupportedComponents(4))
        #expect(refusal { $0.components.removeLast() } == .unsupportedComponents(2))
        for (luma, chroma) in [(0x11, 0x11), (0x12, 0x11), (0x41, 0x11), (0x22, 0x22), (0x22, 0x21), (0x44, 0x11)] {
            let sampling = JPEGSampling(rawValue: UInt32(luma << 16 | chroma << 8 | chroma))
            let error = refusal {
                $0.components[0].sampling = UInt8(luma)
                $0.components[1].sampling = UInt8(chroma)
                $0.components[2].sampling = UInt8(chroma)
            }
            #expect(error == .unsupportedSampling(sampling))
        }
    }

    @Test func `RGB is told by Adobe's marker or by the names of the components`() {
        let adobe = [UInt8]("Adobe".utf8) + [0, 100, 0, 0, 0, 0]
        let jfif: (marker: UInt8, contents: [UInt8]) = (0xE0, [0x4A, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0])
        #expect(refusal { $0.extraSegments = [(0xEE, adobe + [0])] } == .notYCbCr)
        #expect(refusal { $0.extraSegments = [(0xEE, adobe + [1])] } == nil)
        #expect(refusal { $0.extraSegments = [(0xEE, adobe)] } == nil)
        #expect(refusal { $0.extraSegments = [jfif, (0xEE, adobe + [0])] } == nil)
        let named: (inout SyntheticJPEG) -> Void = {
            for (index, letter) in "RGB".utf8.enumerated() { $0.components[index].id = letter }
        }
        #expect(refusal(named) == .notYCbCr)
        #expect(
            refusal {
                named(&$0)
                $0.extraSegments = [jfif]
            } == nil)
    }

    @Test func `tables are found through the components, whatever their numbers and order`() throws {
        var image = SyntheticJPEG()
        image.quantization = [[3] + SyntheticJPEG.chromaTable + [2] + SyntheticJPEG.lumaTable]
        image.components = [
            .init(id: 0, sampling: 0x22, table: 2), .init(id: 0, sampling: 0x11, table: 3),
            .init(id: 0, sampling: 0x11, table: 3),
        ]
        let header = try self.header(image)
        #expect(Array(image.bytes[header.lumaTable]) == SyntheticJPEG.lumaTable)
        #expect(Array(image.bytes[header.chromaTable]) == SyntheticJPEG.chromaTable)
    }

    @Test func `one table for all, and two chroma tables alike, will do; two that differ will not`() throws {
        var image = SyntheticJPEG()
        image.components[1].table = 0
        image.components[2].table = 0
        let header = try self.header(image)
        #expect(header.lumaTable == header.chromaTable)
        #expect(
            refusal {
                $0.quantization.append([2] + SyntheticJPEG.chromaTable)
                $0.components[2].table = 2
            } == nil)
        #expect(
            refusal {
                $0.quantization.append([2] + SyntheticJPEG.lumaTable)
                $0.components[2].table = 2
            } == .differentChromaTables)
    }

    @Test func `tables of 16-bit values are told by the precision bits`() throws {
        var image = SyntheticJPEG()
        image.quantization[0] = [0x10] + [UInt8](repeating: 9, count: 128)
        #expect(try header(image).precision == 1)
        #expect(try header(image).lumaTable.count == 128)
        image.quantization[1] = [0x11] + [UInt8](repeating: 8, count: 128)
        #expect(try header(image).precision == 3)
    }

    @Test func `the standard Huffman tables may be there under any number`() {
        let tables: [[UInt8]] = [
            [0x02] + StandardHuffmanTables.lumaDirectCurrent, [0x12] + StandardHuffmanTables.lumaAlternatingCurrent,
            [0x03] + StandardHuffmanTables.chromaDirectCurrent + [0x13] + StandardHuffmanTables.chromaAlternatingCurrent,
        ]
        #expect(
            refusal {
                $0.huffman = tables
                $0.selectors = [0x22, 0x33, 0x33]
            } == nil)
        #expect(
            refusal {
                $0.huffman = tables
                $0.selectors = [0x33, 0x22, 0x22]
            } == .foreignHuffmanTables)
        #expect(
            refusal {
                $0.huffman = tables
                $0.selectors = [0x22, 0x22, 0x33]
            } == .foreignHuffmanTables)
    }

    @Test func `a Huffman table that differs in one symbol is foreign`() {
        var table = StandardHuffmanTables.lumaAlternatingCurrent
        table[177] ^= 1
        #expect(refusal { $0.huffman = [[0x10] + table] } == .foreignHuffmanTables)
        #expect(refusal { $0.huffman = [[0x12] + table] } == nil)
    }

    @Test func `a size of zero, a second frame header and a missing scan are broken`() {
        func isMalformed(_ error: JPEGError?) -> Bool {
            if case .malformed = error { true } else { false }
        }
        #expect(isMalformed(refusal { $0.width = 0 }))
        #expect(isMalformed(refusal { $0.height = 0 }))
        #expect(isMalformed(refusal { $0.extraSegments = [(0xC0, $0.frame)] }))
        #expect(isMalformed(refusal(SyntheticJPEG().headers + [0xFF, 0xD9])))
        #expect(isMalformed(refusal([0xFF, 0xD8, 0xFF, 0xD9])))
        #expect(isMalformed(refusal { $0.quantization.removeLast() }))
        #expect(isMalformed(refusal { $0.quantization[0].removeLast() }))
        #expect(isMalformed(refusal { $0.quantization[0][0] = 0x20 }))
        #expect(isMalformed(refusal { $0.quantization[0][0] = 0x04 }))
        #expect(isMalformed(refusal { $0.components[0].table = 4 }))
        for sampling in [0x00, 0x10, 0x01, 0x52, 0x25] as [UInt8] {
            #expect(isMalformed(refusal { $0.components[1].sampling = sampling }))
        }
        #expect(isMalformed(refusal { $0.precision = 0 }))
        #expect(isMalformed(refusal { $0.selectors = [0x00, 0x22, 0x22] }))
        #expect(isMalformed(refusal { $0.selectors = [0x00, 0xFF, 0x11] }))
        // Three codes of one bit.
        #expect(isMalformed(refusal { $0.huffman = [[0x00, 3] + [UInt8](repeating: 0, count: 15) + [1, 2, 3]] }))
        #expect(isMalformed(refusal { $0.huffman = [[0x00] + [UInt8](repeating: 255, count: 300)] }))
        #expect(isMalformed(refusal { $0.huffman = [[0x00, 1, 2, 3]] }))
        #expect(isMalformed(refusal { $0.extraSegments = [(0xDD, [1])] }))
        #expect(isMalformed(refusal([0xFF, 0xD8] + SyntheticJPEG.segment(0xDA, [3, 1, 0, 2, 17, 3, 17, 0, 63, 0]))))
        #expect(isMalformed(refusal([0xFF, 0xD8, 0xFF, 0xE0, 0, 1])))
        #expect(isMalformed(refusal([0xFF, 0xD8, 0x00, 0xE0])))
    }

    @Test func `components in scans of their own are refused, and where one has no scan the file is cut short`() {
        var image = SyntheticJPEG()
        image.selectors = [0x00]
        let second = SyntheticJPEG.segment(0xDA, [2, 2, 0x11, 3, 0x11, 0, 63, 0]) + [4, 5, 0xFF, 0x00, 0xFF, 0xD0, 6]
        image.end = second + [0xFF, 0xD9]
        #expect(refusal(image.bytes) == .severalScans)
        image.end = second
        #expect(refusal(image.bytes) == .severalScans)
        image.end = SyntheticJPEG.segment(0xDA, [1, 2, 0x11, 0, 63, 0]) + [4, 0xFF, 0xD9]
        #expect(refusal(image.bytes) == .truncated)
        image.end = [0xFF, 0xD9]
        #expect(refusal(image.bytes) == .truncated)
        image.end = second.dropLast(10) + []
        #expect(refusal(image.bytes) == .truncated)
        image.end = [0xFF, 0xD8] + second
        #expect(refusal(image.bytes) == .malformed(offset: image.bytes.count - second.count - 2))
        image.end = SyntheticJPEG.segment(0xC0, image.frame) + second
        guard case .malformed = refusal(image.bytes) else { return #expect(Bool(false), "a second frame header was taken") }
    }

    @Test func `bytes that are no JPEG file are refused, and so is a file cut anywhere before its picture data`() {
        #expect(refusal([]) == .notJPEG)
        #expect(refusal([0xFF]) == .notJPEG)
        #expect(refusal([UInt8]("GIF89a".utf8)) == .notJPEG)
        let image = RealJPEG.yuv420
        guard let scan = try? header(image).scan else {
            Issue.record("a sound picture was refused")
            return
        }
        for count in 2...scan.lowerBound { #expect(refusal(Array(image.prefix(count))) == .truncated) }
    }

    @Test func `fill bytes, lone markers, comments full of markers and thumbnails are passed over`() throws {
        let image = SyntheticJPEG()
        let rest = image.bytes.dropFirst(2)
        let filled = [0xFF, 0xD8, 0xFF, 0xFF, 0xFF, 0x01] + [0xFF, 0xFF] + Array(rest)
        #expect(try Array(filled[header(filled).scan]) == image.scan)
        var commented = image
        commented.extraSegments = [
            (0xFE, Array([[UInt8]](repeating: [0xFF, 0xD8, 0xFF, 0xD9], count: 300).joined())), (0xE1, RealJPEG.yuv444),
        ]
        #expect(try Array(commented.bytes[header(commented).scan]) == image.scan)
    }

    @Test func `the picture ends at the first end marker, or with the file`() throws {
        let data = SyntheticJPEG.scanData(count: 3000)
        let stuffed: [UInt8] = data + [0xFF, 0x00, 0xD9, 0xFF, 0xD0] + data
        let ends: [[UInt8]] = [
            [], [0xFF], [0xFF, 0xD9], [0xFF, 0xFF, 0xFF, 0xD9], [0xFF, 0xD9, 0, 0, 7, 0xFF, 0xD8], [0xFF, 0xD9, 0xFF, 0xD9],
            [0xFF, 0xD9] + data + [0xFF, 0xD9],
        ]
        for end in ends {
            let image = SyntheticJPEG(scan: stuffed, end: end)
            #expect(try Array(image.bytes[header(image).scan]) == stuffed)
        }
    }

    @Test func `the end marker is found wherever it stands in the blocks that are searched`() throws {
        for count in Array(1000...1050) + Array(2030...2060) {
            let image = SyntheticJPEG(scan: SyntheticJPEG.scanData(count: count), end: [0xFF, 0xD9, 1, 2, 3])
            #expect(try header(image).scan.count == count)
        }
    }

    @Test func `a file without picture data is cut short`() {
        #expect(refusal { $0.scan = [] } == .truncated)
        #expect(
            refusal {
                $0.scan = []
                $0.end = []
            } == .truncated)
    }

    @Test func `damaged files are read or refused, and all ranges lie within the file`() {
        var generator = SeededGenerator(seed: 2435)
        for original in [RealJPEG.yuv420, RealJPEG.restarting, RealJPEG.progressive, SyntheticJPEG().bytes] {
            for _ in 0..<1000 {
                var image = original
                for _ in 0..<Int.random(in: 1...8, using: &generator) {
                    image[Int.random(in: image.indices, using: &generator)] = .random(in: 0...255, using: &generator)
                }
                if Bool.random(using: &generator) {
                    image.removeSubrange(Int.random(in: image.indices, using: &generator)...)
                }
                guard let header = try? self.header(image) else { continue }
                for range in [header.lumaTable, header.chromaTable, header.scan] {
                    #expect(range.lowerBound >= 0 && range.upperBound <= image.count && !range.isEmpty)
                }
            }
        }
    }
}
