import Foundation
import RTSPKit

/// How many events long the sequences are.
enum SequenceDepth {
    /// What `RTSP_EXHAUSTIVE_DEPTH` says, or else seven. Without optimization seven takes some minutes of one processor for all
    /// walks together, so there it is `debug` where nothing is said.
    static func whole(debug: Int) -> Int {
        if let depth = ProcessInfo.processInfo.environment["RTSP_EXHAUSTIVE_DEPTH"].flatMap(Int.init), depth > 0 { return depth }
        #if DEBUG
            return debug
        #else
            return 7
        #endif
    }

    static func power(_ base: Int, _ exponent: Int) -> Int { (0..<exponent).reduce(1) { product, _ in product * base } }
}

extension SequenceWalk {
    /// `memoized`, which prints how many sequences and situations there were, and how long they took.
    static func reported(_ name: String, from start: Situation, depth: Int) -> Self {
        let began = ContinuousClock.now
        let walk = memoized(from: start, depth: depth)
        let time = began.duration(to: .now).formatted(
            .units(allowed: [.seconds], width: .narrow, fractionalPart: .show(length: 1)))
        let count = "\(Situation.events.count)^\(depth) = \(walk.sequences) sequences, \(walk.situations.count) situations"
        print("\(name): \(count), \(time)")
        return walk
    }

    /// The phases that the situations are in.
    func phases(_ phase: (Situation) -> SessionPhase?) -> Set<SessionPhase?> { Set(situations.lazy.map(phase)) }
}
