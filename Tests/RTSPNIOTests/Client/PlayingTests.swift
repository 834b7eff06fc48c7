import MJPEGSource
import RTPTransport
import RTSPKit
import Synchronization
import Testing

@testable import RTSPNIO

extension RTSPNIOTests {
    @Suite struct PlayingTests {
        @Test(arguments: [ClientConfiguration.TransportChoice.udp, .tcp])
        func `a whole clip arrives, every frame as it was`(_ transport: ClientConfiguration.TransportChoice) async throws {
            try await withServer { running in
                let received = try await playAll(running.url(), .small, .test(transport))
                #expect(received == Clip.small.frameIndices)
                #expect(await running.isEmpty())
            }
        }

        @Test(arguments: [ClientConfiguration.TransportChoice.udp, .tcp])
        func `a clip of large frames arrives, every frame as it was`(
            _ transport: ClientConfiguration.TransportChoice
        ) async throws {
            try await withServer(clip: .large) { running in
                let received = try await playAll(running.url(), .large, .test(transport))
                #expect(received == Clip.large.frameIndices)
            }
        }

        @Test(arguments: [ClientConfiguration.TransportChoice.udp, .tcp])
        func `twenty clients at once get every frame`(_ transport: ClientConfiguration.TransportChoice) async throws {
            try await withServer(clip: .sparse) { running in
                let all = try await withThrowingTaskGroup(of: [Int?].self) { group in
                    for _ in 0..<20 {
                        group.addTask { try await playAll(running.url(), .sparse, .test(transport)) }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(all.count == 20)
                for indices in all { #expect(indices == Clip.sparse.frameIndices) }
                #expect(await running.isEmpty())
            }
        }

        @Test func `frames carry their time, and the statistics tell what came`() async throws {
            try await withServer { running in
                try await RTSPClient.withPresentation(at: running.url(), configuration: .test()) { presentation in
                    #expect(presentation.duration == Clip.small.time(of: 40))
                    #expect(presentation.transport.contains("server_port"))
                    #expect(!presentation.isLive)
                    #expect(presentation.frameRate == 100)
                    #expect(presentation.session?.isEmpty == false)
                    #expect(presentation.title == "clip")
                    let times = try await presentation.play { frames in
                        try await frames.reduce(into: []) { $0.append($1.presentationTime) }
                    }
                    #expect(times == Clip.small.frameIndices.map { Clip.small.time(of: $0) })
                    let statistics = await presentation.statistics()
                    #expect(statistics.frames == 40)
                    #expect(statistics.packetsLost == 0)
                    #expect(statistics.incompleteFrames == 0)
                    #expect(statistics.firstFrame != nil)
                }
            }
        }

        @Test(arguments: [ClientConfiguration.TransportChoice.udp, .tcp])
        func `after PAUSE the next frame comes next`(_ transport: ClientConfiguration.TransportChoice) async throws {
            try await withServer { running in
                try await RTSPClient.withPresentation(at: running.url(), configuration: .test(transport)) { presentation in
                    let indices = try await presentation.play { frames in
                        var indices: [Int?] = []
                        for try await frame in frames {
                            indices.append(Clip.small.index(of: frame.image))
                            #expect(frame.presentationTime == indices.last.flatMap { $0 }.map { Clip.small.time(of: $0) })
                            if indices.count == 10 || indices.count == 20 {
                                try await presentation.pause()
                                #expect(running.server.sessionCount == 1)
                                try await presentation.resume()
                            }
                        }
                        return indices
                    }
                    #expect(indices == Clip.small.frameIndices)
                }
            }
        }

        @Test func `leaving a scope pauses, and the next scope goes on there`() async throws {
            try await withServer(clip: .slow) { running in
                try await RTSPClient.withPresentation(at: running.url(), configuration: .test(.tcp)) { presentation in
                    let first = try await presentation.play { frames in
                        var iterator = frames.makeAsyncIterator()
                        var indices: [Int?] = []
                        while indices.count < 5, let frame = try await iterator.next() {
                            indices.append(Clip.small.index(of: frame.image))
                        }
                        return indices
                    }
                    #expect(first == [0, 1, 2, 3, 4])
                    let second = try await presentation.play { frames in
                        try await frames.reduce(into: [Int?]()) { $0.append(Clip.small.index(of: $1.image)) }
                    }
                    // What was on its way when the first scope ended belongs to nobody.
                    let start = try #require(second.first ?? nil)
                    #expect((5..<40).contains(start))
                    #expect(second == Array(start..<40))
                }
            }
        }

        @Test(arguments: [ClientConfiguration.TransportChoice.udp, .tcp])
        func `a jump lands on the frame asked for, while playing and at rest`(
            _ transport: ClientConfiguration.TransportChoice
        ) async throws {
            try await withServer(clip: .slow) { running in
                try await RTSPClient.withPresentation(at: running.url(), configuration: .test(transport)) { presentation in
                    let jumped = try await presentation.play(from: .milliseconds(400)) { frames in
                        var indices: [Int] = []
                        for try await frame in frames {
                            indices.append(try #require(Clip.small.index(of: frame.image)))
                            if indices.count == 5 { try await presentation.resume(from: .milliseconds(1200)) }
                        }
                        return indices
                    }
                    #expect(jumped.starts(with: [10, 11, 12, 13, 14]))
                    let landing = try #require(jumped.firstIndex(of: 30))
                    #expect(Array(jumped[..<landing]) == Array(10..<10 + landing))
                    #expect(Array(jumped[landing...]) == Array(30..<40))
                    let closed = try await presentation.play(from: .milliseconds(200), to: .milliseconds(320)) { frames in
                        try await frames.reduce(into: [Int?]()) { $0.append(Clip.small.index(of: $1.image)) }
                    }
                    #expect(closed == [5, 6, 7])
                }
                #expect(await running.isEmpty())
            }
        }

        @Test func `a slow consumer loses whole frames, never their order`() async throws {
            try await withServer { running in
                let configuration = RTSPClient.Configuration.test(.tcp) { $0.waitingFrames = 2 }
                let indices = try await RTSPClient.withPresentation(at: running.url(), configuration: configuration) {
                    try await $0.play { frames in
                        var indices: [Int] = []
                        for try await frame in frames {
                            indices.append(try #require(Clip.small.index(of: frame.image)))
                            try await Task.sleep(for: .milliseconds(50))
                        }
                        return indices
                    }
                }
                #expect(indices.count < 40)
                #expect(indices == indices.sorted())
                #expect(Set(indices).count == indices.count)
                #expect(indices.suffix(2) == [38, 39])
            }
        }

        @Test(arguments: [ClientConfiguration.TransportChoice.udp, .tcp])
        func `where no frame may wait, all are told as events, and the sequence brings its end alone`(
            _ transport: ClientConfiguration.TransportChoice
        ) async throws {
            try await withServer { running in
                let told = Mutex<[Int?]>([])
                let configuration = RTSPClient.Configuration.test(transport) {
                    $0.waitingFrames = 0
                    $0.onEvent = { event in
                        guard case .frame(let frame) = event else { return }
                        told.withLock { $0.append(Clip.small.index(of: frame.image)) }
                    }
                }
                let brought = try await playAll(running.url(), .small, configuration)
                #expect(brought.isEmpty)
                #expect(told.withLock { $0 } == Clip.small.frameIndices)
                #expect(await running.isEmpty())
            }
        }

        @Test func `describe tells what is there`() async throws {
            try await withServer { running in
                let (description, raw) = try await RTSPClient.describe(running.url())
                #expect(description.media.first?.jpegPayloadType == 26)
                #expect(String(decoding: raw, as: UTF8.self).hasPrefix("v=0"))
                #expect(await running.isEmpty())
            }
        }
    }
}
