import Testing

@testable import JPEGCoding

@Suite struct JPEGOutlineTests {
    @Test func `The headers of a file say what it is`() throws {
        let image = try #require(Pictures.small["444_progressive"])
        let outline = try #require(image.outline)
        #expect(outline.process == 0xC2 && outline.precision == 8)
        #expect(outline.width == 61 && outline.height == 43)
        #expect(outline.components.map(\.id) == [1, 2, 3])
        #expect(outline.components.allSatisfy { $0.across == 1 && $0.down == 1 })
        #expect(outline.sharesChromaTables && outline.keepsColourLines)
        #expect(outline.lumaTable?.count == 64)
        #expect(JPEGQuality.nearest(to: outline.lumaTable ?? []) == 80)
    }

    @Test func `Tables of 16-bit values and different ones for colour are told`() throws {
        let wide = try #require(Pictures.small["420_wide_tables_progressive"])
        #expect(try #require(wide.outline?.lumaTable).contains { $0 > 255 })
        let different = try #require(Pictures.small["420_different_chroma_tables"])
        #expect(different.outline?.sharesChromaTables == false)
        let several = try #require(Pictures.small["420_several_scans"])
        #expect(several.outline?.firstScan == [1])
    }

    @Test func `Fewer lines of colour are told`() throws {
        for (name, keeps) in [("420", false), ("422", true), ("440", false), ("411", true), ("410", false), ("gray", true)] {
            let image = try #require(Pictures.small[name])
            #expect(image.outline?.keepsColourLines == keeps, "\(name)")
        }
    }

    @Test func `What ends before its first scan has no outline`() throws {
        let image = try #require(Pictures.small["420"])
        let start = try #require(image.indices.dropLast().first { image[$0] == 0xFF && image[$0 + 1] == 0xDA })
        for length in 0..<start + 14 {
            #expect(Array(image.prefix(length)).outline == nil, "\(length)")
        }
        #expect(Array(image.prefix(start + 14)).outline != nil)
    }

    @Test func `Every quality is known by its table`() throws {
        for quality in 1...100 {
            let jpeg = try JPEGEncoder().encode(.gradient(), quality: quality)
            let table = try #require(jpeg.outline?.lumaTable)
            let guessed = JPEGQuality.nearest(to: table)
            let again = try JPEGEncoder().encode(.gradient(), quality: guessed)
            #expect(again.outline?.lumaTable == table, "\(quality) is taken for \(guessed)")
        }
        #expect(JPEGQuality.nearest(to: [UInt16](repeating: 0, count: 64)) == 100)
        #expect(JPEGQuality.nearest(to: [UInt16](repeating: .max, count: 64)) == 1)
    }
}

extension [UInt8] {
    fileprivate var outline: JPEGOutline? { JPEGOutline(span) }
}
