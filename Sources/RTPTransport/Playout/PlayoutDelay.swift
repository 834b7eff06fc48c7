/// How long frames are held back so that they come out evenly however they came in.
public struct PlayoutDelay: Sendable, Hashable {
    /// How long the first frame waits, before anything is known of the path.
    public let initial: Duration
    /// The least that the measured jitter may bring it to.
    public let floor: Duration
    /// The most.
    public let ceiling: Duration

    /// Follows the jitter that is measured: 100 ms at first, then 25 ms to 2 s.
    public static let adaptive = PlayoutDelay(initial: .milliseconds(100), floor: .milliseconds(25), ceiling: .seconds(2))

    /// A delay that begins with `initial` and then follows the jitter from `floor` to `ceiling`. All are brought into 0 seconds to
    /// 1 hour, the ceiling to the floor at the least, and the initial delay between the two.
    public init(initial: Duration, floor: Duration, ceiling: Duration) {
        let hour = Duration.seconds(3600)
        self.floor = min(max(floor, .zero), hour)
        self.ceiling = min(max(ceiling, self.floor), hour)
        self.initial = min(max(initial, self.floor), self.ceiling)
    }

    /// The same delay whatever the jitter. With none at all, frames go out as soon as they are whole: unevenly, as they came.
    public static func fixed(_ delay: Duration) -> PlayoutDelay {
        PlayoutDelay(initial: delay, floor: delay, ceiling: delay)
    }
}
