import Testing

@testable import MJPEGSource

struct NaturalOrderNameTests {
    @Test func `numbers in names are compared as numbers`() {
        let sorted = ["", "1", "2", "10", "a", "a1b2", "a1b10", "a02", "a2", "a10", "a99999999999999999999999", "ab", "b"]
        #expect(sorted.shuffled().map(NaturalOrderName.init).sorted().map(\.text) == sorted)
    }

    @Test func `the order is one`() {
        var generator = SeededGenerator(seed: 5)
        let names = (0..<60).map { _ in
            NaturalOrderName(String((0..<4).map { _ in "0012a-".randomElement(using: &generator) ?? "0" }))
        }
        for a in names {
            #expect(!(a < a))
            for b in names where a != b {
                #expect((a < b) != (b < a))
                for c in names where a < b && b < c { #expect(a < c) }
            }
        }
    }
}
