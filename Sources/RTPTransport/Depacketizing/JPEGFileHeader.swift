extension JPEGDepacketizer {
    /// The segments of a JPEG file up to its scan data, which the payload format leaves out (RFC 2435 section 4.1 and appendix B).
    enum FileHeader {
        /// SOI, APP0, DQT, DRI where needed, SOF0, DHT and SOS for a frame of this description.
        static func bytes(for description: Fragment.Description, tables: QuantizationTables) -> [UInt8] {
            var bytes = beginning
            let wide = tables.needsSixteenBits
            for (number, table) in tables.tables.enumerated() {
                appendMarker(0xDB, length: wide ? 131 : 67, to: &bytes)
                bytes.append((wide ? 0x10 : 0) | UInt8(truncatingIfNeeded: number))
                for value in table {
                    if wide { bytes.appendBigEndian(value) } else { bytes.append(UInt8(truncatingIfNeeded: value)) }
                }
            }
            if description.restartInterval > 0 {
                appendMarker(0xDD, length: 4, to: &bytes)
                bytes.appendBigEndian(description.restartInterval)
            }
            // Baseline allows 8-bit tables only; extended sequential differs in nothing else here.
            appendMarker(wide ? 0xC1 : 0xC0, length: 17, to: &bytes)
            bytes.append(8)
            bytes.appendBigEndian(UInt16(truncatingIfNeeded: description.height))
            bytes.appendBigEndian(UInt16(truncatingIfNeeded: description.width))
            bytes.append(3)
            // Type 0 halves the chroma across, type 1 across and down.
            let samplings: [UInt8] = [description.type & 1 == 0 ? 0x21 : 0x22, 0x11, 0x11]
            for (component, sampling) in samplings.enumerated() {
                bytes.append(UInt8(truncatingIfNeeded: component + 1))
                bytes.append(sampling)
                bytes.append(tables.tableNumber(forComponent: component))
            }
            bytes += end
            return bytes
        }

        private static func appendMarker(_ marker: UInt8, length: UInt16, to bytes: inout [UInt8]) {
            bytes.append(0xFF)
            bytes.append(marker)
            bytes.appendBigEndian(length)
        }

        /// SOI, and APP0 as JFIF 1.1 with square pixels.
        private static let beginning: [UInt8] = [
            0xFF, 0xD8, 0xFF, 0xE0, 0x00, 0x10, 0x4A, 0x46, 0x49, 0x46, 0x00, 0x01, 0x01, 0x00, 0x00, 0x01, 0x00, 0x01, 0x00,
            0x00,
        ]

        /// DHT with the four tables, and SOS for three interleaved components.
        private static let end: [UInt8] =
            [0xFF, 0xC4, 0x01, 0xA2]
            + [0x00] + StandardHuffmanTables.lumaDirectCurrent
            + [0x10] + StandardHuffmanTables.lumaAlternatingCurrent
            + [0x01] + StandardHuffmanTables.chromaDirectCurrent
            + [0x11] + StandardHuffmanTables.chromaAlternatingCurrent
            + [0xFF, 0xDA, 0x00, 0x0C, 0x03, 0x01, 0x00, 0x02, 0x11, 0x03, 0x11, 0x00, 0x3F, 0x00]
    }
}
