import Testing

@testable import MJPEGSource

struct FrameRateTests {
    @Test(arguments: [
        (25.0, 25, 1), (29.97, 2997, 100), (30_000.0 / 1001, 30_000, 1001), (24_000.0 / 1001, 24_000, 1001), (12.5, 25, 2),
        (0.001, 1, 1000), (1000, 1000, 1), (59.94, 2997, 50), (1.0 / 3, 1, 3),
    ])
    func `a rate becomes the fraction that was meant`(rate: Double, numerator: Int64, denominator: Int64) throws {
        let fraction = try #require(FrameRate(rate))
        #expect(fraction.numerator == numerator)
        #expect(fraction.denominator == denominator)
        #expect(fraction.framesPerSecond == rate)
    }

    @Test(arguments: [24, 25, 29.97, 30, 50, 60, 30_000.0 / 1001, 23.976, 1000, 0.001, 17.123_456_789, Double.pi])
    func `the time of a frame leads back to that frame, and a nanosecond less to the one before`(rate: Double) throws {
        let fraction = try #require(FrameRate(rate))
        for index in Array(1...3000) + stride(from: 3001, through: 9_999_999, by: 3457) {
            let time = fraction.presentationTime(ofFrameAt: index)
            #expect(fraction.index(at: time, frameCount: 10_000_000) == index)
            #expect(fraction.index(at: time - .nanoseconds(1), frameCount: 10_000_000) == index - 1)
        }
    }

    @Test func `times do not drift`() throws {
        let rate = try #require(FrameRate(30_000.0 / 1001))
        #expect(rate.presentationTime(ofFrameAt: 30_000 * 1000) == .seconds(1_001_000))
        #expect(try #require(FrameRate(30)).presentationTime(ofFrameAt: 1) == .nanoseconds(33_333_334))
        #expect(try #require(FrameRate(30)).presentationTime(ofFrameAt: 3) == .milliseconds(100))
    }

    @Test func `extreme indices and times are held in bounds`() throws {
        let rate = try #require(FrameRate(0.001))
        #expect(rate.presentationTime(ofFrameAt: -5) == .zero)
        #expect(rate.presentationTime(ofFrameAt: .max) > .zero)
        #expect(rate.index(at: Duration(attoseconds: .max), frameCount: 7) == 7)
        #expect(rate.index(at: Duration(attoseconds: .min), frameCount: 7) == 0)
        #expect(rate.index(at: Duration(attoseconds: .max), frameCount: 0) == 0)
    }

    @Test func `any possible rate gives a fraction near to it`() throws {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<5000 {
            let rate = Double.random(in: 0.001...1000, using: &generator)
            let fraction = try #require(FrameRate(rate))
            #expect(abs(Double(fraction.numerator) / Double(fraction.denominator) - rate) < rate * 1e-6)
        }
    }
}
