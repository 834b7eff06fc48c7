import Testing

@testable import RTPTransport

struct JPEGHuffmanTablesTests {
    @Test func `DC differences are read back as they were written, up to eleven bits`() {
        for tables in [JPEGHuffmanTables.luma, .chroma] {
            for difference in -2047...2047 {
                guard let code = tables.code(ofDifference: difference) else {
                    Issue.record("no code for \(difference)")
                    continue
                }
                let symbol = tables.directCurrent.symbol(code.bits << UInt64(64 - code.length))
                #expect(symbol.bits == code.length)
                #expect(symbol.meaning == (difference == 0 ? 0 : String(abs(difference), radix: 2).count))
            }
            for difference in [-2048, 2048, 65_535, -65_535] { #expect(tables.code(ofDifference: difference) == nil) }
        }
    }

    @Test func `some codes of tables K 3 to K 6`() {
        func symbol(_ lookup: JPEGHuffmanLookup, _ digits: String) -> [Int] {
            let symbol = lookup.symbol((UInt64(digits, radix: 2) ?? 0) << UInt64(64 - digits.count))
            return [symbol.bits, symbol.meaning]
        }
        let (luma, chroma) = (JPEGHuffmanTables.luma, JPEGHuffmanTables.chroma)
        #expect(symbol(luma.directCurrent, "111111110") == [20, 11])
        #expect(symbol(chroma.directCurrent, "11111111110") == [22, 11])
        // The end of the block, one value, a run and a value, sixteen zeros, the longest.
        #expect(symbol(luma.alternatingCurrent, "1010") == [4, 128])
        #expect(symbol(luma.alternatingCurrent, "00") == [3, 1])
        #expect(symbol(luma.alternatingCurrent, "1111110111") == [13, 3])
        #expect(symbol(luma.alternatingCurrent, "11111111001") == [11, 16])
        #expect(symbol(luma.alternatingCurrent, "1111111111111110") == [26, 16])
        #expect(symbol(chroma.alternatingCurrent, "00") == [2, 128])
        #expect(symbol(chroma.alternatingCurrent, "1111111010") == [10, 16])
        for lookup in [luma.directCurrent, luma.alternatingCurrent, luma.alternatingCurrentGroups, chroma.alternatingCurrent] {
            #expect(symbol(lookup, "1111111111111111") == [0, 0])
        }
    }

    @Test func `groups are what one symbol after the other gives, as far as whole codes can be seen`() {
        for tables in [JPEGHuffmanTables.luma, .chroma] {
            var several = 0
            for head in 0..<1 << 16 {
                let window = UInt64(head) << 48
                let group = tables.alternatingCurrentGroups.symbol(window)
                var (bits, meaning, count) = (0, 0, 0)
                repeat {
                    let symbol = tables.alternatingCurrent.symbol(window << UInt64(bits))
                    bits += symbol.bits
                    meaning += symbol.meaning
                    count += 1
                } while bits < group.bits
                if (bits, meaning) != (group.bits, group.meaning) { Issue.record("\(head)") }
                several += count > 1 ? 1 : 0
            }
            #expect(several > 10_000)
        }
    }
}
