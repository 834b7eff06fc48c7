/// Stored media that begins again after its last frame, for ever, with presentation times that keep rising.
///
/// ``duration`` and ``frameCount`` are those of one round. A seek past the end lands in a later round.
public struct LoopingFrameSource<Base: SeekableFrameSource>: SeekableFrameSource {
    private var base: Base
    /// The presentation time at which the current round began, in attoseconds.
    private var roundStart: Int128 = 0

    /// Loops `base`, beginning where it stands.
    public init(_ base: Base) {
        self.base = base
    }

    /// The length of one round.
    public var duration: Duration { base.duration }

    /// How many frames one round has.
    public var frameCount: Int { base.frameCount }

    /// Whether the length of a round is known.
    public var isDurationFinal: Bool { base.isDurationFinal }

    /// The next frame; `nil` only if the base has no frames or no duration.
    public mutating func nextFrame() throws(Base.Failure) -> MJPEGFrame? {
        if let frame = try base.nextFrame() { return shifted(frame) }
        let round = base.duration
        guard round > .zero else { return nil }
        _ = try base.seek(to: .zero)
        guard let frame = try base.nextFrame() else { return nil }
        roundStart = Self.sum(roundStart, round.attoseconds)
        return shifted(frame)
    }

    /// Moves to the frame at or before `time`, in whichever round that is.
    /// - Returns: the presentation time of the frame that comes next.
    public mutating func seek(to time: Duration) throws(Base.Failure) -> Duration {
        if !base.isDurationFinal {
            let found = try base.seek(to: time)
            // Only a base that has found its end tells in which round the time is.
            if !base.isDurationFinal || time < base.duration {
                roundStart = 0
                return found
            }
        }
        let round = base.duration
        guard time > .zero, round > .zero else {
            roundStart = 0
            return try base.seek(to: time)
        }
        let inRound = time.attoseconds % round.attoseconds
        let found = try base.seek(to: Duration(attoseconds: inRound))
        roundStart = time.attoseconds - inRound
        return Duration(attoseconds: Self.sum(roundStart, found.attoseconds))
    }

    /// Whether the base is ready.
    public mutating func prepareNextFrame() -> Bool { base.prepareNextFrame() }

    /// When the next frame is shown, where the base knows it.
    public var nextFrameTime: Duration? {
        base.nextFrameTime.map { Duration(attoseconds: Self.sum(roundStart, $0.attoseconds)) }
    }

    /// Passes over the next frame.
    public mutating func skipFrames(before time: Duration) throws(Base.Failure) -> Int {
        if try base.skipFrames(before: .zero) > 0 { return 1 }
        return try nextFrame() == nil ? 0 : 1
    }

    /// Tells the base.
    public mutating func receive(_ feedback: ReaderFeedback) { base.receive(feedback) }

    private func shifted(_ frame: MJPEGFrame) -> MJPEGFrame {
        var frame = frame
        frame.presentationTime = Duration(attoseconds: Self.sum(roundStart, frame.presentationTime.attoseconds))
        return frame
    }

    /// The sum, held at the largest value: a base may give times of any size, and none may trap.
    private static func sum(_ first: Int128, _ second: Int128) -> Int128 {
        let (sum, overflow) = first.addingReportingOverflow(second)
        return overflow ? (second < 0 ? .min : .max) : sum
    }
}

extension LoopingFrameSource: Sendable where Base: Sendable {}
