import RTSPKit

/// A session on the live presentation, from SETUP to TEARDOWN, in each run: the server's side, on a connection that stays.
package struct ServingSession: Workload {
    private let server: LiveServer
    private var connection: ServerConnection
    private var transport = CountingTransport()
    private var now: ContinuousClock.Instant

    package init() throws {
        server = try LiveServer()
        connection = server.connection()
        now = server.start
    }

    package mutating func run() throws {
        let (messages, packets) = (transport.messageCount, transport.packetCount)
        for request in [Requests.setup, Requests.play, Requests.teardown] {
            now += .milliseconds(1)
            try server.take(request, &connection, at: now, via: &transport)
            transport.dropControl()
        }
        guard transport.messageCount == messages + 3, transport.packetCount > packets, connection.sessionCount == 0 else {
            throw WorkloadFailure("a session was not served")
        }
    }
}

/// The same on the client's side, with a connection of its own for each, and DESCRIBE before it. Media does not come.
package struct PlayingSession: Workload {
    private let configuration = ClientConfiguration(
        url: Requests.url, transport: .udp, clientPorts: PortPair(rtp: 25000, rtcp: 25001), ssrc: 6)
    private let start: ContinuousClock.Instant
    private var replies: [[UInt8]] = []

    package init() throws {
        let server = try LiveServer()
        start = server.start
        var (connection, answers) = (server.connection(), CountingTransport())
        // What the server says once, it says every time.
        var replies: [[UInt8]] = []
        try play { request, _ in
            try server.take(request, &connection, at: server.start, via: &answers)
            replies.append(answers.takeControl())
            return replies[replies.count - 1]
        }
        self.replies = replies
    }

    package mutating func run() throws {
        try play { _, number in
            guard number < replies.count else { throw WorkloadFailure("more requests than before") }
            return replies[number]
        }
    }

    /// Plays once, with replies from `reply`, which is handed the request and how many there were before.
    private func play(_ reply: ([UInt8], Int) throws -> [UInt8]) throws {
        var (client, transport) = (ClientConnection(configuration: configuration, at: start), CountingTransport())
        var count = 0
        func converse() throws {
            while !transport.control.isEmpty {
                let answer = try reply(transport.takeControl(), count)
                count += 1
                _ = client.receive(answer.span, at: start, via: &transport)
            }
        }
        _ = client.connected(at: start, via: &transport)
        try converse()
        _ = try client.play(nil, at: start, via: &transport)
        try converse()
        guard client.state == .playing else { throw WorkloadFailure("the client is \(client.state)") }
        _ = client.tearDown(at: start, via: &transport)
        try converse()
        guard client.state == .closed else { throw WorkloadFailure("the client is \(client.state)") }
    }
}
