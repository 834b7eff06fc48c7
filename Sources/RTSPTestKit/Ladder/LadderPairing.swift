internal import RTSPKit

/// A control connection: both ends, or the one that the transcript holds.
struct LadderConversation {
    var client: LadderEnd?
    var server: LadderEnd?

    /// Which ends belong together: what each got is what the other had written.
    static func all(clients: [LadderEnd], servers: [LadderEnd]) -> [LadderConversation] {
        var free = Array(servers)
        var hosts: [Transcript.Machine: String] = [:]
        var conversations: [LadderConversation] = []
        for client in clients {
            let best = free.indices.compactMap { index in
                agreement(of: client, with: free[index], knownHost: hosts[client.machine]).map { (index, $0) }
            }.max { one, other in one.1 == other.1 ? one.0 > other.0 : one.1 < other.1 }
            guard let best else {
                conversations.append(LadderConversation(client: client))
                continue
            }
            let server = free.remove(at: best.0)
            hosts[client.machine] = server.peer
            conversations.append(LadderConversation(client: client, server: server))
        }
        return conversations + free.map { LadderConversation(server: $0) }
    }

    /// How many bytes speak for it that two ends are of one connection; `nil` where something speaks against it.
    private static func agreement(of client: LadderEnd, with server: LadderEnd, knownHost: String?) -> Int? {
        if let knownHost, let peer = server.peer, knownHost != peer { return nil }
        // The server's end begins before the client learns that the connection stands.
        if let connected = client.connected, server.began > connected { return nil }
        guard client.written.starts(with: server.received), server.written.starts(with: client.received) else { return nil }
        let bytes = server.received.count + client.received.count
        return bytes > 0 || client.connected != nil ? bytes : nil
    }
}

extension LadderEnd {
    /// The host of the server's peer.
    var peer: String? { if case .server(_, let peer)? = setup { peer } else { nil } }

    /// The host that a client's URL names.
    var serverHost: String? {
        guard case .client(let configuration, _, _)? = setup else { return nil }
        let parts = configuration.url.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count > 1, parts[0].hasSuffix(":"), parts[1].isEmpty, parts.count > 2 else { return nil }
        let authority = parts[2].prefix { $0 != "/" && $0 != "?" }
        let host = authority.split(separator: "@").last.map(String.init) ?? ""
        return host.isEmpty ? nil : host
    }
}
