internal import RTPTransport

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

extension WallClock {
    /// This moment on the system's clocks.
    static func system() -> WallClock {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        let sinceEpoch = Duration.seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
        return WallClock(instant: .now, ntp: NTPTimestamp(sinceUnixEpoch: sinceEpoch))
    }
}
