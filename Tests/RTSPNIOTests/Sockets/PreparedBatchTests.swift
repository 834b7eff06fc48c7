import NIOCore
import RTPTransport
import Testing

@testable import RTSPNIO

extension RTSPNIOTests {
    @Suite struct PreparedBatchTests {
        @Test func `the form of a batch is made once, for each channel`() {
            let batch = RTPPacketBatch(bytes: [1, 2, 3], stride: 2)
            let prepared = PreparedBatch(batch)
            var spares = SpareBuffers()
            #expect(Array(prepared.plain(in: &spares).readableBytesView) == [1, 2, 3])
            #expect(Array(prepared.plain(in: &spares).readableBytesView) == [1, 2, 3])
            #expect(!prepared.isFramed)
            for channel in [4, 6, 4] as [UInt8] {
                let framed = prepared.interleaved(channel: channel, in: &spares)
                #expect(Array(framed.readableBytesView) == [0x24, channel, 0, 2, 1, 2, 0x24, channel, 0, 1, 3])
            }
            #expect(prepared.isFramed)
        }

        @Test func `memory of what has left is used again, but never what somebody still holds`() {
            var spares = SpareBuffers()
            let first = PreparedBatch(RTPPacketBatch(bytes: Array(repeating: 1, count: 1000), stride: 100))
            let held = first.plain(in: &spares)
            first.giveBack(to: &spares)
            let second = PreparedBatch(RTPPacketBatch(bytes: Array(repeating: 2, count: 900), stride: 100))
            #expect(Array(second.plain(in: &spares).readableBytesView) == Array(repeating: 2, count: 900))
            #expect(Array(held.readableBytesView) == Array(repeating: 1, count: 1000))
            second.giveBack(to: &spares)
            // Given back once, it is there once.
            second.giveBack(to: &spares)
            #expect(spares.take().capacity >= 900)
            #expect(spares.take().capacity == 0)
        }

        @Test func `memory of a framed batch is used for the next one, unless a connection still holds it`() {
            var last = LastBatch()
            let batches = (0..<3 as Range<UInt8>).map { RTPPacketBatch(bytes: Array(repeating: $0, count: 100), stride: 50) }
            let first = last.interleaved(batches[0], channel: 0)
            let second = last.interleaved(batches[1], channel: 2)
            #expect(Array(first.readableBytesView) == batches[0].interleaved(channel: 0))
            #expect(Array(second.readableBytesView) == batches[1].interleaved(channel: 2))
            let third = last.interleaved(batches[2], channel: 0)
            #expect(Array(third.readableBytesView) == batches[2].interleaved(channel: 0))
            #expect(Array(second.readableBytesView) == batches[1].interleaved(channel: 2))
        }

        @Test func `a packet that is too long to be framed is left out`() {
            var last = LastBatch()
            let batch = RTPPacketBatch(bytes: Array(repeating: 1, count: 65_537), ends: [65_536, 65_537])
            #expect(Array(last.interleaved(batch, channel: 0).readableBytesView) == [0x24, 0, 0, 1, 1])
        }

        @Test func `readers of one batch share it, and no other`() {
            var last = LastBatch()
            let bytes: [UInt8] = [1, 2, 3]
            let first = last.prepared(RTPPacketBatch(bytes: bytes, stride: 2))
            #expect(last.prepared(RTPPacketBatch(bytes: bytes, stride: 2)) === first)
            #expect(last.prepared(RTPPacketBatch(bytes: bytes, stride: 1)) !== first)
            let second = last.prepared(RTPPacketBatch(bytes: [1, 2, 3], stride: 2))
            #expect(second !== first)
            #expect(last.prepared(RTPPacketBatch(bytes: bytes, stride: 2)) !== second)
        }
    }
}
