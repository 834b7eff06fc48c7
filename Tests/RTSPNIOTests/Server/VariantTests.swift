import MJPEGSource
import NIOCore
import RTPTransport
import RTSPKit
import Synchronization
import Testing

@testable import RTSPNIO

extension RTSPNIOTests {
    /// Variants that clients ask for, over real sockets.
    @Suite struct VariantTests {
        private static let half = Clip.half

        private static func adapting(
            _ converter: FakeConverter, _ change: (inout RTSPServer.Configuration) -> Void = { _ in }
        ) -> RTSPServer.Configuration {
            .converting(converter) {
                $0.adaptation.honoursQueries = true
                change(&$0)
            }
        }

        /// Plays to the end, and expects every frame of `clip`.
        private static func expectAll(of clip: Clip, at url: String, _ configuration: RTSPClient.Configuration) async throws {
            let indices = try await playAll(url, clip, configuration)
            #expect(indices == Array(0..<20))
        }

        @Test(arguments: [ClientConfiguration.TransportChoice.udp, .tcp])
        func `each reader gets the variant of its URL, and each is made once`(
            _ transport: ClientConfiguration.TransportChoice
        ) async throws {
            let clip = Clip.sparse
            let converter = FakeConverter(small: Self.half)
            try await withServer(Self.adapting(converter), clip: clip) { running in
                let url = running.url()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<3 {
                        group.addTask {
                            try await Self.expectAll(of: Self.half, at: url + "?scale=1/2", .test(transport))
                        }
                        group.addTask { try await Self.expectAll(of: clip, at: url, .test(transport)) }
                    }
                    try await group.waitForAll()
                }
                #expect(converter.calls.count == 20)
                #expect(converter.calls.values.allSatisfy { $0 == 1 })
                #expect(!converter.wasOnEventLoop)
                #expect(running.server.conversions.reencoded == 20)
                let description = try await RTSPClient.describe(url + "?scale=1/2").description
                #expect(description.media.first?.pictureSize ?? (0, 0) == (160, 120))
                #expect(await RTSPError.Code.thrown { _ = try await RTSPClient.describe(url + "?scale=3") } != nil)
            }
        }

        @Test func `what is offered smaller is smaller for everybody, and no query makes it larger`() async throws {
            let clip = Clip.sparse
            let converter = FakeConverter(small: Self.half)
            let server = RTSPServer(configuration: Self.adapting(converter))
            let variant = PresentationVariant(scale: JPEGScale(eighths: 4) ?? .full, quality: 50)
            try server.offer(.clip(clip), at: "/movie")
            try server.offer(.clip(clip).variant(variant), at: "/small")
            try await running(server) { running in
                for query in ["", "?scale=1&quality=90"] {
                    try await Self.expectAll(of: Self.half, at: running.url("small") + query, .test(.tcp))
                }
                try await Self.expectAll(of: clip, at: running.url("movie"), .test(.tcp))
                #expect(Set(converter.calls.keys.map(\.conversion)) == [JPEGConversion(scale: variant.scale, quality: 50)])
                #expect(converter.callCount == 20)
            }
        }

        /// What a server knows of its live presentations.
        private static func lives(_ running: RunningServer) -> Int { running.server.shared.state.withLock { $0.lives.count } }

