internal import RTPTransport
internal import RTSPKit

/// From the machines' transports to the network, and into the record.
extension Simulation {
    mutating func carryOut(_ entry: Transcript.Output, client index: Int) {
        switch entry {
        case .bytes(let bytes):
            if let control = clients[index].control { network.write(bytes, to: control, from: .client, at: now) }
        case .close:
            if let control = clients[index].control { network.close(control, from: .client, at: now) }
        case .open(_, let route): clients[index].route = route
        case .closeStream: clients[index].route = nil
        case .batch: break
        case .report(let report, _): send(report, client: index)
        }
    }

    private mutating func send(_ report: [UInt8], client index: Int) {
        switch clients[index].route {
        case .interleaved(let channels):
            guard let control = clients[index].control else { return }
            let frame = InterleavedFrame(channel: channels.rtcp ?? channels.rtp &+ 1, payload: report)
            network.write(RTSPSerializer.bytes(of: frame), to: control, from: .client, at: now)
        case .datagrams(_, let rtcp?):
            guard let port = clients[index].configuration.clientPorts?.rtcp else { return }
            let server = servers[clients[index].server.index].host
            network.send(datagram: report, from: .init(clients[index].host, port), to: .init(server, rtcp), at: now)
        case .datagrams, nil: break
        }
    }

    mutating func carryOut(_ entry: Transcript.Output, server: Int, connection number: Int) {
        guard let host = servers[server].peers[number]?.address.host else { return }
        switch entry {
        case .bytes(let bytes): network.write(bytes, to: .init(number), from: .server, at: now)
        case .close: network.close(.init(number), from: .server, isLingering: true, at: now)
        case .open(let stream, let route):
            servers[server].peers[number]?.routes[stream] = route
            if case .datagrams(_, let rtcp?) = route {
                servers[server].reporters[.init(host, rtcp)] = .init(connection: number, stream: stream)
            }
        case .closeStream(let stream):
            let route = servers[server].peers[number]?.routes.removeValue(forKey: stream)
            guard case .datagrams(_, let rtcp?) = route else { return }
            let address = SimulatedNetwork.Address(host, rtcp)
            if servers[server].reporters[address] == .init(connection: number, stream: stream) {
                servers[server].reporters[address] = nil
            }
        case .batch(let batch, let stream): send(batch, on: stream, to: host, server: server, connection: number)
        case .report(let report, let stream): send(report, on: stream, to: host, server: server, connection: number)
        }
    }

    private mutating func send(
        _ batch: RTPPacketBatch, on stream: StreamID, to host: String, server: Int, connection number: Int
    ) {
        switch servers[server].peers[number]?.routes[stream] {
        case .interleaved(let channels):
            network.write(batch.interleaved(channel: channels.rtp), to: .init(number), from: .server, at: now)
        case .datagrams(let rtp, _):
            guard let port = servers[server].configuration.mediaPorts?.rtp else { return }
            let from = SimulatedNetwork.Address(servers[server].host, port)
            for index in 0..<batch.count {
                network.send(
                    datagram: Array(batch.bytes[batch.range(ofPacketAt: index)]), from: from,
                    to: .init(host, rtp), at: now)
            }
        case nil: break
        }
    }

    private mutating func send(
        _ report: [UInt8], on stream: StreamID, to host: String, server: Int, connection number: Int
    ) {
        switch servers[server].peers[number]?.routes[stream] {
        case .interleaved(let channels):
            guard let channel = channels.rtcp else { return }
            let frame = InterleavedFrame(channel: channel, payload: report)
            network.write(RTSPSerializer.bytes(of: frame), to: .init(number), from: .server, at: now)
        case .datagrams(_, let rtcp?):
            guard let port = servers[server].configuration.mediaPorts?.rtcp else { return }
            network.send(
                datagram: report, from: .init(servers[server].host, port), to: .init(host, rtcp), at: now)
        case .datagrams, nil: break
        }
    }

    // MARK: The record

    mutating func record(_ what: @autoclosure () -> Transcript.What, _ machine: @autoclosure () -> Transcript.Machine) {
        guard transcript != nil else { return }
        let entry = Transcript.Entry(what(), to: machine(), at: start.duration(to: now))
        transcript?.entries.append(entry)
    }

    mutating func begin(_ machine: Transcript.Machine, _ setup: Transcript.Setup) {
        let participant = Transcript.Participant(machine, setup, at: start.duration(to: now))
        transcript?.participants.append(participant)
    }

    /// What stands at a path, for whoever runs the transcript again.
    mutating func note(_ presentation: Presentation, at path: String) {
        let entry = Transcript.PresentationEntry(.init(presentation), at: path, from: start.duration(to: now))
        transcript?.presentations.append(entry)
    }
}
