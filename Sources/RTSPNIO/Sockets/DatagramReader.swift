internal import NIOCore
internal import RTPTransport

/// One reader of datagrams: where its packets go, what waits for it, and what its path was found to take. Confined to one event loop.
final class DatagramReader {
    /// What was found of a reader's path.
    enum Trouble: Hashable {
        /// The socket broke over some readers, perhaps this one: it is served alone, which shows whether.
        case suspected
        /// Its path may not take segmented sends: its packets go one by one.
        case unsegmented
        /// Nor single ones: it gets nothing until then.
        case shunned(until: ContinuousClock.Instant)
    }

    /// One stream of one connection.
    let key: StreamKey
    let address: SocketAddress
    var trouble: Trouble?
    /// Whether a batch is leaving, or about to.
    var isServed = false
    /// What leaves after that.
    var waiting: [PreparedBatch] = []
    /// What is to be done once all has left.
    var followers: [() -> Void] = []
    /// Batches so far.
    var batchCount = 0

    init(_ key: StreamKey, at address: SocketAddress) {
        self.key = key
        self.address = address
    }

    /// How many batches have not left.
    var queuedCount: Int { (isServed ? 1 : 0) + waiting.count }
}

/// One stream of one connection.
struct StreamKey: Hashable, Sendable {
    var connection: UInt64
    var stream: StreamID
}
