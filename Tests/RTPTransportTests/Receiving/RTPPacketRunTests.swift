import RTPTransport
import Testing

@Suite struct RTPPacketRunTests {
    private static func ranges(_ run: RTPPacketRun) -> [Range<Int>] {
        var run = run
        var ranges: [Range<Int>] = []
        while let range = run.next() { ranges.append(range) }
        #expect(run.isEmpty)
        return ranges
    }

    @Test func `packets lie one behind the other, the last perhaps shorter`() {
        #expect(Self.ranges(RTPPacketRun(0..<30, length: 10)) == [0..<10, 10..<20, 20..<30])
        #expect(Self.ranges(RTPPacketRun(5..<28, length: 10)) == [5..<15, 15..<25, 25..<28])
    }

    @Test(arguments: [Int.min, -1, 0, 7, 8, Int.max])
    func `a length that makes no sense means one packet`(_ length: Int) {
        #expect(Self.ranges(RTPPacketRun(0..<7, length: length)) == [0..<7])
        #expect(Self.ranges(RTPPacketRun(0..<0, length: length)) == [0..<0])
    }

    @Test func `packets on a connection each have four bytes in front`() {
        #expect(Self.ranges(.interleaved(3..<31, length: 10)) == [7..<17, 21..<31])
        #expect(Self.ranges(.interleaved(0..<8, length: 0)) == [4..<4, 8..<8])
    }

    @Test(arguments: [Int.min, -1, 0, 1, 3, 4, 5, 100, Int.max])
    func `whatever length a connection's packets are said to have, ranges stay within the bytes`(_ length: Int) {
        for range in Self.ranges(.interleaved(2..<40, length: length)) {
            #expect(range.lowerBound >= 2 && range.upperBound <= 40)
        }
    }
}
