internal import RTPTransport
internal import RTSPKit

/// The packets of one frame on their way, and what became of them.
struct LadderFrame {
    /// One packet.
    struct Packet {
        var sequenceNumber: UInt16
        var byteCount: Int
        var arrived: Duration?
        /// How often it came beyond the first time.
        var copies = 0
        /// Whether it came with other bytes than it had.
        var isChanged = false
    }

    /// Counts the frames of a direction, from 1 on.
    var number: Int
    var timestamp: UInt32
    var sent: Duration?
    /// The place of its sending among the transcript's entries, or that of its first arrival.
    var order: Int
    var packets: [Packet] = []
    /// Packets that must have been sent and are not among ``packets``.
    var missing = 0
    var hasMarker = false
    /// Whether packets are missing at its beginning or its end, and nothing came that would tell how many.
    var lacksStart = false
    var lacksEnd = false

    var firstArrival: Duration? { packets.compactMap(\.arrived).min() }
    var lastArrival: Duration? { packets.compactMap(\.arrived).max() }
    /// Places of the packets that did not arrive.
    var lost: [Int] { packets.indices.filter { packets[$0].arrived == nil } }

    var title: String {
        "frame \(number) · \(packets.count) \(packets.count == 1 ? "packet" : "packets")"
    }

    /// For example `packets 2, 5–7 of 9`.
    func places(_ places: [Int]) -> String {
        Self.runs(places).map { run in
            run.count == 1 ? "\(run.lowerBound + 1)" : "\(run.lowerBound + 1)–\(run.upperBound + 1)"
        }.prefix(8).joined(separator: ", ") + " of \(packets.count)"
    }

    /// Rising numbers as runs without gaps.
    static func runs(_ numbers: [Int]) -> [ClosedRange<Int>] {
        numbers.reduce(into: []) { runs, number in
            if let last = runs.last, number == last.upperBound + 1 {
                runs[runs.count - 1] = last.lowerBound...number
            } else {
                runs.append(number...number)
            }
        }
    }
}

/// What a client did with the frames that it got, as far as it told.
struct LadderViewing {
    private var shown: [(time: Duration, timestamp: UInt32)] = []
    private var places: [UInt32: [Int]] = [:]
    /// What ends the playing of frames that were sent before.
    private var marks: [(time: Duration, name: String)] = []
    /// Whether the client takes frames, from a moment on.
    private var playing: [(time: Duration, isPlaying: Bool)] = []

    /// What the client at this end told; `nil` where it is no client or nothing is known of what it was made of.
    init?(_ end: LadderEnd?) {
        guard let end, case .client? = end.setup else { return nil }
        for step in end.steps {
            switch step.what {
            case .input(.play): marks.append((step.time, "PLAY"))
            case .input(.pause): note(false, "PAUSE", at: step.time)
            case .input(.tearDown): note(false, "TEARDOWN", at: step.time)
            case .told(.playing): playing.append((step.time, true))
            case .told(.closed): note(false, "the end", at: step.time)
            case .told(.frame(let frame)):
                places[frame.timestamp.rawValue, default: []].append(shown.count)
                shown.append((step.time, frame.timestamp.rawValue))
            default: break
            }
        }
    }

    private mutating func note(_ isPlaying: Bool, _ mark: String, at time: Duration) {
        marks.append((time, mark))
        playing.append((time, isPlaying))
    }

    /// When the frame was shown that began to arrive at `arrival`.
    func showing(of timestamp: UInt32, after arrival: Duration) -> Duration? {
        places[timestamp]?.first { shown[$0].time >= arrival }.map { shown[$0].time }
    }

    /// Why a frame that arrived whole was not shown, and a name for all such frames.
    func reason(notShowing timestamp: UInt32, after arrival: Duration) -> (text: String, foldClass: String) {
        if let state = playing.last(where: { $0.time <= arrival }), !state.isPlaying {
            return ("whole, passed over: no longer playing", "passed over")
        }
        let later = shown.first { $0.time >= arrival && Int32(truncatingIfNeeded: $0.timestamp &- timestamp) > 0 }
        if let mark = marks.first(where: { $0.time >= arrival }), later.map({ mark.time <= $0.time }) ?? true {
            return ("whole, dropped at \(mark.name)", "dropped at \(mark.name)")
        }
        return later == nil ? ("whole, not shown yet", "not shown yet") : ("whole, skipped: late", "skipped")
    }
}
