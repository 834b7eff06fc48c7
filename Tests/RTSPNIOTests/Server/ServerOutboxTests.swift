import RTPTransport
import RTSPKit
import Testing

@testable import RTSPNIO

extension RTSPNIOTests {
    @Suite struct OutboxTests {
        private let stream = StreamID(rawValue: 3)
        private let batch = RTPPacketBatch(bytes: [1, 2, 3], stride: 2)

        @Test func `the server's outbox keeps what it was given, in order`() {
            var outbox = ServerOutbox { _, _ in true }
            let route = MediaRoute.datagrams(rtp: 4, rtcp: 5)
            outbox.send([1])
            outbox.open(stream, by: route)
            outbox.send(report: [2], on: stream)
            outbox.send(batch, on: stream)
            outbox.close(stream)
            outbox.close()
            #expect(
                outbox.entries == [
                    .control([1]), .open(stream, route), .report([2], stream), .batch(batch, stream), .closeStream(stream),
                    .close,
                ])
        }

        @Test func `what is in the outbox counts when it is asked for room`() {
            var outbox = ServerOutbox { stream, queued in stream == StreamID(rawValue: 3) && queued < 2 }
            #expect(outbox.canSend(on: stream))
            outbox.send(batch, on: stream)
            #expect(outbox.canSend(on: stream))
            outbox.send(batch, on: stream)
            #expect(!outbox.canSend(on: stream))
            #expect(!outbox.canSend(on: StreamID(rawValue: 4)))
        }

        @Test func `the client's outbox sends no media`() {
            var outbox = ClientOutbox()
            let route = MediaRoute.interleaved(ChannelPair(rtp: 0, rtcp: 1))
            outbox.open(stream, by: route)
            outbox.send(batch, on: stream)
            outbox.send(report: [2], on: stream)
            outbox.send([1])
            outbox.close(stream)
            outbox.close()
            #expect(
                outbox.entries == [.open(stream, route), .report([2]), .control([1]), .closeStream(stream), .close])
            #expect(outbox.canSend(on: stream))
        }
    }
}
