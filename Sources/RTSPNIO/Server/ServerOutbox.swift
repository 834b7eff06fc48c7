internal import NIOCore
internal import RTPTransport
internal import RTSPKit

/// Collects what a connection wants sent while one of its doors is open; the loop carries it out afterwards, in order.
struct ServerOutbox: EndpointTransport {
    /// One thing to do.
    enum Entry: Hashable {
        case control([UInt8])
        case close
        case open(StreamID, MediaRoute)
        case closeStream(StreamID)
        case batch(RTPPacketBatch, StreamID)
        case report([UInt8], StreamID)
    }

    private(set) var entries: [Entry]
    /// Asks the sockets whether they take more, told how many batches are in the outbox already.
    private let isReady: (StreamID, Int) -> Bool

    /// - Parameter storage: an empty array whose memory is used again.
    init(reusing storage: [Entry] = [], isReady: @escaping (StreamID, Int) -> Bool) {
        entries = storage
        self.isReady = isReady
    }

    mutating func send(_ bytes: [UInt8]) { entries.append(.control(bytes)) }
    mutating func close() { entries.append(.close) }
    mutating func open(_ stream: StreamID, by route: MediaRoute) { entries.append(.open(stream, route)) }
    mutating func close(_ stream: StreamID) { entries.append(.closeStream(stream)) }

    mutating func send(_ batch: RTPPacketBatch, on stream: StreamID) {
        entries.append(.batch(batch, stream))
    }

    mutating func send(report: [UInt8], on stream: StreamID) { entries.append(.report(report, stream)) }

    func canSend(on stream: StreamID) -> Bool { isReady(stream, queuedCount(on: stream)) }

    /// How many batches of a stream are in it.
    private func queuedCount(on stream: StreamID) -> Int {
        entries.reduce(0) { count, entry in
            if case .batch(_, stream) = entry { count + 1 } else { count }
        }
    }

    /// Empties it.
    mutating func takeEntries() -> [Entry] { exchange(&entries, with: []) }

    /// What is in it, as a flight has it.
    var outputs: [Transcript.Output] {
        entries.map { entry in
            switch entry {
            case .control(let bytes): .bytes(bytes)
            case .close: .close
            case .open(let stream, let route): .open(stream, route)
            case .closeStream(let stream): .closeStream(stream)
            case .batch(let batch, let stream): .batch(batch, stream)
            case .report(let report, let stream): .report(report, stream)
            }
        }
    }
}
