extension JPEGDepacketizer {
    /// Up to three quantization tables of 64 values, in zigzag order: for Y, Cb and Cr; one table may serve several.
    struct QuantizationTables: Sendable, Hashable {
        /// The tables, each of 64 values.
        private(set) var tables: [[UInt16]]

        /// Reads a run of tables, one and two bytes a value by the bits of `precision` (RFC 2435 section 3.1.8).
        ///
        /// The RFC knows one and two tables; three are met where a camera has one for each component.
        init(_ bytes: Span<UInt8>, precision: UInt8) throws(Refusal) {
            tables = []
            var start = 0
            while start < bytes.count {
                let wide = precision >> UInt8(tables.count) & 1 == 1
                let end = start + (wide ? 128 : 64)
                guard end <= bytes.count, tables.count < 3 else { throw Refusal(.malformedQuantizationTables) }
                let table = (0..<64).map { index in
                    wide ? bytes.bigEndian16(at: start + index * 2) : UInt16(bytes[start + index])
                }
                tables.append(table)
                start = end
            }
        }

        /// The tables of a Q from 1 to 99 (RFC 2435 sections 4.2 and appendix A).
        init(q: UInt8) {
            let factor = Int(min(max(q, 1), 99))
            let scale = factor < 50 ? 5000 / factor : 200 - factor * 2
            tables = [Self.luminance, Self.chrominance].map { base in
                base.map { UInt16(min(max((Int($0) * scale + 50) / 100, 1), 255)) }
            }
        }

        var isEmpty: Bool { tables.isEmpty }

        /// Whether a value does not fit the one byte that baseline JPEG allows.
        var needsSixteenBits: Bool { tables.contains { table in table.contains { $0 > 255 } } }

        /// The number of the table for a component: 0 for Y, 1 for Cb, 2 for Cr.
        func tableNumber(forComponent component: Int) -> UInt8 {
            UInt8(clamping: min(component, tables.count - 1))
        }

        // ITU-T T.81 tables K.1 and K.2, in zigzag order.
        private static let luminance: [UInt8] = [
            16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40,
            26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61, 60, 57, 51,
            56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87,
            95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99,
        ]
        private static let chrominance: [UInt8] =
            [17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66] + Array(repeating: 99, count: 50)
    }
}
