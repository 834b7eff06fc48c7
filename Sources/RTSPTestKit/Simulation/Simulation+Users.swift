public import MJPEGSource
public import RTPTransport
public import RTSPKit

/// What the people around the machines do: users, the owners of servers, and the network's.
extension Simulation {
    // MARK: Users

    /// The client makes its control connection.
    public mutating func connect(_ client: SimulatedClient.ID) {
        guard isPresent(client), clients[client.index].hasPower else { return }
        clients[client.index].connectionsMade += 1
        let owner = clients[client.index]
        let port = 49_151 + UInt16(truncatingIfNeeded: owner.connectionsMade)
        let control = network.connect(
            from: .init(owner.host, port), to: .init(servers[owner.server.index].host, Self.controlPort), at: now)
        owners[control.number] = Owners(client: client.index, server: owner.server.index)
        clients[client.index].control = control
        if let plan = owner.plan { network.plan(plan.fault, afterWrite: plan.message, of: control) }
        clients[client.index].plan = nil
        if !owner.isReading { network.setReading(false, control, at: .client, at: now) }
    }

    /// PLAY.
    public mutating func play(
        _ client: SimulatedClient.ID, _ range: NormalPlayTimeRange? = nil
    ) throws(ClientConnection.CommandError) {
        try obey(.play(range), client)
    }

    /// PAUSE.
    public mutating func pause(_ client: SimulatedClient.ID) throws(ClientConnection.CommandError) {
        try obey(.pause, client)
    }

    /// TEARDOWN.
    public mutating func tearDown(_ client: SimulatedClient.ID) { _ = try? obey(.tearDown, client) }

    /// Anything that a user can do, now. What the client refuses in its state is without effect.
    public mutating func perform(_ command: Command, _ client: SimulatedClient.ID) {
        _ = try? obey(command, client)
    }

    /// Anything that a user can do, `delay` from now. What the client refuses in its state then is without effect.
    public mutating func schedule(_ command: Command, _ client: SimulatedClient.ID, after delay: Duration) {
        agenda.insert(.command(command, client), at: now + delay)
    }

    // MARK: Owners of servers

    /// Offers `presentation` at `path`; a live one is not known to the simulation, which must be told of its frames.
    public mutating func offer(_ presentation: Presentation, at path: String, on server: SimulatedServer.ID) {
        servers[server.index].presentations[path] = presentation
        note(presentation, at: path)
    }

    /// Offers a live presentation at `path`; what is random about it is drawn from `setup.seed`.
    public mutating func offer(_ setup: Transcript.LiveSetup, at path: String, on server: SimulatedServer.ID) {
        var seeded = SeededGenerator(seed: setup.seed)
        let live = LivePresentation(
            id: setup.id, name: setup.name, framesPerSecond: setup.framesPerSecond, packetSize: setup.packetSize,
            canonicalName: setup.canonicalName, wallClock: setup.wallClock, reportInterval: setup.reportInterval,
            jpeg: setup.jpeg, using: &seeded)
        servers[server.index].live[setup.id] = live
        servers[server.index].presentations[path] = .live(live.description)
        begin(.init(.live, Int(truncatingIfNeeded: setup.id.rawValue)), .live(setup))
        note(.live(live.description), at: path)
    }

    /// A frame of the live presentation `id` is captured now.
    /// - Throws: `JPEGError` where RFC 2435 cannot carry it.
    public mutating func capture(
        _ frame: MJPEGFrame, of id: LivePresentationID, on server: SimulatedServer.ID
    ) throws(JPEGError) {
        let number = Int(truncatingIfNeeded: id.rawValue)
        guard servers[server.index].live[id] != nil else { return }
        record(.input(.capture(frame.image, presentationTime: frame.presentationTime)), .init(.live, number))
        guard let packets = try servers[server.index].live[id]?.packetize(frame, at: now) else { return }
        for connection in servers[server.index].peers.keys.sorted() {
            enter(.deliver(live: number), server: server.index, connection: connection, media: .frame(packets, of: id))
        }
    }

    /// A camera takes `count` pictures of about `size` bytes at an even rate, from now on: ``SyntheticPicture``s of the seeds
    /// `seed`, `seed + 1` and so on.
    public mutating func film(
        _ id: LivePresentationID, on server: SimulatedServer.ID, framesPerSecond: Int = 25, count: Int, size: Int = 600,
        seed: UInt64 = 1
    ) {
        guard count > 0 else { return }
        let interval = Duration.seconds(1) / max(1, framesPerSecond)
        let film = Film(id: id, server: server.index, interval: interval, left: count, size: size, seed: seed)
        agenda.insert(.film(film), at: now + interval)
    }

    /// The live presentation is over.
    public mutating func endLive(_ id: LivePresentationID, on server: SimulatedServer.ID) {
        guard let goodbye = servers[server.index].live[id]?.goodbye(at: now) else { return }
        servers[server.index].live[id] = nil
        for connection in servers[server.index].peers.keys.sorted() {
            enter(
                .finish(live: Int(truncatingIfNeeded: id.rawValue)), server: server.index, connection: connection,
                media: .goodbye(goodbye, of: id))
        }
    }

    /// The live presentation is over, `delay` from now.
    public mutating func scheduleEnd(of id: LivePresentationID, on server: SimulatedServer.ID, after delay: Duration) {
        agenda.insert(.endLive(id, server: server.index), at: now + delay)
    }

    /// The server stops: all its connections are told to.
    public mutating func shutDown(_ server: SimulatedServer.ID) {
        for connection in servers[server.index].peers.keys.sorted() {
            enter(.shutDown, server: server.index, connection: connection)
        }
    }

    /// The server stops, `delay` from now.
    public mutating func scheduleShutDown(_ server: SimulatedServer.ID, after delay: Duration) {
        agenda.insert(.shutDown(server: server.index), at: now + delay)
    }

    // MARK: The network

    /// The client's control connection breaks now, or nothing passes between it and its server any more.
    public mutating func carryOut(_ fault: SimulatedNetwork.Fault, on client: SimulatedClient.ID) {
        guard isPresent(client) else { return }
        if let control = clients[client.index].control { network.carryOut(fault, on: control, at: now) }
    }

    /// The same, `delay` from now.
    public mutating func schedule(_ fault: SimulatedNetwork.Fault, on client: SimulatedClient.ID, after delay: Duration) {
        agenda.insert(.fault(fault, client), at: now + delay)
    }

    /// Between the client and its server everything passes again, `delay` from now.
    public mutating func scheduleClearing(of client: SimulatedClient.ID, after delay: Duration) {
        agenda.insert(.clearBlackhole(client), at: now + delay)
    }

    /// The same right after the `message`th write to the client's connection, or to its next one where it has none, counted from 1
    /// over both sides.
    public mutating func plan(_ fault: SimulatedNetwork.Fault, afterMessage message: Int, of client: SimulatedClient.ID) {
        guard isPresent(client) else { return }
        if let control = clients[client.index].control {
            network.plan(fault, afterWrite: message, of: control)
        } else {
            clients[client.index].plan = .init(fault: fault, message: message)
        }
    }
}
