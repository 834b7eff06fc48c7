/// How long frames take, on the mean and by how much that varies: from samples of (arrival − due time before any delay), in seconds.
///
/// Every sample counts alike at first, so that two seconds are enough to know the path; later the memory fades with a time constant
/// of twenty seconds, slow enough that jitter hardly moves it and fast enough for any clock's drift (200 ppm lag by 4 ms).
struct TransitEstimate: Sendable, Hashable {
    /// Samples until the path counts as known, and the time they must span.
    private static let learningCount = 10
    private static let learningTime = 2.0
    private static let memory = 20.0
    /// While little is known the spread given at first counts as this many samples.
    private static let priorWeight = 8.0

    private var priorDeviation: Double
    private var count = 0.0
    private var began = 0.0
    private var latest = 0.0
    private var variance = 0.0
    /// Since when, and for how many samples, all have lain far off.
    private var strayedSince: Double?
    private var strays = 0

    /// The mean transit.
    private(set) var mean = 0.0

    init(deviation: Double) { priorDeviation = deviation }

    /// Whether enough has been seen to hold on to what is known.
    var isSettled: Bool { count >= Double(Self.learningCount) && latest - began >= Self.learningTime }

    /// Whether the latest frames have been far off, and nothing is known of the path of this moment.
    var isAstray: Bool { strays > 0 }

    /// The standard deviation of the transit.
    var deviation: Double {
        let weight = Self.priorWeight * max(0, 1 - (latest - began) / Self.learningTime)
        guard weight + count > 0 else { return priorDeviation }
        return ((weight * priorDeviation * priorDeviation + count * variance) / (weight + count)).squareRoot()
    }

    /// Takes the transit of a frame that was complete at `time`.
    mutating func take(_ transit: Double, at time: Double) {
        guard transit.isFinite, time.isFinite else { return }
        guard count > 0 else { return begin(transit, at: time) }
        guard !isStray(transit) else { return stray(transit, at: time) }
        strayedSince = nil
        strays = 0
        let gain = max(1 / (count + 1), min(1, (time - latest) / Self.memory))
        let difference = transit - mean
        mean += gain * difference
        // The same as West's formula for the running variance.
        variance = (1 - gain) * (variance + gain * difference * difference)
        count = min(count + 1, 1 / max(gain, 1e-6))
        latest = max(latest, time)
    }

    /// The path is the same, its offset is not: after a pause, say. The spread is kept.
    mutating func rebase(to transit: Double, at time: Double) {
        guard transit.isFinite, time.isFinite else { return }
        guard count > 0 else { return begin(transit, at: time) }
        mean = transit
        count = min(count, Double(Self.learningCount))
        strayedSince = nil
        strays = 0
        latest = max(latest, time)
    }

    /// The path is not as it was: learns it again, from a spread of `deviation` if that is more than the one known.
    mutating func relearn(deviation: Double) {
        guard deviation.isFinite else { return }
        priorDeviation = max(self.deviation, min(deviation, 10))
        count = min(count, 1)
        (variance, began) = (0, latest)
    }

    private mutating func begin(_ transit: Double, at time: Double) {
        (count, mean, variance, began, latest) = (1, transit, 0, time, time)
        strayedSince = nil
        strays = 0
    }

    /// Whether a sample is no jitter any more but a stall, or another path.
    private func isStray(_ transit: Double) -> Bool {
        isSettled && (transit - mean).magnitude > 10 * deviation + 0.02
    }

    /// A stall passes and is not learned from; what lasts is the new path.
    private mutating func stray(_ transit: Double, at time: Double) {
        let since = strayedSince ?? time
        strayedSince = since
        strays += 1
        latest = max(latest, time)
        if strays >= 8, time - since >= 1 { begin(transit, at: time) }
    }
}
