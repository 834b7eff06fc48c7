import RTPTransport
import Testing

struct InstantLayoutTests {
    @Test func `an instant is as large as a duration and holds no references, as those who store it assume`() {
        #expect(MemoryLayout<ContinuousClock.Instant>.size == MemoryLayout<Duration>.size)
        #expect(MemoryLayout<ContinuousClock.Instant>.alignment == MemoryLayout<Duration>.alignment)
        #expect(_isPOD(ContinuousClock.Instant.self))
    }

    @Test func `what was stored comes back, whatever it was`() {
        let now = ContinuousClock.now
        let moments = [now, now + .seconds(1), now - .seconds(1e12), now + .seconds(1e12), now + Duration(attoseconds: 1)]
        for moment in moments {
            var clock = WallClock(instant: moment, ntp: NTPTimestamp(rawValue: 0))
            #expect(clock.instant == moment)
            clock.instant = moment + .nanoseconds(1)
            #expect(moment.duration(to: clock.instant) == .nanoseconds(1))
            #expect(clock == WallClock(instant: moment + .nanoseconds(1), ntp: NTPTimestamp(rawValue: 0)))
        }
    }
}
