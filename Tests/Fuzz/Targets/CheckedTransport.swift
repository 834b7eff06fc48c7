internal import RTPTransport
internal import RTSPKit

/// A transport that keeps nothing but what a script may want to answer, and minds the order of what it is told.
struct CheckedTransport: EndpointTransport {
    private(set) var routes: [StreamID: MediaRoute] = [:]
    /// Whether the connection has been closed, by either side.
    var isClosed = false
    var blocked = false
    /// All that went over the control connection since it was last looked at.
    private(set) var sent: [UInt8] = []
    private(set) var sentBytes = 0
    private(set) var packets = 0

    mutating func send(_ bytes: [UInt8]) {
        demand(!isClosed, "nothing is said on a closed connection: \(bytes.text)")
        demand(!bytes.isEmpty, "something is said")
        sent += bytes
        sentBytes += bytes.count
    }

    mutating func close() { isClosed = true }

    mutating func open(_ stream: StreamID, by route: MediaRoute) {
        demand(routes[stream] == nil, "a stream is opened once")
        routes[stream] = route
    }

    mutating func close(_ stream: StreamID) { routes[stream] = nil }

    mutating func send(_ batch: RTPPacketBatch, on stream: StreamID) {
        checkRoute(of: stream)
        demand(!blocked, "nothing goes into a blocked stream")
        packets += batch.count
    }

    mutating func send(report: [UInt8], on stream: StreamID) {
        checkRoute(of: stream)
        demand((try? RTCPPacket.parse(compound: report.span, strictness: .strict)) != nil, "a report is a sound compound")
        packets += 1
    }

    func canSend(on stream: StreamID) -> Bool { !blocked }

    mutating func takeSent() -> [UInt8] {
        defer { sent = [] }
        return sent
    }

    private func checkRoute(of stream: StreamID) {
        guard let route = routes[stream] else { return demand(false, "packets go to a stream that is open") }
        if case .interleaved = route { demand(!isClosed, "no packet goes over a closed connection") }
    }
}
