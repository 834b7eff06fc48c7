import RTPTransport
import Testing

@Suite struct DepacketizerTests {
    @Test func `limits below one count as one`() {
        let limits = DepacketizerLimits(maximumBytes: -1, maximumFrames: 0, maximumWaitingFragments: .min)
        #expect(limits == DepacketizerLimits(maximumBytes: 1, maximumFrames: 1, maximumWaitingFragments: 1))
        #expect(DepacketizerLimits.default.maximumBytes == 16 * 1024 * 1024)
    }
}
