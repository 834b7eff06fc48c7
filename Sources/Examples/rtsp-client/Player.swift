import Foundation
import RTSPKit
import RTSPNIO
import Synchronization

/// Plays one presentation as the command line asks, and keeps count.
actor Player {
    private let command: PlayCommand
    private var store: FrameStore
    private var framesShown = 0
    private var statistics = ClientStatistics()
    private var transport: String
    private var position: Duration = .zero
    /// The play times at which the first and the last frame were shown.
    private var shown: (first: Duration, last: Duration)?
    private var endedBecause = "nothing was played"
    /// Time spent playing, without pauses.
    private var played: Duration = .zero
    private var playingSince: ContinuousClock.Instant?

    init(command: PlayCommand) throws {
        self.command = command
        transport = command.transport.rawValue
        store = try FrameStore(
            folder: command.saveFrames, recording: command.record, format: command.format.format, snapshot: command.snapshot)
    }

    /// Plays to the end that was asked for.
    /// - Returns: what went wrong, if anything did.
    func run() async -> ClientExit? {
        var configuration = command.clientConfiguration
        configuration.onEvent = { [weak self] event in
            guard let self else { return }
            if case .fallingBackToInterleaved(let reason) = event { complain("\(reason): trying TCP") }
            if case .ready(let transport, _) = event { Task { await self.setTransport(transport) } }
        }
        let keyboard = Keyboard()
        defer { keyboard?.restore() }
        let flight = FlightBox()
        configuration.onFlight = { flight.put($0) }
        let failure = await play(configuration, keyboard: keyboard)
        do {
            if let path = command.recordFlight { try flight.write(to: path) }
        } catch {
            return failure ?? ClientExit(73, "cannot write \(command.recordFlight ?? ""): \(error.localizedDescription)")
        }
        return failure
    }

    private func play(_ configuration: RTSPClient.Configuration, keyboard: Keyboard?) async -> ClientExit? {
        do {
            try await RTSPClient.withPresentation(at: command.url, configuration: configuration) { presentation in
                try await self.play(presentation, keyboard: keyboard)
            }
            try store.finish()
        } catch {
            try? store.finish()
            return ClientExit(error)
        }
        return framesShown > 0 ? nil : ClientExit(75, "not one whole frame arrived (\(endedBecause))")
    }

    func summary(failure: ClientExit?) -> Summary {
        Summary(
            url: shownURL, transport: transport, framesShown: framesShown, statistics: statistics, played: playTime,
            showing: shown.map { $0.last - $0.first } ?? .zero, endedBecause: failure?.message ?? endedBecause)
    }

    /// The URL as the user gave it, unless there are credentials in it.
    private var shownURL: String {
        guard let url = try? RTSPURL(parsing: command.url), url.user != nil else { return command.url }
        return url.absoluteString
    }

    private func setTransport(_ transport: String) { self.transport = transport }

    private func play(_ presentation: RTSPPresentation, keyboard: Keyboard?) async throws {
        transport = presentation.transport
        try await presentation.play(from: command.from.map { .seconds($0) }) { frames in
            self.startClock()
            try await withThrowingTaskGroup(of: String?.self) { group in
                group.addTask { try await self.show(frames) }
                group.addTask { try await self.watchClock(presentation) }
                group.addTask { await self.showProgress(presentation) }
                group.addTask { await Interrupts.first() ? "interrupted" : nil }
                if let keyboard { group.addTask { try await self.obey(keyboard, presentation) } }
                defer { group.cancelAll() }
                // The first part that has a reason to end ends the whole.
                while let reason = try await group.next() {
                    guard let reason else { continue }
                    self.end(reason)
                    break
                }
            }
            self.stopClock()
            self.keep(await presentation.statistics())
        }
    }

    private func end(_ reason: String) { endedBecause = reason }
    private func keep(_ statistics: ClientStatistics) { self.statistics = statistics }

    // MARK: Frames

    private func show(_ frames: RTSPFrames) async throws -> String? {
        for try await frame in frames {
            try store.store(frame.image)
            framesShown += 1
            shown = (shown?.first ?? playTime, playTime)
            position = frame.presentationTime
            if let wanted = command.frames, framesShown >= wanted { return "frames" }
        }
        return Task.isCancelled ? nil : "endOfStream"
    }

    // MARK: Time

    private func startClock() { playingSince = .now }

    private func stopClock() {
        if let playingSince { played += playingSince.duration(to: .now) }
        playingSince = nil
    }

    private var playTime: Duration { played + (playingSince?.duration(to: .now) ?? .zero) }

    /// Carries out the planned pauses, then ends when the time is over.
    private func watchClock(_ presentation: RTSPPresentation) async throws -> String? {
        for pause in command.pause.sorted(by: { $0.at < $1.at }) {
            try await waitUntilPlayed(pause.at)
            try await presentation.pause()
            stopClock()
            try await Task.sleep(for: pause.length)
            try await presentation.resume()
            startClock()
        }
        guard let duration = command.duration else { return nil }
        try await waitUntilPlayed(.seconds(duration))
        return "duration"
    }

    private func waitUntilPlayed(_ target: Duration) async throws {
        while playTime < target {
            try await Task.sleep(for: playingSince == nil ? .milliseconds(50) : target - playTime)
        }
    }

    // MARK: People

    private func obey(_ keyboard: Keyboard, _ presentation: RTSPPresentation) async throws -> String? {
        for await key in keyboard.keys {
            switch key {
            case .space where playingSince != nil:
                try await presentation.pause()
                stopClock()
            case .space:
                try await presentation.resume()
                startClock()
            case .left, .right:
                let target = max(.zero, position + (key == .left ? .seconds(-5) : .seconds(5)))
                try await presentation.resume(from: min(target, presentation.duration.map { $0 - .milliseconds(40) } ?? target))
                if playingSince == nil { startClock() }
            case .quit:
                return "quit"
            }
        }
        return nil
    }

    private func showProgress(_ presentation: RTSPPresentation) async -> String? {
        guard !command.json else { return nil }
        let isTerminal = isatty(1) == 1
        var before = ClientStatistics()
        var framesBefore = 0
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            let now = await presentation.statistics()
            let line = progress(now, before, shown: framesShown - framesBefore)
            if isTerminal {
                FileHandle.standardOutput.write(Data("\r\u{1B}[K\(line)".utf8))
            } else {
                say(line)
            }
            before = now
            framesBefore = framesShown
        }
        if isTerminal { say("") }
        return nil
    }

    private func progress(_ now: ClientStatistics, _ before: ClientStatistics, shown: Int) -> String {
        let megabits = Double((now.bytes - before.bytes) * 8) / 1e6
        return "\(format(playTime.seconds, 0)) s  \(shown) fps  \(format(megabits, 2)) Mbit/s  frames \(framesShown)  "
            + "lost \(now.packetsLost)  jitter \(format(now.jitter.milliseconds, 2)) ms  "
            + "buffer \(format(now.bufferDepth.milliseconds, 0)) ms"
    }
}

/// The flight of the connection, from its event loop to the end of the program.
private final class FlightBox: Sendable {
    private let flight = Mutex<Transcript?>(nil)

    func put(_ transcript: Transcript) { flight.withLock { $0 = transcript } }

    /// Writes the flight where there is one: a connection that was never made has none. The file is there whole or not at all.
    func write(to path: String) throws {
        guard let transcript = flight.withLock({ $0 }) else { return }
        try Data(transcript.text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    }
}
