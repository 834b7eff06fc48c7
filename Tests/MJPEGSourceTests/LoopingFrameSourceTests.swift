import Testing

@testable import MJPEGSource

/// Frames numbered from 0, a second each.
private struct NumberedFrames: SeekableFrameSource {
    var frameCount: Int
    var frameDuration = Duration.seconds(1)
    var position = 0
    var duration: Duration { frameDuration * frameCount }

    mutating func nextFrame() throws(MJPEGFileError) -> MJPEGFrame? {
        guard position < frameCount else { return nil }
        defer { position += 1 }
        return MJPEGFrame(image: [UInt8(position)], presentationTime: frameDuration * position)
    }

    mutating func seek(to time: Duration) throws(MJPEGFileError) -> Duration {
        position = min(max(Int(time / frameDuration), 0), frameCount)
        return frameDuration * position
    }
}

struct LoopingFrameSourceTests {
    @Test func `after the last frame the first comes again, at a later time`() throws {
        var source = LoopingFrameSource(NumberedFrames(frameCount: 3))
        #expect(source.duration == .seconds(3))
        #expect(source.frameCount == 3)
        for number in 0..<10 {
            let expected = MJPEGFrame(image: [UInt8(number % 3)], presentationTime: .seconds(number))
            #expect(try source.nextFrame() == expected)
        }
    }

    @Test(arguments: [0, 1, 2, 3, 4, 7, 3_000_001])
    func `a seek lands in whichever round the time is`(second: Int) throws {
        var source = LoopingFrameSource(NumberedFrames(frameCount: 3))
        #expect(try source.seek(to: .seconds(second) + .milliseconds(500)) == .seconds(second))
        for number in second..<(second + 5) {
            let expected = MJPEGFrame(image: [UInt8(number % 3)], presentationTime: .seconds(number))
            #expect(try source.nextFrame() == expected)
        }
    }

    @Test func `a seek back begins with the first round`() throws {
        var source = LoopingFrameSource(NumberedFrames(frameCount: 2))
        for _ in 0..<5 { _ = try source.nextFrame() }
        #expect(try source.seek(to: .seconds(-1)) == .zero)
        #expect(try source.nextFrame() == MJPEGFrame(image: [0], presentationTime: .zero))
    }

    @Test func `without frames or duration there is an end`() throws {
        var empty = LoopingFrameSource(NumberedFrames(frameCount: 0))
        #expect(try empty.nextFrame() == nil)
        #expect(try empty.seek(to: .seconds(5)) == .zero)
    }

    @Test func `absurd durations do not trap`() throws {
        var source = LoopingFrameSource(NumberedFrames(frameCount: 1, frameDuration: Duration(attoseconds: .max / 2)))
        for _ in 0..<5 { #expect(try source.nextFrame() != nil) }
        #expect(try source.nextFrame()?.presentationTime == Duration(attoseconds: .max))
    }

    @Test func `a source that still looks for its end is looped once it has found it`() throws {
        let folder = try TemporaryFolder()
        let pictures = (0..<60).map { jpeg($0, scanByteCount: 20_000) }
        let path = try folder.write(pictures.flatMap { $0 })
        var source = LoopingFrameSource(try MJPEGFile(path: path, indexing: .asNeeded))
        #expect(!source.isDurationFinal)
        #expect(try source.seek(to: .milliseconds(1600)) == .milliseconds(1600))
        #expect(!source.isDurationFinal)
        #expect(try source.nextFrame()?.image == pictures[40])
        #expect(try source.seek(to: .milliseconds(2480)) == .milliseconds(2480))
        #expect(source.isDurationFinal)
        #expect(try source.nextFrame() == MJPEGFrame(image: pictures[2], presentationTime: .milliseconds(2480)))
        var other = LoopingFrameSource(try MJPEGFile(path: path, indexing: .asNeeded))
        for number in 0..<130 {
            let expected = MJPEGFrame(image: pictures[number % 60], presentationTime: .milliseconds(40 * number))
            #expect(try other.nextFrame() == expected)
        }
    }
}
