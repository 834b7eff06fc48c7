import RTPTransport
import Testing

/// RFC 3550 sections A.1, A.3 and A.8 as they stand there, in unsigned arithmetic and without probation.
struct ReceptionOracle {
    var maxSeq: UInt16 = 0
    var cycles: UInt32 = 0
    var baseSeq: UInt32 = 0
    var badSeq: UInt32 = 0x1_0001
    var received: UInt32 = 0
    var expectedPrior: UInt32 = 0
    var receivedPrior: UInt32 = 0
    var transit: Int32?
    var jitter: UInt32 = 0

    mutating func initSequence(_ seq: UInt16) {
        baseSeq = UInt32(seq)
        maxSeq = seq
        badSeq = 0x1_0001
        cycles = 0
        received = 0
        receivedPrior = 0
        expectedPrior = 0
    }

    mutating func update(_ seq: UInt16, isFirst: Bool) -> Bool {
        if isFirst { initSequence(seq) }
        let delta = seq &- maxSeq
        if delta < 3000 {
            if seq < maxSeq { cycles &+= 0x1_0000 }
            maxSeq = seq
        } else if UInt32(delta) <= 0x1_0000 - 100 {
            if UInt32(seq) == badSeq {
                initSequence(seq)
            } else {
                badSeq = UInt32(seq &+ 1)
                return false
            }
        }
        received &+= 1
        return true
    }

    mutating func updateJitter(arrival: UInt32, timestamp: UInt32) {
        let transit = Int32(bitPattern: arrival &- timestamp)
        defer { self.transit = transit }
        guard let previous = self.transit else { return }
        let distance = (transit &- previous).magnitude
        jitter = jitter &+ distance &- ((jitter &+ 8) >> 4)
    }

    var extendedMax: UInt32 { cycles &+ UInt32(maxSeq) }
    var expected: UInt32 { extendedMax &- baseSeq &+ 1 }
    var lost: Int32 { Int32(bitPattern: expected &- received) }

    mutating func fraction() -> UInt8 {
        let expectedInterval = expected &- expectedPrior
        expectedPrior = expected
        let receivedInterval = received &- receivedPrior
        receivedPrior = received
        let lostInterval = Int32(bitPattern: expectedInterval &- receivedInterval)
        guard expectedInterval != 0, lostInterval > 0 else { return 0 }
        return UInt8(min(255, (UInt32(lostInterval) << 8) / expectedInterval))
    }
}

@Suite struct ReceptionStatisticsTests {
    func statistics(of numbers: [UInt16]) -> ReceptionStatistics {
        var statistics = ReceptionStatistics()
        for number in numbers { statistics.receive(.received(number), byteCount: 100, at: receptionStart) }
        return statistics
    }

    @Test func `nothing heard is nothing counted`() {
        var statistics = ReceptionStatistics()
        #expect(statistics.ssrc == nil)
        #expect(statistics.packetsExpected == 0)
        #expect(statistics.packetsLost == 0)
        #expect(statistics.cumulativeLost == 0)
        #expect(statistics.interarrivalJitter == .zero)
        let report = statistics.report(at: receptionStart)
        #expect(report.fractionLost == 0)
        #expect(report.extendedHighestSequenceNumber == 0)
    }

    @Test func `packets in order are all there`() {
        let statistics = statistics(of: [10, 11, 12])
        #expect(statistics.ssrc == 0xA)
        #expect(statistics.packetsReceived == 3)
        #expect(statistics.bytesReceived == 300)
        #expect(statistics.packetsExpected == 3)
        #expect(statistics.packetsLost == 0)
        #expect(statistics.extendedHighestSequenceNumber == 12)
    }

    @Test func `a gap is lost until it is filled`() {
        #expect(statistics(of: [10, 13]).packetsLost == 2)
        let filled = statistics(of: [10, 13, 11, 12])
        #expect(filled.packetsLost == 0)
        #expect(filled.packetsReordered == 2)
        #expect(filled.packetsDuplicated == 0)
    }

    @Test func `duplicates do not make up for losses`() {
        let statistics = statistics(of: [10, 10, 12, 10, 12])
        #expect(statistics.packetsDuplicated == 3)
        #expect(statistics.packetsLost == 1)
        #expect(statistics.cumulativeLost == -2)
    }

    @Test func `a packet before the first makes loss no less than zero`() {
        let statistics = statistics(of: [10, 9, 8])
        #expect(statistics.packetsReordered == 2)
        #expect(statistics.packetsLost == 0)
        #expect(statistics.cumulativeLost == -2)
    }

