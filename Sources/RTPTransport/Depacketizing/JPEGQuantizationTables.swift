extension JPEGDepacketizer {
    /// Up to four quantization tables of 64 values, in zigzag order: for Y, Cb and Cr; one table may serve several.
    struct QuantizationTables: Sendable, Hashable {
        /// The tables, each of 64 values.
        private(set) var tables: [[UInt16]]

        /// No tables.
        init() { tables = [] }

        /// Reads a run of tables, one and two bytes a value by the bits of `precision` (RFC 2435 section 3.1.8).
        ///
        /// The RFC knows one and two tables; three are met where a camera has one for each component, and a fourth that none uses.
        init(_ bytes: Span<UInt8>, precision: UInt8) throws(Refusal) {
            tables = []
            var start = 0
            while start < bytes.count {
                let wide = precision >> UInt8(tables.count) & 1 == 1
                let end = start + (wide ? 128 : 64)
                guard end <= bytes.count, tables.count < 4 else { throw Refusal(.malformedQuantizationTables) }
                let table = (0..<64).map { index in
                    wide ? bytes.bigEndian16(at: start + index * 2) : UInt16(bytes[start + index])
                }
                tables.append(table)
                start = end
            }
        }

        /// The tables of a Q from 1 to 99 (RFC 2435 sections 4.2 and appendix A).
        init(q: UInt8) {
            tables = [StandardQuantizationTables.luma, StandardQuantizationTables.chroma].map { base in
                base.map { UInt16(StandardQuantizationTables.scaled($0, q: q)) }
            }
        }

        /// The same with others of these numbers, as far as there is none missing before them.
        func replacing(_ told: [UInt8: [UInt16]]) -> QuantizationTables {
            var replaced = QuantizationTables()
            for number in 0..<4 {
                guard let table = told[UInt8(number)] ?? (number < tables.count ? tables[number] : nil) else { break }
                replaced.tables.append(table)
            }
            return replaced
        }

        /// The number of the table for a component: 0 for Y, 1 for Cb, 2 for Cr.
        func tableNumber(forComponent component: Int) -> UInt8 {
            UInt8(clamping: min(component, tables.count - 1))
        }
    }
}
