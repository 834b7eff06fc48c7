import Dispatch
import MJPEGSource
import Synchronization

/// Finds the frames of large files on a thread of its own, while the files are played already.
final class BackgroundIndexing: Sendable {
    /// So much of a file is looked at before it is offered: of files that are smaller all is known from the start.
    static let bytesAtOnce = 16 << 20

    private static let bytesAtATime = 32 << 20
    /// Of more files, the frames are found as they are played.
    private static let maximumFiles = 64

    private let queue = DispatchQueue(label: "indexing", qos: .utility)
    private let waiting = Mutex<Set<String>>([])

    /// Looks at the beginning of `file` now, and at the rest later.
    /// - Parameter warns: whether to complain of what is wrong with the file, once all is known.
    func index(_ file: MJPEGFile, warns: Bool) throws(MJPEGFileError) {
        guard try file.continueIndexing(byteCount: Self.bytesAtOnce) else {
            if warns { Self.warn(of: file) }
            return
        }
        let isNew = waiting.withLock { $0.count < Self.maximumFiles && $0.insert(file.path).inserted }
        if isNew { goOn(file, warns: warns) }
    }

    /// Waits in line again after each part, so that the files take turns.
    private func goOn(_ file: MJPEGFile, warns: Bool) {
        queue.async { [self] in
            do {
                if try file.continueIndexing(byteCount: Self.bytesAtATime) { return goOn(file, warns: warns) }
                if warns { Self.warn(of: file) }
            } catch {
                complain("warning: \(error)")
            }
            _ = waiting.withLock { $0.remove(file.path) }
        }
    }

    private static func warn(of file: MJPEGFile) {
        guard let first = file.damage.first else { return }
        let more = file.damageCount > 1 ? " (and \(file.damageCount - 1) more places)" : ""
        complain("warning: \(file.path): \(first)\(more)")
    }
}
