import RTSPTestKit
import Testing

@Suite struct ParserVerifierTests {
    @Test func `the cuts are whole, byte by byte, and in two at every position`() {
        #expect(
            ParserVerifier.cuts(of: [1, 2, 3]) == [[[1, 2, 3]], [[1], [2], [3]], [[1], [2, 3]], [[1, 2], [3]]])
        #expect(ParserVerifier.cuts(of: Array(0..<10), step: 4).count == 2 + 3)
        #expect(ParserVerifier.cuts(of: []) == [[[]], []])
    }

    @Test func `a parser that minds the cuts is found out, one that does not is not`() {
        let bytes: [UInt8] = [1, 2, 3, 4, 5, 6]
        #expect(ParserVerifier.deviations(of: bytes) { $0.flatMap { $0 } }.isEmpty)
        // This one drops what begins in the middle of a pair.
        let deviations = ParserVerifier.deviations(of: bytes) { cut in cut.map { $0.count / 2 }.reduce(0, +) }
        #expect(deviations.count == 1 + 3)
        #expect(throws: CancellationError.self) {
            try ParserVerifier.deviations(of: bytes) { _ -> Int in throw CancellationError() }
        }
    }

    @Test func `random cuts are all of the bytes, the same for one seed, in many pieces`() {
        let bytes = Array(0..<200 as Range<UInt8>)
        var (dice, same) = (SeededGenerator(seed: 1), SeededGenerator(seed: 1))
        let cuts = ParserVerifier.randomCuts(of: bytes, count: 50, pieces: 10, using: &dice)
        #expect(cuts.count == 50)
        #expect(cuts.allSatisfy { Array($0.joined()) == bytes })
        #expect(Set(cuts.map(\.count)) == Set(2...10))
        #expect(ParserVerifier.randomCuts(of: bytes, count: 50, pieces: 10, using: &same) == cuts)
        #expect(ParserVerifier.randomCuts(of: [], count: 2, pieces: 2, using: &dice) == [[[], []], [[], []]])
        #expect(ParserVerifier.randomCuts(of: bytes, count: -1, pieces: -1, using: &dice) == [])
    }

    @Test func `streams are glued back to back`() {
        #expect(ParserVerifier.glued([1, 2]) == [1, 2, 1, 2])
        #expect(ParserVerifier.glued([1], count: 3) == [1, 1, 1])
        #expect(ParserVerifier.glued([1], count: -1) == [])
        #expect(ParserVerifier.glued([[1], [], [2, 3]]) == [1, 2, 3])
    }

    @Test func `the first deviation is told with both outcomes`() throws {
        var dice = SeededGenerator(seed: 2)
        let bytes = Array("a\r\n\\\u{1}".utf8)
        #expect(ParserVerifier.firstDeviation(of: bytes, using: &dice) { $0.flatMap { $0 } } == nil)
        let deviation = try #require(ParserVerifier.firstDeviation(of: bytes, using: &dice) { min($0.count, 2) })
        #expect(deviation.cut.count == 5)
        #expect((deviation.expected, deviation.found) == (1, 2))
        #expect(deviation.description == "cut into a | \\r | \\n | \\\\ | \\x01\nexpected 1\n   found 2")
    }

    @Test func `a parser that only minds many pieces is found out by the random cuts`() throws {
        var dice = SeededGenerator(seed: 3)
        let bytes = [UInt8](repeating: 1, count: 50)
        let isMany = { (cut: ParserVerifier.Cut) in (3..<50).contains(cut.count) }
        #expect(ParserVerifier.deviations(of: bytes, parse: isMany).isEmpty)
        #expect(ParserVerifier.firstDeviation(of: bytes, randomCuts: 0, using: &dice, parse: isMany) == nil)
        #expect(try #require(ParserVerifier.firstDeviation(of: bytes, using: &dice, parse: isMany)).found)
    }

    private struct CancellationError: Error {}
}
