import RTPTransport
import Testing

@Suite struct ReceiverEventTests {
    @Test func `counters begin at zero`() {
        let counters = ReceiverCounters()
        #expect(counters.framesComplete == 0)
        #expect(counters.framesIncomplete == 0)
        #expect(counters.discardedTotal == 0)
    }
}
