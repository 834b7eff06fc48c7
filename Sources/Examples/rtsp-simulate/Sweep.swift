import ArgumentParser
import Foundation
import RTSPTestKit
import Synchronization

/// The scenarios of many seeds, several at a time.
struct Sweep {
    let seeds: SeedRange
    let jobs: Int?
    let failsFast: Bool

    /// Runs them all, tells failures as they come, and the sum last.
    func run() async throws {
        let clock = ContinuousClock()
        let start = clock.now
        let tally = SweepTally(
            seeds.range, failsFast: failsFast, showsProgress: isatty(FileHandle.standardError.fileDescriptor) == 1, at: start)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<(jobs ?? ProcessInfo.processInfo.activeProcessorCount) {
                group.addTask {
                    while let seed = tally.nextSeed() { tally.note(Scenario(seed: seed).run(), at: clock.now) }
                }
            }
        }
        say(tally.line(after: clock.now - start))
        if tally.hasFailures { throw ExitCode(1) }
    }
}

/// Hands out seeds to whoever runs them, and counts what comes of it.
final class SweepTally: Sendable {
    private struct State {
        var nextOffset: UInt64 = 0
        var passed = 0
        var failed = 0
        var steps = 0
        var frames = 0
        var packets = 0
        var lastProgress: ContinuousClock.Instant
    }

    private let seeds: ClosedRange<UInt64>
    private let failsFast: Bool
    private let showsProgress: Bool
    private let state: Mutex<State>

    init(_ seeds: ClosedRange<UInt64>, failsFast: Bool, showsProgress: Bool, at now: ContinuousClock.Instant) {
        self.seeds = seeds
        self.failsFast = failsFast
        self.showsProgress = showsProgress
        state = Mutex(State(lastProgress: now))
    }

    var hasFailures: Bool { state.withLock { $0.failed > 0 } }

    /// The next seed to run; `nil` where there are no more.
    func nextSeed() -> UInt64? {
        state.withLock { state in
            guard !(failsFast && state.failed > 0), state.nextOffset <= seeds.upperBound - seeds.lowerBound else { return nil }
            defer { state.nextOffset += 1 }
            return seeds.lowerBound + state.nextOffset
        }
    }

    /// Counts, and tells at once what went wrong.
    func note(_ outcome: ScenarioOutcome, at now: ContinuousClock.Instant) {
        state.withLock { state in
            state.steps += outcome.steps
            state.frames += outcome.viewings.reduce(0) { $0 + $1.framesShown }
            state.packets += outcome.viewings.reduce(0) { $0 + $1.packets }
            if outcome.isClean {
                state.passed += 1
            } else {
                state.failed += 1
                clearProgress()
                for complaint in outcome.complaints { say("seed \(outcome.seed): \(complaint)") }
                say("    to see it: rtsp-simulate --scenario-seed \(outcome.seed)")
            }
            guard showsProgress, now - state.lastProgress > .milliseconds(200) else { return }
            state.lastProgress = now
            let done = "\(state.passed + state.failed) of \(seeds.upperBound - seeds.lowerBound + 1), \(state.failed) failed"
            FileHandle.standardError.write(Data("\r\u{1B}[K\(done)".utf8))
        }
    }

    /// The sum, in one line that a script can read.
    func line(after time: Duration) -> String {
        clearProgress()
        return state.withLock { state in
            let seconds = max(time / .seconds(1), 0.001)
            let pace = String(format: "%.1f s, %.0f seeds a second", seconds, Double(state.passed + state.failed) / seconds)
            return "scenarios: \(state.passed) passed, \(state.failed) failed; seeds \(seeds.lowerBound)..\(seeds.upperBound), "
                + "\(pace), \(state.steps) steps, \(state.frames) frames shown, \(state.packets) packets"
        }
    }

    private func clearProgress() {
        if showsProgress { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
    }
}
