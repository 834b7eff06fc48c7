import RTPTransport
import RTSPKit
import RTSPTestKit
import Synchronization
import Testing

@testable import RTSPNIO

extension RTSPNIOTests {
    @Suite struct EventLoopsTests {
        @Test(arguments: [nil, Duration.milliseconds(4)], [ClientConfiguration.TransportChoice.udp, .tcp])
        func `clients that share one event loop get every frame, whether packets gather or not`(
            _ gathering: Duration?, _ transport: ClientConfiguration.TransportChoice
        ) async throws {
            try await withServer(clip: .large) { running in
                let all = try await RTSPClient.withEventLoops(1, gathering: gathering) { eventLoops in
                    try await withThrowingTaskGroup(of: [Int?].self) { group in
                        for _ in 0..<6 {
                            group.addTask {
                                try await playAll(running.url(), .large, .test(transport) { $0.eventLoops = eventLoops })
                            }
                        }
                        return try await group.reduce(into: []) { $0.append($1) }
                    }
                }
                #expect(all.count == 6)
                for indices in all { #expect(indices == Clip.large.frameIndices) }
                #expect(await running.isEmpty())
            }
        }

        @Test func `several frames that wait when packets are read all come, in order`() async throws {
            try await withServer(clip: .small) { running in
                // Four frames and more in that time.
                let indices = try await RTSPClient.withEventLoops(1, gathering: .milliseconds(40)) { eventLoops in
                    try await playAll(running.url(), .small, .test(.udp) { $0.eventLoops = eventLoops })
                }
                #expect(indices == Clip.small.frameIndices)
                #expect(await running.isEmpty())
            }
        }

        @Test func `frames reach a task on the loop's own executor`() async throws {
            try await withServer { running in
                let indices = try await RTSPClient.withEventLoops(1, gathering: .milliseconds(2)) { eventLoops in
                    try await withTaskExecutorPreference(eventLoops.makeTaskExecutor()) {
                        try await playAll(running.url(), .small, .test { $0.eventLoops = eventLoops })
                    }
                }
                #expect(indices == Clip.small.frameIndices)
            }
        }

        @Test func `a flight of packets that gather replays, packet by packet`() async throws {
            let flights = Mutex<[Transcript]>([])
            try await withServer { running in
                let indices = try await RTSPClient.withEventLoops(1, gathering: .milliseconds(4)) { eventLoops in
                    try await playAll(
                        running.url(), .small,
                        .test {
                            $0.eventLoops = eventLoops
                            $0.flightRecording = FlightRecording(mediaBytes: 1 << 24)
                            $0.onFlight = { flight in flights.withLock { $0.append(flight) } }
                        })
                }
                #expect(indices == Clip.small.frameIndices)
            }
            let flight = try #require(flights.withLock { $0 }.first)
            let replay = TranscriptReplay(of: flight, comparing: .conversation)
            #expect(replay.differences.isEmpty)
            #expect(replay.frames(of: Transcript.Machine(.client, 1)).count == Clip.small.frameIndices.count)
        }
    }
}
