import Testing

@testable import RTPTransport

/// Frames packetized into a batch that has packets already.
struct ReusedBatchTests {
    /// Small and large, with extension, restart markers and blocks to be put in order, some twice.
    private static let pictures: [[UInt8]] = [
        SyntheticJPEG(scan: SyntheticJPEG.scanData(count: 5000)).bytes, RealJPEG.yuv420, RealJPEG.restarting, RealJPEG.yuv422,
        SyntheticJPEG(width: 4000, height: 3001, scan: SyntheticJPEG.scanData(count: 90_000)).bytes,
        SyntheticJPEG(scan: SyntheticJPEG.scanData(count: 5000)).bytes, RealJPEG.restarting,
        SyntheticJPEG(restartInterval: 1, scan: SyntheticJPEG.scanData(count: 3)).bytes,
    ]

    private func expectEqual(_ packetizer: some FramePacketizer, sourceLocation: SourceLocation = #_sourceLocation) throws {
        var (one, other) = (packetizer, packetizer)
        var (oneNumber, otherNumber) = (UInt16(65_530), UInt16(65_530))
        var reused = RTPPacketBatch()
        for (index, picture) in Self.pictures.enumerated() {
            let time = RTPTimestamp(rawValue: UInt32(index))
            let fresh = try one.packetize(picture, timestamp: time, ssrc: 5, sequenceNumber: &oneNumber)
            try other.packetize(picture, timestamp: time, ssrc: 5, sequenceNumber: &otherNumber, into: &reused)
            #expect(reused == fresh, "picture \(index)", sourceLocation: sourceLocation)
            #expect(reused.count > 0, sourceLocation: sourceLocation)
            #expect(otherNumber == oneNumber, sourceLocation: sourceLocation)
        }
    }

    @Test func `what is packetized into a batch that was used before is what a fresh one has`() throws {
        var aligned = JPEGPacketizer.Options()
        aligned.alignsToRestartIntervals = true
        aligned.quantization = .every(frames: 2)
        for size in [300, 1400] {
            try expectEqual(JPEGPacketizer(maximumPayloadSize: size))
            try expectEqual(JPEGPacketizer(maximumPayloadSize: size, options: aligned))
            for fragmentation in LabFragmentation.allCases {
                try expectEqual(RawJPEGPacketizer(fragmentation: fragmentation, maximumPayloadSize: size))
            }
        }
    }

    private func refill(_ packetizer: some FramePacketizer) throws {
        var (packetizer, number, batch) = (packetizer, UInt16(1), RTPPacketBatch())
        func packetize(_ picture: [UInt8]) throws {
            try packetizer.packetize(
                picture, timestamp: RTPTimestamp(rawValue: 0), ssrc: 0, sequenceNumber: &number, into: &batch)
        }
        try packetize(SyntheticJPEG(scan: SyntheticJPEG.scanData(count: 9000)).bytes)
        let storage = address(of: batch.bytes)
        for count in [9000, 1, 5000, 9000] {
            try packetize(SyntheticJPEG(scan: SyntheticJPEG.scanData(count: count)).bytes)
            #expect(address(of: batch.bytes) == storage)
        }
        let (kept, packets) = (batch, Array(batch.bytes[...]))
        try packetize(SyntheticJPEG(scan: SyntheticJPEG.scanData(count: 7000)).bytes)
        #expect(address(of: batch.bytes) != storage)
        #expect(address(of: kept.bytes) == storage)
        #expect(kept.bytes == packets)
        #expect(batch != kept)
    }

    @Test func `storage is used again until somebody else reads it, and he keeps what he has`() throws {
        try refill(JPEGPacketizer())
        try refill(RawJPEGPacketizer())
    }

    @Test func `a refused frame leaves batch and number as they were`() throws {
        var packetizer = JPEGPacketizer()
        var number: UInt16 = 7
        let before = RTPPacketBatch(bytes: [1, 2, 3], stride: 2)
        var batch = before
        let tooLarge = SyntheticJPEG(scan: [UInt8](repeating: 0, count: 1 << 24)).bytes
        for (picture, error) in [
            (RealJPEG.progressive, JPEGError.progressive), (tooLarge, .tooManyBytes(1 << 24)), ([], .notJPEG),
        ] {
            #expect(throws: error) {
                try packetizer.packetize(
                    picture, timestamp: RTPTimestamp(rawValue: 0), ssrc: 0, sequenceNumber: &number, into: &batch)
            }
            #expect(batch == before)
            #expect(number == 7)
        }
    }

    @Test func `a sender counts what it puts into a batch, and a refused frame changes neither`() throws {
        var sender = RTPSender(
            packetizer: JPEGPacketizer(), ssrc: 1, firstSequenceNumber: 1, firstTimestamp: RTPTimestamp(rawValue: 0),
            canonicalName: "a")
        var twin = sender
        var batch = RTPPacketBatch(bytes: [9], stride: 1)
        for picture in Self.pictures {
            try sender.packetize(picture, at: .seconds(1), into: &batch)
            #expect(try batch == twin.packetize(picture, at: .seconds(1)))
        }
        #expect(sender.packetCount == twin.packetCount)
        #expect(sender.octetCount == twin.octetCount)
        let (before, count) = (batch, sender.packetCount)
        #expect(throws: JPEGError.progressive) { try sender.packetize(RealJPEG.progressive, at: .zero, into: &batch) }
        #expect(batch == before)
        #expect(sender.packetCount == count)
        #expect(sender.nextSequenceNumber == twin.nextSequenceNumber)
    }
}

/// Where the bytes of an array lie in memory.
func address(of bytes: [UInt8]) -> UInt {
    unsafe bytes.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
}
