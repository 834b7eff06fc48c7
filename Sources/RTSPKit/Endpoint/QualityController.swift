/// Chooses the quality of pictures by what their readers lose: down soon, up slowly, never to and fro.
///
/// Each rung of a ladder of qualities is kept for a while at least. Several reports in a row above a threshold lead down; reports
/// below another, lower threshold over a longer time lead up. Where a rise is followed by losses, the next one takes twice as long.
public struct QualityController: Sendable, Hashable {
    /// When the quality changes.
    public struct Policy: Sendable, Hashable {
        /// The qualities, best first, 1...100.
        public var ladder: [Int]
        /// The fraction lost, 0...1, from which a report speaks for less.
        public var loweringLoss: Double
        /// The fraction lost up to which a report speaks for more.
        public var raisingLoss: Double
        /// How many reports in a row lead down.
        public var reportsToLower: Int
        /// For how long reports must have been good to lead up.
        public var recoveryTime: Duration
        /// How long a quality is kept at least.
        public var dwellTime: Duration

        /// A policy that suits reports every few seconds.
        public init(
            ladder: [Int] = [85, 70, 55, 40, 25], loweringLoss: Double = 0.04, raisingLoss: Double = 0.01,
            reportsToLower: Int = 2, recoveryTime: Duration = .seconds(20), dwellTime: Duration = .seconds(5)
        ) {
            self.ladder = ladder
            self.loweringLoss = loweringLoss
            self.raisingLoss = raisingLoss
            self.reportsToLower = reportsToLower
            self.recoveryTime = recoveryTime
            self.dwellTime = dwellTime
        }
    }

    /// How often the time to a rise may double.
    private static let maximumDoublings = 4

    /// When the quality changes.
    public let policy: Policy
    /// The place on the ladder, 0 at its top.
    public private(set) var rung = 0
    private var badReports = 0
    @StoredOptionalInstant private var goodSince: ContinuousClock.Instant?
    @StoredOptionalInstant private var lastChange: ContinuousClock.Instant?
    @StoredOptionalInstant private var lastRise: ContinuousClock.Instant?
    private var doublings = 0

    /// A controller at the top of its ladder.
    public init(_ policy: Policy = Policy()) { self.policy = policy }

    /// The quality now; `nil` where the ladder has no rungs.
    public var quality: Int? {
        policy.ladder.indices.contains(rung) ? min(max(policy.ladder[rung], 1), 100) : nil
    }

    /// How long reports must have been good for the next rise.
    public var timeToRise: Duration { max(policy.recoveryTime, .zero) * (1 << doublings) }

    /// A reader, or the readers together, have lost this fraction since the last report.
    /// - Returns: whether the quality is another one now.
    @discardableResult
    public mutating func receive(fractionLost: Double, at now: ContinuousClock.Instant) -> Bool {
        if fractionLost >= policy.loweringLoss {
            goodSince = nil
            badReports = min(badReports + 1, 1000)
            guard badReports >= policy.reportsToLower, rung + 1 < policy.ladder.count, hasDwelt(at: now) else { return false }
            if let lastRise, lastRise.duration(to: now) <= timeToRise { doublings = min(doublings + 1, Self.maximumDoublings) }
            move(to: rung + 1, at: now)
            return true
        }
        badReports = 0
        guard fractionLost <= policy.raisingLoss else {
            goodSince = nil
            return false
        }
        let since = goodSince ?? now
        goodSince = since
        // What has held for twice as long as a rise takes was right.
        if since.duration(to: now) >= timeToRise * 2 { doublings = 0 }
        guard rung > 0, since.duration(to: now) >= timeToRise, hasDwelt(at: now) else { return false }
        move(to: rung - 1, at: now)
        lastRise = now
        return true
    }

    private func hasDwelt(at now: ContinuousClock.Instant) -> Bool {
        lastChange.map { $0.duration(to: now) >= policy.dwellTime } ?? true
    }

    private mutating func move(to rung: Int, at now: ContinuousClock.Instant) {
        self.rung = rung
        lastChange = now
        (badReports, goodSince) = (0, nil)
    }
}

/// What the readers of one stream have lost, each by its newest report.
public struct ReaderLosses<Reader: Hashable & Sendable>: Sendable {
    private struct Report {
        var fraction: Double
        @StoredInstant var instant: ContinuousClock.Instant
    }

    private var losses: [Reader: Report] = [:]
    private let maximumAge: Duration

    /// No reports; those older than `maximumAge` do not count.
    public init(maximumAge: Duration = .seconds(15)) { self.maximumAge = maximumAge }

    /// How many readers have told anything.
    public var count: Int { losses.count }

    /// A reader's newest report.
    public mutating func note(_ fraction: Double, of reader: Reader, at now: ContinuousClock.Instant) {
        losses[reader] = Report(fraction: fraction, instant: now)
    }

    /// A reader has left.
    public mutating func forget(_ reader: Reader) { losses[reader] = nil }

    /// The loss that a quarter of the readers reach or exceed: one bad line among many does not make it worse for all. `nil`
    /// where nobody has told anything lately.
    public mutating func upperQuartile(at now: ContinuousClock.Instant) -> Double? {
        losses = losses.filter { $0.value.instant.duration(to: now) <= maximumAge }
        let sorted = losses.values.map(\.fraction).sorted()
        return sorted.isEmpty ? nil : sorted[sorted.count - 1 - sorted.count / 4]
    }
}
