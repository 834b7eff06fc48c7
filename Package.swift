// swift-tools-version: 6.2
import PackageDescription

/// The same strict settings for every target (`Documentation/Architecture.md`, "Laws").
var strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .strictMemorySafety(),
]
// What our own checks set; whoever depends on the package does not.
if Context.environment["RTSP_WARNINGS_ARE_ERRORS"] == "1" { strict.append(.treatAllWarnings(as: .error)) }
// Some checks look at the core alone, which needs no other package; the thread sanitizer at the one module that has locks.
let coreOnly = Context.environment["RTSP_CORE_ONLY"]

/// A product of another package. Whoever depends on this one without the trait does not fetch that package.
func external(_ name: String, _ package: String, trait: String = "Sockets") -> Target.Dependency {
    .product(name: name, package: package, condition: .when(traits: [trait]))
}

let package = Package(
    name: "swift-rtsp",
    platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
    products: [
        .library(name: "RTSPKit", targets: ["RTSPKit", "RTPTransport", "MJPEGSource"]),
        .library(name: "RTSPTestKit", targets: ["RTSPTestKit"]),
    ],
    targets: [
        // The pure core: no dependencies, no Foundation, no sockets, no clock.
        .target(name: "MJPEGSource", swiftSettings: strict),
        .target(name: "RTPTransport", swiftSettings: strict),
        .target(name: "RTSPKit", dependencies: ["MJPEGSource", "RTPTransport"], swiftSettings: strict),
        .target(name: "RTSPTestKit", dependencies: ["RTSPKit", "MJPEGSource", "RTPTransport"], swiftSettings: strict),

        .testTarget(name: "MJPEGSourceTests", dependencies: ["MJPEGSource"], swiftSettings: strict),
        .testTarget(
            name: "RTPTransportTests", dependencies: ["RTPTransport"], swiftSettings: strict),
        .testTarget(
            name: "RTSPKitTests", dependencies: ["RTSPKit", "RTSPTestKit", "MJPEGSource", "RTPTransport"],
            swiftSettings: strict),
        .testTarget(
            name: "RTSPTestKitTests", dependencies: ["RTSPTestKit", "RTSPKit", "MJPEGSource", "RTPTransport"],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)

if coreOnly == "MJPEGSource" {
    package.products = []
    package.targets.removeAll { !$0.name.hasPrefix("MJPEGSource") }
} else if coreOnly != "1" {
    package.products += [
        .library(name: "RTSPNIO", targets: ["RTSPNIO"]),
        .library(name: "JPEGCoding", targets: ["JPEGCoding"]),
        .executable(name: "rtsp-server", targets: ["rtsp-server"]),
        .executable(name: "rtsp-client", targets: ["rtsp-client"]),
        .executable(name: "rtsp-player", targets: ["rtsp-player"]),
        .executable(name: "rtsp-simulate", targets: ["rtsp-simulate"]),
    ]
    package.traits = [
        .default(enabledTraits: ["Sockets"]),
        .trait(name: "Sockets", description: "RTSPNIO and the example programs, and the packages they need."),
        .trait(
            name: "Player", description: "rtsp-player, and the web server it needs (Hummingbird).", enabledTraits: ["Sockets"]),
    ]
    package.dependencies += [
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.5.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.6.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.0", traits: []),
    ]
    package.targets += [
        // JPEG pixels, through libturbojpeg.
        .systemLibrary(
            name: "CTurboJPEG", pkgConfig: "libturbojpeg",
            providers: [.apt(["libturbojpeg0-dev"]), .brew(["jpeg-turbo"])]),
        .target(name: "JPEGCoding", dependencies: ["CTurboJPEG", "RTPTransport"], swiftSettings: strict),

        // Real sockets.
        .target(
            name: "RTSPNIO",
            dependencies: [
                "RTSPKit", "RTPTransport", "MJPEGSource",
                external("NIOCore", "swift-nio"),
                external("NIOPosix", "swift-nio"),
                external("Logging", "swift-log"),
                external("ServiceLifecycle", "swift-service-lifecycle"),
            ], swiftSettings: strict),

        // Thin executables.
        .target(
            name: "TestScene", dependencies: ["JPEGCoding", "MJPEGSource"], path: "Sources/Examples/TestScene",
            swiftSettings: strict),
        .executableTarget(
            name: "sample-media",
            dependencies: ["TestScene", "MJPEGSource", external("ArgumentParser", "swift-argument-parser")],
            path: "Sources/Examples/sample-media", swiftSettings: strict),
        .executableTarget(
            name: "rtsp-server",
            dependencies: [
                "RTSPNIO", "RTSPKit", "RTPTransport", "MJPEGSource", "TestScene", "JPEGCoding",
                external("ArgumentParser", "swift-argument-parser"),
                external("Logging", "swift-log"),
                external("ServiceLifecycle", "swift-service-lifecycle"),
                external("UnixSignals", "swift-service-lifecycle"),
            ], path: "Sources/Examples/rtsp-server", swiftSettings: strict),
        .executableTarget(
            name: "rtsp-client",
            dependencies: [
                "RTSPNIO", "RTSPKit", "RTPTransport", "MJPEGSource",
                external("ArgumentParser", "swift-argument-parser"),
                external("Logging", "swift-log"),
            ], path: "Sources/Examples/rtsp-client", swiftSettings: strict),

        .executableTarget(
            name: "rtsp-simulate",
            dependencies: [
                "RTSPTestKit", "RTSPKit", "RTPTransport", "MJPEGSource",
                external("ArgumentParser", "swift-argument-parser"),
            ], path: "Sources/Examples/rtsp-simulate", swiftSettings: strict),

        .target(
            name: "PlayerModel",
            dependencies: ["RTSPNIO", "RTSPKit", "RTPTransport", "MJPEGSource", external("Logging", "swift-log")],
            path: "Sources/Examples/PlayerModel", swiftSettings: strict),
        .executableTarget(
            name: "rtsp-player",
            dependencies: [
                "PlayerModel", "RTSPKit", "MJPEGSource",
                external("Hummingbird", "hummingbird", trait: "Player"),
                external("NIOCore", "swift-nio"),
                external("ArgumentParser", "swift-argument-parser"),
                external("Logging", "swift-log"),
                external("ServiceLifecycle", "swift-service-lifecycle"),
                external("UnixSignals", "swift-service-lifecycle"),
            ], path: "Sources/Examples/rtsp-player", resources: [.embedInCode("Page")], swiftSettings: strict),

        .testTarget(
            name: "JPEGCodingTests", dependencies: ["JPEGCoding", "TestScene", "RTPTransport", "CTurboJPEG"],
            exclude: ["Fixtures"], swiftSettings: strict),
        .testTarget(
            name: "RTSPNIOTests",
            dependencies: [
                "RTSPNIO", "RTSPKit", "RTPTransport", "MJPEGSource", "RTSPTestKit", "JPEGCoding", "TestScene",
                external("NIOCore", "swift-nio"), external("NIOPosix", "swift-nio"), external("NIOEmbedded", "swift-nio"),
                external("Logging", "swift-log"), external("ServiceLifecycle", "swift-service-lifecycle"),
            ], swiftSettings: strict),
        .testTarget(
            name: "PlayerModelTests",
            dependencies: [
                "PlayerModel", "RTSPNIO", "RTSPKit", "RTPTransport", "MJPEGSource", "RTSPTestKit",
                external("Logging", "swift-log"),
            ], swiftSettings: strict),
    ]
}

if coreOnly == "JPEGCoding" {
    let kept = ["MJPEGSource", "RTPTransport", "CTurboJPEG", "JPEGCoding", "TestScene", "JPEGCodingTests"]
    (package.products, package.dependencies, package.traits) = ([], [], [])
    package.targets.removeAll { !kept.contains($0.name) }
}
