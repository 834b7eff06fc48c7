import Testing

@testable import MJPEGSource

struct ByteScanningTests {
    @Test func `the first FF is found at every place of runs of every length`() {
        for count in 0..<40 {
            let none = [UInt8](repeating: 0xFE, count: count)
            #expect(none.span.firstMarkerByte(from: 0) == count)
            for place in 0..<count {
                var bytes = none
                bytes[place] = 0xFF
                for start in 0...count {
                    #expect(bytes.span.firstMarkerByte(from: start) == (start <= place ? place : count))
                }
            }
        }
    }

    @Test func `of several FF the first is found, whatever stands beside it`() {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<300 {
            let bytes = (0..<33).map { _ in [0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF].randomElement(using: &generator) ?? UInt8(0) }
            #expect(bytes.span.firstMarkerByte(from: 0) == bytes.firstIndex(of: 0xFF) ?? 33)
        }
    }

    @Test func `a start outside the bytes finds nothing`() {
        let bytes: [UInt8] = [0xFF]
        #expect(bytes.span.firstMarkerByte(from: 1) == 1)
        #expect(bytes.span.firstMarkerByte(from: 9) == 1)
        #expect(bytes.span.firstMarkerByte(from: -1) == 1)
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
