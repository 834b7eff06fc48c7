import RTSPKit
import Testing

private typealias Fixture = SessionFixtures

/// Every method before every other, and every order of events: forking a session is an assignment, so all are driven.
/// One walk after the other, since each takes some hundred megabytes.
@Suite(.serialized) struct ServerSessionSequencesTests {
    static let methods = RTSPMethod.allDefined + [RTSPMethod(rawValue: "FORWARD")]

    @Test(arguments: [SessionPhase.initial, .ready, .playing])
    func `every pair of methods in every state is answered as the table says`(phase: SessionPhase) throws {
        for first in Self.methods {
            for second in Self.methods {
                var session = try Self.session(in: phase)
                var expected: SessionPhase? = phase
                for (cSeq, method) in [(101, first), (102, second)] {
                    let (code, next) = Self.expectation(method, in: expected)
                    let response = try Self.response(to: method, cSeq, of: &session)
                    #expect(response?.cSeq == cSeq, "\(phase): \(first), \(second)")
                    #expect(response?.status.code == code, "\(phase): \(first), \(second)")
                    #expect(session.state.phase == next, "\(phase): \(first), \(second)")
                    expected = next
                }
            }
        }
    }

    @Test func `every sequence of events keeps the promises`() {
        let walk = SequenceWalk.reported("ServerSession", from: ServerSituation(), depth: SequenceDepth.whole(debug: 6))
        #expect(walk.complaints == [])
        #expect(walk.failures == 0)
        #expect(walk.sequences == SequenceDepth.power(ServerStep.allCases.count, walk.depth))
        if walk.depth > 4 { #expect(walk.phases { $0.session.state.phase } == [nil, .initial, .ready, .playing]) }
    }

    @Test(arguments: [[1], []])
    func `every sequence of events keeps the promises of a playing session of two streams`(interleaved: [Int]) {
        var start = ServerSituation(model: ServerModel(interleaved: interleaved))
        let complaints = [.setupVideo, .acceptSetup, .setupAudio, .acceptSetup, .play, .acceptPlay].flatMap { start.take($0) }
        #expect(complaints == [])
        #expect(start.session.state.phase == .playing)
        #expect(start.session.state.streams.count == 2)
        let name = "ServerSession, playing, \(interleaved.isEmpty ? "UDP" : "UDP and interleaved")"
        let walk = SequenceWalk.reported(name, from: start, depth: SequenceDepth.whole(debug: 5))
        #expect(walk.complaints == [])
        #expect(walk.failures == 0)
        #expect(walk.sequences == SequenceDepth.power(ServerStep.allCases.count, walk.depth))
        #expect(walk.phases { $0.session.state.phase } == [nil, .ready, .playing])
    }

    @Test(arguments: [2, 3])
    func `driving each situation once finds what driving each sequence finds`(patience: Int) {
        // A model with more patience than the session complains, which is to be found by both.
        let start = ServerSituation(model: ServerModel(patience: patience))
        let memoized = SequenceWalk.memoized(from: start, depth: 4)
        let plain = SequenceWalk.plain(from: start, depth: 4)
        #expect(memoized.sequences == plain.sequences)
        #expect(memoized.situations == plain.situations)
        #expect(memoized.failures == plain.failures)
        #expect(memoized.complaints.isEmpty == (patience == 2))
        #expect(plain.complaints.isEmpty == (patience == 2))
        #expect(memoized.complaints.first?.hasPrefix("advance, advance: ") != false)
    }

    static func session(in phase: SessionPhase) throws -> ServerSession {
        switch phase {
        case .initial: Fixture.server()
        case .ready: try Fixture.ready()
        case .playing, .recording: try Fixture.playing()
        }
    }

    private static func expectation(_ method: RTSPMethod, in phase: SessionPhase?) -> (code: Int, next: SessionPhase?) {
        guard let phase else { return (454, nil) }
        guard ServerSession.supportedMethods.contains(method), method != .describe else { return (501, phase) }
        guard let next = SessionTransitions.next(method, from: phase) else { return (455, phase) }
        return (200, method == .teardown ? nil : next)
    }

    /// The response to a request, after the owner has said yes to what it was asked.
    private static func response(to method: RTSPMethod, _ cSeq: Int, of session: inout ServerSession) throws -> RTSPResponse? {
        let request = method == .setup ? Fixture.setup(cSeq) : Fixture.request(method, cSeq)
        var actions = session.receive(request, at: Fixture.start)
        switch session.openQuestion {
        case .setup: actions += try session.answer(.setup(.accepted(stream: 0, Fixture.udp)), at: Fixture.start)
        case .play: actions += try session.answer(.play(.accepted(range: nil, rtpInfo: .init(entries: []))), at: Fixture.start)
        case nil: break
        }
        let responses = actions.compactMap { if case .respond(let response) = $0 { response } else { nil } }
        return responses.count == 1 ? responses.first : nil
    }
}
