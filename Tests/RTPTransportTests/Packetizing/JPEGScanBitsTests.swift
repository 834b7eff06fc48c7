import Testing

@testable import RTPTransport

struct JPEGScanBitsTests {
    private func bytes(_ bits: JPEGScanBits) -> [UInt8] {
        stride(from: bits.interval.lowerBound, to: bits.interval.upperBound, by: 8).map {
            UInt8(truncatingIfNeeded: JPEGScanBits.window(bits.words.span, at: $0) >> 56)
        }
    }

    @Test func `data is read without stuffing and fill bytes, wherever they stand`() {
        for before in 0...17 {
            let data = [UInt8](repeating: 0xAB, count: before)
            let image: [UInt8] = [1, 2] + data + [0xFF, 0, 0xFF, 0, 7, 0xFF, 0xFF, 0, 0, 0] + data + [9, 9]
            var bits = JPEGScanBits(2..<image.count - 2)
            bits.readInterval(of: image.span)
            #expect(bytes(bits) == data + [0xFF, 0xFF, 7, 0xFF, 0, 0] + data)
            #expect(bits.isAtEnd)
        }
    }

    @Test func `intervals follow each other, each from a word of its own`() throws {
        let image: [UInt8] = [1, 2, 3, 0xFF, 0xD0, 0xFF, 0xD1, 4, 5, 6, 7, 8, 9, 10, 11, 0xFF, 0xFF, 0xD2, 12]
        var bits = JPEGScanBits(0..<image.count)
        var intervals: [[UInt8]] = []
        for number in 0..<4 {
            if number > 0 { try bits.passRestartMarker(number - 1, of: image.span) }
            bits.readInterval(of: image.span)
            #expect(bits.interval.lowerBound % 64 == 0)
            intervals.append(bytes(bits))
        }
        #expect(intervals == [[1, 2, 3], [], [4, 5, 6, 7, 8, 9, 10, 11], [12]])
        #expect(bits.isAtEnd)
        #expect(throws: JPEGError.truncated) { try bits.passRestartMarker(3, of: image.span) }
    }

    @Test func `another marker, or half a one, is broken where it stands`() {
        for end: [UInt8] in [[0xFF, 0xD3], [0xFF, 0xC4], [0xFF]] {
            let image: [UInt8] = [1, 0xFF, 0, 2] + end
            var bits = JPEGScanBits(0..<image.count)
            bits.readInterval(of: image.span)
            #expect(bytes(bits) == [1, 0xFF, 2])
            #expect(throws: JPEGError.malformed(offset: 4)) { try bits.passRestartMarker(2, of: image.span) }
        }
    }

    @Test func `behind the last bit there are zeros, however far`() {
        let image = [UInt8](repeating: 0xA5, count: 8)
        var bits = JPEGScanBits(0..<8)
        bits.readInterval(of: image.span)
        #expect(JPEGScanBits.window(bits.words.span, at: 0) == 0xA5A5_A5A5_A5A5_A5A5)
        #expect(JPEGScanBits.window(bits.words.span, at: 4) == 0x5A5A_5A5A_5A5A_5A50)
        #expect(JPEGScanBits.window(bits.words.span, at: 63) == 1 << 63)
        for position in [64, 65, 128, 1000, .max, -1, .min] { #expect(JPEGScanBits.window(bits.words.span, at: position) == 0) }
    }

    @Test func `a failure is told by its byte in the file, one near the end as a file cut short`() {
        let image: [UInt8] = [9, 9, 1, 0xFF, 0, 2, 0xFF, 0, 3, 4, 5, 6]
        var bits = JPEGScanBits(2..<image.count)
        bits.readInterval(of: image.span)
        let places = (0..<5).map { bits.failure(at: $0 * 8 + 3, of: image.span) }
        #expect(places == [2, 3, 5, 6, 8].map { .malformed(offset: $0) })
        #expect(bits.failure(at: 49, of: image.span) == .truncated)
        #expect(bits.failure(at: 400, of: image.span) == .truncated)
    }
}
