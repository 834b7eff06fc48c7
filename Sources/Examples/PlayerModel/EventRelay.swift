internal import RTSPKit
internal import Synchronization

/// Carries what a client tells on its event loop to the session, in order and bounded. Frames go their own way.
final class EventRelay: Sendable {
    let events: AsyncStream<ClientEvent>
    private let continuation: AsyncStream<ClientEvent>.Continuation
    private let end = Mutex<(isClosed: Bool, failure: ClientFailure?)>((false, nil))

    init() {
        (events, continuation) = AsyncStream.makeStream(of: ClientEvent.self, bufferingPolicy: .bufferingNewest(1000))
    }

    /// Whether the client's session is over.
    var isClosed: Bool { end.withLock { $0.isClosed } }

    /// Why it is over, where something went wrong.
    var failure: ClientFailure? { end.withLock { $0.failure } }

    /// The client tells this.
    func post(_ event: ClientEvent) {
        switch event {
        case .frame, .incompleteFrame, .described: return
        case .closed(let failure): end.withLock { $0 = (true, failure) }
        default: break
        }
        continuation.yield(event)
    }

    func finish() { continuation.finish() }
}
