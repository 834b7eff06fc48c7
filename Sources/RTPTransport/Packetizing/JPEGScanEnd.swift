extension JPEGHeaderScanner {
    /// Where the picture data that begins at `start` ends: before the first end marker (FF D9) and the fill bytes before it,
    /// or where the file does.
    ///
    /// In picture data an FF byte is followed by 00 or by a restart marker, so the first FF D9 is the end of the picture even
    /// if more follows it.
    static func endOfScan(in image: Span<UInt8>, from start: Int) -> Int {
        var end = firstEndMarker(in: image, from: start) ?? image.count
        while end > start, image[end - 1] == 0xFF { end -= 1 }
        return end
    }

    /// Looks at blocks of a size that the compiler can compare many bytes at a time, then closely at the block that has one.
    private static func firstEndMarker(in image: Span<UInt8>, from start: Int) -> Int? {
        let places = start..<max(start, image.count - 1)
        guard let block = firstBlock(of: 1024, withEndMarkerIn: image, at: places),
            let small = firstBlock(of: 32, withEndMarkerIn: image, at: block)
        else { return nil }
        for offset in small where image[offset] == 0xFF && image[offset + 1] == 0xD9 { return offset }
        return nil
    }

    /// The first of the blocks that has a place where an end marker begins.
    private static func firstBlock(
        of size: Int, withEndMarkerIn image: Span<UInt8>, at places: Range<Int>
    ) -> Range<Int>? {
        var start = places.lowerBound
        while start < places.upperBound {
            let block = start..<min(start + size, places.upperBound)
            if hasEndMarker(image.extracting(block), followedBy: image.extracting(start + 1..<block.upperBound + 1)) {
                return block
            }
            start = block.upperBound
        }
        return nil
    }

    /// Without an early exit, so that the loop has no branches.
    private static func hasEndMarker(_ bytes: Span<UInt8>, followedBy next: Span<UInt8>) -> Bool {
        // All ones where a byte is FF and the next D9, and nowhere else: three operations on many bytes at a time.
        var highest: UInt8 = 0
        for index in 0..<min(bytes.count, next.count) {
            highest = max(highest, bytes[index] & (next[index] ^ ~0xD9))
        }
        return highest == 0xFF
    }

    /// Whether two runs of bytes are the same.
    static func equal(_ one: Span<UInt8>, _ other: Span<UInt8>) -> Bool {
        guard one.count == other.count else { return false }
        var start = 0
        while start < one.count {
            let block = start..<min(start + 256, one.count)
            guard !differ(one.extracting(block), other.extracting(block)) else { return false }
            start = block.upperBound
        }
        return true
    }

    /// Without an early exit, so that the loop has no branches.
    private static func differ(_ one: Span<UInt8>, _ other: Span<UInt8>) -> Bool {
        var difference: UInt8 = 0
        for index in 0..<min(one.count, other.count) { difference |= one[index] ^ other[index] }
        return difference != 0
    }

    /// Whether a segment begins with these four letters.
    static func begins(_ segment: Range<Int>, of image: Span<UInt8>, with letters: (UInt8, UInt8, UInt8, UInt8)) -> Bool {
        guard segment.count >= 4 else { return false }
        let start = segment.lowerBound
        return (image[start], image[start + 1], image[start + 2], image[start + 3]) == letters
    }
}
