import Foundation
import MJPEGSource
import RTPTransport
import RTSPKit
import RTSPNIO
import Testing

@testable import RTSPNIO

/// All tests of this module: one after the other, since they measure time and count sockets.
@Suite(.serialized, .timeLimit(.minutes(1))) struct RTSPNIOTests {}

extension RTSPServer.Configuration {
    /// On loopback, at a free port; patient, so that a busy machine loses no frame.
    static func test(_ change: (inout Self) -> Void = { _ in }) -> Self {
        var configuration = Self(host: "127.0.0.1", port: 0, eventLoopCount: 2)
        configuration.limits.maximumLag = .seconds(30)
        change(&configuration)
        return configuration
    }
}

extension RTSPClient.Configuration {
    /// A short buffer, and room for a whole clip.
    static func test(_ transport: ClientConfiguration.TransportChoice = .udp, _ change: (inout Self) -> Void = { _ in }) -> Self {
        var configuration = Self(transport: transport, playout: .fixed(.milliseconds(60)), waitingFrames: 1000)
        change(&configuration)
        return configuration
    }
}

extension Offering {
    static func clip(_ clip: Clip) -> Offering { .stored { ClipSource(clip) } }
}

/// A server that runs while a test needs it.
struct RunningServer: Sendable {
    let server: RTSPServer
    let port: Int
    let stop: @Sendable () -> Void

    func url(_ path: String = "clip") -> String { "rtsp://127.0.0.1:\(port)/\(path)" }

    /// Waits until the server holds nothing any more.
    func isEmpty() async -> Bool {
        await eventually { await server.census() == ServerCensus() }
    }
}

/// Runs a server with `clip` at /clip around `body`, then ends it and checks that it comes back.
func withServer<Result: Sendable>(
    _ configuration: RTSPServer.Configuration = .test(), clip: Clip? = .small,
    _ body: @Sendable (RunningServer) async throws -> Result
) async throws -> Result {
    let server = RTSPServer(configuration: configuration)
    if let clip { try server.offer(.clip(clip), at: "/clip") }
    return try await running(server, body)
}

/// Runs `server` around `body`.
func running<Result: Sendable>(
    _ server: RTSPServer, _ body: @Sendable (RunningServer) async throws -> Result
) async throws -> Result {
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    let run = Task {
        defer { continuation.finish() }
        try await server.run { continuation.yield($0) }
    }
    defer { run.cancel() }
    guard let port = await ports.first(where: { _ in true }) else {
        try await run.value
        throw RTSPError(code: .cannotBind, message: "the server did not start")
    }
    let result: Result
    do {
        result = try await body(RunningServer(server: server, port: port, stop: { run.cancel() }))
    } catch {
        run.cancel()
        try? await run.value
        throw error
    }
    run.cancel()
    try await run.value
    return result
}

/// Asks again and again, for states of which nothing tells.
func eventually(within limit: Duration = .seconds(10), _ condition: () async throws -> Bool) async rethrows -> Bool {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if try await condition() { return true }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return try await condition()
}

/// How many sockets this process has open.
func openSockets() -> Int {
    let folder = "/proc/self/fd"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.count { name in
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)"))?.hasPrefix("socket:") ?? false
    }
}

/// Plays to the end.
/// - Returns: which frames of `clip` came, in order.
func playAll(
    _ url: String, _ clip: Clip, _ configuration: RTSPClient.Configuration = .test()
) async throws -> [Int?] {
    try await RTSPClient.withPresentation(at: url, configuration: configuration) { presentation in
        try await presentation.play { frames in
            var indices: [Int?] = []
            for try await frame in frames { indices.append(clip.index(of: frame.image)) }
            return indices
        }
    }
}

extension RTSPError.Code {
    /// The code that `body` fails with; `nil` where it does not.
    static func thrown(by body: () async throws -> Void) async -> RTSPError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? RTSPError)?.code
        }
    }
}
