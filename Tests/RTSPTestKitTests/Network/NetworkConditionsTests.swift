import RTSPTestKit
import Testing

@Suite struct NetworkConditionsTests {
    @Test func `without arguments the network is perfect and takes a millisecond`() {
        let conditions = NetworkConditions()
        #expect(conditions.delay == .milliseconds(1))
        #expect((conditions.jitter, conditions.displacement) == (.zero, .milliseconds(1)))
        #expect((conditions.loss, conditions.reordering, conditions.duplication, conditions.corruption) == (0, 0, 0, 0))
        #expect(conditions.bursts == nil)
        #expect(conditions.rate == nil)
        #expect(conditions.maximumDatagram == nil)
        #expect(conditions.pieces == nil)
    }

    @Test func `what is reordered takes the delay once more, unless something else is said`() {
        #expect(NetworkConditions(delay: .milliseconds(30)).displacement == .milliseconds(30))
        #expect(NetworkConditions(delay: .milliseconds(30), displacement: .milliseconds(2)).displacement == .milliseconds(2))
        #expect(NetworkConditions(displacement: .seconds(-2)).displacement == .zero)
        #expect(NetworkConditions(displacement: .seconds(61)).displacement == .seconds(60))
    }

    @Test(arguments: [
        (-1, 0.5, 0, 1), (2, 3, 1, 3), (.nan, .nan, 0, 1), (.infinity, .infinity, 1, 1_000_000), (0.25, 12, 0.25, 12),
    ])
    func `bursts out of range are brought into it`(_ probability: Double, _ length: Double, _ share: Double, _ mean: Double) {
        let bursts = NetworkConditions.Bursts(probability: probability, length: length)
        #expect(bursts.probability == share)
        #expect(bursts.length == mean)
    }
}
