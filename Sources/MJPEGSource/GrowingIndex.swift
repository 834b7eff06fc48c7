internal import Synchronization

/// The index of a file or folder, shared by all who read it, and made no further than somebody needs it.
///
/// There are two locks. One is held for as long as one part of the file is looked at, by whoever wants to know more; the other
/// for a moment, to add what was found there or to ask for it. Who asks for a frame that is known waits for nobody who reads.
final class GrowingIndex: Sendable {
    private struct Known {
        var index = FrameIndex()
        var isComplete = false
    }

    private let path: String
    private let known = Mutex(Known())
    /// `nil` once all is known.
    private let indexer: Mutex<MediaIndexer?>

    /// Knows nothing yet of the media at `path`.
    init(_ indexer: MediaIndexer, path: String) {
        self.path = path
        self.indexer = Mutex(indexer)
    }

    /// Whether all frames are known.
    var isComplete: Bool { known.withLock { $0.isComplete } }

    /// How many frames are known.
    var count: Int { known.withLock { $0.index.count } }

    /// The first damage met so far, and how much there was.
    var damage: [MJPEGDamage] { known.withLock { $0.index.damage } }
    var damageCount: Int { known.withLock { $0.index.damageCount } }

    /// Where the frame with this index is; `nil` if it is not known, or not a frame of a file.
    func range(at index: Int) -> Range<Int>? { known.withLock { $0.index.range(at: index) } }

    /// The file of a folder that is the frame with this index.
    func name(at index: Int) -> String? { known.withLock { $0.index.name(at: index) } }

    /// Looks on until `count` frames are known, or all.
    /// - Returns: how many are known now.
    func extend(to count: Int) throws(MJPEGFileError) -> Int {
        while true {
            let (known, isComplete) = known.withLock { ($0.index.count, $0.isComplete) }
            if known >= count || isComplete { return known }
            _ = try advance(unless: count)
        }
    }

    /// Looks on in the media, about as far as a part of it reaches.
    /// - Parameter count: with how many frames known there is no need any more; somebody else may have found them meanwhile.
    /// - Returns: how many bytes were read for it; `nil` if all is known.
    func advance(unless count: Int = .max) throws(MJPEGFileError) -> Int? {
        try indexer.withLock { indexer throws(MJPEGFileError) in
            // In place: a copy would copy the part of the file that is in memory.
            guard indexer != nil else { return nil }
            if self.count >= count { return 0 }
            // Also where reading fails: what was found before that is known.
            defer {
                let isAtEnd = indexer?.isAtEnd ?? true
                if let found = indexer?.takeFound() { note(found, isComplete: isAtEnd) }
                if isAtEnd { indexer = nil }
            }
            return try indexer?.advance(path: path)
        }
    }

    private func note(_ found: FrameIndex, isComplete: Bool) {
        known.withLock { known in
            known.index.append(found)
            known.isComplete = isComplete
        }
    }
}

/// What finds the frames of a file or of a folder.
struct MediaIndexer: Sendable {
    private var file: FileIndexer?
    private var folder: FolderIndexer?

    /// Starts at the beginning of `file`.
    /// - Throws: if the path is a folder that cannot be listed, or has too many entries.
    init(_ file: OpenFile, kind: MJPEGFile.Kind, limits: MJPEGLimits, path: String) throws(MJPEGFileError) {
        guard kind == .folder else {
            self.file = FileIndexer(file, isLab: kind == .lab, limits: limits)
            return
        }
        do throws(FileSystemFailure) {
            folder = try FolderIndexer(file, limits: limits)
        } catch {
            throw MJPEGFileError(error, path: path)
        }
        if folder == nil { throw .tooManyEntries(path: path) }
    }

    /// Whether all was looked at.
    var isAtEnd: Bool { file?.isAtEnd ?? folder?.isAtEnd ?? true }

    /// Looks on, about as far as a part of the media reaches.
    /// - Returns: how many bytes were read for it.
    mutating func advance(path: String) throws(MJPEGFileError) -> Int {
        if folder != nil {
            guard let bytes = folder?.advance() else { throw .tooManyEntries(path: path) }
            return bytes
        }
        do throws(FileSystemFailure) {
            return try file?.advance() ?? 0
        } catch {
            throw MJPEGFileError(error, path: path)
        }
    }

    /// Hands over what was found since this was asked last.
    mutating func takeFound() -> FrameIndex {
        file?.takeFound() ?? folder?.takeFound() ?? FrameIndex()
    }
}
