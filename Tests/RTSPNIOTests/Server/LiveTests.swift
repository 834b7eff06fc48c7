import MJPEGSource
import NIOCore
import RTPTransport
import RTSPKit
import Synchronization
import Testing

@testable import RTSPNIO

extension RTSPNIOTests {
    @Suite struct LiveTests {
        /// A camera that tells how many watch it.
        private final class Camera: Sendable {
            let mailbox = FrameMailbox()
            let readers = Mutex(0)

            var offering: Offering {
                .live(mailbox, framesPerSecond: 50) { count in self.readers.withLock { $0 = count } }
            }

            func hasReaders(_ count: Int) async -> Bool {
                await eventually { readers.withLock { $0 } == count }
            }

            /// Posts the frames of `clip`, each once `audience` has seen the one before.
            func show(_ clip: Clip, times: Int = 1, to audience: Audience) async {
                for index in 0..<clip.images.count * times {
                    mailbox.post(clip.images[index % clip.images.count], at: clip.time(of: index))
                    guard await audience.hasSeen(index + 1) else { return }
                }
            }
        }

        /// Readers that tell what they have seen.
        private final class Audience: Sendable {
            private let counts: Mutex<[Int]>

            init(_ size: Int = 1) { counts = Mutex(Array(repeating: 0, count: size)) }

            func hasSeen(_ count: Int) async -> Bool {
                await eventually(within: .seconds(2)) { counts.withLock { $0.allSatisfy { $0 >= count } } }
            }

            /// Plays to the end as reader number `index`, each frame as it comes.
            func watch(
                _ url: String, _ clip: Clip, _ transport: ClientConfiguration.TransportChoice, as index: Int = 0
            ) async throws -> [Int?] {
                let configuration = RTSPClient.Configuration.test(transport) { $0.playout = .fixed(.zero) }
                return try await RTSPClient.withPresentation(at: url, configuration: configuration) { presentation in
                    #expect(presentation.isLive)
                    return try await presentation.play { frames in
                        var indices: [Int?] = []
                        for try await frame in frames {
                            indices.append(clip.index(of: frame.image))
                            counts.withLock { $0[index] += 1 }
                        }
                        return indices
                    }
                }
            }
        }

        private static func withCamera<Result: Sendable>(
            _ configuration: RTSPServer.Configuration = .test(),
            _ body: @Sendable (Camera, RunningServer) async throws -> Result
        ) async throws -> Result {
            let camera = Camera()
            let server = RTSPServer(configuration: configuration)
            try server.offer(camera.offering, at: "/camera")
            return try await running(server) { try await body(camera, $0) }
        }

