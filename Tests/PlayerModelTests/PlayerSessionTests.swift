import Foundation
import MJPEGSource
import RTSPKit
import RTSPNIO
import RTSPTestKit
import Testing

@testable import PlayerModel

extension PlayerModelTests {
    @Suite struct PlayerSessionTests {
        private static func recorded(_ tab: Tab, _ format: MJPEGFormat = .raw) async throws -> [UInt8] {
            var reader = try #require(try await tab.session.recordingReader(format))
            var bytes: [UInt8] = []
            while let piece = try reader.next() { bytes += piece }
            return bytes
        }

        /// Which frames of `clip` a recording has, in order.
        private static func numbers(_ bytes: [UInt8], _ clip: Clip) throws -> [Int?] {
            let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
            try Data(bytes).write(to: file)
            defer { try? FileManager.default.removeItem(at: file) }
            var source = try MJPEGFile(path: file.path)
            var numbers: [Int?] = []
            while let frame = try source.nextFrame() { numbers.append(clip.number(of: frame.image)) }
            return numbers
        }

        private static func shown(_ tab: Tab, _ clip: Clip) async -> Int? {
            await tab.session.snapshot().flatMap { clip.number(of: $0.image) }
        }

        @Test(arguments: [ClientConfiguration.TransportChoice.udp, .tcp])
        func `all frames are shown and recorded, in both formats`(_ transport: ClientConfiguration.TransportChoice) async throws {
            let server = try await TestServer(clip: .usual)
            try await withSessions { sessions in
                let tab = try await Tab(sessions)
                try await tab.setUp(server.url(), transport)
                #expect(await tab.state().transport == transport.rawValue)
                #expect(await tab.state().duration == 2)
                try await tab.session.perform(.record(true))
                try await tab.session.perform(.play)
                #expect(await tab.reaches { $0.ended })
                try await tab.session.perform(.record(false))
                #expect(await tab.state().recording?.frames == 50)
                let raw = try await Self.recorded(tab)
                #expect(try Self.numbers(raw, .usual) == Array(0..<50))
                #expect(try Self.numbers(try await Self.recorded(tab, .lab), .usual) == Array(0..<50))
                let last = try #require(await tab.session.snapshot())
                #expect(last.number == 50 && last.position == 1.96)
                #expect(raw.suffix(last.image.count) == last.image[...])
                try await tab.tearDown()
                #expect(server.server.sessionCount == 0)
                #expect(tab.told.contains("\"direction\":\"sent\"") && tab.told.contains("TEARDOWN rtsp://"))
            }
            try await server.stop()
        }

        @Test func `a seek while Ready shows that one frame, and Play goes on with the next`() async throws {
            let server = try await TestServer(clip: .usual)
            try await withSessions { sessions in
                let tab = try await Tab(sessions)
                try await tab.setUp(server.url())
                for frame in [10, 40, 3, 49, 48] {
                    try await tab.session.perform(.seek(to: .milliseconds(frame * 40)))
                    #expect(await tab.reaches { $0.busy == nil })
                    #expect(await Self.shown(tab, .usual) == frame)
                    #expect(await tab.state().state == .ready)
                }
                try await tab.session.perform(.seek(to: .milliseconds(1000)))
                #expect(await tab.reaches { $0.busy == nil })
                try await tab.session.perform(.record(true))
                try await tab.session.perform(.play)
                #expect(await tab.reaches { $0.ended })
                let numbers = try Self.numbers(try await Self.recorded(tab), .usual)
                #expect(numbers == Array(26..<50))
            }
            try await server.stop()
        }

        @Test func `a seek while Playing goes on from exactly that frame`() async throws {
            let server = try await TestServer(clip: .long)
            try await withSessions { sessions in
                let tab = try await Tab(sessions)
                try await tab.setUp(server.url())
                try await tab.session.perform(.record(true))
                try await tab.play()
                #expect(await eventually { (await tab.session.snapshot()?.number ?? 0) > 5 })
                try await tab.session.perform(.seek(to: .seconds(12)))
                #expect(await tab.reaches { $0.busy == nil })
                #expect(await tab.state().state == .playing)
                #expect(await eventually { (await tab.session.snapshot()?.position ?? 0) > 12.2 })
                try await tab.session.perform(.record(false))
                let numbers = try Self.numbers(try await Self.recorded(tab), .long)
                let jump = try #require(numbers.firstIndex { ($0 ?? 0) > 200 })
                #expect(Array(numbers[..<jump]) == Array(0..<jump))
                #expect(Array(numbers[jump...]) == Array(300..<(300 + numbers.count - jump)))
            }
            try await server.stop()
        }

        @Test func `Pause halts, and Play goes on without losing or repeating a frame`() async throws {
            let server = try await TestServer(clip: .usual)
            try await withSessions { sessions in
                let tab = try await Tab(sessions)
                try await tab.setUp(server.url())
                try await tab.session.perform(.record(true))
                try await tab.play()
                #expect(await eventually { (await tab.session.snapshot()?.number ?? 0) > 10 })
                try await tab.session.perform(.pause)
                #expect(await tab.reaches { $0.state == .ready && $0.busy == nil })
                try await tab.play()
                #expect(await tab.reaches { $0.ended })
                #expect(try Self.numbers(try await Self.recorded(tab), .usual) == Array(0..<50))
            }
            try await server.stop()
        }

