internal import Synchronization

/// Files that are played again and again, each open and indexed once for as long as it stays what it is.
///
/// A file is known by its path, and opened anew once another file stands there, or its size or time of modification has changed;
/// who plays the old one goes on with it. The file that was asked for least lately is let go where there are too many, and
/// closed once nobody plays it any more. Any thread may call it.
public final class MJPEGFileCache: Sendable {
    private struct Key: Hashable {
        let path: String
        let framesPerSecond: Double
    }

    private struct Entry {
        let file: MJPEGFile
        var lastUse: UInt64
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var uses: UInt64 = 0

        /// The file that is kept, if it is still the same; one that is not is let go.
        mutating func use(_ key: Key, _ identity: FileIdentity) -> MJPEGFile? {
            guard let file = entries[key]?.file else { return nil }
            guard file.identity == identity else {
                entries[key] = nil
                return nil
            }
            uses &+= 1
            entries[key]?.lastUse = uses
            return file
        }

        mutating func add(_ file: MJPEGFile, _ key: Key) {
            uses &+= 1
            entries[key] = Entry(file: file, lastUse: uses)
        }

        /// Lets go of those asked for least lately until what is kept is within its bounds.
        mutating func shrink(maxFiles: Int, maxFrames: Int) {
            while let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })?.key {
                let frames = entries.values.reduce(0) { $0 + $1.file.frameCount }
                guard entries.count > max(maxFiles, 0) || entries.count > 1 && frames > maxFrames else { return }
                entries[oldest] = nil
            }
        }
    }

    private let maxFiles: Int
    private let maxFrames: Int
    private let limits: MJPEGLimits
    private let state = Mutex(State())

    /// Makes an empty cache.
    /// - Parameters:
    ///   - maxFiles: how many files are kept open; each takes a file descriptor.
    ///   - maxFrames: how many frames the files kept may have together, as far as they are indexed; each takes twelve bytes. The
    ///     file asked for last is kept however many it has.
    ///   - limits: what a single file may have.
    public init(maxFiles: Int = 64, maxFrames: Int = 10_000_000, limits: MJPEGLimits = .default) {
        self.maxFiles = maxFiles
        self.maxFrames = maxFrames
        self.limits = limits
    }

    /// How many files are kept.
    public var count: Int { state.withLock { $0.entries.count } }

    /// The file or folder at `path`, at its beginning: a copy of the one that is kept, or else opened with
    /// ``MJPEGFile/Indexing/asNeeded``.
    /// - Throws: ``MJPEGFileError`` if it cannot be opened.
    public func file(at path: String, framesPerSecond: Double = 25) throws(MJPEGFileError) -> MJPEGFile {
        let key = Key(path: path, framesPerSecond: framesPerSecond)
        let identity: FileIdentity
        do throws(FileSystemFailure) {
            identity = try FileSystem.identity(of: path)
        } catch {
            state.withLock { $0.entries[key] = nil }
            throw MJPEGFileError(error, path: path)
        }
        if let file = state.withLock({ $0.use(key, identity) }) { return file }
        // Not under the lock: a slow disk holds up nobody who asks for another file.
        let opened = try MJPEGFile(path: path, framesPerSecond: framesPerSecond, limits: limits, indexing: .asNeeded)
        return state.withLock { state in
            // Somebody else may have opened it meanwhile.
            if let file = state.use(key, opened.identity) { return file }
            state.add(opened, key)
            state.shrink(maxFiles: maxFiles, maxFrames: maxFrames)
            return opened
        }
    }

    /// Lets all files go.
    public func removeAll() { state.withLock { $0.entries = [:] } }
}
