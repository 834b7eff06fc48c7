import Foundation
import MJPEGSource
import RTSPNIO
import Testing

extension RTSPNIOTests {
    /// The examples of the README, as they stand there but for ports and paths.
    @Suite struct ReadmeTests {
        @Test func `a server in ten lines and a client in ten lines understand each other`() async throws {
            let path = FileManager.default.temporaryDirectory.appending(path: "swift-rtsp-\(UUID()).mjpeg").path()
            #expect(FileManager.default.createFile(atPath: path, contents: Data(Clip.small.images.joined())))
            defer { try? FileManager.default.removeItem(atPath: path) }
            let (ports, continuation) = AsyncStream.makeStream(of: Int.self)

            let serving = Task {
                let server = RTSPServer(configuration: .init(port: 0))
                try server.offer(.stored { try MJPEGFile(path: path, framesPerSecond: 100) }, at: "/movie")
                try await server.run { continuation.yield($0) }
            }
            let port = try #require(await ports.first { _ in true })

            var count = 0
            try await RTSPClient.withPresentation(at: "rtsp://localhost:\(port)/movie") { presentation in
                try await presentation.play(from: .milliseconds(100)) { frames in
                    for try await frame in frames {
                        #expect(Clip.small.index(of: frame.image) == 10 + count)
                        count += 1
                    }
                }
            }
            #expect(count == 30)
            serving.cancel()
            try await serving.value
        }
    }
}
