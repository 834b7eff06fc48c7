import Testing

@testable import RTPTransport

@Suite struct TransitEstimateTests {
    /// Samples 33 ms apart, evenly spread over ± `spread` around `mean`.
    static func feed(_ estimate: inout TransitEstimate, _ count: Int, mean: Double, spread: Double, from start: Double = 0) {
        var random = SeededGenerator(seed: 5)
        for index in 0..<count {
            let noise = Double.random(in: -spread...spread, using: &random)
            estimate.take(mean + noise, at: start + Double(index) / 30)
        }
    }

    @Test func `before anything is known the spread is what was given`() {
        let estimate = TransitEstimate(deviation: 0.02)
        #expect(estimate.deviation == 0.02)
        #expect(!estimate.isSettled)
    }

    @Test func `two seconds tell mean and deviation, and what was given counts no more`() {
        var estimate = TransitEstimate(deviation: 5)
        Self.feed(&estimate, 61, mean: 0.3, spread: 0.03)
        #expect(estimate.isSettled)
        #expect((estimate.mean - 0.3).magnitude < 0.005)
        #expect((estimate.deviation - 0.03 / 3.0.squareRoot()).magnitude < 0.004)
    }

    @Test func `drift is followed, a few milliseconds behind`() {
        var estimate = TransitEstimate(deviation: 0.02)
        for index in 0..<18_000 { estimate.take(Double(index) / 30 * 200e-6, at: Double(index) / 30) }
        let lag = 600 * 200e-6 - estimate.mean
        #expect((0.003...0.005).contains(lag))
        #expect(estimate.deviation < 0.005)
    }

    @Test func `a stall that is over at once changes nothing, what lasts is the new path`() {
        var estimate = TransitEstimate(deviation: 0.02)
        Self.feed(&estimate, 100, mean: 0, spread: 0.01)
        let before = (estimate.mean, estimate.deviation)
        for index in 0..<90 { estimate.take(3 - Double(index) / 30, at: 7) }
        #expect((estimate.mean - before.0).magnitude < 0.05)
        Self.feed(&estimate, 200, mean: 0, spread: 0.01, from: 7)
        #expect(estimate.deviation < 0.03)
        Self.feed(&estimate, 100, mean: 5, spread: 0.01, from: 20)
        #expect((estimate.mean - 5).magnitude < 0.01)
    }

    @Test func `a new offset keeps the spread`() {
        var estimate = TransitEstimate(deviation: 0.02)
        Self.feed(&estimate, 100, mean: 0, spread: 0.01)
        let deviation = estimate.deviation
        estimate.rebase(to: 40, at: 50)
        #expect(estimate.mean == 40)
        #expect(estimate.deviation == deviation)
        #expect(estimate.isSettled)
    }

    @Test func `numbers that are none are passed over`() {
        var estimate = TransitEstimate(deviation: 0.02)
        estimate.take(.nan, at: 1)
        estimate.take(1, at: .infinity)
        estimate.rebase(to: .nan, at: 1)
        #expect(estimate == TransitEstimate(deviation: 0.02))
    }
}
