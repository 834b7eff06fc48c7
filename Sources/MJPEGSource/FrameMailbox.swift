internal import Synchronization

/// Where live frames are left for the one who sends them: whoever has a frame *posts* it, and the latest wins.
///
/// A mailbox holds at most one frame that was not taken, so a slow taker loses whole frames and never falls behind.
/// Any thread may call it.
public final class FrameMailbox: Sendable {
    private struct State {
        var image: [UInt8] = []
        /// `nil` for a frame posted without a time.
        var presentationTime: Duration?
        var holdsFrame = false
        var isTaken = true
        var isFinished = false
        var framesReplaced = 0
        var observer: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// Makes an empty mailbox.
    public init() {}

    /// Leaves a frame, in place of one that was not taken yet; after ``finish()`` it is ignored.
    public func post(_ frame: MJPEGFrame) {
        post(frame.image, at: frame.presentationTime)
    }

    /// Leaves a JPEG file, in place of one that was not taken yet; after ``finish()`` it is ignored.
    /// - Parameter presentationTime: when it is shown, from the start of the presentation;
    ///   `nil` means "now": it gets the time at which it is taken.
    public func post(_ image: [UInt8], at presentationTime: Duration? = nil) {
        let observer = state.withLock { state -> (@Sendable () -> Void)? in
            guard !state.isFinished else { return nil }
            if !state.isTaken { state.framesReplaced &+= 1 }
            state.image = image
            state.presentationTime = presentationTime
            state.holdsFrame = true
            state.isTaken = false
            return state.observer
        }
        observer?()
    }

    /// Says that no frame will follow. A frame that was not taken can still be taken.
    public func finish() {
        let observer = state.withLock { state -> (@Sendable () -> Void)? in
            guard !state.isFinished else { return nil }
            state.isFinished = true
            return state.observer
        }
        observer?()
    }

    /// The latest frame, if it was not taken before.
    /// - Parameter now: the presentation time for a frame that was posted without one.
    public func take(at now: Duration = .zero) -> MJPEGFrame? {
        state.withLock { state in
            guard !state.isTaken else { return nil }
            state.isTaken = true
            let presentationTime = state.presentationTime ?? now
            state.presentationTime = presentationTime
            return MJPEGFrame(image: state.image, presentationTime: presentationTime)
        }
    }

    /// The last frame posted, whether taken or not; a frame without a time of its own stands at zero until it is taken.
    public var latest: MJPEGFrame? {
        state.withLock { state in
            guard state.holdsFrame else { return nil }
            return MJPEGFrame(image: state.image, presentationTime: state.presentationTime ?? .zero)
        }
    }

    /// Whether ``finish()`` was called. The presentation is over when also ``take(at:)`` has nothing left.
    public var isFinished: Bool {
        state.withLock { $0.isFinished }
    }

    /// How many frames were replaced by later ones before anyone took them.
    public var framesReplaced: Int {
        state.withLock { $0.framesReplaced }
    }

    /// Sets what is called, outside the lock and on the poster's thread, after each frame posted and after ``finish()``;
    /// it replaces the handler before it.
    ///
    /// What arrived earlier is not announced again: look with ``take(at:)`` after setting it.
    public func onArrival(_ handler: (@Sendable () -> Void)?) {
        state.withLock { $0.observer = handler }
    }
}
