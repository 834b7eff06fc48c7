/// What a path holds, told from the bytes there and never from the name.
enum MediaOpening {
    /// How far into a file its first JPEG may begin: the files of some cameras have a few lines of text before it.
    private static let maxLeadingBytes = 4096

    /// What the file or folder is; `nil` if it is nothing with JPEGs in it.
    static func recognise(_ file: OpenFile, limits: MJPEGLimits) throws(FileSystemFailure) -> MJPEGFile.Kind? {
        if file.isFolder {
            for name in try file.names(limit: limits.maxFolderEntries) ?? []
            where FolderIndexer.frameByteCount(name, in: file) != nil {
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
}
