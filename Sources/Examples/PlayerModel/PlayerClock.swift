/// The time, as a session sees it: tests bring their own.
public struct PlayerClock: Sendable {
    /// The time now.
    public var now: @Sendable () -> ContinuousClock.Instant
    /// Waits so long, or throws where the task is cancelled.
    public var sleep: @Sendable (Duration) async throws -> Void

    /// A clock made of these.
    public init(
        now: @escaping @Sendable () -> ContinuousClock.Instant, sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.now = now
        self.sleep = sleep
    }

    /// The real one.
    public static let continuous = PlayerClock(now: { .now }, sleep: { try await Task.sleep(for: $0) })
}
