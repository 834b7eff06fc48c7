/// How much a jitter buffer may hold.
public struct JitterBufferLimits: Sendable, Hashable {
    /// Frames held; the oldest go first.
    public var maximumFrames: Int
    /// Bytes held; the oldest frames go first.
    public var maximumBytes: Int
    /// A timestamp farther than this ahead of the one before and of the time passed begins a new time line, as does one more than a second and the target
    /// behind it: no network reorders frames that far, but a source may start over.
    public var maximumJump: Duration

    /// 512 frames, 64 MiB, 10 seconds.
    public static let `default` = JitterBufferLimits()

    /// Makes limits; counts below 1 are 1, and the jump is brought into 1 to 3600 seconds.
    public init(maximumFrames: Int = 512, maximumBytes: Int = 64 << 20, maximumJump: Duration = .seconds(10)) {
        self.maximumFrames = max(1, maximumFrames)
        self.maximumBytes = max(1, maximumBytes)
        self.maximumJump = min(max(maximumJump, .seconds(1)), .seconds(3600))
    }
}
