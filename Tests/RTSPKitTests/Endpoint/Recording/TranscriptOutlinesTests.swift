import MJPEGSource
import RTPTransport
import RTSPKit
import RTSPTestKit
import Testing

@Suite struct TranscriptOutlinesTests {
    @Test func `a live frame and what a reader joins with are outlined by their sizes, numbers and times`() throws {
        var generator = SeededGenerator(seed: 3)
        var live = LivePresentation(
            id: LivePresentationID(rawValue: 1), name: "camera", framesPerSecond: 10, canonicalName: "camera",
            wallClock: SimulationFixtures.server().wallClock, using: &generator)
        let image = SyntheticPicture(scanBytes: 3000).bytes
        let frame = try live.packetize(
            MJPEGFrame(image: image, presentationTime: .seconds(4)), at: SimulationFixtures.start)
        let outline = Transcript.FrameOutline(frame)
        #expect(outline.firstSequenceNumber == frame.firstSequenceNumber)
        #expect(outline.timestamp == frame.timestamp)
        #expect(outline.packetBytes == frame.batch.bytes.count)
        #expect(outline.stride == frame.batch.stride)
        #expect(outline.pictureBytes == image.count)
        #expect(outline.presentationTime == .seconds(4))
        let snapshot = live.snapshot(at: SimulationFixtures.start + .milliseconds(50))
        let joined = Transcript.SnapshotOutline(snapshot)
        #expect(joined.lastFrame == outline)
        #expect(joined.nextSequenceNumber == frame.firstSequenceNumber &+ 3)
        #expect(joined.timestamp == snapshot.timestamp)
        #expect(joined.report == snapshot.report)
        // Long after, there is no last frame to begin with.
        let late = Transcript.SnapshotOutline(live.snapshot(at: SimulationFixtures.start + .seconds(50)))
        #expect(late.lastFrame == nil)
    }

    @Test func `packets of lengths of their own are outlined by their ends`() {
        let batch = RTPPacketBatch(bytes: [UInt8](repeating: 0, count: 50), ends: [20, 35, 50])
        let frame = LiveFrame(
            batch: batch, firstSequenceNumber: 1, timestamp: RTPTimestamp(rawValue: 2),
            frame: MJPEGFrame(image: [], presentationTime: .zero))
        #expect(Transcript.FrameOutline(frame).ends == [20, 35, 50])
        #expect(Transcript.FrameOutline(frame).stride == 20)
        #expect(Transcript.FrameOutline(frame).packetBytes == 50)
    }
}
