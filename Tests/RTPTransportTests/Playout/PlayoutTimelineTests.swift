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
        #expect(timeline.place(frame(3600, at: 1001)) == place(40, 1240))
        #expect(timeline.place(frame(93_600, at: 1002)) == place(1040, 2240))
    }

    @Test func `a jump ahead that no time has passed for is shown as if there were none`() {
        var timeline = timeline(.timestamps)
        for index in 0..<10 { _ = timeline.place(frame(UInt32(index) * 3600, at: index * 40)) }
        // Five seconds, which the media time follows.
        let jumped = timeline.place(frame(482_400, at: 400))
        #expect(jumped.mediaTime == .milliseconds(5360))
        #expect(jumped.base == .after(600))
        // A day: nobody knows where that is.
        let lost = timeline.place(frame(482_400 &+ 2_000_000_000, at: 440))
        #expect(lost.base == .after(640))
        #expect(lost.mediaTime - jumped.mediaTime == .milliseconds(40))
        #expect(timeline.place(frame(482_400 &+ 2_000_003_600, at: 480)).base == .after(680))
    }

    @Test func `timestamps that run on while nothing is sent are no jump`() {
        var timeline = timeline(.timestamps)
        for index in 0..<10 { _ = timeline.place(frame(UInt32(index) * 3600, at: index * 40)) }
        let later = timeline.place(frame(9 * 3600 + 90_000 * 60, at: 60_360))
        #expect(later == place(60_360, 60_560))
    }

    @Test func `a live server's old frame at the start holds nothing up`() {
        var timeline = timeline(.timestamps)
        #expect(timeline.place(frame(0, at: 0)) == place(0, 200))
        // Nine seconds younger, and there a moment later.
        #expect(timeline.place(frame(810_000, at: 10)) == place(9000, 210))
        #expect(timeline.place(frame(813_600, at: 50)) == place(9040, 250))
    }

    @Test func `however far apart timestamps lie, no frame is held for more than a minute and a step`() {
        var timeline = timeline(.timestamps)
        for index in 0..<1000 {
            let place = timeline.place(frame(UInt32(truncatingIfNeeded: index &* 891_000), at: index))
            #expect(.after(index + 70_000) > timeline.due(place))
        }
    }

    @Test func `another source follows the one before whatever its timestamps`() {
        var timeline = timeline(.timestamps)
        for index in 0..<10 { _ = timeline.place(frame(UInt32(index) * 3600, at: index * 40)) }
        timeline.changeSource()
        #expect(timeline.place(frame(30_000, at: 400)) == place(400, 600))
        #expect(timeline.place(frame(33_600, at: 440)) == place(440, 640))
    }

    @Test func `after a pause the next frame follows the newest, told or not, jump or not`() {
        for (first, timestamp, media) in [(nil, 36_000, 400), (nil, 900_000, 400), (5, 5, 400), (5, 3605, 440)]
            as [(UInt32?, UInt32, Int)]
        {
            var timeline = timeline(.timestamps)
            for index in 0..<10 { _ = timeline.place(frame(UInt32(index) * 3600, at: index * 40)) }
            timeline.goOn(from: .after(400), to: .after(5400), first: first.map { RTPTimestamp(rawValue: $0) })
            let next = timeline.place(frame(timestamp, at: 5410))
            #expect(next == place(media, media + 200))
            #expect(timeline.due(next) == .after(media + 5200))
            #expect(timeline.place(frame(timestamp + 3600, at: 5450)).mediaTime == .milliseconds(media + 40))
        }
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
