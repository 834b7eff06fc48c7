internal import Dispatch
internal import Foundation
internal import MJPEGSource
internal import Synchronization

/// The pictures of a recording: in a file of its own, with their lengths in memory.
///
/// Adding one never waits for the disk: it is written afterwards and in order, and where the disk is too slow or full the
/// recording ends with a sentence, and the session goes on.
final class Recording: Sendable {
    /// What a recording may cost.
    struct Limits: Hashable, Sendable {
        /// Bytes in the file.
        var bytes = 2 << 30
        /// Bytes that wait for the disk.
        var waitingBytes = 64 << 20
    }

    private struct Progress {
        /// The lengths of the frames that the file has, in order.
        var lengths: [UInt32] = []
        var writtenBytes = 0
        var waitingFrames = 0
        var waitingBytes = 0
        var tooLongForLab = 0
        var isOn = true
        var stopped: String?
    }

    private let file: URL
    private let handle: FileHandle
    private let limits: Limits
    private let queue = DispatchQueue(label: "recording", qos: .utility)
    private let progress = Mutex(Progress())

    /// Makes a file in `folder`.
    init(in folder: URL, limits: Limits = Limits()) throws {
        file = folder.appendingPathComponent(UUID().uuidString + ".mjpeg")
        self.limits = limits
        guard
            FileManager.default.createFile(atPath: file.path, contents: nil, attributes: [.posixPermissions: 0o600])
        else { throw CocoaError(.fileWriteUnknown) }
        handle = try FileHandle(forWritingTo: file)
    }

    deinit {
        try? handle.close()
        try? FileManager.default.removeItem(at: file)
    }

    /// How it stands. Frames that wait for the disk count.
    var state: PlayerState.RecordingState {
        progress.withLock { progress in
            .init(
                on: progress.isOn, frames: progress.lengths.count + progress.waitingFrames,
                bytes: progress.writtenBytes + progress.waitingBytes, tooLongForLab: progress.tooLongForLab,
                stopped: progress.stopped)
        }
    }

    /// Adds a frame, unless the recording has ended.
    func add(_ image: [UInt8]) {
        let isTaken = progress.withLock { progress in
            guard progress.isOn else { return false }
            if progress.writtenBytes + progress.waitingBytes + image.count > limits.bytes {
                Self.stop(&progress, "The recording has reached its limit of \(Self.size(limits.bytes)).")
            } else if progress.waitingBytes + image.count > limits.waitingBytes {
                Self.stop(&progress, "The disk is too slow for the recording.")
            } else {
                progress.waitingFrames += 1
                progress.waitingBytes += image.count
                if image.count > MJPEGFormat.maxLabFrameBytes { progress.tooLongForLab += 1 }
            }
            return progress.isOn
        }
        if isTaken { queue.async { self.write(image) } }
    }

    /// Ends it; `sentence` where it ends by itself.
    func stop(_ sentence: String? = nil) {
        progress.withLock { Self.stop(&$0, sentence) }
    }

    /// Waits until all that was added is in the file.
    func flush() async {
        await withCheckedContinuation { continuation in queue.async { continuation.resume() } }
    }

    /// What the file has so far, from the start.
    func reader(_ format: MJPEGFormat) throws -> RecordingReader {
        let lengths = progress.withLock { $0.lengths }
        return RecordingReader(handle: try FileHandle(forReadingFrom: file), lengths: lengths, format: format)
    }

    private static func stop(_ progress: inout Progress, _ sentence: String?) {
        guard progress.isOn else { return }
        progress.isOn = false
        progress.stopped = sentence
    }

    private static func size(_ bytes: Int) -> String {
        bytes >= 1 << 30 ? "\(bytes >> 30) GiB" : bytes >= 1 << 20 ? "\(bytes >> 20) MiB" : "\(bytes) bytes"
    }

    private func write(_ image: [UInt8]) {
        do {
            try handle.write(contentsOf: Data(image))
            progress.withLock { progress in
                progress.lengths.append(UInt32(clamping: image.count))
                progress.writtenBytes += image.count
                progress.waitingFrames -= 1
                progress.waitingBytes -= image.count
            }
        } catch {
            progress.withLock { progress in
                progress.waitingFrames -= 1
                progress.waitingBytes -= image.count
                Self.stop(&progress, "The recording cannot be written: the disk may be full.")
            }
            // What was written of the frame does not count.
            let length = progress.withLock { $0.writtenBytes }
            try? handle.truncate(atOffset: UInt64(length))
        }
    }
}

/// Reads a recording piece by piece, in either format.
public struct RecordingReader: Sendable {
    /// How many frames there are.
    public let frameCount: Int
    /// How many bytes there will be in all.
    public let byteCount: Int
    /// How many of the frames do not fit the format.
    public let framesTooLong: Int

    private let handle: FileHandle
    private let format: MJPEGFormat
    private var lengths: ArraySlice<UInt32>
    private var rawBytesLeft: Int

    init(handle: FileHandle, lengths: [UInt32], format: MJPEGFormat) {
        self.handle = handle
        self.format = format
        self.lengths = lengths[...]
        let pictures = lengths.reduce(0) { $0 + Int($1) }
        frameCount = lengths.count
        rawBytesLeft = pictures
        byteCount = format == .lab ? pictures + 5 * lengths.count : pictures
        framesTooLong = format == .lab ? lengths.count { $0 > MJPEGFormat.maxLabFrameBytes } : 0
    }

    /// The next bytes; `nil` at the end.
    /// - Throws: what the file system or the format says.
    public mutating func next() throws -> [UInt8]? {
        switch format {
        case .raw:
            guard rawBytesLeft > 0, let data = try handle.read(upToCount: min(rawBytesLeft, 1 << 18)), !data.isEmpty else {
                return nil
            }
            rawBytesLeft -= data.count
            return [UInt8](data)
        case .lab:
            guard let length = lengths.popFirst(), let data = try handle.read(upToCount: Int(length)),
                data.count == Int(length)
            else { return nil }
            return try format.encoded([UInt8](data))
        }
    }
}
