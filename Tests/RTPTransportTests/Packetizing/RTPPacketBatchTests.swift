import Testing

@testable import RTPTransport

struct RTPPacketBatchTests {
    private let batch = RTPPacketBatch(bytes: [UInt8](0..<25), stride: 10)

    @Test func `packets are equally long but the last`() {
        #expect(batch.count == 3)
        #expect((0..<3).map { batch.range(ofPacketAt: $0) } == [0..<10, 10..<20, 20..<25])
    }

    @Test func `a packet that does not exist is empty`() {
        for index in [-1, 3, .max, .min] { #expect(batch.range(ofPacketAt: index).isEmpty) }
    }

    @Test func `an empty batch has no packets and no sends`() {
        for stride in [0, 1, 10, -1] {
            let empty = RTPPacketBatch(bytes: [], stride: stride)
            #expect(empty.count == 0)
            #expect(empty.sends().isEmpty)
            #expect(empty.interleaved(channel: 0).isEmpty)
        }
    }

    @Test func `without a stride everything is one packet`() {
        let batch = RTPPacketBatch(bytes: [1, 2, 3], stride: 0)
        #expect(batch.count == 1)
        #expect(batch.range(ofPacketAt: 0) == 0..<3)
    }

    @Test func `neighbouring packets lie in one range, and those that do not exist are left out`() {
        #expect(batch.range(ofPacketsAt: 0..<2) == 0..<20)
        #expect(batch.range(ofPacketsAt: 1..<3) == 10..<25)
        #expect(batch.range(ofPacketsAt: -4 ..< .max) == 0..<25)
        #expect(batch.range(ofPacketsAt: 1..<1).isEmpty)
        #expect(batch.range(ofPacketsAt: 3..<9).isEmpty)
    }

    @Test func `the largest stride is no trap`() {
        let batch = RTPPacketBatch(bytes: [1, 2, 3], stride: .max)
        #expect(batch.count == 1)
        #expect(batch.range(ofPacketAt: 0) == 0..<3)
        #expect(batch.sends() == [0..<3])
        #expect(batch.sends(maxSegments: .max, maxBytes: .max) == [0..<3])
    }

    @Test func `sends hold whole packets, no more than both limits allow, and nothing is left out`() {
        #expect(batch.sends(maxSegments: 2) == [0..<20, 20..<25])
        #expect(batch.sends(maxBytes: 29) == [0..<20, 20..<25])
        #expect(batch.sends() == [0..<25])
        #expect(batch.sends(maxSegments: 0, maxBytes: 0) == [0..<10, 10..<20, 20..<25])
        let frame = RTPPacketBatch(bytes: [UInt8](repeating: 0, count: 300_000), stride: 1412)
        let sends = frame.sends()
        #expect(sends.allSatisfy { $0.count <= 65_507 && $0.lowerBound % 1412 == 0 })
        #expect(sends.map(\.count).reduce(0, +) == 300_000)
        #expect(sends[0].count == 46 * 1412)
    }

    @Test func `packets travel in an RTSP connection with sign, channel and length`() {
        let framed = RTPPacketBatch(bytes: [1, 2, 3], stride: 2).interleaved(channel: 4)
        #expect(framed == [0x24, 4, 0, 2, 1, 2, 0x24, 4, 0, 1, 3])
    }

    @Test func `a packet too long for its length field is left out`() {
        let bytes = [UInt8](repeating: 7, count: 65_540)
        let framed = RTPPacketBatch(bytes: bytes, stride: 65_536).interleaved(channel: 0)
        #expect(framed == [0x24, 0, 0, 4, 7, 7, 7, 7])
    }
}

struct UnequalRTPPacketBatchTests {
    /// Packets of 10, 10, 4, 7, 7, 7 and 9 bytes.
    private let batch = RTPPacketBatch(bytes: [UInt8](0..<54), ends: [10, 20, 24, 31, 38, 45, 54])

