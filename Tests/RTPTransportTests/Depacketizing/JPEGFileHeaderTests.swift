import Testing

@testable import RTPTransport

@Suite struct JPEGFileHeaderTests {
    typealias Header = JPEGDepacketizer.FileHeader
    typealias Tables = JPEGDepacketizer.QuantizationTables

    func file(
        type: UInt8 = 1, restartInterval: UInt16 = 0, tables: Tables = Tables(q: 50)
    ) throws -> JPEGFile {
        let size = try #require(PictureSize(width: 2040, height: 360))
        let header = Header(size: size, type: type, restartInterval: restartInterval, tables: tables)
        #expect(header.isWhole)
        return try #require(JPEGFile(header.bytes + [0xFF, 0xD9]))
    }

    func tables(_ bytes: [UInt8], precision: UInt8 = 0) throws -> Tables { try Tables(bytes.span, precision: precision) }

    @Test func `the segments stand in the customary order and nothing follows them`() throws {
        #expect(try file().segments.map(\.marker) == [0xE0, 0xDB, 0xDB, 0xC0, 0xC4, 0xDA])
        #expect(try file(restartInterval: 5).segments.map(\.marker) == [0xE0, 0xDB, 0xDB, 0xDD, 0xC0, 0xC4, 0xDA])
        #expect(try file().scan == [])
        #expect(try file().contents(0xE0) == [Array("JFIF".utf8) + [0, 1, 1, 0, 0, 1, 0, 1, 0, 0]])
    }

    @Test func `the restart interval is the header's`() throws {
        #expect(try file(restartInterval: 0x1234).contents(0xDD) == [[0x12, 0x34]])
    }

    @Test func `type 0 halves chroma across and type 1 across and down`() throws {
        for (type, sampling) in [(UInt8(0), UInt8(0x21)), (1, 0x22), (64, 0x21), (65, 0x22)] {
            #expect(
                try file(type: type).contents(0xC0) == [
                    [8, 0x01, 0x68, 0x07, 0xF8, 3, 1, sampling, 0, 2, 0x11, 1, 3, 0x11, 1]
                ])
        }
    }

    @Test func `J01 one table serves all components and three serve one each`() throws {
        let one = try file(tables: Tables(Array(repeating: UInt8(1), count: 64).span, precision: 0))
        #expect(one.contents(0xDB).count == 1)
        #expect(one.contents(0xC0).first?.suffix(9) == [1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0])
        let three = try file(tables: Tables(Array(repeating: UInt8(1), count: 192).span, precision: 0))
        #expect(three.contents(0xDB).map(\.first) == [0, 1, 2])
        #expect(three.contents(0xC0).first?.suffix(9) == [1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 2])
    }

    @Test func `J01 of four tables the fourth is nobody's, and not written`() throws {
        let four = try file(tables: tables((1...4).flatMap { Array(repeating: UInt8($0), count: 64) }))
        #expect(four.contents(0xDB).map { [$0[0], $0[1]] } == [[0, 1], [1, 2], [2, 3]])
        #expect(four.contents(0xC0).first?.suffix(9) == [1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 2])
    }

    @Test func `J01 each table is as wide as its values need`() throws {
        let wide = Array(repeatElement([UInt8(1), 0], count: 64).joined())
        let mixed = try file(tables: tables(wide + Array(repeating: 7, count: 64), precision: 1))
        #expect(mixed.contents(0xDB).map(\.count) == [129, 65])
        #expect(mixed.contents(0xC1).count == 1)
    }

    @Test func `J01 values above 255 make an extended sequential file, others never`() throws {
        let wide = try file(tables: Tables(Array(repeating: UInt8(1), count: 128).span, precision: 1))
        #expect(wide.contents(0xC0) == [])
        #expect(wide.contents(0xC1).count == 1)
        #expect(wide.contents(0xDB) == [[0x10] + Array(repeating: 1, count: 128)])
        let small = Array(repeatElement([UInt8(0), 9], count: 64).joined())
        let narrow = try file(tables: Tables(small.span, precision: 1))
        #expect(narrow.contents(0xC0).count == 1)
        #expect(narrow.contents(0xDB) == [[0] + Array(repeating: 9, count: 64)])
    }

    @Test func `the Huffman tables are four whole ones`() throws {
        let content = try #require(file().contents(0xC4).first)
        var at = 0
        var classes: [UInt8] = []
        while at + 17 <= content.count {
            classes.append(content[at])
            let counts = content[at + 1..<at + 17].map(Int.init)
            let values = content[(at + 17)..<(at + 17 + counts.reduce(0, +))]
            #expect(Set(values).count == values.count)
            // No table may use up the code of all ones (T.81 section C).
            let used = counts.enumerated().reduce(0.0) { $0 + Double($1.element) / Double(1 << ($1.offset + 1)) }
            #expect(used < 1)
            at += 17 + values.count
        }
        #expect(at == content.count)
        #expect(classes == [0x00, 0x10, 0x01, 0x11])
        #expect(content.count == 2 * (17 + 12) + 2 * (17 + 162))
    }

    @Test func `the scan uses the luminance tables for Y and the chrominance tables for the rest`() throws {
        #expect(try file().contents(0xDA) == [[3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0]])
    }
}
