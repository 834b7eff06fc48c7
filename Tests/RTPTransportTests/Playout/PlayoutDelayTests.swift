import RTPTransport
import Testing

@Suite struct PlayoutDelayTests {
    @Test func `a fixed delay is the same at all times`() {
        let delay = PlayoutDelay.fixed(.milliseconds(60))
        #expect(delay.initial == .milliseconds(60))
        #expect(delay.floor == delay.ceiling)
        #expect(delay == PlayoutDelay(initial: .zero, floor: .milliseconds(60), ceiling: .zero))
    }

    @Test func `values out of range or order are brought into it`() {
        let delay = PlayoutDelay(initial: .seconds(9), floor: .seconds(-1), ceiling: .seconds(Int64.max))
        #expect(delay == PlayoutDelay(initial: .seconds(9), floor: .zero, ceiling: .seconds(3600)))
        #expect(PlayoutDelay.fixed(.seconds(Int64.min)).initial == .zero)
        #expect(PlayoutDelay(initial: .seconds(5), floor: .seconds(1), ceiling: .seconds(2)).initial == .seconds(2))
    }

    @Test func `the default lies between its bounds`() {
        #expect(PlayoutDelay.adaptive.floor < PlayoutDelay.adaptive.initial)
        #expect(PlayoutDelay.adaptive.initial < PlayoutDelay.adaptive.ceiling)
    }
}
