import RTPTransport
import RTSPKit
import Testing

@testable import RTSPNIO

extension RTSPNIOTests {
    @Suite struct LabPlayingTests {
        private static func configuration() -> RTSPClient.Configuration {
            .test { configuration in
                configuration.dialect = .lab
                configuration.labFramesPerSecond = nil
            }
        }

        private static func server(_ rate: Double, _ fragmentation: LabFragmentation) -> RTSPServer.Configuration {
            .test { $0.lab = LabConfiguration(framesPerSecond: rate, fragmentation: fragmentation) }
        }

        @Test func `frames of one datagram arrive byte for byte`() async throws {
            #expect(Clip.small.images.allSatisfy { $0.count < 20_468 })
            try await withServer(Self.server(100, .frameSequence)) { running in
                let images = try await Self.images(running)
                #expect(images == Clip.small.images)
                #expect(await running.isEmpty())
            }
        }

        @Test(arguments: [LabFragmentation.frameSequence, .packetSequence, .always])
        func `frames of many datagrams arrive byte for byte`(_ fragmentation: LabFragmentation) async throws {
            #expect(Clip.large.images.allSatisfy { $0.count > 20_468 })
            try await withServer(Self.server(20, fragmentation), clip: .large) { running in
                let images = try await Self.images(running)
                #expect(images == Clip.large.images)
            }
        }

        private static func images(_ running: RunningServer) async throws -> [[UInt8]] {
            try await RTSPClient.withPresentation(at: running.url(), configuration: Self.configuration()) { presentation in
                #expect(presentation.description == nil)
                return try await presentation.play { frames in
                    try await frames.reduce(into: []) { $0.append($1.image) }
                }
            }
        }

        @Test func `a lab client and a standard client play side by side on one port`() async throws {
            try await withServer(Self.server(100, .frameSequence)) { running in
                async let lab = Self.images(running)
                async let standard = playAll(running.url(), .small)
                let (images, indices) = try await (lab, standard)
                #expect(images == Clip.small.images)
                #expect(indices == Clip.small.frameIndices)
            }
        }
    }
}
