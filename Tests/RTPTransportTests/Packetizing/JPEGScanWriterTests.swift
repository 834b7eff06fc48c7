import Testing

@testable import RTPTransport

struct JPEGScanWriterTests {
    @Test func `bits of any length come out in their order, the last byte filled with ones`() {
        var generator = SeededGenerator(seed: 81)
        for _ in 0..<200 {
            var writer = JPEGScanWriter(capacity: 0)
            var expected = ""
            for _ in 0..<Int.random(in: 0...20, using: &generator) {
                let length = Int.random(in: 1...64, using: &generator)
                let bits = UInt64.random(in: 0...UInt64.max, using: &generator) >> UInt64(64 - length)
                writer.append(bits << UInt64(64 - length), length: length)
                let digits = String(bits, radix: 2)
                expected += String(repeating: "0", count: length - digits.count) + digits
            }
            #expect(writer.finish() == bytes(expected))
        }
    }

    @Test func `a zero follows every FF, also the last`() {
        for count in 1...130 {
            var writer = JPEGScanWriter(capacity: 16)
            for _ in 0..<count { writer.append(1 << 63, length: 1) }
            #expect(writer.finish() == [[UInt8]](repeating: [0xFF, 0], count: (count + 7) / 8).flatMap(\.self))
        }
    }

    @Test func `runs of bits are copied from and to any place`() {
        let words: [UInt64] = [0x0123_4567_89AB_CDEF, 0xFEDC_BA98_7654_3210, 0x0F1E_2D3C_4B5A_6978, 0]
        let digits = words.map {
            String(repeating: "0", count: $0.leadingZeroBitCount % 64) + ($0 == 0 ? "" : String($0, radix: 2))
        }
        .joined()
        for start in 0..<70 {
            for length in [0, 1, 2, 31, 63, 64, 65, 120] {
                var writer = JPEGScanWriter(capacity: 0)
                writer.append(0, length: start % 7 + 1)
                writer.append(start..<start + length, of: words.span)
                let copied = digits.dropFirst(start).prefix(length)
                #expect(writer.finish() == bytes(String(repeating: "0", count: start % 7 + 1) + copied))
            }
        }
    }

    /// Digits as bytes of a scan.
    private func bytes(_ digits: String) -> [UInt8] {
        let filled = Array(digits + String(repeating: "1", count: -digits.utf8.count & 7))
        return stride(from: 0, to: filled.count, by: 8).flatMap { start -> [UInt8] in
            let byte = UInt8(String(filled[start..<start + 8]), radix: 2) ?? 0
            return byte == 0xFF ? [0xFF, 0] : [byte]
        }
    }
}
