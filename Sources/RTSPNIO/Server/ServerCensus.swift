/// What a server holds: all zero when nobody is there.
struct ServerCensus: Sendable, Hashable {
    var sessions = 0
    var connections = 0
    /// Addresses that receiver reports are expected from.
    var reporters = 0
    /// Sessions that read live presentations.
    var liveReaders = 0
    /// Readers with packets that have not left.
    var pacedReaders = 0

    static func += (sum: inout ServerCensus, part: ServerCensus) {
        sum.sessions += part.sessions
        sum.connections += part.connections
        sum.reporters += part.reporters
        sum.liveReaders += part.liveReaders
        sum.pacedReaders += part.pacedReaders
    }
}
