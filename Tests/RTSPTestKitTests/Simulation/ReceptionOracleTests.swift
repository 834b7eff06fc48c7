import RTPTransport
import RTSPTestKit
import Testing

/// The oracle is itself checked: against what the pseudo code of RFC 3550 appendix A gives by hand.
@Suite struct ReceptionOracleTests {
    private static let start = ContinuousClock.now

    private static func header(_ number: UInt16, _ timestamp: UInt32 = 0) -> RTPHeader {
        RTPHeader(
            marker: false, payloadType: 26, sequenceNumber: number, timestamp: RTPTimestamp(rawValue: timestamp), ssrc: 1)
    }

    private static func oracle(_ numbers: [UInt16]) -> ReceptionOracle {
        var oracle = ReceptionOracle()
        for number in numbers { oracle.receive(header(number), at: start) }
        return oracle
    }

    @Test func `one that has heard nothing counts nothing`() {
        let oracle = ReceptionOracle()
        #expect((oracle.expected, oracle.received, oracle.cumulativeLost, oracle.missing, oracle.jitter) == (0, 0, 0, 0, 0))
    }

    @Test func `A.1: numbers that begin anew at 0 begin the next cycle`() {
        let oracle = Self.oracle([65_534, 65_535, 0, 1])
        #expect(oracle.baseSequence == 65_534)
        // cycles + max_seq = 65536 + 1.
        #expect(oracle.extendedHighest == 65_537)
        #expect((oracle.expected, oracle.received, oracle.cumulativeLost, oracle.missing) == (4, 4, 0, 0))
    }

    @Test func `A.3: expected is from the first to the highest, lost is less received, copies counted`() {
        // 10 … 15: six are expected, 12 and 13 are missing; 14 comes twice.
        let oracle = Self.oracle([10, 11, 14, 14, 15])
        #expect((oracle.expected, oracle.received) == (6, 5))
        #expect(oracle.cumulativeLost == 1)
        #expect(oracle.missing == 2)
        // More copies than losses: fewer than none is lost (section 6.4.1: "may be negative").
        #expect(Self.oracle([10, 10, 10, 11]).cumulativeLost == -2)
    }

    @Test func `a straggler is received and takes its loss back, also across the cycle`() {
        let oracle = Self.oracle([65_535, 1, 0])
        #expect((oracle.extendedHighest, oracle.expected, oracle.received) == (65_537, 3, 3))
        #expect((oracle.cumulativeLost, oracle.missing) == (0, 0))
        // One from before the first is received, but not expected (A.1 keeps base_seq).
        let early = Self.oracle([100, 98])
        #expect((early.baseSequence, early.expected, early.received, early.cumulativeLost) == (100, 1, 2, -1))
        #expect(early.missing == 1)
    }

    @Test func `A.1: what is a hundred numbers behind does not count`() {
        var oracle = Self.oracle([1000])
        #expect(oracle.receive(Self.header(900), at: Self.start) == false)
        #expect(oracle.received == 1)
        #expect(oracle.receive(Self.header(901), at: Self.start) == true)
        #expect(oracle.received == 2)
    }

    @Test func `A.8: the jitter is a sixteenth of each deviation, rounded as the integers round it`() {
        var oracle = ReceptionOracle()
        // Ten frames a second at 90 kHz; the second comes 8 ms late (720 ticks), the third in time again, the fourth, too.
        for (index, late) in [0, 8, 0, 0].enumerated() {
            oracle.receive(
                Self.header(UInt16(index), UInt32(index) * 9000), at: Self.start + .milliseconds(index * 100 + late))
        }
        // jitter += d - ((jitter + 8) >> 4), scaled by 16:
        // d = 720: 720 - (8 >> 4) = 720; d = 720: 1440 - (728 >> 4) = 1395; d = 0: 1395 - (1403 >> 4) = 1308.
        #expect(oracle.scaledJitter == 1308)
        #expect(oracle.jitter == 81)
    }

    @Test func `A.8: the clock of 32 bits may turn over`() {
        var oracle = ReceptionOracle()
        oracle.receive(Self.header(1, .max - 4499), at: Self.start)
        oracle.receive(Self.header(2, 4500), at: Self.start + .milliseconds(100))
        #expect(oracle.scaledJitter == 0)
        oracle.receive(Self.header(3, 13_500), at: Self.start + .milliseconds(201))
        #expect(oracle.scaledJitter == 90)
    }

    @Test func `after a pause the spacing of the next packet says nothing`() {
        var oracle = ReceptionOracle()
        oracle.receive(Self.header(1, 0), at: Self.start)
        oracle.resynchronize()
        oracle.receive(Self.header(2, 9000), at: Self.start + .seconds(60))
        #expect(oracle.scaledJitter == 0)
        oracle.receive(Self.header(3, 18_000), at: Self.start + .seconds(60) + .milliseconds(110))
        #expect(oracle.scaledJitter == 900)
    }
}
