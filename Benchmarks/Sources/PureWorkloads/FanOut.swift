import RTPTransport
import RTSPKit

/// A frame of a live presentation, which has been packetized, to every reader, in each run; each reader on a connection of its own.
package struct FanOut: Workload {
    private let server: LiveServer
    private var connections: [ServerConnection] = []
    private var transport = CountingTransport()
    private var now: ContinuousClock.Instant

    package init(readerCount: Int) throws {
        server = try LiveServer()
        now = server.start
        for _ in 0..<readerCount {
            var connection = server.connection()
            try server.take(Requests.setup, &connection, at: now, via: &transport)
            try server.take(Requests.play, &connection, at: now, via: &transport)
            connections.append(connection)
        }
    }

    package mutating func run() throws {
        let before = transport.packetCount
        now += .milliseconds(33)
        for index in connections.indices {
            _ = connections[index].deliver(server.frame, of: LiveServer.id, at: now, via: &transport)
        }
        guard transport.packetCount == before + connections.count * server.frame.batch.count else {
            throw WorkloadFailure("not every reader got the frame")
        }
    }
}
