import RTPTransport
import RTSPKit

/// A transport that sends nothing and counts everything.
struct CountingTransport: EndpointTransport {
    /// The control bytes since they were last taken.
    private(set) var control: [UInt8] = []
    /// How often control bytes were sent.
    private(set) var messageCount = 0
    private(set) var packetCount = 0

    mutating func send(_ bytes: [UInt8]) {
        control.append(contentsOf: bytes)
        messageCount += 1
    }

    mutating func send(_ batch: RTPPacketBatch, on stream: StreamID) { packetCount += batch.count }

    mutating func send(report: [UInt8], on stream: StreamID) { packetCount += 1 }

    mutating func open(_ stream: StreamID, by route: MediaRoute) {}

    mutating func close(_ stream: StreamID) {}

    mutating func close() {}

    func canSend(on stream: StreamID) -> Bool { true }

    mutating func takeControl() -> [UInt8] {
        defer { control = [] }
        return control
    }

    /// Forgets the control bytes.
    mutating func dropControl() { control.removeAll(keepingCapacity: true) }
}
