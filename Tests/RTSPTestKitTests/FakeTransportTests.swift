import RTPTransport
import RTSPKit
import RTSPTestKit
import Testing

@Suite struct FakeTransportTests {
    @Test func `everything is remembered in order, until it is taken`() {
        var transport = FakeTransport()
        let stream = StreamID(rawValue: 3)
        let header = RTPHeader(
            marker: true, payloadType: 26, sequenceNumber: 7, timestamp: RTPTimestamp(rawValue: 8), ssrc: 9)
        var packet: [UInt8] = []
        header.append(to: &packet)
        let batch = RTPPacketBatch(bytes: packet + packet, stride: packet.count)
        transport.open(stream, by: .datagrams(rtp: 1, rtcp: 2))
        #expect(transport.routes == [stream: .datagrams(rtp: 1, rtcp: 2)])
        transport.send(Array("one".utf8))
        transport.send(batch, on: stream)
        transport.send(report: [1], on: stream)
        transport.send(Array(" two".utf8))
        transport.close(stream)
        transport.close()
        #expect(
            transport.entries == [
                .open(stream, .datagrams(rtp: 1, rtcp: 2)), .control(Array("one".utf8)), .batch(batch, stream),
                .report([1], stream), .control(Array(" two".utf8)), .closeStream(stream), .close,
            ])
        #expect(transport.controlText == "one two")
        #expect(transport.batches == [batch])
        #expect(transport.headers == [header, header])
        #expect(transport.reports == [[1]])
        #expect(transport.isClosed)
        #expect(transport.routes.isEmpty)
        let text = transport.takeControlText()
        #expect(text == "one two")
        #expect(transport.entries.isEmpty)
        #expect(transport.isClosed)
    }

    @Test func `blocked streams take no packets`() {
        var transport = FakeTransport()
        transport.blockedStreams = [StreamID(rawValue: 1)]
        #expect(!transport.canSend(on: StreamID(rawValue: 1)))
        #expect(transport.canSend(on: StreamID(rawValue: 2)))
    }
}