        @Test func `all readers get the same frames, and their streams end with the presentation`() async throws {
            try await Self.withCamera { camera, running in
                let url = running.url("camera")
                let audience = Audience(6)
                try await withThrowingTaskGroup(of: [Int?].self) { group in
                    for index in 0..<6 {
                        group.addTask { try await audience.watch(url, .small, index % 2 == 0 ? .udp : .tcp, as: index) }
                    }
                    #expect(await camera.hasReaders(6))
                    await camera.show(.small, to: audience)
                    camera.mailbox.finish()
                    for try await indices in group { #expect(indices == Clip.small.frameIndices) }
                }
                #expect(await camera.hasReaders(0))
                #expect(await running.isEmpty())
                #expect(await RTSPError.Code.thrown { _ = try await playAll(url, .small) } == .refused)
            }
        }

        @Test func `the camera is told when readers come and go, however they go`() async throws {
            try await Self.withCamera { camera, running in
                let url = running.url("camera")
                let polite = try await RawPeer(port: running.port)
                let rude = try await RawPeer(port: running.port)
                for peer in [polite, rude] {
                    let session = try await peer.setUp(url)
                    #expect(try await peer.ask(.play, url, session: session)?.status == .ok)
                }
                #expect(await camera.hasReaders(2))
                await rude.close()
                #expect(await camera.hasReaders(1))
                await polite.close()
                #expect(await camera.hasReaders(0))
                #expect(await running.isEmpty())
            }
        }

        @Test func `PLAY again and again counts a reader once, and PAUSE lets it go`() async throws {
            try await Self.withCamera { camera, running in
                let url = running.url("camera")
                let peer = try await RawPeer(port: running.port)
                let session = try await peer.setUp(url)
                for _ in 0..<3 { #expect(try await peer.ask(.play, url, session: session)?.status == .ok) }
                #expect(await camera.hasReaders(1))
                #expect(try await peer.ask(.pause, url, session: session)?.status == .ok)
                #expect(await camera.hasReaders(0))
                #expect(try await peer.ask(.play, url, session: session)?.status == .ok)
                #expect(await camera.hasReaders(1))
                #expect(try await peer.ask(.teardown, url, session: session)?.status == .ok)
                #expect(await camera.hasReaders(0))
            }
        }

        @Test func `PLAY and goodbye in one breath leave no reader behind`() async throws {
            try await Self.withCamera { camera, running in
                let url = running.url("camera")
                for _ in 0..<20 {
                    let peer = try await RawPeer(port: running.port)
                    let session = try await peer.setUp(url)
                    try await peer.send("PLAY \(url) RTSP/1.0\r\nCSeq: 9\r\nSession: \(session)\r\n\r\n")
                    await peer.close()
                }
                #expect(await running.isEmpty())
                #expect(await camera.hasReaders(0))
            }
        }

        @Test func `withdrawing lets readers go on and takes nobody new`() async throws {
            try await Self.withCamera { camera, running in
                let url = running.url("camera")
                let audience = Audience()
                async let indices = audience.watch(url, .small, .tcp)
                #expect(await camera.hasReaders(1))
                running.server.withdraw("/camera")
                #expect(await RTSPError.Code.thrown { _ = try await RTSPClient.describe(url) } == .notFound)
                await camera.show(.small, to: audience)
                camera.mailbox.finish()
                let received = try await indices
                #expect(received == Clip.small.frameIndices)
                #expect(await camera.hasReaders(0))
                // The path is free again, for the same camera or another.
                try running.server.offer(.clip(.small), at: "/camera")
                let stored = try await playAll(url, .small)
                #expect(stored == Clip.small.frameIndices)
            }
        }

        @Test func `a reader that stops reading is skipped, and nobody else notices`() async throws {
            let reports = Mutex([SessionReport]())
            let configuration = RTSPServer.Configuration.test {
                $0.onEvent = { _, event in
                    if case .sessionEnded(let report, _) = event { reports.withLock { $0.append(report) } }
                }
            }
            try await Self.withCamera(configuration) { camera, running in
                let url = running.url("camera")
                let stuck = try await RawPeer(port: running.port, receiveBuffer: 8192)
                let session = try await stuck.setUp(url)
                #expect(try await stuck.ask(.play, url, session: session)?.status == .ok)
                try await stuck.channel.setOption(.autoRead, value: false).get()
                let audience = Audience()
                async let others = audience.watch(url, .large, .tcp)
                #expect(await camera.hasReaders(2))
                await camera.show(.large, times: 40, to: audience)
                camera.mailbox.finish()
                let indices = try await others
                #expect(indices == (0..<160).map { $0 % 4 })
                // What it gets in the end is whole frames in order.
                try await stuck.resumeReading()
                _ = try await Self.checkWholeFrames(stuck)
                #expect(await eventually { reports.withLock { $0.count } == 2 })
                let report = try #require(reports.withLock { $0.first { $0.framesSkipped > 0 } })
                #expect(report.framesSent + report.framesSkipped == 160)
                #expect(report.bytesSent < 12_000_000)
            }
        }

        /// Reads frames up to RTCP BYE, then leaves.
        private static func checkWholeFrames(_ peer: RawPeer) async throws {
            var open: ArraySlice<UInt8>?
            var lastSequence: UInt16?
            while case .interleaved(let frame)? = try await peer.next() {
                guard frame.channel == 0 else {
                    if frame.payload.contains(sequence: [0x81, 203]) { break }
                    continue
                }
                let packet = frame.payload
                let timestamp = packet[4..<8]
                let sequence = UInt16(packet[2]) << 8 | UInt16(packet[3])
                if let open {
                    #expect(timestamp == open)
                    #expect(lastSequence.map { $0 &+ 1 } == sequence)
                }
                lastSequence = sequence
                open = packet[1] & 0x80 == 0 ? timestamp : nil
            }
            #expect(open == nil)
            await peer.close()
        }

        @Test func `a picture that cannot travel is told once, and the next one goes`() async throws {
            let refusals = Mutex(0)
            let configuration = RTSPServer.Configuration.test {
                $0.onEvent = { _, event in if case .pictureRefused = event { refusals.withLock { $0 += 1 } } }
            }
            try await Self.withCamera(configuration) { camera, running in
                let audience = Audience()
                async let indices = audience.watch(running.url("camera"), .small, .tcp)
                #expect(await camera.hasReaders(1))
                for _ in 0..<3 {
                    camera.mailbox.post([0xFF, 0xD8, 0xFF, 0xD9])
                    try await Task.sleep(for: .milliseconds(10))
                }
                await camera.show(.small, to: audience)
                camera.mailbox.finish()
                let received = try await indices
                #expect(received == Clip.small.frameIndices)
                #expect(refusals.withLock { $0 } == 1)
            }
        }

        @Test func `posting faster than anyone can take costs no memory`() async throws {
            try await Self.withCamera { camera, running in
                async let indices = playAll(running.url("camera"), .small, .test(.tcp))
                #expect(await camera.hasReaders(1))
                for index in 0..<20_000 { camera.mailbox.post(Clip.small.images[index % 40]) }
                camera.mailbox.finish()
                let received = try await indices
                #expect(received.count < 20_000)
                #expect(!received.contains(nil))
                #expect(camera.mailbox.framesReplaced > 0)
            }
        }

        @Test func `a mailbox outlives its server`() async throws {
            let mailbox = FrameMailbox()
            weak var shared: ServerShared?
            do {
                let server = RTSPServer(configuration: .test())
                try server.offer(.live(mailbox), at: "/camera")
                shared = server.shared
                mailbox.post(Clip.small.images[0])
            }
            let isGone = await eventually { shared == nil }
            #expect(isGone)
            mailbox.post(Clip.small.images[1])
            mailbox.finish()
            #expect(mailbox.isFinished)
        }
    }
}

extension Array where Element == UInt8 {
    /// Whether `other` occurs in these bytes.
    func contains(sequence other: [UInt8]) -> Bool {
        guard count >= other.count else { return false }
        return (0...count - other.count).contains { Array(self[$0..<$0 + other.count]) == other }
    }
}
