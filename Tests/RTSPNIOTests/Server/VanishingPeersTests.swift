import Foundation
import NIOCore
import RTSPKit
import Testing

@testable import RTSPNIO

extension RTSPNIOTests {
    @Suite struct VanishingPeersTests {
        /// How a peer vanishes.
        private enum Vanishing: Int, CaseIterable {
            case closing, resetting
        }

        @Test func `two thousand clients that vanish while they play leave nothing behind`() async throws {
            let configuration = RTSPServer.Configuration.test { $0.sessionTimeout = .seconds(3) }
            try await withServer(configuration, clip: .sparse) { running in
                // The first ones make what is made once.
                try await Self.vanish(0..<200, from: running)
                #expect(await running.isEmpty())
                let before = try Self.footprint()
                try await Self.vanish(200..<2200, from: running)
                #expect(await running.isEmpty())
                #expect(running.server.sessionCount == 0)
                #expect(try await eventually { try Self.footprint().descriptors <= before.descriptors })
                let after = try Self.footprint()
                #expect(after.descriptors == before.descriptors)
                // 2000 sessions that were kept would be more than ten times as much.
                #expect(after.residentBytes - before.residentBytes < 16 << 20)
                // It still serves.
                #expect(try await playAll(running.url(), .sparse) == Clip.sparse.frameIndices)
            }
        }

        /// Peers of these numbers, some at a time, each of which plays and is gone.
        private static func vanish(_ numbers: Range<Int>, from running: RunningServer) async throws {
            try await withThrowingTaskGroup { group in
                let lanes = 8
                for lane in 0..<lanes {
                    group.addTask {
                        for number in stride(from: numbers.lowerBound + lane, to: numbers.upperBound, by: lanes) {
                            try await vanish(number, from: running)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }

        private static func vanish(_ number: Int, from running: RunningServer) async throws {
            let peer = try await RawPeer(port: running.port)
            let url = running.url()
            #expect(try await peer.ask(.describe, url)?.status == .ok)
            // Nobody is at these ports, and each peer has its own.
            let port = 20_000 + number % 5000 * 2
            let session =
                number % 2 == 0
                ? try await peer.setUp(url, "RTP/AVP;unicast;client_port=\(port)-\(port + 1)") : try await peer.setUp(url)
            #expect(try await peer.ask(.play, url, session: session)?.status == .ok)
            switch Vanishing(rawValue: number / 2 % Vanishing.allCases.count) {
            case .resetting:
                let provider = try #require(peer.channel as? any SocketOptionProvider)
                try await provider.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
            case .closing, nil: break
            }
            await peer.close()
        }

        private struct Footprint {
            var descriptors: Int
            var residentBytes: Int
        }

        /// What this process holds; of memory nothing where there is no /proc.
        private static func footprint() throws -> Footprint {
            let folder = ["/proc/self/fd", "/dev/fd"].first { FileManager.default.fileExists(atPath: $0) }
            let descriptors = try FileManager.default.contentsOfDirectory(atPath: #require(folder))
            let statm = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
            let pages = statm?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
            return Footprint(descriptors: descriptors.count, residentBytes: pages * Int(sysconf(Int32(_SC_PAGESIZE))))
        }
    }
}
