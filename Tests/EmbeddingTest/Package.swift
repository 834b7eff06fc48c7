// swift-tools-version: 6.2
import PackageDescription

// A stranger's package that wants the protocol and nothing else. Scripts/check-embedding builds and runs it, and fails if that
// fetched or built anything but the three modules of the product RTSPKit.
let package = Package(
    name: "EmbeddingTest",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "swift-rtsp", path: "../..", traits: [])],
    targets: [
        .executableTarget(
            name: "EmbeddingTest", dependencies: [.product(name: "RTSPKit", package: "swift-rtsp")],
            swiftSettings: [.enableUpcomingFeature("MemberImportVisibility")])
    ],
    swiftLanguageModes: [.v6]
)
