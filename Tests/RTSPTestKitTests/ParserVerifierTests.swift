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
        let bytes = Array("abcdef".utf8)
        #expect(ParserVerifier.deviations(of: bytes) { $0.flatMap { $0 } }.isEmpty)
        // This one drops what begins in the middle of a pair.
        let deviations = ParserVerifier.deviations(of: bytes) { cut in cut.map { $0.count / 2 }.reduce(0, +) }
        #expect(deviations.count == 1 + 3)
        #expect(throws: CancellationError.self) {
            try ParserVerifier.deviations(of: bytes) { _ -> Int in throw CancellationError() }
        }
    }

    private struct CancellationError: Error {}
}
