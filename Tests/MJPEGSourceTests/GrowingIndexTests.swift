import Foundation
import Testing

@testable import MJPEGSource

struct GrowingIndexTests {
    private let folder: TemporaryFolder
    /// More than is looked at in one step, in each way of keeping frames.
    private static let pictures = (0..<200).map { jpeg($0, scanByteCount: $0.isMultiple(of: 9) ? 60_000 : 5000) }

    init() throws {
        folder = try TemporaryFolder()
    }

    private var pictures: [[UInt8]] { Self.pictures }

    private func path(of kind: MJPEGFile.Kind) throws -> String {
        switch kind {
        case .raw: return try folder.write(pictures.flatMap { $0 }, as: "raw")
        case .lab: return try folder.write(pictures.flatMap(lab), as: "lab")
        case .folder:
            let path = try folder.makeFolder("frames")
            for (number, picture) in pictures.enumerated() { try folder.write(picture, as: "frames/\(number).jpg") }
            return path
        }
    }

    @Test(arguments: [MJPEGFile.Kind.raw, .lab, .folder])
    func `frames are found as they are asked for, all of them in the end`(kind: MJPEGFile.Kind) throws {
        var file = try MJPEGFile(path: path(of: kind), indexing: .asNeeded)
        #expect(file.kind == kind)
        #expect(!file.isIndexed)
        #expect((1..<200).contains(file.frameCount))
        #expect(file.duration == file.presentationTime(ofFrameAt: file.frameCount))
        for (number, picture) in pictures.enumerated() {
            #expect(try file.nextFrame()?.image == picture)
            #expect(file.frameCount > number)
        }
        #expect(try file.nextFrame() == nil)
        #expect(file.isIndexed)
        #expect(file.frameCount == 200)
        #expect(file.duration == .seconds(8))
    }

    @Test(arguments: [MJPEGFile.Kind.raw, .lab, .folder])
    func `a seek finds the frames up to its time and no more than a part behind it`(kind: MJPEGFile.Kind) throws {
        var file = try MJPEGFile(path: path(of: kind), indexing: .asNeeded)
        #expect(try file.seek(to: .seconds(4)) == .seconds(4))
        #expect(file.position == 100)
        #expect(!file.isIndexed)
        #expect(try file.nextFrame()?.image == pictures[100])
        #expect(try file.seek(to: .milliseconds(-1)) == .zero)
        #expect(file.position == 0)
        #expect(!file.isIndexed)
        for time: Duration in [.seconds(8), .seconds(90), Duration(attoseconds: .max)] {
            #expect(try file.seek(to: time) == .seconds(8))
            #expect(file.position == 200)
            #expect(try file.nextFrame() == nil)
        }
        #expect(file.isIndexed)
    }

    @Test func `any frame can be asked for, known or not`() throws {
        let file = try MJPEGFile(path: path(of: .raw), indexing: .asNeeded)
        #expect(try file.frame(at: 150).image == pictures[150])
        #expect(!file.isIndexed)
        for index in [-1, 200, .max, .min] {
            let error = #expect(throws: MJPEGFileError.self) { _ = try file.frame(at: index) }
            #expect(error?.code == .noSuchFrame)
        }
    }

    @Test(arguments: [MJPEGFile.Kind.raw, .lab, .folder])
    func `indexing goes on by parts until all is known, for every copy`(kind: MJPEGFile.Kind) throws {
        let file = try MJPEGFile(path: path(of: kind), indexing: .asNeeded)
        let copy = file
        var counts = [file.frameCount]
        while try file.continueIndexing(byteCount: 1) { counts.append(copy.frameCount) }
        #expect(counts.count > 2)
        #expect(counts == counts.sorted())
        #expect(copy.isIndexed)
        #expect(copy.frameCount == 200)
        #expect(try images(of: copy) == pictures)
        #expect(try !copy.continueIndexing())
    }

