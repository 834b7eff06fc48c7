import Testing

@testable import RTSPNIO

struct RandomReserveTests {
    @Test func `numbers do not repeat, within a refill and beyond it`() {
        var reserve = RandomReserve()
        let words = (0..<10_000).map { _ in reserve.next() }
        #expect(Set(words).count == words.count)
        // Every bit is set about as often as not: within eight standard deviations.
        for bit in 0..<64 {
            let count = words.count { $0 >> bit & 1 == 1 }
            #expect((4600...5400).contains(count), "bit \(bit)")
        }
    }

    @Test func `two reserves have nothing in common`() {
        var one = RandomReserve()
        var other = RandomReserve()
        #expect(Set((0..<100).map { _ in one.next() }).isDisjoint(with: (0..<100).map { _ in other.next() }))
    }
}
