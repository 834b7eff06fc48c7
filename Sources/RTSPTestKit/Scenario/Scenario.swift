public import RTPTransport
public import RTSPKit

/// A play in several acts: what a server offers, who watches, what they do, and what the network does to them.
///
/// It is data, so it can be drawn from a seed (``init(seed:)``), written by hand, run in virtual time (``run(records:)``), or
/// carried out over real sockets.
public struct Scenario: Sendable, Hashable {
    /// What stands at a path.
    public enum Medium: Sendable, Hashable {
        /// Stored: so many ``SyntheticPicture``s of about `size` bytes.
        case stored(frames: Int, framesPerSecond: Int, size: Int)
        /// Live from the start on: so many pictures, and then the presentation ends.
        case live(frames: Int, framesPerSecond: Int, size: Int)

        /// How many frames there are.
        public var frames: Int {
            switch self {
            case .stored(let frames, _, _), .live(let frames, _, _): frames
            }
        }

        /// How many there are in a second.
        public var framesPerSecond: Int {
            switch self {
            case .stored(_, let rate, _), .live(_, let rate, _): max(1, rate)
            }
        }

        /// The bytes of picture data in each.
        public var size: Int {
            switch self {
            case .stored(_, _, let size), .live(_, _, let size): size
            }
        }

        /// From the first frame to the end.
        public var duration: Duration { .seconds(max(0, frames)) / framesPerSecond }

        /// Whether it is live.
        public var isLive: Bool { if case .live = self { true } else { false } }
    }

    /// Something that a viewer does.
    public struct Act: Sendable, Hashable {
        /// How long after the start.
        public var time: Duration
        /// What.
        public var command: Simulation.Command

        /// Something done at `time`.
        public init(_ command: Simulation.Command, at time: Duration) {
            self.command = command
            self.time = time
        }
    }

    /// Something that breaks.
    public struct Breakdown: Sendable, Hashable {
        /// When it breaks.
        public enum Moment: Sendable, Hashable {
            /// So long after the start.
            case time(Duration)
            /// Right after so many messages and frames on the control connection, both ways, counted from 1.
            case message(Int)
        }

        /// What breaks.
        public var fault: SimulatedNetwork.Fault
        /// When.
        public var moment: Moment
        /// How long after the start a blackhole ends; `nil` for never.
        public var ends: Duration?

        /// Something that breaks at `moment`.
        public init(_ fault: SimulatedNetwork.Fault, at moment: Moment, ends: Duration? = nil) {
            self.fault = fault
            self.moment = moment
            self.ends = ends
        }
    }

    /// Somebody who watches.
    public struct Viewer: Sendable, Hashable {
        /// The path of what is watched.
        public var path: String
        /// Which transport is asked for; the course dialect has only `.udp`.
        public var transport: ClientConfiguration.TransportChoice = .udp
        /// The language that is spoken.
        public var dialect: ControlDialect = .standard
        /// How long frames are held back.
        public var playout: PlayoutDelay = .adaptive
        /// What the viewer does, connecting first of all.
        public var acts: [Act]
        /// What breaks, if anything does.
        public var breakdown: Breakdown?

        /// Somebody who watches what stands at `path`.
        public init(path: String, acts: [Act]) {
            self.path = path
            self.acts = acts
        }
    }

    /// What everything random follows from: pictures, identities, losses.
    public var seed: UInt64
    /// What the network does.
    public var network = NetworkConditions()
    /// What the server offers, by path.
    public var media: [String: Medium] = [:]
    /// Who watches.
    public var viewers: [Viewer] = []
    /// How long the server's owner takes to answer.
    public var answerTime: Duration = .zero
    /// How long the server keeps sessions that give no sign of life.
    public var sessionTimeout: Duration = .seconds(10)
    /// Bytes of RTP payload in one packet.
    public var packetSize = 1400

    /// A scenario of nothing, for those who write their own.
    public init(empty seed: UInt64) { self.seed = seed }

    /// The paths of the media, in order.
    public var paths: [String] { media.keys.sorted() }

    /// When the last act is over, since the start.
    public var lastAct: Duration {
        let acts = viewers.flatMap { viewer in viewer.acts.map(\.time) + [viewer.breakdown?.ends ?? .zero] }
        return max(acts.max() ?? .zero, media.values.filter(\.isLive).map(\.duration).max() ?? .zero)
    }

    /// The pictures of a medium, in order; each differs from all others of the scenario.
    public func pictures(at path: String) -> [SyntheticPicture] {
        guard let medium = media[path], let index = paths.firstIndex(of: path) else { return [] }
        return (0..<max(0, medium.frames)).map { frame in
            SyntheticPicture(scanBytes: medium.size, seed: pictureSeed(path: index) &+ UInt64(frame))
        }
    }

    func pictureSeed(path index: Int) -> UInt64 { (seed &* 1_000_003 &+ UInt64(index)) << 20 }
}
