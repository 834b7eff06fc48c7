import Testing

@testable import MJPEGSource

struct FileIndexerTests {
    @Test func `a lab file gives its frames`() throws {
        let pictures = (1...20).map { jpegWithThumbnail($0) }
        let result = try opened(pictures.flatMap(lab))
        #expect(result.file.kind == .lab)
        #expect(result.images == pictures)
        #expect(result.file.damage.isEmpty)
    }

    @Test func `a length may have six digits, and blanks before it`() throws {
        let large = jpeg(1, scanByteCount: 120_000)
        let bytes = lab(large) + Array("   \(jpeg(2).count)".utf8) + jpeg(2) + lab(jpeg(3)) + Array("\r\n".utf8)
        let result = try opened(bytes)
        #expect(result.file.kind == .lab)
        #expect(result.images == [large, jpeg(2), jpeg(3)])
        #expect(result.file.damage.isEmpty)
    }

    @Test func `a lab frame without end marker is served as long as the lengths agree`() throws {
        let open = Array(jpeg(1).dropLast(2))
        #expect(try opened(lab(open) + lab(jpeg(2))).images == [open, jpeg(2)])
    }

    @Test(arguments: ["00000", "00003", "00040", "00400", "99999", "9999999999"])
    func `a wrong length is reported and costs nothing`(digits: String) throws {
        let pictures = (1...4).map { jpeg($0) }
        let bytes = lab(pictures[0]) + Array(digits.utf8) + pictures[1] + lab(pictures[2]) + lab(pictures[3])
        let result = try opened(bytes)
        #expect(result.images == pictures)
        let offset = lab(pictures[0]).count
        let reason = MJPEGDamage.Reason.wrongLengthPrefix(said: try #require(Int(digits)), found: pictures[1].count)
        #expect(result.file.damage == [MJPEGDamage(offset: offset, reason: reason)])
        #expect(result.file.damageCount == 1)
    }

    @Test func `a wrong first length is reported too`() throws {
        let result = try opened(Array("00020".utf8) + jpeg(1) + lab(jpeg(2)))
        #expect(result.images == [jpeg(1), jpeg(2)])
        #expect(result.file.damage.map(\.offset) == [0])
    }

    @Test func `a spoilt length is junk and costs nothing`() throws {
        let result = try opened(lab(jpeg(1)) + Array("0x1y2".utf8) + jpeg(2) + lab(jpeg(3)))
        #expect(result.images == [jpeg(1), jpeg(2), jpeg(3)])
        #expect(result.file.damage == [MJPEGDamage(offset: lab(jpeg(1)).count, reason: .junk(byteCount: 5))])
    }

    @Test func `a lab file that goes on without lengths is read as raw`() throws {
        let result = try opened(lab(jpeg(1)) + (2...9).flatMap { jpeg($0) })
        #expect(result.images == (1...9).map { jpeg($0) })
        #expect(result.file.kind == .lab)
    }

    @Test func `a lab frame cut anywhere costs only itself`() throws {
        let cut = jpeg(2)
        for length in 0..<cut.count {
            let bytes = lab(jpeg(1)) + lab(cut).prefix(5 + length) + lab(jpeg(3)) + lab(jpeg(4))
            let result = try opened(bytes)
            #expect(result.images == [jpeg(1), jpeg(3), jpeg(4)], "cut after \(length) bytes")
            #expect(result.file.damageCount > 0)
        }
    }

    @Test func `a raw frame cut anywhere costs only itself`() throws {
        let cut = jpeg(2)
        for length in 1..<cut.count {
            let result = try opened(jpeg(1) + cut.prefix(length) + jpeg(3) + jpeg(4))
            #expect(result.images == [jpeg(1), jpeg(3), jpeg(4)], "cut after \(length) bytes")
            #expect(result.file.damageCount > 0)
        }
    }

    @Test(arguments: [true, false])
    func `a cut last frame is reported at its first byte`(isLab: Bool) throws {
        let first = isLab ? lab(jpeg(1)) : jpeg(1)
        for length in 4..<jpeg(2).count {
            let last = isLab ? lab(jpeg(2)).prefix(5 + length) : jpeg(2).prefix(length)
            let result = try opened(first + last)
            #expect(result.images == [jpeg(1)])
            #expect(result.file.damage == [MJPEGDamage(offset: first.count + (isLab ? 5 : 0), reason: .cutLastFrame)])
        }
    }

    @Test func `junk between raw frames is reported with its place and size`() throws {
        let result = try opened(jpeg(1) + [1, 2, 3] + jpeg(2) + [UInt8](repeating: 0, count: 100) + jpeg(3) + [7])
        #expect(result.images == [jpeg(1), jpeg(2), jpeg(3)])
        let size = jpeg(1).count
        #expect(
            result.file.damage == [
                MJPEGDamage(offset: size, reason: .junk(byteCount: 3)),
                MJPEGDamage(offset: 2 * size + 3, reason: .junk(byteCount: 100)),
                MJPEGDamage(offset: 3 * size + 103, reason: .junk(byteCount: 1)),
            ])
    }

