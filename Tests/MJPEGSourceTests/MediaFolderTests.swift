import Foundation
import Testing

@testable import MJPEGSource

struct MediaFolderTests {
    private let outside: TemporaryFolder
    private let folder: TemporaryFolder
    private let media: MediaFolder

    init() throws {
        outside = try TemporaryFolder()
        folder = try TemporaryFolder()
        try folder.write(jpeg(1), as: "movie.mjpeg")
        media = try MediaFolder(path: folder.path)
    }

    @Test func `a file in the folder is found by its name`() throws {
        #expect(media.path(named: "movie.mjpeg") == media.path + "/movie.mjpeg")
        try folder.write(jpeg(1), as: "mit Leer zeichen ü.mjpeg")
        #expect(media.path(named: "mit Leer zeichen ü.mjpeg") != nil)
    }

    @Test func `nothing outside the folder can be named`() throws {
        try outside.write(jpeg(1), as: "secret")
        let secret = outside.path + "/secret"
        let sibling = folder.path + "-sibling"
        try FileManager.default.createDirectory(atPath: sibling, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: sibling) }
        try folder.link("link", to: secret)
        try folder.link("linked-folder", to: outside.path)
        try folder.link("up", to: "..")
        try folder.link("self", to: ".")
        try folder.link("next", to: sibling)
        try folder.link("loop", to: "loop")
        try folder.link("gone", to: "nothing")
        try folder.makeFolder("sub")
        try folder.write(jpeg(1), as: ".hidden")
        let names = [
            "", ".", "..", "../secret", secret, "/", "/etc/passwd", "sub/../movie.mjpeg", "./movie.mjpeg", "movie.mjpeg/",
            "movie.mjpeg\0", "movie.mjpeg\0.txt", ".hidden", "link", "linked-folder", "linked-folder/secret", "up", "self",
            "next", "loop", "gone", "none", "%2e%2e", "..\\secret", String(repeating: "x", count: 5000),
        ]
        for name in names { #expect(media.path(named: name) == nil, "\(name.prefix(40))") }
    }

    @Test func `a link to another file of the folder is followed`() throws {
        try folder.link("alias.mjpeg", to: "movie.mjpeg")
        #expect(media.path(named: "alias.mjpeg") == media.path + "/movie.mjpeg")
    }

    @Test func `the names are those of Motion JPEG, in natural order`() throws {
        try folder.write(lab(jpeg(1)), as: "clip10")
        try folder.write(jpeg(1), as: "clip9.txt")
        try folder.write(Array("read me".utf8), as: "README.mjpeg")
        try folder.write([], as: "empty.mjpeg")
        try folder.write(jpeg(1), as: ".hidden.mjpeg")
        try outside.write(jpeg(1), as: "secret")
        try folder.link("link.mjpeg", to: outside.path + "/secret")
        try folder.makeFolder("vacant")
        try folder.makeFolder("frames")
        try folder.write(jpeg(1), as: "frames/1.jpg")
        #expect(try media.names() == ["clip9.txt", "clip10", "frames", "movie.mjpeg"])
        for name in try media.names() {
            #expect(try MJPEGFile(path: try #require(media.path(named: name))).frameCount == 1)
        }
    }

    @Test func `a folder reached through a link is the folder it leads to`() throws {
        try outside.link("root", to: folder.path)
        let linked = try MediaFolder(path: outside.path + "/root")
        #expect(linked.path == media.path)
        #expect(linked.path(named: "movie.mjpeg") != nil)
    }

    @Test func `only a folder can be a media folder`() throws {
        for path in ["", folder.path + "/none", folder.path + "/movie.mjpeg"] {
            let error = #expect(throws: MJPEGFileError.self) { _ = try MediaFolder(path: path) }
            #expect(error?.code == .notFound)
            #expect(error?.path == path)
        }
    }

    @Test func `a folder with too many entries or gone is an error`() throws {
        try folder.write(jpeg(1), as: "2")
        let small = try MediaFolder(path: folder.path, limits: MJPEGLimits(maxFolderEntries: 1))
        let tooLarge = #expect(throws: MJPEGFileError.self) { _ = try small.names() }
        #expect(tooLarge?.code == .tooLarge)
        try FileManager.default.removeItem(atPath: folder.path)
        let gone = #expect(throws: MJPEGFileError.self) { _ = try media.names() }
        #expect(gone?.code == .notFound)
        #expect(media.path(named: "movie.mjpeg") == nil)
    }
}
