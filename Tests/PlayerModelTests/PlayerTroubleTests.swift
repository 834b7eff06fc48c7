import MJPEGSource
import RTSPKit
import RTSPNIO
import RTSPTestKit
import Synchronization
import Testing

@testable import PlayerModel

extension PlayerModelTests {
    /// What goes wrong, with real servers.
    @Suite struct PlayerTroubleTests {
        /// Waits of a second and more are noted and cut short.
        private final class Waits: Sendable {
            let noted = Mutex<[Duration]>([])

            var clock: PlayerClock {
                PlayerClock(now: { .now }) { duration in
                    if duration >= .seconds(1) { self.noted.withLock { $0.append(duration) } }
                    try await Task.sleep(for: min(duration, .milliseconds(20)))
                }
            }
        }

        @Test(arguments: [ClientConfiguration.TransportChoice.udp, .tcp])
        func `a server that went away is come back to, and play goes on`(
            _ transport: ClientConfiguration.TransportChoice
        ) async throws {
            let waits = Waits()
            let server = try await TestServer(clip: .long)
            try await withSessions({ $0.clock = waits.clock }) { sessions in
                let tab = try await Tab(sessions)
                try await tab.setUp(server.url(), transport)
                try await tab.session.perform(.seek(to: .seconds(4)))
                #expect(await tab.reaches { $0.busy == nil })
                try await tab.play()
                #expect(await eventually { (await tab.session.snapshot()?.position ?? 0) > 4.2 })
                try await server.stop()
                #expect(await tab.reaches { $0.reconnect != nil || $0.busy == .reconnect })
                #expect(await eventually { waits.noted.withLock { $0.count } >= 6 })
                #expect(waits.noted.withLock { Array($0.prefix(6)) } == [1, 2, 4, 8, 15, 30].map { .seconds($0) })
                #expect(await tab.state().state == .initial)
                let position = try #require(await tab.session.snapshot()?.position)
                let again = try await TestServer(port: server.port, clip: .long)
                #expect(await tab.reaches { $0.state == .playing && $0.busy == nil })
                #expect(await tab.reaches { $0.error == nil && $0.notice == nil && $0.reconnect == nil })
                #expect(await eventually { (await tab.session.snapshot()?.position ?? 0) > position })
                let resumed = await tab.session.snapshot()?.position ?? 0
                #expect(resumed < position + 5)
                try await tab.tearDown()
                #expect(again.server.sessionCount == 0)
                try await again.stop()
            }
        }

        @Test func `Teardown ends the attempts to come back`() async throws {
            let server = try await TestServer(clip: .long)
            try await withSessions { sessions in
                let tab = try await Tab(sessions)
                try await tab.setUp(server.url())
                try await server.stop()
                #expect(await tab.reaches { $0.reconnect == .init(attempt: 1, in: 1) })
                #expect(await tab.has { $0.can.retry && $0.can.teardown && !$0.can.setup })
                try await tab.tearDown()
                #expect(await tab.state().error == nil)
                #expect(await tab.state().can.setup)
            }
        }

        @Test func `retry cuts the wait short`() async throws {
            let server = try await TestServer(clip: .long)
            try await withSessions { sessions in
                let tab = try await Tab(sessions)
                try await tab.setUp(server.url())
                try await server.stop()
                for attempt in 1...4 {
                    #expect(await tab.reaches { $0.reconnect?.attempt == attempt })
                    try await tab.session.perform(.retry)
                }
                // Five seconds later: without the retries there would have been three attempts.
                #expect(await tab.reaches { $0.reconnect?.attempt == 5 })
            }
        }

        @Test func `a server that refuses, a host that is none and a stream that is not there are told`() async throws {
            let server = try await TestServer(clip: .usual)
            try await withSessions { sessions in
                let tab = try await Tab(sessions)
                let cases: [(String, PlayerProblem.Code)] = [
                    (server.url("<img src=x onerror=alert(1)>"), .notFound), ("rtsp://nowhere.invalid/x", .hostUnknown),
                    ("rtsp://a:b@127.0.0.1/x", .badAddress),
                ]
                for (url, code) in cases {
                    try await tab.session.perform(.setup(.init(url: url)))
                    #expect(await tab.reaches { $0.busy == nil })
                    #expect(await tab.state().error?.code == code)
                    #expect(await tab.state().state == .initial)
                }
                try await server.stop()
                try await tab.session.perform(.setup(.init(url: server.url())))
                #expect(await tab.reaches { $0.error?.code == .serverRefused })
                #expect(await tab.state().reconnect == nil)
                // Trying again works as soon as the server does.
                let again = try await TestServer(port: server.port, clip: .usual)
                try await tab.session.perform(.retry)
                #expect(await tab.reaches { $0.state == .ready && $0.error == nil })
                try await again.stop()
            }
        }

        @Test func `live media has neither length nor seek, and plays`() async throws {
            let mailbox = FrameMailbox()
            let server = try await TestServer { try $0.offer(.live(mailbox, framesPerSecond: 25), at: "/live") }
            let images = Clip.usual.list.frames.map(\.image)
            let camera = Task {
                var index = 0
                while !Task.isCancelled {
                    mailbox.post(images[index % images.count])
                    index += 1
                    try? await Task.sleep(for: .milliseconds(20))
                }
            }
            try await withSessions { sessions in
                let tab = try await Tab(sessions)
                try await tab.setUp(server.url("live"), .udp)
                #expect(await tab.has { $0.live && $0.duration == nil && !$0.can.seek })
                await #expect(throws: CommandRefusal.self) { try await tab.session.perform(.seek(to: .zero)) }
                try await tab.play()
                #expect(await eventually { (await tab.session.snapshot()?.number ?? 0) > 5 })
                try await tab.tearDown()
            }
            camera.cancel()
            await camera.value
            try await server.stop()
        }

        @Test func `a session that ends while it connects ends at once`() async throws {
            try await withSessions { sessions in
                let tab = try await Tab(sessions)
                // Nobody answers there (RFC 5737).
                try await tab.session.perform(.setup(.init(url: "rtsp://192.0.2.1/x")))
                let start = ContinuousClock.now
                await tab.session.end()
                #expect(start.duration(to: .now) < .seconds(1))
                #expect(await sessions.count == 0)
            }
        }
    }
}
