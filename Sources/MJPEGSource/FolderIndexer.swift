/// Finds the frames of a folder: its JPEG files in natural order of their names. The names are there from the start; the files are
/// looked into a few at a time.
struct FolderIndexer: Sendable {
    private let folder: OpenFile
    private let limits: MJPEGLimits
    private let names: [String]
    /// The first name that was not looked at.
    private var next = 0
    /// What was found and not yet taken, and how many frames were found in all.
    private var found = FrameIndex()
    private var frameCount = 0

    /// How many files are opened at a time, and how many bytes of reading each counts for.
    private static let filesAtATime = 64
    private static let bytesForAFile = 4096

    /// Lists `folder`; `nil` if it has more entries than allowed.
    init?(_ folder: OpenFile, limits: MJPEGLimits) throws(FileSystemFailure) {
        guard let entries = try folder.names(limit: limits.maxFolderEntries) else { return nil }
        self.folder = folder
        self.limits = limits
        self.names = entries.map(NaturalOrderName.init).sorted().map(\.text)
    }

    /// Whether all files were looked at.
    var isAtEnd: Bool { next >= names.count }

    /// Looks into the next few files.
    /// - Returns: as how many bytes read that counts; `nil` if there are more frames than allowed.
    mutating func advance() -> Int? {
        let first = next
        while next < min(first + Self.filesAtATime, names.count) {
            let name = names[next]
            if let byteCount = Self.frameByteCount(name, in: folder) {
                guard frameCount < limits.maxFrames else { return nil }
                if byteCount > limits.maxFrameBytes {
                    found.note(MJPEGDamage(offset: 0, reason: .oversizeFrame, fileName: name))
                } else {
                    found.add(name: name)
                    frameCount += 1
                }
            }
            next += 1
        }
        return (next - first) * Self.bytesForAFile
    }

    /// Hands over what was found since this was asked last.
    mutating func takeFound() -> FrameIndex {
        defer { found = FrameIndex() }
        return found
    }

    /// The size of a folder's entry if it is a JPEG file: not hidden, and beginning with FF D8.
    static func frameByteCount(_ name: String, in folder: OpenFile) -> Int? {
        guard !name.hasPrefix("."), let file = try? OpenFile(path: name, in: folder), !file.isFolder else { return nil }
        return (try? file.read(2, at: 0)) == [0xFF, 0xD8] ? file.byteCount : nil
    }
}
