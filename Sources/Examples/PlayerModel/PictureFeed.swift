internal import Synchronization

/// The pictures for one reader, the latest wins: a slow reader misses whole pictures, and nobody waits for it.
public final class PictureFeed: AsyncSequence, Sendable {
    /// A picture.
    public typealias Element = Picture

    private let stream: AsyncStream<Picture>
    private let continuation: AsyncStream<Picture>.Continuation
    private let missed = Mutex(0)

    init() { (stream, continuation) = AsyncStream.makeStream(of: Picture.self, bufferingPolicy: .bufferingNewest(1)) }

    /// How many pictures the reader was too slow for.
    public var picturesMissed: Int { missed.withLock { $0 } }

    /// Can be iterated once; ends when the session does, or when a newer reader has come.
    public func makeAsyncIterator() -> AsyncStream<Picture>.Iterator { stream.makeAsyncIterator() }

    /// - Returns: whether an older picture was overtaken.
    func post(_ picture: Picture) -> Bool {
        guard case .dropped = continuation.yield(picture) else { return false }
        missed.withLock { $0 &+= 1 }
        return true
    }

    /// No picture follows.
    public func finish() { continuation.finish() }
}
