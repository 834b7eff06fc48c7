/// Hosts joined by a network in virtual time: datagrams between any two addresses, and connections that carry streams of bytes.
///
/// It carries bytes and knows nothing of what they mean. Whoever owns it sends with the time, asks ``nextArrival``, and takes what
/// has arrived with ``receive(at:)``. All that is random follows from the seed, for each pair of hosts on its own.
public struct SimulatedNetwork: Sendable {
    /// A port of a host.
    public struct Address: Sendable, Hashable, CustomStringConvertible {
        /// The host; any text.
        public var host: String
        /// The port.
        public var port: UInt16

        /// An address.
        public init(_ host: String, _ port: UInt16) {
            self.host = host
            self.port = port
        }

        /// For example `192.0.2.1:554`.
        public var description: String { "\(host):\(port)" }
    }

    /// Names a connection; numbers are not used twice.
    public struct ConnectionID: Sendable, Hashable {
        /// The number, from 1 on in the order of connecting.
        public let number: Int

        /// The connection of this number.
        public init(_ number: Int) { self.number = number }
    }

    /// One of the two ends of a connection.
    public enum Side: Sendable, Hashable, CaseIterable {
        /// The one that connected.
        case client
        /// The one that listened.
        case server

        /// The other one.
        public var other: Side { self == .client ? .server : .client }
    }

    /// What comes out of the network.
    public enum Arrival: Sendable, Hashable {
        /// A datagram; `serial` counts the datagrams that were sent to this address, from 0 on.
        case datagram([UInt8], from: Address, to: Address, serial: Int)
        /// The connection stands, at its listening side.
        case accepted(ConnectionID, from: Address, to: Address)
        /// The connection stands, at its connecting side.
        case connected(ConnectionID)
        /// Nobody listens there, or nothing passes.
        case refused(ConnectionID)
        /// Bytes of a connection, at this side.
        case bytes([UInt8], ConnectionID, at: Side)
        /// This side can write again.
        case writable(ConnectionID, at: Side)
        /// The connection is over at this side: closed by either, or broken.
        case closed(ConnectionID, at: Side)
    }

    /// What the network does to a connection of its own accord.
    public enum Fault: Sendable, Hashable {
        /// It breaks; both sides learn of it, and what was underway is gone.
        case reset
        /// Between its two hosts nothing passes any more, in neither direction, and nobody learns of it.
        case blackhole
    }

    /// How many bytes a side may have written that the other has not read, before it cannot write.
    public var window = 65_536
    /// How long a host goes on trying to connect where nothing passes.
    public var connectTime: Duration = .seconds(5)
    /// How long a side that has closed waits for an answer from a peer that gives none.
    public var lingerTime: Duration = .seconds(2)
    /// What happens between hosts that no other conditions were given for.
    public let conditions: NetworkConditions
    let seed: UInt64
    var paths: [HostPair: SimulatedPath] = [:]
    var connections: [Int: Connection] = [:]
    var counters: [Address: DatagramCounters] = [:]
    private var listeners: Set<Address> = []
    private var deadHosts: Set<String> = []
    private var underway = MomentQueue<Arrival>()
    private var lastConnection = 0

    /// A network without hosts.
    public init(_ conditions: NetworkConditions = NetworkConditions(), seed: UInt64 = 1) {
        self.conditions = conditions
        self.seed = seed
    }

    /// When the next arrives.
    public var nextArrival: ContinuousClock.Instant? { underway.first }

    /// Whether a connection is not over at both sides yet.
    public func hasConnection(_ id: ConnectionID) -> Bool { connections[id.number] != nil }

    /// How many connections there are that are not over at both sides.
    public var connectionCount: Int { connections.count }

    /// Takes the next that has arrived by `now`.
    public mutating func receive(at now: ContinuousClock.Instant) -> Arrival? {
        while let arrival = underway.take(by: now) {
            if let arrival = admit(arrival, at: now) { return arrival }
        }
        return nil
    }

    // MARK: Datagrams

