public import RTPTransport

/// What a receiver has to count, by the algorithms of RFC 3550 appendix A and nothing else: a second opinion on
/// `ReceptionStatistics`, written independently of it.
///
/// It takes every packet of one source with sequential numbers that never restart; losses may be long, but not as long as 2¹⁵.
public struct ReceptionOracle: Sendable, Hashable {
    /// The first number, with no cycles (`base_seq` of A.1).
    public private(set) var baseSequence = 0
    /// The highest number so far, cycles included (A.1).
    public private(set) var extendedHighest = 0
    /// Packets that came, copies and stragglers included (`received` of A.1).
    public private(set) var received = 0
    /// Sixteen times the jitter in ticks (A.8).
    public private(set) var scaledJitter = 0
    /// The numbers that came, cycles included.
    private var numbers: Set<Int> = []
    private var lowest = 0
    private var epoch: ContinuousClock.Instant?
    private var transit: Int?

    /// An oracle that has heard nothing.
    public init() {}

    /// How many numbers there are from the first to the highest (A.3).
    public var expected: Int { received == 0 ? 0 : extendedHighest - baseSequence + 1 }

    /// Expected less received, copies counted as received (A.3).
    public var cumulativeLost: Int { expected - received }

    /// Numbers from the lowest to the highest that never came. Those below the first count as well, where one of them came late.
    public var missing: Int { received == 0 ? 0 : extendedHighest - lowest + 1 - numbers.count }

    /// The interarrival jitter in ticks of the RTP clock (section 6.4.1).
    public var jitter: Int { scaledJitter >> 4 }

    /// A packet came.
    /// - Returns: whether it counts; one that is a hundred numbers behind does not (`MAX_MISORDER` of A.1).
    @discardableResult
    public mutating func receive(_ header: RTPHeader, at now: ContinuousClock.Instant) -> Bool {
        let number = extend(header.sequenceNumber)
        guard received == 0 || number > extendedHighest - 100 else { return false }
        if received == 0 { (baseSequence, extendedHighest, lowest) = (number, number, number) }
        lowest = min(lowest, number)
        extendedHighest = max(extendedHighest, number)
        received += 1
        numbers.insert(number)
        let start = epoch ?? now
        epoch = start
        let (seconds, attoseconds) = start.duration(to: now).components
        let arrival = Int(seconds) * 90_000 + Int(attoseconds / 1_000_000_000) * 90_000 / 1_000_000_000
        let transit = arrival - Int(header.timestamp.rawValue)
        if let before = self.transit {
            // D of two packets, on a clock of 32 bits.
            let difference = Int(Int32(truncatingIfNeeded: transit - before)).magnitude
            scaledJitter += Int(difference) - (scaledJitter + 8) >> 4
        }
        self.transit = transit
        return true
    }

    /// The spacing of the next packet says nothing: a pause or a jump lies before it.
    public mutating func resynchronize() { transit = nil }

    /// The number with the cycles that bring it nearest to the highest.
    private func extend(_ number: UInt16) -> Int {
        guard received > 0 else { return Int(number) }
        return extendedHighest + Int(Int16(truncatingIfNeeded: Int(number) - extendedHighest))
    }
}
