internal import NIOCore
public import RTPTransport
public import RTSPKit

/// One frame, when its time has come.
public struct RTSPFrame: Sendable, Hashable {
    /// The JPEG file.
    public var image: [UInt8]
    /// The position in the presentation (normal play time); for live media, the time since PLAY.
    public var presentationTime: Duration
    /// The timestamp that it travelled with.
    public var timestamp: RTPTimestamp
    /// The sender's wall clock when the frame was captured; `nil` before the sender's first report (RFC 3550 section 6.4.1).
    public var senderTime: NTPTimestamp?
    /// Which part of the picture never came and was filled in; `nil` where all of it came.
    public var concealment: FrameConcealment?
}

/// The frames of a PLAY, in order, each at its time. A consumer that is too slow loses whole frames, never their order.
///
/// It ends when the stream does, and throws ``RTSPError`` when the session breaks.
public struct RTSPFrames: AsyncSequence, Sendable {
    /// A frame.
    public typealias Element = RTSPFrame
    let stream: AsyncThrowingStream<RTSPFrame, any Error>

    /// The sequence can be iterated once.
    public func makeAsyncIterator() -> Iterator { Iterator(base: stream.makeAsyncIterator()) }

    /// Hands out frames one by one.
    public struct Iterator: AsyncIteratorProtocol {
        var base: AsyncThrowingStream<RTSPFrame, any Error>.Iterator

        /// Waits for the next frame; `nil` at the end of the stream.
        public mutating func next() async throws -> RTSPFrame? { try await base.next(isolation: #isolation) }
    }
}

/// A presentation that is set up: to be played, halted and played again, as long as its scope lasts.
public final class RTSPPresentation: Sendable {
    /// The URL that it was opened with.
    public let url: String
    /// What the server says is in it; `nil` in the course dialect, which has no descriptions.
    public let description: SessionDescription?
    /// The transport agreed on at SETUP, as its header has it.
    public let transport: String
    /// The session's identifier, as the server wrote it at SETUP.
    public let session: String?
    private let driver: ClientDriverReference

    init(url: String, _ readiness: ClientWaiters.Readiness, driver: ClientDriverReference) {
        self.url = url
        description = readiness.description
        transport = readiness.transport
        session = readiness.session
        self.driver = driver
    }

    /// What the server calls it, where it does.
    public var title: String? { description?.sessionName }

    /// The length of stored media, where the server tells it.
    public var duration: Duration? {
        guard case .npt(let range) = range else { return nil }
        return range.end
    }

    /// Whether it is live, as far as one can tell: the description names no end. Cameras write `npt=now-`, `npt=0-` or no range at
    /// all; stored media has a length. False in the course dialect.
    public var isLive: Bool { description != nil && duration == nil }

    /// Frames per second, where the server tells (RFC 8866 section 6.11).
    public var frameRate: Double? { stream?.framerate }

    /// Plays while `body` runs: PLAY on entry, PAUSE on leaving.
    ///
    /// - Parameters:
    ///   - start: where to begin; `nil` goes on from where the last PLAY stopped, or else from the beginning.
    ///   - end: where to stop; `nil` plays to the end.
    /// - Throws: ``RTSPError``, or what `body` throws.
    public func play<Result: Sendable>(
        from start: Duration? = nil, to end: Duration? = nil, _ body: (RTSPFrames) async throws -> Result
    ) async throws -> Result {
        let frames = try await driver.frames()
        try await driver.play(Self.range(start, end))
        do {
            let result = try await body(frames)
            await driver.leavePlay()
            return result
        } catch {
            await driver.leavePlay()
            throw error
        }
    }

    /// Halts inside a ``play(from:to:_:)`` scope; no frame comes until ``resume(from:)``.
    public func pause() async throws { try await driver.pause() }

    /// Goes on after ``pause()``; with a time, jumps there, also while playing.
    public func resume(from start: Duration? = nil) async throws { try await driver.play(Self.range(start, nil)) }

    /// What has been received so far.
    public func statistics() async -> ClientStatistics { await driver.statistics() }

    private var range: RangeHeader? { description?.range ?? stream?.range }

    private var stream: MediaDescription? { description?.media.first { $0.jpegPayloadType != nil } }

    private static func range(_ start: Duration?, _ end: Duration?) -> NormalPlayTimeRange? {
        guard start != nil || end != nil else { return nil }
        return NormalPlayTimeRange(start: start.map { .time($0) }, end: end)
    }
}
