import Testing

@testable import RTPTransport

@Suite struct JPEGPartialFrameTests {
    func frame() -> JPEGDepacketizer.PartialFrame {
        JPEGDepacketizer.PartialFrame(
            timestamp: RTPTimestamp(rawValue: 1),
            description: .init(type: 1, q: 50, width: 8, height: 8, restartInterval: 0), at: .after(0))
    }

    @Test func `an offset alone makes nothing grow`() throws {
        var frame = frame()
        try frame.insert([1, 2].span, offset: 0xFF_FFFF, isLast: false, number: 1, maximumWaiting: 10, at: .after(1))
        #expect(frame.storedBytes == 2)
        #expect(!frame.isComplete)
    }

    @Test func `what waited follows as soon as the hole is closed`() throws {
        var frame = frame()
        frame.begin(with: [0xAA], sizeHint: 10)
        try frame.insert([5, 6].span, offset: 4, isLast: true, number: 7, maximumWaiting: 10, at: .after(1))
        try frame.insert([3, 4].span, offset: 2, isLast: false, number: 1, maximumWaiting: 10, at: .after(2))
        #expect(frame.receivedBytes == 4)
        #expect(frame.dataEnd == 6)
        #expect(frame.endNumber == 7)
        try frame.insert([1, 2].span, offset: 0, isLast: false, number: 1, maximumWaiting: 10, at: .after(3))
        #expect(frame.isComplete)
        #expect(frame.packetCount == 3)
        #expect(frame.lastArrival == .after(3))
        #expect(frame.takeImage() == [0xAA, 1, 2, 3, 4, 5, 6, 0xFF, 0xD9])
    }

    @Test func `a header is set once`() {
        var frame = frame()
        frame.begin(with: [1, 2, 3], sizeHint: 0)
        frame.begin(with: [4], sizeHint: 0)
        #expect(frame.storedBytes == 3)
        #expect(frame.receivedBytes == 0)
    }

    @Test func `a duplicate does not count as an arrival`() throws {
        var frame = frame()
        frame.begin(with: [1], sizeHint: 0)
        try frame.insert([1, 2].span, offset: 0, isLast: false, number: 1, maximumWaiting: 10, at: .after(1))
        try frame.insert([1, 2].span, offset: 0, isLast: false, number: 1, maximumWaiting: 10, at: .after(2))
        #expect(frame.packetCount == 1)
        #expect(frame.lastArrival == .after(1))
    }
}
