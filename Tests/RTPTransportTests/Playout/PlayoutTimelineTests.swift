import Testing

@testable import RTPTransport

@Suite struct PlayoutTimelineTests {
    func timeline(_ timing: JitterBuffer.Timing) -> PlayoutTimeline {
        PlayoutTimeline(playout: .fixed(.milliseconds(200)), clockRate: .video, timing: timing, maximumJump: .seconds(10))
    }

    func frame(_ timestamp: UInt32, at milliseconds: Int) -> ReassembledFrame {
        ReassembledFrame(
            image: [], timestamp: RTPTimestamp(rawValue: timestamp), arrival: .after(milliseconds), packetCount: 1)
    }

    func place(_ media: Int, _ due: Int) -> PlayoutTimeline.Place {
        PlayoutTimeline.Place(mediaTime: .milliseconds(media), base: .after(due))
    }

    @Test func `the first frame waits for the delay and the others keep their distance from it`() {
        var timeline = timeline(.timestamps)
        #expect(timeline.place(frame(.max - 899, at: 50)) == place(0, 250))
        #expect(timeline.place(frame(2700, at: 51)) == place(40, 290))
        #expect(timeline.place(frame(900, at: 500)) == place(20, 270))
        #expect(timeline.place(frame(6300, at: 501)) == place(80, 330))
    }

    @Test func `a frame that arrives earlier than the first makes nothing faster`() {
        var timeline = timeline(.timestamps)
        #expect(timeline.place(frame(0, at: 1000)) == place(0, 1200))
        #expect(timeline.place(frame(90_000, at: 1001)) == place(1000, 2200))
    }

    @Test func `a jump ahead begins a new time line behind the old one`() {
        var timeline = timeline(.timestamps)
        _ = timeline.place(frame(0, at: 0))
        #expect(timeline.place(frame(900_000, at: 100)) == place(10_000, 10_200))
        let jumped = timeline.place(frame(2_000_000, at: 200))
        #expect(jumped.base == .after(10_200))
        #expect(jumped.mediaTime > .milliseconds(10_000))
        #expect(jumped.mediaTime < .milliseconds(10_001))
        let later = timeline.place(frame(500_000_000, at: 30_000))
        #expect(later.base == .after(30_200))
        #expect(later.mediaTime - jumped.mediaTime == .milliseconds(20_000))
    }

    @Test func `a step back within a second and the delay is a late frame, a wider one a new time line`() {
        var late = timeline(.timestamps)
        _ = late.place(frame(900_000, at: 0))
        #expect(late.place(frame(900_000 - 108_000, at: 10)) == place(-1200, -1000))
        var anew = timeline(.timestamps)
        _ = anew.place(frame(900_000, at: 0))
        #expect(anew.place(frame(0, at: 500)) == place(500, 700))
        #expect(anew.place(frame(3600, at: 540)) == place(540, 740))
    }

    @Test func `by arrival at a rate frames keep the rate's distance, and no more where they come slower`() {
        var timeline = timeline(.arrival(framesPerSecond: 20))
        #expect(timeline.place(frame(7, at: 0)) == place(0, 200))
        #expect(timeline.place(frame(7, at: 1)) == place(50, 250))
        #expect(timeline.place(frame(6, at: 2)) == place(100, 300))
        #expect(timeline.place(frame(6, at: 1000)) == place(150, 1000))
        #expect(timeline.place(frame(6, at: 1010)) == place(200, 1050))
    }

    @Test(arguments: [nil, 0, -1, .nan, .infinity, 1e-300, 1e300] as [Double?])
    func `by arrival without a rate that makes sense each frame waits for the delay`(rate: Double?) {
        var timeline = timeline(.arrival(framesPerSecond: rate))
        #expect(timeline.place(frame(7, at: 0)) == place(0, 200))
        #expect(timeline.place(frame(7, at: 30)) == place(30, 230))
        #expect(timeline.place(frame(7, at: 100)) == place(100, 300))
        let burst = timeline.place(frame(7, at: 100))
        #expect(burst.base == .after(300))
        #expect(burst.mediaTime > .milliseconds(100))
    }
}
