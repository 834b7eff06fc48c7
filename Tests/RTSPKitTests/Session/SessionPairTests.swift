import RTSPKit
import Testing

private typealias Fixture = SessionFixtures

/// A client and a server, each fed with what the other says.
@Suite struct SessionPairTests {
    @Test func `a client and a server go through a session together and agree at every step`() throws {
        var pair = Pair()
        try pair.perform(.options)
        try pair.perform(Fixture.setupCommand)
        try pair.perform(.setup(url: Fixture.audio, stream: 1, offers: [Fixture.offer]))
        #expect(pair.client.state == .ready(Fixture.bothStreams))
        #expect(pair.server.state == .ready(Fixture.bothStreams))
        try pair.perform(.play(.from(.seconds(5))))
        #expect(pair.client.state == .playing(Fixture.bothStreams, Fixture.playback))
        #expect(pair.server.state == .playing(Fixture.bothStreams, Fixture.playback))
        try pair.perform(.pause)
        #expect(pair.client.state == .ready(Fixture.bothStreams))
        try pair.perform(.play(nil))
        try pair.perform(.keepAlive)
        try pair.perform(.teardown)
        #expect(pair.client.state == .closed(.teardown))
        #expect(pair.server.state == .closed(.teardown))
        #expect(
            pair.media == [
                .start(range: Fixture.wholeRange), .pause, .start(range: Fixture.wholeRange), .stop,
            ])
        #expect(pair.refusals == [])
    }

    @Test func `keep-alives hold a session open for an hour, and without them it is gone in a minute`() throws {
        var pair = Pair()
        try pair.perform(.options)
        try pair.perform(Fixture.setupCommand)
        try pair.perform(.play(nil))
        var silent = pair
        for _ in 0..<120 { try pair.advance(to: try #require(pair.client.deadline)) }
        #expect(pair.time == Fixture.after(3600))
        #expect(pair.server.state.phase == .playing)
        #expect(pair.client.unansweredKeepAlives == 0)
        silent.isCut = true
        try silent.advance(to: Fixture.after(60))
        #expect(silent.server.state == .closed(.timedOut))
    }

    @Test func `whatever a client commands in whatever order, the server refuses nothing`() throws {
        let commands: [ClientSession.Command] = [
            .options, Fixture.setupCommand, .play(nil), .play(.from(.seconds(1))), .pause, .keepAlive, .teardown,
        ]
        var taken = 0
        func visit(_ pair: Pair, left: Int) throws {
            guard left > 0 else { return }
            for command in commands {
                var next = pair
                guard (try? next.perform(command)) != nil else { continue }
                taken += 1
                #expect(next.refusals == [])
                #expect(next.client.state.phase == next.server.state.phase || command == .teardown)
                try visit(next, left: left - 1)
            }
        }
        try visit(Pair(), left: 5)
        #expect(taken > 1000)
    }

    private struct Pair {
        var client = Fixture.client()
        var server = Fixture.server()
        var time = Fixture.start
        var media: [ServerSession.MediaCommand] = []
        var refusals: [RTSPStatus] = []
        /// Nothing arrives any more.
        var isCut = false

        mutating func perform(_ command: ClientSession.Command) throws {
            try carry(try client.perform(command, at: time))
        }

        mutating func advance(to time: ContinuousClock.Instant) throws {
            self.time = time
            try carry(client.advance(to: time))
            try carry(server.advance(to: time))
        }

        private mutating func carry(_ actions: [ClientSession.Action]) throws {
            for case .send(let request) in actions where !isCut { try carry(server.receive(request, at: time)) }
        }

        private mutating func carry(_ actions: [ServerSession.Action]) throws {
            for action in actions {
                switch action {
                case .ask(.setup(let question)):
                    let stream = question.url == Fixture.audio ? 1 : 0
                    try carry(server.answer(.setup(.accepted(stream: stream, Fixture.udp)), at: time))
                case .ask(.play):
                    try carry(server.answer(.play(.accepted(range: Fixture.wholeRange, rtpInfo: Fixture.info)), at: time))
                case .respond(let response):
                    if !response.status.isSuccess { refusals.append(response.status) }
                    try carry(client.receive(response, at: time))
                case .media(let command): media.append(command)
                case .closed: break
                }
            }
        }
    }
}
