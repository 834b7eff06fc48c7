import Logging
import MJPEGSource
import NIOCore
import NIOEmbedded
import RTSPKit
import Testing

@testable import RTSPNIO

extension RTSPNIOTests {
    @Suite struct BroadcastTests {
        private struct Broken: Error {}

        /// Numbered frames; the time of each as it is told, or ten a second.
        private struct Numbers: SeekableFrameSource {
            var times: [Duration]
            var failsAt: Int?
            var next = 0

            var duration: Duration { (times.last ?? .zero) + .milliseconds(100) }
            var frameCount: Int { times.count }

            mutating func nextFrame() throws(Broken) -> MJPEGFrame? {
                if next == failsAt { throw Broken() }
                guard next < times.count else { return nil }
                defer { next += 1 }
                return MJPEGFrame(image: [UInt8(next)], presentationTime: times[next])
            }

            mutating func seek(to time: Duration) throws(Broken) -> Duration {
                let shown = times.last { $0 <= time } ?? .zero
                next = times.firstIndex(of: shown) ?? 0
                if time >= duration { next = times.count }
                return next < times.count ? times[next] : duration
            }
        }

        /// A broadcast in time that the test moves.
        private final class Bench {
            let mailbox = FrameMailbox()
            let loop = EmbeddedEventLoop()
            let broadcast: Broadcast
            private(set) var seen: [Int] = []
            private let delay = Delay()

            /// For how long the loop did not come to run its timers.
            private final class Delay { var duration = Duration.zero }

            init(_ source: some SeekableFrameSource & Sendable) {
                let (origin, start, loop, delay) = (ContinuousClock.now, self.loop.now, self.loop, self.delay)
                broadcast = Broadcast(
                    source, to: mailbox, on: loop, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
                    clock: { origin + .nanoseconds((loop.now - start).nanoseconds) + delay.duration })
            }

            /// The loop is busy with something else for so long.
            func hold(_ duration: Duration) { delay.duration += duration }

            /// Lets time pass, looking every 10 ms.
            func pass(_ milliseconds: Int64) {
                for step in 0...milliseconds / 10 {
                    if let frame = mailbox.take() { seen.append(frame.image.first.map(Int.init) ?? -1) }
                    if step < milliseconds / 10 { loop.advanceTime(by: .milliseconds(10)) }
                }
            }
        }

        private static func tens(_ count: Int) -> Numbers { Numbers(times: (0..<count).map { .milliseconds(100 * $0) }) }

        @Test func `frames are posted in their time, from the first reader on`() {
            let bench = Bench(Self.tens(5))
            bench.pass(200)
            #expect(bench.seen.isEmpty)
            bench.broadcast.setReaders(1)
            bench.pass(250)
            #expect(bench.seen == [0, 1, 2])
            #expect(!bench.mailbox.isFinished)
            bench.pass(300)
            #expect(bench.seen == [0, 1, 2, 3, 4])
            #expect(bench.mailbox.isFinished)
        }

        @Test func `time runs on while nobody watches`() {
            let bench = Bench(LoopingFrameSource(Self.tens(10)))
            bench.broadcast.setReaders(1)
            bench.pass(150)
            bench.broadcast.setReaders(0)
            bench.pass(2000)
            #expect(bench.seen == [0, 1])
            bench.broadcast.setReaders(2)
            bench.broadcast.setReaders(1)
            bench.pass(100)
            // After 2.15 s and 2.2 s, in the third round.
            #expect(bench.seen == [0, 1, 1, 2])
        }

        @Test func `a loop that was held up goes on with what is on by then`() {
            let bench = Bench(Self.tens(30))
            bench.broadcast.setReaders(1)
            bench.pass(150)
            bench.hold(.milliseconds(1000))
            bench.pass(160)
            #expect(bench.seen == [0, 1, 12, 13])
            // A little late is no reason to leave anything out.
            bench.hold(.milliseconds(250))
            bench.pass(100)
            #expect(bench.seen == [0, 1, 12, 13, 14, 16])
            #expect(bench.mailbox.framesReplaced == 1)
        }

        @Test func `slow pictures stay as long as they should`() {
            let bench = Bench(Numbers(times: [.zero, .seconds(5), .seconds(20)]))
            bench.broadcast.setReaders(1)
            bench.pass(4990)
            #expect(bench.seen == [0])
            bench.pass(10)
            #expect(bench.seen == [0, 1])
            bench.broadcast.setReaders(0)
            bench.pass(7000)
            bench.broadcast.setReaders(1)
            bench.pass(100)
            #expect(bench.seen == [0, 1, 1])
        }

        @Test func `a source whose clock stands still does not keep the loop from other work`() {
            let bench = Bench(Numbers(times: Array(repeating: .zero, count: 100)))
            bench.broadcast.setReaders(1)
            bench.loop.advanceTime(by: .milliseconds(20))
            #expect(!bench.mailbox.isFinished)
            #expect((15...25).contains(bench.mailbox.framesReplaced))
        }

        @Test func `a source that breaks ends the presentation`() {
            let bench = Bench(Numbers(times: Self.tens(9).times, failsAt: 2))
            bench.broadcast.setReaders(1)
            bench.pass(90)
            #expect(!bench.mailbox.isFinished)
            bench.pass(100)
            #expect(bench.seen == [0, 1])
            #expect(bench.mailbox.isFinished)
            bench.broadcast.setReaders(0)
            bench.broadcast.setReaders(1)
            bench.pass(500)
            #expect(bench.seen == [0, 1])
        }
    }
}
