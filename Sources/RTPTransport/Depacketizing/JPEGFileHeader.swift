extension JPEGDepacketizer {
    /// What stands in a JPEG file before its picture data, and the payload format leaves out (RFC 2435 section 4.1 and appendix B).
    struct FileHeader: Sendable, Hashable {
        typealias Component = HeaderExtension.Component

        var size: PictureSize
        var components: [Component]
        /// By number; only those that a component names are written.
        var tables: [UInt8: [UInt16]]
        var restartInterval: UInt16
        /// By class and number, instead of the standard tables.
        var huffman: [UInt8: [UInt8]] = [:]
        /// The content of SOS where it was told.
        var scan: [UInt8]?
        var jfif: [UInt8]?

        /// Three components, as type and tables of the payload format have it (section 4.1): type 0 halves the chroma across, type 1
        /// across and down.
        init(size: PictureSize, type: UInt8, restartInterval: UInt16, tables: QuantizationTables) {
            self.size = size
            self.restartInterval = restartInterval
            let samplings: [UInt8] = [type & 1 == 0 ? 0x21 : 0x22, 0x11, 0x11]
            components = samplings.enumerated().map { index, sampling in
                Component(
                    id: UInt8(truncatingIfNeeded: index + 1), sampling: sampling, table: tables.tableNumber(forComponent: index))
            }
            self.tables = [:]
            for (number, table) in tables.tables.enumerated() { self.tables[UInt8(clamping: number)] = table }
        }

        /// What a header extension tells goes before all else.
        mutating func apply(_ told: HeaderExtension) {
            if let frame = told.frame { components = frame.components }
            tables.merge(told.quantization) { _, new in new }
            restartInterval = told.restartInterval ?? restartInterval
            huffman = told.huffman
            jfif = told.jfif
            // It must be about the components that there are.
            if let scan = told.scan, Int(scan[0]) == components.count { self.scan = scan }
        }

        /// Whether each component has a table.
        var isWhole: Bool { components.allSatisfy { tables[$0.table] != nil } }

        /// SOI, APP0, a DQT for each table, DRI where needed, SOF0, DHT and SOS.
        var bytes: [UInt8] {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(1024)
            bytes += jfif.map { [0xFF, 0xD8, 0xFF, 0xE0, 0x00, 0x10] + $0 + [0, 0] } ?? Self.beginning
            let used = Set(components.map(\.table))
            let written = used.sorted().compactMap { number in tables[number].map { (number, $0) } }
            for (number, table) in written { Self.append(table, number: number, to: &bytes) }
            if restartInterval > 0 {
                Self.appendMarker(0xDD, length: 4, to: &bytes)
                bytes.appendBigEndian(restartInterval)
            }
            // Baseline allows 8-bit tables only, and two Huffman tables of each class; extended sequential differs in nothing else here.
            let isExtended = written.contains { $0.1.contains { $0 > 255 } } || huffman.keys.contains { $0 & 15 > 1 }
            Self.appendMarker(isExtended ? 0xC1 : 0xC0, length: UInt16(truncatingIfNeeded: 8 + 3 * components.count), to: &bytes)
            bytes.append(8)
            bytes.appendBigEndian(UInt16(truncatingIfNeeded: size.height))
            bytes.appendBigEndian(UInt16(truncatingIfNeeded: size.width))
            bytes.append(UInt8(truncatingIfNeeded: components.count))
            for component in components { bytes += [component.id, component.sampling, component.table] }
            appendHuffmanTables(to: &bytes)
            appendScanHeader(to: &bytes)
            return bytes
        }

        private static func append(_ table: [UInt16], number: UInt8, to bytes: inout [UInt8]) {
            let isWide = table.contains { $0 > 255 }
            appendMarker(0xDB, length: isWide ? 131 : 67, to: &bytes)
            bytes.append((isWide ? 0x10 : 0) | number)
            for value in table {
                if isWide { bytes.appendBigEndian(value) } else { bytes.append(UInt8(truncatingIfNeeded: value)) }
            }
        }

        /// The standard tables, and after them those that were told: the later one of a number counts.
        private func appendHuffmanTables(to bytes: inout [UInt8]) {
            guard !huffman.isEmpty else { return bytes += Self.standardHuffmanSegment }
            var tables = Self.standardHuffmanTables
            tables.merge(huffman) { _, told in told }
            for (number, table) in tables.sorted(by: { $0.key < $1.key }) {
                Self.appendMarker(0xC4, length: UInt16(truncatingIfNeeded: 3 + table.count), to: &bytes)
                bytes.append(number)
                bytes += table
            }
        }

        private func appendScanHeader(to bytes: inout [UInt8]) {
            var content: [UInt8] = [UInt8(truncatingIfNeeded: components.count)]
            // The first component has the tables for luma, the others those for chroma.
            for (index, component) in components.enumerated() { content += [component.id, index == 0 ? 0x00 : 0x11] }
            content = scan ?? content + [0x00, 0x3F, 0x00]
            Self.appendMarker(0xDA, length: UInt16(truncatingIfNeeded: content.count + 2), to: &bytes)
            bytes += content
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

        private static let standardHuffmanTables: [UInt8: [UInt8]] = [
            0x00: StandardHuffmanTables.lumaDirectCurrent, 0x10: StandardHuffmanTables.lumaAlternatingCurrent,
            0x01: StandardHuffmanTables.chromaDirectCurrent, 0x11: StandardHuffmanTables.chromaAlternatingCurrent,
        ]

        /// DHT with the four standard tables.
        static let standardHuffmanSegment: [UInt8] =
            [0xFF, 0xC4, 0x01, 0xA2]
            + [0x00] + StandardHuffmanTables.lumaDirectCurrent
            + [0x10] + StandardHuffmanTables.lumaAlternatingCurrent
            + [0x01] + StandardHuffmanTables.chromaDirectCurrent
            + [0x11] + StandardHuffmanTables.chromaAlternatingCurrent
    }
}
