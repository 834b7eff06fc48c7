import Testing

@testable import RTSPTestKit

@Suite struct MomentQueueTests {
    private static let start = ContinuousClock.now

    @Test func `the earliest comes first, and of one moment the one that came first`() {
        var queue = MomentQueue<Int>()
        var generator = SeededGenerator(seed: 4)
        var expected: [(moment: Int, order: Int)] = []
        for order in 0..<2000 {
            let moment = Int.random(in: 0..<100, using: &generator)
            queue.insert(order, at: Self.start + .milliseconds(moment))
            expected.append((moment, order))
        }
        expected.sort { ($0.moment, $0.order) < ($1.moment, $1.order) }
        #expect(queue.count == 2000)
        #expect(queue.first == expected.first.map { Self.start + .milliseconds($0.moment) })
        #expect(queue.take(by: Self.start - .milliseconds(1)) == nil)
        var taken: [Int] = []
        while let content = queue.take(by: Self.start + .seconds(1)) { taken.append(content) }
        #expect(taken == expected.map(\.order))
        #expect(queue.count == 0)
        #expect(queue.first == nil)
    }

    @Test func `taking and inserting may take turns`() {
        var queue = MomentQueue<Int>()
        var generator = SeededGenerator(seed: 5)
        var model: [(moment: Int, order: Int)] = []
        for order in 0..<5000 {
            let moment = Int.random(in: 0..<50, using: &generator)
            if Bool.random(using: &generator) {
                queue.insert(order, at: Self.start + .seconds(moment))
                model.append((moment, order))
                continue
            }
            let earliest = model.indices.min { (model[$0].moment, model[$0].order) < (model[$1].moment, model[$1].order) }
            let due = earliest.flatMap { model[$0].moment <= moment ? model.remove(at: $0).order : nil }
            #expect(queue.take(by: Self.start + .seconds(moment)) == due)
        }
        #expect(queue.count == model.count)
        queue.removeAll()
        #expect(queue.take(by: Self.start + .seconds(100)) == nil)
    }
}
