/// The folder whose media a server offers, each under its file name; nothing outside it can be named.
public struct MediaFolder: Sendable, Hashable {
    /// The folder, without symbolic links in its path.
    public let path: String

    private let limits: MJPEGLimits

    /// Makes a view of the folder at `path`.
    /// - Throws: ``MJPEGFileError`` if there is no folder that can be opened.
    public init(path: String, limits: MJPEGLimits = .default) throws(MJPEGFileError) {
        do throws(FileSystemFailure) {
            let resolved = try FileSystem.resolved(path)
            guard try OpenFile(path: resolved).isFolder else { throw FileSystemFailure.noSuchName }
            self.path = resolved
        } catch {
            throw MJPEGFileError(error, path: path)
        }
        self.limits = limits
    }

    /// The path of the file or folder with this name in the folder, without symbolic links.
    ///
    /// - Returns: `nil` unless the name is a single path component that is not hidden and there is such an entry. A symbolic
    ///   link counts as an entry only if it leads to a place inside the folder.
    public func path(named name: String) -> String? {
        guard !name.isEmpty, !name.utf8.contains(where: { $0 == 0 || $0 == UInt8(ascii: "/") }) else { return nil }
        guard !name.utf8.starts(with: ".".utf8) else { return nil }
        let root = path.utf8.last == UInt8(ascii: "/") ? path : path + "/"
        guard let resolved = try? FileSystem.resolved(root + name) else { return nil }
        guard resolved.utf8.starts(with: root.utf8), resolved.utf8.count > root.utf8.count else { return nil }
        return resolved
    }

    /// The names of all Motion JPEG in the folder, files and folders of JPEGs, in natural order.
    /// - Throws: ``MJPEGFileError`` if the folder cannot be read, or has too many entries.
    public func names() throws(MJPEGFileError) -> [String] {
        do throws(FileSystemFailure) {
            if let entries = try OpenFile(path: path).names(limit: limits.maxFolderEntries) {
                return entries.filter(isMedia).map(NaturalOrderName.init).sorted().map(\.text)
            }
        } catch {
            throw MJPEGFileError(error, path: path)
        }
        throw MJPEGFileError(code: .tooLarge, path: path, description: "\(path) has more entries than allowed.")
    }

    private func isMedia(_ name: String) -> Bool {
        guard let path = path(named: name), let file = try? OpenFile(path: path) else { return false }
        return (try? MediaOpening.recognise(file, limits: limits)) != nil
    }
}
