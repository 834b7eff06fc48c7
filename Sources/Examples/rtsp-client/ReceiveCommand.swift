import ArgumentParser
import RTSPKit
import RTSPNIO

/// Many streams at once, for nothing but the figures: how a server and a network bear the load, and what receiving costs.
struct ReceiveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "receive",
        abstract: "Receives one or many streams to whole frames, shows none, and says what came and what it cost.",
        discussion: "With several URLs the streams take turns at them. Counting begins after the time to warm up.")

    @Argument(help: "rtsp://host[:port]/path, one or several")
    var urls: [String]
    @Option(help: "How many streams at once; by default as many as URLs.")
    var streams: Int?
    @Option(help: "How many seconds count.")
    var seconds: Double = 10
    @Option(name: .customLong("warm-up"), help: "How many seconds go before those that count.")
    var warmUp: Double = 2
    @Option(help: "auto tries UDP and falls back to TCP.")
    var transport: ClientConfiguration.TransportChoice = .auto
    @Option(help: "How many event loops, each a thread, share the streams.")
    var loops = 1
    @Option(help: "Milliseconds that datagrams may gather before they are read; 0 reads them as they come.")
    var gather: Int?
    @Flag(help: "Print one JSON object.")
    var json = false

    mutating func validate() throws {
        if urls.isEmpty { throw ValidationError("a URL is needed") }
        if let streams, !(1...100_000).contains(streams) { throw ValidationError("--streams must be 1 to 100000") }
        if !(0.1...1e7).contains(seconds) { throw ValidationError("--seconds must be at least 0.1") }
        if !(0...1e7).contains(warmUp) { throw ValidationError("--warm-up must be 0 or more") }
        if let gather, !(0...40).contains(gather) { throw ValidationError("--gather must be 0 to 40") }
        if !(1...1024).contains(loops) { throw ValidationError("--loops must be 1 to 1024") }
    }

    func run() async throws {
        // With many streams there is always something to read: then it pays to read rarely, and much.
        let gathering = gather ?? ((streams ?? urls.count) / loops >= 4 ? 20 : 0)
        let reception = try await RTSPClient.withEventLoops(
            loops, gathering: gathering > 0 ? .milliseconds(gathering) : nil
        ) { await receive(on: $0) }
        say(json ? reception.json : reception.text)
        if let failure = reception.failure { throw failure.leave() }
    }

    private func receive(on eventLoops: RTSPClient.EventLoops) async -> Reception {
        let begin = ContinuousClock.now + .seconds(warmUp)
        let end = begin + .seconds(seconds)
        let executor = loops == 1 ? eventLoops.makeTaskExecutor() : nil
        var reception = Reception(transport: transport, seconds: seconds)
        await withTaskGroup(of: StreamReception.self) { group in
            for index in 0..<(streams ?? urls.count) {
                let url = urls[index % urls.count]
                group.addTask(executorPreference: executor) {
                    await StreamReception(of: url, over: transport, on: eventLoops, from: begin, to: end)
                }
            }
            try? await Task.sleep(until: begin)
            let before = ProcessCost.now
            try? await Task.sleep(until: end)
            reception.cost = .now - before
            for await stream in group { reception.streams.append(stream) }
        }
        return reception
    }
}
