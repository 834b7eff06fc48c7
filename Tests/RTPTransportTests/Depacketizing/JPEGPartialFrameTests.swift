import Testing

@testable import RTPTransport

@Suite struct JPEGPartialFrameTests {
    func frame() -> JPEGDepacketizer.PartialFrame {
        JPEGDepacketizer.PartialFrame(
            timestamp: RTPTimestamp(rawValue: 1),
            description: .init(type: 1, q: 50, width: 8, height: 8, restartInterval: 0), at: .after(0))
    }

    @discardableResult
    func insert(
        _ data: [UInt8], offset: Int, isLast: Bool = false, number: UInt16 = 1, into frame: inout JPEGDepacketizer.PartialFrame,
        at moment: Int
    ) throws -> Bool {
        let fragment = try JPEGDepacketizer.Fragment(
            JPEGPayload(type: 1, q: 50, width: 8, height: 8).fragment(data, offset: offset).span, marker: isLast)
        return try frame.insert(data.span, fragment, number: number, limits: .default, at: .after(moment))
    }

    @Test func `an offset alone makes nothing grow`() throws {
        var frame = frame()
        #expect(try !insert([1, 2], offset: 0xFF_FFFF, into: &frame, at: 1))
        #expect(frame.storedBytes == 2)
    }

    @Test func `what waited follows as soon as the hole is closed`() throws {
        var frame = frame()
        frame.begin(with: [0xAA], layout: nil, sizeHint: 10)
        try insert([5, 6], offset: 4, isLast: true, number: 7, into: &frame, at: 1)
        try insert([3, 4], offset: 2, into: &frame, at: 2)
        #expect(frame.receivedBytes == 4)
        #expect(frame.dataEnd == 6)
        #expect(frame.endNumber == 7)
        #expect(try insert([1, 2], offset: 0, into: &frame, at: 3))
        #expect(frame.packetCount == 3)
        #expect(frame.lastArrival == .after(3))
        #expect(frame.takeImage() == [0xAA, 1, 2, 3, 4, 5, 6, 0xFF, 0xD9])
    }

    @Test func `a header is set once`() {
        var frame = frame()
        frame.begin(with: [1, 2, 3], layout: nil, sizeHint: 0)
        frame.begin(with: [4], layout: nil, sizeHint: 0)
        #expect(frame.storedBytes == 3)
        #expect(frame.receivedBytes == 0)
    }

    @Test func `a frame that lacks its marker is followed by the next number only`() throws {
        var frame = frame()
        frame.begin(with: [1], layout: nil, sizeHint: 0)
        #expect(!frame.isFollowed(by: 1))
        try insert([1, 2], offset: 0, number: 65_534, into: &frame, at: 1)
        try insert([5, 6], offset: 4, number: 0, into: &frame, at: 1)
        #expect(!frame.isFollowed(by: 65_535))
        try insert([3, 4], offset: 2, number: 65_535, into: &frame, at: 1)
        #expect([0, 1, 2, 65_535].map { frame.isFollowed(by: $0) } == [false, true, false, false])
        try insert([7], offset: 6, isLast: true, number: 1, into: &frame, at: 1)
        #expect(!frame.isFollowed(by: 2))
    }

    @Test func `a duplicate does not count as an arrival`() throws {
        var frame = frame()
        frame.begin(with: [1], layout: nil, sizeHint: 0)
        try insert([1, 2], offset: 0, into: &frame, at: 1)
        try insert([1, 2], offset: 0, into: &frame, at: 2)
        #expect(frame.packetCount == 1)
        #expect(frame.lastArrival == .after(1))
    }
}