    @Test func `a packet before the first does not make up for one that is lost`() {
        let statistics = statistics(of: [10, 7, 8, 12])
        #expect(statistics.packetsReordered == 2)
        // 9 and 11.
        #expect(statistics.packetsLost == 2)
        // What the RFC's algorithm says.
        #expect(statistics.packetsExpected == 3)
        #expect(statistics.cumulativeLost == -1)
    }

    @Test func `what a live source sends to others while one pauses is not lost`() {
        var statistics = statistics(of: [65_530, 65_531])
        statistics.resynchronize()
        statistics.receive(.received(4000), byteCount: 100, at: receptionStart)
        statistics.receive(.received(4002), byteCount: 100, at: receptionStart)
        #expect(statistics.packetsLost == 1)
        #expect(statistics.packetsExpected == 5)
        #expect(statistics.extendedHighestSequenceNumber == 0x1_0000 + 4002)
        // Only the next gap is forgiven, and before the first packet there is none.
        statistics.receive(.received(5000), byteCount: 100, at: receptionStart)
        #expect(statistics.packetsLost == 998)
        var fresh = ReceptionStatistics()
        fresh.resynchronize()
        for number in [1, 3] as [UInt16] { fresh.receive(.received(number), byteCount: 100, at: receptionStart) }
        #expect(fresh.packetsLost == 1)
    }

    @Test func `a source that says where it goes on is believed where that lies ahead`() {
        var ahead = statistics(of: [10])
        ahead.resume(at: 20)
        ahead.receive(.received(20), byteCount: 100, at: receptionStart)
        #expect(ahead.packetsLost == 0)
        var behind = statistics(of: [10])
        behind.resume(at: 5)
        behind.receive(.received(20), byteCount: 100, at: receptionStart)
        #expect(behind.packetsLost == 9)
        // The next one is no gap.
        var next = statistics(of: [10])
        next.resume(at: 11)
        next.receive(.received(20), byteCount: 100, at: receptionStart)
        #expect(next.packetsLost == 9)
    }

    @Test func `numbers wrap around`() {
        let statistics = statistics(of: [65_534, 65_535, 0, 2, 65_535, 1])
        #expect(statistics.extendedHighestSequenceNumber == 0x1_0002)
        #expect(statistics.packetsExpected == 5)
        #expect(statistics.packetsLost == 0)
        #expect(statistics.packetsDuplicated == 1)
        #expect(statistics.packetsReordered == 1)
    }

    @Test func `one packet far away does not count and two begin anew`() {
        let lone = statistics(of: [1, 3, 30_000, 4])
        #expect(lone.packetsReceived == 3)
        #expect(lone.packetsLost == 1)
        let restarted = statistics(of: [1, 3, 30_000, 30_001, 30_003])
        #expect(restarted.packetsReceived == 4)
        #expect(restarted.packetsExpected == 6)
        #expect(restarted.packetsLost == 2)
        #expect(restarted.cumulativeLost == 1)
        #expect(restarted.extendedHighestSequenceNumber == 30_003)
    }

    @Test func `fraction lost counts from the report before`() {
        var statistics = statistics(of: [0, 1, 4])
        #expect(statistics.report(at: receptionStart).fractionLost == UInt8(2 * 256 / 5))
        #expect(statistics.report(at: receptionStart).fractionLost == 0)
        statistics.receive(.received(5), byteCount: 1, at: receptionStart)
        #expect(statistics.report(at: receptionStart).fractionLost == 0)
        statistics.receive(.received(7), byteCount: 1, at: receptionStart)
        let report = statistics.report(at: receptionStart)
        #expect(report.fractionLost == 128)
        #expect(report.cumulativeLost == 3)
        #expect(report.ssrc == 0xA)
    }

    @Test func `a sender report comes back with the time since`() {
        var statistics = statistics(of: [0])
        let sent = SenderReport(
            ssrc: 0xA, ntp: NTPTimestamp(rawValue: 0x1111_2222_3333_4444), rtp: RTPTimestamp(rawValue: 0), packetCount: 1,
            octetCount: 1)
        #expect(statistics.report(at: .after(0)).lastSenderReport == 0)
        statistics.receive(senderReport: sent, at: .after(100))
        let report = statistics.report(at: .after(1_600))
        #expect(report.lastSenderReport == 0x2222_3333)
        #expect(report.delaySinceLastSenderReport == 65_536 + 32_768)
        #expect(statistics.report(at: .after(0)).delaySinceLastSenderReport == 0)
        #expect(statistics.report(at: .after(70_000_000)).delaySinceLastSenderReport == .max)
    }