    @Test func `packets are as long as their ends say`() {
        #expect(batch.count == 7)
        #expect(batch.stride == 10)
        #expect((0..<7).map { batch.range(ofPacketAt: $0).count } == [10, 10, 4, 7, 7, 7, 9])
        #expect(batch.range(ofPacketAt: 2) == 20..<24)
        #expect(batch.range(ofPacketsAt: 1..<4) == 10..<31)
        #expect(batch.range(ofPacketsAt: -1 ..< .max) == 0..<54)
        for index in [-1, 7, .max, .min] { #expect(batch.range(ofPacketAt: index).isEmpty) }
    }

    @Test func `a run ends where the length changes, with a shorter packet or before a longer one`() {
        #expect(batch.sends() == [0..<24, 24..<45, 45..<54])
        #expect(batch.sends(maxSegments: 2) == [0..<20, 20..<24, 24..<38, 38..<45, 45..<54])
        #expect(batch.sends(maxBytes: 14) == [0..<10, 10..<20, 20..<24, 24..<38, 38..<45, 45..<54])
        #expect(batch.sends(maxSegments: 1).count == 7)
        #expect(batch.sends(maxSegments: .min, maxBytes: .min).count == 7)
        let run = batch.run(ofPacketsAt: 1..<6)
        #expect(run?.packets == 1..<3)
        #expect(run?.bytes == 10..<24)
        #expect(run?.segmentLength == 10)
        #expect(batch.run(ofPacketsAt: 2..<6)?.packets == 2..<3)
        #expect(batch.run(ofPacketsAt: 3..<5)?.packets == 3..<5)
        #expect(batch.run(ofPacketsAt: 7..<9) == nil)
        #expect(batch.run(ofPacketsAt: 3..<3) == nil)
    }

    @Test func `runs of equal packets stay within the packets asked for`() {
        let equal = RTPPacketBatch(bytes: [UInt8](0..<25), stride: 10)
        #expect(equal.run(ofPacketsAt: 0..<2)?.bytes == 0..<20)
        #expect(equal.run(ofPacketsAt: 1..<3)?.bytes == 10..<25)
        #expect(equal.run(ofPacketsAt: 1..<3)?.segmentLength == 10)
        #expect(equal.run(ofPacketsAt: 2..<9)?.segmentLength == 5)
        #expect(equal.run(ofPacketsAt: 0..<3, maxSegments: 2)?.packets == 0..<2)
    }

    @Test func `equal packets need no ends`() {
        let bytes = [UInt8](0..<25)
        #expect(RTPPacketBatch(bytes: bytes, ends: [10, 20, 25]) == RTPPacketBatch(bytes: bytes, stride: 10))
        #expect(RTPPacketBatch(bytes: bytes, ends: [25]) == RTPPacketBatch(bytes: bytes, stride: 25))
        #expect(RTPPacketBatch(bytes: bytes, ends: [10, 20, 25]).ends == nil)
        #expect(RTPPacketBatch(bytes: bytes, ends: [5, 15, 25]).ends == [5, 15, 25])
        #expect(RTPPacketBatch(bytes: [], ends: []).count == 0)
        #expect(RTPPacketBatch(bytes: [], ends: [0, 1]).sends().isEmpty)
    }

    @Test func `ends that cannot be are passed over, and no byte is lost`() {
        let bytes = [UInt8](0..<25)
        for ends in [[-3, 0, 7, 7, 3, 12, .max, .min], [7, 12], [7, 12, 26], [7, 12, 25]] {
            let batch = RTPPacketBatch(bytes: bytes, ends: ends)
            #expect(batch.ends == [7, 12, 25])
            #expect(batch.stride == 13)
        }
        #expect(RTPPacketBatch(bytes: bytes, ends: []).count == 1)
        #expect(RTPPacketBatch(bytes: bytes, ends: [.min, .max]).range(ofPacketAt: 0) == 0..<25)
    }

    @Test func `packets of all lengths travel in an RTSP connection`() {
        let framed = RTPPacketBatch(bytes: [1, 2, 3, 4], ends: [1, 3, 4]).interleaved(channel: 0)
        #expect(framed == [0x24, 0, 0, 1, 1, 0x24, 0, 0, 2, 2, 3, 0x24, 0, 0, 1, 4])
    }

    @Test func `sends cover every byte once, whatever the lengths`() {
        var generator = SeededGenerator(seed: 64)
        for _ in 0..<200 {
            var ends: [Int] = []
            for _ in 0..<Int.random(in: 1...40, using: &generator) {
                ends.append((ends.last ?? 0) + [3, 3, 3, 2, 5][Int.random(in: 0..<5, using: &generator)])
            }
            let batch = RTPPacketBatch(bytes: [UInt8](repeating: 0, count: ends.last ?? 0), ends: ends)
            var next = 0
            for send in batch.sends(maxSegments: 4, maxBytes: 11) {
                #expect(send.lowerBound == next && !send.isEmpty && send.count <= 11)
                next = send.upperBound
            }
            #expect(next == batch.bytes.count)
        }
    }

    @Test func `a batch is filled anew with packets of one length or of lengths of their own`() {
        var batch = batch
        batch.refill(stride: 2, byteCount: 9) { output in
            for byte in UInt8(1)...5 { output.append(byte) }
        }
        #expect(batch == RTPPacketBatch(bytes: [1, 2, 3, 4, 5], stride: 2))
        batch.refill(byteCount: 3) { output in
            for byte in UInt8(7)...9 { output.append(byte) }
            return [1, 1, 90, 2]
        }
        #expect(batch == RTPPacketBatch(bytes: [7, 8, 9], ends: [1, 1, 90, 2]))
        #expect(batch.count == 3)
        batch.refill(stride: 0, byteCount: 0) { _ in }
        #expect(batch.count == 0)
        #expect(batch == RTPPacketBatch())
    }

    @Test func `packets are framed into memory that has room for them, and not into less`() {
        let small = RTPPacketBatch(bytes: [1, 2, 3], stride: 2)
        #expect(small.interleavedByteCount == 11)
        var framed: [UInt8] = []
        framed.append(addingCapacity: 10) { small.interleave(channel: 4, into: &$0) }
        #expect(framed.isEmpty)
        framed.append(addingCapacity: 12) { output in
            output.append(9)
            small.interleave(channel: 4, into: &output)
        }
        #expect(framed == [9] + small.interleaved(channel: 4))
    }

    @Test func `packets are framed into storage that was used before, unless somebody else reads it`() {
        let small = RTPPacketBatch(bytes: [1, 2, 3], stride: 2)
        var framed: [UInt8] = []
        batch.interleave(channel: 1, into: &framed)
        #expect(framed == batch.interleaved(channel: 1))
        let storage = address(of: framed)
        small.interleave(channel: 4, into: &framed)
        #expect(framed == [0x24, 4, 0, 2, 1, 2, 0x24, 4, 0, 1, 3])
        #expect(address(of: framed) == storage)
        let kept = framed
        batch.interleave(channel: 2, into: &framed)
        #expect(kept == small.interleaved(channel: 4))
        #expect(framed == batch.interleaved(channel: 2))
        #expect(address(of: framed) != storage)
    }
}
