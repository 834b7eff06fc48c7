public import RTSPKit

/// A transcript as a ladder diagram: who takes part as columns, what they say as arrows between them, and what became of every
/// frame.
///
/// ```text
///     client 1                                                 server 192.0.2.1
///    0.002 ├── PLAY rtsp://192.0.2.1/movie RTSP/1.0 ─────────────────────▶│ 0.022
///    0.042 │◀═ frame 1 · 3 packets · shown at 0.092 ══════════════════════┤ 0.022
///          │     ✗╌╌ packet 2 of 3 · sequence 4711 · lost ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤ 0.062
/// ```
///
/// What one machine sent and another one got is one arrow. What was sent to a machine of the transcript and never came was lost.
/// Where a transcript holds one side only, as a flight record does, the other is drawn from what is known of it. What a client
/// told its user is found out by running the client again with its inputs, so a transcript of inputs alone is enough.
public struct LadderDiagram: Sendable, Hashable {
    /// What is drawn.
    public struct Options: Sendable, Hashable {
        /// A line for each frame of media.
        public var showsFrames = true
        /// An arrow for each packet that was lost, where others of its frame were not.
        public var showsLostPackets = true
        /// RTCP.
        public var showsReports = true
        /// What people and machines do and tell, in their columns.
        public var showsNotes = true
        /// Whether lines that tell the same of many frames are drawn as one.
        public var foldsFrames = true
        /// How many lines there may be; what follows them is counted only.
        public var maximumRows = 2000

        /// All of it, folded.
        public init() {}

        /// Requests and responses, and what people and machines do.
        public static var controlOnly: Options {
            var options = Options()
            (options.showsFrames, options.showsLostPackets, options.showsReports) = (false, false, false)
            return options
        }
    }

    /// Somebody who takes part.
    public struct Column: Sendable, Hashable {
        /// For example `client 1`.
        public var title: String
        /// The host, where it is known.
        public var host: String
        /// Whether the transcript holds nothing of it: it is known by what its peer got.
        public var isImplied: Bool
    }

    /// One line.
    public struct Row: Sendable, Hashable {
        /// What kind of line it is.
        public enum Kind: Sendable, Hashable {
            /// A request or a response.
            case message
            /// The packets of a frame, or several lines of frames folded into one.
            case frame
            /// One packet, or some of one frame.
            case packet
            /// RTCP.
            case report
            /// Something that happened in one column.
            case note
        }

        /// How an arrow ends.
        public enum Ending: Sendable, Hashable {
            /// It got there, or nobody knows better.
            case arrived
            /// It never did.
            case lost
            /// The transcript ends before it can have got there.
            case underway
        }

        /// What kind of line it is.
        public var kind: Kind
        /// The column that it starts from.
        public var from: Int
        /// The column that it leads to; that of ``from`` for a note.
        public var to: Int
        /// When it left, or when it happened; `nil` where nobody knows.
        public var sent: Duration?
        /// When it arrived; of several packets, the last one. `nil` where nobody knows.
        public var arrived: Duration?
        /// How it ends.
        public var ending = Ending.arrived
        /// What is said, in one line without control characters.
        public var label: String
        /// More lines.
        public var details: [String] = []
        /// Whether it did not go as wished.
        public var isTrouble = false
        /// Lines of this class that follow each other can be folded.
        var foldClass: String?
        /// The place among the transcript's entries, for what happened at one moment.
        var order = 0

        /// The moment by which lines are ordered.
        public var time: Duration { sent ?? arrived ?? .zero }
    }

    /// Who takes part, clients first.
    public internal(set) var columns: [Column] = []
    /// The lines, in order of time.
    public internal(set) var rows: [Row] = []
    /// How many more lines there would have been.
    public internal(set) var omittedRowCount = 0

    /// Draws `transcript`.
    public init(_ transcript: Transcript, options: Options = Options()) {
        var sketch = LadderSketch(transcript, options: options)
        sketch.draw()
        columns = sketch.columns
        rows = sketch.rows.enumerated().sorted { one, other in
            (one.element.time, one.element.order, one.offset) < (other.element.time, other.element.order, other.offset)
        }.map(\.element)
        omittedRowCount = max(0, rows.count - max(1, options.maximumRows))
        rows.removeLast(omittedRowCount)
    }
}
