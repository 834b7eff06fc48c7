import Testing

@testable import RTSPTestKit

@Suite struct SimulatedNetworkTests {
    typealias Network = SimulatedNetwork
    typealias Arrival = SimulatedNetwork.Arrival

    private static let start = ContinuousClock.now
    private static let client = Network.Address("c", 5000)
    private static let server = Network.Address("s", 554)

    /// What arrives until nothing is underway, each with its time in milliseconds.
    private static func arrivals(_ network: inout Network, until end: Int = 1_000_000) -> [Timed] {
        var arrivals: [Timed] = []
        while let next = network.nextArrival, next <= start + .milliseconds(end) {
            guard let arrival = network.receive(at: next) else { continue }
            arrivals.append(Timed(arrival, Int(start.duration(to: next) / .milliseconds(1))))
        }
        return arrivals
    }

    private struct Timed: Hashable {
        var arrival: Arrival
        var time: Int

        init(_ arrival: Arrival, _ time: Int) { (self.arrival, self.time) = (arrival, time) }
    }

    /// A network of 10 ms with a connection that stands since 20 ms.
    private static func connected(
        _ conditions: NetworkConditions = NetworkConditions(delay: .milliseconds(10))
    ) -> (network: Network, id: Network.ConnectionID) {
        var network = Network(conditions)
        network.listen(at: server)
        let id = network.connect(from: client, to: server, at: start)
        _ = arrivals(&network)
        return (network, id)
    }

    private static func at(_ milliseconds: Int) -> ContinuousClock.Instant { start + .milliseconds(milliseconds) }

    // MARK: Datagrams

