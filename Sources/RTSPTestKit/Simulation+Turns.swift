internal import MJPEGSource
internal import RTPTransport
internal import RTSPKit

/// What happens at one moment: arrivals, deadlines, and what endpoints want sent.
extension Simulation {
    /// When something happens next.
    var nextMoment: ContinuousClock.Instant? {
        var candidates = [
            controlToServer.nextArrival, datagramsToServer.nextArrival, datagramsToClient.nextArrival,
            clientReads ? controlToClient.nextArrival : nil, hasPower ? client.deadline : nil,
        ]
        candidates += servers.values.map(\.deadline)
        return candidates.compactMap { $0 }.min()
    }

    mutating func takeTurn() {
        while let parcel = controlToServer.receive(at: now) { deliverToServer(parcel) }
        while let datagram = datagramsToServer.receive(at: now) {
            guard case .rtcp(let report, let number, let stream) = datagram else { continue }
            enterServer(number) { server, now, transport in
                server.receive(report: report.span, on: stream, at: now, via: &transport)
            }
        }
        if clientReads {
            while let parcel = controlToClient.receive(at: now) { deliverToClient(parcel) }
        }
        while let datagram = datagramsToClient.receive(at: now) {
            enterClient { client, now, transport in
                switch datagram {
                case .rtp(let packet): client.receive(rtp: packet.span, at: now, via: &transport)
                case .rtcp(let packet, _, _): client.receive(rtcp: packet.span, at: now, via: &transport)
                }
            }
        }
        for number in servers.keys.sorted() where servers[number]?.deadline.map({ $0 <= now }) ?? false {
            enterServer(number) { server, now, transport in server.advance(to: now, via: &transport) }
        }
        if let deadline = client.deadline, deadline <= now {
            enterClient { client, now, transport in client.advance(to: now, via: &transport) }
        }
    }

    private mutating func deliverToServer(_ parcel: Parcel) {
        switch parcel {
        case .bytes(let bytes, let number):
            enterServer(number) { server, now, transport in server.receive(bytes.span, at: now, via: &transport) }
        case .closing(let number):
            enterServer(number) { server, now, transport in server.connectionClosed(at: now, via: &transport) }
        }
    }

    private mutating func deliverToClient(_ parcel: Parcel) {
        switch parcel {
        case .bytes(let bytes, let number):
            let wasFull = unreadBytes > Self.window
            unreadBytes -= bytes.count
            if number == connection {
                enterClient { client, now, transport in client.receive(bytes.span, at: now, via: &transport) }
            }
            guard wasFull, unreadBytes <= Self.window else { return }
            enterServer(number) { server, now, transport in server.transportReady(at: now, via: &transport) }
        case .closing(let number):
            guard number == connection else { return }
            enterClient { client, now, transport in client.connectionClosed(at: now, via: &transport) }
        }
    }

    // MARK: Doors

    mutating func enterClient(
        _ door: (inout ClientConnection, ContinuousClock.Instant, inout FakeTransport) -> [ClientEvent]
    ) {
        guard hasPower else { return }
        var transport = FakeTransport()
        let events = door(&client, now, &transport)
        finishClient(events, transport)
    }

    mutating func finishClient(_ events: [ClientEvent], _ transport: FakeTransport) {
        for entry in transport.entries { carryOut(entry) }
        for event in events {
            clientEvents.append(Moment(time: now, what: event))
            if event == .reconnect {
                controlToServer.sendInOrder(.closing(connection: connection), at: now)
                connect()
            }
        }
    }

    mutating func enterServer(
        _ number: Int, _ door: (inout ServerConnection, ContinuousClock.Instant, inout FakeTransport) -> [ServerEvent]
    ) {
        guard var server = servers[number] else { return }
        var transport = FakeTransport()
        if unreadBytes > Self.window {
            for (key, route) in serverRoutes where key.connection == number {
                if case .interleaved = route { transport.blockedStreams.insert(key.stream) }
            }
        }
        var events = door(&server, now, &transport)
        var index = 0
        while index < events.count {
            serverEvents.append(Moment(time: now, what: events[index]))
            events += handle(events[index], of: &server, via: &transport)
            index += 1
        }
        let entries = transport.takeEntries()
        for entry in entries { carryOut(entry, of: number) }
        if transport.isClosed {
            serverEvents += server.connectionClosed(at: now, via: &transport).map { Moment(time: now, what: $0) }
        }
        for entry in transport.takeEntries() { carryOut(entry, of: number) }
        servers[number] = server.isFinished ? nil : server
        if server.isFinished { serverRoutes = serverRoutes.filter { $0.key.connection != number } }
    }

