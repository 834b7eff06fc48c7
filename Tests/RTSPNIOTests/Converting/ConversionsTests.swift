import RTPTransport
import Synchronization
import Testing

@testable import RTSPNIO

extension RTSPNIOTests {
    /// Who asks for what, and how often it is made.
    @Suite struct ConversionsTests {
        private static let pictures = Clip.small.uncarriable.images
        private static let name = ConversionName("clip", tell: nil)

        private static func make(_ converter: FakeConverter, threads: Int = 2, cacheBytes: Int = 1 << 20) -> Conversions {
            Conversions(converter: converter, threadCount: threads, cacheBytes: cacheBytes)
        }

        private static func image(_ ticket: ConversionTicket?) -> [UInt8]? { (try? ticket?.outcome?.get())?.image }

        @Test func `who asks while a picture is made joins, and who asks later gets it at once`() async throws {
            let converter = FakeConverter()
            converter.open(false)
            let conversions = Self.make(converter)
            let tickets = (0..<5).map { _ in conversions.ask(for: Self.pictures[0], .carriable, of: Self.name) }
            #expect(tickets.allSatisfy { $0 != nil && $0?.outcome == nil })
            #expect(await eventually { converter.running == 1 })
            converter.open(true)
            #expect(await eventually { tickets.allSatisfy { Self.image($0) == Clip.small.images[0] } })
            let late = conversions.ask(for: Self.pictures[0], .carriable, of: Self.name)
            #expect(Self.image(late) == Clip.small.images[0])
            #expect(converter.callCount == 1)
            #expect(conversions.statistics.recoded == 1)
            #expect(conversions.statistics.shared == 5)
            #expect(conversions.statistics.longestTime == conversions.statistics.totalTime)
            #expect(conversions.jobCount == 0)
        }

        @Test func `another variant of a picture is another picture`() async {
            let converter = FakeConverter(small: .small.paced(1))
            let conversions = Self.make(converter)
            let tickets = [nil, 50, 40, 50].map { quality in
                conversions.ask(for: Self.pictures[0], JPEGConversion(quality: quality), of: Self.name)
            }
            #expect(await eventually { tickets.allSatisfy { $0?.outcome != nil } })
            #expect(converter.callCount == 3)
            #expect(conversions.statistics.reencoded == 2)
        }

        @Test func `what nobody waits for any more is not made`() async {
            let converter = FakeConverter()
            converter.open(false)
            let conversions = Self.make(converter, threads: 1)
            let first = conversions.ask(for: Self.pictures[0], .carriable, of: Self.name)
            #expect(await eventually { converter.running == 1 })
            var others: [ConversionTicket?] = (1..<10).map { conversions.ask(for: Self.pictures[$0], .carriable, of: Self.name) }
            others.removeLast(8)
            converter.open(true)
            #expect(await eventually { conversions.jobCount == 0 })
            #expect(first?.outcome != nil)
            #expect(others.count == 1)
            #expect(converter.callCount == 2)
            #expect(conversions.statistics.abandoned == 8)
            // Whoever asks for them again gets them.
            let again = conversions.ask(for: Self.pictures[9], .carriable, of: Self.name)
            #expect(await eventually { Self.image(again) == Clip.small.images[9] })
        }

        @Test func `no more than so many wait, and who found no room is told when there is`() async {
            let converter = FakeConverter()
            converter.open(false)
            let conversions = Self.make(converter, threads: 1)
            let images = (0...Conversions.maximumQueued + 1).map { Self.pictures[0] + [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
            let first = conversions.ask(for: images[0], .carriable, of: Self.name)
            #expect(await eventually { converter.running == 1 })
            let waiting = images[1...Conversions.maximumQueued].map { conversions.ask(for: $0, .carriable, of: Self.name) }
            #expect(waiting.allSatisfy { $0 != nil })
            #expect(conversions.ask(for: images[Conversions.maximumQueued + 1], .carriable, of: Self.name) == nil)
            let isTold = Mutex(false)
            conversions.whenRoom { isTold.withLock { $0 = true } }
            #expect(!isTold.withLock { $0 })
            converter.open(true)
            #expect(await eventually { isTold.withLock { $0 } })
            #expect(await eventually { conversions.jobCount == 0 })
            #expect(first?.outcome != nil)
            let now = conversions.ask(for: images[Conversions.maximumQueued + 1], .carriable, of: Self.name)
            #expect(now != nil)
        }

        @Test func `a live frame goes before all that wait, on no more threads than there are`() async {
            let converter = FakeConverter()
            converter.open(false)
            let conversions = Self.make(converter, threads: 2)
            let tickets = (0..<20).map { conversions.ask(for: Self.pictures[$0], .carriable, of: Self.name) }
            #expect(await eventually { converter.running == 2 })
            let madeBefore = Mutex<Int?>(nil)
            conversions.convertLive(Self.pictures[30], .carriable, of: Self.name) { outcome in
                let count = tickets.count { $0?.outcome != nil }
                madeBefore.withLock { $0 = (try? outcome.get()) == nil ? nil : count }
            }
            converter.open(true)
            #expect(await eventually { conversions.jobCount == 0 })
            #expect(madeBefore.withLock { $0 ?? 99 } < 6)
            #expect(converter.mostRunning == 2)
        }

        @Test func `failures are remembered, counted, and said once for a presentation`() async {
            let converter = FakeConverter(failing: [0, 1])
            let conversions = Self.make(converter)
            let notices = Mutex([ConversionNotice]())
            let name = ConversionName("clip") { _, notice in notices.withLock { $0.append(notice) } }
            for _ in 0..<3 {
                for index in 0..<3 {
                    let ticket = conversions.ask(for: Self.pictures[index], .carriable, of: name)
                    #expect(await eventually { ticket?.outcome != nil })
                }
            }
            #expect(await eventually { notices.withLock { $0.count } == 2 })
            #expect(
                notices.withLock { $0 } == [
                    .failed(JPEGConversionError(.broken, "as told")), .began(.recoded, because: .progressive),
                ])
            #expect(conversions.statistics.failed == 2)
            #expect(conversions.statistics.shared == 6)
            #expect(converter.callCount == 3)
        }

        @Test func `the cache keeps within its budget what was used last`() {
            var cache = ConversionCache(maximumBytes: 3 * (1000 + 256))
            let keys = (0..<5).map { ConversionKey([UInt8($0)], .carriable) }
            let outcome = ConversionOutcome.success(ConvertedJPEG(image: Array(repeating: 0, count: 1000), way: .recoded))
            for key in keys[..<3] { cache.keep(outcome, for: key) }
            #expect(cache.count == 3)
            for _ in 0..<1000 { _ = cache.outcome(for: keys[0]) }
            cache.keep(outcome, for: keys[3])
            #expect(keys.map { cache.outcome(for: $0) != nil } == [true, false, true, true, false])
            cache.keep(.success(ConvertedJPEG(image: Array(repeating: 0, count: 10_000), way: .recoded)), for: keys[4])
            #expect(cache.count == 3)
            #expect(cache.bytes == 3 * 1256)
            cache.keep(.failure(JPEGConversionError(.broken, "")), for: keys[0])
            #expect(cache.bytes == 2 * 1256 + 256)
        }
    }
}