    /// Sends a datagram. It arrives only at hosts that are alive; ports need not be opened.
    public mutating func send(datagram bytes: [UInt8], from: Address, to: Address, at now: ContinuousClock.Instant) {
        guard !deadHosts.contains(from.host) else { return }
        let pair = HostPair(from: from.host, to: to.host)
        let fate = self[pair].fate(ofDatagram: bytes.count, at: now)
        let serial = counters[to, default: DatagramCounters()].note(fate)
        guard case .arrives(let arrival, let again, let changedBit) = fate else { return }
        var bytes = bytes
        if let changedBit, bytes.indices.contains(changedBit / 8) { bytes[changedBit / 8] ^= 1 << UInt8(changedBit % 8) }
        let datagram = Arrival.datagram(bytes, from: from, to: to, serial: serial)
        underway.insert(datagram, at: arrival)
        if let again { underway.insert(datagram, at: again) }
    }

    /// What became of the datagrams that were sent to `address`.
    public func datagrams(to address: Address) -> DatagramCounters { counters[address] ?? DatagramCounters() }

    // MARK: Connections

    /// From now on connections to `address` are accepted.
    public mutating func listen(at address: Address) { listeners.insert(address) }

    /// Connects; ``Arrival/connected(_:)`` or ``Arrival/refused(_:)`` follows, unless nobody is there to say so.
    public mutating func connect(from: Address, to: Address, at now: ContinuousClock.Instant) -> ConnectionID {
        lastConnection += 1
        let id = ConnectionID(lastConnection)
        guard !deadHosts.contains(from.host) else { return id }
        let connection = Connection(client: from, server: to)
        connections[id.number] = connection
        let there = connection.pair(from: .client)
        if self[there].isBlackhole || self[there.reversed].isBlackhole {
            connections[id.number]?[.client].stalled.append(.open)
            underway.insert(.refused(id), at: now + connectTime)
        } else {
            open(id, connection, at: now)
        }
        return id
    }

    /// Writes to a connection, after everything written before. Without effect where this side has closed.
    public mutating func write(
        _ bytes: [UInt8], to id: ConnectionID, from side: Side, at now: ContinuousClock.Instant
    ) {
        guard !bytes.isEmpty, connections[id.number]?[side].hasClosed == false, isAlive(side, of: id) else { return }
        connections[id.number]?[side].unread += bytes.count
        let pair = connections[id.number]?.pair(from: side)
        if let pair, self[pair].isBlackhole {
            connections[id.number]?[side].stalled.append(.bytes(bytes))
        } else if let pair {
            for piece in pieces(of: bytes, on: pair) {
                let arrival = self[pair].arrivalInOrder(byteCount: piece.count, at: now)
                underway.insert(.bytes(piece, id, at: side.other), at: arrival)
            }
        }
        connections[id.number]?.writes += 1
        guard let plan = connections[id.number]?.plan, plan.write == connections[id.number]?.writes else { return }
        connections[id.number]?.plan = nil
        carryOut(plan.fault, on: id, at: now)
    }

    /// Whether a side can write: what it has written and the other has not read is within the ``window``.
    public func isWritable(_ id: ConnectionID, from side: Side) -> Bool {
        connections[id.number].map { $0[side].unread <= window } ?? false
    }

    /// Whether a side reads. What arrives meanwhile waits, and the other side feels it.
    public mutating func setReading(_ isReading: Bool, _ id: ConnectionID, at side: Side, at now: ContinuousClock.Instant) {
        connections[id.number]?[side].isReading = isReading
        guard isReading, let held = connections[id.number]?[side].held else { return }
        connections[id.number]?[side].held = []
        // Before what arrives at this very moment or later; nothing earlier can be underway.
        for arrival in held { underway.insert(arrival, at: now) }
    }

