import RTSPTestKit
import Testing

@Suite struct SimulatedLinkTests {
    private static let start = ContinuousClock.now

    private static func arrivals(_ network: inout SimulatedLink<Int>, after time: Duration = .seconds(600)) -> [Int] {
        var received: [Int] = []
        while let content = network.receive(at: start + time) { received.append(content) }
        return received
    }

    @Test func `what is sent arrives after the delay, in order`() {
        var network = SimulatedLink<Int>(NetworkConditions(delay: .milliseconds(10)))
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
        var network = SimulatedLink<Int>(NetworkConditions(loss: 0.1), seed: 5)
        for index in 0..<10_000 { network.sendDatagram(index, at: Self.start) }
        #expect((900...1100).contains(network.datagramsLost))
        let received = Self.arrivals(&network)
        #expect(received.count == 10_000 - network.datagramsLost)
        #expect(received == received.sorted())
    }

    @Test func `streams keep their order whatever the conditions, datagrams do not`() {
        let conditions = NetworkConditions(delay: .milliseconds(20), jitter: .milliseconds(30), loss: 0.5, reordering: 0.5)
        var stream = SimulatedLink<Int>(conditions)
        var datagrams = SimulatedLink<Int>(conditions)
        for index in 0..<100 {
            stream.sendInOrder(index, at: Self.start + .milliseconds(index))
            datagrams.sendDatagram(index, at: Self.start + .milliseconds(index))
        }
        #expect(Self.arrivals(&stream) == Array(0..<100))
        let received = Self.arrivals(&datagrams)
        #expect(received != received.sorted())
    }

    @Test func `normal jitter has its deviation and keeps the order, as one queue does`() {
        var network = SimulatedLink<Int>(
            NetworkConditions(delay: .milliseconds(400), jitter: .milliseconds(50), jitterKind: .normalInOrder), seed: 9)
        // So far apart that none meets another.
        var transits: [Double] = []
        for index in 0..<4000 {
            let sent = Self.start + .seconds(index)
            network.sendDatagram(index, at: sent)
            transits.append(network.nextArrival.map { sent.duration(to: $0) / .milliseconds(1) } ?? 0)
            #expect(network.receive(at: sent + .seconds(1)) == index)
        }
        let mean = transits.reduce(0, +) / 4000
        let variance = transits.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 4000
        #expect((mean - 400).magnitude < 3)
        #expect((variance.squareRoot() - 50).magnitude < 2)
        // 2.3 % lie beyond two deviations on either side, 0.13 % beyond three.
        #expect((60...130).contains(transits.count { $0 > 500 }))
        #expect((60...130).contains(transits.count { $0 < 300 }))
        #expect((1...14).contains(transits.count { $0 > 550 }))
        // Close together they queue.
        for index in 0..<1000 { network.sendDatagram(index, at: Self.start + .seconds(5000) + .milliseconds(index)) }
        #expect(Self.arrivals(&network, after: .seconds(6000)) == Array(0..<1000))
    }

    @Test func `with the order kept only the reordered are overtaken, by their displacement`() {
        let conditions = NetworkConditions(
            delay: .milliseconds(100), jitter: .milliseconds(20), jitterKind: .normalInOrder, reordering: 0.02,
            displacement: .milliseconds(10))
        var network = SimulatedLink<Int>(conditions, seed: 2)
        for index in 0..<5000 { network.sendDatagram(index, at: Self.start + .milliseconds(5 * index)) }
        var highest = -1
        var overtaken = 0
        for index in Self.arrivals(&network) {
            if index < highest { overtaken += 1 }
            highest = max(highest, index)
        }
        #expect((50...130).contains(overtaken))
    }

    @Test func `conditions out of range are brought into it`() {
        let absurd = NetworkConditions(delay: .seconds(-1), jitter: .seconds(1_000_000), loss: .nan, reordering: 7)
        #expect(absurd == NetworkConditions(delay: .zero, jitter: .seconds(60), loss: 0, reordering: 1))
    }
}
