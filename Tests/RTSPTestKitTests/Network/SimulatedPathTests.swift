import RTSPTestKit
import Testing

@Suite struct SimulatedPathTests {
    private static let start = ContinuousClock.now

    /// What becomes of `count` datagrams, one each millisecond.
    private static func fates(
        _ conditions: NetworkConditions, count: Int, size: Int = 100, seed: UInt64 = 1
    ) -> [SimulatedPath.Fate] {
        var path = SimulatedPath(conditions, seed: seed)
        return (0..<count).map { path.fate(ofDatagram: size, at: start + .milliseconds($0)) }
    }

    @Test(arguments: [(0.01, 4.0), (0.05, 2.5), (0.02, 1)])
    func `bursts begin as often and last as long as asked for`(_ probability: Double, _ length: Double) {
        var conditions = NetworkConditions()
        conditions.bursts = .init(probability: probability, length: length)
        let fates = Self.fates(conditions, count: 200_000)
        var bursts: [Int] = []
        var isInBurst = false
        for fate in fates {
            let isLost = fate == .lost(.burst)
            if isLost { bursts = isInBurst ? bursts.dropLast() + [(bursts.last ?? 0) + 1] : bursts + [1] }
            isInBurst = isLost
        }
        let mean = Double(bursts.reduce(0, +)) / Double(bursts.count)
        #expect((mean / length - 1).magnitude < 0.05)
        // One begins with a datagram that none takes: as many as there are of these, times the probability.
        let free = Double(fates.count - bursts.reduce(0, +))
        #expect((Double(bursts.count) / (free * probability) - 1).magnitude < 0.1)
        #expect(Set(bursts).count > 1 || length == 1)
    }

