public import MJPEGSource
internal import RTPTransport
public import RTSPKit

/// Stored media of which only the outline is known: so many frames at an even rate, their pictures made as they are asked for.
///
/// What stands in for media is as long and has as many frames, so the conversation about it is the same; its pictures are not the
/// originals, so packets and what is counted in them differ.
public struct StandInSource: SeekableFrameSource, Sendable, Hashable {
    /// How many frames there are.
    public let frameCount: Int
    /// The length of the presentation.
    public let duration: Duration
    private var next = 0

    /// Bytes of picture data in each picture.
    private static let pictureSize = 600

    /// Media of `frames` frames and this length; both are brought into what can be counted with.
    public init(frames: Int, duration: Duration) {
        frameCount = min(max(0, frames), 1_000_000_000)
        self.duration = min(max(duration, .zero), NormalPlayTimeRange.maximumTime)
    }

    /// The next frame.
    public mutating func nextFrame() throws(Never) -> MJPEGFrame? {
        guard next < frameCount else { return nil }
        defer { next += 1 }
        let picture = SyntheticPicture(scanBytes: Self.pictureSize, seed: UInt64(truncatingIfNeeded: next))
        return MJPEGFrame(image: picture.bytes, presentationTime: time(of: next))
    }

    /// Moves to the frame at or before `time`.
    public mutating func seek(to time: Duration) throws(Never) -> Duration {
        guard time < duration, frameCount > 0 else {
            next = frameCount
            return duration
        }
        let share = max(time, .zero).attoseconds * Int128(frameCount) / duration.attoseconds
        next = Int(clamping: share)
        // The division has rounded the frames' times down.
        if next + 1 < frameCount, self.time(of: next + 1) <= time { next += 1 }
        return self.time(of: next)
    }

    private func time(of index: Int) -> Duration {
        frameCount > 0 ? Duration(attoseconds: duration.attoseconds * Int128(index) / Int128(frameCount)) : .zero
    }
}

extension Transcript.PresentationOutline {
    /// A presentation that stands in for the one outlined.
    public var standIn: Presentation {
        switch self {
        case .stored(let name, let frames, let duration, let size):
            .stored(
                StoredPresentation(name: name, source: StandInSource(frames: frames, duration: duration), pictureSize: size))
        case .live(let description): .live(description)
        }
    }
}

extension Transcript.FrameOutline {
    /// More bytes than any frame has are not made for one.
    private static let maximumBytes = 1 << 22

    /// A frame that stands in for the one outlined: packets of the same lengths and numbers, with another picture.
    func standIn(ssrc: UInt32, report: [UInt8]?) -> LiveFrame {
        let length = min(max(0, packetBytes), Self.maximumBytes)
        // Shorter packets than a header are nobody's.
        let size = min(max(RTPHeader.length, stride), max(length, RTPHeader.length))
        let zeros = [UInt8](repeating: 0, count: length)
        let lengths = ends.map { RTPPacketBatch(bytes: zeros, ends: $0) } ?? RTPPacketBatch(bytes: zeros, stride: size)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(length)
        var sequenceNumber = firstSequenceNumber
        for index in 0..<lengths.count {
            let end = lengths.range(ofPacketAt: index).upperBound
            RTPHeader(
                marker: end == length, payloadType: 26, sequenceNumber: sequenceNumber, timestamp: timestamp, ssrc: ssrc
            ).append(to: &bytes)
            if bytes.count < end { bytes += Array(repeating: 0, count: end - bytes.count) }
            bytes.removeLast(bytes.count - end)
            sequenceNumber &+= 1
        }
        let batch = lengths.ends.map { RTPPacketBatch(bytes: bytes, ends: $0) } ?? RTPPacketBatch(bytes: bytes, stride: size)
        let pictureLength = min(max(0, pictureBytes), Self.maximumBytes)
        let headers = SyntheticPicture(scanBytes: 0).bytes.count
        let picture = SyntheticPicture(scanBytes: max(0, pictureLength - headers), seed: UInt64(firstSequenceNumber))
        return LiveFrame(
            batch: batch, firstSequenceNumber: firstSequenceNumber, timestamp: timestamp, report: report,
            frame: MJPEGFrame(image: picture.bytes, presentationTime: presentationTime))
    }
}

extension Transcript.SnapshotOutline {
    /// A snapshot that stands in for the one outlined.
    func standIn(ssrc: UInt32) -> LiveSnapshot {
        LiveSnapshot(
            lastFrame: lastFrame?.standIn(ssrc: ssrc, report: nil), nextSequenceNumber: nextSequenceNumber,
            timestamp: timestamp, report: report)
    }
}
