import Testing

@testable import MJPEGSource

struct ByteScanningTests {
    /// What ``Span/firstMarker(from:)`` must find, byte by byte.
    private func firstMarker(in bytes: [UInt8], from start: Int) -> Int {
        for place in bytes.indices where place >= start && bytes[place] == 0xFF {
            guard place + 1 < bytes.count else { return place }
            if (0xC0...0xCF).contains(bytes[place + 1]) || (0xD8...0xFE).contains(bytes[place + 1]) { return place }
        }
        return bytes.count
    }

    @Test func `every marker that may matter is found, and no other`() {
        for code in UInt8.min ... .max {
            let bytes = [UInt8](repeating: 0, count: 20) + [0xFF, code] + [UInt8](repeating: 0, count: 20)
            let isFound = (0xC0...0xCF).contains(code) || (0xD8...0xFE).contains(code)
            #expect(bytes.span.firstMarker(from: 0) == (isFound ? 20 : bytes.count), "FF \(code)")
        }
    }

    @Test func `a marker is found at every place of runs of every length`() {
        for count in 0..<80 {
            let none = [UInt8](repeating: 0xFE, count: count)
            #expect(none.span.firstMarker(from: 0) == count)
            for place in 0..<count {
                var bytes = none
                bytes[place] = 0xFF
                for start in 0...count {
                    #expect(bytes.span.firstMarker(from: start) == (start <= place ? place : count))
                }
            }
        }
    }

    @Test func `of several FF the first that is a marker is found, whatever stands beside it`() {
        var generator = SeededGenerator(seed: 3)
        let choice: [UInt8] = [0x00, 0x01, 0x7F, 0x80, 0xC4, 0xD0, 0xD7, 0xD8, 0xD9, 0xFE, 0xFF, 0xFF, 0xFF]
        for round in 0..<2000 {
            let markers = round.isMultiple(of: 2) ? choice.prefix(4) + [0xFF] : choice[...]
            let bytes = (0..<99).map { _ in markers.randomElement(using: &generator) ?? UInt8(0) }
            for start in [0, 1, 31, 32, 33, 97, 98] {
                #expect(bytes.span.firstMarker(from: start) == firstMarker(in: bytes, from: start))
            }
        }
    }

    @Test func `a start outside the bytes finds nothing`() {
        let bytes: [UInt8] = [0xFF]
        #expect(bytes.span.firstMarker(from: 0) == 0)
        #expect(bytes.span.firstMarker(from: 1) == 1)
        #expect(bytes.span.firstMarker(from: 9) == 1)
        #expect(bytes.span.firstMarker(from: -1) == 1)
    }

    private func labPrefix(_ text: String, then rest: [UInt8] = [0xFF, 0xD8]) -> LabPrefix? {
        let bytes = Array(text.utf8) + rest
        return LabPrefix(bytes.span, at: 0)
    }

    @Test(arguments: [("00012", 12), ("123456", 123_456), ("0123456789", 123_456_789), ("   42", 42), (" \r\n00007", 7)])
    func `blanks and digits are a length`(text: String, length: Int) throws {
        let prefix = try #require(labPrefix(text))
        #expect(prefix.byteCount == text.utf8.count)
        #expect(prefix.frameByteCount == length)
    }

    @Test(arguments: ["", "0012", "     ", "00012345678", "0001x", "00012 ", "-0012", "                 00012"])
    func `anything else is none`(text: String) {
        #expect(labPrefix(text) == nil)
    }

    @Test func `a length must stand directly before a start of image`() {
        #expect(labPrefix("00012", then: [0xFF, 0xD9]) == nil)
        #expect(labPrefix("00012", then: [0xFF]) == nil)
        #expect(labPrefix("00012", then: []) == nil)
    }
}
