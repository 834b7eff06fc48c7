import RTPTransport
import Testing

/// What a viewer sees over a whole course of play: a jitter buffer, frames that come at certain times, and when they come out.
@Suite struct PlayoutCourseTests {
    struct Course {
        static let start = ContinuousClock.now
        var buffer: JitterBuffer
        var now = Course.start
        var out: [(time: Double, frame: PlayoutFrame)] = []
        private var noise = SeededGenerator(seed: 11)

        init(_ playout: PlayoutDelay = .adaptive) { buffer = JitterBuffer(playout: playout) }

        /// A frame of media time `media` is complete `time` after the start, both in seconds.
        mutating func frame(_ media: Double, at time: Double, offset: UInt32 = 4_294_900_000) {
            run(until: time)
            let timestamp = RTPTimestamp(rawValue: offset).advanced(by: .seconds(media))
            buffer.insert(ReassembledFrame(image: [1], timestamp: timestamp, arrival: now, packetCount: 1), at: now)
            take(buffer.advance(to: now))
        }

        mutating func run(until time: Double) {
            let end = max(now, Self.start + .seconds(time))
            while let deadline = buffer.deadline, deadline <= end {
                now = max(now, deadline)
                take(buffer.advance(to: now))
            }
            now = end
        }

        /// Frames at 30 a second, of media times from `media`, each `noise` or less after its time from `time`.
        mutating func play(_ count: Int, from media: Double, at time: Double, noise spread: Double = 0, clock: Double = 1) {
            for index in 0..<count {
                let late = spread > 0 ? Double.random(in: 0...spread, using: &noise) : 0
                frame(media + Double(index) / 30, at: time + Double(index) / 30 * clock + late)
            }
        }

        private mutating func take(_ frames: [PlayoutFrame]) {
            for frame in frames { out.append((Self.start.duration(to: now) / .seconds(1), frame)) }
        }

        /// The times between frames shown, in milliseconds.
        var intervals: [Double] { zip(out, out.dropFirst()).map { ($1.time - $0.time) * 1000 } }
        var isInOrder: Bool { zip(out, out.dropFirst()).allSatisfy { $0.frame.mediaTime < $1.frame.mediaTime } }
    }

    @Test(arguments: [-200e-6, 200e-6], [0.0, 0.02])
    func `ten minutes of drift are followed without a step, a rebuffer or a lost frame`(drift: Double, noise: Double) {
        var course = Course()
        course.play(18_000, from: 0, at: 0, noise: noise, clock: 1 + drift)
        let depth = course.buffer.depth
        course.run(until: 700)
        #expect(course.out.count == 18_000)
        #expect(course.buffer.rebuffers == 0)
        #expect(course.buffer.framesLate <= 18)
        #expect(course.isInOrder)
        // Once settled no interval differs from the one before by more than a tenth of a millisecond.
        let settled = Array(course.intervals.dropFirst(90))
        let lateOnes = settled.count { ($0 - 1000 / 30.0).magnitude > 1 }
        #expect(lateOnes <= 2 * course.buffer.framesLate)
        let steps = zip(settled, settled.dropFirst()).map { ($1 - $0).magnitude }
        #expect(steps.count { $0 > 0.1 } <= 4 * course.buffer.framesLate)
        // The clocks were 120 ms apart at the end, the depth was not.
        #expect(depth < .milliseconds(100))
        let last = course.out.suffix(300).map { $0.time - ($0.frame.mediaTime / .seconds(1)) * (1 + drift) }
        let first = course.out[100..<400].map { $0.time - ($0.frame.mediaTime / .seconds(1)) * (1 + drift) }
        let moved = (last.reduce(0, +) - first.reduce(0, +)) / 300
        #expect(moved.magnitude < 0.025)
    }

    @Test func `the delay goes down on a quiet path and up again when jitter comes, without a step down`() {
        var course = Course()
        course.play(300, from: 0, at: 0)
        #expect(course.buffer.target == .milliseconds(25))
        #expect((20...35).contains(course.buffer.holdingTime / .milliseconds(1)))
        #expect(course.intervals.allSatisfy { (30...36.1).contains($0) })
        course.play(1800, from: 10, at: 10, noise: 0.15)
        #expect(course.buffer.target > .milliseconds(150))
        #expect(course.buffer.framesLate < 60)
        #expect(course.buffer.rebuffers <= 2)
        let late = course.buffer.framesLate
        course.play(600, from: 70, at: 70, noise: 0.15)
        #expect(course.buffer.framesLate - late < 3)
        #expect(course.isInOrder)
    }