    @Test func `a sender report of another source does not come back`() {
        var statistics = statistics(of: [0])
        let sent = SenderReport(
            ssrc: 0xB, ntp: NTPTimestamp(rawValue: 1 << 40), rtp: RTPTimestamp(rawValue: 0), packetCount: 1, octetCount: 1)
        statistics.receive(senderReport: sent, at: .after(100))
        let report = statistics.report(at: .after(200))
        #expect(report.lastSenderReport == 0)
        #expect(report.delaySinceLastSenderReport == 0)
    }

    @Test func `even spacing has no jitter and a late packet has a sixteenth of its delay`() {
        var statistics = ReceptionStatistics()
        for index in 0..<10 {
            statistics.receive(.received(UInt16(index), timestamp: UInt32(index) * 3600), byteCount: 1, at: .after(index * 40))
        }
        #expect(statistics.interarrivalJitter == .zero)
        statistics.receive(.received(10, timestamp: 36_000), byteCount: 1, at: .after(416))
        #expect(statistics.interarrivalJitter == .milliseconds(1))
        #expect(statistics.report(at: .after(416)).interarrivalJitter == 90)
    }

    @Test func `resynchronizing forgets the spacing but not the jitter`() {
        var statistics = ReceptionStatistics()
        statistics.receive(.received(0, timestamp: 0), byteCount: 1, at: .after(0))
        statistics.receive(.received(1, timestamp: 0), byteCount: 1, at: .after(16))
        statistics.resynchronize()
        statistics.receive(.received(2, timestamp: 0x8000_0000), byteCount: 1, at: .after(90_000))
        #expect(statistics.interarrivalJitter == .milliseconds(1))
    }

    @Test func `the widest jumps of the timestamp do not overflow`() {
        var statistics = ReceptionStatistics()
        for number in 0..<UInt16(1000) {
            statistics.receive(.received(number, timestamp: number % 2 == 0 ? 0 : 0x8000_0000), byteCount: 1, at: receptionStart)
        }
        #expect(statistics.interarrivalJitter > .seconds(20_000))
    }

    @Test func `pieces of one number are no duplicates where numbers may count frames`() {
        var statistics = ReceptionStatistics(numbering: .framesOrPackets)
        for number in [1, 1, 1, 2, 2, 4, 4] as [UInt16] {
            statistics.receive(.received(number), byteCount: 10, at: receptionStart)
        }
        #expect(statistics.packetsReceived == 7)
        #expect(statistics.packetsDuplicated == 0)
        #expect(statistics.packetsExpected == 4)
        #expect(statistics.packetsLost == 1)
        #expect(statistics.cumulativeLost == 1)
        #expect(statistics.report(at: receptionStart).fractionLost == 64)
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `numbers, losses and jitter are those of the RFC's own code`(seed: UInt64) {
        var random = ReceptionRandom(seed: seed)
        var statistics = ReceptionStatistics()
        var oracle = ReceptionOracle()
        var number = UInt16.random(in: 0 ... .max, using: &random)
        var timestamp = UInt32.random(in: 0 ... .max, using: &random)
        var milliseconds = 0
        for index in 0..<3000 {
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<90: number &+= 1
            case 90..<94: number &+= UInt16.random(in: 2...90, using: &random)
            case 94..<97: number &-= UInt16.random(in: 0...110, using: &random)
            case 97: number = .random(in: 0 ... .max, using: &random)
            default: break
            }
            timestamp &+= UInt32.random(in: 0...9000, using: &random)
            milliseconds += Int.random(in: 0...100, using: &random)
            statistics.receive(.received(number, timestamp: timestamp), byteCount: 1, at: .after(milliseconds))
            if oracle.update(number, isFirst: index == 0) {
                oracle.updateJitter(arrival: UInt32(milliseconds * 90), timestamp: timestamp)
            }
            guard index % 50 == 0 else { continue }
            let report = statistics.report(at: .after(milliseconds))
            #expect(report.fractionLost == oracle.fraction())
            #expect(report.cumulativeLost == oracle.lost)
            #expect(report.extendedHighestSequenceNumber == oracle.extendedMax)
            #expect(report.interarrivalJitter == oracle.jitter >> 4)
            #expect(statistics.packetsLost >= 0)
        }
    }
}
