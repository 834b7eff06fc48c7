import RTSPTestKit
import Testing

@Suite struct SimulatedNetworkTests {
    private static let start = ContinuousClock.now

    private static func arrivals(_ network: inout SimulatedNetwork<Int>, after time: Duration = .seconds(600)) -> [Int] {
        var received: [Int] = []
        while let content = network.receive(at: start + time) { received.append(content) }
        return received
    }

    @Test func `what is sent arrives after the delay, in order`() {
        var network = SimulatedNetwork<Int>(NetworkConditions(delay: .milliseconds(10)))
        for index in 0..<5 {
            network.sendInOrder(index, at: Self.start + .milliseconds(index))
            network.sendDatagram(10 + index, at: Self.start + .milliseconds(index))
        }
        #expect(network.count == 10)
        #expect(network.nextArrival == Self.start + .milliseconds(10))
        #expect(network.receive(at: Self.start + .milliseconds(9)) == nil)
        #expect(Self.arrivals(&network, after: .milliseconds(11)) == [0, 10, 1, 11])
        network.clear()
        #expect(network.nextArrival == nil)
        #expect(network.datagramsSent == 5)
        #expect(network.datagramsLost == 0)
    }

    @Test func `losses are counted, and as many as asked for`() {
        var network = SimulatedNetwork<Int>(NetworkConditions(loss: 0.1), seed: 5)
        for index in 0..<10_000 { network.sendDatagram(index, at: Self.start) }
        #expect((900...1100).contains(network.datagramsLost))
        let received = Self.arrivals(&network)
        #expect(received.count == 10_000 - network.datagramsLost)
        #expect(received == received.sorted())
    }

    @Test func `streams keep their order whatever the conditions, datagrams do not`() {
        let conditions = NetworkConditions(delay: .milliseconds(20), jitter: .milliseconds(30), loss: 0.5, reordering: 0.5)
        var stream = SimulatedNetwork<Int>(conditions)
        var datagrams = SimulatedNetwork<Int>(conditions)
        for index in 0..<100 {
            stream.sendInOrder(index, at: Self.start + .milliseconds(index))
            datagrams.sendDatagram(index, at: Self.start + .milliseconds(index))
        }
        #expect(Self.arrivals(&stream) == Array(0..<100))
        let received = Self.arrivals(&datagrams)
        #expect(received != received.sorted())
    }

    @Test func `conditions out of range are brought into it`() {
        let absurd = NetworkConditions(delay: .seconds(-1), jitter: .seconds(1_000_000), loss: .nan, reordering: 7)
        #expect(absurd == NetworkConditions(delay: .zero, jitter: .seconds(60), loss: 0, reordering: 1))
    }
}
