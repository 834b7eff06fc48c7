import NIOCore
import NIOPosix
import Testing

@testable import RTSPNIO

extension RTSPNIOTests {
    @Suite struct GlanceTests {
        @Test func `what comes after a glance comes after what was to be done at once, each time`() async throws {
            let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
            let glance = try await Glance.make(on: eventLoop)
            let (steps, continuation) = AsyncStream.makeStream(of: String.self)
            eventLoop.execute {
                glance.value.then {
                    continuation.yield("first")
                    glance.value.then {
                        continuation.yield("second")
                        continuation.finish()
                    }
                    eventLoop.execute { continuation.yield("at once again") }
                }
                eventLoop.execute { continuation.yield("at once") }
                eventLoop.scheduleTask(in: .zero) { continuation.yield("scheduled for now") }
            }
            var all: [String] = []
            for await step in steps { all.append(step) }
            #expect(Set(all.prefix(2)) == ["at once", "scheduled for now"])
            #expect(all.dropFirst(2) == ["first", "at once again", "second"])
            try await eventLoop.submit { glance.value.stop() }.get()
        }

        @Test func `without its pipe it goes on all the same, and stopped it does not`() async throws {
            let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
            let glance = try await Glance.make(on: eventLoop)
            let (steps, continuation) = AsyncStream.makeStream(of: String.self)
            try await eventLoop.submit {
                glance.value.then { continuation.yield("never") }
                glance.value.stop()
            }.get()
            try await eventLoop.submit {
                glance.value.then {
                    continuation.yield("without")
                    continuation.finish()
                }
            }.get()
            var all: [String] = []
            for await step in steps { all.append(step) }
            #expect(all == ["without"])
        }
    }
}
