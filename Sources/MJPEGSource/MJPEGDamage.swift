/// A place in a Motion-JPEG file where something other than whole frames was passed over.
public struct MJPEGDamage: Sendable, Hashable, CustomStringConvertible {
    /// What was found there.
    @nonexhaustive public enum Reason: Sendable, Hashable {
        /// The length before a frame of the lab format is not the length of the frame, which was found another way.
        case wrongLengthPrefix(said: Int, found: Int)
        /// Another frame begins before this one has ended; this one is not served.
        case unfinishedFrame
        /// The file ends before its last frame does; that frame is not served.
        case cutLastFrame
        /// Bytes that belong to no frame.
        case junk(byteCount: Int)
        /// The frame is larger than ``MJPEGLimits/maxFrameBytes``; it is not served.
        case oversizeFrame
        /// The file has more than ``MJPEGLimits/maxFrames`` frames; those from here on are not served.
        case tooManyFrames
    }

    /// Where it is, in bytes from the start of the file.
    public var offset: Int

    /// What was found there.
    public var reason: Reason

    /// The file inside a folder of JPEG files; `nil` where the media is one file.
    public var fileName: String?

    /// Makes a note of damage at `offset` bytes from the start of the file.
    public init(offset: Int, reason: Reason, fileName: String? = nil) {
        self.offset = offset
        self.reason = reason
        self.fileName = fileName
    }

    /// One clause for people, with the byte offset.
    public var description: String {
        let place = fileName.map { "in \($0) at byte \(offset)" } ?? "at byte \(offset)"
        return switch reason {
        case .wrongLengthPrefix(let said, let found):
            "\(place): the length before the frame says \(said) bytes, but the frame has \(found)"
        case .unfinishedFrame: "\(place): a frame has no end before the next one begins"
        case .cutLastFrame: "\(place): the last frame is cut short"
        case .junk(let byteCount): "\(place): \(byteCount) bytes belong to no frame"
        case .oversizeFrame: "\(place): a frame is larger than allowed"
        case .tooManyFrames: "\(place): there are more frames than allowed; the rest is left out"
        }
    }
}
