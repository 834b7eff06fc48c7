import Benchmark
import Foundation
import JPEGCoding
import MJPEGSource
import PureWorkloads
import RTPTransport

/// Stand behind a benchmark's name, where `Scripts/benchmark-pure` reads them: what is counted, the bytes of one, and how many
/// one measurement does.
private func tags(_ unit: String, _ byteCount: Int?, count: Int) -> [String: String] {
    ["unit": unit, "bytes": String(byteCount ?? 0), "count": String(count)]
}

// Names that are asked for; the package's own plugin makes a program of them.
let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration.metrics = [.throughput, .wallClock]
    Benchmark.defaultConfiguration.maxDuration = .seconds(2)
    Benchmark.defaultConfiguration.maxIterations = .max
    Benchmark.defaultConfiguration.warmupIterations = 3

    for entry in WorkloadEntry.all {
        var configuration = Benchmark.defaultConfiguration
        configuration.tags = tags(entry.unit, entry.byteCount, count: 1000)
        // A thousand at once: one may be over in less time than reading the clock takes.
        configuration.scalingFactor = .kilo
        Benchmark(entry.name, configuration: configuration) { benchmark in
            var workload = try entry.make()
            benchmark.startMeasurement()
            for _ in benchmark.scaledIterations { try workload.run() }
            benchmark.stopMeasurement()
        }
    }
    codingBenchmarks()
    indexingBenchmark()
}

/// Pictures that RFC 2435 cannot carry, made fit for it.
private func codingBenchmarks() {
    for (name, picture) in [("re-code", Drawing.withForeignTables), ("re-sample-444", Drawing.jpeg(.yuv444))] {
        var configuration = Benchmark.defaultConfiguration
        configuration.tags = tags("frames", picture?.count, count: 1)
        Benchmark(name, configuration: configuration) { benchmark in
            guard let picture else { return benchmark.error("no picture") }
            let converter = TurboJPEGConverter()
            for _ in benchmark.scaledIterations {
                let converted = try converter.convert(picture, .carriable)
                guard converted.way != .untouched else { return benchmark.error("nothing to do") }
            }
        }
    }
}

/// Finding the frames of a file that the system has in its memory.
private func indexingBenchmark() {
    let file = FileManager.default.temporaryDirectory.appending(path: "pure-benchmarks-\(UUID().uuidString).mjpeg")
    let count = 300
    guard let picture = Drawing.jpeg(.yuv420) else { return }
    var configuration = Benchmark.defaultConfiguration
    configuration.tags = tags("frames", picture.count, count: count)
    configuration.scalingFactor = .one
    configuration.setup = { try Data(Array(repeatElement(picture, count: count).joined())).write(to: file) }
    configuration.teardown = { try FileManager.default.removeItem(at: file) }
    Benchmark("index", configuration: configuration) { benchmark in
        for _ in benchmark.scaledIterations {
            guard try MJPEGFile(path: file.path(percentEncoded: false)).frameCount == count else {
                return benchmark.error("frames are missing")
            }
        }
    }
}
