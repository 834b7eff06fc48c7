import RTPTransport
import Testing

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