    @Test func `no bytes are no work`() throws {
        let file = try MJPEGFile(path: path(of: .raw), indexing: .asNeeded)
        let count = file.frameCount
        for byteCount in [0, -1, .min] { #expect(try file.continueIndexing(byteCount: byteCount)) }
        #expect(file.frameCount == count)
        #expect(try !file.continueIndexing())
        #expect(try !file.continueIndexing(byteCount: 0))
    }

    @Test(arguments: 0..<8)
    func `frames and damage are those of a file indexed as a whole`(seed: Int) throws {
        let first = seed.isMultiple(of: 2) ? jpeg(1) : lab(jpeg(1))
        let path = try folder.write(first + mixture(seed: seed) + mixture(seed: seed + 100))
        for limits in [MJPEGLimits.default, MJPEGLimits(maxFrameBytes: 1000), MJPEGLimits(maxFrames: 5)] {
            let whole = try MJPEGFile(path: path, limits: limits)
            let grown = try MJPEGFile(path: path, limits: limits, indexing: .asNeeded)
            #expect(try images(of: grown) == images(of: whole))
            #expect(grown.frameCount == whole.frameCount)
            #expect(grown.damage == whole.damage)
            #expect(grown.damageCount == whole.damageCount)
        }
    }

    @Test func `what cannot be played does not open either way, with the same words`() throws {
        let paths = [
            folder.path + "/none", try folder.write([], as: "empty"), try folder.write(Array("eggs, milk".utf8), as: "notes"),
            try folder.write(jpeg(1).dropLast(3) + [UInt8](repeating: 0, count: 600_000), as: "cut"),
            try folder.makeFolder("vacant"),
        ]
        for path in paths {
            let error = #expect(throws: MJPEGFileError.self) { _ = try MJPEGFile(path: path, indexing: .asNeeded) }
            #expect(error == openingError(path))
        }
    }

    @Test func `a folder with too many frames says so when that is known`() throws {
        let path = try path(of: .folder)
        let limits = MJPEGLimits(maxFrames: 150)
        #expect(openingError(path, limits: limits)?.code == .tooLarge)
        var file = try MJPEGFile(path: path, limits: limits, indexing: .asNeeded)
        for _ in 0..<2 {
            let error = #expect(throws: MJPEGFileError.self) { _ = try file.continueIndexing() }
            #expect(error?.code == .tooLarge)
        }
        for number in 0..<150 { #expect(try file.nextFrame()?.image == pictures[number]) }
        #expect(throws: MJPEGFileError.self) { _ = try file.nextFrame() }
        #expect(file.position == 150)
    }

    @Test func `a file cut while it is read through ends where it was cut`() throws {
        let path = try path(of: .raw)
        let file = try MJPEGFile(path: path, indexing: .asNeeded)
        let length = pictures[..<120].reduce(0) { $0 + $1.count } + 1000
        try #require(FileHandle(forWritingAtPath: path)).truncate(atOffset: UInt64(length))
        #expect(try images(of: file) == Array(pictures[..<120]))
        #expect(file.isIndexed)
        #expect(file.damage == [MJPEGDamage(offset: length - 1000, reason: .cutLastFrame)])
    }

    @Test func `what cannot be read on is an error each time`() throws {
        // A folder opens, but its bytes cannot be read.
        let open = try OpenFile(path: folder.path)
        let index = GrowingIndex(try MediaIndexer(open, kind: .raw, limits: .default, path: "a"), path: "a")
        for _ in 0..<2 {
            let error = #expect(throws: MJPEGFileError.self) { _ = try index.extend(to: 1) }
            #expect(error?.code == .unreadable)
            #expect(error?.path == "a")
            #expect(!index.isComplete)
            #expect(index.count == 0)
        }
    }

    @Test func `many threads find frames together, and each gets its own`() async throws {
        let file = try MJPEGFile(path: path(of: .raw), indexing: .asNeeded)
        let pictures = pictures
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for task in 0..<8 {
                group.addTask { @concurrent in
                    var copy = file
                    if task == 7 {
                        while try copy.continueIndexing(byteCount: 1000) { await Task.yield() }
                    }
                    for round in 0..<20 {
                        let number = (task * 29 + round * 41) % 200
                        _ = try copy.seek(to: file.presentationTime(ofFrameAt: number))
                        guard copy.position == number, try copy.nextFrame()?.image == pictures[number] else { return false }
                    }
                    return true
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
        #expect(file.isIndexed)
        #expect(file.frameCount == 200)
    }

    #if os(Linux)
        @Test func `a hundred sessions share one descriptor and one index, and differ in their position`() throws {
            let path = try path(of: .raw)
            let file = try MJPEGFile(path: path, indexing: .asNeeded)
            var sessions = [MJPEGFile](repeating: file, count: 100)
            for round in 0..<2 {
                for index in sessions.indices {
                    _ = try sessions[index].seek(to: file.presentationTime(ofFrameAt: index * 2 - round))
                    #expect(sessions[index].position == max(0, index * 2 - round))
                }
            }
            for index in sessions.indices {
                #expect(try sessions[index].nextFrame()?.image == pictures[max(0, index * 2 - 1)])
            }
            let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").filter {
                (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + $0)) == path
            }
            #expect(descriptors.count == 1)
            // A session is a reference and a number; all else is there once.
            #expect(MemoryLayout<MJPEGFile>.size == 2 * MemoryLayout<Int>.size)
        }
    #endif
}
