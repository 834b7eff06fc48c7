import Logging
import MJPEGSource
import NIOCore
import NIOPosix
import RTPTransport
import RTSPKit
import ServiceLifecycle
import Testing

@testable import RTSPNIO

/// Whether this machine has IPv6 on loopback.
private func hasIPv6() async -> Bool {
    guard let channel = try? await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(host: "::1", port: 0).get()
    else { return false }
    try? await channel.close()
    return true
}

extension RTSPNIOTests {
    @Suite struct RTSPServerTests {
        // MARK: Offering

        @Test func `what is offered while the server runs can be played, until it is withdrawn`() async throws {
            try await withServer(clip: nil) { running in
                #expect(await RTSPError.Code.thrown { _ = try await RTSPClient.describe(running.url()) } == .notFound)
                try running.server.offer(.clip(.small), at: "clip")
                let indices = try await playAll(running.url(), .small)
                #expect(indices == Clip.small.frameIndices)
                #expect(throws: RTSPError.self) { try running.server.offer(.clip(.small), at: "/clip/") }
                running.server.withdraw("clip")
                #expect(await RTSPError.Code.thrown { _ = try await RTSPClient.describe(running.url()) } == .notFound)
            }
        }

        @Test func `other paths are asked for`() async throws {
            try await withServer { running in
                running.server.offerOtherwise { $0 == "/folder/some movie" ? .clip(.small) : nil }
                let indices = try await playAll(running.url("folder/some%20movie"), .small)
                #expect(indices == Clip.small.frameIndices)
                #expect(await RTSPError.Code.thrown { _ = try await RTSPClient.describe(running.url("x")) } == .notFound)
            }
        }

        @Test func `one session more than there may be is refused until one has gone`() async throws {
            let configuration = RTSPServer.Configuration.test { $0.maximumSessions = 2 }
            try await withServer(configuration) { running in
                let peer = try await RawPeer(port: running.port)
                let session = try await peer.setUp(running.url())
                _ = try await peer.setUp(running.url(), "RTP/AVP/TCP;unicast;interleaved=2-3")
                #expect(running.server.sessionCount == 2)
                let other = try await RawPeer(port: running.port)
                let transport = "RTP/AVP/TCP;unicast;interleaved=0-1"
                let refused = try await other.ask(.setup, running.url() + "/stream=0", transport: transport)
                #expect(refused?.status == .serviceUnavailable)
                // What was refused for another reason takes no place.
                _ = try await peer.ask(.teardown, running.url(), session: session)
                #expect(try await other.ask(.setup, running.url(), transport: "RTP/XYZ")?.status == .unsupportedTransport)
                #expect(try await other.ask(.setup, running.url("x"), transport: transport)?.status == .notFound)
                #expect(await eventually { running.server.sessionCount == 1 })
                _ = try await other.setUp(running.url())
                #expect(running.server.sessionCount == 2)
                await other.close()
                await peer.close()
                #expect(await running.isEmpty())
            }
        }

        // MARK: Addresses

        @Test func `a port in use is told`() async throws {
            try await withServer { running in
                let second = RTSPServer(configuration: .test { $0.port = running.port })
                #expect(await RTSPError.Code.thrown { try await second.run() } == .cannotBind)
                let indices = try await playAll(running.url(), .small)
                #expect(indices == Clip.small.frameIndices)
            }
        }

        @Test func `an address that is not ours is told`() async {
            let server = RTSPServer(configuration: .test { $0.host = "192.0.2.1" })
            let code = await RTSPError.Code.thrown { try await server.run() }
            #expect(code == .portsUnavailable || code == .cannotBind)
        }

        @Test func `media ports come from the range, and too small a range is told`() async throws {
            let sockets = openSockets()
            let narrow = RTSPServer(configuration: .test { $0.mediaPorts = 43_000...43_001 })
            #expect(await RTSPError.Code.thrown { try await narrow.run() } == .portsUnavailable)
            #expect(await eventually { openSockets() <= sockets }, "\(openSockets()) \(sockets)")
            try await withServer(.test { $0.mediaPorts = 43_001...43_006 }) { running in
                for _ in 0..<4 {
                    try await RTSPClient.withPresentation(at: running.url(), configuration: .test()) { presentation in
                        let ports = TransportHeader.parse(presentation.transport).first?.serverPorts
                        #expect(ports == PortPair(rtp: 43_002, rtcp: 43_003) || ports == PortPair(rtp: 43_004, rtcp: 43_005))
                    }
                }
                let configuration = RTSPClient.Configuration.test { $0.mediaPorts = 43_010...43_013 }
                try await RTSPClient.withPresentation(at: running.url(), configuration: configuration) { presentation in
                    let ports = TransportHeader.parse(presentation.transport).first?.clientPorts
                    #expect(ports.map { [43_010, 43_012].contains($0.rtp) } == true)
                }
            }
        }

