import Testing

@testable import RTPTransport

struct JPEGScanReorderingTests {
    private static let tall = JPEGSampling(rawValue: 0x22_12_12)

    private func header(_ image: [UInt8]) throws(JPEGError) -> JPEGImageHeader {
        try JPEGImageHeader(scanning: image.span)
    }

    private func reorder(_ image: [UInt8]) throws(JPEGError) -> [UInt8] {
        var reordering = JPEGScanReordering(try header(image))
        return try reordering.scan(of: image.span)
    }

    private func refusal(_ image: [UInt8]) -> JPEGError? {
        do throws(JPEGError) {
            _ = try reorder(image)
            return nil
        } catch {
            return error
        }
    }

    private func image(
        _ scan: [UInt8], width: Int, height: Int, _ sampling: JPEGSampling, restartInterval: Int = 0
    ) -> [UInt8] {
        var image = SyntheticJPEG(width: width, height: height, scan: scan)
        for component in 0..<3 {
            image.components[component].sampling = UInt8(truncatingIfNeeded: sampling.rawValue >> UInt32(16 - 8 * component))
        }
        if restartInterval > 0 { image.restartInterval = UInt16(restartInterval) }
        return image.bytes
    }

    /// A block like those of photographs: few coefficients, most of them small.
    private func block(_ generator: inout SeededGenerator) -> [Int] {
        var block = [Int](repeating: 0, count: 64)
        block[0] = .random(in: -1023...1023, using: &generator)
        for _ in 0..<Int.random(in: 0...12, using: &generator) {
            let size = Int.random(in: 1...10, using: &generator)
            block[.random(in: 1...63, using: &generator)] = .random(in: -(1 << size - 1)...(1 << size - 1), using: &generator)
        }
        return block
    }

    @Test func `a picture comes out as libjpeg writes it with the smallest factors`() throws {
        for image in [FactoredJPEG.tall, FactoredJPEG.tallRestarting, FactoredJPEG.wideRestarting] {
            #expect(try reorder(image) == FactoredJPEG.expectedScan)
        }
    }

    @Test func `a picture of FFmpeg keeps all coefficients of the blocks that it needs`() throws {
        let header = try header(FactoredJPEG.ffmpeg)
        #expect(header.sampling == Self.tall)
        let scan = Array(FactoredJPEG.ffmpeg[header.scan])
        let before = try #require(ReferenceScan(scan, width: 48, height: 40, Self.tall))
        let after = try #require(ReferenceScan(reorder(FactoredJPEG.ffmpeg), width: 48, height: 40, .yuv422))
        #expect(after.blocks.map(\.count) == [5, 5, 5])
        #expect(after.blocks == before.blocks.map { Array($0.prefix(5)) })
    }

    @Test(arguments: [0x22_12_12, 0x41_21_21, 0x42_22_22, 0x24_14_14, 0x42_21_21, 0x24_12_12, 0x44_22_22, 0x23_13_13])
    func `all factors of either ratio come out in the order of the smallest`(rawValue: UInt32) throws {
        let sampling = JPEGSampling(rawValue: rawValue)
        var generator = SeededGenerator(seed: UInt64(rawValue))
        for _ in 0..<8 {
            let width = Int.random(in: 1...100, using: &generator)
            let height = Int.random(in: 1...70, using: &generator)
            let picture = ReferenceScan(width: width, height: height, sampling) { block(&generator) }
            let expected = picture.scan(width: width, height: height, sampling.reduced)
            for interval in [0, 1, 2, 1000] {
                let scan = picture.scan(width: width, height: height, sampling, restartInterval: interval)
                let image = image(scan, width: width, height: height, sampling, restartInterval: interval)
                #expect(try reorder(image) == expected)
            }
        }
    }

    @Test func `the longest blocks and the largest differences are carried`() throws {
        var sign = 1
        let picture = ReferenceScan(width: 40, height: 40, Self.tall) {
            sign = -sign
            // Differences of 11 bits, and no block ends early.
            return (0..<64).map { ($0 % 3 == 0 ? 1023 : -1) * sign }
        }
        let scan = picture.scan(width: 40, height: 40, Self.tall)
        let expected = picture.scan(width: 40, height: 40, .yuv422)
        #expect(try reorder(image(scan, width: 40, height: 40, Self.tall)) == expected)
    }

