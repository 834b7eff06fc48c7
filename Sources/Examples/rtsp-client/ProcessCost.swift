#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What this process has used up.
struct ProcessCost: Sendable {
    /// Processor time of all threads.
    var seconds: Double = 0
    /// The most memory at one time, in bytes.
    var peakMemory = 0

    /// Until now.
    static var now: ProcessCost {
        var usage = rusage()
        #if canImport(Glibc)
            unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        #else
            unsafe getrusage(RUSAGE_SELF, &usage)
        #endif
        let times = [usage.ru_utime, usage.ru_stime].map { Double($0.tv_sec) + Double($0.tv_usec) / 1e6 }
        #if canImport(Darwin)
            let unit = 1
        #else
            let unit = 1024
        #endif
        return ProcessCost(seconds: times[0] + times[1], peakMemory: Int(usage.ru_maxrss) * unit)
    }

    /// What one moment's has more than an earlier one's; the memory is the later's.
    static func - (later: ProcessCost, earlier: ProcessCost) -> ProcessCost {
        ProcessCost(seconds: later.seconds - earlier.seconds, peakMemory: later.peakMemory)
    }
}
