internal import MJPEGSource
internal import RTPTransport
internal import RTSPKit

/// The doors of the machines, and what their owners do about what they say.
extension Simulation {
    /// Opens a door of a client.
    mutating func enter(_ input: Transcript.Input, client index: Int) {
        guard clients[index].hasPower else { return }
        var transport = TranscriptTransport()
        let machine = clients[index].machine
        record(.input(input), machine)
        let events = clients[index].enter(input, at: now, via: &transport)
        finish(events, transport, client: index)
    }

    /// What a user does with a client.
    mutating func obey(_ command: Command, _ client: SimulatedClient.ID) throws(ClientConnection.CommandError) {
        guard isPresent(client) else { return }
        let index = client.index
        switch command {
        case .connect: connect(client)
        case .play(let range): try order(.play(range), client: index)
        case .pause: try order(.pause, client: index)
        case .tearDown: enter(.tearDown, client: index)
        case .disconnect:
            guard clients[index].hasPower, let control = clients[index].control else { return }
            network.close(control, from: .client, at: now)
        case .losePower:
            clients[index].hasPower = false
            network.kill(host: clients[index].host)
        case .stopReading, .goOnReading:
            clients[index].isReading = command == .goOnReading
            if let control = clients[index].control {
                network.setReading(clients[index].isReading, control, at: .client, at: now)
            }
        }
    }

    /// A command that the client may refuse; then nothing has happened, and nothing is recorded.
    private mutating func order(_ input: Transcript.Input, client index: Int) throws(ClientConnection.CommandError) {
        guard clients[index].hasPower else { return }
        var transport = TranscriptTransport()
        let events: [ClientEvent]
        switch input {
        case .play(let range): events = try clients[index].connection.play(range, at: now, via: &transport)
        default: events = try clients[index].connection.pause(at: now, via: &transport)
        }
        if input != .pause {
            clients[index].tookMedia = clients[index].takesMedia
            clients[index].takesMedia = true
            clients[index].playsAsked += 1
            // PLAY may be sent right behind PAUSE.
            let wasStill = clients[index].isPausing || clients[index].connection.state == .ready
            if wasStill { clients[index].oracle.resynchronize() }
        }
        clients[index].isPausing = input == .pause
        clients[index].note()
        let machine = clients[index].machine
        record(.input(input), machine)
        finish(events, transport, client: index)
    }

    private mutating func finish(_ events: [ClientEvent], _ transport: TranscriptTransport, client index: Int) {
        let machine = clients[index].machine
        for entry in transport.outputs {
            record(.output(entry), machine)
            carryOut(entry, client: index)
        }
        for event in events {
            record(.event(event.summary), machine)
            clients[index].events.append(Moment(event, at: now))
            switch event {
            case .endOfStream, .closed: clients[index].takesMedia = false
            case .refused(.play, _): clients[index].takesMedia = clients[index].tookMedia
            default: break
            }
            guard event == .reconnect else { continue }
            if let control = clients[index].control { network.close(control, from: .client, at: now) }
            connect(clients[index].id)
        }
    }

    /// Opens a door of a server's connection.
    mutating func enter(_ input: Transcript.Input, server: Int, connection number: Int, media: Transcript.Media? = nil) {
        guard servers[server].peers.keys.contains(number) else { return }
        noteBlocked(server: server, connection: number)
        var transport = TranscriptTransport()
        transport.blockedStreams = servers[server].peers[number]?.blocked ?? []
        record(.input(input), .init(.server, number))
        let events = servers[server].enter(input, connection: number, media: media, at: now, via: &transport)
        for entry in transport.outputs {
            record(.output(entry), .init(.server, number))
            carryOut(entry, server: server, connection: number)
        }
        for event in events {
            record(.event(event.summary), .init(.server, number))
            servers[server].events.append(Moment(event, at: now))
            handle(event, server: server, connection: number)
        }
        forgetFinished(server: server, connection: number)
    }

    /// The streams that take nothing at present; said to the machine's record where they are others than before.
    mutating func noteBlocked(server: Int, connection number: Int) {
        guard let routes = servers[server].peers[number]?.routes, !routes.isEmpty else { return }
        var blocked: Set<StreamID> = []
        if !network.isWritable(.init(number), from: .server) {
            for (stream, route) in routes { if case .interleaved = route { blocked.insert(stream) } }
        }
        guard blocked != servers[server].peers[number]?.blocked else { return }
        servers[server].peers[number]?.blocked = blocked
        record(.input(.blocked(blocked)), .init(.server, number))
    }

    private mutating func forgetFinished(server: Int, connection number: Int) {
        guard servers[server].finished.remove(number) != nil else { return }
        servers[server].peers[number] = nil
        servers[server].deadlines[number] = nil
        servers[server].sessions[number] = nil
        servers[server].reporters = servers[server].reporters.filter { $0.value.connection != number }
        forgetDeparted()
    }

    // MARK: The server's owner

    private mutating func handle(_ event: ServerEvent, server: Int, connection number: Int) {
        switch event {
        case .ask(let question):
            let time = servers[server].answerTime
            guard time > .zero else { return answer(question, server: server, connection: number) }
            agenda.insert(.answer(server: server, connection: number, question), at: now + time)
        case .left(let id):
            // Whoever left before the answer to joining was never counted.
            guard let count = servers[server].readers[id] else { return }
            servers[server].readers[id] = count > 1 ? count - 1 : nil
        default:
            break
        }
    }

    mutating func answer(_ question: ServerQuestion, server: Int, connection number: Int) {
        switch question {
        case .find:
            let path = question.place ?? ""
            renew(path, server: server)
            guard let presentation = servers[server].presentations[path] else {
                return enter(.refused(.notFound), server: server, connection: number)
            }
            let identity = SessionIdentity(using: &generator)
            enter(.found(path: path, identity), server: server, connection: number, media: .presentation(presentation))
        case .join(let id):
            // A connection that has closed meanwhile has no question any more.
            guard servers[server].peers[number]?.connection.state == .open else { return }
            guard var live = servers[server].live[id] else {
                return enter(.refused(.notFound), server: server, connection: number)
            }
            servers[server].readers[id, default: 0] += 1
            let snapshot = live.snapshot(at: now)
            servers[server].live[id] = live
            enter(.joined(live: Int(id.rawValue)), server: server, connection: number, media: .snapshot(snapshot))
        }
    }
    /// What is told of a live presentation is how its pictures are by now.
    private mutating func renew(_ path: String, server: Int) {
        guard case .live(let old) = servers[server].presentations[path], let new = servers[server].live[old.id]?.description,
            new != old
        else { return }
        servers[server].presentations[path] = .live(new)
        note(.live(new), at: path)
    }
}
