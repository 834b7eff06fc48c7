extension [UInt8] {
    /// Whether the bytes end with the JPEG end marker, FF D9.
    var endsWithEndOfImage: Bool {
        count >= 2 && self[count - 2] == 0xFF && self[count - 1] == 0xD9
    }

    /// How far from the end of a file an end marker is looked for.
    private static var tail: Int { 1024 }

    /// Makes the picture data that begins at `start` end with one end marker, which many senders leave out or repeat, or put before a
    /// little rubbish.
    ///
    /// No decoder looks at what follows the first end marker, so more than the tail need not be searched for it: what stands there
    /// makes a file longer, not different.
    mutating func close(from start: Int) {
        if endsWithEndOfImage {
            while count - start >= 4, self[count - 4] == 0xFF, self[count - 3] == 0xD9 { removeLast(2) }
            return
        }
        var offset = Swift.max(start, count - Self.tail)
        while offset < count - 1 {
            if self[offset] == 0xFF, self[offset + 1] == 0xD9 {
                removeLast(count - offset - 2)
                return
            }
            offset += 1
        }
        self += [0xFF, 0xD9]
    }
}

extension JPEGDepacketizer {
    /// The segments of a whole JPEG file that a sender has put into the payload, where picture data alone belongs.
    enum OwnHeader {
        /// Whether data begins like a file. Picture data cannot: FF is followed by 00 there, or by a restart marker.
        static func begins(_ data: Span<UInt8>) -> Bool {
            data.count >= 3 && data[0] == 0xFF && data[1] == 0xD8 && data[2] == 0xFF
        }

        /// Adds what a file lacks: the standard Huffman tables, which some cameras leave out, and the end marker.
        /// - Returns: whether it has a header up to its picture data.
        static func complete(_ image: inout [UInt8]) -> Bool {
            guard let (scanHeader, scan, hasHuffmanTables) = walk(image.span) else { return false }
            image.close(from: scan)
            if !hasHuffmanTables { image.insert(contentsOf: FileHeader.standardHuffmanSegment, at: scanHeader) }
            return true
        }

        /// Where SOS and the picture data behind it begin, and whether there was a DHT before.
        private static func walk(_ image: Span<UInt8>) -> (scanHeader: Int, scan: Int, hasHuffmanTables: Bool)? {
            var (offset, hasTables, hasFrame) = (2, false, false)
            while image.count - offset >= 4, image[offset] == 0xFF {
                let marker = image[offset + 1]
                guard marker != 0xFF else {
                    offset += 1
                    continue
                }
                let length = Int(image.bigEndian16(at: offset + 2))
                guard length >= 2, image.count - offset - 2 > length else { return nil }
                switch marker {
                case 0xDA: return hasFrame ? (offset, offset + 2 + length, hasTables) : nil
                case 0xC4: hasTables = true
                case 0xC0...0xC2: hasFrame = true
                default: break
                }
                offset += 2 + length
            }
            return nil
        }
    }
}