    @Test func `a stall is one rebuffer, everything is shown, and the delay comes back without a step`() {
        var course = Course()
        course.play(150, from: 0, at: 0)
        // Three seconds of TCP waiting, and then all at once.
        for index in 0..<90 { course.frame(5 + Double(index) / 30, at: 8) }
        course.play(3600, from: 8, at: 8)
        course.run(until: 200)
        #expect(course.buffer.rebuffers == 1)
        #expect(course.out.count == 150 + 90 + 3600)
        #expect(course.buffer.framesLate == 1)
        #expect(course.intervals.count { $0 > 50 } == 1)
        #expect(course.intervals.allSatisfy { $0 > 25 })
        // Two minutes later the three seconds are gone.
        let last = course.out.suffix(1).map { $0.time - 8 - Double(3599) / 30 }
        #expect(last.allSatisfy { $0 < 0.06 })
    }

    @Test(arguments: [true, false])
    func `a sender that stops for five seconds is one gap, whether its clock runs on or not`(runsOn: Bool) {
        var course = Course()
        course.play(150, from: 0, at: 0)
        course.play(600, from: runsOn ? 10 : 5, at: 10)
        course.run(until: 60)
        #expect(course.buffer.rebuffers == (runsOn ? 0 : 1))
        #expect(course.out.count == 750)
        #expect(course.intervals.count { $0 > 50 } == 1)
        #expect(course.buffer.target == .milliseconds(25))
        let delay = course.out.suffix(1).map { $0.time - 10 - Double(599) / 30 }
        #expect(delay.allSatisfy { (0.015..<0.06).contains($0) })
    }

    @Test(arguments: [-70_000.0, -3, 3, 8, 20, 20_000])
    func `a jump of the timestamps is not seen`(jump: Double) {
        var course = Course()
        course.play(300, from: 0, at: 0, noise: 0.01)
        course.play(300, from: 10 + jump, at: 10, noise: 0.01)
        course.run(until: 60)
        #expect(course.out.count == 600)
        #expect(course.buffer.rebuffers == 0)
        #expect(course.isInOrder)
        #expect(course.intervals.dropFirst(60).allSatisfy { (15...60).contains($0) })
    }

    @Test func `a short step back is not believed for long`() {
        var course = Course()
        course.play(300, from: 0, at: 0)
        course.play(300, from: 9.5, at: 10)
        course.run(until: 60)
        #expect(course.out.count >= 580)
        #expect(course.isInOrder)
        #expect(course.intervals.allSatisfy { $0 < 700 })
    }

    @Test func `another source goes on where the one before stopped`() {
        var course = Course()
        course.play(300, from: 0, at: 0, noise: 0.01)
        course.buffer.changeSource()
        for index in 0..<300 { course.frame(Double(index) / 30, at: 10 + Double(index) / 30, offset: 77) }
        course.run(until: 60)
        #expect(course.out.count == 600)
        #expect(course.intervals.dropFirst(60).allSatisfy { (15...60).contains($0) })
        #expect(course.isInOrder)
    }

    @Test func `a wrap of the timestamps is nothing at all`() {
        var course = Course()
        // The clock wraps after three quarters of a second.
        course.play(300, from: 0, at: 0)
        #expect(course.out.contains { $0.frame.timestamp.rawValue > .max / 2 })
        #expect(course.out.contains { $0.frame.timestamp.rawValue < 1_000_000 })
        #expect(course.intervals.allSatisfy { (30...37).contains($0) })
    }

    @Test func `one frame a second is shown one frame a second`() {
        var course = Course()
        var noise = SeededGenerator(seed: 3)
        for index in 0..<120 { course.frame(Double(index), at: Double(index) + Double.random(in: 0...0.05, using: &noise)) }
        course.run(until: 200)
        #expect(course.out.count == 120)
        #expect(course.buffer.rebuffers == 0)
        #expect(course.buffer.framesLate <= 2)
        #expect(course.intervals.allSatisfy { (900...1100).contains($0) })
        #expect(course.out.last.map { $0.time < 119.2 } == true)
    }

