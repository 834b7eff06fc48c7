import Foundation
import Testing

@testable import MJPEGSource

struct MJPEGFileTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test func `frames come in order with their times, then nil`() throws {
        var file = try MJPEGFile(path: try folder.write(jpeg(1) + jpeg(2) + jpeg(3)), framesPerSecond: 20)
        #expect(file.frameCount == 3)
        #expect(file.framesPerSecond == 20)
        #expect(file.duration == .milliseconds(150))
        #expect(try file.nextFrame() == MJPEGFrame(image: jpeg(1), presentationTime: .zero))
        #expect(try file.nextFrame() == MJPEGFrame(image: jpeg(2), presentationTime: .milliseconds(50)))
        #expect(file.position == 2)
        #expect(try file.nextFrame() == MJPEGFrame(image: jpeg(3), presentationTime: .milliseconds(100)))
        #expect(try file.nextFrame() == nil)
        #expect(try file.nextFrame() == nil)
        #expect(file.position == 3)
    }

    @Test func `a seek moves to the frame at or before a time`() throws {
        var file = try MJPEGFile(path: try folder.write((0..<10).flatMap { jpeg($0) }), framesPerSecond: 10)
        #expect(try file.seek(to: .milliseconds(399)) == .milliseconds(300))
        #expect(try file.nextFrame()?.image == jpeg(3))
        #expect(try file.seek(to: .milliseconds(400)) == .milliseconds(400))
        #expect(file.position == 4)
        #expect(try file.seek(to: .seconds(-5)) == .zero)
        #expect(try file.nextFrame()?.image == jpeg(0))
        for late: Duration in [.seconds(1), .seconds(2), Duration(attoseconds: .max)] {
            #expect(try file.seek(to: late) == file.duration)
            #expect(try file.nextFrame() == nil)
        }
    }

    @Test func `copies share the file and have a position each`() throws {
        var first = try MJPEGFile(path: try folder.write(jpeg(1) + jpeg(2)))
        _ = try first.nextFrame()
        var second = first
        #expect(try second.nextFrame()?.image == jpeg(2))
        _ = try second.seek(to: .zero)
        #expect(first.position == 1)
        #expect(try first.nextFrame()?.image == jpeg(2))
        #expect(second.position == 0)
    }

    @Test func `copies on several threads do not disturb one another`() async throws {
        let pictures = (0..<50).map { jpeg($0, scanByteCount: 60 + 20 * $0) }
        let file = try MJPEGFile(path: try folder.write(pictures.flatMap(lab)))
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for task in 0..<4 {
                group.addTask { @concurrent in
                    var copy = file
                    for round in 0..<40 {
                        _ = try copy.seek(to: file.presentationTime(ofFrameAt: (task * 13 + round) % 50))
                        let position = copy.position
                        guard try images(of: copy) == Array(pictures[position...]) else { return false }
                    }
                    return true
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
    }

    #if os(Linux)
        @Test func `the file is closed with its last copy`() throws {
            let path = try folder.write(jpeg(1))
            func isOpen() throws -> Bool {
                try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").contains {
                    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + $0)) == path
                }
            }
            var copies = [try MJPEGFile(path: path)]
            copies += copies
            #expect(try isOpen())
            copies.removeLast()
            #expect(try isOpen())
            copies.removeLast()
            #expect(try !isOpen())
        }
    #endif

    @Test func `any frame can be had by its index`() throws {
        let file = try MJPEGFile(path: try folder.write(lab(jpeg(1)) + lab(jpeg(2))))
        #expect(try file.frame(at: 1) == MJPEGFrame(image: jpeg(2), presentationTime: .milliseconds(40)))
        #expect(file.position == 0)
        for index in [-1, 2, .max, .min] {
            let error = #expect(throws: MJPEGFileError.self) { _ = try file.frame(at: index) }
            #expect(error?.code == .noSuchFrame)
        }
    }

    @Test func `a frame that the file has lost meanwhile is an error, and the next call goes on`() throws {
        let path = try folder.write(lab(jpeg(1)) + lab(jpeg(2)) + lab(jpeg(3)))
        var file = try MJPEGFile(path: path)
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.truncate(atOffset: UInt64(lab(jpeg(1)).count + 20))
        #expect(try file.nextFrame()?.image == jpeg(1))
        for index in 1...2 {
            let error = #expect(throws: MJPEGFileError.self) { _ = try file.nextFrame() }
            #expect(error?.code == .readFailed)
            #expect(error?.path == path)
            #expect(error?.description == "Frame \(index) of \(path) can no longer be read: the file has changed.")
        }
        #expect(try file.nextFrame() == nil)
    }

    @Test func `a frame overwritten with something else is an error`() throws {
        let path = try folder.write(jpeg(1))
        let file = try MJPEGFile(path: path)
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.write(contentsOf: Data(repeating: 0, count: 10))
        let error = #expect(throws: MJPEGFileError.self) { _ = try file.frame(at: 0) }
        #expect(error?.code == .readFailed)
    }

    @Test func `a frame whose file left the folder is an error`() throws {
        try folder.write(jpeg(1), as: "1.jpg")
        try folder.write(jpeg(2), as: "2.jpg")
        var file = try MJPEGFile(path: folder.path)
        try FileManager.default.removeItem(atPath: folder.path + "/1.jpg")
        let error = #expect(throws: MJPEGFileError.self) { _ = try file.nextFrame() }
        #expect(error?.code == .readFailed)
        #expect(try file.nextFrame()?.image == jpeg(2))
    }

    @Test(arguments: [Double.nan, .infinity, 0, -25, 0.0001, 1e9])
    func `an impossible frame rate is refused`(rate: Double) throws {
        let path = try folder.write(jpeg(1))
        #expect(openingError(path, framesPerSecond: rate)?.code == .invalidFrameRate)
    }

    @Test func `each way not to open has its code and names the path`() throws {
        let notes = try folder.write(Array("Shopping list: eggs".utf8), as: "notes.mjpeg")
        let empty = try folder.write([], as: "empty")
        let cut = try folder.write(Array(jpeg(1).dropLast(3)), as: "cut")
        let vacant = try folder.makeFolder("vacant")
        let expected: [(String, MJPEGFileError.Code)] = [
            (folder.path + "/none", .notFound), ("", .notFound), (notes + "/below", .notFound), (notes + "\0", .notFound),
            (notes, .notMJPEG), (empty, .empty), (cut, .noFrames), (vacant, .noFrames), ("/dev/null", .unreadable),
        ]
        for (path, code) in expected {
            let error = try #require(openingError(path))
            #expect(error.code == code)
            #expect(error.path == path)
            #expect(path.isEmpty || error.description.contains(path))
            #expect(error.description.hasSuffix("."))
        }
    }

    @Test func `a file without a whole frame says where its first damage is`() throws {
        let path = try folder.write(lab(jpeg(1)).dropLast(3))
        #expect(
            openingError(path)?.description
                == "\(path) has no whole JPEG in it that could be shown: at byte 5: the last frame is cut short.")
    }
}