    @Test func `a datagram arrives as it was sent, and its number tells which it was`() {
        var network = Network(NetworkConditions(delay: .milliseconds(10)))
        network.send(datagram: [1, 2], from: Self.client, to: Self.server, at: Self.start)
        network.send(datagram: [3], from: Self.client, to: Self.server, at: Self.at(5))
        network.send(datagram: [], from: Self.server, to: Self.client, at: Self.at(6))
        #expect(
            Self.arrivals(&network) == [
                .init(.datagram([1, 2], from: Self.client, to: Self.server, serial: 0), 10),
                .init(.datagram([3], from: Self.client, to: Self.server, serial: 1), 15),
                .init(.datagram([], from: Self.server, to: Self.client, serial: 0), 16),
            ])
        #expect(network.datagrams(to: Self.server).sent == 2)
        #expect(network.datagrams(to: .init("nobody", 1)).sent == 0)
    }

    @Test func `what becomes of datagrams is counted for each address, by reason`() {
        var conditions = NetworkConditions(loss: 0.2)
        conditions.duplication = 0.1
        conditions.corruption = 0.1
        conditions.maximumDatagram = 50
        var network = Network(conditions, seed: 3)
        for index in 0..<2000 {
            let bytes = [UInt8](repeating: 0, count: index % 10 == 0 ? 51 : 50)
            network.send(datagram: bytes, from: Self.client, to: Self.server, at: Self.at(index))
        }
        var (copies, changed, serials): (Int, Int, Set<Int>) = (0, 0, [])
        for timed in Self.arrivals(&network) {
            guard case .datagram(let bytes, _, _, let serial) = timed.arrival else { continue }
            let bits = bytes.reduce(0) { $0 + $1.nonzeroBitCount }
            #expect(bits <= 1)
            if !serials.insert(serial).inserted { copies += 1 } else { changed += bits }
        }
        let counters = network.datagrams(to: Self.server)
        #expect(counters.sent == 2000)
        #expect(counters.lost[.tooLong] == 200)
        #expect((300...420).contains(counters.lost[.lost] ?? 0))
        #expect(counters.lostCount == 2000 - serials.count)
        #expect(Set(counters.lostSerials).isDisjoint(with: serials))
        #expect(counters.lostCount(between: -1, and: 2000) == counters.lostCount)
        #expect(counters.lostCount(between: 9, and: 11) == 1)
        #expect((counters.duplicated, counters.changed) == (copies, changed))
        #expect(copies > 100)
    }

    @Test func `each pair of hosts has a path of its own, in each direction`() {
        var network = Network(NetworkConditions(delay: .milliseconds(10)))
        network.setConditions(NetworkConditions(delay: .milliseconds(50)), from: "s", to: "c")
        network.setConditions(NetworkConditions(loss: 1), from: "c", to: "other")
        network.send(datagram: [1], from: Self.client, to: Self.server, at: Self.start)
        network.send(datagram: [2], from: Self.server, to: Self.client, at: Self.start)
        network.send(datagram: [3], from: Self.client, to: .init("other", 9), at: Self.start)
        #expect(Self.arrivals(&network).map(\.time) == [10, 50])
        #expect(network.datagrams(to: .init("other", 9)).lost == [.lost: 1])
    }

    // MARK: Connections

    @Test func `a connection stands at the listening side first, then at the other`() {
        var network = Network(NetworkConditions(delay: .milliseconds(10)))
        network.listen(at: Self.server)
        let id = network.connect(from: Self.client, to: Self.server, at: Self.start)
        #expect(network.hasConnection(id))
        #expect(
            Self.arrivals(&network) == [
                .init(.accepted(id, from: Self.client, to: Self.server), 10), .init(.connected(id), 20),
            ])
        #expect(network.connectionCount == 1)
        #expect(network.connect(from: Self.client, to: Self.server, at: Self.start) != id)
    }

    @Test func `where nobody listens, connecting is refused and leaves nothing`() {
        var network = Network(NetworkConditions(delay: .milliseconds(10)))
        network.listen(at: .init("s", 555))
        let id = network.connect(from: Self.client, to: Self.server, at: Self.start)
        #expect(Self.arrivals(&network) == [.init(.refused(id), 20)])
        #expect(network.connectionCount == 0)
        network.write([1], to: id, from: .client, at: Self.at(30))
        network.close(id, from: .client, at: Self.at(30))
        #expect(Self.arrivals(&network) == [])
    }

    @Test(arguments: [1...1, 1...7, 3...3, 100...1000])
    func `bytes come in pieces of the sizes asked for, in order and all of them`(_ sizes: ClosedRange<Int>) {
        var conditions = NetworkConditions(delay: .milliseconds(10), jitter: .milliseconds(50), loss: 0.5)
        conditions.pieces = sizes
        var (network, id) = Self.connected(conditions)
        let sent = (0..<500).map { UInt8(truncatingIfNeeded: $0) }
        network.write(Array(sent[..<200]), to: id, from: .client, at: Self.at(100))
        network.write(Array(sent[200...]), to: id, from: .client, at: Self.at(105))
        let pieces = Self.arrivals(&network).compactMap { timed -> [UInt8]? in
            if case .bytes(let bytes, id, .server) = timed.arrival { bytes } else { nil }
        }
        #expect(Array(pieces.joined()) == sent)
        #expect(pieces.allSatisfy { $0.count <= sizes.upperBound })
        // Only the last of each write may be shorter.
        #expect(pieces.count { $0.count < sizes.lowerBound } <= 2)
        #expect(pieces.count >= 500 / sizes.upperBound)
    }

    @Test func `a side that has written more than the window cannot write until enough was read`() {
        var (network, id) = Self.connected()
        network.window = 100
        network.setReading(false, id, at: .server, at: Self.at(20))
        network.write([UInt8](repeating: 1, count: 100), to: id, from: .client, at: Self.at(30))
        #expect(network.isWritable(id, from: .client))
        network.write([2], to: id, from: .client, at: Self.at(30))
        #expect(!network.isWritable(id, from: .client))
        #expect(network.isWritable(id, from: .server))
        #expect(Self.arrivals(&network) == [])
        network.setReading(true, id, at: .server, at: Self.at(500))
        #expect(
            Self.arrivals(&network) == [
                .init(.bytes([UInt8](repeating: 1, count: 100), id, at: .server), 500),
                .init(.bytes([2], id, at: .server), 500), .init(.writable(id, at: .client), 500),
            ])
        #expect(network.isWritable(id, from: .client))
        #expect(!network.isWritable(.init(99), from: .client))
    }

    @Test func `what waits for a reader comes before what arrives later`() {
        var (network, id) = Self.connected()
        network.setReading(false, id, at: .client, at: Self.at(20))
        for index in 0..<5 { network.write([UInt8(index)], to: id, from: .server, at: Self.at(20 + index)) }
        #expect(Self.arrivals(&network, until: 32) == [])
        network.setReading(true, id, at: .client, at: Self.at(32))
        #expect(Self.arrivals(&network).map(\.time) == [32, 32, 32, 33, 34])
    }

    // MARK: Closing

    @Test func `who closes is done at once, the other learns of it behind what was sent before`() {
        var (network, id) = Self.connected()
        network.write([7], to: id, from: .client, at: Self.at(50))
        network.close(id, from: .client, at: Self.at(50))
        network.write([8], to: id, from: .client, at: Self.at(51))
        network.write([9], to: id, from: .server, at: Self.at(51))
        #expect(
            Self.arrivals(&network) == [
                .init(.closed(id, at: .client), 50), .init(.bytes([7], id, at: .server), 60), .init(.closed(id, at: .server), 60),
            ])
        #expect(network.connectionCount == 0)
    }

    @Test func `who lingers still hears what the other has sent until it closes, too`() {
        var (network, id) = Self.connected()
        network.close(id, from: .server, isLingering: true, at: Self.at(50))
        network.write([9], to: id, from: .client, at: Self.at(55))
        #expect(
            Self.arrivals(&network) == [
                .init(.closed(id, at: .client), 60), .init(.bytes([9], id, at: .server), 65), .init(.closed(id, at: .server), 70),
            ])
        #expect(network.connectionCount == 0)
    }

    @Test func `lingering for a peer that gives no answer has an end`() {
        var (network, id) = Self.connected()
        network.setBlackhole(true, between: "c", and: "s", at: Self.at(40))
        network.close(id, from: .server, isLingering: true, at: Self.at(50))
        #expect(Self.arrivals(&network) == [.init(.closed(id, at: .server), 2050)])
        #expect(network.hasConnection(id))
        network.close(id, from: .client, at: Self.at(3000))
        #expect(Self.arrivals(&network) == [.init(.closed(id, at: .client), 3000)])
        #expect(network.connectionCount == 0)
    }

    @Test func `a side that does not read does not learn of the end either, until it reads`() {
        var (network, id) = Self.connected()
        network.setReading(false, id, at: .client, at: Self.at(20))
        network.write([1], to: id, from: .server, at: Self.at(30))
        network.close(id, from: .server, at: Self.at(31))
        #expect(Self.arrivals(&network) == [.init(.closed(id, at: .server), 31)])
        network.setReading(true, id, at: .client, at: Self.at(400))
        #expect(
            Self.arrivals(&network) == [
                .init(.bytes([1], id, at: .client), 400), .init(.closed(id, at: .client), 400),
            ])
        #expect(network.connectionCount == 0)
    }

    // MARK: Faults

    @Test func `a reset is known at both sides at once, and what was underway is gone`() {
        var (network, id) = Self.connected()
        network.setReading(false, id, at: .server, at: Self.at(20))
        network.write([1], to: id, from: .client, at: Self.at(30))
        network.write([2], to: id, from: .server, at: Self.at(45))
        network.carryOut(.reset, on: id, at: Self.at(50))
        #expect(
            Self.arrivals(&network) == [.init(.closed(id, at: .client), 50), .init(.closed(id, at: .server), 50)])
        #expect(network.connectionCount == 0)
    }

    @Test func `a fault comes right after the write it was planned for, counted over both sides`() {
        var (network, id) = Self.connected()
        network.plan(.reset, afterWrite: 3, of: id)
        network.write([1], to: id, from: .client, at: Self.at(30))
        network.write([], to: id, from: .client, at: Self.at(31))
        network.write([2], to: id, from: .server, at: Self.at(50))
        #expect(Self.arrivals(&network, until: 69).count == 2)
        #expect(network.connectionCount == 1)
        network.write([3], to: id, from: .client, at: Self.at(70))
        #expect(
            Self.arrivals(&network) == [.init(.closed(id, at: .client), 70), .init(.closed(id, at: .server), 70)])
        #expect(network.connectionCount == 0)
    }

    @Test func `through a blackhole nothing passes, and streams go on behind it where they were`() {
        var (network, id) = Self.connected()
        network.write([1], to: id, from: .client, at: Self.at(30))
        network.carryOut(.blackhole, on: id, at: Self.at(31))
        network.write([2], to: id, from: .client, at: Self.at(32))
        network.write([3], to: id, from: .server, at: Self.at(33))
        network.send(datagram: [4], from: Self.server, to: Self.client, at: Self.at(34))
        // What was on its way when it opened still arrives.
        #expect(Self.arrivals(&network) == [.init(.bytes([1], id, at: .server), 40)])
        network.setBlackhole(false, between: "c", and: "s", at: Self.at(100))
        network.write([5], to: id, from: .client, at: Self.at(100))
        #expect(
            Set(Self.arrivals(&network)) == [
                .init(.bytes([2], id, at: .server), 110), .init(.bytes([5], id, at: .server), 110),
                .init(.bytes([3], id, at: .client), 110),
            ])
        #expect(network.datagrams(to: Self.client).lost == [.blackhole: 1])
    }

    @Test func `a close in a blackhole is told behind it, after what was written before`() {
        var (network, id) = Self.connected()
        network.setBlackhole(true, between: "s", and: "c", at: Self.at(30))
        network.write([2], to: id, from: .client, at: Self.at(32))
        network.close(id, from: .client, at: Self.at(33))
        #expect(Self.arrivals(&network) == [.init(.closed(id, at: .client), 33)])
        #expect(network.connectionCount == 1)
        network.setBlackhole(false, between: "c", and: "s", at: Self.at(100))
        #expect(
            Self.arrivals(&network) == [
                .init(.bytes([2], id, at: .server), 110), .init(.closed(id, at: .server), 110),
            ])
        #expect(network.connectionCount == 0)
    }

    @Test func `connecting through a blackhole takes until it ends, or until the host gives up`() {
        var network = Network(NetworkConditions(delay: .milliseconds(10)))
        network.listen(at: Self.server)
        network.setBlackhole(true, between: "c", and: "s", at: Self.start)
        var forever = network
        let vain = forever.connect(from: Self.client, to: Self.server, at: Self.start)
        #expect(Self.arrivals(&forever) == [.init(.refused(vain), 5000)])
        #expect(!forever.hasConnection(vain))
        let id = network.connect(from: Self.client, to: Self.server, at: Self.start)
        #expect(network.nextArrival == Self.at(5000))
        network.setBlackhole(false, between: "c", and: "s", at: Self.at(200))
        #expect(
            Self.arrivals(&network) == [
                .init(.accepted(id, from: Self.client, to: Self.server), 210), .init(.connected(id), 220),
            ])
        // Who gives up meanwhile has connected to nobody.
        network.setBlackhole(true, between: "c", and: "s", at: Self.at(300))
        let other = network.connect(from: Self.client, to: Self.server, at: Self.at(300))
        network.close(other, from: .client, at: Self.at(310))
        network.setBlackhole(false, between: "c", and: "s", at: Self.at(400))
        #expect(!Self.arrivals(&network).contains { $0.time >= 400 })
        #expect(!network.hasConnection(other))
    }

    // MARK: Power

    @Test func `nothing reaches a dead host or leaves it, and nobody is told`() {
        var (network, id) = Self.connected()
        network.write([1], to: id, from: .server, at: Self.at(28))
        network.send(datagram: [2], from: Self.server, to: Self.client, at: Self.at(28))
        network.setBlackhole(true, between: "c", and: "s", at: Self.at(29))
        network.write([9], to: id, from: .client, at: Self.at(30))
        network.kill(host: "c")
        network.write([3], to: id, from: .client, at: Self.at(31))
        network.send(datagram: [4], from: Self.client, to: Self.server, at: Self.at(31))
        network.close(id, from: .client, at: Self.at(32))
        #expect(Self.arrivals(&network) == [])
        #expect(network.hasConnection(id))
        let another = network.connect(from: Self.client, to: Self.server, at: Self.at(33))
        #expect(!network.hasConnection(another))
        // Neither what waited at its side.
        network.setBlackhole(false, between: "c", and: "s", at: Self.at(90))
        #expect(Self.arrivals(&network) == [])
        network.close(id, from: .server, isLingering: true, at: Self.at(100))
        #expect(Self.arrivals(&network).map(\.arrival) == [.closed(id, at: .server)])
        #expect(network.connectionCount == 0)
    }

    @Test func `a host that is forgotten is like one that never was`() {
        var (network, id) = Self.connected()
        network.send(datagram: [1], from: Self.server, to: Self.client, at: Self.at(30))
        network.setConditions(NetworkConditions(delay: .milliseconds(500)), from: "c", to: "s")
        network.kill(host: "c")
        // Not while there is something of it.
        #expect(network.hasConnections(of: "c"))
        network.forget(host: "c")
        #expect(network.datagrams(to: Self.client).sent == 1)
        network.close(id, from: .server, at: Self.at(40))
        _ = Self.arrivals(&network)
        #expect(!network.hasConnections(of: "c"))
        network.forget(host: "c")
        #expect(network.datagrams(to: Self.client).sent == 0)
        #expect(network.paths.isEmpty)
        let other = network.connect(from: Self.client, to: Self.server, at: Self.at(100))
        #expect(
            Self.arrivals(&network) == [
                .init(.accepted(other, from: Self.client, to: Self.server), 110), .init(.connected(other), 120),
            ])
    }

    @Test func `a host that dies while it connects leaves nothing, neither does a server that dies before it accepts`() {
        var network = Network(NetworkConditions(delay: .milliseconds(10)))
        network.listen(at: Self.server)
        let id = network.connect(from: Self.client, to: Self.server, at: Self.start)
        network.kill(host: "c")
        #expect(Self.arrivals(&network) == [])
        #expect(!network.hasConnection(id))
        let other = network.connect(from: .init("d", 1), to: Self.server, at: Self.at(100))
        network.kill(host: "s")
        #expect(Self.arrivals(&network).allSatisfy { $0.arrival == .connected(other) })
        network.close(other, from: .client, at: Self.at(200))
        #expect(Self.arrivals(&network) == [.init(.closed(other, at: .client), 200)])
        #expect(network.connectionCount == 0)
    }
}
