extension SimulatedNetwork {
    /// What became of the datagrams that were sent to one address.
    public struct DatagramCounters: Sendable, Hashable {
        /// How many were sent.
        public private(set) var sent = 0
        /// How many arrive twice.
        public private(set) var duplicated = 0
        /// How many arrive with a bit changed.
        public private(set) var changed = 0
        /// How many never arrive, by reason.
        public private(set) var lost: [SimulatedPath.Loss: Int] = [:]
        /// The serial numbers of those that never arrive, rising.
        public private(set) var lostSerials: [Int] = []

        /// How many never arrive.
        public var lostCount: Int { lostSerials.count }

        /// How many of those between two serial numbers never arrive.
        public func lostCount(between first: Int, and last: Int) -> Int {
            lostSerials.count { $0 > first && $0 < last }
        }

        /// - Returns: the serial number of the datagram.
        mutating func note(_ fate: SimulatedPath.Fate) -> Int {
            defer { sent += 1 }
            switch fate {
            case .arrives(_, let again, let changedBit):
                if again != nil { duplicated += 1 }
                if changedBit != nil { changed += 1 }
            case .lost(let loss):
                lost[loss, default: 0] += 1
                lostSerials.append(sent)
            }
            return sent
        }
    }

    /// A direction between two hosts.
    struct HostPair: Sendable, Hashable {
        var from: String
        var to: String

        var reversed: HostPair { HostPair(from: to, to: from) }

        /// The same in every run, as the standard library's hash is not (FNV-1a).
        var mark: UInt64 {
            (Array(from.utf8) + [0] + Array(to.utf8)).reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        }
    }

    /// Something of a stream that waits for a path to carry again.
    enum Parcel: Sendable, Hashable {
        case open
        case bytes([UInt8])
        case close
    }

    /// One side of a connection.
    struct Half: Sendable {
        var hasClosed = false
        var isOver = false
        var isReading = true
        /// What has arrived here while nobody read.
        var held: [Arrival] = []
        /// Bytes written here that the other side has not read.
        var unread = 0
        /// What was written here while the path carried nothing.
        var stalled: [Parcel] = []
    }

    /// A connection between two addresses.
    struct Connection: Sendable {
        /// A fault to come.
        struct Plan: Sendable {
            var fault: Fault
            var write: Int
        }

        let client: Address
        let server: Address
        /// Whether somebody listens, and the connecting side will hear of it.
        var isAnswered = false
        var isAccepted = false
        var isReset = false
        var writes = 0
        var plan: Plan?
        private var clientHalf = Half()
        private var serverHalf = Half()

        init(client: Address, server: Address) {
            self.client = client
            self.server = server
        }

        subscript(side: Side) -> Half {
            get { side == .client ? clientHalf : serverHalf }
            _modify {
                if side == .client { yield &clientHalf } else { yield &serverHalf }
            }
        }

        func address(of side: Side) -> Address { side == .client ? client : server }

        /// The direction in which `side` writes.
        func pair(from side: Side) -> HostPair {
            HostPair(from: address(of: side).host, to: address(of: side.other).host)
        }
    }

    /// The path between two hosts, which begins when it is first asked for.
    subscript(pair: HostPair) -> SimulatedPath {
        get { paths[pair] ?? SimulatedPath(conditions, seed: seed &+ pair.mark) }
        _modify { yield &paths[pair, default: SimulatedPath(conditions, seed: seed &+ pair.mark)] }
    }
}
