/// Which of the sources heard on one stream is the stream's own (RFC 3550 section 8).
///
/// The one that SETUP named has precedence, but many cameras name another than they use: where the named one is not heard, one that
/// shows two packets in sequence is taken. The source is replaced when it falls silent and another shows three packets, when it
/// has said goodbye, or was not named and showed one packet only, and another shows two, and when the named one appears after all.
struct SourceSelection: Sendable, Hashable {
    enum Verdict: Sendable, Hashable {
        case accepted
        /// Accepted, and other than the one before or the one named.
        case changed
        case refused
    }

    private struct Candidate: Sendable, Hashable {
        var ssrc: UInt32
        var lastNumber: UInt16
        var packets: Int
    }

    private static let silence = Duration.seconds(1)
    /// Numbers this far apart still count as a sequence, so that a loss does not hide a source.
    private static let maximumStep: UInt16 = 16

    private(set) var current: UInt32?
    private var expected: UInt32?
    private var candidate: Candidate?
    @StoredOptionalInstant private var lastHeard: ContinuousClock.Instant?
    /// Whether the next packet decides alone.
    private var isOpen: Bool
    private var hasLeft = false
    private var packetsOfCurrent = 0

    init(expected: UInt32?) {
        self.expected = expected
        isOpen = expected == nil
    }

    mutating func admit(_ header: RTPHeader, at now: ContinuousClock.Instant) -> Verdict {
        if header.ssrc == current {
            isOpen = false
            hasLeft = false
            candidate = nil
            lastHeard = now
            packetsOfCurrent = min(packetsOfCurrent + 1, 2)
            return .accepted
        }
        if isOpen || header.ssrc == expected { return take(header.ssrc, at: now) }
        let packets = count(header)
        guard let needed = packetsNeeded(at: now), packets >= needed else { return .refused }
        // A source given up for another has lost its precedence, too.
        if current == expected { expected = nil }
        return take(header.ssrc, at: now)
    }

    /// The source `ssrc` has said goodbye.
    mutating func leave(_ ssrc: UInt32) {
        if ssrc == current { hasLeft = true }
    }

    /// After PLAY the source may be another: the next packet decides, unless it is the one SETUP named.
    mutating func restart() {
        candidate = nil
        packetsOfCurrent = 0
        isOpen = expected == nil || (current != nil && current != expected)
    }

    private mutating func take(_ ssrc: UInt32, at now: ContinuousClock.Instant) -> Verdict {
        let before = current ?? expected
        current = ssrc
        candidate = nil
        lastHeard = now
        isOpen = false
        hasLeft = false
        packetsOfCurrent = 1
        return before == nil || before == ssrc ? .accepted : .changed
    }

    private mutating func count(_ header: RTPHeader) -> Int {
        var packets = 1
        if let candidate, candidate.ssrc == header.ssrc,
            header.sequenceNumber &- candidate.lastNumber <= Self.maximumStep
        {
            packets = min(candidate.packets + 1, 3)
        }
        candidate = Candidate(ssrc: header.ssrc, lastNumber: header.sequenceNumber, packets: packets)
        return packets
    }

    private func packetsNeeded(at now: ContinuousClock.Instant) -> Int? {
        guard current != nil, !hasLeft, packetsOfCurrent > 1 || current == expected else { return 2 }
        guard let lastHeard, lastHeard.duration(to: now) < Self.silence else { return 3 }
        return nil
    }
}
