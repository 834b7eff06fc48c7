import RTPTransport
import Testing

/// Senders that do not send in real time.
@Suite struct PlayoutBurstTests {
    typealias Course = PlayoutCourseTests.Course

    @Test func `a minute of frames at once is shown, as far as it can be held`() {
        var course = Course()
        for index in 0..<1800 { course.frame(Double(index) / 30, at: 0) }
        course.run(until: 20)
        #expect(course.out.count > 300, "shown in 20 s: \(course.out.count), dropped \(course.buffer.framesDropped)")
        course.run(until: 100)
    }

    @Test func `twenty seconds ahead of time and then real time do not stop the picture`() {
        var course = Course()
        for index in 0..<600 { course.frame(Double(index) / 30, at: 0) }
        course.play(3000, from: 20, at: 1.0 / 30)
        #expect(course.out.count > 2000, "shown in 100 s: \(course.out.count), dropped \(course.buffer.framesDropped)")
    }

    @Test func `timestamps at twice the real rate do not stop the picture`() {
        var course = Course()
        for index in 0..<9000 { course.frame(Double(index) / 15, at: Double(index) / 30) }
        let last = course.out.count { $0.time > 200 }
        #expect(last > 500, "shown in the last 100 s: \(last), in all \(course.out.count) dropped \(course.buffer.framesDropped)")
    }

    @Test func `frames that come faster than they are to be shown do not stop the picture`() {
        var buffer = JitterBuffer(playout: .fixed(.milliseconds(200)), timing: .arrival(framesPerSecond: 10))
        var last = 0
        for index in 0..<6000 {
            let now = ContinuousClock.Instant.after(index * 50)
            buffer.insert(
                ReassembledFrame(image: [1], timestamp: RTPTimestamp(rawValue: 7), arrival: now, packetCount: 1), at: now)
            let count = buffer.advance(to: now).count
            if index > 4000 { last += count }
        }
        #expect(last > 500, "shown in the last 100 s: \(last)")
    }

    @Test func `timestamps that stand still are shown as they come, but for the first`() {
        var course = Course()
        for index in 0..<900 { course.frame(0, at: Double(index) / 30) }
        #expect(course.out.count > 100)
    }

    @Test func `a path that becomes longer for a while and short again costs no frame`() {
        var course = Course()
        course.play(300, from: 0, at: 0, noise: 0.01)
        course.play(600, from: 10, at: 10.3, noise: 0.01)
        for index in 0..<10 { course.frame(30 + Double(index) / 30, at: 30.3) }
        course.play(900, from: 30 + 1.0 / 3, at: 30.34, noise: 0.01)
        course.run(until: 100)
        #expect(course.out.count == 1810)
    }

    @Test(arguments: [0.1, 0.5, 240.0]) func `rates far from the usual ones come out whole`(rate: Double) {
        var course = Course()
        var noise = SeededGenerator(seed: 5)
        let count = rate < 1 ? 200 : 20_000
        for index in 0..<count {
            course.frame(
                Double(index) / rate, at: Double(index) / rate + Double.random(in: 0...min(0.02, 0.9 / rate), using: &noise))
        }
        course.run(until: 1e5)
        #expect(course.out.count == count)
    }

    @Test(arguments: [1, 15, 45, 90, 300]) func `a burst at the start hardly delays the first picture`(count: Int) {
        var course = Course()
        for index in 0..<count { course.frame(Double(index) / 30, at: 0) }
        course.play(300, from: Double(count) / 30, at: 1.0 / 30)
        course.run(until: 40)
        #expect(course.out.first.map { $0.time < 0.6 } == true)
    }
}
