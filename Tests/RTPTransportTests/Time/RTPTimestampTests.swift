import RTPTransport
import Testing

struct RTPTimestampTests {
    private let zero = RTPTimestamp(rawValue: 0)

    @Test func `a second of video is 90000 ticks`() {
        #expect(zero.advanced(by: .seconds(1)).rawValue == 90_000)
        #expect(zero.advanced(by: .milliseconds(40)).rawValue == 3600)
        #expect(zero.advanced(by: .zero) == zero)
    }

    @Test func `ticks are rounded to the nearest, so frames at 30 a second do not drift`() {
        for frame in 0..<1000 {
            let time = Duration.nanoseconds(Int64(frame) * 1_000_000_000 / 30)
            #expect(zero.advanced(by: time).rawValue == UInt32(frame) * 3000)
        }
    }

    @Test func `time goes back too, and wraps around either way`() {
        #expect(zero.advanced(by: .milliseconds(-40)).rawValue == 0 &- 3600)
        #expect(RTPTimestamp(rawValue: .max).advanced(by: .milliseconds(40)).rawValue == 3599)
        #expect(zero.advanced(by: .milliseconds(-1500)).rawValue == 0 &- 135_000)
    }

    @Test func `a day later it has wrapped once`() {
        #expect(zero.advanced(by: .seconds(86_400)).rawValue == UInt32(truncatingIfNeeded: 86_400 * 90_000))
    }

    @Test func `distances take the shorter way round`() {
        let late = RTPTimestamp(rawValue: 10)
        let early = RTPTimestamp(rawValue: .max - 9)
        #expect(late.ticks(since: early) == 20)
        #expect(early.ticks(since: late) == -20)
        #expect(RTPTimestamp(rawValue: 1 << 31).ticks(since: zero) == .min)
        #expect(RTPTimestamp(rawValue: (1 << 31) - 1).ticks(since: zero) == .max)
    }

    @Test func `distances are durations too`() {
        #expect(RTPTimestamp(rawValue: 90_000).duration(since: zero) == .seconds(1))
        #expect(zero.duration(since: RTPTimestamp(rawValue: 45_000)) == .milliseconds(-500))
        #expect(RTPTimestamp(rawValue: 1 << 31).duration(since: zero, clockRate: .video) < .seconds(-23_860))
    }

    @Test func `other clocks tick otherwise, and none stands still`() throws {
        #expect(ClockRate(hertz: 0) == nil)
        #expect(ClockRate.video.hertz == 90_000)
        let slow = try #require(ClockRate(hertz: 8000))
        #expect(zero.advanced(by: .milliseconds(20), clockRate: slow).rawValue == 160)
        #expect(RTPTimestamp(rawValue: 160).duration(since: zero, clockRate: slow) == .milliseconds(20))
        let fastest = try #require(ClockRate(hertz: .max))
        #expect(zero.advanced(by: .seconds(1), clockRate: fastest).rawValue == .max)
        #expect(zero.advanced(by: .milliseconds(999), clockRate: fastest).rawValue == 4_290_672_328)
    }

    @Test func `the longest durations wrap and do not trap`() throws {
        let fastest = try #require(ClockRate(hertz: .max))
        for duration in [Duration.seconds(Int64.max), .seconds(Int64.min), .seconds(Int64.max) + .nanoseconds(999_999_999)] {
            let there = zero.advanced(by: duration, clockRate: fastest)
            #expect(there == zero.advanced(by: duration, clockRate: fastest))
            #expect(zero.advanced(by: duration) == zero.advanced(by: duration, clockRate: .video))
        }
        #expect(zero.advanced(by: .seconds(Int64.max)).rawValue == UInt32(truncatingIfNeeded: Int64.max &* 90_000))
    }
}
