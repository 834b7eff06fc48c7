// swift-tools-version: 6.2
import PackageDescription

// A stranger's package that brings a source, a transport and a player of its own, and tests them without sockets. It is the code
// of Documentation/TestingWithoutSockets.md. Scripts/check-kit-embedding runs its tests, and fails if that fetched anything.
let package = Package(
    name: "KitEmbeddingTest",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "swift-rtsp", path: "../..", traits: [])],
    targets: [
        .target(
            name: "SmallPlayer",
            dependencies: [.product(name: "RTSPKit", package: "swift-rtsp")]),
        .testTarget(
            name: "SmallPlayerTests",
            dependencies: ["SmallPlayer", .product(name: "RTSPTestKit", package: "swift-rtsp")]),
    ],
    swiftLanguageModes: [.v6]
)
