/// Why a Motion-JPEG file or folder cannot be opened, or one of its frames cannot be read.
public struct MJPEGFileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What went wrong.
    @nonexhaustive public enum Code: Sendable, Hashable {
        /// Nothing has this path.
        case notFound
        /// Something has this path, but it cannot be opened: no permission, or neither a file nor a folder.
        case unreadable
        /// The file has no bytes.
        case empty
        /// The file looks like Motion JPEG, or the path is a folder, but no whole JPEG is in it.
        case noFrames
        /// The file begins with neither a JPEG nor a length followed by one.
        case notMJPEG
        /// The folder has more entries or frames than the limits allow.
        case tooLarge
        /// The frame rate is not a number from 0.001 to 1000.
        case invalidFrameRate
        /// There is no frame with this index.
        case noSuchFrame
        /// The frame was there when the file was opened and can no longer be read.
        case readFailed
    }

    /// What went wrong.
    public var code: Code

    /// The path the error is about.
    public var path: String

    /// One sentence for people, naming the path.
    public var description: String

    /// Makes an error; `description` is one sentence that names the path.
    public init(code: Code, path: String, description: String) {
        self.code = code
        self.path = path
        self.description = description
    }

    /// The error for a failed system call on `path`.
    init(_ failure: FileSystemFailure, path: String) {
        self.init(
            code: failure.isNotFound ? .notFound : .unreadable, path: path,
            description: "\(path) cannot be opened: \(failure.description).")
    }

    /// The error for a folder with more in it than the limits allow.
    static func tooManyEntries(path: String) -> MJPEGFileError {
        MJPEGFileError(code: .tooLarge, path: path, description: "\(path) has more entries than allowed.")
    }
}