        @Test(.enabled("no IPv6 here") { await hasIPv6() }, arguments: [ClientConfiguration.TransportChoice.udp, .tcp])
        func `IPv6 works as IPv4 does`(_ transport: ClientConfiguration.TransportChoice) async throws {
            try await withServer(.test { $0.host = "::1" }) { running in
                let indices = try await playAll("rtsp://[::1]:\(running.port)/clip", .small, .test(transport))
                #expect(indices == Clip.small.frameIndices)
                #expect(await running.isEmpty())
            }
        }

        @Test func `a server can run again after it has stopped`() async throws {
            let server = RTSPServer(configuration: .test())
            try server.offer(.clip(.small), at: "clip")
            for _ in 0..<2 {
                let indices = try await running(server) { try await playAll($0.url(), .small) }
                #expect(indices == Clip.small.frameIndices)
            }
        }

        // MARK: The end

        @Test func `stopping ends every stream, says goodbye and closes every socket`() async throws {
            let sockets = openSockets()
            try await withServer(clip: .slow) { running in
                let url = running.url()
                let (playing, continuation) = AsyncStream.makeStream(of: Void.self)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for transport in [ClientConfiguration.TransportChoice.udp, .tcp] {
                        group.addTask {
                            let code = await RTSPError.Code.thrown {
                                try await RTSPClient.withPresentation(at: url, configuration: .test(transport)) {
                                    try await $0.play { frames in for try await _ in frames { continuation.yield() } }
                                }
                            }
                            #expect(code == nil || code == .connectionLost)
                        }
                    }
                    let datagrams = try await DatagramPeer()
                    let overUDP = try await RawPeer(port: running.port)
                    let first = try await overUDP.setUp(url, datagrams.transport)
                    #expect(try await overUDP.ask(.play, url, session: first)?.status == .ok)
                    let overTCP = try await RawPeer(port: running.port)
                    let second = try await overTCP.setUp(url)
                    #expect(try await overTCP.ask(.play, url, session: second)?.status == .ok)
                    var count = 0
                    for await _ in playing {
                        count += 1
                        if count == 4 { break }
                    }
                    running.stop()
                    #expect(try await Self.goodbye(over: overTCP))
                    #expect(await Self.goodbye(over: datagrams))
                    #expect(try await overUDP.responsesToTheEnd() == [])
                    try await group.waitForAll()
                }
            }
            #expect(await eventually { openSockets() <= sockets })
        }

        private static func goodbye(over peer: RawPeer) async throws -> Bool {
            while case .interleaved(let frame)? = try await peer.next() {
                if frame.channel == 1, isGoodbye(frame.payload) { return true }
            }
            return false
        }

        private static func goodbye(over peer: DatagramPeer) async -> Bool {
            while let report = await peer.report() {
                if isGoodbye(report) { return true }
            }
            return false
        }

        private static func isGoodbye(_ report: [UInt8]) -> Bool {
            (try? RTCPPacket.parse(compound: report.span))?.contains {
                if case .goodbye = $0 { true } else { false }
            } ?? false
        }

        @Test func `a peer that does not go is cut off soon`() async throws {
            let server = RTSPServer(configuration: .test())
            try server.offer(.clip(.slow), at: "clip")
            let time = try await running(server) { running in
                let stuck = try await RawPeer(port: running.port, isReading: false)
                try await stuck.send("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
                #expect(await eventually { await server.census().connections == 1 })
                let start = ContinuousClock.now
                running.stop()
                #expect(await eventually { server.shared.loops.isEmpty })
                let time = start.duration(to: .now)
                await stuck.close()
                return time
            }
            #expect(time < .seconds(3))
        }

        @Test func `a service group stops the server gracefully`() async throws {
            let server = RTSPServer(configuration: .test())
            let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
            try server.offer(.clip(.slow), at: "clip")
            let service = ListeningService(server: server, listening: { continuation.yield($0) })
            let group = ServiceGroup(services: [service], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            let run = Task { try await group.run() }
            let port = try #require(await ports.first { _ in true })
            let peer = try await RawPeer(port: port)
            let session = try await peer.setUp("rtsp://127.0.0.1:\(port)/clip")
            #expect(try await peer.ask(.play, "rtsp://127.0.0.1:\(port)/clip", session: session)?.status == .ok)
            await group.triggerGracefulShutdown()
            #expect(try await Self.goodbye(over: peer))
            await peer.close()
            try await run.value
            #expect(server.sessionCount == 0)
        }

        private struct ListeningService: Service {
            let server: RTSPServer
            let listening: @Sendable (Int) -> Void
            func run() async throws { try await server.run(listening: listening) }
        }
    }
}
