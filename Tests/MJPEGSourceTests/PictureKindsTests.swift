import Foundation
import Testing

@testable import MJPEGSource

/// What pictures of many kinds have in common: they come out of files and streams as they went in. Rows of the list of quirks that
/// concern sources are named.
struct PictureKindsTests {
    /// The frames of these bytes as a file, as a stream in parts of several sizes, and from a file indexed as needed; all must agree.
    private func frames(_ bytes: [UInt8], chunks: [Int] = [1, 7, 1460, 65_536]) throws -> [[UInt8]] {
        let folder = try TemporaryFolder()
        let path = try folder.write(bytes)
        let frames = try images(of: MJPEGFile(path: path))
        #expect(try images(of: MJPEGFile(path: path, indexing: .asNeeded)) == frames)
        for chunk in chunks {
            var splitter = MJPEGStreamSplitter()
            var streamed: [[UInt8]] = []
            for start in stride(from: 0, to: bytes.count, by: chunk) {
                streamed += splitter.append(bytes.span.extracting(start..<min(start + chunk, bytes.count)))
            }
            #expect(streamed + splitter.finish() == frames, "\(chunk) bytes at a time")
        }
        return frames
    }

    private func expectWhole(_ pictures: [[UInt8]], between junk: [UInt8] = []) throws {
        #expect(try frames(pictures.flatMap { $0 + junk }) == pictures)
    }

    // MARK: Kinds

    @Test func `J08 a thumbnail in APP1, as EXIF has it, is never a frame`() throws {
        try expectWhole([jpegWithThumbnail(1), jpeg(2), jpegWithThumbnail(3)])
    }

    @Test func `J08 a picture in APP2, as multi-picture files have it, is never a frame`() throws {
        let body = Array("MPF\0".utf8) + jpegWithThumbnail(7)
        try expectWhole([jpeg(1, extra: segment(0xE2, body)), jpeg(2)])
    }

    @Test func `J08 a thumbnail in APP0, as JFXX has it, is never a frame`() throws {
        let start = segment(0xE0, Array("JFIF\0".utf8) + [1, 2, 0, 0, 1, 0, 1, 0, 0])
        let thumbnail = segment(0xE0, Array("JFXX\0".utf8) + [0x10] + jpeg(8))
        try expectWhole([jpeg(1, extra: start + thumbnail), jpeg(2)])
    }

    @Test func `J08 an APP14 of Adobe before the frame header is passed`() throws {
        let adobe = segment(0xEE, Array("Adobe".utf8) + [0, 100, 0, 0, 0, 0, 1])
        try expectWhole([jpeg(1, extra: adobe), jpeg(2, extra: segment(0xE1, Array("Exif\0\0".utf8)) + adobe)])
    }

    @Test func `several thumbnails in a row are never frames`() throws {
        let thumbnails = (1...4).flatMap { segment(0xE0 + UInt8($0), jpegWithThumbnail($0)) }
        try expectWhole([jpeg(1, extra: thumbnails), jpeg(2, extra: thumbnails + thumbnails)])
    }

    @Test func `fill bytes stand before any marker`() throws {
        for count in [1, 2, 30, 31, 32, 33, 64, 500] {
            let fill = [UInt8](repeating: 0xFF, count: count)
            let inHead = jpeg(1, extra: fill + segment(0xFE, [1]) + fill)
            let beforeEnd = Array(jpeg(2).dropLast(2)) + fill + [0xFF, 0xD9]
            try expectWhole([inHead, beforeEnd, jpeg(3)])
        }
    }

    @Test func `a comment of 64 kB full of FF D8 and FF D9 is passed`() throws {
        for pattern: [UInt8] in [[0xFF, 0xD8], [0xFF, 0xD9], [0xFF, 0xD8, 0xFF], [0xFF, 0xD8, 0xFF, 0xD9], [0xFF]] {
            let body = (0..<65_533).map { pattern[$0 % pattern.count] }
            #expect(try frames(jpeg(1, extra: segment(0xFE, body)) + jpeg(2), chunks: [1460]).map(\.count).count == 2)
        }
    }

