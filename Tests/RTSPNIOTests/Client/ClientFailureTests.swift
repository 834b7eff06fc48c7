import NIOCore
import NIOPosix
import RTSPKit
import Testing

@testable import RTSPNIO

extension RTSPNIOTests {
    @Suite struct ClientFailureTests {
        private struct Fault: Error {}

        private static func code(
            _ url: String, _ configuration: RTSPClient.Configuration = .test()
        ) async -> RTSPError.Code? {
            await RTSPError.Code.thrown {
                try await RTSPClient.withPresentation(at: url, configuration: configuration) { _ in }
            }
        }

        @Test func `a refused connection is told`() async throws {
            let port = try await withServer { $0.port }
            #expect(await Self.code("rtsp://127.0.0.1:\(port)/clip") == .cannotConnect)
        }

        @Test func `a host that does not exist is told`() async {
            #expect(await Self.code("rtsp://nowhere.invalid/clip") == .cannotConnect)
        }

        @Test(arguments: ["", "nonsense", "http://127.0.0.1/clip", "rtsps://127.0.0.1/clip", "rtsp://:99999/x"])
        func `a URL that is none is told`(_ url: String) async {
            #expect(await Self.code(url) == .invalidURL)
        }

        @Test func `a path where nothing is offered is told`() async throws {
            try await withServer { running in
                #expect(await Self.code(running.url("other")) == .notFound)
                let described = await RTSPError.Code.thrown { _ = try await RTSPClient.describe(running.url("other")) }
                #expect(described == .notFound)
                #expect(await running.isEmpty())
            }
        }

        @Test func `a source that cannot be opened is told, and the server goes on`() async throws {
            try await withServer { running in
                try running.server.offer(.stored { throw Fault() }, at: "/broken")
                #expect(await Self.code(running.url("broken")) == .refused)
                #expect(await Self.code(running.url()) == nil)
            }
        }

        @Test func `a server that does not answer is given up`() async throws {
            let fake = try await FakeServer()
            let configuration = RTSPClient.Configuration.test { $0.timeout = .milliseconds(200) }
            #expect(await Self.code("rtsp://127.0.0.1:\(fake.port)/clip", configuration) == .timedOut)
        }

        @Test func `a server that talks nonsense is told`() async throws {
            let fake = try await FakeServer { _ in "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n" }
            #expect(await Self.code("rtsp://127.0.0.1:\(fake.port)/clip") == .protocolViolation)
        }

        @Test func `a server that hangs up is told`() async throws {
            let fake = try await FakeServer { _ in "" }
            #expect(await Self.code("rtsp://127.0.0.1:\(fake.port)/clip") == .connectionLost)
        }

        @Test(arguments: [ClientConfiguration.TransportChoice.udp, .tcp])
        func `a server that vanishes while it plays ends the frames with an error`(
            _ transport: ClientConfiguration.TransportChoice
        ) async throws {
            try await withServer(clip: .slow) { running in
                var count = 0
                let code = await RTSPError.Code.thrown {
                    try await RTSPClient.withPresentation(at: running.url(), configuration: .test(transport)) {
                        try await $0.play { frames in
                            for try await _ in frames {
                                count += 1
                                if count == 3 { try await running.dropConnections() }
                            }
                        }
                    }
                }
                #expect(code == .connectionLost)
                #expect((3..<40).contains(count))
            }
        }

        @Test func `a PLAY that is refused on the way from UDP to TCP ends the frames with the refusal`() async throws {
            let fake = try await FakeServer { request in
                let head = "CSeq:\(FakeServer.cSeq(of: request))\r\nSession: S1\r\n"
                let isInterleaved = request.contains("S2") || request.contains("interleaved")
                switch request.prefix(while: { $0 != " " }) {
                case "DESCRIBE":
                    let body = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 26\r\na=control:a\r\n"
                    return
                        "RTSP/1.0 200 OK\r\n\(head)Content-Type: application/sdp\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
                case "SETUP":
                    let session = isInterleaved ? "S2" : "S1"
                    let transport = request.split(whereSeparator: \.isNewline).first { $0.hasPrefix("Transport:") } ?? ""
                    let ports = isInterleaved ? "" : ";server_port=6970-6971"
                    let cSeq = FakeServer.cSeq(of: request)
                    return "RTSP/1.0 200 OK\r\nCSeq:\(cSeq)\r\nSession: \(session)\r\n\(transport)\(ports)\r\n\r\n"
                case "PLAY" where isInterleaved: return "RTSP/1.0 453 Not Enough Bandwidth\r\n\(head)\r\n"
                default: return "RTSP/1.0 200 OK\r\n\(head)\r\n"
                }
            }
            var configuration = RTSPClient.Configuration.test(.auto)
            configuration.datagramPatience = .milliseconds(100)
            let code = await RTSPError.Code.thrown {
                try await RTSPClient.withPresentation(
                    at: "rtsp://127.0.0.1:\(fake.port)/a", configuration: configuration
                ) {
                    try await $0.play { frames in for try await _ in frames {} }
                }
            }
            #expect(code == .refused)
        }

