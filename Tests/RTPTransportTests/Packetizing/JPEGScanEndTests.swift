import Testing

@testable import RTPTransport

struct JPEGScanEndTests {
    private func end(of bytes: [UInt8], from start: Int = 0) -> Int { JPEGHeaderScanner.endOfScan(in: bytes.span, from: start) }

    /// What the definition says, byte by byte.
    private func slowEnd(of bytes: [UInt8], from start: Int) -> Int {
        var end = (start..<max(start, bytes.count - 1)).first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xD9 } ?? bytes.count
        while end > start, bytes[end - 1] == 0xFF { end -= 1 }
        return end
    }

    @Test func `two bytes that are nearly an end marker are none`() {
        for first in UInt8.min ... .max {
            for second in UInt8.min ... .max where (first, second) != (0xFF, 0xD9) {
                let bytes = [UInt8](repeating: 0, count: 40) + [first, second, 0]
                if end(of: bytes) != bytes.count { Issue.record("\(first) \(second)") }
            }
        }
        #expect(end(of: [UInt8](repeating: 0, count: 40) + [0xFF, 0xD9, 0]) == 40)
    }

    @Test func `nothing, and half a marker at the end of a file, are no trap`() {
        #expect(end(of: []) == 0)
        #expect(end(of: [0xFF]) == 0)
        #expect(end(of: [1], from: 1) == 1)
        #expect(end(of: [1, 0xFF]) == 1)
        #expect(end(of: [0xD9]) == 1)
        #expect(end(of: [0xFF, 0xD9], from: 1) == 2)
        #expect(end(of: [0xFF, 0xD9]) == 0)
    }

    @Test func `the first of several end markers counts, wherever they and the data begin`() {
        var generator = SeededGenerator(seed: 9)
        // Of these bytes chance makes end markers, fill bytes and what is nearly one.
        let letters: [UInt8] = [0x00, 0x26, 0xD8, 0xD9, 0xDB, 0xFE, 0xFF]
        var found = 0
        for round in 0..<3000 {
            let count = Int.random(in: 0...3000, using: &generator)
            var bytes = [UInt8](repeating: 0xD9, count: count)
            for _ in 0..<(round % 40) where count > 1 {
                let place = Int.random(in: 0..<count - 1, using: &generator)
                for offset in 0...1 { bytes[place + offset] = letters[Int.random(in: 0..<letters.count, using: &generator)] }
            }
            let start = Int.random(in: 0...min(count, 70), using: &generator)
            let expected = slowEnd(of: bytes, from: start)
            if expected < count { found += 1 }
            if end(of: bytes, from: start) != expected { Issue.record("round \(round): \(count) bytes from \(start)") }
        }
        #expect(found > 1000)
        #expect(found < 2900)
    }
}
