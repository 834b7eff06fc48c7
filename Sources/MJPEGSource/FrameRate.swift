/// A frame rate as a fraction, so that times of frames are exact however long the presentation is.
struct FrameRate: Sendable, Hashable {
    /// Frames per `denominator` seconds.
    let numerator: Int64
    /// Seconds per `numerator` frames.
    let denominator: Int64
    /// The rate as it was given, in frames per second.
    let framesPerSecond: Double

    private static let allowed = 0.001...1000.0
    private static let largestDenominator: Int64 = 1_000_000

    /// The fraction nearest to `framesPerSecond`; `nil` unless it is a number from 0.001 to 1000.
    ///
    /// 30000.0 / 1001 becomes 30000/1001, and 29.97 becomes 2997/100.
    init?(_ framesPerSecond: Double) {
        guard Self.allowed.contains(framesPerSecond) else { return nil }
        // Continued fraction: each round gives the best fraction for the size of its denominator.
        var (previous, current) = ((n: Int64(0), d: Int64(1)), (n: Int64(1), d: Int64(0)))
        var rest = framesPerSecond
        while true {
            let whole = Int64(rest)
            let (scaled, overflow) = whole.multipliedReportingOverflow(by: current.d)
            let denominator = scaled.addingReportingOverflow(previous.d)
            if overflow || denominator.overflow || denominator.partialValue > Self.largestDenominator { break }
            let next = (n: whole &* current.n &+ previous.n, d: denominator.partialValue)
            (previous, current) = (current, next)
            let error = abs(Double(current.n) / Double(current.d) - framesPerSecond)
            let fraction = rest - Double(whole)
            if error < framesPerSecond * 1e-13 || fraction < 1e-12 { break }
            rest = 1 / fraction
        }
        guard current.n > 0, current.d > 0 else { return nil }
        self.numerator = current.n
        self.denominator = current.d
        self.framesPerSecond = framesPerSecond
    }

    /// When the frame with this index is shown: index / rate, rounded up to the next nanosecond.
    ///
    /// Rounding up makes ``index(at:)`` its exact inverse, and a conversion to a coarser clock that rounds down right.
    func presentationTime(ofFrameAt index: Int) -> Duration {
        guard index > 0 else { return .zero }
        let scaled = Int128(index) &* Int128(denominator) &* 1_000_000_000
        let nanoseconds = (scaled &+ Int128(numerator) &- 1) / Int128(numerator)
        return Duration(attoseconds: nanoseconds &* 1_000_000_000)
    }

    /// The index of the frame that is on the screen at `time`, in 0...frameCount.
    func index(at time: Duration, frameCount: Int) -> Int {
        guard time > .zero else { return 0 }
        guard time < presentationTime(ofFrameAt: frameCount) else { return frameCount }
        let nanoseconds = time.attoseconds / 1_000_000_000
        let index = nanoseconds &* Int128(numerator) / (Int128(denominator) &* 1_000_000_000)
        return min(max(Int(truncatingIfNeeded: index), 0), frameCount)
    }
}