    /// What the owner of the server does about an event.
    private mutating func handle(
        _ event: ServerEvent, of server: inout ServerConnection, via transport: inout FakeTransport
    ) -> [ServerEvent] {
        switch event {
        case .ask(.find(let path, _)):
            let identity = SessionIdentity(using: &generator)
            let answer = presentations[path].map { ServerAnswer.found($0, identity) } ?? .refused(.notFound)
            return (try? server.answer(answer, at: now, via: &transport)) ?? []
        case .ask(.join(let id)):
            readers[id, default: 0] += 1
            let answer = live[id]?.snapshot(at: now).asAnswer ?? .refused(.notFound)
            return (try? server.answer(answer, at: now, via: &transport)) ?? []
        case .left(let id):
            readers[id, default: 0] -= 1
            return []
        default:
            return []
        }
    }

    // MARK: Sending

    private mutating func carryOut(_ entry: FakeTransport.Entry) {
        switch entry {
        case .control(let bytes): controlToServer.sendInOrder(.bytes(bytes, connection: connection), at: now)
        case .close: controlToServer.sendInOrder(.closing(connection: connection), at: now)
        case .open(_, let route): clientRoute = route
        case .closeStream: clientRoute = nil
        case .batch: break
        case .report(let report, _):
            switch clientRoute {
            case .interleaved(let channels):
                let frame = InterleavedFrame(channel: channels.rtcp ?? channels.rtp &+ 1, payload: report)
                let bytes = RTSPSerializer.bytes(of: frame)
                controlToServer.sendInOrder(.bytes(bytes, connection: connection), at: now)
            case .datagrams:
                guard
                    let key = serverRoutes.keys.filter({ $0.connection == connection }).max(by: {
                        $0.stream.rawValue < $1.stream.rawValue
                    })
                else { return }
                datagramsToServer.sendDatagram(.rtcp(report, connection: connection, stream: key.stream), at: now)
            case nil: break
            }
        }
    }

    private mutating func carryOut(_ entry: FakeTransport.Entry, of number: Int) {
        switch entry {
        case .control(let bytes): sendToClient(bytes, from: number)
        case .close: controlToClient.sendInOrder(.closing(connection: number), at: now)
        case .open(let stream, let route): serverRoutes[StreamKey(connection: number, stream: stream)] = route
        case .closeStream(let stream): serverRoutes[StreamKey(connection: number, stream: stream)] = nil
        case .batch(let batch, let stream):
            switch serverRoutes[StreamKey(connection: number, stream: stream)] {
            case .interleaved(let channels): sendToClient(batch.interleaved(channel: channels.rtp), from: number)
            case .datagrams:
                for index in 0..<batch.count {
                    let lost = datagramsToClient.datagramsLost
                    datagramsToClient.sendDatagram(.rtp(Array(batch.bytes[batch.range(ofPacketAt: index)])), at: now)
                    packetsSent += 1
                    packetsLost += datagramsToClient.datagramsLost - lost
                }
            case nil: break
            }
        case .report(let report, let stream):
            switch serverRoutes[StreamKey(connection: number, stream: stream)] {
            case .interleaved(let channels):
                guard let channel = channels.rtcp else { return }
                sendToClient(RTSPSerializer.bytes(of: InterleavedFrame(channel: channel, payload: report)), from: number)
            case .datagrams(_, .some):
                datagramsToClient.sendDatagram(.rtcp(report, connection: number, stream: stream), at: now)
            case .datagrams, nil: break
            }
        }
    }

    private mutating func sendToClient(_ bytes: [UInt8], from number: Int) {
        unreadBytes += bytes.count
        controlToClient.sendInOrder(.bytes(bytes, connection: number), at: now)
    }
}

extension LiveSnapshot {
    fileprivate var asAnswer: ServerAnswer { .joined(self) }
}
