import Testing

@testable import MJPEGSource

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

struct FileSystemTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test func `reading past the end gives what there is`() throws {
        let file = try OpenFile(path: try folder.write([1, 2, 3, 4, 5]))
        #expect(file.byteCount == 5)
        #expect(!file.isFolder)
        #expect(try file.read(2, at: 1) == [2, 3])
        #expect(try file.read(10, at: 3) == [4, 5])
        #expect(try file.read(10, at: 5) == [])
        #expect(try file.read(10, at: 99) == [])
        #expect(try file.read(-1, at: 0) == [])
        #expect(try file.read(5, at: -1) == [])
        var bytes = [UInt8](repeating: 9, count: 4)
        #expect(try file.read(into: &bytes, at: 2) == 3)
        #expect(bytes == [3, 4, 5, 9])
    }

    @Test func `reading a folder as a file fails`() throws {
        let file = try OpenFile(path: folder.path)
        #expect(file.isFolder)
        #expect(throws: FileSystemFailure.self) { _ = try file.read(1, at: 0) }
    }

    @Test func `a pipe is refused without waiting for a writer`() throws {
        let pipe = folder.path + "/pipe"
        #expect(unsafe mkfifo(pipe, 0o600) == 0)
        #expect(openingError(pipe)?.code == .unreadable)
        try folder.write(jpeg(1), as: "1.jpg")
        #expect(try MJPEGFile(path: folder.path).frameCount == 1)
    }

    @Test func `a folder lists its names up to a limit, again and again`() throws {
        for name in ["a", "b", ".c"] { try folder.write([1], as: name) }
        let open = try OpenFile(path: folder.path)
        for _ in 0..<3 { #expect(try open.names(limit: 3)?.sorted() == [".c", "a", "b"]) }
        #expect(try open.names(limit: 2) == nil)
        #expect(throws: FileSystemFailure.self) {
            _ = try OpenFile(path: folder.path + "/a").names(limit: 3)
        }
    }

    @Test func `a file can be opened by its name in an open folder`() throws {
        try folder.write([1], as: "a")
        let open = try OpenFile(path: folder.path)
        #expect(try OpenFile(path: "a", in: open).byteCount == 1)
        let failure = #expect(throws: FileSystemFailure.self) { _ = try OpenFile(path: "b", in: open) }
        #expect(failure?.isNotFound == true)
    }
}
