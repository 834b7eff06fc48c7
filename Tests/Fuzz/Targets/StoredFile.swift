internal import MJPEGSource

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A temporary file that each input is written into.
enum StoredFile {
    private static let limits = MJPEGLimits(maxFrameBytes: 3000, maxFrames: 100)

    private static let path: String = {
        let folder = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        return "\(folder)/rtsp-fuzz-\(getpid()).mjpeg"
    }()
    private static let descriptor: CInt = {
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
        demand(descriptor >= 0, "the file \(path) can be made")
        atexit { _ = unsafe unlink(StoredFile.path) }
        return descriptor
    }()

    /// All frames that the index names can be read, in order and one behind the other, and are those of a stream of the same bytes.
    @Sendable static func read(_ bytes: [UInt8]) {
        demand(unsafe pwrite(descriptor, bytes, bytes.count, 0) == bytes.count, "the file can be written")
        demand(ftruncate(descriptor, off_t(bytes.count)) == 0, "the file can be cut")
        var file: MJPEGFile
        do {
            file = try MJPEGFile(path: path, framesPerSecond: 25, limits: limits)
        } catch {
            return demand([.empty, .noFrames, .notMJPEG].contains(error.code), "only a sound system is expected: \(error)")
        }
        demand(file.frameCount > 0 && file.frameCount <= limits.maxFrames, "the number of frames is bounded")
        demand(file.damage.count <= 16 && file.damageCount <= bytes.count + 1, "damage is bounded")
        var frames: [[UInt8]] = []
        do {
            while let frame = try file.nextFrame() { frames.append(frame.image) }
        } catch {
            // A length of the lab format may be followed by the two bytes of a beginning alone.
            return demand(false, "every frame of the index can be read: \(error)")
        }
        demandEqual(frames.count, file.frameCount, "all frames are served")
        demand(frames.reduce(0) { $0 + $1.count } <= bytes.count, "no byte is served twice")
        demand(frames.allSatisfy { $0.count >= 2 && $0.count <= limits.maxFrameBytes }, "a frame is bounded")
        demandEqual(grown(), frames, "a file indexed as needed has the same frames")
        seek(&file)
        guard file.kind == .raw, frames.count < limits.maxFrames else { return }
        var splitter = MJPEGStreamSplitter(limits: limits)
        demandEqual(frames, splitter.append(bytes.span) + splitter.finish(), "a file has the frames of a stream")
    }

    /// The frames of the file where the last is asked for first.
    private static func grown() -> [[UInt8]]? {
        guard var file = try? MJPEGFile(path: path, limits: limits, indexing: .asNeeded),
            (try? file.seek(to: .seconds(1_000_000))) == file.duration, file.isIndexed, (try? file.seek(to: .zero)) == .zero
        else { return nil }
        var frames: [[UInt8]] = []
        while let frame = try? file.nextFrame() { frames.append(frame.image) }
        return frames
    }

    private static func seek(_ file: inout MJPEGFile) {
        for index in [0, file.frameCount / 2, file.frameCount] {
            let time = file.presentationTime(ofFrameAt: index)
            demandEqual(try? file.seek(to: time), time, "a frame is found at its time")
            demandEqual(file.position, index, "a frame is found at its time")
        }
        demandEqual(try? file.seek(to: .seconds(-5)), .zero, "before the beginning is the beginning")
    }
}