    /// This side has nothing more to say; the other learns that the connection is over once it has read what was sent before.
    /// - Parameter isLingering: whether this side goes on reading until the other has closed, too, for ``lingerTime`` at most;
    ///   otherwise the connection is over here at once.
    public mutating func close(
        _ id: ConnectionID, from side: Side, isLingering: Bool = false, at now: ContinuousClock.Instant
    ) {
        guard connections[id.number]?[side].hasClosed == false, isAlive(side, of: id),
            let pair = connections[id.number]?.pair(from: side)
        else { return }
        connections[id.number]?[side].hasClosed = true
        guard !self[pair].isBlackhole else {
            connections[id.number]?[side].stalled.append(.close)
            return underway.insert(.closed(id, at: side), at: isLingering ? now + lingerTime : now)
        }
        let arrival = self[pair].arrivalInOrder(at: now)
        if connections[id.number]?.isAccepted == true { underway.insert(.closed(id, at: side.other), at: arrival) }
        guard isLingering else { return underway.insert(.closed(id, at: side), at: now) }
        let answer = self[pair.reversed].isBlackhole ? now + lingerTime : self[pair.reversed].earliestArrival(at: arrival)
        underway.insert(.closed(id, at: side), at: max(answer, arrival))
    }

    /// Carries out `fault` right after the `write`th write to the connection, counted from 1 over both sides.
    public mutating func plan(_ fault: Fault, afterWrite write: Int, of id: ConnectionID) {
        connections[id.number]?.plan = Connection.Plan(fault: fault, write: max(1, write))
    }

    /// Does to a connection what networks do.
    public mutating func carryOut(_ fault: Fault, on id: ConnectionID, at now: ContinuousClock.Instant) {
        guard let connection = connections[id.number] else { return }
        switch fault {
        case .reset:
            connections[id.number]?.isReset = true
            for side in Side.allCases {
                connections[id.number]?[side].hasClosed = true
                connections[id.number]?[side].held = []
                underway.insert(.closed(id, at: side), at: now)
            }
        case .blackhole:
            setBlackhole(true, between: connection.client.host, and: connection.server.host, at: now)
        }
    }

    // MARK: Paths and hosts

    /// What happens from now on to what `from` sends to `to`.
    public mutating func setConditions(_ conditions: NetworkConditions, from: String, to: String) {
        let pair = HostPair(from: from, to: to)
        self[pair].conditions = conditions
    }

    /// Whether nothing passes between two hosts. Bytes of connections wait meanwhile and go on afterwards; datagrams are lost.
    public mutating func setBlackhole(
        _ isBlackhole: Bool, between one: String, and other: String, at now: ContinuousClock.Instant
    ) {
        for pair in [HostPair(from: one, to: other), HostPair(from: other, to: one)] {
            self[pair].isBlackhole = isBlackhole
        }
        guard !isBlackhole else { return }
        for number in connections.keys.sorted() {
            for side in Side.allCases { resume(ConnectionID(number), from: side, at: now) }
        }
    }

    /// A host loses power: nothing reaches it or leaves it any more, and nobody is told.
    public mutating func kill(host: String) {
        deadHosts.insert(host)
        // What nobody has accepted yet nobody will close.
        connections = connections.filter { $0.value.isAccepted || $0.value.client.host != host }
    }

    /// Whether a host is at one end of a connection that is not over at both sides yet.
    public func hasConnections(of host: String) -> Bool {
        connections.values.contains { $0.client.host == host || $0.server.host == host }
    }

    /// Forgets a host that has no connections any more: whether it has power, its paths, and what was counted for it.
    public mutating func forget(host: String) {
        guard !hasConnections(of: host) else { return }
        deadHosts.remove(host)
        listeners = listeners.filter { $0.host != host }
        paths = paths.filter { $0.key.from != host && $0.key.to != host }
        counters = counters.filter { $0.key.host != host }
    }

    // MARK: Inside

    private mutating func open(_ id: ConnectionID, _ connection: Connection, at now: ContinuousClock.Instant) {
        let there = connection.pair(from: .client)
        let arrival = self[there].arrivalInOrder(at: now)
        let answer = self[there.reversed].arrivalInOrder(at: arrival)
        if listeners.contains(connection.server) {
            connections[id.number]?.isAnswered = true
            underway.insert(.accepted(id, from: connection.client, to: connection.server), at: arrival)
            underway.insert(.connected(id), at: answer)
        } else {
            underway.insert(.refused(id), at: answer)
        }
    }