    @Test func `J03 a picture without Huffman tables, as AVI1 has it, is whole`() throws {
        let head = segment(0xE0, Array("AVI1".utf8) + [0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
        let tables = segment(0xDB, [0] + (1...64).map { UInt8($0) })
        let frame = segment(0xC0, [8, 0, 16, 0, 16, 3, 1, 0x21, 0, 2, 0x11, 0, 3, 0x11, 0])
        let pictures = (1...3).map { [0xFF, 0xD8] + head + tables + frame + scanHeader + scanData(seed: $0) + [0xFF, 0xD9] }
        try expectWhole(pictures)
    }

    @Test func `J04 of several end markers the first ends the frame, and the others are junk`() throws {
        let end: [UInt8] = [0xFF, 0xD9]
        let bytes = jpeg(1) + end + jpeg(2) + end + end + jpeg(3) + end
        #expect(try frames(bytes) == [jpeg(1), jpeg(2), jpeg(3)])
        #expect(try opened(bytes).file.damage.map(\.reason) == [.junk(byteCount: 2), .junk(byteCount: 4), .junk(byteCount: 2)])
    }

    @Test func `J04 a frame without end marker is reported and costs only itself`() throws {
        let open = Array(jpeg(2).dropLast(2))
        let bytes = jpeg(1) + open + jpeg(3) + jpeg(4) + open
        #expect(try frames(bytes) == [jpeg(1), jpeg(3), jpeg(4)])
        #expect(try opened(bytes).file.damage.map(\.reason) == [.unfinishedFrame, .cutLastFrame])
    }

    @Test func `J04 a frame of the lab format needs no end marker`() throws {
        let open = Array(jpeg(2).dropLast(2))
        let result = try opened(lab(jpeg(1)) + lab(open) + lab(jpeg(3)))
        #expect(result.images == [jpeg(1), open, jpeg(3)])
        #expect(result.file.damage.isEmpty)
    }

    @Test(arguments: ["--boundary", "boundary", "--myboundary--", "----"])
    func `J07 the parts of a multipart stream are its pictures, however its boundaries are written`(boundary: String) throws {
        let pictures = (1...5).map { trickyJPEG($0, seed: $0) }
        let bytes = pictures.flatMap { picture in
            Array("\(boundary)\r\nContent-Type: image/jpeg\r\nContent-Length: \(picture.count)\r\n\r\n".utf8) + picture
                + Array("\r\n".utf8)
        }
        #expect(try frames(Array("HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace\r\n\r\n".utf8) + bytes) == pictures)
    }

    @Test func `J07 trash before the first picture is passed`() throws {
        var generator = SeededGenerator(seed: 11)
        let trash = (0..<3000).map { _ in UInt8.random(in: 0...0xFE, using: &generator) }
        #expect(try frames(trash + [0xFF, 0xD9, 0xFF, 0xD8] + trash.prefix(50) + jpeg(1) + jpeg(2)) == [jpeg(1), jpeg(2)])
    }

    @Test(arguments: [[0x00], [0xFF], [0x20], [0xFF, 0x00], [0xFF, 0xD9], [0xFF, 0xD8, 0x00], [0x0D, 0x0A]] as [[UInt8]])
    func `zeros and other bytes between and behind frames are no part of them`(junk: [UInt8]) throws {
        let pictures = (1...4).map { jpeg($0) }
        for count in [1, 25, 26, 27, 31, 32, 33, 1000] {
            try expectWhole(pictures, between: (0..<count).flatMap { _ in junk })
        }
    }

    // MARK: All together

    /// Bytes between pictures that begin none.
    private func junk(_ generator: inout SeededGenerator) -> [UInt8] {
        let count = Int.random(in: 0...3000, using: &generator)
        return switch Int.random(in: 0..<5, using: &generator) {
        case 0: []
        case 1: [UInt8](repeating: 0, count: count)
        case 2: [UInt8](repeating: 0xFF, count: count % 100) + [0]
        case 3: (0..<count).map { _ in UInt8.random(in: 0...0xFE, using: &generator) }
        default: (0..<count % 300).flatMap { _ in [0xFF, [0x00, 0xD9, 0xD0, 0xE1, 0xDA].randomElement(using: &generator) ?? 0] }
        }
    }

    private func expectAll(_ pictures: [[UInt8]], seed: Int, chunks: [Int]) throws {
        var generator = SeededGenerator(seed: seed)
        let order = pictures.shuffled(using: &generator)
        var bytes = order[0]
        for picture in order.dropFirst() { bytes += junk(&generator) + picture }
        bytes += junk(&generator)
        let found = try frames(bytes, chunks: chunks)
        #expect(found.count == order.count)
        for (index, picture) in order.enumerated() where index >= found.count || found[index] != picture {
            Issue.record("picture \(index) of \(picture.count) bytes did not come out as it went in")
        }
    }

    @Test(arguments: 0..<6)
    func `pictures of all kinds in any order, with junk between, come out as they went in`(seed: Int) throws {
        try expectAll((0..<18).map { trickyJPEG($0, seed: $0 + seed) }, seed: seed, chunks: [1, 13, 1460, 100_000])
    }

    /// A collection of pictures made by real encoders, where it lies beside the repository.
    private static let collection =
        ProcessInfo.processInfo.environment["RTSP_SHARED_MEDIA"].map { URL(filePath: $0).appending(path: "jpeg") }
        ?? URL(filePath: #filePath).appending(path: "../../../../shared/media/jpeg").standardizedFileURL

    /// The whole pictures of the collection, from SOI to EOI; none where there is no collection.
    private static func collectedPictures() throws -> [String: [UInt8]] {
        guard FileManager.default.fileExists(atPath: collection.path) else { return [:] }
        var pictures: [String: [UInt8]] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: collection.path) where name.hasSuffix(".jpg") {
            if name.hasPrefix("broken") || name.hasPrefix("mutated") || name == "420_no_eoi.jpg" { continue }
            pictures[name] = [UInt8](try Data(contentsOf: collection.appendingPathComponent(name)))
        }
        // What stands behind the first end marker of these is no part of the picture.
        if let picture = pictures["420.jpg"] {
            for name in ["420_two_eoi.jpg", "420_trailing.jpg"] where pictures[name]?.starts(with: picture) ?? false {
                pictures[name] = picture
            }
        }
        return pictures
    }

    @Test(arguments: 0..<3)
    func `pictures of real encoders in any order, with junk between, come out as they went in`(seed: Int) throws {
        let collected = try Self.collectedPictures()
        let pictures =
            collected.isEmpty
            ? (0..<9).map { trickyJPEG($0, seed: 50 + $0) } : collected.keys.sorted().compactMap { collected[$0] }
        try expectAll(pictures, seed: seed, chunks: [1460, 65_536])
    }

    @Test func `what stands behind the end of real pictures is no part of them`() throws {
        let picture = try Self.collectedPictures()["420.jpg"] ?? jpeg(1)
        for name in ["420_two_eoi.jpg", "420_trailing.jpg"] {
            let stored = try? Data(contentsOf: Self.collection.appendingPathComponent(name))
            let bytes = stored.map { [UInt8]($0) } ?? picture + [0xFF, 0xD9, 0, 0, 1, 2]
            #expect(try frames(bytes + bytes, chunks: [1460]) == [picture, picture], "\(name)")
        }
    }
}
