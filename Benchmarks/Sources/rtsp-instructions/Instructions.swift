import PureWorkloads

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Runs one workload so many times and nothing else, for a program that counts instructions (`Scripts/check-instructions`).
@main struct Instructions {
    static func main() {
        let arguments = CommandLine.arguments.dropFirst()
        if arguments.first == "--list" {
            for entry in WorkloadEntry.all { print(entry.name, entry.summary, separator: "\t") }
            return
        }
        guard arguments.count == 2, let name = arguments.first, let count = arguments.last.flatMap({ Int($0) }), count >= 0,
            let entry = WorkloadEntry.all.first(where: { $0.name == name })
        else {
            print("usage: rtsp-instructions --list | WORKLOAD RUNS")
            exit(64)
        }
        do {
            var workload = try entry.make()
            for _ in 0..<count { try workload.run() }
        } catch {
            print("rtsp-instructions: \(name): \(error)")
            exit(1)
        }
    }
}