    private mutating func resume(_ id: ConnectionID, from side: Side, at now: ContinuousClock.Instant) {
        guard let connection = connections[id.number], !connection[side].stalled.isEmpty, isAlive(side, of: id) else { return }
        let pair = connection.pair(from: side)
        guard !self[pair].isBlackhole else { return }
        connections[id.number]?[side].stalled = []
        for parcel in connection[side].stalled {
            switch parcel {
            case .open: open(id, connection, at: now)
            case .bytes(let bytes):
                for piece in pieces(of: bytes, on: pair) {
                    let arrival = self[pair].arrivalInOrder(byteCount: piece.count, at: now)
                    underway.insert(.bytes(piece, id, at: side.other), at: arrival)
                }
            case .close:
                underway.insert(.closed(id, at: side.other), at: self[pair].arrivalInOrder(at: now))
            }
        }
    }

    /// Lets an arrival through, holds it back, or drops it.
    private mutating func admit(_ arrival: Arrival, at now: ContinuousClock.Instant) -> Arrival? {
        switch arrival {
        case .datagram(_, _, let to, _):
            return deadHosts.contains(to.host) ? nil : arrival
        case .accepted(let id, _, let to):
            guard connections[id.number] != nil, !deadHosts.contains(to.host) else { return nil }
            connections[id.number]?.isAccepted = true
            return arrival
        case .connected(let id):
            return reaches(id, .client) ? arrival : nil
        case .refused(let id):
            guard connections[id.number]?.isAnswered == false else { return nil }
            connections[id.number] = nil
            return arrival
        case .writable(let id, let side):
            return reaches(id, side) ? arrival : nil
        case .bytes(let bytes, let id, let side):
            guard reaches(id, side), connections[id.number]?.isReset == false else { return nil }
            guard connections[id.number]?[side].isReading == true else {
                connections[id.number]?[side].held.append(arrival)
                return nil
            }
            noteRead(bytes.count, id, by: side, at: now)
            return arrival
        case .closed(let id, let side):
            return admitClosing(arrival, id, side)
        }
    }

    private mutating func admitClosing(_ arrival: Arrival, _ id: ConnectionID, _ side: Side) -> Arrival? {
        guard let connection = connections[id.number], !connection[side].isOver else { return nil }
        if !connection.isReset, !connection[side].isReading, !connection[side].hasClosed {
            connections[id.number]?[side].held.append(arrival)
            return nil
        }
        connections[id.number]?[side].isOver = true
        connections[id.number]?[side].hasClosed = true
        let isOverThere = connection[side.other].isOver || deadHosts.contains(connection.address(of: side.other).host)
        if isOverThere || !connection.isAccepted { connections[id.number] = nil }
        return deadHosts.contains(connection.address(of: side).host) ? nil : arrival
    }

    /// Whether the host at a side of a connection has power.
    private func isAlive(_ side: Side, of id: ConnectionID) -> Bool {
        connections[id.number].map { !deadHosts.contains($0.address(of: side).host) } ?? false
    }

    /// Whether a side still hears of its connection.
    private func reaches(_ id: ConnectionID, _ side: Side) -> Bool {
        guard let connection = connections[id.number] else { return false }
        return !connection[side].isOver && !deadHosts.contains(connection.address(of: side).host)
    }

    private mutating func noteRead(_ byteCount: Int, _ id: ConnectionID, by side: Side, at now: ContinuousClock.Instant) {
        let wasFull = !isWritable(id, from: side.other)
        connections[id.number]?[side.other].unread -= byteCount
        if wasFull, isWritable(id, from: side.other) { underway.insert(.writable(id, at: side.other), at: now) }
    }

    private mutating func pieces(of bytes: [UInt8], on pair: HostPair) -> [[UInt8]] {
        guard let sizes = self[pair].conditions.pieces else { return [bytes] }
        var pieces: [[UInt8]] = []
        var start = 0
        while start < bytes.count {
            let size = max(1, self[pair].drawPiece(sizes))
            pieces.append(Array(bytes[start..<min(start + size, bytes.count)]))
            start += size
        }
        return pieces
    }
}
