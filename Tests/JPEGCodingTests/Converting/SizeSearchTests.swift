import Testing

@testable import JPEGCoding

@Suite struct SizeSearchTests {
    /// Bytes as an encoder makes them: some for the headers, and fewer the larger the steps are.
    private static func bytes(quality: Int, power: Double) -> Int {
        let scale = quality < 50 ? 5000 / Double(quality) : max(200 - 2 * Double(quality), 1)
        var count = 600.0
        for _ in 0..<20 { count += 2000 / (1 + scale.squareRoot() * power) }
        return Int(count)
    }

    @Test(arguments: [0.01, 0.1, 1, 5])
    func `The best quality that is small enough is found in a few attempts, or one near it`(power: Double) {
        for limit in stride(from: 500, to: 45_000, by: 377) {
            var attempts = 0
            let made = SizeSearch(maximumByteCount: limit, first: 95).run { quality in
                attempts += 1
                return [UInt8](repeating: UInt8(quality), count: Self.bytes(quality: quality, power: power))
            }
            #expect(attempts <= SizeSearch.maximumAttempts)
            let best = (1...95).last { Self.bytes(quality: $0, power: power) <= limit } ?? 1
            let found = Int(made.first ?? 0)
            #expect(found <= best)
            #expect(found >= best - 5 || made.count >= limit - limit / 16, "\(limit): \(found), not \(best)")
        }
    }

    @Test func `Without a limit the first attempt is the only one`() {
        var qualities: [Int] = []
        let made = SizeSearch(maximumByteCount: nil, first: 70).run { quality in
            qualities.append(quality)
            return [1, 2, 3]
        }
        #expect(qualities == [70] && made == [1, 2, 3])
    }

    @Test func `An encoder that does not get smaller ends the search`() {
        var attempts = 0
        let made = SizeSearch(maximumByteCount: 10, first: 100).run { _ in
            attempts += 1
            return [UInt8](repeating: 0, count: 11)
        }
        #expect(made.count == 11 && attempts <= SizeSearch.maximumAttempts)
    }
}
