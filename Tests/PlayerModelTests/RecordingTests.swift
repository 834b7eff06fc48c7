import Foundation
import MJPEGSource
import Testing

@testable import PlayerModel

@Suite struct RecordingTests {
    private static func image(_ count: Int, _ fill: UInt8 = 7) -> [UInt8] {
        [0xFF, 0xD8] + [UInt8](repeating: fill, count: max(0, count - 4)) + [0xFF, 0xD9]
    }

    private static func read(_ recording: Recording, _ format: MJPEGFormat) throws -> (reader: RecordingReader, bytes: [UInt8]) {
        let first = try recording.reader(format)
        var reader = first
        var bytes: [UInt8] = []
        while let piece = try reader.next() { bytes += piece }
        return (first, bytes)
    }

    private static func withFolder(_ body: (URL) async throws -> Void) async throws {
        let folder = try SessionFolder(id: UUID().uuidString)
        try await body(folder.url)
    }

    @Test func `both formats have all frames, byte for byte`() async throws {
        try await Self.withFolder { folder in
            let images = (1...20).map { Self.image($0 * 997, UInt8($0)) }
            let recording = try Recording(in: folder)
            for image in images { recording.add(image) }
            await recording.flush()
            recording.stop()
            recording.add(images[0])
            let raw = try Self.read(recording, .raw)
            #expect(raw.bytes == images.flatMap(\.self))
            #expect(raw.reader.byteCount == raw.bytes.count && raw.reader.frameCount == 20)
            let lab = try Self.read(recording, .lab)
            #expect(lab.bytes == (try images.flatMap { try MJPEGFormat.lab.encoded($0) }))
            #expect(lab.reader.byteCount == lab.bytes.count && lab.reader.framesTooLong == 0)
            #expect(recording.state == .init(on: false, frames: 20, bytes: raw.bytes.count, tooLongForLab: 0, stopped: nil))
        }
    }

    @Test func `frames too long for the lab format are counted`() async throws {
        try await Self.withFolder { folder in
            let recording = try Recording(in: folder)
            for count in [99_999, 100_000, 200_000] { recording.add(Self.image(count)) }
            await recording.flush()
            #expect(recording.state.tooLongForLab == 2)
            #expect(try recording.reader(.lab).framesTooLong == 2)
            #expect(try Self.read(recording, .raw).bytes.count == 399_999)
        }
    }

    @Test func `at its limit it ends by itself and says so`() async throws {
        try await Self.withFolder { folder in
            let recording = try Recording(in: folder, limits: .init(bytes: 1000))
            for _ in 0..<5 { recording.add(Self.image(300)) }
            await recording.flush()
            let state = recording.state
            #expect(!state.on && state.frames == 3 && state.bytes == 900)
            #expect(state.stopped == "The recording has reached its limit of 1000 bytes.")
            #expect(try Self.read(recording, .raw).bytes.count == 900)
        }
    }

    @Test func `a disk that is too slow ends the recording`() async throws {
        try await Self.withFolder { folder in
            let recording = try Recording(in: folder, limits: .init(waitingBytes: 500))
            recording.add(Self.image(501))
            #expect(
                recording.state
                    == .init(
                        on: false, frames: 0, bytes: 0, tooLongForLab: 0, stopped: "The disk is too slow for the recording."))
        }
    }

    @Test func `a recording can be read while it goes on, and after its file is gone`() async throws {
        try await Self.withFolder { folder in
            var recording: Recording? = try Recording(in: folder)
            recording?.add(Self.image(400_000))
            await recording?.flush()
            var reader = try #require(try recording?.reader(.raw))
            recording?.add(Self.image(10))
            await recording?.flush()
            recording = nil
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
            var count = 0
            while let piece = try reader.next() { count += piece.count }
            #expect(count == 400_000)
        }
    }

    @Test func `the folder goes with its session`() throws {
        var folder: SessionFolder? = try SessionFolder(id: UUID().uuidString)
        let path = try #require(folder?.url.path)
        _ = try Recording(in: URL(fileURLWithPath: path))
        #expect(FileManager.default.fileExists(atPath: path))
        folder = nil
        #expect(!FileManager.default.fileExists(atPath: path))
    }
}
