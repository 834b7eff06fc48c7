import Foundation
import Testing

@testable import MJPEGSource

struct MediaOpeningTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test(arguments: ["movie.mjpeg", "movie.Mjpeg", "movie.txt", "movie.jpg", "movie_hd"])
    func `the kind is told from the bytes, not from the name`(name: String) throws {
        #expect(try MJPEGFile(path: try folder.write(lab(jpeg(1)), as: name)).kind == .lab)
        #expect(try MJPEGFile(path: try folder.write(jpeg(1), as: name)).kind == .raw)
    }

    @Test func `a few lines of text before the first JPEG do not hide it`() throws {
        let head = Array("--boundary\r\nContent-Type: image/jpeg\r\n\r\n".utf8)
        let file = try MJPEGFile(path: try folder.write(head + jpeg(1) + head + jpeg(2)))
        #expect(file.kind == .raw)
        #expect(file.frameCount == 2)
        #expect(file.damage.first == MJPEGDamage(offset: 0, reason: .junk(byteCount: head.count)))
    }

    @Test func `a JPEG deep inside other bytes does not make a file Motion JPEG`() throws {
        let path = try folder.write([UInt8](repeating: 1, count: 5000) + jpeg(1))
        #expect(openingError(path)?.code == .notMJPEG)
    }

    @Test func `the files of a folder are frames in natural order`() throws {
        for number in [10, 2, 1, 9, 100] { try folder.write(jpeg(number), as: "frame\(number).jpg") }
        let file = try MJPEGFile(path: folder.path)
        #expect(file.kind == .folder)
        #expect(try images(of: file) == [1, 2, 9, 10, 100].map { jpeg($0) })
        #expect(file.duration == .milliseconds(200))
    }

    @Test func `what is not a JPEG in a folder is ignored`() throws {
        try folder.write(jpeg(1), as: "1.dat")
        try folder.write(Array("text".utf8), as: "0.jpg")
        try folder.write([], as: "empty.jpg")
        try folder.write([0xFF], as: "short.jpg")
        try folder.write(jpeg(9), as: ".hidden.jpg")
        try folder.makeFolder("2.jpg")
        let file = try MJPEGFile(path: folder.path)
        #expect(try images(of: file) == [jpeg(1)])
        #expect(file.damageCount == 0)
    }

    @Test func `a file over the limit in a folder is left out and reported by name`() throws {
        try folder.write(jpeg(1), as: "1.jpg")
        try folder.write(jpeg(2, scanByteCount: 3000), as: "2.jpg")
        let file = try MJPEGFile(path: folder.path, limits: MJPEGLimits(maxFrameBytes: 2000))
        #expect(try images(of: file) == [jpeg(1)])
        #expect(file.damage == [MJPEGDamage(offset: 0, reason: .oversizeFrame, fileName: "2.jpg")])
    }

    @Test func `a folder over its limits is refused`() throws {
        for number in 1...5 { try folder.write(jpeg(number), as: "\(number).jpg") }
        #expect(openingError(folder.path, limits: MJPEGLimits(maxFolderEntries: 4))?.code == .tooLarge)
        #expect(openingError(folder.path, limits: MJPEGLimits(maxFrames: 4))?.code == .tooLarge)
        #expect(openingError(folder.path, limits: MJPEGLimits(maxFrames: 5, maxFolderEntries: 5)) == nil)
    }
}
