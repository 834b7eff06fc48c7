/// Looks for the best quality at which a picture has few enough bytes, in few attempts, the same for the same picture.
struct SizeSearch {
    /// The most bytes; `nil` where any number will do.
    var maximumByteCount: Int?
    /// The quality to begin with, which is the best one wanted.
    var first: Int

    /// No more attempts than these, after which the best that was small enough is taken.
    static let maximumAttempts = 7
    private static let guesses = 3

    /// The picture of the best quality found; where even quality 1 makes too many bytes, that one.
    func run<Failure: Error>(_ encode: (_ quality: Int) throws(Failure) -> [UInt8]) throws(Failure) -> [UInt8] {
        var quality = first
        var made = try encode(quality)
        guard let maximumByteCount, made.count > maximumByteCount else { return made }
        var smallest = made
        var best: [UInt8]?
        // Too many bytes from here upwards; few enough, or not tried, from here downwards.
        var (tooGood, goodEnough) = (quality, 0)
        for attempt in 1..<Self.maximumAttempts where tooGood - goodEnough > 1 {
            let left = goodEnough + 1...tooGood - 1
            // Halving ends what good guesses have begun.
            quality =
                attempt <= Self.guesses
                ? Self.guess(from: quality, bytes: made.count, wanted: maximumByteCount, within: left)
                : (left.lowerBound + left.upperBound) / 2
            made = try encode(quality)
            if made.count < smallest.count { smallest = made }
            if made.count <= maximumByteCount {
                (goodEnough, best) = (quality, made)
            } else {
                tooGood = quality
            }
        }
        if let best { return best }
        return tooGood > 1 ? try encode(1) : smallest
    }

    /// The quality that should give `wanted` bytes where another gave `bytes`: they fall about as the steps of the tables grow.
    private static func guess(from quality: Int, bytes: Int, wanted: Int, within range: ClosedRange<Int>) -> Int {
        let scale = quality < 50 ? 5000 / Double(quality) : max(200 - 2 * Double(quality), 1)
        let ratio = Double(bytes) / Double(max(wanted, 1))
        // Bytes fall by less than the steps grow by, and more slowly the more zeros there are.
        let next = scale * (ratio > 1 ? ratio * ratio.squareRoot() : ratio)
        let guessed = next > 100 ? 5000 / next : (200 - next) / 2
        return min(max(Int(guessed), range.lowerBound), range.upperBound)
    }
}
