/// What a path holds, told from the bytes there and never from the name.
enum MediaOpening {
    /// How far into a file its first JPEG may begin: the files of some cameras have a few lines of text before it.
    private static let maxLeadingBytes = 4096

    /// What the file or folder is; `nil` if it is nothing with JPEGs in it.
    static func recognise(_ file: OpenFile, limits: MJPEGLimits) throws(FileSystemFailure) -> MJPEGFile.Kind? {
        if file.isFolder {
            for name in try file.names(limit: limits.maxFolderEntries) ?? [] where frameByteCount(name, in: file) != nil {
                return .folder
            }
            return nil
        }
        let head = try file.read(maxLeadingBytes, at: 0)
        if LabPrefix(head.span, at: 0) != nil { return .lab }
        if head.starts(with: [0xFF, 0xD8]) { return .raw }
        for place in head.indices.dropLast(2) where head[place] == 0xFF && head[place + 1] == 0xD8 && head[place + 2] == 0xFF {
            return .raw
        }
        return nil
    }

    /// The index of the frames in `file`.
    static func index(
        _ file: OpenFile, kind: MJPEGFile.Kind, limits: MJPEGLimits, path: String
    ) throws(MJPEGFileError) -> FrameIndex {
        do throws(FileSystemFailure) {
            switch kind {
            case .lab: return try FileIndexer.indexLab(file, limits: limits)
            case .raw: return try FileIndexer.indexRaw(file, limits: limits)
            case .folder:
                if let index = try indexFolder(file, limits: limits) { return index }
            }
        } catch {
            throw MJPEGFileError(error, path: path)
        }
        throw MJPEGFileError(code: .tooLarge, path: path, description: "\(path) has more entries than allowed.")
    }

    /// The index of a folder: its JPEG files in natural order; `nil` if there are too many.
    private static func indexFolder(_ folder: OpenFile, limits: MJPEGLimits) throws(FileSystemFailure) -> FrameIndex? {
        guard let entries = try folder.names(limit: limits.maxFolderEntries) else { return nil }
        var index = FrameIndex()
        let names = entries.map(NaturalOrderName.init).sorted()
        for name in names.map(\.text) {
            guard let byteCount = frameByteCount(name, in: folder) else { continue }
            guard index.count < limits.maxFrames else { return nil }
            if byteCount > limits.maxFrameBytes {
                index.note(MJPEGDamage(offset: 0, reason: .oversizeFrame, fileName: name))
            } else {
                index.add(name: name)
            }
        }
        return index
    }

    /// The size of a folder's entry if it is a JPEG file: not hidden, and beginning with FF D8.
    private static func frameByteCount(_ name: String, in folder: OpenFile) -> Int? {
        guard !name.hasPrefix("."), let file = try? OpenFile(path: name, in: folder), !file.isFolder else { return nil }
        return (try? file.read(2, at: 0)) == [0xFF, 0xD8] ? file.byteCount : nil
    }
}
