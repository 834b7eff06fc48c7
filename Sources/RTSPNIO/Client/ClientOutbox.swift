internal import RTPTransport
internal import RTSPKit

/// Collects what a client connection wants sent while one of its doors is open.
struct ClientOutbox: EndpointTransport {
    enum Entry: Hashable {
        case control([UInt8])
        case close
        case open(StreamID, MediaRoute)
        case closeStream(StreamID)
        case report([UInt8])
    }

    private(set) var entries: [Entry] = []

    mutating func send(_ bytes: [UInt8]) { entries.append(.control(bytes)) }
    mutating func close() { entries.append(.close) }
    mutating func open(_ stream: StreamID, by route: MediaRoute) { entries.append(.open(stream, route)) }
    mutating func close(_ stream: StreamID) { entries.append(.closeStream(stream)) }
    /// A client sends no media.
    mutating func send(_ batch: RTPPacketBatch, on stream: StreamID) {}
    mutating func send(report: [UInt8], on stream: StreamID) { entries.append(.report(report)) }
    func canSend(on stream: StreamID) -> Bool { true }

    /// What is in it, as a flight has it.
    var outputs: [Transcript.Output] {
        entries.map { entry in
            switch entry {
            case .control(let bytes): .bytes(bytes)
            case .close: .close
            case .open(let stream, let route): .open(stream, route)
            case .closeStream(let stream): .closeStream(stream)
            case .report(let report): .report(report, StreamID(rawValue: 1))
            }
        }
    }
}