    @Test func `a live server's last frame at the start makes no delay`() {
        var course = Course()
        course.frame(-0.8, at: 0)
        for index in 0..<60 { course.frame(Double(index), at: 0.2 + Double(index)) }
        course.run(until: 100)
        #expect(course.out.count == 61)
        #expect(course.out.last.map { $0.time < 59.4 } == true)
        #expect(course.isInOrder)
        var quick = Course()
        quick.frame(-0.02, at: 0)
        quick.play(300, from: 0, at: 0.01)
        quick.run(until: 20)
        #expect(quick.out.count == 301)
        #expect(quick.intervals.allSatisfy { $0 < 40 })
    }

    @Test func `uneven intervals are shown as uneven as they were taken`() {
        var course = Course()
        let steps = [0.02, 0.1, 0.033, 0.25, 0.04]
        var media = 0.0
        for index in 0..<500 {
            course.frame(media, at: media)
            media += steps[index % steps.count]
        }
        course.run(until: 100)
        #expect(course.out.count == 500)
        #expect(course.buffer.framesLate == 0)
        for (index, interval) in course.intervals.enumerated().dropFirst(50) {
            #expect((interval - steps[index % steps.count] * 1000).magnitude < 1)
        }
    }

    @Test func `a frame that was overtaken by one that is due is dropped, one that is only late is shown`() {
        var course = Course(.fixed(.milliseconds(100)))
        course.play(30, from: 0, at: 0)
        course.frame(1 + 2 / 30.0, at: 1.06)
        // Its turn was at 1.1333; the next is due at 1.1667.
        course.frame(1 + 1 / 30.0, at: 1.14)
        #expect(course.out.last.map { ($0.time - 1.14).magnitude < 0.001 } == true)
        #expect(course.buffer.framesLate == 1)
        course.frame(1 + 4 / 30.0, at: 1.15)
        course.frame(1 + 3 / 30.0, at: 1.24)
        course.run(until: 2)
        #expect(course.buffer.framesLate == 2)
        #expect(course.buffer.framesTooLate == 1)
        #expect(course.isInOrder)
        #expect(course.buffer.rebuffers == 0)
    }

    @Test func `halted, nothing comes out, and then all goes on without a gap`() {
        var course = Course()
        course.play(150, from: 0, at: 0)
        course.buffer.halt(at: course.now)
        let shown = course.out.count
        #expect(course.buffer.deadline == nil)
        // Underway still.
        course.frame(5, at: 5.01)
        course.run(until: 20)
        #expect(course.out.count == shown)
        course.buffer.goOn(at: course.now)
        course.play(150, from: 5 + 1 / 30.0, at: 20)
        course.run(until: 30)
        #expect(course.out.count == 301)
        #expect(course.intervals.count { $0 > 60 } == 1)
        #expect(course.out[shown].time < 20.05)
        #expect(course.buffer.holdingTime < .milliseconds(80))
        #expect(course.buffer.framesLate == 0)
        #expect(course.buffer.rebuffers == 0)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `hostile timestamps neither trap nor hold a frame for hours`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var course = Course()
        for index in 0..<1500 {
            let offset = UInt32.random(in: 0 ... .max, using: &random) >> UInt32.random(in: 0...31, using: &random)
            course.frame(0, at: Double(index) / 100, offset: UInt32(index) &* 900 &+ offset)
            if let deadline = course.buffer.deadline { #expect(deadline < course.now + .seconds(75)) }
            if index.isMultiple(of: 100) { course.buffer.halt(at: course.now) }
            if index % 100 == 20 { course.buffer.goOn(first: RTPTimestamp(rawValue: offset), at: course.now) }
            if index % 300 == 50 { course.buffer.changeSource() }
        }
        course.run(until: 200)
        #expect(course.buffer.frameCount == 0)
        #expect(course.isInOrder)
        #expect(course.out.count + course.buffer.framesTooLate + course.buffer.framesDropped == 1500)
    }
}