        @Test func `with loop the end is followed by the beginning`() async throws {
            let clip = Clip(count: 12, framesPerSecond: 25)
            let server = try await TestServer(clip: clip)
            try await withSessions { sessions in
                let tab = try await Tab(sessions)
                try await tab.setUp(server.url())
                try await tab.session.perform(.loop(true))
                try await tab.session.perform(.record(true))
                try await tab.play()
                #expect(await eventually { (await tab.session.snapshot()?.number ?? 0) > 30 })
                #expect(await tab.state().state == .playing)
                try await tab.session.perform(.loop(false))
                #expect(await tab.reaches { $0.ended })
                let numbers = try Self.numbers(try await Self.recorded(tab), clip)
                #expect(numbers == (0..<numbers.count).map { $0 % 12 } && numbers.count.isMultiple(of: 12))
                // Play begins anew, and this time it stays at the end.
                try await tab.session.perform(.record(false))
                try await tab.session.perform(.record(true))
                try await tab.session.perform(.play)
                #expect(await tab.reaches { $0.ended && $0.busy == nil })
                let again = try Self.numbers(try await Self.recorded(tab), clip)
                #expect(again == Array(0..<12))
            }
            try await server.stop()
        }

        @Test func `two sessions do not know of each other`() async throws {
            let server = try await TestServer(clip: .long)
            try await withSessions { sessions in
                let (first, second) = (try await Tab(sessions), try await Tab(sessions))
                try await first.setUp(server.url())
                try await second.setUp(server.url(), .udp)
                try await first.play()
                try await second.play()
                #expect(first.session.id != second.session.id)
                #expect(first.session.id.count == 32 && first.session.id.allSatisfy(\.isHexDigit))
                #expect(server.server.sessionCount == 2)
                try await first.tearDown()
                #expect(server.server.sessionCount == 1)
                let shown = await second.session.snapshot()?.number ?? 0
                #expect(await eventually { (await second.session.snapshot()?.number ?? 0) > shown + 5 })
                #expect(await first.state().state == .initial)
            }
            #expect(await eventually { server.server.sessionCount == 0 })
            try await server.stop()
        }

        @Test func `a slow reader of pictures misses some and holds nobody up`() async throws {
            let server = try await TestServer(clip: .usual)
            try await withSessions { sessions in
                let tab = try await Tab(sessions)
                let slow = await tab.session.openPictures()
                try await tab.setUp(server.url())
                try await tab.session.perform(.record(true))
                try await tab.session.perform(.play)
                #expect(await tab.reaches { $0.ended })
                #expect(await tab.state().recording?.frames == 50)
                #expect(slow.picturesMissed == 49)
                var pictures = slow.makeAsyncIterator()
                #expect(await pictures.next()?.number == 50)
                // One who comes later begins with the picture that stands there.
                let late = await tab.session.openPictures()
                var iterator = late.makeAsyncIterator()
                #expect(await iterator.next()?.number == 50)
                #expect(await eventually { tab.told.contains("\"browserSkipped\":49") })
            }
            try await server.stop()
        }

        @Test func `the course dialect is spoken where it is asked for`() async throws {
            let server = try await TestServer(clip: .usual)
            try await withSessions { sessions in
                let tab = try await Tab(sessions)
                try await tab.setUp(server.url(), .auto, isLab: true)
                #expect(await tab.has { $0.lab && $0.transport == "udp" && !$0.can.seek })
                try await tab.play()
                #expect(await eventually { (await tab.session.snapshot()?.number ?? 0) > 5 })
                #expect(await Self.shown(tab, .usual) != nil)
                try await tab.session.perform(.pause)
                #expect(await tab.reaches { $0.state == .ready && $0.busy == nil })
                try await tab.tearDown()
                #expect(tab.told.contains("RTP/UDP"))
            }
            try await server.stop()
        }

        @Test func `a tab that closes ends its session with TEARDOWN within two seconds`() async throws {
            let server = try await TestServer(clip: .long)
            try await withSessions { sessions in
                let tab = try await Tab(sessions)
                try await tab.setUp(server.url())
                try await tab.play()
                let start = ContinuousClock.now
                tab.close()
                #expect(await eventually { await sessions.count == 0 })
                #expect(start.duration(to: .now) < .seconds(2))
                #expect(server.server.sessionCount == 0)
                #expect(await sessions.session(tab.session.id) == nil)
            }
            try await server.stop()
        }

        @Test func `close ends the session at once`() async throws {
            let server = try await TestServer(clip: .long)
            try await withSessions { sessions in
                let tab = try await Tab(sessions)
                try await tab.setUp(server.url())
                let start = ContinuousClock.now
                try await tab.session.perform(.close)
                #expect(await eventually { await sessions.count == 0 })
                #expect(start.duration(to: .now) < .milliseconds(800))
                #expect(server.server.sessionCount == 0)
            }
            try await server.stop()
        }

        @Test func `a tab that comes back in time finds its session, its state and its dialogue`() async throws {
            let server = try await TestServer(clip: .long)
            try await withSessions { sessions in
                let tab = try await Tab(sessions)
                try await tab.setUp(server.url())
                let again = await tab.session.openEvents()
                let text = try #require(await again.next())
                #expect(text.contains("\"state\":\"Ready\"") && text.contains("SETUP rtsp://"))
                // The older connection has been replaced, and its going changes nothing.
                #expect(await eventually { await tab.session.state.state == .ready })
                await tab.session.closeEvents(again)
            }
            try await server.stop()
        }

        @Test func `there are sixteen sessions and no more`() async throws {
            try await withSessions { sessions in
                for _ in 0..<16 { #expect(await sessions.make() != nil) }
                #expect(await sessions.make() == nil)
            }
        }
    }
}
