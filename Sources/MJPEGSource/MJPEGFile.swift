/// Stored Motion JPEG: a file of the course lab, a file of JPEGs back to back, or a folder of JPEG files.
///
/// Which of these a path holds is told from its bytes, never from its name. The file is read through once, a part at a time,
/// to learn where the frames are: while it is opened, or, with ``Indexing/asNeeded``, as far as frames are asked for and
/// ``continueIndexing(byteCount:)`` is called. Frames themselves are read when they are asked for. Copies share the open file
/// and what is known of it, and each has a position of its own, so a server opens a file once and hands each session a copy,
/// on any thread. The file is closed when the last copy goes away.
///
/// Damage is passed over: whole frames before and after it are served, and ``damage`` says where it is.
public struct MJPEGFile: SeekableFrameSource, Sendable {
    /// How the frames are kept.
    public enum Kind: Sendable, Hashable {
        /// Before each JPEG its length, as ASCII digits: the format of the course lab.
        case lab
        /// JPEG files back to back.
        case raw
        /// A folder with one JPEG file for each frame, in natural order of their names.
        case folder
    }

    /// When the frames of a file are found.
    public enum Indexing: Sendable, Hashable {
        /// All of them while the file is opened.
        case whole
        /// The first while the file is opened, others when they are asked for.
        ///
        /// ``MJPEGFile/frameCount`` and ``MJPEGFile/duration`` then grow until ``MJPEGFile/isIndexed``.
        case asNeeded
    }

    /// A note of something passed over.
    public typealias Damage = MJPEGDamage

    /// What all copies share.
    private final class Media: Sendable {
        let path: String
        let kind: Kind
        let file: OpenFile
        let index: GrowingIndex
        let rate: FrameRate
        let limits: MJPEGLimits

        init(path: String, kind: Kind, file: OpenFile, index: GrowingIndex, rate: FrameRate, limits: MJPEGLimits) {
            self.path = path
            self.kind = kind
            self.file = file
            self.index = index
            self.rate = rate
            self.limits = limits
        }
    }

    private let media: Media

    /// More frames than anybody has, and few enough to count with their times.
    private static let mostFrames = 1 << 40

    /// The index of the frame that ``nextFrame()`` returns next, in 0...``frameCount``.
    public private(set) var position = 0

    /// Opens the file or folder at `path` and finds its frames, or the first of them.
    ///
    /// To find all takes a third of a second for each gigabyte where the system holds the file in memory, and else as long as
    /// reading it does.
    /// - Parameters:
    ///   - framesPerSecond: how fast the frames follow one another, from 0.001 to 1000; no file says it.
    ///   - limits: the largest frame, and how many there may be.
    ///   - indexing: whether to find all frames now.
    /// - Throws: ``MJPEGFileError`` if nothing can be served from there.
    public init(
        path: String, framesPerSecond: Double = 25, limits: MJPEGLimits = .default, indexing: Indexing = .whole
    ) throws(MJPEGFileError) {
        guard let rate = FrameRate(framesPerSecond) else {
            throw MJPEGFileError(
                code: .invalidFrameRate, path: path,
                description: "\(path) cannot be shown at \(framesPerSecond) frames per second: 0.001 to 1000 are possible.")
        }
        let file: OpenFile
        let recognised: Kind?
        do throws(FileSystemFailure) {
            file = try OpenFile(path: path)
            recognised = try MediaOpening.recognise(file, limits: limits)
        } catch {
            throw MJPEGFileError(error, path: path)
        }
        if !file.isFolder, file.byteCount == 0 {
            throw MJPEGFileError(code: .empty, path: path, description: "\(path) is empty.")
        }
        guard let kind = recognised ?? (file.isFolder ? .folder : nil) else {
            throw MJPEGFileError(
                code: .notMJPEG, path: path,
                description: "\(path) is not Motion JPEG: it begins with neither a JPEG nor a length and a JPEG.")
        }
        let index = GrowingIndex(
            try MediaIndexer(file, kind: kind, limits: limits, path: path), path: path)
        guard try index.extend(to: indexing == .whole ? .max : 1) > 0 else {
            let reason = index.damage.first.map { ": \($0)" } ?? ""
            throw MJPEGFileError(
                code: .noFrames, path: path, description: "\(path) has no whole JPEG in it that could be shown\(reason).")
        }
        self.media = Media(path: path, kind: kind, file: file, index: index, rate: rate, limits: limits)
    }

    /// The path as it was given.
    public var path: String { media.path }

    /// How the frames are kept.
    public var kind: Kind { media.kind }

    /// What tells the file from one written in its place.
    var identity: FileIdentity { media.file.identity }

    /// How many frames are known: one at least. It grows until ``isIndexed``.
    public var frameCount: Int { media.index.count }

