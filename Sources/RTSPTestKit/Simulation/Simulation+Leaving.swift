public import RTSPKit

/// Clients that come and go, for simulations that go on and on.
extension Simulation {
    /// Removes a client, and with it all that it has told and what was scheduled for it. Its host loses power where it has not
    /// yet. Once no server has anything of it left, the network forgets the host, too, and another one may take its address.
    ///
    /// The transcript keeps what it has.
    public mutating func remove(_ client: SimulatedClient.ID) {
        guard isPresent(client) else { return }
        perform(.losePower, client)
        let host = clients[client.index].host
        clients[client.index].vacate(at: now)
        freePlaces.append(client.index)
        guard !clients.contains(where: { $0.isPresent && $0.host == host }) else { return }
        departing.insert(host)
        forgetDeparted()
    }

    /// Forgets all that a server has told so far.
    /// - Returns: what it was.
    @discardableResult
    public mutating func takeEvents(of server: SimulatedServer.ID) -> [Moment<ServerEvent>] {
        defer { servers[server.index].events = [] }
        return servers[server.index].events
    }

    /// Whether the client was not removed.
    func isPresent(_ client: SimulatedClient.ID) -> Bool {
        clients.indices.contains(client.index) && clients[client.index].id == client && clients[client.index].isPresent
    }

    /// Forgets the hosts that nobody has anything to do with any more.
    mutating func forgetDeparted() {
        guard !departing.isEmpty else { return }
        for host in departing where !network.hasConnections(of: host) {
            let isKnown = servers.contains { server in server.peers.values.contains { $0.address.host == host } }
            guard !isKnown else { continue }
            network.forget(host: host)
            departing.remove(host)
        }
        // Of connections that were never accepted nobody tells the end.
        owners = owners.filter { network.hasConnection(.init($0.key)) }
    }
}
