import Foundation
import RTPTransport
import RTSPKit
import RTSPNIO
import Synchronization

/// What came of one stream between two moments.
struct StreamReception: Sendable {
    private(set) var before = ClientStatistics()
    private(set) var after = ClientStatistics()
    /// Why it ended before its time.
    private(set) var failure: ClientExit?

    /// Receives the stream, and looks at what came at `begin` and at `end`.
    init(
        of url: String, over transport: ClientConfiguration.TransportChoice, on eventLoops: RTSPClient.EventLoops,
        from begin: ContinuousClock.Instant, to end: ContinuousClock.Instant
    ) async {
        // Frames are taken as soon as they are whole, and where they become so: on the event loop, without the way to a task.
        var configuration = RTSPClient.Configuration(transport: transport, playout: .fixed(.zero), waitingFrames: 0)
        configuration.eventLoops = eventLoops
        let taken = TakenFrames()
        configuration.onEvent = { if case .frame(let frame) = $0 { taken.take(frame.image) } }
        do {
            (before, after) = try await RTSPClient.withPresentation(at: url, configuration: configuration) { presentation in
                try await presentation.play { frames in
                    try await Self.figures(of: presentation, frames, at: begin, and: end)
                }
            }
            if taken.bytes == 0 || after.frames == before.frames { failure = ClientExit(75, "not one whole frame arrived") }
        } catch {
            failure = ClientExit(error)
        }
    }

    private static func figures(
        of presentation: RTSPPresentation, _ frames: RTSPFrames, at begin: ContinuousClock.Instant,
        and end: ContinuousClock.Instant
    ) async throws -> (ClientStatistics, ClientStatistics) {
        try await withThrowingTaskGroup(of: (ClientStatistics, ClientStatistics).self) { group in
            group.addTask {
                try await Task.sleep(until: begin)
                let before = await presentation.statistics()
                try await Task.sleep(until: end)
                return (before, await presentation.statistics())
            }
            group.addTask {
                // None comes this way, only the end.
                for try await _ in frames {}
                try Task.checkCancellation()
                throw ClientExit(74, "the stream ended before its time")
            }
            defer { group.cancelAll() }
            // Whichever is over first.
            return try await group.next() ?? (ClientStatistics(), ClientStatistics())
        }
    }
}

/// Stands for whoever does something with the frames.
private final class TakenFrames: Sendable {
    private let count = Atomic(0)

    var bytes: Int { count.load(ordering: .relaxed) }

    func take(_ image: [UInt8]) { count.wrappingAdd(image.count, ordering: .relaxed) }
}

/// What came of all streams, and what it cost.
struct Reception {
    let transport: ClientConfiguration.TransportChoice
    let seconds: Double
    var streams: [StreamReception] = []
    var cost = ProcessCost()

    /// Of the first stream that failed, if any did.
    var failure: ClientExit? { streams.lazy.compactMap(\.failure).first }

    private func sum(_ figure: KeyPath<ClientStatistics, Int>) -> Int {
        streams.reduce(0) { $0 + $1.after[keyPath: figure] - $1.before[keyPath: figure] }
    }
    private var failed: Int { streams.count { $0.failure != nil } }
    private var framesPerSecond: Double { Double(sum(\.frames)) / seconds / Double(max(1, streams.count)) }
    private var secondsPerGigabyte: Double { sum(\.bytes) > 0 ? cost.seconds / (Double(sum(\.bytes)) / 1e9) : 0 }

    var text: String {
        """
        \(streams.count) streams, transport \(transport), \(format(seconds, 1)) s; \(failed) failed
        \(sum(\.frames)) frames (\(format(framesPerSecond, 2)) a second and stream), \(sum(\.incompleteFrames)) incomplete, \
        \(sum(\.framesSkipped)) skipped
        \(sum(\.packets)) packets, \(sum(\.bytes)) bytes, \(sum(\.packetsLost)) lost, \(sum(\.packetsReordered)) reordered
        \(format(cost.seconds, 3)) CPU seconds (\(format(secondsPerGigabyte, 3)) a GB), \
        at most \(format(Double(cost.peakMemory) / 1e6, 1)) MB of memory
        """
    }

    var json: String {
        let fields: [(String, String)] = [
            ("streams", "\(streams.count)"), ("failed", "\(failed)"), ("transport", "\"\(transport)\""),
            ("seconds", format(seconds, 3)), ("frames", "\(sum(\.frames))"),
            ("framesPerSecondAndStream", format(framesPerSecond, 3)), ("incompleteFrames", "\(sum(\.incompleteFrames))"),
            ("framesSkipped", "\(sum(\.framesSkipped))"), ("bytes", "\(sum(\.bytes))"), ("packets", "\(sum(\.packets))"),
            ("packetsLost", "\(sum(\.packetsLost))"), ("packetsReordered", "\(sum(\.packetsReordered))"),
            ("cpuSeconds", format(cost.seconds, 4)), ("cpuSecondsPerGB", format(secondsPerGigabyte, 4)),
            ("peakMemoryBytes", "\(cost.peakMemory)"),
        ]
        return "{" + fields.map { "\"\($0.0)\": \($0.1)" }.joined(separator: ", ") + "}"
    }
}
