/// Looks for the best quality at which a picture has few enough bytes, in few attempts, the same for the same picture.
struct SizeSearch {
    /// The most bytes; `nil` where any number will do.
    var maximumByteCount: Int?
    /// The quality to begin with, which is the best one wanted.
    var first: Int

    /// No more attempts than these, after which the best that was small enough is taken.
    static let maximumAttempts = 9

    /// One attempt.
    private struct Attempt {
        var quality: Int
        var bytes: Double
    }

    /// The picture of the best quality found; where even quality 1 makes too many bytes, that one.
    ///
    /// What has at least 15 of 16 of the bytes it may have is good enough, even if the next quality might fit, too.
    func run<Failure: Error>(_ encode: (_ quality: Int) throws(Failure) -> [UInt8]) throws(Failure) -> [UInt8] {
        let made = try encode(first)
        guard let limit = maximumByteCount, made.count > limit else { return made }
        guard first > 1 else { return made }
        var above = Attempt(quality: first, bytes: Double(made.count))
        var below: Attempt?
        var best: [UInt8]?
        for attempt in 2..<Self.maximumAttempts {
            let left = (below?.quality ?? 0) + 1...above.quality - 1
            // In turns: guesses are near for photographs, and halving is never far for anything.
            let quality =
                attempt % 2 == 0
                ? Self.guess(between: below, and: above, wanted: Double(max(limit, 1)), within: left)
                : (left.lowerBound + left.upperBound) / 2
            let made = try encode(quality)
            if made.count <= limit {
                (below, best) = (Attempt(quality: quality, bytes: Double(made.count)), made)
                if made.count >= limit - limit / 16 { return made }
            } else {
                above = Attempt(quality: quality, bytes: Double(made.count))
                if quality == 1 { return made }
            }
            if above.quality - (below?.quality ?? 0) <= 1 { break }
        }
        if let best { return best }
        return try encode(1)
    }

    /// The quality that should give `wanted` bytes: on the line between two attempts, or, of one, by the way in which the bytes of
    /// photographs fall as the steps of their tables grow.
    private static func guess(
        between below: Attempt?, and above: Attempt, wanted: Double, within range: ClosedRange<Int>
    ) -> Int {
        if let below, above.bytes > below.bytes {
            let part = (wanted - below.bytes) / (above.bytes - below.bytes)
            let guessed = Double(below.quality) + part * Double(above.quality - below.quality)
            return Int(min(max(guessed, Double(range.lowerBound)), Double(range.upperBound)))
        }
        let ratio = above.bytes / wanted
        let wantedStep = step(above.quality) * ratio * ratio.squareRoot()
        return range.last { step($0) >= wantedStep } ?? range.lowerBound
    }

    /// How large the steps of a quality's tables are, in percent of those of quality 50.
    private static func step(_ quality: Int) -> Double {
        quality < 50 ? 5000 / Double(max(quality, 1)) : max(200 - 2 * Double(quality), 1)
    }
}
