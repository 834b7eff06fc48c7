import MJPEGSource
import RTPTransport
import RTSPKit
import Synchronization
import Testing

@testable import RTSPNIO

extension RTSPNIOTests {
    /// Stored media whose pictures are made into others, one reader of it.
    @Suite struct ConvertingSourceTests {
        private static func source(
            _ clip: Clip, _ converter: FakeConverter, variant: PresentationVariant = .original,
            from source: (any SeekableFrameSource & Sendable)? = nil, wake: @escaping @Sendable () -> Void = {}
        ) -> (ConvertingSource, Conversions) {
            let conversions = Conversions(converter: converter, threadCount: 2, cacheBytes: 1 << 22)
            let work = ConvertingSource.Work(
                conversions: conversions, name: ConversionName("clip", tell: nil), variant: variant, packetSize: 1400,
                framesPerSecond: Double(clip.framesPerSecond), wake: wake)
            return (ConvertingSource(source ?? ClipSource(clip), work), conversions)
        }

        private static func readAll(_ source: inout ConvertingSource) async throws -> [[UInt8]] {
            var images: [[UInt8]] = []
            while true {
                var isReady = source.prepareNextFrame()
                while !isReady {
                    try await Task.sleep(for: .milliseconds(1))
                    isReady = source.prepareNextFrame()
                }
                guard let frame = try source.nextFrame() else { return images }
                images.append(frame.image)
            }
        }

        @Test func `pictures that can be carried pass at once, and nothing is read ahead`() async throws {
            let converter = FakeConverter()
            var (source, _) = Self.source(.small, converter)
            for index in 0..<40 {
                let isReady = source.prepareNextFrame()
                #expect(isReady)
                #expect(try source.nextFrame()?.image == Clip.small.images[index])
            }
            #expect(try source.nextFrame() == nil)
            #expect(converter.callCount == 0)
        }

        @Test func `others are converted a few frames ahead, in order`() async throws {
            let converter = FakeConverter()
            converter.open(false)
            let wakes = Mutex(0)
            var (source, conversions) = Self.source(.small.uncarriable, converter) { wakes.withLock { $0 += 1 } }
            let isReady = source.prepareNextFrame()
            #expect(!isReady)
            #expect(source.nextFrameTime == .zero)
            #expect(conversions.jobCount == ConvertingSource.readAhead)
            converter.open(true)
            #expect(await eventually { wakes.withLock { $0 } == 1 })
            #expect(try await Self.readAll(&source) == Clip.small.images)
            #expect(converter.callCount == 40)
        }

        @Test func `a frame that is taken before it is ready is the stored one`() throws {
            let converter = FakeConverter()
            converter.open(false)
            var (source, conversions) = Self.source(.small.uncarriable, converter)
            let isReady = source.prepareNextFrame()
            #expect(!isReady)
            #expect(try source.nextFrame()?.image == Clip.small.uncarriable.images[0])
            converter.open(true)
            #expect(conversions.jobCount > 0)
        }

        @Test func `pictures of both kinds may stand in one file`() async throws {
            let mixed = Clip(
                images: Clip.small.images.enumerated().map { $0 % 3 == 0 ? $1 : $1.uncarriable }, framesPerSecond: 25)
            let converter = FakeConverter()
            var (source, _) = Self.source(mixed, converter)
            #expect(try await Self.readAll(&source) == Clip.small.images)
            #expect(converter.callCount == 26)
        }

        @Test func `a jump drops what was read ahead`() async throws {
            let converter = FakeConverter()
            var (source, _) = Self.source(.small.uncarriable, converter)
            _ = source.prepareNextFrame()
            #expect(try source.seek(to: .milliseconds(350)) == .milliseconds(350))
            #expect(try await Self.readAll(&source) == Array(Clip.small.images[35...]))
            #expect(try source.seek(to: .zero) == .zero)
            #expect(try await Self.readAll(&source) == Clip.small.images)
        }

        @Test func `late frames are passed over without being converted`() async throws {
            let converter = FakeConverter()
            converter.open(false)
            var (source, conversions) = Self.source(.small.uncarriable, converter)
            let isReady = source.prepareNextFrame()
            #expect(!isReady)
            #expect(try source.skipFrames(before: .milliseconds(200)) == 20)
            #expect(source.nextFrameTime == .milliseconds(200))
            converter.open(true)
            #expect(await eventually { conversions.jobCount == 0 })
            #expect(try await Self.readAll(&source) == Array(Clip.small.images[20...]))
            // Two were in the works already.
            #expect(converter.callCount <= 22)
        }

