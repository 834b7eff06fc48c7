public import MJPEGSource

/// Stored media in memory.
public struct FrameList: SeekableFrameSource, Sendable, Hashable {
    /// What a list fails with where it was told to.
    public struct Failure: Error, Sendable, Hashable {
        /// The frame that could not be read.
        public var index: Int

        /// Names the frame.
        public init(index: Int) { self.index = index }
    }

    /// All frames, in order of presentation time.
    public let frames: [MJPEGFrame]
    /// The length of the presentation.
    public let duration: Duration
    /// Reading the frame of this index fails.
    public var failingIndex: Int?
    private var next = 0

    /// The frames given; `duration` is what the list says its length is.
    public init(_ frames: [MJPEGFrame], duration: Duration) {
        self.frames = frames
        self.duration = duration
    }

    /// Pictures one after the other at an even rate (above 0).
    public init(_ images: [[UInt8]], framesPerSecond: Int = 25) {
        let rate = max(1, framesPerSecond)
        frames = images.enumerated().map { index, image in
            MJPEGFrame(image: image, presentationTime: .seconds(index) / rate)
        }
        duration = .seconds(images.count) / rate
    }

    /// `count` different pictures of about `size` bytes each.
    public init(count: Int, framesPerSecond: Int = 25, size: Int = 600, seed: UInt64 = 1) {
        let images = (0..<max(0, count)).map { index in
            SyntheticPicture(scanBytes: size, seed: seed &+ UInt64(truncatingIfNeeded: index)).bytes
        }
        self.init(images, framesPerSecond: framesPerSecond)
    }

    /// How many frames there are.
    public var frameCount: Int { frames.count }

    /// The next frame.
    /// - Throws: ``Failure`` at ``failingIndex``.
    public mutating func nextFrame() throws(Failure) -> MJPEGFrame? {
        guard next < frames.count else { return nil }
        guard next != failingIndex else { throw Failure(index: next) }
        defer { next += 1 }
        return frames[next]
    }

    /// Moves to the frame at or before `time`.
    public mutating func seek(to time: Duration) throws(Failure) -> Duration {
        next = time >= duration ? frames.count : frames.lastIndex { $0.presentationTime <= time } ?? 0
        return next < frames.count ? frames[next].presentationTime : duration
    }
}
