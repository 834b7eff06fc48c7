internal import MJPEGSource
public import RTPTransport

/// What a transcript tells of media that it does not hold: enough for stand-ins that lead to the same conversation.
extension Transcript {
    /// What is known of a presentation.
    public enum PresentationOutline: Sendable, Hashable {
        /// Stored media of so many frames and this length, with pictures of this size where it is known.
        case stored(name: String, frames: Int, duration: Duration, size: PictureSize? = nil)
        /// Live media.
        case live(LiveDescription)

        /// The outline of `presentation`.
        public init(_ presentation: Presentation) {
            switch presentation {
            case .stored(let stored):
                self = .stored(
                    name: stored.name, frames: stored.source.frameCount, duration: stored.source.duration,
                    size: stored.pictureSize)
            case .live(let description): self = .live(description)
            }
        }
    }

    /// What stood at a path from some time on.
    public struct PresentationEntry: Sendable, Hashable {
        /// Since when, from the transcript's start.
        public var time: Duration
        /// Where.
        public var path: String
        /// What.
        public var outline: PresentationOutline

        /// Something that stands at `path` from `time` on.
        public init(_ outline: PresentationOutline, at path: String, from time: Duration) {
            self.time = time
            self.path = path
            self.outline = outline
        }
    }

    /// All of a ``LiveFrame`` but its picture.
    public struct FrameOutline: Sendable, Hashable {
        /// The sequence number of the first packet.
        public var firstSequenceNumber: UInt16
        /// The timestamp of all packets.
        public var timestamp: RTPTimestamp
        /// Bytes of all packets together.
        public var packetBytes: Int
        /// Bytes of one packet; the last may be shorter. Of packets that differ in length, those of the longest.
        public var stride: Int
        /// Where each packet ends, where they differ in length; otherwise `nil`.
        public var ends: [Int]?
        /// Bytes of the picture.
        public var pictureBytes: Int
        /// The frame's place in its presentation.
        public var presentationTime: Duration

        /// An outline.
        public init(
            firstSequenceNumber: UInt16, timestamp: RTPTimestamp, packetBytes: Int, stride: Int, ends: [Int]? = nil,
            pictureBytes: Int, presentationTime: Duration
        ) {
            self.firstSequenceNumber = firstSequenceNumber
            self.timestamp = timestamp
            self.packetBytes = packetBytes
            self.stride = stride
            self.ends = ends
            self.pictureBytes = pictureBytes
            self.presentationTime = presentationTime
        }

        /// The outline of `frame`.
        public init(_ frame: LiveFrame) {
            self.init(
                firstSequenceNumber: frame.firstSequenceNumber, timestamp: frame.timestamp,
                packetBytes: frame.batch.bytes.count, stride: frame.batch.stride, ends: frame.batch.ends,
                pictureBytes: frame.frame.image.count, presentationTime: frame.frame.presentationTime)
        }
    }

    /// All of a ``LiveSnapshot`` but the last frame's picture.
    public struct SnapshotOutline: Sendable, Hashable {
        /// The last frame, where it was recent enough.
        public var lastFrame: FrameOutline?
        /// The sequence number of the packet that comes next.
        public var nextSequenceNumber: UInt16
        /// The RTP time of the moment.
        public var timestamp: RTPTimestamp
        /// The sender report of the moment.
        public var report: [UInt8]

        /// An outline.
        public init(
            lastFrame: FrameOutline? = nil, nextSequenceNumber: UInt16, timestamp: RTPTimestamp, report: [UInt8]
        ) {
            self.lastFrame = lastFrame
            self.nextSequenceNumber = nextSequenceNumber
            self.timestamp = timestamp
            self.report = report
        }

        /// The outline of `snapshot`.
        public init(_ snapshot: LiveSnapshot) {
            self.init(
                lastFrame: snapshot.lastFrame.map { FrameOutline($0) }, nextSequenceNumber: snapshot.nextSequenceNumber,
                timestamp: snapshot.timestamp, report: snapshot.report)
        }
    }
}
