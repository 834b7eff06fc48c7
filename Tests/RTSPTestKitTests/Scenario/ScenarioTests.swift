import Foundation
import MJPEGSource
import RTPTransport
import RTSPKit
import Testing

@testable import RTSPTestKit

@Suite struct ScenarioTests {
    // MARK: Drawing

    @Test func `the same seed draws the same scenario, another one another`() {
        #expect(Scenario(seed: 12) == Scenario(seed: 12))
        #expect(Set((0..<200).map { Scenario(seed: $0) }).count == 200)
    }

    @Test func `everything that a scenario can have is drawn within five hundred seeds`() {
        var drawn: Set<String> = []
        for scenario in (1...500).map({ Scenario(seed: $0) }) {
            drawn.formUnion(scenario.media.values.map { $0.isLive ? "live" : "stored" })
            drawn.formUnion(Self.features(of: scenario.network))
            if scenario.answerTime > .zero { drawn.insert("slow owner") }
            if scenario.packetSize < 1400 { drawn.insert("small packets") }
            if scenario.media.count > 1 { drawn.insert("several media") }
            drawn.insert("\(scenario.viewers.count) viewers")
            for viewer in scenario.viewers {
                drawn.formUnion(["\(viewer.transport)", "\(viewer.dialect)"])
                drawn.formUnion(viewer.acts.map { Self.name(of: $0.command) })
                drawn.insert(viewer.playout == .adaptive ? "adaptive playout" : "fixed playout")
                guard let breakdown = viewer.breakdown else { continue }
                let moment = if case .time = breakdown.moment { "time" } else { "message" }
                drawn.insert("\(breakdown.fault) by \(moment)\(breakdown.ends == nil ? "" : ", ends")")
            }
        }
        let expected: Set<String> = [
            "live", "stored", "slow owner", "small packets", "several media", "1 viewers", "2 viewers", "3 viewers", "4 viewers",
            "5 viewers", "udp", "tcp", "auto", "standard", "lab", "fixed playout", "adaptive playout",
            "connect", "play", "play a range", "play to an end", "pause", "tearDown", "disconnect", "losePower", "stopReading",
            "goOnReading", "reset by time", "reset by message", "blackhole by time", "blackhole by message",
            "blackhole by time, ends", "blackhole by message, ends", "perfect", "byte by byte", "pieces", "uniform jitter",
            "normal jitter", "loss", "all lost", "bursts", "reordering", "duplication", "corruption", "rate", "oversize dropped",
            "oversize refused",
        ]
        #expect(expected.subtracting(drawn) == [])
        #expect(drawn.subtracting(expected) == [])
    }

    private static func name(of command: Simulation.Command) -> String {
        switch command {
        case .play(nil): "play"
        case .play(let range?): range.end == nil ? "play a range" : "play to an end"
        default: "\(command)"
        }
    }

    private static func features(of network: NetworkConditions) -> [String] {
        var features: [String] = []
        if let pieces = network.pieces { features.append(pieces == 1...1 ? "byte by byte" : "pieces") }
        if network.jitter > .zero { features.append(network.jitterKind == .uniform ? "uniform jitter" : "normal jitter") }
        if network.loss > 0 { features.append(network.loss == 1 ? "all lost" : "loss") }
        if network.bursts != nil { features.append("bursts") }
        if network.reordering > 0 { features.append("reordering") }
        if network.duplication > 0 { features.append("duplication") }
        if network.corruption > 0 { features.append("corruption") }
        if network.rate != nil { features.append("rate") }
        if network.maximumDatagram != nil { features.append("oversize \(network.oversize)") }
        return features.isEmpty ? ["perfect"] : features
    }

    // MARK: Running

    @Test func `the same seed goes the same way, with a record and without`() {
        for seed: UInt64 in [3, 14, 159] {
            let (one, other, silent) = (
                Scenario(seed: seed).run(records: true), Scenario(seed: seed).run(records: true), Scenario(seed: seed).run()
            )
            #expect(one.transcript?.text == other.transcript?.text)
            #expect(one.transcript?.entries.isEmpty == false)
            #expect(silent.transcript == nil)
            for outcome in [other, silent] {
                #expect((outcome.seed, outcome.steps, outcome.time) == (one.seed, one.steps, one.time))
                #expect(outcome.viewings == one.viewings)
                #expect(outcome.complaints == one.complaints)
                #expect(outcome.peakHeldBytes == one.peakHeldBytes)
            }
        }
    }

    @Test func `the outcome tells how each viewer fared`() throws {
        var scenario = Scenario(empty: 1)
        scenario.media = ["/0": .stored(frames: 10, framesPerSecond: 10, size: 3000)]
        let acts: [Scenario.Act] = [
            .init(.connect, at: .zero), .init(.play(nil), at: .milliseconds(200)), .init(.tearDown, at: .seconds(3)),
        ]
        scenario.viewers = [Scenario.Viewer(path: "/0", acts: acts), Scenario.Viewer(path: "/1", acts: acts)]
        let outcome = scenario.run()
        #expect(outcome.complaints == [])
        #expect(outcome.isClean)
        let first = try #require(outcome.viewings.first)
        #expect((first.framesShown, first.framesIncomplete, first.packetsLost, first.failure) == (10, 0, 0, nil))
        // 3000 bytes of scan are three packets.
        #expect(first.packets == 30)
        #expect(first.peakHeldBytes > 3000)
        #expect(outcome.viewings.last?.framesShown == 0)
        #expect(outcome.viewings.last?.failure?.contains("404") == true)
        #expect(outcome.steps == outcome.simulation.steps)
        #expect(outcome.time == scenario.end)
        #expect(!outcome.simulation.invariants.isEmpty)
    }

    /// How many scenarios are run: fewer under a sanitizer, more by night.
    private static let seeds = ProcessInfo.processInfo.environment["RTSP_SCENARIO_SEEDS"].flatMap(UInt64.init) ?? 2000

    @Test func `two thousand scenarios go as they must`() async {
        let failures = await withTaskGroup(of: [UInt64].self) { group in
            for part: UInt64 in 0..<16 {
                group.addTask {
                    stride(from: part + 1, through: Self.seeds, by: 16).filter { !Scenario(seed: $0).run().isClean }
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        for seed in failures.sorted() {
            let outcome = Scenario(seed: seed).run(records: true)
            Issue.record(
                """
                seed \(seed): \(outcome.complaints.joined(separator: "; "))
                \(outcome.transcript?.text ?? "")
                """)
        }
    }

    @Test(arguments: 1...30) func `what was recorded, written and read goes as it went, bit for bit`(_ seed: Int) throws {
        let scenario = Scenario(seed: UInt64(seed))
        let outcome = scenario.run(records: true)
        let transcript = try #require(outcome.transcript)
        let read = try Transcript(parsing: transcript.text, start: transcript.start)
        #expect(read == transcript)
        var presentations: [String: Presentation] = [:]
        for path in scenario.paths where scenario.media[path]?.isLive == false {
            presentations[path] = outcome.simulation.serverIDs.first.flatMap { outcome.simulation[$0].presentations[path] }
        }
        let replay = TranscriptReplay(of: read, presentations: presentations)
        #expect(replay.differences.map(\.description) == [])
        for (index, client) in outcome.simulation.clientIDs.enumerated() {
            #expect(replay.frames(of: .init(.client, index + 1)) == outcome.simulation[client].frames)
        }
    }
}
