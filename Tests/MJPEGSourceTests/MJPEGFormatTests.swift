import Testing

@testable import MJPEGSource

struct MJPEGFormatTests {
    @Test func `raw frames are written as they are`() throws {
        #expect(try MJPEGFormat.raw.encoded(jpeg(1)) == jpeg(1))
    }

    @Test(arguments: [(2, "00002"), (12_345, "12345"), (99_999, "99999")])
    func `lab frames have five digits before them`(byteCount: Int, digits: String) throws {
        let image: [UInt8] = [0xFF, 0xD8] + [UInt8](repeating: 0, count: byteCount - 2)
        #expect(try MJPEGFormat.lab.encoded(image) == Array(digits.utf8) + image)
    }

    @Test func `the lab format refuses a frame of 100 000 bytes and says so`() throws {
        let image: [UInt8] = [0xFF, 0xD8] + [UInt8](repeating: 0, count: 99_998)
        let error = #expect(throws: MJPEGFormatError.self) { _ = try MJPEGFormat.lab.encoded(image) }
        #expect(error == .frameTooLarge(byteCount: 100_000))
        #expect(error?.description.contains("100000 bytes") == true)
        #expect(try MJPEGFormat.raw.encoded(image) == image)
    }

    @Test(arguments: MJPEGFormat.allCases, [[], [0xFF], [0xD8, 0xFF], Array("text".utf8)] as [[UInt8]])
    func `what is not a JPEG is refused`(format: MJPEGFormat, image: [UInt8]) {
        let error = #expect(throws: MJPEGFormatError.self) { _ = try format.encoded(image) }
        #expect(error == .notJPEG)
    }

    @Test(arguments: MJPEGFormat.allCases)
    func `what is written can be read`(format: MJPEGFormat) throws {
        let pictures = (1...5).map { jpegWithThumbnail($0) }
        let result = try opened(try pictures.flatMap { try format.encoded($0) })
        #expect(result.images == pictures)
        #expect(result.file.kind == (format == .lab ? .lab : .raw))
    }
}
