import Foundation
import RTPTransport
import RTSPTestKit

/// A minute of play over a path with jitter, frame by frame: every packet goes through the simulated network, and a frame is complete
/// when the last of its packets has come.
struct PlayoutTrial {
    /// What became of a frame that was shown.
    struct Shown {
        var index: Int
        var sent: Duration
        var complete: Duration
        var released: Duration
        var target: Duration
    }

    static let start = ContinuousClock.now
    static let framesPerSecond = 30
    static let length = Duration.seconds(62)
    static let settling = Duration.seconds(2)

    let jitter: Duration
    let seed: UInt64
    private(set) var shown: [Shown] = []
    private(set) var complete = 0
    private(set) var buffer = JitterBuffer()
    private var network: SimulatedLink<Int>
    /// Packets of each frame that are still to come.
    private var missing: [Int] = []
    private var completed: [Int: Duration] = [:]

    static func conditions(jitter: Duration) -> NetworkConditions {
        NetworkConditions(
            delay: .milliseconds(20) + jitter * 4, jitter: jitter, jitterKind: .normalInOrder, loss: 0.001, reordering: 0.02,
            displacement: .milliseconds(16))
    }

    init(jitter: Duration, seed: UInt64) {
        self.jitter = jitter
        self.seed = seed
        network = SimulatedLink(Self.conditions(jitter: jitter), seed: seed)
        var generator = SeededGenerator(seed: seed &* 31)
        let count = Int(Self.length / .seconds(1)) * Self.framesPerSecond
        for index in 0..<count {
            let sent = Self.sent(index)
            run(until: sent)
            let packets = Int.random(in: 4...8, using: &generator)
            missing.append(packets)
            for _ in 0..<packets { network.sendDatagram(index, at: Self.start + sent) }
        }
        run(until: Self.length + .seconds(3))
    }

    static func sent(_ index: Int) -> Duration { .seconds(index) / framesPerSecond }

    private mutating func run(until end: Duration) {
        while let next = [network.nextArrival, buffer.deadline].compactMap({ $0 }).min(), next <= Self.start + end {
            if let index = network.receive(at: next) { arrive(index, at: next) }
            for frame in buffer.advance(to: next) { show(frame, at: next) }
        }
    }

    private mutating func arrive(_ index: Int, at now: ContinuousClock.Instant) {
        missing[index] -= 1
        guard missing[index] == 0 else { return }
        complete += 1
        completed[index] = Self.start.duration(to: now)
        let timestamp = RTPTimestamp(rawValue: 4_294_000_000).advanced(by: Self.sent(index))
        buffer.insert(
            ReassembledFrame(image: [UInt8(index & 7)], timestamp: timestamp, arrival: now, packetCount: 1), at: now)
    }

    private mutating func show(_ frame: PlayoutFrame, at now: ContinuousClock.Instant) {
        let ticks = frame.timestamp.ticks(since: RTPTimestamp(rawValue: 4_294_000_000))
        let index = (Int(ticks) + 1500) / 3000
        shown.append(
            Shown(
                index: index, sent: Self.sent(index), complete: completed[index] ?? .zero,
                released: Self.start.duration(to: now), target: buffer.target))
    }

    // MARK: Figures

    /// The frames after the buffer has had its time to settle.
    var settled: ArraySlice<Shown> {
        guard let first = shown.first?.released else { return [] }
        return shown.drop { $0.released < first + Self.settling }
    }

    /// The standard deviation of (release − sending), in milliseconds.
    var deviation: Double { Self.deviation(settled.map { Self.milliseconds($0.released - $0.sent) }) }

    /// How long a frame is held, from complete to shown, on the mean, in milliseconds.
    var depth: Double { Self.mean(settled.map { Self.milliseconds($0.released - $0.complete) }) }

    /// What the depth aimed at, on the mean, in milliseconds.
    var target: Double { Self.mean(settled.map { Self.milliseconds($0.target) }) }

    /// The frames that came after their time, from the very first on, in percent of the complete ones.
    var late: Double { 100 * Double(buffer.framesLate) / Double(max(1, complete)) }

    /// The standard deviation of (completion − sending), in milliseconds: what came in.
    var arrivalDeviation: Double { Self.deviation(settled.map { Self.milliseconds($0.complete - $0.sent) }) }

    /// The depth that may not be exceeded: three times the jitter and one frame, in milliseconds.
    var depthBound: Double { 3 * Self.milliseconds(jitter) + 1000 / Double(Self.framesPerSecond) }

    static func milliseconds(_ duration: Duration) -> Double { duration / .milliseconds(1) }

    static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }

    static func deviation(_ values: [Double]) -> Double {
        let mean = mean(values)
        return Self.mean(values.map { ($0 - mean) * ($0 - mean) }).squareRoot()
    }
}
