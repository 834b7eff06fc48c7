import MJPEGSource
import RTPTransport
import RTSPKit
import RTSPNIO
import RTSPTestKit
import Synchronization
import Testing

@testable import PlayerModel

/// Tests that use sockets and measure time: one after the other.
@Suite(.serialized, .timeLimit(.minutes(2))) struct PlayerModelTests {}

/// Frames that differ from each other, and can be told apart after their way over the network.
struct Clip: Sendable {
    let list: FrameList
    private let numbers: [[UInt8]: Int]

    /// 50 frames, 25 a second.
    static let usual = Clip(count: 50, framesPerSecond: 25)
    /// 500 frames, 25 a second.
    static let long = Clip(count: 500, framesPerSecond: 25)

    init(count: Int, framesPerSecond: Int, size: Int = 600) {
        list = FrameList(count: count, framesPerSecond: framesPerSecond, size: size)
        numbers = Dictionary(
            list.frames.enumerated().map { (SyntheticPicture.scanData(of: $1.image), $0) },
            uniquingKeysWith: { first, _ in first })
    }

    /// Which frame this is.
    func number(of image: [UInt8]) -> Int? { numbers[SyntheticPicture.scanData(of: image)] }
}

/// A server on loopback that can be stopped, and started again at the same port.
final class TestServer: Sendable {
    let server: RTSPServer
    let port: Int
    /// What sessions have ended by, in order.
    let endings: Mutex<[String]>
    private let run: Task<Void, any Error>

    /// - Parameter offer: what is offered; asked once.
    init(port: Int = 0, lab: Bool = false, _ offer: (RTSPServer) throws -> Void) async throws {
        var configuration = RTSPServer.Configuration(host: "127.0.0.1", port: port, eventLoopCount: 1)
        configuration.limits.maximumLag = .seconds(30)
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let server = RTSPServer(configuration: configuration)
        try offer(server)
        self.server = server
        endings = Mutex([])
        run = Task {
            defer { continuation.finish() }
            try await server.run { continuation.yield($0) }
        }
        guard let port = await ports.first(where: { _ in true }) else {
            try await run.value
            throw RTSPError(code: .cannotBind, message: "the server did not start")
        }
        self.port = port
    }

    /// A server of `clip` at /clip.
    convenience init(port: Int = 0, clip: Clip) async throws {
        let list = clip.list
        try await self.init(port: port) { try $0.offer(.stored { list }, at: "/clip") }
    }

    func url(_ path: String = "clip") -> String { "rtsp://127.0.0.1:\(port)/\(path)" }

    /// Breaks all connections and listens no more.
    func stop() async throws {
        run.cancel()
        try await run.value
    }
}

/// Asks again and again, for states of which nothing tells.
func eventually(within limit: Duration = .seconds(15), _ condition: () async throws -> Bool) async rethrows -> Bool {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if try await condition() { return true }
        try? await Task.sleep(for: .milliseconds(3))
    }
    return try await condition()
}

/// One tab: a session whose events are read.
final class Tab: Sendable {
    let session: PlayerSession
    let texts = Mutex<[String]>([])
    private let feed: EventFeed
    private let reading = Mutex<Task<Void, Never>?>(nil)

    init(_ sessions: PlayerSessions) async throws {
        session = try #require(await sessions.make())
        feed = await session.openEvents()
        let (feed, session) = (feed, session)
        let task = Task { [weak self] in
            while let text = await feed.next() { self?.texts.withLock { $0.append(text) } }
            await session.closeEvents(feed)
        }
        reading.withLock { $0 = task }
    }

    /// Everything that was told, in one.
    var told: String { texts.withLock { $0.joined() } }

    /// The browser closes the tab.
    func close() { feed.finish() }

    func state() async -> PlayerState { await session.state }

    /// Whether the state is like this now.
    func has(_ condition: (PlayerState) -> Bool) async -> Bool { condition(await session.state) }

    /// Waits for a state like this.
    func reaches(within limit: Duration = .seconds(15), _ condition: (PlayerState) -> Bool) async -> Bool {
        await eventually(within: limit) { condition(await session.state) }
    }

    func setUp(_ url: String, _ transport: ClientConfiguration.TransportChoice = .tcp, isLab: Bool = false) async throws {
        try await session.perform(.setup(.init(url: url, transport: transport, isLab: isLab)))
        #expect(await reaches { $0.state == .ready && $0.busy == nil })
    }

    func play() async throws {
        try await session.perform(.play)
        #expect(await reaches { $0.state == .playing && $0.busy == nil })
    }

    func tearDown() async throws {
        try await session.perform(.teardown)
        #expect(await reaches { $0.state == .initial && $0.busy == nil })
    }
}

/// Runs `body` with sessions, and ends them.
func withSessions<Result>(
    _ change: (inout PlayerSession.Configuration) -> Void = { _ in }, _ body: (PlayerSessions) async throws -> Result
) async throws -> Result {
    var configuration = PlayerSession.Configuration()
    configuration.buffer = .milliseconds(60)
    change(&configuration)
    let sessions = PlayerSessions(configuration: configuration)
    do {
        let result = try await body(sessions)
        await sessions.end()
        #expect(await sessions.count == 0)
        return result
    } catch {
        await sessions.end()
        throw error
    }
}