        @Test func `a live variant is fed by the camera, made once for its readers, and gone with the last`() async throws {
            let clip = Clip.small
            let converter = FakeConverter(small: Self.half)
            let mailbox = FrameMailbox()
            let count = Mutex(0)
            let server = RTSPServer(configuration: Self.adapting(converter))
            try server.offer(.live(mailbox, framesPerSecond: 50) { readers in count.withLock { $0 = readers } }, at: "/camera")
            try await running(server) { running in
                let url = running.url("camera")
                mailbox.post(clip.images[0])
                #expect(
                    await eventually {
                        (try? await RTSPClient.describe(url + "?scale=1/2"))?.description.media.first?.pictureSize ?? (0, 0) == (
                            160, 120
                        )
                    })
                #expect(Self.lives(running) == 1)
                try await withThrowingTaskGroup(of: ([Int?], [Int?]).self) { group in
                    for _ in 0..<2 {
                        group.addTask { (try await playAll(url + "?scale=1/2", Self.half, .test(.tcp)), Array(1..<10)) }
                    }
                    group.addTask { (try await playAll(url, clip, .test(.tcp)).suffix(9), Array(1..<10)) }
                    #expect(await eventually { count.withLock { $0 } == 3 })
                    #expect(Self.lives(running) == 2)
                    for index in 1..<10 {
                        mailbox.post(clip.images[index])
                        #expect(await eventually { converter.callCount == index && converter.running == 0 })
                        try await Task.sleep(for: .milliseconds(20))
                    }
                    mailbox.finish()
                    for try await (indices, expected) in group { #expect(Array(indices) == expected) }
                }
                #expect(await eventually { Self.lives(running) == 1 })
                #expect(await eventually { count.withLock { $0 } == 0 })
                #expect(converter.callCount == 9)
                #expect(await running.isEmpty())
            }
        }

        @Test func `there are so many variants of a live presentation and no more`() async throws {
            let server = RTSPServer(configuration: Self.adapting(FakeConverter()) { $0.adaptation.maximumLiveVariants = 2 })
            try server.offer(.live(FrameMailbox()), at: "/camera")
            try await running(server) { running in
                let tcp = "RTP/AVP/TCP;unicast;interleaved=0-1"
                let first = try await RawPeer(port: running.port)
                let second = try await RawPeer(port: running.port)
                let third = try await RawPeer(port: running.port)
                let url = running.url("camera")
                let session = try await first.setUp(url + "?quality=10", tcp)
                _ = try await second.setUp(url + "?quality=20", tcp)
                #expect(try await third.ask(.setup, url + "?quality=30/stream=0", transport: tcp)?.status == .notEnoughBandwidth)
                // Another reader of one that is there, and the original, are welcome.
                let shared = try await RawPeer(port: running.port)
                _ = try await shared.setUp(url + "?quality=20", tcp)
                _ = try await third.setUp(url, tcp)
                #expect(Self.lives(running) == 3)
                #expect(try await first.ask(.teardown, url + "?quality=10", session: session)?.status == .ok)
                #expect(await eventually { Self.lives(running) == 2 })
                let fourth = try await RawPeer(port: running.port)
                _ = try await fourth.setUp(url + "?quality=30", tcp)
                await second.close()
                await fourth.close()
                #expect(await eventually { Self.lives(running) == 2 })
                await shared.close()
                #expect(await eventually { Self.lives(running) == 1 })
                await first.close()
                await third.close()
                #expect(await running.isEmpty())
            }
        }

        @Test func `without a converter, or unless it is told to, a server makes no variants`() async throws {
            var configuration = RTSPServer.Configuration.test()
            configuration.adaptation.honoursQueries = true
            try await withServer(configuration, clip: .sparse) { running in
                try await Self.expectAll(of: .sparse, at: running.url() + "?scale=nonsense", .test(.tcp))
            }
        }

