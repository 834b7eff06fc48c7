// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [.enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility")]

/// A product of the package that is measured.
func measured(_ name: String) -> Target.Dependency { .product(name: name, package: "swift-rtsp") }

// How fast the package is. A package of its own, so that nobody who depends on swift-rtsp builds or fetches anything for it.
let package = Package(
    name: "Benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "swift-rtsp", path: "..", traits: [])],
    targets: [
        // What is measured, without sockets and files; all programs here share it.
        .target(name: "PureWorkloads", dependencies: [measured("RTSPKit")], swiftSettings: settings),
        // `make benchmark`: with clips, beside GStreamer.
        .executableTarget(
            name: "rtsp-benchmark", dependencies: ["PureWorkloads", measured("RTSPKit"), measured("JPEGCoding")],
            swiftSettings: settings),
        // `Scripts/check-instructions`.
        .executableTarget(name: "rtsp-instructions", dependencies: ["PureWorkloads"], swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)

// `Scripts/benchmark-pure` sets this. What measures there takes minutes to build, and the other programs do without.
if Context.environment["RTSP_PURE_BENCHMARKS"] == "1" {
    package.dependencies.append(.package(url: "https://github.com/ordo-one/benchmark.git", from: "1.38.0", traits: []))
    package.targets.append(
        // The tool finds benchmarks in a folder of this name.
        .executableTarget(
            name: "PureBenchmarks",
            dependencies: [
                "PureWorkloads", measured("RTSPKit"), measured("JPEGCoding"), .product(name: "Benchmark", package: "benchmark"),
            ], path: "Sources/Benchmarks/PureBenchmarks", swiftSettings: settings,
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]))
}
