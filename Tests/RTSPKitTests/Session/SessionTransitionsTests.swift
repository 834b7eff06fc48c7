import Foundation
import RTSPKit
import Testing

@Suite struct SessionTransitionsTests {
    /// RFC 2326 appendix A, typed in once more from the RFC: method, then the next phase in initial, ready, playing, recording.
    static let standard: [(RTSPMethod, [SessionPhase?])] = [
        (.setup, [.ready, .ready, .playing, .recording]),
        (.play, [nil, .playing, .playing, nil]),
        (.pause, [nil, nil, .ready, .ready]),
        (.teardown, [.initial, .initial, .initial, .initial]),
        (.record, [nil, .recording, nil, .recording]),
        (.options, [.initial, .ready, .playing, .recording]),
        (.describe, [.initial, .ready, .playing, .recording]),
        (.announce, [.initial, .ready, .playing, .recording]),
        (.getParameter, [.initial, .ready, .playing, .recording]),
        (.setParameter, [.initial, .ready, .playing, .recording]),
        (.redirect, [.initial, .ready, .playing, .recording]),
    ]

    @Test func `every method in every phase is as in the RFC, but for the three decided deviations`() {
        var deviations: [String] = []
        for (method, phases) in Self.standard {
            for (phase, expected) in zip(SessionPhase.allCases, phases) {
                let found = SessionTransitions.next(method, from: phase)
                if found != expected { deviations.append("\(method) in \(phase): \(found?.rawValue ?? "455")") }
            }
        }
        #expect(deviations == ["SETUP in playing: 455", "SETUP in recording: 455", "PAUSE in ready: ready"])
        #expect(Self.standard.count == RTSPMethod.allDefined.count)
    }

    @Test func `every deviation is marked in its row and gives a reason`() {
        let marked = SessionTransitions.rows.filter(\.isDeviation)
        #expect(marked.map { "\($0.method) \($0.from)" } == ["SETUP playing", "SETUP recording", "PAUSE ready"])
        #expect(marked.allSatisfy { $0.note != nil })
    }

    @Test func `the rows cover each method with an effect once in each phase`() {
        let methods = Set(SessionTransitions.rows.map(\.method))
        #expect(methods == [.setup, .play, .pause, .teardown, .record])
        #expect(Set(SessionTransitions.rows.map { "\($0.method) \($0.from)" }).count == SessionTransitions.rows.count)
        #expect(SessionTransitions.rows.count == methods.count * SessionPhase.allCases.count)
        #expect(methods.isDisjoint(with: SessionTransitions.methodsWithoutEffect))
    }

    @Test(arguments: SessionPhase.allCases) func `a method that nobody defined is valid nowhere`(phase: SessionPhase) {
        #expect(SessionTransitions.next(RTSPMethod(rawValue: "PLAY_NOTIFY"), from: phase) == nil)
        #expect(SessionTransitions.next(RTSPMethod(rawValue: "play"), from: phase) == nil)
        #expect(SessionTransitions.next(RTSPMethod(rawValue: ""), from: phase) == nil)
    }

    @Test func `the methods of a phase are those with a next phase`() {
        #expect(
            SessionTransitions.methods(in: .initial) == [
                .options, .describe, .announce, .setup, .teardown, .getParameter, .setParameter, .redirect,
            ])
        #expect(!SessionTransitions.methods(in: .playing).contains(.setup))
        #expect(SessionTransitions.methods(in: .ready).contains(.pause))
    }

    @Test func `the documentation is printed from the table`() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../Documentation/StateMachines.md").standardizedFileURL
        let printed = SessionTransitions.documentation()
        if ProcessInfo.processInfo.environment["UPDATE_DOCS"] == "1" {
            try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try printed.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == printed, "run the tests with UPDATE_DOCS=1")
        for row in SessionTransitions.rows {
            if let note = row.note { #expect(printed.contains(note)) }
        }
        for occurrence in SessionTransitions.occurrences { #expect(printed.contains(occurrence.what)) }
    }
}
