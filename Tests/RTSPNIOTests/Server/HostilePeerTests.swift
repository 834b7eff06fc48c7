import NIOCore
import RTSPKit
import Synchronization
import Testing

@testable import RTSPNIO

extension RTSPNIOTests {
    @Suite struct HostilePeerTests {
        /// Runs `attack` while a good client plays, which must not notice.
        private static func whilePlaying(
            _ configuration: RTSPServer.Configuration = .test(), clip: Clip = .small,
            _ attack: @Sendable (RunningServer) async throws -> Void
        ) async throws {
            try await withServer(configuration, clip: clip) { running in
                async let good = playAll(running.url(), clip)
                try await attack(running)
                let indices = try await good
                #expect(indices == clip.frameIndices)
                #expect(await running.isEmpty())
            }
        }

        @Test(arguments: [
            "\u{1}\u{2}\u{3} nonsense that is no request\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
            "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: -5\r\n\r\n",
            "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nX: " + String(repeating: "x", count: 100_000) + "\r\n\r\n",
            String(repeating: "x", count: 100_000),
        ])
        func `what is not RTSP is refused, and the connection closed`(_ text: String) async throws {
            let configuration = RTSPServer.Configuration.test {
                $0.limits.idleTime = .milliseconds(300)
                $0.limits.messageTime = .milliseconds(300)
            }
            try await Self.whilePlaying(configuration) { running in
                let peer = try await RawPeer(port: running.port)
                try await peer.send(text)
                let responses = try await peer.responsesToTheEnd()
                // Junk between requests is passed over in silence, within bounds.
                #expect(responses.count <= 1)
                #expect(responses.allSatisfy { (400..<600).contains($0.status.code) })
            }
        }

        @Test func `a request may be cut anywhere`() async throws {
            try await Self.whilePlaying { running in
                let peer = try await RawPeer(port: running.port)
                let request = Array("OPTIONS * RTSP/1.0\r\nCSeq: 7\r\n\r\n".utf8)
                for cut in 1..<request.count {
                    try await peer.send(Array(request[..<cut]))
                    try await peer.send(Array(request[cut...]))
                    #expect(try await peer.response()?.status == .ok)
                }
                for byte in request { try await peer.send([byte]) }
                #expect(try await peer.response()?.cSeq == 7)
                await peer.close()
            }
        }

        @Test func `requests in one segment are answered in order`() async throws {
            try await Self.whilePlaying { running in
                let peer = try await RawPeer(port: running.port)
                let url = running.url()
                let requests: [RTSPRequest] = [
                    .init(.options, url: url, cSeq: 1), .init(.describe, url: url, cSeq: 2),
                    .init(.describe, url: running.url("other"), cSeq: 3),
                    .init(
                        .setup, url: url + "/stream=0", cSeq: 4,
                        headers: ["Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"]),
                    .init(.options, url: url, cSeq: 5),
                ]
                try await peer.send(requests.flatMap { RTSPSerializer.bytes(of: $0) })
                for expected in [(1, RTSPStatus.ok), (2, .ok), (3, .notFound), (4, .ok), (5, .ok)] {
                    let response = try await peer.response()
                    #expect(response?.cSeq == expected.0)
                    #expect(response?.status == expected.1)
                }
                await peer.close()
            }
        }

        @Test func `a silent peer and one that never finishes are closed in time`() async throws {
            let configuration = RTSPServer.Configuration.test {
                $0.limits.idleTime = .milliseconds(300)
                $0.limits.messageTime = .milliseconds(100)
            }
            try await Self.whilePlaying(configuration) { running in
                let start = ContinuousClock.now
                let silent = try await RawPeer(port: running.port)
                let slow = try await RawPeer(port: running.port)
                try await slow.send("OPTIONS * RTSP/1.0\r\nCSe")
                #expect(try await silent.responsesToTheEnd() == [])
                #expect(try await slow.responsesToTheEnd().map(\.status) == [.requestTimeout])
                #expect(start.duration(to: .now) < .seconds(2))
            }
        }

        @Test func `a peer that asks and never reads is cut off`() async throws {
            try await Self.whilePlaying { running in
                let peer = try await RawPeer(port: running.port, isReading: false, receiveBuffer: 4096)
                let many = [UInt8](String(repeating: "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n", count: 1000).utf8)
                let isClosed = Mutex(false)
                peer.channel.closeFuture.whenComplete { _ in isClosed.withLock { $0 = true } }
                var rounds = 0
                while !isClosed.withLock({ $0 }), rounds < 5000 {
                    rounds += 1
                    guard (try? await peer.send(many)) != nil else { break }
                }
                #expect(rounds < 5000)
            }
        }

