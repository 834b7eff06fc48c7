#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Android)
    internal import Android
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A system call that failed.
struct FileSystemFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// The number of the error as the system gives it (`errno`).
    let number: Int32

    static let notAFile = FileSystemFailure(number: EINVAL)
    static let noSuchName = FileSystemFailure(number: ENOENT)

    /// The failure of the call just made.
    fileprivate static var last: FileSystemFailure { FileSystemFailure(number: errno) }

    /// Whether nothing has the path.
    var isNotFound: Bool { number == ENOENT || number == ENOTDIR }

    var description: String {
        switch number {
        case ENOENT, ENOTDIR: "there is no such file or folder"
        case EACCES, EPERM: "permission is denied"
        case EMFILE, ENFILE: "too many files are open"
        case ELOOP: "its symbolic links lead nowhere"
        case EINVAL: "it is neither a file nor a folder"
        default: "the system answers with error \(number)"
        }
    }
}

/// What tells a file from another one of the same name, and from itself before it was written anew.
struct FileIdentity: Sendable, Hashable {
    private let device: UInt64
    private let node: UInt64
    private let byteCount: Int64
    private let seconds: Int64
    private let nanoseconds: Int64

    fileprivate init(_ information: stat) {
        #if canImport(Darwin)
            let modified = information.st_mtimespec
        #else
            let modified = information.st_mtim
        #endif
        device = UInt64(truncatingIfNeeded: information.st_dev)
        node = UInt64(truncatingIfNeeded: information.st_ino)
        byteCount = Int64(truncatingIfNeeded: information.st_size)
        seconds = Int64(truncatingIfNeeded: modified.tv_sec)
        nanoseconds = Int64(truncatingIfNeeded: modified.tv_nsec)
    }
}

/// An open file or folder, closed when the last reference to it goes away.
///
/// Reading names its place each time and moves nothing, so any number of threads may read at once.
final class OpenFile: Sendable {
    private let descriptor: Int32
    /// Whether this is a folder.
    let isFolder: Bool
    /// The bytes of the file at the time of opening.
    let byteCount: Int
    /// What it was at the time of opening.
    let identity: FileIdentity

    /// Opens the file or folder at `path`, or named so inside `folder`.
    init(path: String, in folder: OpenFile? = nil) throws(FileSystemFailure) {
        guard !path.isEmpty, !path.utf8.contains(0) else { throw .noSuchName }
        // Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
        let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
        let descriptor =
            if let folder { unsafe openat(folder.descriptor, path, flags) } else { unsafe open(path, flags) }
        guard descriptor >= 0 else { throw .last }
        var information = stat()
        let status = unsafe fstat(descriptor, &information)
        let failure = FileSystemFailure.last
        let kind = information.st_mode & S_IFMT
        guard status == 0, kind == S_IFREG || kind == S_IFDIR else {
            close(descriptor)
            throw status == 0 ? .notAFile : failure
        }
        self.descriptor = descriptor
        self.isFolder = kind == S_IFDIR
        self.byteCount = max(0, Int(truncatingIfNeeded: information.st_size))
        self.identity = FileIdentity(information)
    }

    deinit {
        close(descriptor)
    }

    /// The bytes from `offset` on: fewer than `count` where the file ends.
    func read(_ count: Int, at offset: Int) throws(FileSystemFailure) -> [UInt8] {
        var failure: FileSystemFailure?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: max(0, count)) { buffer, filled in
            (filled, failure) = unsafe fill(UnsafeMutableRawBufferPointer(buffer), at: offset, limit: max(0, count))
        }
        if let failure { throw failure }
        return bytes
    }

    /// Fills `bytes` from `offset` on.
    /// - Returns: how many bytes were read: fewer than `bytes` has where the file ends.
    func read(into bytes: inout [UInt8], at offset: Int) throws(FileSystemFailure) -> Int {
        let limit = bytes.count
        let (filled, failure) = unsafe bytes.withUnsafeMutableBytes { unsafe fill($0, at: offset, limit: limit) }
        if let failure { throw failure }
        return filled
    }

    private func fill(
        _ buffer: UnsafeMutableRawBufferPointer, at offset: Int, limit: Int
    ) -> (filled: Int, failure: FileSystemFailure?) {
        guard let base = buffer.baseAddress, offset >= 0 else { return (0, nil) }
        var filled = 0
        while filled < limit {
            let result = unsafe pread(descriptor, base + filled, limit - filled, off_t(truncatingIfNeeded: offset &+ filled))
            if result > 0 {
                filled += result
            } else if result == 0 {
                break
            } else if errno != EINTR {
                return (filled, .last)
            }
        }
        return (filled, nil)
    }

    /// The names in this folder, without `.` and `..`, in no order; `nil` if there are more than `limit`.
    ///
    /// Names that are not UTF-8 are left out.
    func names(limit: Int) throws(FileSystemFailure) -> [String]? {
        let listing = unsafe openat(descriptor, ".", O_RDONLY | O_CLOEXEC | O_DIRECTORY)
        guard listing >= 0 else { throw .last }
        guard let stream = unsafe fdopendir(listing) else {
            let failure = FileSystemFailure.last
            close(listing)
            throw failure
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let name, name != ".", name != ".." else { continue }
            guard names.count < limit else { return nil }
            names.append(name)
        }
        return names
    }
}

/// Questions about paths.
enum FileSystem {
    /// What the file or folder at `path` is now.
    static func identity(of path: String) throws(FileSystemFailure) -> FileIdentity {
        guard !path.isEmpty, !path.utf8.contains(0) else { throw .noSuchName }
        var information = stat()
        guard unsafe stat(path, &information) == 0 else { throw .last }
        return FileIdentity(information)
    }

    /// The path without symbolic links, `.` and `..`, from the root on; it must exist.
    static func resolved(_ path: String) throws(FileSystemFailure) -> String {
        guard !path.isEmpty, !path.utf8.contains(0) else { throw .noSuchName }
        guard let resolved = unsafe realpath(path, nil) else { throw .last }
        defer { unsafe free(resolved) }
        guard let text = unsafe String(validatingCString: resolved) else { throw .noSuchName }
        return text
    }
}