    @Test func `where bursts end by a change of conditions, nothing of them is left`() {
        var path = SimulatedPath()
        path.conditions.bursts = .init(probability: 1, length: 1_000_000)
        #expect(path.fate(ofDatagram: 10, at: Self.start) == .lost(.burst))
        path.conditions.bursts = nil
        #expect(
            path.fate(ofDatagram: 10, at: Self.start) == .arrives(at: Self.start + .milliseconds(1), again: nil, changedBit: nil))
        #expect((path.datagramsSent, path.datagramsLost) == (2, 1))
    }

    @Test func `duplicates come as often as asked for, once more and later by the displacement`() {
        var conditions = NetworkConditions(delay: .milliseconds(5), displacement: .milliseconds(7))
        conditions.duplication = 0.1
        var again = 0
        for (index, fate) in Self.fates(conditions, count: 20_000).enumerated() {
            guard case .arrives(let first, let second, nil) = fate else { Issue.record("\(fate)"); return }
            #expect(first == Self.start + .milliseconds(index + 5))
            guard let second else { continue }
            #expect(first.duration(to: second) == .milliseconds(7))
            again += 1
        }
        #expect((1850...2150).contains(again))
    }

    @Test func `a changed bit is one within the datagram, each as likely as the others`() {
        var conditions = NetworkConditions()
        conditions.corruption = 0.5
        var counts: [Int: Int] = [:]
        for fate in Self.fates(conditions, count: 16_000, size: 2) {
            guard case .arrives(_, _, let bit) = fate else { Issue.record("\(fate)"); return }
            if let bit { counts[bit, default: 0] += 1 }
        }
        #expect(counts.keys.sorted() == Array(0..<16))
        #expect(counts.values.allSatisfy { (400...600).contains($0) })
        // There is no bit to change in nothing.
        conditions.corruption = 1
        #expect(
            Self.fates(conditions, count: 1, size: 0) == [
                .arrives(at: Self.start + .milliseconds(1), again: nil, changedBit: nil)
            ])
    }

    @Test func `changing one condition leaves what the others do as it was`() {
        var conditions = NetworkConditions(jitter: .milliseconds(9), loss: 0.1, reordering: 0.1)
        let plain = Self.fates(conditions, count: 2000)
        conditions.duplication = 0.3
        conditions.corruption = 0.3
        for (before, after) in zip(plain, Self.fates(conditions, count: 2000)) {
            switch (before, after) {
            case (.lost(let one), .lost(let other)): #expect(one == other)
            case (.arrives(let one, _, _), .arrives(let other, _, _)): #expect(one == other)
            default: Issue.record("\(before) became \(after)")
            }
        }
    }

    @Test func `at a rate datagrams leave one after the other, and what finds no room is lost`() {
        var path = SimulatedPath(NetworkConditions(delay: .milliseconds(10)))
        path.conditions.rate = 10_000
        path.conditions.queue = 1000
        var arrivals: [Duration] = []
        for _ in 0..<20 {
            switch path.fate(ofDatagram: 100, at: Self.start) {
            case .arrives(let at, _, _): arrivals.append(Self.start.duration(to: at))
            case .lost(let loss): #expect(loss == .queueFull)
            }
        }
        // Ten bytes a millisecond: the queue holds ten datagrams, the one that is leaving among them.
        #expect(arrivals == (1...10).map { .milliseconds(10 + 10 * $0) })
        #expect((path.datagramsSent, path.datagramsLost) == (20, 10))
        // One has left: there is room for one.
        let later = Self.start + .milliseconds(10)
        #expect(path.fate(ofDatagram: 100, at: later) == .arrives(at: later + .milliseconds(110), again: nil, changedBit: nil))
        #expect(path.fate(ofDatagram: 1, at: later) == .lost(.queueFull))
        // Streams wait on the same line, and lose nothing.
        #expect(path.arrivalInOrder(byteCount: 1000, at: later) == later + .milliseconds(210))
        #expect(path.arrivalInOrder(byteCount: 10, at: later + .seconds(5)) == later + .milliseconds(5011))
    }

    @Test func `without a rate, and with one of nothing, nothing waits`() {
        var path = SimulatedPath()
        path.conditions.rate = 0
        for _ in 0..<3 {
            #expect(
                path.fate(ofDatagram: 65_507, at: Self.start)
                    == .arrives(at: Self.start + .milliseconds(1), again: nil, changedBit: nil))
        }
    }

    @Test(arguments: [(NetworkConditions.Oversize.dropped, SimulatedPath.Loss.tooLong), (.refused, .refused)])
    func `what is too long is lost on the way or not taken`(_ oversize: NetworkConditions.Oversize, _ loss: SimulatedPath.Loss) {
        var path = SimulatedPath()
        path.conditions.maximumDatagram = 1400
        path.conditions.oversize = oversize
        #expect(path.fate(ofDatagram: 1401, at: Self.start) == .lost(loss))
        #expect(
            path.fate(ofDatagram: 1400, at: Self.start)
                == .arrives(at: Self.start + .milliseconds(1), again: nil, changedBit: nil))
        #expect(path.datagramsLost == 1)
        // A stream is not cut by it.
        #expect(path.arrivalInOrder(byteCount: 100_000, at: Self.start) == Self.start + .milliseconds(1))
    }

    @Test func `into a blackhole everything goes`() {
        var path = SimulatedPath()
        path.isBlackhole = true
        #expect(path.fate(ofDatagram: 1, at: Self.start) == .lost(.blackhole))
        path.isBlackhole = false
        #expect(
            path.fate(ofDatagram: 1, at: Self.start) == .arrives(at: Self.start + .milliseconds(1), again: nil, changedBit: nil))
    }

    @Test func `the same seed does the same, another one something else`() {
        var conditions = NetworkConditions(jitter: .milliseconds(30), jitterKind: .normalInOrder, loss: 0.2, reordering: 0.2)
        conditions.bursts = .init(probability: 0.05, length: 3)
        conditions.duplication = 0.2
        conditions.corruption = 0.2
        #expect(Self.fates(conditions, count: 500, seed: 7) == Self.fates(conditions, count: 500, seed: 7))
        #expect(Self.fates(conditions, count: 500, seed: 7) != Self.fates(conditions, count: 500, seed: 8))
    }
}