        @Test func `what the body throws comes out, and the session is torn down`() async throws {
            try await withServer(clip: .slow) { running in
                await #expect(throws: Fault.self) {
                    try await RTSPClient.withPresentation(at: running.url(), configuration: .test()) { _ in throw Fault() }
                }
                #expect(await running.isEmpty())
                await #expect(throws: Fault.self) {
                    try await RTSPClient.withPresentation(at: running.url(), configuration: .test()) {
                        try await $0.play { frames in
                            for try await _ in frames { throw Fault() }
                        }
                    }
                }
                #expect(await running.isEmpty())
            }
        }

        @Test func `PAUSE while nothing plays changes nothing`() async throws {
            try await withServer { running in
                try await RTSPClient.withPresentation(at: running.url(), configuration: .test()) { presentation in
                    #expect(await RTSPError.Code.thrown { try await presentation.pause() } == .invalidState)
                    let indices = try await presentation.play { frames in
                        try await frames.reduce(into: [Int?]()) { $0.append(Clip.small.index(of: $1.image)) }
                    }
                    #expect(indices == Clip.small.frameIndices)
                }
            }
        }

        @Test func `a range outside the presentation is refused, and the session lives`() async throws {
            try await withServer { running in
                try await RTSPClient.withPresentation(at: running.url(), configuration: .test()) { presentation in
                    let code = await RTSPError.Code.thrown {
                        try await presentation.play(from: .seconds(100)) { _ in }
                    }
                    #expect(code == .refused)
                    let count = try await presentation.play { try await $0.reduce(0) { count, _ in count + 1 } }
                    #expect(count == 40)
                }
            }
        }
    }

    @Suite struct CancellationTests {
        /// Runs `body`, cancels it when `isTime`, and expects it to end promptly.
        private static func cancelled(
            _ body: @escaping @Sendable () async throws -> Void, when isTime: () async -> Void
        ) async -> Result<Void, any Error> {
            let task = Task { try await body() }
            await isTime()
            let start = ContinuousClock.now
            task.cancel()
            let result = await task.result
            #expect(start.duration(to: .now) < .seconds(1))
            return result
        }

        private static func isCancellation(_ result: Result<Void, any Error>) -> Bool {
            if case .failure(let error) = result { error is CancellationError } else { false }
        }

        @Test func `cancelling while connecting ends at once`() async throws {
            // A listener that accepts nothing: what does not fit into its queue stays unanswered.
            let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.backlog, value: 0).serverChannelOption(.autoRead, value: false)
                .bind(host: "127.0.0.1", port: 0).get()
            let port = listener.localAddress?.port ?? 0
            let first = try await RawPeer(port: port)
            let result = await Self.cancelled {
                let configuration = RTSPClient.Configuration.test { $0.timeout = .seconds(30) }
                try await RTSPClient.withPresentation(at: "rtsp://127.0.0.1:\(port)/x", configuration: configuration) { _ in }
            } when: {
                try? await Task.sleep(for: .milliseconds(50))
            }
            #expect(Self.isCancellation(result))
            await first.close()
            try await listener.close()
        }

        @Test func `cancelling while describing ends at once`() async throws {
            let fake = try await FakeServer()
            let result = await Self.cancelled {
                try await RTSPClient.withPresentation(at: "rtsp://127.0.0.1:\(fake.port)/x", configuration: .test()) { _ in }
            } when: {
                _ = await fake.requests.first { _ in true }
            }
            #expect(Self.isCancellation(result))
        }

        @Test func `cancelling while SETUP is answered leaves no session`() async throws {
            let fake = try await FakeServer { request in
                let head = "RTSP/1.0 200 OK\r\nCSeq:\(FakeServer.cSeq(of: request))\r\n"
                let sdp = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 26\r\na=control:0\r\n"
                if request.hasPrefix("OPTIONS") { return head + "\r\n" }
                return request.hasPrefix("DESCRIBE")
                    ? head + "Content-Type: application/sdp\r\nContent-Length: \(sdp.utf8.count)\r\n\r\n\(sdp)" : nil
            }
            let configuration = RTSPClient.Configuration.test { $0.timeout = .milliseconds(500) }
            let result = await Self.cancelled {
                try await RTSPClient.withPresentation(
                    at: "rtsp://127.0.0.1:\(fake.port)/x", configuration: configuration
                ) { _ in }
            } when: {
                _ = await fake.requests.first { $0.hasPrefix("SETUP") }
            }
            #expect(Self.isCancellation(result))
        }

        @Test(arguments: [ClientConfiguration.TransportChoice.udp, .tcp])
        func `cancelling while playing ends the frames and the session`(
            _ transport: ClientConfiguration.TransportChoice
        ) async throws {
            try await withServer(clip: .slow) { running in
                let (first, continuation) = AsyncStream.makeStream(of: Void.self)
                _ = await Self.cancelled {
                    try await RTSPClient.withPresentation(at: running.url(), configuration: .test(transport)) {
                        try await $0.play { frames in
                            for try await _ in frames { continuation.yield() }
                        }
                    }
                } when: {
                    _ = await first.first { _ in true }
                }
                #expect(await running.isEmpty())
            }
        }

        @Test func `a task cancelled before it begins does not even connect for long`() async throws {
            try await withServer { running in
                let task = Task {
                    while !Task.isCancelled { await Task.yield() }
                    try await RTSPClient.withPresentation(at: running.url(), configuration: .test()) { _ in }
                }
                task.cancel()
                let result = await task.result
                #expect(Self.isCancellation(result))
                #expect(await running.isEmpty())
            }
        }
    }
}

extension RunningServer {
    /// Breaks all connections, as a crash of the server would.
    func dropConnections() async throws {
        for loop in server.shared.loops {
            try await loop.submit { loop in
                for member in loop.members.values { member.channel.close(promise: nil) }
            }
        }
    }
}
