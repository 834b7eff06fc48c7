import ArgumentParser
import Foundation
import RTSPKit
import RTSPTestKit

@main
struct RTSPSimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rtsp-simulate",
        abstract: "Plays whole RTSP sessions in virtual time, over any network, and draws what happened.",
        discussion: """
            Without options, somebody plays a short movie over a network with 20 ms of delay. Everything follows from the seed: \
            the same options give the same output. Times are seconds unless it says milliseconds.

            Exit status: 0 all was as it must be; 1 something that must hold did not, or \
            a fresh run of a record says something else; 64 usage; 65 the file is no transcript; \
            66 a file cannot be read; 73 a file cannot be written.
            """)

    @OptionGroup(title: "The play")
    var play: PlayOptions
    @OptionGroup(title: "The network")
    var network: NetworkOptions
    @OptionGroup(title: "Instead of that")
    var source: SourceOptions
    @OptionGroup(title: "Output")
    var output: OutputOptions

    mutating func validate() throws {
        if source.jobs != nil || source.failFast, source.seeds == nil {
            throw ValidationError("--jobs and --fail-fast belong to --seeds")
        }
        let sources = [source.seeds != nil, source.scenarioSeed != nil, source.random, source.replay != nil].filter(\.self)
        guard sources.count <= 1 else {
            throw ValidationError("--seeds, --scenario-seed, --random and --replay exclude each other")
        }
        if source.seeds != nil, output.svg != nil || output.transcript != nil {
            throw ValidationError("--svg and --transcript take one scenario: use --scenario-seed N")
        }
        if source.replay != nil, output.transcript != nil { throw ValidationError("--transcript is what --replay reads") }
    }

    func run() async throws {
        do {
            if let seeds = source.seeds {
                try await Sweep(seeds: seeds, jobs: source.jobs, failsFast: source.failFast).run()
            } else if let file = source.replay {
                let replay = Replay(of: try TranscriptFile(path: file).transcript())
                try output.show(replay.drawn)
                say(replay.text)
                if !replay.isSame { throw ExitCode(1) }
            } else {
                try simulate()
            }
        } catch let failure as SimulateFailure {
            complain(failure.message)
            throw ExitCode(failure.status)
        }
    }

    private func simulate() throws {
        let scenario = scenario
        let outcome = scenario.run(records: true)
        if let transcript = outcome.transcript {
            try output.show(transcript)
            if let file = output.transcript { try TranscriptFile(path: file).write(transcript) }
        }
        say(Account(of: outcome, scenario).text)
        if !outcome.isClean { throw ExitCode(1) }
    }

    private var scenario: Scenario {
        if let seed = source.scenarioSeed { return Scenario(seed: seed) }
        if source.random {
            let seed = UInt64(UInt32.random(in: 1...UInt32.max))
            complain("--random drew --scenario-seed \(seed)")
            return Scenario(seed: seed)
        }
        var scenario = play.scenario(delay: network.delay.duration)
        scenario.network = network.conditions
        return scenario
    }
}

/// A failure with its exit status (the numbers are those of sysexits.h).
struct SimulateFailure: Error {
    var status: Int32
    var message: String

    static func noTranscript(_ message: String) -> SimulateFailure { SimulateFailure(status: 65, message: message) }
    static func cannotRead(_ message: String) -> SimulateFailure { SimulateFailure(status: 66, message: message) }
    static func cannotWrite(_ message: String) -> SimulateFailure { SimulateFailure(status: 73, message: message) }
}

/// Prints a line at once, also into a pipe.
func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

/// Prints a line on standard error.
func complain(_ line: String) { FileHandle.standardError.write(Data("rtsp-simulate: \(line)\n".utf8)) }
