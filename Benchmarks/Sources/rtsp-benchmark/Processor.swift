import Foundation

/// The processor's time and name.
enum Processor {
    /// Seconds that this process has computed.
    static var seconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Seconds that programs which were run and have ended have computed.
    static var secondsOfChildren: Double {
        var usage = rusage()
        #if os(Linux)
            getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &usage)
        #else
            getrusage(RUSAGE_CHILDREN, &usage)
        #endif
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    /// What the processor calls itself.
    static var name: String {
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
        return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown processor"
    }

    /// How many units `body` gets through in a second of processor time, in each of `runs`; one run before them does not count.
    ///
    /// `body` says how many units it did; it is called until a run is long enough to be measured.
    static func rates(runs: Int, atLeast seconds: Double = 0.3, _ body: () throws -> Double) throws -> [Double] {
        _ = try body()
        return try (0..<runs).map { _ in
            var units = 0.0
            let start = Self.seconds
            repeat { units += try body() } while Self.seconds - start < seconds
            return units / (Self.seconds - start)
        }
    }
}
