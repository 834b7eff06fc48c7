/// The budgets of everything that a file, a folder or a stream of JPEGs can make grow.
public struct MJPEGLimits: Sendable, Hashable {
    /// The largest frame, in bytes; larger ones are passed over and counted as damage.
    public var maxFrameBytes: Int

    /// The most frames of one file or folder; what lies behind them in a file is not served.
    public var maxFrames: Int

    /// The most entries (of any kind) of a folder of JPEG files.
    public var maxFolderEntries: Int

    /// Frames of 16 MiB, ten million of them, a million entries in a folder.
    public static let `default` = MJPEGLimits()

    /// Makes a set of limits; negative numbers count as 0.
    public init(
        maxFrameBytes: Int = 16 * 1024 * 1024,
        maxFrames: Int = 10_000_000,
        maxFolderEntries: Int = 1_000_000
    ) {
        self.maxFrameBytes = min(max(maxFrameBytes, 0), Int(Int32.max))
        self.maxFrames = max(maxFrames, 0)
        self.maxFolderEntries = max(maxFolderEntries, 0)
    }
}
