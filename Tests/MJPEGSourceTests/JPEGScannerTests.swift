import Testing

@testable import MJPEGSource

struct JPEGScannerTests {
    /// All that the scanner says of these bytes when it sees them at once.
    private func steps(_ bytes: [UInt8], maxFrameBytes: Int = 1_000_000) -> [JPEGScanner.Step] {
        var scanner = JPEGScanner(maxFrameBytes: maxFrameBytes)
        var steps: [JPEGScanner.Step] = []
        while true {
            var step = scanner.step(bytes.span, from: 0)
            if step == .starved {
                guard let last = scanner.finish(at: bytes.count) else { return steps }
                step = last
            }
            if step != .starved { steps.append(step) }
        }
    }

    private func isOneFrame(_ bytes: [UInt8]) -> Bool {
        steps(bytes) == [.frame(0..<bytes.count)]
    }

    @Test func `a thumbnail inside a segment does not end the picture`() {
        #expect(isOneFrame(jpegWithThumbnail()))
    }

    @Test func `a comment of 64 kB full of markers is passed`() {
        let markers: [UInt8] = [0xFF, 0xD8, 0xFF, 0xD9, 0xFF, 0xDA]
        let body = [UInt8]([[UInt8]](repeating: markers, count: 10_922).joined()) + [0]
        #expect(body.count == 65_533)
        #expect(isOneFrame(jpeg(extra: segment(0xFE, body))))
    }

    @Test func `fill bytes before markers are passed`() {
        let fill = [UInt8](repeating: 0xFF, count: 9)
        #expect(isOneFrame(jpeg(extra: fill + segment(0xFE, [1, 2]) + fill)))
        #expect(isOneFrame(Array(jpeg().dropLast(2)) + fill + [0xFF, 0xD9]))
    }

    @Test func `stuffed zeros and restart markers do not end a scan`() {
        let data: [UInt8] = [0xFF, 0x00, 0xD9, 0xFF, 0xD0, 0xFF, 0xD7, 0xFF, 0x00, 0xFF, 0x00]
        #expect(isOneFrame([0xFF, 0xD8] + scanHeader + data + [0xFF, 0xD9]))
    }

    @Test func `tables and further scans after a scan are walked`() {
        let table = segment(0xC4, [0xFF, 0xD9, 0xFF, 0xD9])
        let image =
            Array(jpeg().dropLast(2)) + table + scanHeader + [1, 2, 3] + segment(0xDD, [0, 1]) + scanHeader + [4, 0xFF, 0xD9]
        #expect(isOneFrame(image))
    }

    @Test func `a segment that leads to no marker is searched in the plain way`() {
        let image = [0xFF, 0xD8] + segment(0xDB, [1, 2]) + [1, 2, 3, 4, 5, 6, 0xFF, 0xD9]
        #expect(isOneFrame(image))
        #expect(isOneFrame([0xFF, 0xD8, 0xFF, 0xDB, 0, 1, 9, 9, 0xFF, 0xD9]))
        #expect(isOneFrame([0xFF, 0xD8, 0xFF, 0xDA, 0, 2, 9, 9, 9, 9, 0xFF, 0xD9]))
    }

    @Test func `a thumbnail in a sound segment stays hidden when a later segment is not sound`() {
        let thumbnail = segment(0xE1, Array("Exif\0\0".utf8) + jpeg(7))
        #expect(isOneFrame([0xFF, 0xD8] + thumbnail + [0xFF, 0xDB, 0, 5, 1, 2, 3, 4, 4, 4, 0xFF, 0xD9]))
    }

    @Test func `a picture without scan ends at its end marker`() {
        #expect(isOneFrame([0xFF, 0xD8] + segment(0xDB, [1, 2, 3]) + [0xFF, 0xD9]))
    }

    @Test func `a start of image needs a marker behind it`() {
        let junk: [UInt8] = [0xFF, 0xD8, 0x00, 0xFF, 0xD9]
        let frame = junk.count..<(junk.count + jpeg().count)
        #expect(steps(junk + jpeg()) == [.damaged(MJPEGDamage(offset: 0, reason: .junk(byteCount: 5))), .frame(frame)])
    }

