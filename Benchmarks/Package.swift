// swift-tools-version: 6.2
import PackageDescription

// How fast the package is. A package of its own, so that nobody who depends on swift-rtsp builds or fetches anything for it;
// `make benchmark` runs it.
let package = Package(
    name: "Benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "swift-rtsp", path: "..", traits: [])],
    targets: [
        .executableTarget(
            name: "rtsp-benchmark",
            dependencies: [
                .product(name: "RTSPKit", package: "swift-rtsp"), .product(name: "JPEGCoding", package: "swift-rtsp"),
            ],
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"),
            ])
    ],
    swiftLanguageModes: [.v6]
)