    @Test func `of much damage the first sixteen places are kept and all are counted`() throws {
        let result = try opened((1...100).flatMap { jpeg($0) + [0] })
        #expect(result.file.frameCount == 100)
        #expect(result.file.damage.count == 16)
        #expect(result.file.damageCount == 100)
    }

    @Test func `frames across the parts in which a file is read are whole`() throws {
        let pictures = (1...60).map { jpegWithThumbnail($0) + [] } + (61...70).map { jpeg($0, scanByteCount: 100_000) }
        #expect(try opened(pictures.flatMap { $0 }).images == pictures)
        #expect(try opened(pictures.flatMap(lab)).images == pictures)
        for shift in 0..<20 {
            let filler = segment(0xFE, [UInt8](repeating: 0xFF, count: 65_000))
            let first = jpeg(1, extra: filler + filler + filler + segment(0xFE, [UInt8](repeating: 0, count: 65_000 + shift)))
            let second = jpeg(2, scanByteCount: 2500)
            #expect(try opened(first + second + first + jpeg(3)).images == [first, second, first, jpeg(3)])
        }
    }

    @Test(arguments: [true, false])
    func `a frame over the limit is left out and reported`(isLab: Bool) throws {
        let pictures = [jpeg(1), jpeg(2, scanByteCount: 400_000), jpeg(3)]
        let bytes = isLab ? pictures.flatMap(lab) : pictures.flatMap { $0 }
        let result = try opened(bytes, limits: MJPEGLimits(maxFrameBytes: 1000))
        #expect(result.images == [jpeg(1), jpeg(3)])
        let offset = isLab ? lab(jpeg(1)).count + 6 : jpeg(1).count
        #expect(result.file.damage == [MJPEGDamage(offset: offset, reason: .oversizeFrame)])
    }

    @Test(arguments: [true, false])
    func `frames past the greatest number are left out and reported`(isLab: Bool) throws {
        let pictures = (1...5).map { jpeg($0) }
        let bytes = isLab ? pictures.flatMap(lab) : pictures.flatMap { $0 }
        let result = try opened(bytes, limits: MJPEGLimits(maxFrames: 3))
        #expect(result.images == Array(pictures.prefix(3)))
        #expect(result.file.damage.map(\.reason) == [.tooManyFrames])
    }

    @Test(.timeLimit(.minutes(1)))
    func `a file made to be walked again and again is indexed in linear time`() throws {
        var bytes = Array("00030".utf8) + [0xFF, 0xD8]
        while bytes.count < 400_000 {
            bytes += [0xFF, 0xE0, 0x00, 0x11, 0xFF, 0xD9] + Array("00099".utf8) + [0xFF, 0xD8, 0xFF, 0xE0, 0x00, 0x04]
            bytes += [0xFF, 0xD8]
        }
        _ = openingError(try TemporaryFolder().write(bytes))
        #expect(try opened(bytes + jpeg(1)).images.last == jpeg(1))
    }

    @Test(arguments: 1...60)
    func `hostile files open or fail, and all their frames can be read`(seed: Int) throws {
        let head = seed.isMultiple(of: 2) ? lab(jpeg(1)) : jpeg(1)
        let result = try opened(head + hostileBytes(seed: seed, count: 4000))
        #expect(result.images.count == result.file.frameCount)
        #expect(result.images.first == jpeg(1))
        let small = try opened(head + hostileBytes(seed: seed, count: 4000), limits: MJPEGLimits(maxFrameBytes: 300))
        #expect(small.images.allSatisfy { $0.count <= 300 })
    }

    @Test(arguments: 1...30)
    func `a raw file and a stream of the same bytes give the same frames`(seed: Int) throws {
        let bytes = jpeg(1) + hostileBytes(seed: seed, count: 4000)
        var splitter = MJPEGStreamSplitter()
        let streamed = splitter.append(bytes.span) + splitter.finish()
        #expect(try opened(bytes).images == streamed)
    }
}
