extension JPEGDepacketizer {
    /// The JPEG marker segments that ONVIF devices put into the RTP header extension (ONVIF Streaming Specification, "JPEG over RTP"):
    /// what the payload header cannot say, above all sizes over 2040.
    ///
    /// The extension of a frame's first packet is called FFD8, that of others FFFF. Its content is what stands in a file between SOI and
    /// the picture data, filled up with FF bytes. A segment must lie in one packet.
    struct HeaderExtension: Sendable, Hashable {
        /// How a component is sampled.
        struct Component: Sendable, Hashable {
            var id: UInt8
            /// Horizontal and vertical factor, 1...4 each.
            var sampling: UInt8
            /// The number of its quantization table, 0...3.
            var table: UInt8

            var blocks: Int { Int(sampling >> 4) * Int(sampling & 15) }
        }

        /// The content of SOF0 or SOF1.
        struct FrameHeader: Sendable, Hashable {
            var size: PictureSize
            var components: [Component]
        }

        static let firstProfile: UInt16 = 0xFFD8
        static let furtherProfile: UInt16 = 0xFFFF

        var frame: FrameHeader?
        /// By number, of 64 values.
        var quantization: [UInt8: [UInt16]] = [:]
        /// By class and number, as they stand in a DHT segment.
        var huffman: [UInt8: [UInt8]] = [:]
        /// The content of DRI.
        var restartInterval: UInt16?
        /// The content of SOS.
        var scan: [UInt8]?
        /// The first 12 bytes of a JFIF segment: the shape of the pixels.
        var jfif: [UInt8]?
        /// Whether reading ended before the end.
        private(set) var isMalformed = false

        /// Says nothing.
        init() {}

        /// Reads the segments up to the first that cannot be read; those before it count.
        init(_ content: Span<UInt8>) {
            var start = 0
            while start < content.count {
                // Fill bytes; an SOI that stands in front although it should not.
                while start < content.count, content[start] == 0xFF { start += 1 }
                guard start < content.count else { return }
                let marker = content[start]
                let isBehindFill = start > 0 && content[start - 1] == 0xFF
                if marker == 0xD8, isBehindFill {
                    start += 1
                    continue
                }
                guard isBehindFill, content.count - start >= 3 else {
                    // Some fill up with zeros.
                    isMalformed = !content.extracting(start...).isAllZero
                    return
                }
                let length = Int(content.bigEndian16(at: start + 1))
                guard length >= 2, content.count - start - 1 >= length,
                    take(marker, content.extracting(start + 3..<start + 1 + length))
                else {
                    isMalformed = true
                    return
                }
                start += 1 + length
                // Nothing but picture data may follow, which does not belong here.
                if marker == 0xDA { return }
            }
        }

        /// Adds what another extension of the same frame tells and this one does not.
        mutating func merge(_ other: HeaderExtension) {
            frame = frame ?? other.frame
            quantization.merge(other.quantization) { own, _ in own }
            huffman.merge(other.huffman) { own, _ in own }
            restartInterval = restartInterval ?? other.restartInterval
            scan = scan ?? other.scan
            jfif = jfif ?? other.jfif
        }

        /// Takes over Huffman tables of the frame before.
        mutating func inherit(huffman tables: [UInt8: [UInt8]]) { huffman.merge(tables) { own, _ in own } }

        /// - Returns: whether the segment could be read. Those that nobody needs can.
        private mutating func take(_ marker: UInt8, _ content: Span<UInt8>) -> Bool {
            switch marker {
            case 0xC0, 0xC1: return takeFrame(content)
            case 0xC4: return takeHuffman(content)
            // Other kinds of picture: RFC 2435 has none of them.
            case 0xC2, 0xC3, 0xC5...0xCF: return false
            case 0xDA: return takeScan(content)
            case 0xDB: return takeQuantization(content)
            case 0xDD:
                guard content.count == 2 else { return false }
                restartInterval = content.bigEndian16(at: 0)
            case 0xE0:
                guard content.count >= 14, content.extracting(0..<5).equals([0x4A, 0x46, 0x49, 0x46, 0]) else { break }
                jfif = (0..<12).map { content[$0] }
            default: break
            }
            return true
        }

        /// One component, or three of which the second and the third are not finer than the first (T.81 section B.2.2).
        private mutating func takeFrame(_ content: Span<UInt8>) -> Bool {
            guard content.count >= 6, content[0] == 8 else { return false }
            let count = Int(content[5])
            guard count == 1 || count == 3, content.count == 6 + 3 * count,
                let size = PictureSize(width: Int(content.bigEndian16(at: 3)), height: Int(content.bigEndian16(at: 1)))
            else { return false }
            let components = (0..<count).map { index in
                Component(id: content[6 + index * 3], sampling: content[7 + index * 3], table: content[8 + index * 3])
            }
            let isSound = components.allSatisfy {
                (1...4).contains($0.sampling >> 4) && (1...4).contains($0.sampling & 15) && $0.table < 4
            }
            guard isSound, components.reduce(0, { $0 + $1.blocks }) <= 10, Set(components.map(\.id)).count == count else {
                return false
            }
            frame = frame ?? FrameHeader(size: size, components: components)
            return true
        }

        private mutating func takeQuantization(_ content: Span<UInt8>) -> Bool {
            var start = 0
            while start < content.count {
                let (isWide, number) = (content[start] >> 4, content[start] & 15)
                let end = start + 1 + (isWide == 1 ? 128 : 64)
                guard isWide < 2, number < 4, end <= content.count else { return false }
                let first = start + 1
                quantization[number] = (0..<64).map {
                    isWide == 1 ? content.bigEndian16(at: first + 2 * $0) : UInt16(content[first + $0])
                }
                start = end
            }
            return true
        }

        private mutating func takeHuffman(_ content: Span<UInt8>) -> Bool {
            var start = 0
            while start < content.count {
                guard content.count - start >= 17, content[start] & 0xEC == 0 else { return false }
                let symbols = (1...16).reduce(0) { $0 + Int(content[start + $1]) }
                let end = start + 17 + symbols
                guard symbols <= 256, end <= content.count else { return false }
                let table = start + 1..<end
                huffman[content[start]] = table.map { content[$0] }
                start = end
            }
            return true
        }

        private mutating func takeScan(_ content: Span<UInt8>) -> Bool {
            guard content.count >= 6, content[0] == 1 || content[0] == 3, content.count == 4 + 2 * Int(content[0]) else {
                return false
            }
            scan = (0..<content.count).map { content[$0] }
            return true
        }
    }
}

extension Span<UInt8> {
    var isAllZero: Bool {
        for index in indices where self[index] != 0 { return false }
        return true
    }

    func equals(_ bytes: [UInt8]) -> Bool {
        guard count == bytes.count else { return false }
        for index in indices where self[index] != bytes[index] { return false }
        return true
    }
}