        @Test func `a picture that is read only when it is due may have to be converted after all`() async throws {
            let clip = Clip(
                images: Clip.small.images.enumerated().map { $0 < 2 ? $1 : $1.uncarriable }, framesPerSecond: 100)
            let converter = FakeConverter()
            converter.open(false)
            let wakes = Mutex(0)
            let file = DatedSource(clip)
            var (source, conversions) = Self.source(clip, converter, from: file) { wakes.withLock { $0 += 1 } }
            for index in 0..<2 {
                // Before it is due, and when it is: only then is it read, but for the first.
                var isReady = source.prepareNextFrame()
                #expect(isReady)
                #expect(file.readCount == (index == 0 ? 1 : index))
                #expect(source.nextFrameTime == clip.time(of: index))
                isReady = source.prepareNextFrame()
                #expect(isReady)
                #expect(try source.nextFrame()?.image == Clip.small.images[index])
            }
            var isReady = source.prepareNextFrame()
            #expect(isReady)
            #expect(file.readCount == 2)
            isReady = source.prepareNextFrame()
            #expect(!isReady)
            #expect(source.nextFrameTime == clip.time(of: 2))
            #expect(file.readCount == 2 + ConvertingSource.readAhead)
            #expect(conversions.jobCount == ConvertingSource.readAhead)
            converter.open(true)
            #expect(await eventually { wakes.withLock { $0 } == 1 })
            #expect(try await Self.readAll(&source) == Array(Clip.small.images[2...]))
            #expect(converter.callCount == 38)
        }

        @Test func `a picture that is too late when it would be read is passed over unread, and a jump forgets it`() throws {
            let file = DatedSource(.small)
            var (source, _) = Self.source(.small, FakeConverter(), from: file)
            _ = source.prepareNextFrame()
            _ = try source.nextFrame()
            _ = source.prepareNextFrame()
            #expect(try source.skipFrames(before: .milliseconds(20)) == 1)
            #expect(file.readCount == 1)
            _ = source.prepareNextFrame()
            #expect(source.nextFrameTime == .milliseconds(20))
            #expect(try source.seek(to: .milliseconds(300)) == .milliseconds(300))
            #expect(source.nextFrameTime == nil)
            #expect(try source.nextFrame()?.image == Clip.small.images[30])
            #expect(file.readCount == 2)
        }

        @Test func `a variant converts every picture, and one that only limits bytes those that are too large`() async throws {
            let small = Clip.small.paced(7)
            let half = PresentationVariant(scale: JPEGScale(eighths: 4) ?? .full)
            let converter = FakeConverter(small: small)
            var (source, _) = Self.source(.small, converter, variant: half)
            #expect(try await Self.readAll(&source).count == 40)
            #expect(converter.callCount == 40)
            #expect(Set(converter.calls.keys.map(\.conversion)) == [JPEGConversion(scale: half.scale)])
            let limited = FakeConverter()
            let largest = try #require(Clip.small.images.map(\.count).max())
            let rate = (largest + 1000) * 8 * 100
            var (whole, _) = Self.source(.small, limited, variant: PresentationVariant(maximumBitRate: rate))
            #expect(try await Self.readAll(&whole) == Clip.small.images)
            #expect(limited.callCount == 0)
        }

        @Test func `quality follows the losses that the reader tells of`() async throws {
            let converter = FakeConverter(small: .small.paced(7))
            var (source, _) = Self.source(.small, converter, variant: PresentationVariant(followsLoss: true))
            let start = ContinuousClock.now
            for index in 0..<20 {
                let isReady = source.prepareNextFrame()
                #expect(isReady)
                if index < 10 { _ = try source.nextFrame() }
            }
            #expect(converter.callCount == 0)
            for second in [0, 5, 10, 15] {
                source.receive(ReaderFeedback(fractionLost: 0.3, at: start + .seconds(second)))
            }
            _ = try source.seek(to: .milliseconds(200))
            #expect(try await Self.readAll(&source).count == 20)
            #expect(Set(converter.calls.keys.map(\.conversion.quality)) == [55])
        }
    }
}

/// Stored media that knows when its frames are shown without reading them, as a file does, and counts what is read.
private struct DatedSource: SeekableFrameSource, Sendable {
    private final class Counter: Sendable {
        let value = Mutex(0)
    }

    private var base: ClipSource
    private var next = 0
    private let reads = Counter()

    init(_ clip: Clip) { base = ClipSource(clip) }

    /// How many frames were read, from all copies.
    var readCount: Int { reads.value.withLock { $0 } }
    var duration: Duration { base.duration }
    var frameCount: Int { base.frameCount }
    var nextFrameTime: Duration? { next < frameCount ? base.clip.time(of: next) : nil }

    mutating func nextFrame() throws -> MJPEGFrame? {
        guard let frame = try base.nextFrame() else { return nil }
        next += 1
        reads.value.withLock { $0 += 1 }
        return frame
    }

    mutating func skipFrames(before time: Duration) throws -> Int {
        guard try base.nextFrame() != nil else { return 0 }
        next += 1
        return 1
    }

    mutating func seek(to time: Duration) throws -> Duration {
        let found = try base.seek(to: time)
        next = base.clip.images.indices.first { base.clip.time(of: $0) >= found } ?? frameCount
        return found
    }
}
