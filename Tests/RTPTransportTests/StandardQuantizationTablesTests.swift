import Testing

@testable import RTPTransport

struct StandardQuantizationTablesTests {
    @Test func `every Q from 1 to 99 has the tables of appendix A, in zigzag order`() {
        for q in 1...99 {
            let luma = StandardQuantizationTables.luma.map { StandardQuantizationTables.scaled($0, q: UInt8(q)) }
            let chroma = StandardQuantizationTables.chroma.map { StandardQuantizationTables.scaled($0, q: UInt8(q)) }
            #expect(luma == AppendixA.luma(q: q))
            #expect(chroma == AppendixA.chroma(q: q))
            #expect(StandardQuantizationTables.q(of: luma + chroma) == UInt8(q))
            #expect(JPEGDepacketizer.QuantizationTables(q: UInt8(q)).tables == [luma.map(UInt16.init), chroma.map(UInt16.init)])
        }
    }

    @Test func `some values that can be checked by hand`() {
        #expect(AppendixA.luma(q: 1).allSatisfy { $0 == 255 })
        // 11 is the second in the row as in zigzag order; the third is 12, from the second row.
        #expect(AppendixA.luma(q: 50).prefix(6) == [16, 11, 12, 14, 12, 10])
        #expect(AppendixA.luma(q: 99).prefix(3) == [1, 1, 1])
        #expect(AppendixA.luma(q: 99).last == 2)
        #expect(AppendixA.chroma(q: 25).prefix(5) == [34, 36, 36, 48, 42])
    }

    @Test func `tables in the order of the rows are nobody's`() {
        var luma = AppendixA.luma(q: 50)
        luma.swapAt(2, 5)
        #expect(StandardQuantizationTables.q(of: luma + AppendixA.chroma(q: 50)) == nil)
        #expect(StandardQuantizationTables.q(of: AppendixA.luma(q: 50)) == nil)
        #expect(StandardQuantizationTables.q(of: []) == nil)
    }

    @Test func `a Q out of range counts as the nearest`() {
        #expect(StandardQuantizationTables.scaled(16, q: 0) == StandardQuantizationTables.scaled(16, q: 1))
        #expect(StandardQuantizationTables.scaled(121, q: 255) == StandardQuantizationTables.scaled(121, q: 99))
    }
}
