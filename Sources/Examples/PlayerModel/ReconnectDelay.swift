/// How long to wait before coming back to a server that went away.
public enum ReconnectDelay {
    /// The wait before attempt number `attempt`, which counts from 1: 1, 2, 4, 8, 15 and then always 30 seconds.
    public static func before(attempt: Int) -> Duration {
        let seconds = [1, 2, 4, 8, 15]
        guard attempt > 1 else { return .seconds(1) }
        return .seconds(attempt <= seconds.count ? seconds[attempt - 1] : 30)
    }
}
