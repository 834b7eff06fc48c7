import MJPEGSource
import RTPTransport
import RTSPKit
import Synchronization
import Testing

@testable import RTSPNIO

extension RTSPNIOTests {
    /// Presentations whose pictures RFC 2435 cannot carry as they are.
    @Suite struct ConvertedServingTests {
        /// Plays to the end, of which only RTCP is expected.
        private static func playSilently(_ running: RunningServer) async throws {
            let peer = try await RawPeer(port: running.port)
            let session = try await peer.setUp(running.url())
            let answer = try await peer.ask(.play, running.url(), session: session)
            #expect(answer?.status == .ok)
            while case .interleaved(let frame)? = try await peer.next() {
                #expect(frame.channel == 1)
                if frame.payload.contains(sequence: [0x81, 203]) { break }
            }
            await peer.close()
        }

        @Test func `twenty readers get what is converted once, and never on an event loop`() async throws {
            let clip = Clip.sparse
            let converter = FakeConverter()
            let notices = Mutex([ConversionNotice]())
            let configuration = RTSPServer.Configuration.converting(converter) {
                $0.onConversion = { _, notice in notices.withLock { $0.append(notice) } }
            }
            try await withServer(configuration, clip: clip.uncarriable) { running in
                try await withThrowingTaskGroup(of: [Int?].self) { group in
                    for index in 0..<20 {
                        group.addTask { try await playAll(running.url(), clip, .test(index % 2 == 0 ? .udp : .tcp)) }
                    }
                    for try await indices in group { #expect(indices == clip.frameIndices) }
                }
                #expect(converter.calls.count == 20)
                #expect(converter.calls.values.allSatisfy { $0 == 1 })
                #expect(!converter.wasOnEventLoop)
                #expect(running.server.conversions.recoded == 20)
                #expect(running.server.conversions.shared == 19 * 20)
                #expect(running.server.conversions.failed == 0)
                #expect(await running.isEmpty())
            }
            #expect(notices.withLock { $0 } == [.began(.recoded, because: .progressive)])
        }

        @Test func `what can be carried is never converted`() async throws {
            let converter = FakeConverter()
            try await withServer(.converting(converter), clip: .small) { running in
                let indices = try await playAll(running.url() + "?scale=1/2", .small)
                #expect(indices == Clip.small.frameIndices)
                #expect(running.server.conversions == ConversionStatistics())
            }
            #expect(converter.callCount == 0)
        }

        @Test func `pictures that cannot be converted are left out, and the others go`() async throws {
            let clip = Clip.sparse
            let converter = FakeConverter(failing: [3, 4, 5])
            let reports = Mutex([SessionReport]())
            let configuration = RTSPServer.Configuration.converting(converter) {
                $0.onEvent = { _, event in
                    if case .sessionEnded(let report, _) = event { reports.withLock { $0.append(report) } }
                }
            }
            try await withServer(configuration, clip: clip.uncarriable) { running in
                let indices = try await playAll(running.url(), clip)
                #expect(indices == clip.frameIndices.filter { !(3...5).contains($0) })
                #expect(running.server.conversions.failed == 3)
                #expect(await eventually { reports.withLock { $0.first?.framesRefused == 3 } })
            }
        }

        @Test func `play waits for a converter that takes its time, and goes on where it was`() async throws {
            let clip = Clip.small.prefix(10)
            let converter = FakeConverter()
            converter.open(false)
            try await withServer(.converting(converter), clip: clip.uncarriable) { running in
                async let indices = playAll(running.url(), clip, .test(.tcp))
                #expect(await eventually { converter.running == 2 })
                converter.open(true)
                let received = try await indices
                #expect(received == clip.frameIndices)
            }
        }

        @Test func `what comes too late is skipped, and the presentation ends in time`() async throws {
            let converter = FakeConverter()
            converter.open(false)
            let reports = Mutex([SessionReport]())
            let configuration = RTSPServer.Configuration.converting(converter) {
                $0.limits.maximumLag = .milliseconds(50)
                $0.onEvent = { _, event in
                    if case .sessionEnded(let report, _) = event { reports.withLock { $0.append(report) } }
                }
            }
            try await withServer(configuration, clip: .small.uncarriable) { running in
                try await Self.playSilently(running)
                #expect(await eventually { reports.withLock { $0.first?.framesSkipped == 40 } })
                converter.open(true)
            }
        }

        @Test func `a session that leaves while its frames are made leaves nothing behind`() async throws {
            let converter = FakeConverter()
            converter.open(false)
            try await withServer(.converting(converter), clip: .small.uncarriable) { running in
                let peer = try await RawPeer(port: running.port)
                let session = try await peer.setUp(running.url())
                #expect(try await peer.ask(.play, running.url(), session: session)?.status == .ok)
                #expect(await eventually { converter.running == 2 })
                await peer.close()
                #expect(await running.isEmpty())
                converter.open(true)
                #expect(await eventually { running.server.shared.conversions?.jobCount == 0 })
                #expect(running.server.conversions.abandoned == ConvertingSource.readAhead - 2)
            }
        }

        @Test func `the course dialect carries any picture, and nothing is converted for it`() async throws {
            let clip = Clip.sparse.uncarriable
            let converter = FakeConverter()
            try await withServer(.converting(converter), clip: clip) { running in
                let received = Mutex(0)
                let configuration = RTSPClient.Configuration.test(.udp) { $0.dialect = .lab }
                try await RTSPClient.withPresentation(at: running.url(), configuration: configuration) { presentation in
                    try await presentation.play { frames in
                        for try await frame in frames where clip.images.contains(frame.image) {
                            let count = received.withLock { count in
                                count += 1
                                return count
                            }
                            if count == 5 { break }
                        }
                    }
                }
                #expect(received.withLock { $0 } == 5)
            }
            #expect(converter.callCount == 0)
        }

        @Test func `without a converter the reason is told as ever`() async throws {
            let refusals = Mutex([JPEGError]())
            let configuration = RTSPServer.Configuration.test {
                $0.onEvent = { _, event in
                    if case .pictureRefused(_, let error) = event { refusals.withLock { $0.append(error) } }
                }
            }
            try await withServer(configuration, clip: .sparse.uncarriable) { running in
                try await Self.playSilently(running)
                #expect(refusals.withLock { $0 } == [.progressive])
                #expect(running.server.conversions == ConversionStatistics())
            }
        }

        @Test func `a live frame that cannot be carried is converted once for all readers`() async throws {
            let clip = Clip.small
            let converter = FakeConverter()
            let mailbox = FrameMailbox()
            let server = RTSPServer(configuration: .converting(converter))
            let count = Mutex(0)
            try server.offer(.live(mailbox, framesPerSecond: 50) { readers in count.withLock { $0 = readers } }, at: "/camera")
            try await running(server) { running in
                mailbox.post(clip.uncarriable.images[39])
                try await withThrowingTaskGroup(of: [Int?].self) { group in
                    for index in 0..<4 {
                        group.addTask { try await playAll(running.url("camera"), clip, .test(index % 2 == 0 ? .udp : .tcp)) }
                    }
                    #expect(await eventually { count.withLock { $0 } == 4 })
                    for index in 0..<10 {
                        mailbox.post(index % 2 == 0 ? clip.uncarriable.images[index] : clip.images[index])
                        let isMade = (index / 2) + 1
                        #expect(await eventually { converter.callCount == isMade && converter.running == 0 })
                        try await Task.sleep(for: .milliseconds(20))
                    }
                    mailbox.finish()
                    for try await indices in group { #expect(indices == Array(0..<10)) }
                }
                // The frame that came when nobody watched was not converted.
                #expect(converter.callCount == 5)
                #expect(!converter.wasOnEventLoop)
                #expect(running.server.conversions.recoded == 5)
            }
        }

        @Test func `descriptions state the size of the pictures, stored and live`() async throws {
            let mailbox = FrameMailbox()
            let server = RTSPServer(configuration: .converting(FakeConverter()))
            try server.offer(.clip(.small.uncarriable), at: "/clip")
            try server.offer(.live(mailbox), at: "/camera")
            try await running(server) { running in
                let stored = try await RTSPClient.describe(running.url()).description.media.first?.pictureSize
                #expect(stored ?? (0, 0) == (320, 240))
                let unknown = try await RTSPClient.describe(running.url("camera")).description.media.first?.pictureSize
                #expect(unknown == nil)
                mailbox.post(Clip.large.images[0])
                #expect(
                    await eventually {
                        (try? await RTSPClient.describe(running.url("camera")))?.description.media.first?.pictureSize ?? (0, 0)
                            == (1280, 720)
                    })
            }
        }
    }
}
