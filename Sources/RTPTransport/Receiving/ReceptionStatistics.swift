/// How well one source is being received (RFC 3550 sections 6.4.1, A.1, A.3 and A.8).
///
/// There is no probation: the first packet counts. One lone packet far out of sequence does not count; two in sequence there
/// mean that the source has restarted its numbers (section A.1).
public struct ReceptionStatistics: Sendable, Hashable {
    /// What a packet's sequence number counts.
    public enum Numbering: Sendable, Hashable {
        /// Packets, as RFC 3550 has it; a repeated number is a duplicate.
        case packets
        /// Perhaps frames (the course dialect): a repetition of the highest number is a further piece of the same frame, and
        /// what is lost are numbers.
        case framesOrPackets
    }

    private let clockRate: ClockRate
    private var run: SequenceRun
    /// What runs before a restart of the numbers expected and lost.
    private var expectedBefore = 0
    private var lostBefore = 0
    @StoredOptionalInstant private var epoch: ContinuousClock.Instant?
    /// The last arrival since the epoch, and the same in ticks: packets come in bursts of one moment.
    private var elapsed = Duration.zero
    private var elapsedTicks: UInt32 = 0
    private var transit: UInt32?
    /// Sixteen times the jitter, in ticks (section A.8).
    private var scaledJitter: UInt64 = 0
    private var lastSenderReport: SenderReportMark?

    /// The source last heard; `nil` before its first packet.
    public private(set) var ssrc: UInt32?
    /// Packets received, duplicates included.
    public private(set) var packetsReceived = 0
    /// Bytes received, as they were counted at the door.
    public private(set) var bytesReceived = 0
    /// Packets that came after one with a higher number.
    public private(set) var packetsReordered = 0
    /// Packets that came more than once.
    public private(set) var packetsDuplicated = 0

    /// Starts with nothing heard.
    public init(clockRate: ClockRate = .video, numbering: Numbering = .packets) {
        self.clockRate = clockRate
        run = SequenceRun(numbering: numbering)
    }

    /// How many packets there should have been, from the first number to the highest.
    public var packetsExpected: Int { expectedBefore + run.expected }

    /// How many packets are missing, never negative: duplicates do not make up for losses.
    public var packetsLost: Int { lostBefore + run.missing }

    /// Packets expected less packets received since the numbers last restarted, duplicates counted as received and so perhaps
    /// negative (section A.3).
    public var cumulativeLost: Int { run.cumulativeLost }

    /// The highest number received, with the count of its wrap-arounds in the upper 16 bits.
    public var extendedHighestSequenceNumber: UInt32 { run.extendedHighest }

    /// The mean deviation of the packets' spacing (section 6.4.1).
    public var interarrivalJitter: Duration {
        // At most 2³⁶ ticks: the product with 10⁹ would not fit, so whole seconds apart.
        let (seconds, ticks) = (scaledJitter >> 4).quotientAndRemainder(dividingBy: UInt64(clockRate.hertz))
        return .seconds(Int64(seconds)) + .nanoseconds(Int64(ticks * 1_000_000_000 / UInt64(clockRate.hertz)))
    }

    /// Counts a packet of `byteCount` bytes.
    public mutating func receive(_ header: RTPHeader, byteCount: Int, at now: ContinuousClock.Instant) {
        arrive(at: now)
        receive(header, byteCount: byteCount)
    }

    /// The packets that are counted next have come at `now`.
    mutating func arrive(at now: ContinuousClock.Instant) {
        let elapsed = epoch?.duration(to: now) ?? .zero
        if epoch == nil { epoch = now }
        guard elapsed != self.elapsed else { return }
        self.elapsed = elapsed
        elapsedTicks = UInt32(truncatingIfNeeded: RTPTimestamp.ticks(in: elapsed, clockRate: clockRate))
    }

    /// Counts a packet of the moment that ``arrive(at:)`` was told.
    mutating func receive(_ header: RTPHeader, byteCount: Int) {
        ssrc = header.ssrc
        let before = run
        switch run.receive(header.sequenceNumber) {
        case .jumped: return
        case .restarted:
            expectedBefore += before.expected
            lostBefore += before.missing
        case .duplicate: packetsDuplicated += 1
        case .reordered: packetsReordered += 1
        case .inOrder, .repeated: break
        }
        packetsReceived += 1
        bytesReceived += max(0, byteCount)
        updateJitter(header.timestamp)
    }

    /// Remembers when a sender report came, for ``report(at:)``.
    public mutating func receive(senderReport: SenderReport, at now: ContinuousClock.Instant) {
        lastSenderReport = SenderReportMark(ssrc: senderReport.ssrc, middle: senderReport.ntp.middle, arrival: now)
    }

    /// After a pause or a seek: the spacing of the next packet says nothing about jitter, and what a live source has sent to others
    /// meanwhile is not lost.
    public mutating func resynchronize() {
        transit = nil
        run.resume()
    }

    /// The source said that it goes on with the packet of this number (`RTP-Info`, RFC 2326 section 12.33): what others were sent
    /// meanwhile is not lost.
    public mutating func resume(at sequenceNumber: UInt16) { run.resume(at: sequenceNumber) }

    /// The report block of this moment; the next one's fraction lost counts from here.
    public mutating func report(at now: ContinuousClock.Instant) -> ReceptionReport {
        let heard = lastSenderReport.flatMap { $0.ssrc == ssrc || ssrc == nil ? $0 : nil }
        return ReceptionReport(
            ssrc: ssrc ?? heard?.ssrc ?? 0, fractionLost: run.takeFractionLost(),
            cumulativeLost: Int32(clamping: min(max(run.cumulativeLost, -0x80_0000), 0x7F_FFFF)),
            extendedHighestSequenceNumber: run.extendedHighest, interarrivalJitter: UInt32(clamping: scaledJitter >> 4),
            lastSenderReport: heard?.middle ?? 0, delaySinceLastSenderReport: heard?.age(at: now) ?? 0)
    }

    private mutating func updateJitter(_ timestamp: RTPTimestamp) {
        let transit = elapsedTicks &- timestamp.rawValue
        defer { self.transit = transit }
        guard let previous = self.transit else { return }
        let deviation = UInt64(Int32(truncatingIfNeeded: transit &- previous).magnitude)
        // The jitter never exceeds the greatest deviation, so this neither overflows nor goes below zero.
        scaledJitter = scaledJitter &+ deviation &- ((scaledJitter &+ 8) >> 4)
    }

    private struct SenderReportMark: Sendable, Hashable {
        var ssrc: UInt32
        var middle: UInt32
        @StoredInstant var arrival: ContinuousClock.Instant

        /// The time since its arrival in 1/65536 second.
        func age(at now: ContinuousClock.Instant) -> UInt32 {
            let (seconds, attoseconds) = max(.zero, arrival.duration(to: now)).components
            guard seconds < 65_536 else { return .max }
            return UInt32(seconds) << 16 | UInt32((attoseconds / 1_000_000_000) << 16 / 1_000_000_000)
        }
    }
}
