import Testing

@testable import MJPEGSource

struct MJPEGStreamSplitterTests {
    /// The frames of a stream given in chunks of one size, those of `finish()` last.
    private func frames(
        _ stream: [UInt8], chunk: Int, limits: MJPEGLimits = .default
    ) -> (frames: [[UInt8]], splitter: MJPEGStreamSplitter) {
        var splitter = MJPEGStreamSplitter(limits: limits)
        var frames: [[UInt8]] = []
        var start = 0
        while start < stream.count {
            let end = min(start + chunk, stream.count)
            frames += splitter.append(stream.span.extracting(start..<end))
            start = end
        }
        return (frames + splitter.finish(), splitter)
    }

    @Test func `a frame is returned with its last byte, not before`() {
        let image = jpegWithThumbnail()
        var splitter = MJPEGStreamSplitter()
        for byte in image.dropLast() { #expect(splitter.take([byte]).isEmpty) }
        #expect(splitter.take([0xD9]) == [image])
        #expect(splitter.bytesSkipped == 0)
        #expect(splitter.framesDiscarded == 0)
        #expect(splitter.finish().isEmpty)
    }

    @Test(arguments: [1, 2, 3, 5, 7, 64, 300, 1_000_000])
    func `frames come out the same in chunks of any size`(chunk: Int) {
        let pictures = [jpeg(1), jpegWithThumbnail(2), jpeg(3, extra: segment(0xFE, [UInt8](repeating: 0xFF, count: 65_000)))]
        let result = frames(pictures.flatMap { $0 }, chunk: chunk)
        #expect(result.frames == pictures)
        #expect(result.splitter.bytesSkipped == 0)
        #expect(result.splitter.framesDiscarded == 0)
    }

    @Test(arguments: [1, 4, 1000])
    func `a stream in the lab format gives its frames, and its lengths do not count as skipped`(chunk: Int) {
        let pictures = [jpeg(1), jpeg(2), jpegWithThumbnail(3)]
        let result = frames(pictures.flatMap(lab), chunk: chunk)
        #expect(result.frames == pictures)
        #expect(result.splitter.bytesSkipped == 0)
    }

    @Test(arguments: [1, 6, 1000])
    func `junk between frames is skipped and counted`(chunk: Int) {
        let junk = Array("--boundary\r\nContent-Type: image/jpeg\r\n\r\n".utf8)
        let result = frames(junk + jpeg(1) + [1, 2, 3] + jpeg(2) + [0xFF], chunk: chunk)
        #expect(result.frames == [jpeg(1), jpeg(2)])
        #expect(result.splitter.bytesSkipped == junk.count + 4)
        #expect(result.splitter.framesDiscarded == 0)
    }

    @Test(arguments: [1, 50, 10_000])
    func `a frame cut anywhere costs only itself`(chunk: Int) {
        let cut = jpeg(1)
        for length in 1..<cut.count {
            let result = frames(cut.prefix(length) + jpeg(2) + jpeg(3), chunk: chunk)
            #expect(result.frames == [jpeg(2), jpeg(3)], "cut after \(length) bytes")
            #expect(result.splitter.bytesSkipped == length)
        }
    }

    @Test func `a frame cut in its application data costs only itself once enough bytes follow`() {
        let cut = jpeg(1, extra: segment(0xE0, [UInt8](repeating: 7, count: 14)))
        let others = (2...400).map { jpeg($0) }
        for length in 2..<22 {
            let result = frames(cut.prefix(length) + others.flatMap { $0 }, chunk: 1000)
            #expect(result.frames == others, "cut after \(length) bytes")
        }
    }

    @Test func `an unfinished frame at the end is discarded`() {
        let result = frames(jpeg(1) + jpeg(2).dropLast(), chunk: 20)
        #expect(result.frames == [jpeg(1)])
        #expect(result.splitter.framesDiscarded == 1)
        #expect(result.splitter.bytesSkipped == jpeg(2).count - 1)
    }

    @Test func `the thumbnail of an unfinished frame is not taken for a frame`() {
        let picture = jpegWithThumbnail()
        for length in [200, picture.count - 100, picture.count - 1] {
            #expect(frames(Array(picture.prefix(length)), chunk: 30).frames.isEmpty)
        }
    }

    @Test func `after finish another stream can begin`() {
        var splitter = MJPEGStreamSplitter()
        _ = splitter.take(jpeg(1).dropLast(9))
        #expect(splitter.finish().isEmpty)
        #expect(splitter.take(jpeg(2)) == [jpeg(2)])
        #expect(splitter.framesDiscarded == 1)
    }

    @Test(arguments: [1, 100, 100_000])
    func `a frame over the limit is discarded, and those around it are not`(chunk: Int) {
        let large = jpeg(2, scanByteCount: 5000)
        let result = frames(jpeg(1) + large + jpeg(3), chunk: chunk, limits: MJPEGLimits(maxFrameBytes: 1000))
        #expect(result.frames == [jpeg(1), jpeg(3)])
        #expect(result.splitter.framesDiscarded == 1)
        #expect(result.splitter.bytesSkipped == large.count)
    }

    @Test func `a stream without end holds no more than a frame`() {
        var splitter = MJPEGStreamSplitter(limits: MJPEGLimits(maxFrameBytes: 10_000))
        _ = splitter.take([0xFF, 0xD8] + scanHeader)
        for _ in 0..<500 {
            _ = splitter.take([UInt8](repeating: 5, count: 1000))
            #expect(splitter.heldByteCount <= 11_000)
        }
        #expect(splitter.framesDiscarded == 1)
    }

    @Test(.timeLimit(.minutes(1)))
    func `nested starts that all lead nowhere take linear time`() {
        var stream: [UInt8] = []
        while stream.count < 300_000 { stream += [0xFF, 0xE0, 0x00, 0x05, 0xFF, 0xD8, 0xFF] }
        let result = frames([0xFF, 0xD8] + stream + jpeg(1), chunk: 1000)
        #expect(result.frames.last == jpeg(1))
    }

    @Test(arguments: 1...40)
    func `hostile bytes give the same whole frames in chunks of any size, and every byte is accounted for`(seed: Int) {
        let bytes = hostileBytes(seed: seed, count: 4000)
        let whole = frames(bytes, chunk: bytes.count)
        for chunk in [1, 2, 3, 11, 500] {
            let result = frames(bytes, chunk: chunk)
            #expect(result.frames == whole.frames)
            #expect(result.splitter.bytesSkipped == whole.splitter.bytesSkipped)
            #expect(result.splitter.framesDiscarded == whole.splitter.framesDiscarded)
        }
        for frame in whole.frames {
            #expect(frame.starts(with: [0xFF, 0xD8, 0xFF]))
            #expect(frame.suffix(2) == [0xFF, 0xD9])
        }
        let delivered = whole.frames.reduce(0) { $0 + $1.count }
        #expect(delivered + whole.splitter.bytesSkipped <= bytes.count)
        #expect(!whole.frames.isEmpty)
    }

    @Test(arguments: 1...40)
    func `hostile bytes never pass a small budget`(seed: Int) {
        let result = frames(hostileBytes(seed: seed, count: 4000), chunk: 1 + seed, limits: MJPEGLimits(maxFrameBytes: 200))
        #expect(result.frames.allSatisfy { $0.count <= 200 })
        #expect(result.splitter.heldByteCount == 0)
    }

    @Test(arguments: 1...40)
    func `a small budget gives the same whole frames in chunks of any size`(seed: Int) {
        let limits = MJPEGLimits(maxFrameBytes: 200)
        // The length of the first segment leads far behind the budget, and there are whole frames before that.
        let bytes = [0xFF, 0xD8, 0xFF, 0xE9, 0x70, 0x00] + hostileBytes(seed: seed, count: 4000)
        let whole = frames(bytes, chunk: bytes.count, limits: limits)
        for chunk in [1, 2, 3, 11, 500] {
            let result = frames(bytes, chunk: chunk, limits: limits)
            #expect(result.frames == whole.frames)
            #expect(result.splitter.bytesSkipped == whole.splitter.bytesSkipped)
            #expect(result.splitter.framesDiscarded == whole.splitter.framesDiscarded)
        }
    }

    @Test(arguments: [1, 7, 10_000])
    func `a segment that leads behind the budget does not cost the frames after the budget`(chunk: Int) {
        let broken: [UInt8] = [0xFF, 0xD8, 0xFF, 0xC3, 0xDB, 0x00] + [UInt8](repeating: 0x20, count: 400)
        let result = frames(broken + jpeg(2), chunk: chunk, limits: MJPEGLimits(maxFrameBytes: 400))
        #expect(result.frames == [jpeg(2)])
        #expect(result.splitter.framesDiscarded == 1)
        #expect(result.splitter.bytesSkipped == broken.count)
    }
}
