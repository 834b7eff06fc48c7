import MJPEGSource

/// A clock that shows each moment in a colour of its own: stored media that is drawn as it is asked for.
public struct ColourClock: SeekableFrameSource, Sendable {
    /// How many frames there are.
    public let frameCount: Int
    /// How many in a second.
    public let framesPerSecond: Int
    private let draw: @Sendable (_ index: Int) -> [UInt8]
    private var next = 0

    /// A clock that runs for so many frames.
    /// - Parameter draw: makes the JPEG file of a frame.
    public init(frameCount: Int, framesPerSecond: Int = 25, draw: @escaping @Sendable (_ index: Int) -> [UInt8]) {
        self.frameCount = max(0, frameCount)
        self.framesPerSecond = max(1, framesPerSecond)
        self.draw = draw
    }

    /// From the first frame to the end of the last one.
    public var duration: Duration { time(of: frameCount) }

    /// Draws the next frame.
    public mutating func nextFrame() throws(Never) -> MJPEGFrame? {
        guard next < frameCount else { return nil }
        defer { next += 1 }
        return MJPEGFrame(image: draw(next), presentationTime: time(of: next))
    }

    /// Moves to the frame at or before `time`.
    public mutating func seek(to time: Duration) throws(Never) -> Duration {
        let share = max(0, min(time / max(duration, .nanoseconds(1)), 1))
        next = min(Int(share * Double(frameCount)), frameCount)
        // The division may have been rounded to either side of the frame.
        while next < frameCount, self.time(of: next + 1) <= time { next += 1 }
        while next > 0, self.time(of: next) > time { next -= 1 }
        return self.time(of: next)
    }

    private func time(of index: Int) -> Duration { .seconds(index) / framesPerSecond }
}
