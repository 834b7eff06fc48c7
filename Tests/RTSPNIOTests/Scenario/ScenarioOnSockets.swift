import MJPEGSource
import RTPTransport
import RTSPKit
import RTSPNIO
import RTSPTestKit
import Synchronization

/// A scenario carried out over real sockets, with the server and the clients of `RTSPNIO`: the same people do the same things at
/// the same times. What its network does, and what breaks, only a simulation can do.
struct ScenarioOnSockets {
    /// What came of one viewer.
    struct Viewing: Sendable {
        /// What was said on the control connection.
        var dialogue: [ControlMessage] = []
        /// The pictures that were shown.
        var pictures: [[UInt8]] = []
    }

    let scenario: Scenario

    /// Lets everybody act, each in time.
    /// - Returns: what came of each viewer, in the order of the scenario.
    func run() async throws -> [Viewing] {
        let server = RTSPServer(
            configuration: .test {
                $0.sessionTimeout = scenario.sessionTimeout
                $0.packetSize = scenario.packetSize
            })
        var cameras: [(path: String, mailbox: FrameMailbox)] = []
        for (path, medium) in scenario.media {
            guard medium.isLive else {
                let frames = scenario.frames(at: path)
                try server.offer(.stored { frames }, at: path)
                continue
            }
            let mailbox = FrameMailbox()
            try server.offer(.live(mailbox, framesPerSecond: Double(medium.framesPerSecond)), at: path)
            cameras.append((path, mailbox))
        }
        return try await running(server) { [cameras] running in
            let start = ContinuousClock.now
            let filming = cameras.map { camera in
                Task { try await film(camera.path, into: camera.mailbox, from: start) }
            }
            defer { for task in filming { task.cancel() } }
            return try await withThrowingTaskGroup(of: (Int, Viewing).self) { group in
                for (index, viewer) in scenario.viewers.enumerated() {
                    group.addTask { (index, try await watch(viewer, port: running.port, from: start)) }
                }
                var viewings = scenario.viewers.map { _ in Viewing() }
                for try await (index, viewing) in group { viewings[index] = viewing }
                return viewings
            }
        }
    }

    private func film(_ path: String, into mailbox: FrameMailbox, from start: ContinuousClock.Instant) async throws {
        let rate = scenario.media[path]?.framesPerSecond ?? 25
        for (index, picture) in scenario.pictures(at: path).enumerated() {
            try await ContinuousClock().sleep(until: start + .seconds(index + 1) / rate)
            mailbox.post(picture.bytes)
        }
    }

    /// Connects, plays, does what is to be done in the meantime, and tears down after the last act.
    private func watch(
        _ viewer: Scenario.Viewer, port: Int, from start: ContinuousClock.Instant
    ) async throws -> Viewing {
        let seen = Collected()
        let configuration = RTSPClient.Configuration.test(viewer.transport) {
            $0.dialect = viewer.dialect
            $0.playout = viewer.playout
            $0.tellsDialogue = true
            $0.onEvent = { event in seen.take(event) }
        }
        var acts = viewer.acts[...]
        try await wait(for: acts.popFirst(), .connect, from: start)
        try await RTSPClient.withPresentation(
            at: "rtsp://127.0.0.1:\(port)\(viewer.path)", configuration: configuration
        ) { presentation in
            let first = acts.popFirst()
            guard case .play(let range)? = first?.command else { throw Unplayable() }
            try await wait(for: first, .play(range), from: start)
            try await presentation.play(from: range?.startTime, to: range?.end) { _ in
                for act in acts {
                    try await wait(for: act, act.command, from: start)
                    switch act.command {
                    case .pause: try await presentation.pause()
                    case .play(let range): try await presentation.resume(from: range?.startTime)
                    case .tearDown: break
                    default: throw Unplayable()
                    }
                }
            }
        }
        return seen.viewing
    }

    private func wait(
        for act: Scenario.Act?, _ command: Simulation.Command, from start: ContinuousClock.Instant
    ) async throws {
        guard let act, act.command == command else { throw Unplayable() }
        try await ContinuousClock().sleep(until: start + act.time)
    }

    /// The scenario has something that real sockets cannot be told to do.
    struct Unplayable: Error {}

    private final class Collected: Sendable {
        private let state = Mutex(Viewing())

        var viewing: Viewing { state.withLock { $0 } }

        func take(_ event: ClientEvent) {
            switch event {
            case .dialogue(let message): state.withLock { $0.dialogue.append(message) }
            case .frame(let frame): state.withLock { $0.pictures.append(frame.image) }
            default: break
            }
        }
    }
}

extension NormalPlayTimeRange {
    fileprivate var startTime: Duration? { if case .time(let time) = start { time } else { nil } }
}