    @Test func `runs of zeros and values in the last place are carried`() throws {
        var place = 0
        let picture = ReferenceScan(width: 64, height: 64, Self.tall) {
            var block = [Int](repeating: 0, count: 64)
            place = place % 63 + 1
            block[place] = 1
            if place % 2 == 0 { block[63] = -1 }
            return block
        }
        let scan = picture.scan(width: 64, height: 64, Self.tall)
        #expect(
            try reorder(image(scan, width: 64, height: 64, Self.tall)) == picture.scan(width: 64, height: 64, .yuv422))
    }

    @Test func `a picture as wide as can be is carried`() throws {
        let picture = ReferenceScan(width: 2040, height: 64, Self.tall) { [1] + [Int](repeating: 0, count: 63) }
        let scan = picture.scan(width: 2040, height: 64, Self.tall)
        #expect(
            try reorder(image(scan, width: 2040, height: 64, Self.tall)) == picture.scan(width: 2040, height: 64, .yuv422))
    }

    @Test func `a scan that is cut anywhere is cut short`() throws {
        for image in FactoredJPEG.all {
            let scan = try header(image).scan
            for end in scan.dropFirst() {
                // What is left may end in an FF, which is no data.
                #expect(refusal(Array(image[..<end])) == .truncated)
                #expect(refusal(Array(image[..<end]) + [0xFF, 0xD9]) == .truncated)
            }
            #expect(refusal(Array(image[..<scan.upperBound])) == nil)
        }
    }

    @Test func `a small file that claims to be a large picture is cut short`() {
        #expect(refusal(image([0, 0, 0], width: 2040, height: 2040, Self.tall)) == .truncated)
    }

    @Test func `bytes after the last MCU do not matter`() throws {
        let scan = try header(FactoredJPEG.tall).scan
        for rest: [UInt8] in [[0], [0xFF, 0xD0], [0xFF, 0xD3, 1, 2], [0xFF, 0, 0xFF, 0]] {
            let image = FactoredJPEG.tall[..<scan.upperBound] + rest + [0xFF, 0xD9]
            #expect(try reorder(Array(image)) == FactoredJPEG.expectedScan)
        }
    }

    @Test func `a restart marker that is wrong, missing or out of place is broken where it stands`() throws {
        let image = FactoredJPEG.tallRestarting
        let scan = try header(image).scan
        let markers = scan.dropLast().filter { image[$0] == 0xFF && 0xD0...0xD7 ~= image[$0 + 1] }
        #expect(markers.map { image[$0 + 1] } == [0xD0, 0xD1, 0xD2, 0xD3, 0xD4])
        for marker in markers {
            for other: UInt8 in [0xD5, 0xD6, 0xD7, 0x01, 0xC0, 0xFE] {
                var broken = image
                broken[marker + 1] = other
                #expect(refusal(broken) == .malformed(offset: marker))
            }
            var filled = image
            filled.insert(0xFF, at: marker)
            #expect(try reorder(filled) == FactoredJPEG.expectedScan)
            var without = image
            without.removeSubrange(marker...marker + 1)
            #expect(refusal(without) != nil)
        }
        let middle = scan.lowerBound + 40
        #expect(
            refusal(FactoredJPEG.tall[..<middle] + [0xFF, 0xD0] + FactoredJPEG.tall[middle...]) == .malformed(offset: middle))
    }

    @Test func `bits that are no code are broken where they stand`() throws {
        let good = ReferenceScan(width: 16, height: 64, Self.tall) { [5] + [Int](repeating: 7, count: 63) }
            .scan(width: 16, height: 64, Self.tall)
        // Fifteen ones begin no code; the stuffing bytes before them count.
        let ones = [[UInt8]](repeating: [0xFF, 0], count: 20).joined()
        let image = image(good.prefix(100) + ones + good, width: 16, height: 64, Self.tall)
        let start = try header(image).scan.lowerBound
        guard case .malformed(let offset) = refusal(image) else {
            Issue.record("a broken scan was taken")
            return
        }
        #expect((start + 96...start + 108).contains(offset))
    }

    @Test func `coefficients beyond the last of a block are broken`() {
        // Two zeros and a one where there is room for only one more.
        let picture = ReferenceScan(width: 16, height: 16, Self.tall) { [0] + [Int](repeating: 1, count: 62) + [0, 0, 1] }
        let scan = picture.scan(width: 16, height: 16, Self.tall)
        #expect(isMalformed(refusal(image(scan, width: 16, height: 16, Self.tall))))
    }

    @Test func `DC coefficients that wander off are broken`() {
        /// Blocks of which each is brighter than the one before it in the scan, so that no difference is too large there.
        func wandering(width: Int, height: Int) -> JPEGError? {
            var picture = ReferenceScan(width: width, height: height, Self.tall) { [Int](repeating: 0, count: 64) }
            var last = [0, 0, 0]
            for place in ReferenceScan.order(width: width, height: height, Self.tall).joined() {
                last[place.component] += 2000
                picture.blocks[place.component][place.row][place.column][0] = last[place.component]
            }
            return refusal(
                image(picture.scan(width: width, height: height, Self.tall), width: width, height: height, Self.tall))
        }
        // Still within 16 bits, and in the same order; then in another order; then beyond 16 bits.
        #expect(wandering(width: 16, height: 16) == nil)
        #expect(isMalformed(wandering(width: 32, height: 16)))
        #expect(isMalformed(wandering(width: 16, height: 80)))
    }

    private func isMalformed(_ error: JPEGError?) -> Bool {
        if case .malformed = error { true } else { false }
    }

    @Test func `a scan with any one bit changed is read as the plain decoder reads it, or refused`() throws {
        var (read, refused) = (0, 0)
        for image in FactoredJPEG.all {
            let header = try header(image)
            for bit in header.scan.lowerBound * 8..<header.scan.upperBound * 8 {
                var broken = image
                broken[bit / 8] ^= 1 << UInt8(bit % 8)
                switch refusal(broken) {
                case nil:
                    // The plain decoder is slow.
                    if read % 8 == 0 { try expectSameBlocks(broken) }
                    read += 1
                case .truncated, .malformed: refused += 1
                case let error: Issue.record("\(error as Any)")
                }
            }
        }
        #expect(read > 1000)
        #expect(refused > 1000)
    }

    private func expectSameBlocks(_ image: [UInt8]) throws {
        let header = try header(image)
        let (width, height) = (header.width, header.height)
        let before = ReferenceScan(
            Array(image[header.scan]), width: width, height: height, header.sampling,
            restartInterval: Int(header.restartInterval))
        let after = try #require(ReferenceScan(reorder(image), width: width, height: height, .yuv422))
        // `before` may have more blocks, those that pad larger MCUs.
        let common = zip(after.blocks, try #require(before).blocks).map { small, large in
            zip(small, large).map { $1.prefix($0.count) }
        }
        #expect(common == after.blocks.map { $0.map { $0[...] } })
    }

    @Test func `files with any one bit of their headers changed, and files cut anywhere, never trap`() {
        var packetizer = JPEGPacketizer()
        var number: UInt16 = 0
        var carried = 0
        func take(_ image: [UInt8]) {
            let batch = try? packetizer.packetize(
                image, timestamp: RTPTimestamp(rawValue: 0), ssrc: 0, sequenceNumber: &number)
            carried += batch == nil ? 0 : 1
        }
        for image in [FactoredJPEG.tallRestarting] {
            for bit in 0..<image.count * 8 {
                var broken = image
                broken[bit / 8] ^= 1 << UInt8(bit % 8)
                take(broken)
            }
            for count in image.indices { take(Array(image.prefix(count))) }
        }
        #expect(carried > 1000)
    }
}
