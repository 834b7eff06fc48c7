import Testing

@testable import PlayerModel

@Suite struct RateMeterTests {
    private static let start = ContinuousClock.now

    private static func at(_ milliseconds: Int) -> ContinuousClock.Instant { start + .milliseconds(milliseconds) }

    @Test func `pictures of the last second count`() {
        var meter = RateMeter()
        for index in 0..<90 { meter.show(at: Self.at(index * 1000 / 30)) }
        #expect(meter.picturesPerSecond(at: Self.at(2967)) == 30)
        #expect(meter.picturesPerSecond(at: Self.at(3467)) == 15)
        #expect(meter.picturesPerSecond(at: Self.at(9000)) == 0)
    }

    @Test func `bits per second are those of the last second`() {
        var meter = RateMeter()
        #expect(meter.bitsPerSecond() == nil)
        for index in 0...10 { meter.receive(bytes: index * index * 1000, at: Self.at(index * 500)) }
        #expect(meter.bitsPerSecond() == Double((100 - 64) * 1000 * 8))
        // Another connection counts from zero.
        meter.receive(bytes: 5, at: Self.at(6000))
        #expect(meter.bitsPerSecond() == nil)
    }

    @Test func `a flood of pictures costs no memory`() {
        var meter = RateMeter()
        for _ in 0..<100_000 { meter.show(at: Self.at(0)) }
        #expect(meter.picturesPerSecond(at: Self.at(1)) <= 2000)
    }

    @Test func `attempts to come back grow further apart`() {
        #expect((1...8).map(ReconnectDelay.before) == [1, 2, 4, 8, 15, 30, 30, 30].map { .seconds($0) })
        #expect(ReconnectDelay.before(attempt: 0) == .seconds(1))
        #expect(ReconnectDelay.before(attempt: .max) == .seconds(30))
    }

    @Test func `a session waits ten seconds for its first tab and one for it to come back`() {
        var attendance = Attendance(at: Self.at(0))
        #expect(!attendance.isOver(at: Self.at(9999)))
        #expect(attendance.isOver(at: Self.at(10_000)))
        attendance.come()
        #expect(!attendance.isOver(at: Self.at(1_000_000)))
        attendance.come()
        attendance.leave(at: Self.at(20_000))
        #expect(!attendance.isOver(at: Self.at(1_000_000)))
        attendance.leave(at: Self.at(20_000))
        #expect(!attendance.isOver(at: Self.at(20_999)))
        #expect(attendance.isOver(at: Self.at(21_000)))
        attendance.come()
        #expect(!attendance.isOver(at: Self.at(21_000)))
    }
}
