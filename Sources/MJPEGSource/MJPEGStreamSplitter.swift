/// Cuts a live stream of JPEG files (raw Motion JPEG, or the lab format) into frames, however its bytes arrive.
///
/// It holds at most one unfinished frame, of at most ``MJPEGLimits/maxFrameBytes``, and its work is linear in the bytes.
/// Every byte is delivered in a frame, stands before a frame as its length in the lab format, counts as skipped, or is held.
public struct MJPEGStreamSplitter: Sendable, Hashable {
    /// How many frames were given up: cut short by the next one, or larger than allowed.
    public private(set) var framesDiscarded = 0

    /// How many bytes were passed over: those between frames, and those of frames given up.
    public private(set) var bytesSkipped = 0

    private var scanner: JPEGScanner
    private var buffer: [UInt8] = []
    /// The place in the stream of the first byte in `buffer`.
    private var origin = 0
    /// The place in the stream behind the last frame delivered.
    private var delivered = 0

    /// More bytes than this are taken in parts, so that the buffer stays small.
    private static let maxPart = 256 * 1024

    /// Starts before the first byte of a stream.
    public init(limits: MJPEGLimits = .default) {
        self.scanner = JPEGScanner(maxFrameBytes: limits.maxFrameBytes)
    }

    /// How many bytes of an unfinished frame are held.
    var heldByteCount: Int { buffer.count }

    /// Takes the next bytes of the stream.
    /// - Returns: the frames that these bytes complete, in order.
    public mutating func append(_ bytes: Span<UInt8>) -> [[UInt8]] {
        var frames: [[UInt8]] = []
        var start = 0
        while start < bytes.count {
            let end = min(start + Self.maxPart, bytes.count)
            buffer.append(span: bytes.extracting(start..<end))
            takeFrames(into: &frames)
            start = end
        }
        return frames
    }

    /// Says that the stream has ended, and starts anew.
    /// - Returns: whole frames that a broken one before them seemed to contain; mostly none.
    public mutating func finish() -> [[UInt8]] {
        var frames: [[UInt8]] = []
        while let step = scanner.finish(at: origin + buffer.count) {
            note(step, &frames)
            takeFrames(into: &frames)
        }
        bytesSkipped += origin + buffer.count - delivered
        delivered = origin + buffer.count
        origin = delivered
        buffer = []
        return frames
    }

    private mutating func takeFrames(into frames: inout [[UInt8]]) {
        while true {
            var scanner = scanner  // A copy, since the span holds on to all of `self`.
            let step = scanner.step(buffer.span, from: origin)
            self.scanner = scanner
            if step == .starved { break }
            note(step, &frames)
        }
        let unneeded = min(scanner.firstNeeded - origin, buffer.count)
        guard unneeded > 0 else { return }
        buffer.removeFirst(unneeded)
        origin += unneeded
    }

    private mutating func note(_ step: JPEGScanner.Step, _ frames: inout [[UInt8]]) {
        switch step {
        case .starved:
            break
        case .frame(let range):
            let slice = (range.lowerBound - origin)..<(range.upperBound - origin)
            guard slice.lowerBound >= 0, slice.upperBound <= buffer.count else { return }
            frames.append(Array(buffer[slice]))
            bytesSkipped += range.lowerBound - delivered - scanner.prefixByteCount
            delivered = range.upperBound
        case .damaged(let damage):
            if case .junk = damage.reason { return }
            framesDiscarded += 1
        }
    }
}