        @Test func `media to a port that cannot be sent to harms nobody`() async throws {
            try await Self.whilePlaying(clip: .slow) { running in
                let peer = try await RawPeer(port: running.port)
                let response = try await peer.ask(
                    .setup, running.url() + "/stream=0", transport: "RTP/AVP;unicast;client_port=9-0")
                if let session = response?.headers["Session"].flatMap({ SessionHeader.parse($0)?.id }) {
                    _ = try await peer.ask(.play, running.url(), session: session)
                    _ = try await peer.ask(.teardown, running.url(), session: session)
                }
                await peer.close()
            }
        }

        @Test(arguments: ["RTP/AVP/TCP;unicast;interleaved=0-1", "RTP/AVP;unicast;client_port=40000-40001"])
        func `a client that vanishes leaves nothing behind`(_ transport: String) async throws {
            let configuration = RTSPServer.Configuration.test { $0.sessionTimeout = .seconds(1) }
            try await Self.whilePlaying(configuration) { running in
                let peer = try await RawPeer(port: running.port)
                let session = try await peer.setUp(running.url(), transport)
                #expect(try await peer.ask(.play, running.url(), session: session)?.status == .ok)
                #expect(running.server.sessionCount >= 1)
                await peer.close()
            }
        }

        @Test func `a reader's reports keep its session alive`() async throws {
            let ended = Mutex([CloseReason]())
            let configuration = RTSPServer.Configuration.test {
                $0.sessionTimeout = .seconds(1)
                $0.onEvent = { _, event in
                    if case .sessionEnded(_, let reason) = event { ended.withLock { $0.append(reason) } }
                }
            }
            try await withServer(configuration) { running in
                let datagrams = try await DatagramPeer()
                let peer = try await RawPeer(port: running.port)
                let response = try await peer.ask(.setup, running.url() + "/stream=0", transport: datagrams.transport)
                let header = try #require(response?.headers["Transport"].flatMap { TransportHeader.parse($0).first })
                let ports = try #require(header.serverPorts)
                let report: [UInt8] = [0x80, 201, 0, 1, 0, 0, 0, 1]
                for _ in 0..<15 {
                    let address = try SocketAddress(ipAddress: "127.0.0.1", port: Int(ports.rtcp ?? 0))
                    try await datagrams.rtcp.writeAndFlush(
                        AddressedEnvelope(remoteAddress: address, data: ByteBuffer(bytes: report)))
                    try await Task.sleep(for: .milliseconds(100))
                }
                #expect(running.server.sessionCount == 1)
                #expect(await running.server.census().reporters == 1)
                let hasEnded = await eventually { running.server.sessionCount == 0 }
                #expect(hasEnded)
                #expect(ended.withLock { $0 } == [.timedOut])
                await peer.close()
                #expect(await running.isEmpty())
            }
        }

        @Test func `a thousand sessions, opened and dropped, leave nothing`() async throws {
            let configuration = RTSPServer.Configuration.test { $0.sessionTimeout = .seconds(1) }
            try await withServer(configuration) { running in
                _ = try await playAll(running.url(), .small, .test(.tcp))
                let before = openSockets()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for worker in 0..<20 {
                        group.addTask { try await Self.dropSessions(50, running, worker) }
                    }
                    try await group.waitForAll()
                }
                #expect(await running.isEmpty())
                let isSame = await eventually { openSockets() <= before }
                #expect(isSame, "\(openSockets()) sockets, \(before) before")
                let indices = try await playAll(running.url(), .small)
                #expect(indices == Clip.small.frameIndices)
            }
        }

        private static func dropSessions(_ count: Int, _ running: RunningServer, _ worker: Int) async throws {
            for index in 0..<count {
                let peer = try await RawPeer(port: running.port)
                let port = 20_000 + (worker * count + index) * 2
                let transport =
                    index % 2 == 0 ? "RTP/AVP/TCP;unicast;interleaved=0-1" : "RTP/AVP;unicast;client_port=\(port)-\(port + 1)"
                let session = try await peer.setUp(running.url(), transport)
                if index % 5 == 0 {
                    try await peer.send("PLAY \(running.url()) RTSP/1.0\r\nCSeq: 2\r\nSession: \(session)\r\n\r\n")
                }
                await peer.close()
            }
        }
    }
}
