import MJPEGSource
import RTPTransport
import RTSPKit
import RTSPTestKit
import Synchronization
import Testing

@testable import RTSPNIO

/// The flights that were handed over.
private final class Flights: Sendable {
    private let list = Mutex<[Transcript]>([])
    var all: [Transcript] { list.withLock { $0 } }
    func append(_ flight: Transcript) { list.withLock { $0.append(flight) } }
}

/// What a client showed.
private final class Shown: Sendable {
    private let list = Mutex<[PlayoutFrame]>([])
    var all: [PlayoutFrame] { list.withLock { $0 } }
    func append(_ event: ClientEvent) {
        if case .frame(let frame) = event { list.withLock { $0.append(frame) } }
    }
}

extension RTSPNIOTests {
    @Suite struct FlightTests {
        private static let client = Transcript.Machine(.client, 1)
        private static let server = Transcript.Machine(.server, 1)

        private static func written(_ flights: Flights) throws -> Transcript {
            #expect(flights.all.count == 1)
            let text = try #require(flights.all.first).text
            #expect(!text.contains("secret"))
            return try Transcript(parsing: text, start: .now)
        }

        @Test(arguments: [ClientConfiguration.TransportChoice.udp, .tcp])
        func `both sides' flights replay, and the client's shows the same frames`(
            _ transport: ClientConfiguration.TransportChoice
        ) async throws {
            let (ofClient, ofServer, shown) = (Flights(), Flights(), Shown())
            let configuration = RTSPServer.Configuration.test {
                $0.flightRecording = FlightRecording()
                $0.onFlight = { _, flight in ofServer.append(flight) }
            }
            try await withServer(configuration) { running in
                let url = running.url().replacing("rtsp://", with: "rtsp://admin:secret@")
                let indices = try await playAll(
                    url, .small,
                    .test(transport) {
                        $0.flightRecording = FlightRecording(mediaBytes: 1 << 24)
                        $0.onFlight = { ofClient.append($0) }
                        $0.onEvent = { shown.append($0) }
                    })
                #expect(indices == Clip.small.frameIndices)
                #expect(ofClient.all.count == 1)
                #expect(await running.isEmpty())
            }
            let replay = TranscriptReplay(of: try Self.written(ofClient), comparing: .conversation)
            #expect(replay.differences.map(\.description) == [])
            #expect(replay.frames(of: Self.client).map(\.image) == shown.all.map(\.image))
            #expect(replay.frames(of: Self.client).map(\.mediaTime) == shown.all.map(\.mediaTime))

            let flight = try Self.written(ofServer)
            #expect(flight.presentations.map(\.path) == ["/clip"])
            let served = TranscriptReplay(of: flight, comparing: .conversation)
            #expect(served.differences.map(\.description) == [])
            // With the media at hand the packets are counted alike as well.
            let source = ["/clip": Presentation.stored(StoredPresentation(name: "clip", source: ClipSource(.small)))]
            let exact = TranscriptReplay(of: flight, presentations: source, comparing: .conversation)
            let summaries = exact.serverEvents[Self.server]?.map(\.summary)
            let told = flight.entries.compactMap { if case .event(let text) = $0.what { text } else { nil } }
            #expect(summaries == told)
        }

        @Test(arguments: [ControlDialect.standard, .lab])
        func `a flight with live media replays with stand-ins`(_ dialect: ControlDialect) async throws {
            let (ofServer, mailbox) = (Flights(), FrameMailbox())
            let server = RTSPServer(
                configuration: .test {
                    $0.flightRecording = FlightRecording()
                    $0.onFlight = { _, flight in ofServer.append(flight) }
                })
            try server.offer(.live(mailbox, framesPerSecond: 20), at: "/camera")
            try await running(server) { running in
                let posting = Task {
                    for index in 0... {
                        mailbox.post(Clip.small.images[index % Clip.small.images.count])
                        try await Task.sleep(for: .milliseconds(30))
                    }
                }
                defer { posting.cancel() }
                let configuration = RTSPClient.Configuration.test { $0.dialect = dialect }
                try await RTSPClient.withPresentation(at: running.url("camera"), configuration: configuration) { presentation in
                    try await presentation.play { frames in
                        var count = 0
                        for try await _ in frames {
                            count += 1
                            if count == 8 { break }
                        }
                        #expect(count == 8)
                    }
                }
                #expect(await running.isEmpty())
            }
            let flight = try Self.written(ofServer)
            #expect(flight.entries.contains { if case .input(.outlinedFrame) = $0.what { true } else { false } })
            let replay = TranscriptReplay(of: flight, comparing: .conversation)
            #expect(replay.differences.map(\.description) == [])
            let ended = replay.serverEvents[Self.server]?.compactMap { event -> SessionReport? in
                if case .sessionEnded(let report, _) = event { report } else { nil }
            }
            #expect(ended?.first.map { $0.framesSent >= 8 } == true)
        }

        @Test func `a flight is handed over also where play fails`() async throws {
            let (flights, ofServer) = (Flights(), Flights())
            try await withServer(
                .test {
                    $0.flightRecording = FlightRecording()
                    $0.onFlight = { _, flight in ofServer.append(flight) }
                }
            ) { running in
                let code = await RTSPError.Code.thrown {
                    _ = try await playAll(
                        running.url("nothing"), .small,
                        .test {
                            $0.flightRecording = FlightRecording()
                            $0.onFlight = { flights.append($0) }
                        })
                }
                #expect(code == .notFound)
                #expect(flights.all.count == 1)
            }
            let replay = TranscriptReplay(of: try Self.written(flights), comparing: .conversation)
            #expect(replay.differences.isEmpty)
            let last = replay.clientEvents[Self.client]?.last
            #expect(last?.summary.contains("404") == true)
            #expect(TranscriptReplay(of: try Self.written(ofServer), comparing: .conversation).differences.isEmpty)
        }

        @Test func `the server hands over every flight also when it stops`() async throws {
            let flights = Flights()
            try await withServer(
                .test {
                    $0.flightRecording = FlightRecording()
                    $0.onFlight = { _, flight in flights.append(flight) }
                }, clip: .slow
            ) { running in
                try await RTSPClient.withPresentation(at: running.url(), configuration: .test(.tcp)) { presentation in
                    try? await presentation.play { frames in
                        for try await _ in frames {
                            running.stop()
                            break
                        }
                        for try await _ in frames {}
                    }
                }
                #expect(await eventually { flights.all.count == 1 })
            }
            let flight = try Self.written(flights)
            #expect(flight.entries.contains { $0.what == .input(.shutDown) })
            #expect(TranscriptReplay(of: flight, comparing: .conversation).differences.map(\.description) == [])
        }
    }
}
