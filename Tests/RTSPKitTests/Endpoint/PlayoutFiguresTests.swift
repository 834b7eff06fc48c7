import Foundation
import RTPTransport
import RTSPKit
import RTSPTestKit
import Testing

/// Smoothness is a figure: what Documentation/Playout.md says is what the simulation gives.
@Suite struct PlayoutFiguresTests {
    static let jitters = [5, 20, 60]
    /// Twenty seeds, or as many as PLAYOUT_SEEDS says; at 60 ms a few in a hundred miss a bound.
    static let seeds = 1...max(20, ProcessInfo.processInfo.environment["PLAYOUT_SEEDS"].flatMap(UInt64.init) ?? 20)
    static let trials: [Int: [PlayoutTrial]] = Dictionary(
        uniqueKeysWithValues: jitters.map { jitter in
            (jitter, seeds.map { PlayoutTrial(jitter: .milliseconds(jitter), seed: $0) })
        })

    @Test(arguments: jitters)
    func `release is smooth, in order, hardly ever late, and no deeper than it need be`(jitter: Int) throws {
        for trial in try #require(Self.trials[jitter]) {
            #expect(trial.deviation <= 2, "seed \(trial.seed)")
            #expect(trial.late < 0.5, "seed \(trial.seed)")
            #expect(trial.depth <= trial.depthBound, "seed \(trial.seed)")
            #expect(trial.target <= trial.depthBound, "seed \(trial.seed)")
            #expect(zip(trial.shown, trial.shown.dropFirst()).allSatisfy { $0.index < $1.index })
            // Every complete frame is shown but the late ones.
            #expect(trial.shown.count == trial.complete - trial.buffer.framesTooLate)
            #expect(trial.buffer.framesTooLate <= trial.buffer.framesLate)
            #expect(trial.complete > 1800)
            #expect(trial.buffer.framesDropped == 0)
            #expect(trial.buffer.rebuffers == 0)
        }
    }

    @Test(arguments: jitters)
    func `real packets from server to client come out as smoothly`(jitter: Int) throws {
        let network = PlayoutTrial.conditions(jitter: .milliseconds(jitter))
        var simulation = SimulationFixtures.ready(
            frames: FrameList(count: 1860, framesPerSecond: 30, size: 3000), network: network, playout: .adaptive, seed: 7)
        simulation.run(for: .seconds(10)) { $0.client.state == .ready }
        try simulation.play()
        simulation.run(for: .seconds(80)) { $0.isEnded }
        let released = simulation.clientEvents.compactMap { moment -> (time: ContinuousClock.Instant, frame: PlayoutFrame)? in
            if case .frame(let frame) = moment.what { (moment.time, frame) } else { nil }
        }
        let first = try #require(released.first?.time)
        let errors = released.filter { $0.time >= first + .seconds(2) }.map {
            PlayoutTrial.milliseconds(first.duration(to: $0.time) - $0.frame.mediaTime)
        }
        #expect(PlayoutTrial.deviation(errors) <= 2)
        let times = released.map(\.frame.mediaTime)
        #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
        let statistics = simulation.client.statistics()
        #expect(statistics.frames + statistics.incompleteFrames == 1860)
        #expect(statistics.incompleteFrames > 0)
        #expect(statistics.packetsReordered > 0)
        #expect(Double(statistics.framesLate) < 0.005 * Double(statistics.frames))
        #expect(released.count == statistics.frames - statistics.framesSkipped)
        #expect(statistics.framesSkipped <= statistics.framesLate)
        #expect(statistics.rebuffers == 0)
        #expect(statistics.bufferTarget <= .milliseconds(jitter) * 3 + .milliseconds(33))
        #expect(!simulation.isStuck)
    }

    // MARK: The document

    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../Documentation").standardizedFileURL
    static let marks = ("<!-- figures of the simulation -->\n", "<!-- end of the figures -->\n")

    @Test func `the table and the plot's numbers are those of the simulation`() throws {
        let document = Self.folder.appending(path: "Playout.md")
        let numbers = Self.folder.appending(path: "playout.csv")
        let text = try String(contentsOf: document, encoding: .utf8)
        let begin = try #require(text.range(of: Self.marks.0))
        let end = try #require(text.range(of: Self.marks.1))
        let printed = text[..<begin.upperBound] + Self.table() + text[end.lowerBound...]
        if ProcessInfo.processInfo.environment["UPDATE_DOCS"] == "1" {
            try String(printed).write(to: document, atomically: true, encoding: .utf8)
            try Self.numbers().write(to: numbers, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: document, encoding: .utf8) == String(printed), "run the tests with UPDATE_DOCS=1")
        #expect(try String(contentsOf: numbers, encoding: .utf8) == Self.numbers(), "run the tests with UPDATE_DOCS=1")
    }

    static func table() -> String {
        var lines = [
            "| jitter of a packet | frames as they come | frames as shown (≤ 2) | late (< 0.5 %) | target | depth | bound |",
            "|---:|---:|---:|---:|---:|---:|---:|",
        ]
        for jitter in jitters {
            let trials = (trials[jitter] ?? []).prefix(20)
            func range(_ unit: String, _ digits: Int, _ value: (PlayoutTrial) -> Double) -> String {
                let values = trials.map(value).sorted()
                guard let greatest = values.last else { return "" }
                return "\(text(values[values.count / 2], digits)) (\(text(greatest, digits))) \(unit)"
            }
            lines.append(
                "| \(jitter) ms | \(range("ms", 1) { $0.arrivalDeviation }) | \(range("ms", 2) { $0.deviation }) "
                    + "| \(range("%", 2) { $0.late }) | \(range("ms", 0) { $0.target }) | \(range("ms", 0) { $0.depth }) "
                    + "| \(text(trials.first?.depthBound ?? 0, 0)) ms |")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Every fourth frame of the first seed: when it was complete and when it was shown, against the sender's timing and the settled
    /// mean, how long it was held, and the target.
    static func numbers() -> String {
        var lines = ["jitter_ms,time_s,arrival_ms,release_ms,held_ms,target_ms"]
        for jitter in jitters {
            guard let trial = trials[jitter]?.first else { continue }
            let mean = PlayoutTrial.mean(trial.settled.map { PlayoutTrial.milliseconds($0.released - $0.sent) })
            for frame in trial.shown where frame.index.isMultiple(of: 4) {
                let fields = [
                    frame.complete - frame.sent - .milliseconds(1) * mean, frame.released - frame.sent - .milliseconds(1) * mean,
                    frame.released - frame.complete, frame.target,
                ].map { text(PlayoutTrial.milliseconds($0), 1) }
                lines.append("\(jitter),\(text(frame.sent / .seconds(1), 2)),\(fields.joined(separator: ","))")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func text(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }
}
