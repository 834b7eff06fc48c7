import Foundation
import MJPEGSource

/// Writes frames to where the command line wants them.
struct FrameStore {
    private let folder: URL?
    private let recording: FileHandle?
    private let recordingPath: String?
    private let format: MJPEGFormat
    private let snapshot: URL?
    private var count = 0
    private var last: [UInt8]?

    init(folder: String?, recording: String?, format: MJPEGFormat, snapshot: String?) throws {
        self.folder = folder.map { URL(fileURLWithPath: $0) }
        self.format = format
        self.snapshot = snapshot.map { URL(fileURLWithPath: $0) }
        recordingPath = recording
        if let folder {
            do {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            } catch {
                throw ClientExit(73, "cannot make the folder \(folder)")
            }
        }
        guard let recording else {
            self.recording = nil
            return
        }
        guard FileManager.default.createFile(atPath: recording, contents: nil),
            let handle = FileHandle(forWritingAtPath: recording)
        else { throw ClientExit(73, "cannot write \(recording)") }
        self.recording = handle
    }

    /// A frame has been shown.
    mutating func store(_ image: [UInt8]) throws {
        count += 1
        last = image
        if let folder {
            let name = String(format: "frame-%06d.jpg", count)
            try write(image, to: folder.appendingPathComponent(name))
        }
        guard let recording else { return }
        let encoded: [UInt8]
        do {
            encoded = try format.encoded(image)
        } catch {
            throw ClientExit(65, "frame \(count) cannot be recorded: \(error); --format raw has no such limit")
        }
        do {
            try recording.write(contentsOf: encoded)
        } catch {
            throw ClientExit(73, "cannot write \(recordingPath ?? "the recording")")
        }
    }

    /// Nothing more will be shown.
    func finish() throws {
        try? recording?.close()
        if let snapshot, let last { try write(last, to: snapshot) }
    }

    private func write(_ image: [UInt8], to url: URL) throws {
        do {
            try Data(image).write(to: url)
        } catch {
            throw ClientExit(73, "cannot write \(url.path)")
        }
    }
}
