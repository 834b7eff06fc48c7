import RTPTransport
import Testing

struct NTPTimestampTests {
    @Test func `the Unix epoch is 2208988800 seconds after that of NTP`() {
        #expect(NTPTimestamp(sinceUnixEpoch: .zero).rawValue == 2_208_988_800 << 32)
        #expect(NTPTimestamp(sinceUnixEpoch: .seconds(1)).rawValue == 2_208_988_801 << 32)
    }

    @Test func `the fraction is binary`() {
        #expect(NTPTimestamp(sinceUnixEpoch: .milliseconds(500)).rawValue == UInt64(2_208_988_800) << 32 | 1 << 31)
        #expect(NTPTimestamp(sinceUnixEpoch: .milliseconds(250)).rawValue == UInt64(2_208_988_800) << 32 | 1 << 30)
        #expect(NTPTimestamp(sinceUnixEpoch: .nanoseconds(999_999_999)).rawValue >> 32 == 2_208_988_800)
    }

    @Test func `moments before 1970 have a fraction that counts forward`() {
        #expect(NTPTimestamp(sinceUnixEpoch: .milliseconds(-250)).rawValue == UInt64(2_208_988_799) << 32 | 3 << 30)
    }

    @Test func `seconds wrap around in 2036`() {
        let last = NTPTimestamp(sinceUnixEpoch: .seconds(4_294_967_295 - 2_208_988_800))
        #expect(last.rawValue == 0xFFFF_FFFF << 32)
        #expect(last.advanced(by: .seconds(1)).rawValue == 0)
        #expect(NTPTimestamp(sinceUnixEpoch: .seconds(4_294_967_296 - 2_208_988_800)).rawValue == 0)
    }

    @Test func `time goes forward and back`() {
        let start = NTPTimestamp(rawValue: 100 << 32)
        #expect(start.advanced(by: .milliseconds(1500)).rawValue == 101 << 32 | 1 << 31)
        #expect(start.advanced(by: .milliseconds(-1500)).rawValue == 98 << 32 | 1 << 31)
        #expect(NTPTimestamp(rawValue: 0).advanced(by: .seconds(-1)).rawValue == 0xFFFF_FFFF << 32)
    }

    @Test func `the longest durations wrap and do not trap`() {
        for duration in [Duration.seconds(Int64.max), .seconds(Int64.min), .seconds(Int64.max) + .nanoseconds(999_999_999)] {
            let fraction = UInt32(truncatingIfNeeded: NTPTimestamp(sinceUnixEpoch: duration).rawValue)
            #expect(fraction == (duration.components.attoseconds == 0 ? 0 : 4_294_967_291))
            #expect(UInt32(truncatingIfNeeded: NTPTimestamp(rawValue: 0).advanced(by: duration).rawValue) == fraction)
        }
    }

    @Test func `the middle has 16 bits of seconds and 16 of fraction`() {
        #expect(NTPTimestamp(rawValue: 0x1122_3344_5566_7788).middle == 0x3344_5566)
    }
}

struct WallClockTests {
    @Test func `one pair of moments tells the wall clock at every other`() {
        let instant = ContinuousClock.Instant.now
        let clock = WallClock(instant: instant, ntp: NTPTimestamp(rawValue: 1000 << 32))
        #expect(clock.ntp(at: instant).rawValue == 1000 << 32)
        #expect(clock.ntp(at: instant + .milliseconds(2500)).rawValue == 1002 << 32 | 1 << 31)
        #expect(clock.ntp(at: instant - .seconds(3)).rawValue == 997 << 32)
    }
}