    @Test func `a frame that meets another is unfinished`() {
        let cut = Array(jpeg(1).dropLast(10))
        let expected: [JPEGScanner.Step] = [
            .damaged(MJPEGDamage(offset: 0, reason: .unfinishedFrame)), .frame(cut.count..<(cut.count + jpeg(2).count)),
        ]
        #expect(steps(cut + jpeg(2)) == expected)
    }

    @Test func `bytes behind the last frame are junk, blanks are not`() {
        let end = jpeg().count
        #expect(steps(jpeg() + Array("\r\n".utf8)) == [.frame(0..<end)])
        #expect(
            steps(jpeg() + Array("end".utf8)) == [
                .frame(0..<end), .damaged(MJPEGDamage(offset: end, reason: .junk(byteCount: 3))),
            ])
    }

    @Test func `nothing at all is nothing`() {
        #expect(steps([]).isEmpty)
        #expect(steps([0x20]).isEmpty)
    }

    @Test func `a window that lies elsewhere says nothing`() {
        var scanner = JPEGScanner(maxFrameBytes: 1000)
        let image = jpeg()
        #expect(scanner.step(image.span, from: 500) == .starved)
        scanner.move(to: 5000)
        #expect(scanner.step(image.span, from: 0) == .starved)
        #expect(scanner.position == 5000)
    }

    @Test func `a frame over the limit is reported once, and the next is found`() {
        let large = jpeg(1, scanByteCount: 3000)
        let expected: [JPEGScanner.Step] = [
            .damaged(MJPEGDamage(offset: 0, reason: .oversizeFrame)), .frame(large.count..<(large.count + jpeg(2).count)),
        ]
        #expect(steps(large + jpeg(2), maxFrameBytes: 2000) == expected)
    }

    @Test(arguments: [100, 1000])
    func `a segment that leads past the end does not hide that its frame is too large`(window: Int) {
        // Two bytes of the second picture spoil the length of its first segment.
        var large = jpeg(2, scanByteCount: 500)
        large.replaceSubrange(4..<6, with: [0xFF, 0xF0])
        let bytes = large + jpeg(3)
        let frame = (large.count..<bytes.count)
        let found = scan(bytes, window: window, maxFrameBytes: 400)
        #expect(found.frames == [frame])
        #expect(found.lost == [0])
    }

    /// The frames, and the places of those given up, when the scanner sees `window` bytes at a time.
    private func scan(_ bytes: [UInt8], window: Int, maxFrameBytes: Int) -> (frames: [Range<Int>], lost: [Int]) {
        var scanner = JPEGScanner(maxFrameBytes: maxFrameBytes)
        var (frames, lost): ([Range<Int>], [Int]) = ([], [])
        var (first, size) = (0, window)
        while true {
            let last = min(first + size, bytes.count)
            var step = scanner.step(bytes.span.extracting(first..<last), from: first)
            if step == .starved, scanner.position >= bytes.count || first <= scanner.position && last == bytes.count {
                guard let next = scanner.finish(at: bytes.count) else { return (frames, lost) }
                step = next
            }
            switch step {
            case .frame(let frame): frames.append(frame)
            case .damaged(let damage) where damage.reason.isJunk: break
            case .damaged(let damage): lost.append(damage.offset)
            case .starved:
                let next = min(max(scanner.position - JPEGScanner.lookBack, 0), bytes.count)
                // Where it asks for the same bytes again, it needs more of them.
                size = next == first ? size * 2 : window
                first = next
            }
        }
    }

    @Test(arguments: 0..<15)
    func `seeded mixtures hold what a reader of single bytes finds in them`(seed: Int) {
        let bytes = seed.isMultiple(of: 3) ? hostileBytes(seed: seed, count: 6000) : mixture(seed: seed)
        for maxFrameBytes in [150, 2500, 1_000_000] {
            let expected = ReferenceScanner(bytes, maxFrameBytes: maxFrameBytes)
            for window in [31, 64, 1000, bytes.count + 1] {
                let found = scan(bytes, window: window, maxFrameBytes: maxFrameBytes)
                #expect(found.frames == expected.frames, "\(window) bytes at a time, frames of \(maxFrameBytes)")
                #expect(found.lost == expected.lost, "\(window) bytes at a time, frames of \(maxFrameBytes)")
            }
        }
    }
}

extension MJPEGDamage.Reason {
    /// Whether no frame was lost.
    fileprivate var isJunk: Bool {
        if case .junk = self { true } else { false }
    }
}
