import Foundation
import Testing

@testable import MJPEGSource

struct MJPEGFileCacheTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// The descriptors that lead to the file called `name`.
    private func descriptors(of name: String) throws -> Int {
        let path = folder.path + "/" + name
        return try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count {
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + $0))?.hasPrefix(path) ?? false
        }
    }

    @Test func `a file is opened once, and each who asks has a position of their own`() throws {
        let path = try folder.write(jpeg(1) + jpeg(2))
        let cache = MJPEGFileCache()
        var first = try cache.file(at: path)
        #expect(try images(of: first) == [jpeg(1), jpeg(2)])
        _ = try first.nextFrame()
        let second = try cache.file(at: path)
        #expect(second.position == 0)
        #expect(second.isIndexed)
        #expect(try images(of: second) == [jpeg(1), jpeg(2)])
        #expect(cache.count == 1)
    }

    @Test func `the same file at another rate is another`() throws {
        let path = try folder.write(jpeg(1) + jpeg(2))
        let cache = MJPEGFileCache()
        #expect(try cache.file(at: path, framesPerSecond: 10).duration == .milliseconds(200))
        #expect(try cache.file(at: path, framesPerSecond: 20).framesPerSecond == 20)
        #expect(try cache.file(at: path, framesPerSecond: 10).framesPerSecond == 10)
        #expect(cache.count == 2)
    }

    @Test func `a file written anew is opened anew, and who plays the old one goes on`() throws {
        let path = try folder.write(jpeg(1) + jpeg(2))
        let cache = MJPEGFileCache()
        let old = try cache.file(at: path)
        try FileManager.default.removeItem(atPath: path)
        try folder.write(jpeg(3) + jpeg(4))  // as long, and perhaps within the same tick of the clock
        #expect(try images(of: cache.file(at: path)) == [jpeg(3), jpeg(4)])
        #expect(try images(of: old) == [jpeg(1), jpeg(2)])
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.seekToEnd()
        try handle.write(contentsOf: jpeg(5))
        #expect(try images(of: cache.file(at: path)) == [jpeg(3), jpeg(4), jpeg(5)])
        #expect(cache.count == 1)
    }

    @Test func `a file written over in place is opened anew by its time of modification`() throws {
        let path = try folder.write(jpeg(1) + jpeg(2))
        let cache = MJPEGFileCache()
        #expect(try images(of: cache.file(at: path)) == [jpeg(1), jpeg(2)])
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.write(contentsOf: jpeg(3) + jpeg(4))
        let date = Date(timeIntervalSinceNow: 5)
        try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: path)
        #expect(try images(of: cache.file(at: path)) == [jpeg(3), jpeg(4)])
        #expect(cache.count == 1)
    }

    @Test func `a folder to which a picture was added is opened anew`() throws {
        try folder.makeFolder("frames")
        try folder.write(jpeg(1), as: "frames/1.jpg")
        let cache = MJPEGFileCache()
        let old = Date(timeIntervalSinceNow: -5)
        try FileManager.default.setAttributes([.modificationDate: old], ofItemAtPath: folder.path + "/frames")
        #expect(try images(of: cache.file(at: folder.path + "/frames")) == [jpeg(1)])
        try folder.write(jpeg(2), as: "frames/2.jpg")
        #expect(try images(of: cache.file(at: folder.path + "/frames")) == [jpeg(1), jpeg(2)])
    }

    @Test func `a file that is gone or cannot be played is an error and is not kept`() throws {
        let path = try folder.write(jpeg(1))
        let notes = try folder.write([1, 2, 3], as: "notes")
        let cache = MJPEGFileCache()
        _ = try cache.file(at: path)
        try FileManager.default.removeItem(atPath: path)
        for path in [path, notes, ""] {
            let error = #expect(throws: MJPEGFileError.self) { _ = try cache.file(at: path) }
            #expect(error == openingError(path))
        }
        let error = #expect(throws: MJPEGFileError.self) { _ = try cache.file(at: notes, framesPerSecond: .nan) }
        #expect(error?.code == .invalidFrameRate)
        #expect(cache.count == 0)
    }

    @Test func `of too many files the one asked for least lately is let go`() throws {
        let paths = try (0..<5).map { try folder.write(jpeg($0), as: "\($0)") }
        let cache = MJPEGFileCache(maxFiles: 3)
        for path in paths[0...2] { _ = try cache.file(at: path) }
        var kept = try cache.file(at: paths[0])
        for path in paths[3...4] { _ = try cache.file(at: path) }
        #expect(cache.count == 3)
        #if os(Linux)
            #expect(try (0..<5).map { try descriptors(of: "\($0)") } == [1, 0, 0, 1, 1])
        #endif
        cache.removeAll()
        #expect(cache.count == 0)
        #if os(Linux)
            #expect(try (0..<5).map { try descriptors(of: "\($0)") } == [1, 0, 0, 0, 0])
        #endif
        #expect(try kept.nextFrame()?.image == jpeg(0))
    }

    @Test func `files with too many frames together are let go, but for the last`() throws {
        let paths = try (0..<3).map { try folder.write((0..<10).flatMap { jpeg($0) }, as: "\($0)") }
        let cache = MJPEGFileCache(maxFrames: 25)
        for path in paths { #expect(try !cache.file(at: path).continueIndexing()) }
        #expect(cache.count == 2)
        _ = try cache.file(at: try folder.write(jpeg(1), as: "small"))
        #expect(cache.count == 3)
        let tight = MJPEGFileCache(maxFrames: 5)
        for path in paths { #expect(try !tight.file(at: path).continueIndexing()) }
        #expect(tight.count == 1)
    }

    @Test(arguments: [0, -1, .min])
    func `a cache for no files keeps none`(maxFiles: Int) throws {
        let path = try folder.write(jpeg(1))
        let cache = MJPEGFileCache(maxFiles: maxFiles, maxFrames: maxFiles)
        #expect(try images(of: cache.file(at: path)) == [jpeg(1)])
        #expect(cache.count == 0)
    }

    @Test func `a hundred sessions at once share one open file`() async throws {
        let pictures = (0..<100).map { jpeg($0) }
        let path = try folder.write(pictures.flatMap { $0 }, as: "shared")
        let cache = MJPEGFileCache()
        let files = try await withThrowingTaskGroup(of: MJPEGFile.self) { group in
            for session in 0..<100 {
                group.addTask { @concurrent in
                    var file = try cache.file(at: path)
                    _ = try file.seek(to: file.presentationTime(ofFrameAt: session))
                    return file
                }
            }
            return try await group.reduce(into: [MJPEGFile]()) { $0.append($1) }
        }
        #expect(cache.count == 1)
        #if os(Linux)
            #expect(try descriptors(of: "shared") == 1)
        #endif
        for file in files { #expect(try images(of: file) == Array(pictures[file.position...])) }
        #expect(Set(files.map(\.position)) == Set(0..<100))
    }
}
