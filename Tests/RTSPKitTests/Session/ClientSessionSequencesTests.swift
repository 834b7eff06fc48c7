import RTSPKit
import Testing

private typealias Fixture = SessionFixtures

/// Every command in every state, and every order of events. One walk after the other, since each takes some hundred megabytes.
@Suite(.serialized) struct ClientSessionSequencesTests {
    static let commands: [(ClientSession.Command, RTSPMethod)] = [
        (.options, .options), (.describe, .describe), (Fixture.setupCommand, .setup), (.play(nil), .play), (.pause, .pause),
        (.teardown, .teardown), (.keepAlive, .options),
    ]

    @Test(arguments: [SessionPhase.initial, .ready, .playing])
    func `every command in every state is taken or thrown back as the table says, and its success moves as it says`(
        phase: SessionPhase
    ) throws {
        for (command, method) in Self.commands {
            let before = try Self.session(in: phase)
            var session = before
            guard let next = SessionTransitions.next(method, from: phase) else {
                #expect(
                    throws: ClientSession.CommandError(
                        problem: .notValidInThisState, command: command, state: before.state)
                ) { _ = try session.perform(command, at: Fixture.start) }
                #expect(session == before)
                continue
            }
            let actions = try session.perform(command, at: Fixture.start)
            if case .send(let request) = actions.first {
                #expect(session.state == before.state, "\(command): moved before the answer")
                _ = session.receive(Self.success(request), at: Fixture.start)
            }
            #expect(session.state.phase == (command == .teardown ? nil : next), "\(command) in \(phase)")
        }
    }

    @Test(arguments: [false, true])
    func `every sequence of events keeps the promises`(isStrict: Bool) {
        let start = ClientSituation(model: ClientModel(isStrict: isStrict))
        let name = "ClientSession, \(isStrict ? "strict" : "lenient")"
        let walk = SequenceWalk.reported(name, from: start, depth: SequenceDepth.whole(debug: isStrict ? 6 : 7))
        #expect(walk.complaints == [])
        #expect(walk.failures == 0)
        #expect(walk.sequences == SequenceDepth.power(ClientStep.allCases.count, walk.depth))
        if walk.depth > 4 { #expect(walk.phases { $0.session.state.phase } == [nil, .initial, .ready, .playing]) }
    }

    @Test(arguments: [false, true])
    func `every sequence of events keeps the promises of a playing session`(isStrict: Bool) {
        var start = ClientSituation(model: ClientModel(isStrict: isStrict))
        let complaints = [.setup, .succeedOldest, .play, .succeedOldest].flatMap { start.take($0) }
        #expect(complaints == [])
        #expect(start.session.state.phase == .playing)
        let name = "ClientSession, playing, \(isStrict ? "strict" : "lenient")"
        let walk = SequenceWalk.reported(name, from: start, depth: SequenceDepth.whole(debug: 5))
        #expect(walk.complaints == [])
        #expect(walk.failures == 0)
        #expect(walk.sequences == SequenceDepth.power(ClientStep.allCases.count, walk.depth))
        #expect(walk.phases { $0.session.state.phase } == [nil, .ready, .playing])
    }

    @Test(arguments: [5, 7])
    func `driving each situation once finds what driving each sequence finds`(patience: Int) {
        // A model with more patience than the session complains, which is to be found by both.
        let start = ClientSituation(model: ClientModel(patience: patience))
        let memoized = SequenceWalk.memoized(from: start, depth: 4)
        let plain = SequenceWalk.plain(from: start, depth: 4)
        #expect(memoized.sequences == plain.sequences)
        #expect(memoized.situations == plain.situations)
        #expect(memoized.failures == plain.failures)
        #expect(memoized.complaints.isEmpty == (patience == 5))
        #expect(plain.complaints.isEmpty == (patience == 5))
    }

    static func session(in phase: SessionPhase) throws -> ClientSession {
        switch phase {
        case .initial: Fixture.client()
        case .ready: try Fixture.readyClient()
        case .playing, .recording: try Fixture.playingClient()
        }
    }

    private static func success(_ request: RTSPRequest) -> RTSPResponse {
        request.method == .setup ? Fixture.setupAnswer(request.cSeq ?? 0) : Fixture.answer(.ok, request.cSeq)
    }
}
