import Testing

@testable import RTPTransport

@Suite struct JPEGFileEndTests {
    private static func image(_ data: [UInt8], size: Int = 100) -> [UInt8]? {
        var depacketizer = JPEGDepacketizer()
        let packets = JPEGPayload().packets(data, size: size, timestamp: 1)
        return packets.flatMap { depacketizer.receive($0.header, payload: $0.payload.span, at: .after(0)) }.frames.first?.image
    }

    /// What stands at the end of the data, and what of it the file has before its end marker.
    @Test(
        arguments: [
            ([], []), ([0xFF, 0xD9], []), ([0xFF, 0xD9, 0xFF, 0xD9], []), ([0xFF, 0xD9, 0xFF, 0xD9, 0xFF, 0xD9], []),
            ([0xFF, 0xD9, 0, 0, 0], []), ([0xFF, 0xD9, 0xFF], []), ([0xFF, 0xD9, 7, 0xFF, 0xD9, 8], []),
            ([0xFF, 0xD8], [0xFF, 0xD8]), ([0x00, 0xD9], [0x00, 0xD9]), ([0xFF, 0x00], [0xFF, 0x00]), ([0xFF], [0xFF]),
            ([0xD9], [0xD9]), ([0xFF, 0xFF, 0xD9], [0xFF]),
        ] as [([UInt8], [UInt8])])
    func `J04 a file ends with one end marker, and nothing after it`(end: [UInt8], kept: [UInt8]) throws {
        for count in [0, 1, 10, 5000] where count + end.count > 0 && (count > 0 || kept == end) {
            let image = try #require(Self.image(scan(count) + end))
            #expect(JPEGFile(image)?.scan == scan(count) + kept)
        }
    }

    @Test func `J04 rubbish of a kilobyte behind the end marker goes, more of it stays unseen behind the first one`() throws {
        #expect(JPEGFile(try #require(Self.image(scan(10) + [0xFF, 0xD9] + scan(1000))))?.scan == scan(10))
        let long = scan(10) + [0xFF, 0xD9] + scan(3000)
        #expect(JPEGFile(try #require(Self.image(long)))?.scan == long)
        let image = try #require(Self.image(long))
        let header = try JPEGImageHeader(scanning: image.span)
        #expect(header.scan.count == 10)
    }

    @Test func `a whole file in the payload is handed on as it is`() throws {
        var file = SyntheticJPEG()
        file.extraSegments = [(0xE1, Array("Exif".utf8) + [0, 0, 0xFF, 0xD8, 0xFF, 0xD9])]
        file.huffman = [[0] + StandardHuffmanTables.lumaDirectCurrent]
        #expect(Self.image(file.bytes, size: 40) == file.bytes)
        for end in [[], [0xFF, 0xD9, 0xFF, 0xD9], [0xFF, 0xD9, 0, 0]] as [[UInt8]] {
            var other = file
            other.end = end
            #expect(Self.image(other.bytes) == file.bytes)
        }
    }

    @Test func `J03 a whole file in the payload gets the Huffman tables that it lacks`() throws {
        let file = SyntheticJPEG()
        let image = try #require(Self.image(file.bytes))
        let parsed = try #require(JPEGFile(image))
        #expect(parsed.segments.map(\.marker) == [0xDB, 0xDB, 0xC0, 0xC4, 0xDA])
        #expect(parsed.contents(0xC4).first?.count == 416)
        #expect(parsed.scan == file.scan)
    }

    @Test func `a whole file needs neither size nor tables of the payload header`() throws {
        let file = SyntheticJPEG()
        var depacketizer = JPEGDepacketizer()
        let payload = JPEGPayload(q: 255, width: 0, height: 0, tables: [])
        let packets = payload.packets(file.bytes, size: 100, timestamp: 1)
        let events = packets.reversed().flatMap { depacketizer.receive($0.header, payload: $0.payload.span, at: .after(0)) }
        #expect(events.count == 1)
        #expect(events.frames.first.flatMap { JPEGFile($0.image) }?.scan == file.scan)
    }

    @Test func `a whole file whose header is broken anywhere is no frame, and nothing traps`() {
        let file = SyntheticJPEG()
        for length in 3..<(file.bytes.count - file.scan.count - file.end.count) {
            var depacketizer = JPEGDepacketizer()
            let packets = JPEGPayload().packets(Array(file.bytes[..<length]), size: 1000, timestamp: 1)
            let events = packets.flatMap { depacketizer.receive($0.header, payload: $0.payload.span, at: .after(0)) }
            #expect(events.frames.isEmpty)
            #expect(events.incompletes == [1])
        }
    }
}
