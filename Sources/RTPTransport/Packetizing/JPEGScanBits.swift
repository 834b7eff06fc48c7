/// The bits of picture data without its stuffing bytes and markers, read one restart interval after the other
/// (ITU-T T.81 section B.1.1.5).
struct JPEGScanBits {
    /// Eight bytes each, most significant first. Every interval begins with a new word and has a word of zeros behind it.
    private(set) var words: [UInt64] = []
    /// Where in ``words`` the bits of the interval lie that was read last.
    private(set) var interval = 0..<0
    /// Where in the file that interval begins and ends, with its stuffing bytes.
    private var source: Range<Int>
    private let end: Int

    /// The picture data at `range` of a file.
    init(_ range: Range<Int>) {
        source = range.lowerBound..<range.lowerBound
        end = range.upperBound
        words.reserveCapacity(range.count / 8 + 2)
    }

    /// Whether there is nothing after the interval.
    var isAtEnd: Bool { source.upperBound >= end }

    /// Reads up to the next marker or the end.
    mutating func readInterval(of image: Span<UInt8>) {
        let firstBit = words.count * 64
        let image = image.extracting(0..<end)
        var offset = source.upperBound
        var (word, count) = (0 as UInt64, 0)
        while offset < image.count {
            if count & 7 == 0, image.count - offset >= 8 {
                let eight = image.bigEndian64(at: offset)
                if !eight.hasByteFF {
                    words.append(eight)
                    offset += 8
                    count += 8
                    continue
                }
            }
            let byte = image[offset]
            if byte == 0xFF {
                let next = offset + 1 < image.count ? image[offset + 1] : 0xD9
                guard next != 0xFF else {
                    offset += 1  // a fill byte
                    continue
                }
                guard next == 0 else { break }
                offset += 1
            }
            offset += 1
            word = word << 8 | UInt64(byte)
            count += 1
            if count & 7 == 0 { words.append(word) }
        }
        if count & 7 > 0 { words.append(word << UInt64(64 - 8 * (count & 7))) }
        words.append(0)
        source = source.upperBound..<offset
        interval = firstBit..<firstBit + count * 8
    }

    /// Passes over the restart marker behind the interval, which must be this one, 0...7.
    mutating func passRestartMarker(_ number: Int, of image: Span<UInt8>) throws(JPEGError) {
        guard !isAtEnd else { throw .truncated }
        let offset = source.upperBound
        guard end - offset >= 2, image[offset + 1] == 0xD0 + UInt8(number & 7) else { throw .malformed(offset: offset) }
        source = offset + 2..<offset + 2
    }

    /// The error to throw where the bits at `position` cannot be, or where there should be more.
    func failure(at position: Int, of image: Span<UInt8>) -> JPEGError {
        // The rest of a code might have made sense of its beginning.
        if position > interval.upperBound - 16, isAtEnd { return .truncated }
        var bytes = (min(position, interval.upperBound) - interval.lowerBound) / 8
        var offset = source.lowerBound
        while bytes > 0, offset < source.upperBound {
            offset += image[offset] == 0xFF ? 2 : 1
            bytes -= 1
        }
        return .malformed(offset: min(offset, source.upperBound))
    }

    /// The 64 bits from `position` on; zeros behind the last.
    @inline(__always) static func window(_ words: Span<UInt64>, at position: Int) -> UInt64 {
        let index = position >> 6
        guard index >= 0, index < words.count - 1 else { return 0 }
        let shift = UInt64(truncatingIfNeeded: position & 63)
        return words[index] &<< shift | (words[index + 1] &>> 1) &>> (63 - shift)
    }
}

extension UInt64 {
    /// Whether one of the eight bytes is FF: it is a zero in the complement, and only below a zero does subtracting one borrow.
    var hasByteFF: Bool { (~self &- 0x0101_0101_0101_0101) & self & 0x8080_8080_8080_8080 != 0 }
}

extension Span<UInt8> {
    /// The 64 bits at `offset`, most significant byte first; the caller has checked the bounds.
    @inline(__always) fileprivate func bigEndian64(at offset: Int) -> UInt64 {
        let bytes = extracting(offset..<offset + 8)
        var word: UInt64 = 0
        for index in 0..<8 { word = word << 8 | UInt64(bytes[index]) }
        return word
    }
}
