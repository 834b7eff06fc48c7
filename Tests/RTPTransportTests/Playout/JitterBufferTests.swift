import RTPTransport
import Testing

@Suite struct JitterBufferTests {
    func frame(_ timestamp: UInt32, at milliseconds: Int, bytes: Int = 1) -> ReassembledFrame {
        ReassembledFrame(
            image: Array(repeating: 9, count: bytes), timestamp: RTPTimestamp(rawValue: timestamp), arrival: .after(milliseconds),
            packetCount: 1)
    }

    func insert(_ timestamp: UInt32, at milliseconds: Int, into buffer: inout JitterBuffer, bytes: Int = 1) {
        buffer.insert(frame(timestamp, at: milliseconds, bytes: bytes), at: .after(milliseconds))
    }

    func timestamps(_ frames: [PlayoutFrame]) -> [UInt32] { frames.map(\.timestamp.rawValue) }

    @Test func `an empty buffer has nothing due`() {
        var buffer = JitterBuffer(playout: .fixed(.milliseconds(200)))
        #expect(buffer.deadline == nil)
        #expect(buffer.depth == .zero)
        #expect(buffer.advance(to: .after(1_000_000)) == [])
        #expect(buffer.drain() == [])
    }

    @Test func `frames come out at their time and not before`() {
        var buffer = JitterBuffer(playout: .fixed(.milliseconds(100)))
        insert(1000, at: 0, into: &buffer)
        insert(4600, at: 70, into: &buffer)
        #expect(buffer.frameCount == 2)
        #expect(buffer.byteCount == 2)
        #expect(buffer.depth == .milliseconds(40))
        #expect(buffer.deadline == .after(100))
        #expect(buffer.advance(to: .after(99)) == [])
        #expect(
            buffer.advance(to: .after(100)) == [
                PlayoutFrame(image: [9], timestamp: RTPTimestamp(rawValue: 1000), mediaTime: .zero, dueAt: .after(100))
            ])
        #expect(buffer.deadline == .after(140))
        #expect(
            buffer.advance(to: .after(140)) == [
                PlayoutFrame(
                    image: [9], timestamp: RTPTimestamp(rawValue: 4600), mediaTime: .milliseconds(40), dueAt: .after(140))
            ])
        #expect(buffer.deadline == nil)
        #expect(buffer.byteCount == 0)
    }

    @Test func `frames that come in any order come out in theirs`() {
        var buffer = JitterBuffer(playout: .fixed(.milliseconds(200)))
        for timestamp in [3600, 0, 10_800, 7200] as [UInt32] { insert(timestamp &- 5000, at: 0, into: &buffer) }
        let frames = buffer.advance(to: .after(5000))
        #expect(timestamps(frames) == [0, 3600, 7200, 10_800].map { $0 &- 5000 })
        #expect(frames.map(\.mediaTime) == [-40, 0, 40, 80].map { .milliseconds($0) })
        #expect(frames.map(\.dueAt) == frames.map(\.dueAt).sorted())
        #expect(buffer.framesTooLate == 0)
    }

    @Test func `a frame after its time comes out at once while it is the newest`() {
        var buffer = JitterBuffer(playout: .fixed(.milliseconds(100)))
        insert(0, at: 0, into: &buffer)
        #expect(buffer.advance(to: .after(100)).count == 1)
        insert(3600, at: 200, into: &buffer)
        #expect(buffer.framesLate == 1)
        #expect(buffer.rebuffers == 0)
        #expect(buffer.deadline == .after(140))
        #expect(timestamps(buffer.advance(to: .after(200))) == [3600])
    }

    @Test func `a frame older than one that is out is never let out`() {
        var buffer = JitterBuffer(playout: .fixed(.milliseconds(100)))
        insert(0, at: 0, into: &buffer)
        insert(7200, at: 10, into: &buffer)
        #expect(buffer.advance(to: .after(500)).count == 2)
        insert(3600, at: 501, into: &buffer)
        #expect(buffer.frameCount == 0)
        #expect(buffer.framesTooLate == 1)
        #expect(buffer.framesLate == 1)
    }

    @Test func `a frame that is there already is not taken twice`() {
        var buffer = JitterBuffer(playout: .fixed(.milliseconds(200)))
        insert(0, at: 0, into: &buffer)
        insert(3600, at: 1, into: &buffer)
        insert(0, at: 2, into: &buffer)
        insert(3600, at: 2, into: &buffer)
        #expect(buffer.frameCount == 2)
        #expect(buffer.framesTooLate == 2)
    }

    @Test func `a source that starts over is played on`() {
        var buffer = JitterBuffer(playout: .fixed(.milliseconds(100)))
        for index in 0..<100 { insert(UInt32(index) * 3600, at: index * 40, into: &buffer) }
        #expect(buffer.advance(to: .after(4060)).count == 100)
        for index in 0..<100 { insert(UInt32(index) * 3600, at: 4000 + index * 40, into: &buffer) }
        let frames = buffer.advance(to: .after(20_000))
        #expect(timestamps(frames) == (0..<100).map { UInt32($0 * 3600) })
        #expect(frames.first?.dueAt == .after(4100))
        #expect(frames.first?.mediaTime == .milliseconds(4000))
    }

    @Test func `the oldest frames go when there are too many`() {
        var buffer = JitterBuffer(playout: .fixed(.milliseconds(200)), limits: JitterBufferLimits(maximumFrames: 3))
        for index in 0..<5 { insert(UInt32(index) * 3600, at: 0, into: &buffer) }
        #expect(buffer.framesDropped == 2)
        #expect(timestamps(buffer.drain()) == [7200, 10_800, 14_400])
    }

    @Test func `the oldest frames go when they are too large, and one too large alone is not taken`() {
        var buffer = JitterBuffer(playout: .fixed(.milliseconds(200)), limits: JitterBufferLimits(maximumBytes: 100))
        insert(0, at: 0, into: &buffer, bytes: 60)
        insert(3600, at: 0, into: &buffer, bytes: 101)
        #expect(buffer.framesDropped == 1)
        #expect(buffer.byteCount == 60)
        insert(7200, at: 0, into: &buffer, bytes: 41)
        #expect(buffer.framesDropped == 2)
        #expect(buffer.byteCount == 41)
        #expect(timestamps(buffer.drain()) == [7200])
        #expect(buffer.byteCount == 0)
    }

    @Test func `a restart forgets frames and times`() {
        var buffer = JitterBuffer(playout: .fixed(.milliseconds(100)))
        insert(90_000, at: 0, into: &buffer)
        insert(93_600, at: 0, into: &buffer)
        #expect(buffer.advance(to: .after(100)).count == 1)
        buffer.restart()
        #expect(buffer.frameCount == 0)
        #expect(buffer.byteCount == 0)
        insert(86_400, at: 200, into: &buffer)
        #expect(
            buffer.advance(to: .after(300)) == [
                PlayoutFrame(image: [9], timestamp: RTPTimestamp(rawValue: 86_400), mediaTime: .zero, dueAt: .after(300))
            ])
    }

    @Test func `drained, all frames come at once and say when they would have been due`() {
        var buffer = JitterBuffer(playout: .fixed(.milliseconds(100)))
        for index in 0..<3 { insert(UInt32(index) * 3600, at: 0, into: &buffer) }
        #expect(buffer.drain().map(\.dueAt) == [.after(100), .after(140), .after(180)])
        #expect(buffer.deadline == nil)
        insert(3600, at: 50, into: &buffer)
        #expect(buffer.framesTooLate == 1)
    }

    @Test func `timestamps that say nothing are no harm by arrival`() {
        var buffer = JitterBuffer(playout: .fixed(.milliseconds(200)), timing: .arrival(framesPerSecond: 20))
        for index in 0..<4 { insert(1_700_000_000, at: index * 10, into: &buffer) }
        #expect(buffer.advance(to: .after(10_000)).map(\.dueAt) == [200, 250, 300, 350].map { .after($0) })
        #expect(buffer.framesTooLate == 0)
    }

    @Test func `settings out of range are brought into it`() {
        #expect(JitterBuffer(playout: .fixed(.seconds(-1))).playout.initial == .zero)
        #expect(JitterBuffer(playout: .fixed(.seconds(Int64.max))).playout.initial == .seconds(3600))
        let limits = JitterBufferLimits(maximumFrames: 0, maximumBytes: -5, maximumJump: .seconds(Int64.max))
        #expect(limits == JitterBufferLimits(maximumFrames: 1, maximumBytes: 1, maximumJump: .seconds(3600)))
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `whatever the timestamps, frames come out in order, on time, and none is unaccounted for`(seed: UInt64) {
        var random = ReceptionRandom(seed: seed)
        var buffer = JitterBuffer(playout: .fixed(.milliseconds(200)), limits: JitterBufferLimits(maximumFrames: 20))
        var timestamp: UInt32 = .max - 10_000
        var out = 0
        var last: Duration?
        for round in 0..<2000 {
            timestamp =
                switch Int.random(in: 0..<20, using: &random) {
                case 0: .random(in: 0 ... .max, using: &random)
                case 1...3: timestamp &- 7200
                default: timestamp &+ 3600
                }
            insert(timestamp, at: round * 40, into: &buffer)
            for frame in buffer.advance(to: .after(round * 40)) {
                #expect(frame.dueAt <= .after(round * 40))
                #expect(last.map { $0 < frame.mediaTime } ?? true)
                last = frame.mediaTime
                out += 1
            }
            #expect(out + buffer.frameCount + buffer.framesTooLate + buffer.framesDropped == round + 1)
            #expect(buffer.byteCount == buffer.frameCount)
        }
        #expect(out > 100)
    }
}
