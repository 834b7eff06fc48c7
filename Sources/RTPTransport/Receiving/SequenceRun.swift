/// The sequence numbers of one source between two restarts of its counting (RFC 3550 sections A.1 and A.3).
struct SequenceRun: Sendable, Hashable {
    /// What a number is to those before it.
    enum Place: Sendable, Hashable {
        /// The first, or higher than all before.
        case inOrder
        /// Lower than the highest and not seen yet.
        case reordered
        /// Seen before.
        case duplicate
        /// The highest again, where that means a further piece of the same frame.
        case repeated
        /// Far away from the others, and not counted.
        case jumped
        /// Far away, and following one that was: counting begins anew.
        case restarted
    }

    /// A gap of as many numbers or more is a jump.
    private static let maximumDropout: UInt16 = 3000
    /// A number as far behind or more is one, too.
    private static let maximumMisorder: UInt16 = 100

    private let numbering: ReceptionStatistics.Numbering
    private var isEmpty = true
    private var highest: UInt16 = 0
    private var cycles = 0
    private var base: UInt16 = 0
    /// How far below the first number the lowest lies.
    private var depth = 0
    /// The number that would prove a restart.
    private var suspect: UInt16?
    private var received = 0
    /// How many of those received tell of no new number.
    private var duplicates = 0
    private var repeats = 0
    /// Numbers up to the highest that were not meant for this receiver.
    private var passed = 0
    private var expectedPrior = 0
    private var receivedPrior = 0
    /// Whether the next number goes on from here, however high it is.
    private var resumes = false
    /// Bit n: the number `highest - n` has come.
    private var seen: UInt128 = 0

    init(numbering: ReceptionStatistics.Numbering) {
        self.numbering = numbering
    }

    var extendedHighest: UInt32 { UInt32(truncatingIfNeeded: cycles + Int(highest)) }
    var expected: Int { isEmpty ? 0 : cycles + Int(highest) - Int(base) + 1 - passed }
    /// Numbers from the lowest to the highest that did not come. (What the RFC calls lost may be less: it counts among those received
    /// what comes late from before the first, and not among those expected.)
    var missing: Int { max(0, depth + expected - (received - repeats - duplicates)) }
    var cumulativeLost: Int { expected - (received - repeats) }

    mutating func receive(_ number: UInt16) -> Place {
        guard !isEmpty else {
            begin(at: number)
            return .inOrder
        }
        let step = number &- highest
        switch step {
        case 0:
            received += 1
            if numbering == .framesOrPackets {
                repeats += 1
                return .repeated
            }
            duplicates += 1
            return .duplicate
        case 1..<(resumes ? 0x8000 : Self.maximumDropout):
            if number < highest { cycles += 0x1_0000 }
            if resumes { passOver(Int(step) - 1) }
            highest = number
            seen = (step < 128 ? seen << UInt128(step) : 0) | 1
            received += 1
            return .inOrder
        case (1 &- Self.maximumMisorder)...:
            return receiveOld(distance: 0 &- step)
        default:
            guard number == suspect else {
                suspect = number &+ 1
                return .jumped
            }
            self = SequenceRun(numbering: numbering)
            begin(at: number)
            return .restarted
        }
    }

    /// The next number is not expected to follow the highest: what lies between was never meant for this receiver.
    mutating func resume() { resumes = !isEmpty }

    /// The same where `number`, which comes next, lies ahead.
    mutating func resume(at number: UInt16) {
        if !isEmpty, (2..<0x8000).contains(number &- highest) { resumes = true }
    }

    private mutating func passOver(_ count: Int) {
        resumes = false
        passed += count
    }

    /// The share of the numbers since the last call that did not come, in 1/256 (section A.3).
    mutating func takeFractionLost() -> UInt8 {
        let expectedInterval = expected - expectedPrior
        let lostInterval = expectedInterval - (received - repeats - receivedPrior)
        expectedPrior = expected
        receivedPrior = received - repeats
        guard expectedInterval > 0, lostInterval > 0 else { return 0 }
        return UInt8(clamping: (lostInterval << 8) / expectedInterval)
    }

    private mutating func begin(at number: UInt16) {
        isEmpty = false
        base = number
        highest = number
        seen = 1
        received = 1
    }

    private mutating func receiveOld(distance: UInt16) -> Place {
        received += 1
        let bit = UInt128(1) << UInt128(distance)
        guard seen & bit == 0 else {
            duplicates += 1
            return .duplicate
        }
        seen |= bit
        depth = max(depth, Int(base) - (cycles + Int(highest) - Int(distance)))
        return .reordered
    }
}
