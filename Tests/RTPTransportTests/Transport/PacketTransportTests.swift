import RTPTransport
import Testing

/// A transport that only remembers, with room for so many batches.
private struct RememberingTransport: PacketTransport {
    var room: Int
    var batches: [StreamID: [RTPPacketBatch]] = [:]
    var reports: [StreamID: [[UInt8]]] = [:]

    mutating func send(_ batch: RTPPacketBatch, on stream: StreamID) { batches[stream, default: []].append(batch) }
    mutating func send(report: [UInt8], on stream: StreamID) { reports[stream, default: []].append(report) }
    func canSend(on stream: StreamID) -> Bool { batches[stream, default: []].count < room }
}

struct PacketTransportTests {
    @Test func `streams are told apart by their numbers, and each has its own back-pressure`() {
        var transport = RememberingTransport(room: 1)
        let (one, other) = (StreamID(rawValue: 1), StreamID(rawValue: 2))
        let batch = RTPPacketBatch(bytes: [1, 2, 3], stride: 2)
        transport.send(batch, on: one)
        transport.send(report: [9], on: other)
        #expect(!transport.canSend(on: one))
        #expect(transport.canSend(on: other))
        #expect(transport.batches == [one: [batch]])
        #expect(transport.reports == [other: [[9]]])
        #expect(StreamID(rawValue: 1) == one)
    }
}
