internal import MJPEGSource
internal import RTPTransport
public import RTSPKit

/// What happens at one moment: arrivals, occasions, deadlines.
extension Simulation {
    /// Something that is to happen at a certain moment.
    enum Occasion: Sendable {
        case command(Command, SimulatedClient.ID)
        case answer(server: Int, connection: Int, ServerQuestion)
        case film(Film)
        case endLive(LivePresentationID, server: Int)
        case fault(SimulatedNetwork.Fault, SimulatedClient.ID)
        case clearBlackhole(SimulatedClient.ID)
        case shutDown(server: Int)
    }

    /// What a user does.
    public enum Command: Sendable, Hashable {
        /// Connect.
        case connect
        /// PLAY.
        case play(NormalPlayTimeRange?)
        /// PAUSE.
        case pause
        /// TEARDOWN.
        case tearDown
        /// Close the control connection without a word.
        case disconnect
        /// Lose power: nothing leaves or arrives any more, and nobody is told.
        case losePower
        /// Stop reading the control connection.
        case stopReading
        /// Read it again.
        case goOnReading
    }

    /// Pictures that a camera takes at an even rate.
    struct Film: Sendable {
        var id: LivePresentationID
        var server: Int
        var interval: Duration
        var left: Int
        var size: Int
        var seed: UInt64
    }

    mutating func step(to moment: ContinuousClock.Instant) -> Bool {
        guard violation == nil, !isStuck else { return false }
        turnsAtThisMoment = moment <= now ? turnsAtThisMoment + 1 : 0
        guard turnsAtThisMoment < 100_000 else {
            isStuck = true
            return false
        }
        now = max(now, moment)
        steps += 1
        if let arrival = network.receive(at: now) {
            take(arrival)
        } else if let occasion = agenda.take(by: now) {
            take(occasion)
        } else {
            takeDeadline()
        }
        check()
        return true
    }

    private mutating func check() {
        for invariant in invariants {
            guard violation == nil, let complaint = invariant.complaint(self) else { continue }
            violation = Violation(
                invariant: invariant.name, complaint: complaint, seed: seed, step: steps, time: start.duration(to: now),
                transcript: transcript ?? Transcript(start: start))
        }
    }

    private mutating func takeDeadline() {
        for index in servers.indices {
            var due: Int?
            for (number, deadline) in servers[index].deadlines where deadline <= now { due = min(due ?? number, number) }
            if let due { return enter(.advance, server: index, connection: due) }
        }
        for index in clients.indices where clients[index].hasPower && isDue(clients[index].deadline) {
            return enter(.advance, client: index)
        }
    }

    private func isDue(_ deadline: ContinuousClock.Instant?) -> Bool { deadline.map { $0 <= now } ?? false }

    // MARK: Arrivals

    private mutating func take(_ arrival: SimulatedNetwork.Arrival) {
        switch arrival {
        case .accepted(let id, let from, _): accept(id, from: from)
        case .connected(let id):
            guard let owners = owners[id.number], clients[owners.client].control == id else { return }
            enter(.connected, client: owners.client)
        case .refused(let id):
            guard let owners = owners.removeValue(forKey: id.number), clients[owners.client].control == id else { return }
            clients[owners.client].control = nil
            enter(.connectionClosed, client: owners.client)
        case .bytes(let bytes, let id, let side):
            guard let owners = owners[id.number] else { return }
            if side == .server {
                enter(.bytes(bytes), server: owners.server, connection: id.number)
            } else if clients[owners.client].control == id {
                enter(.bytes(bytes), client: owners.client)
            }
        case .writable(let id, let side):
            guard side == .server, let owners = owners[id.number] else { return }
            noteBlocked(server: owners.server, connection: id.number)
            enter(.transportReady, server: owners.server, connection: id.number)
        case .closed(let id, let side): close(id, at: side)
        case .datagram(let bytes, let from, let to, let serial): take(bytes, from: from, to: to, serial: serial)
        }
    }

    private mutating func accept(_ id: SimulatedNetwork.ConnectionID, from: SimulatedNetwork.Address) {
        guard let owners = owners[id.number] else { return }
        let configuration = servers[owners.server].configuration
        servers[owners.server].peers[id.number] = SimulatedServer.Peer(
            connection: ServerConnection(peer: from.host, configuration: configuration, at: now), address: from)
        servers[owners.server].deadlines[id.number] = servers[owners.server].peers[id.number]?.connection.deadline
        begin(.init(.server, id.number), .server(configuration, peer: from.host))
    }

    private mutating func close(_ id: SimulatedNetwork.ConnectionID, at side: SimulatedNetwork.Side) {
        guard let owners = owners[id.number] else { return }
        defer {
            if !network.hasConnection(id) {
                self.owners[id.number] = nil
                forgetDeparted()
            }
        }
        switch side {
        case .server:
            enter(.connectionClosed, server: owners.server, connection: id.number)
            network.close(id, from: .server, at: now)
        case .client:
            network.close(id, from: .client, at: now)
            guard clients[owners.client].control == id else { return }
            clients[owners.client].control = nil
            enter(.connectionClosed, client: owners.client)
        }
    }

    private mutating func take(
        _ bytes: [UInt8], from: SimulatedNetwork.Address, to: SimulatedNetwork.Address, serial: Int
    ) {
        // By index: whole elements are not copied for a look at their host.
        if let index = servers.indices.first(where: { servers[$0].host == to.host }) {
            guard to.port == servers[index].configuration.mediaPorts?.rtcp, let reporter = servers[index].reporters[from] else {
                return
            }
            return enter(.report(bytes, reporter.stream), server: index, connection: reporter.connection)
        }
        guard let index = clients.indices.first(where: { clients[$0].host == to.host }),
            from.host == servers[clients[index].server.index].host, let ports = clients[index].configuration.clientPorts
        else { return }
        if to.port == ports.rtp {
            noteMedia(bytes, serial: serial, client: index)
            enter(.rtp(bytes), client: index)
        } else if to.port == ports.rtcp {
            enter(.rtcp(bytes), client: index)
        }
    }

    /// What the network brought, for comparison with what the client says of it.
    private mutating func noteMedia(_ bytes: [UInt8], serial: Int, client index: Int) {
        guard case .datagrams = clients[index].route, clients[index].takesMedia,
            let header = try? RTPHeader.parse(bytes.span).header
        else { return }
        if clients[index].oracle.receive(header, at: now) { clients[index].received.insert(serial) }
    }

    // MARK: Occasions

    private mutating func take(_ occasion: Occasion) {
        switch occasion {
        case .command(let command, let client): perform(command, client)
        case .answer(let server, let connection, let question): answer(question, server: server, connection: connection)
        case .film(var film):
            let frame = MJPEGFrame(
                image: SyntheticPicture(scanBytes: film.size, seed: film.seed).bytes, presentationTime: .zero)
            _ = try? capture(frame, of: film.id, on: SimulatedServer.ID(index: film.server))
            (film.left, film.seed) = (film.left - 1, film.seed &+ 1)
            if film.left > 0 { agenda.insert(.film(film), at: now + film.interval) }
        case .endLive(let id, let server): endLive(id, on: SimulatedServer.ID(index: server))
        case .fault(let fault, let client): carryOut(fault, on: client)
        case .clearBlackhole(let client):
            guard isPresent(client) else { return }
            let there = servers[clients[client.index].server.index].host
            network.setBlackhole(false, between: clients[client.index].host, and: there, at: now)
        case .shutDown(let server): shutDown(SimulatedServer.ID(index: server))
        }
    }
}