    /// The frame rate as it was given, in frames per second.
    public var framesPerSecond: Double { media.rate.framesPerSecond }

    /// The number of frames known divided by the frame rate. It grows until ``isIndexed``.
    public var duration: Duration { presentationTime(ofFrameAt: frameCount) }

    /// Whether all frames are known.
    public var isIndexed: Bool { media.index.isComplete }

    /// Whether all frames are known.
    public var isDurationFinal: Bool { isIndexed }

    /// Finds more frames, for all copies, until about `byteCount` more bytes of the file were read, or all.
    ///
    /// Call it on a thread that may block, until it answers false. Others are held up for a few hundred kilobytes at most, and
    /// only where they ask for frames that are not known yet.
    /// - Returns: whether there is more to read.
    /// - Throws: ``MJPEGFileError`` if the file cannot be read on. The next call tries again.
    public func continueIndexing(byteCount: Int = .max) throws(MJPEGFileError) -> Bool {
        var left = byteCount
        while left > 0 {
            guard let read = try media.index.advance() else { return false }
            left -= read
        }
        return !isIndexed
    }

    /// The first places known, 16 at most, where something other than whole frames was passed over.
    public var damage: [Damage] { media.index.damage }

    /// How many such places are known.
    public var damageCount: Int { media.index.damageCount }

    /// When a frame is shown: its index divided by the frame rate, rounded up to the next nanosecond.
    public func presentationTime(ofFrameAt index: Int) -> Duration {
        media.rate.presentationTime(ofFrameAt: index)
    }

    /// The index of the frame at or before `time`, of those that are known: 0 for times before the start, ``frameCount`` for the
    /// end and later.
    public func index(at time: Duration) -> Int {
        media.rate.index(at: time, frameCount: frameCount)
    }

    /// The frame at ``position``; `nil` past the last one.
    ///
    /// A frame that cannot be read is passed too: the call after the error goes on with the one behind it.
    public mutating func nextFrame() throws(MJPEGFileError) -> MJPEGFrame? {
        guard try media.index.extend(to: position + 1) > position else { return nil }
        defer { position += 1 }
        return try frame(at: position)
    }

    /// When the frame at ``position`` is shown; `nil` where it is not known yet, and past the last one.
    public var nextFrameTime: Duration? { position < frameCount ? presentationTime(ofFrameAt: position) : nil }

    /// Passes over the frame at ``position``, without reading it.
    public mutating func skipFrames(before time: Duration) throws(MJPEGFileError) -> Int {
        guard try media.index.extend(to: position + 1) > position else { return 0 }
        position += 1
        return 1
    }

    /// Moves to the frame at or before `time`, and finds the frames up to there.
    /// - Throws: ``MJPEGFileError`` if the file cannot be read on to there; ``position`` stays.
    public mutating func seek(to time: Duration) throws(MJPEGFileError) -> Duration {
        let wanted = media.rate.index(at: time, frameCount: Self.mostFrames)
        let count = try media.index.extend(to: wanted + 1)
        position = media.rate.index(at: time, frameCount: count)
        return presentationTime(ofFrameAt: position)
    }

    /// The frame with this index, wherever ``position`` is; those up to there are found.
    /// - Throws: ``MJPEGFileError/Code/noSuchFrame`` or ``MJPEGFileError/Code/readFailed``.
    public func frame(at index: Int) throws(MJPEGFileError) -> MJPEGFrame {
        let count = try media.index.extend(to: index < .max ? index + 1 : index)
        guard (0..<count).contains(index) else {
            throw MJPEGFileError(
                code: .noSuchFrame, path: path, description: "\(path) has no frame \(index): there are \(count).")
        }
        let image: [UInt8]
        do throws(FileSystemFailure) {
            image = try read(frameAt: index)
        } catch {
            throw readFailed(index, because: error.description)
        }
        // The file may have been cut or written anew since it was opened.
        guard image.starts(with: [0xFF, 0xD8]) else { throw readFailed(index, because: "the file has changed") }
        return MJPEGFrame(image: image, presentationTime: presentationTime(ofFrameAt: index))
    }

    /// The bytes of a frame; none if they are no longer there.
    private func read(frameAt index: Int) throws(FileSystemFailure) -> [UInt8] {
        if let name = media.index.name(at: index) {
            let file = try OpenFile(path: name, in: media.file)
            guard file.byteCount <= media.limits.maxFrameBytes else { return [] }
            return try file.read(file.byteCount, at: 0)
        }
        guard let range = media.index.range(at: index) else { return [] }
        let bytes = try media.file.read(range.count, at: range.lowerBound)
        return bytes.count == range.count ? bytes : []
    }

    private func readFailed(_ index: Int, because reason: String) -> MJPEGFileError {
        MJPEGFileError(
            code: .readFailed, path: path, description: "Frame \(index) of \(path) can no longer be read: \(reason).")
    }
}