        @Test func `a stream keeps its source and its numbers while its quality follows what is lost`() async throws {
            let clip = Clip.small.paced(25)
            let converter = FakeConverter(small: clip)
            let configuration = Self.adapting(converter) { $0.adaptation.followsLoss = true }
            try await withServer(configuration, clip: clip) { running in
                let peer = try await RawPeer(port: running.port)
                let session = try await peer.setUp(running.url())
                #expect(try await peer.ask(.play, running.url(), session: session)?.status == .ok)
                var packets: [RTPHeader] = []
                while packets.count(where: \.marker) < 40, case .interleaved(let frame)? = try await peer.next() {
                    guard frame.channel == 0, let header = try? RTPHeader.parse(frame.payload.span).header else { continue }
                    packets.append(header)
                    guard header.marker, packets.count(where: \.marker) % 5 == 0 else { continue }
                    let report = ReceptionReport(
                        ssrc: header.ssrc, fractionLost: 128, cumulativeLost: 9, extendedHighestSequenceNumber: 5,
                        interarrivalJitter: 0,
                        lastSenderReport: 0, delaySinceLastSenderReport: 0)
                    let bytes = RTCPPacket.serialize([.receiverReport(ReceiverReport(ssrc: 1, reports: [report]))])
                    try await peer.send(RTSPSerializer.bytes(of: InterleavedFrame(channel: 1, payload: bytes)))
                }
                #expect(Set(packets.map(\.ssrc)).count == 1)
                let first = try #require(packets.first)
                #expect(packets.map(\.sequenceNumber) == packets.indices.map { first.sequenceNumber &+ UInt16($0) })
                let qualities = Set(converter.calls.keys.map(\.conversion.quality))
                #expect(qualities == [70])
                #expect(converter.callCount < 40)
                #expect(try await peer.ask(.teardown, running.url(), session: session)?.status == .ok)
            }
        }

        @Test func `a live variant gets worse for its readers while they lose packets, and stays one stream`() async throws {
            let clip = Clip.small
            let converter = FakeConverter()
            let mailbox = FrameMailbox()
            let server = RTSPServer(configuration: Self.adapting(converter))
            try server.offer(.live(mailbox, framesPerSecond: 20), at: "/camera")
            try await running(server) { running in
                let url = running.url("camera") + "?adapt=loss"
                let peer = try await RawPeer(port: running.port)
                let datagrams = try await DatagramPeer()
                let setUp = try await peer.ask(.setup, url + "/stream=0", transport: datagrams.transport)
                let session = try #require(setUp?.headers["Session"].flatMap { SessionHeader.parse($0)?.id })
                let ports = try #require(TransportHeader.parse(setUp?.headers["Transport"] ?? "").first?.serverPorts?.rtcp)
                let reports = try SocketAddress(ipAddress: "127.0.0.1", port: Int(ports))
                #expect(try await peer.ask(.play, url, session: session)?.status == .ok)
                var headers: [RTPHeader] = []
                let end = ContinuousClock.now + .seconds(15)
                for index in 0... {
                    guard ContinuousClock.now < end, converter.calls.isEmpty else { break }
                    mailbox.post(clip.images[index % clip.images.count])
                    // One frame after the other: each is awaited before the next is posted.
                    repeat {
                        let packet = try #require(await datagrams.packet())
                        headers.append(try RTPHeader.parse(packet.span).header)
                    } while headers.last?.marker == false
                    guard let last = headers.last else { break }
                    let report = ReceptionReport(
                        ssrc: last.ssrc, fractionLost: 128, cumulativeLost: 9,
                        extendedHighestSequenceNumber: UInt32(last.sequenceNumber), interarrivalJitter: 0, lastSenderReport: 0,
                        delaySinceLastSenderReport: 0)
                    let bytes = RTCPPacket.serialize([.receiverReport(ReceiverReport(ssrc: 1, reports: [report]))])
                    try await datagrams.rtcp.writeAndFlush(
                        AddressedEnvelope(remoteAddress: reports, data: ByteBuffer(bytes: bytes)))
                }
                #expect(Set(converter.calls.keys.map(\.conversion.quality)) == [70])
                #expect(Set(headers.map(\.ssrc)).count == 1)
                let first = try #require(headers.first)
                #expect(headers.map(\.sequenceNumber) == headers.indices.map { first.sequenceNumber &+ UInt16($0) })
                #expect(try await peer.ask(.teardown, url, session: session)?.status == .ok)
                await peer.close()
                #expect(await running.isEmpty())
            }
        }
    }
}
