import RTSPKit
import Testing

struct LabClientSessionTests {
    typealias Session = LabClientSession
    private let start = LabFixture.start
    private func after(_ seconds: Double) -> ContinuousClock.Instant {
        start.advanced(by: .milliseconds(Int((seconds * 1000).rounded())))
    }

    private func request(
        _ method: RTSPMethod, _ cSeq: Int, session: String? = "123456", _ spelling: LabPortSpelling = .blankAfterEquals
    )
        -> Session.Action
    {
        var request = RTSPRequest(method, url: "movie.Mjpeg", cSeq: cSeq)
        if method != .setup { request.headers["Session"] = session }
        if method == .setup {
            request = RTSPRequest(
                method, url: "movie.Mjpeg", cSeq: cSeq, headers: ["Transport": "RTP/AVP/UDP;unicast;client_port=25000"])
        }
        return .send(request, spelling)
    }

    private func reply(_ cSeq: Int?, _ status: RTSPStatus = .ok, session: String? = "123456") -> RTSPResponse {
        var response = RTSPResponse(status, cSeq: cSeq)
        response.headers["Session"] = session
        return response
    }

    private func new() -> Session { Session(at: start) }

    private func settingUp() throws -> Session {
        var session = new()
        _ = try session.perform(.setup(file: "movie.Mjpeg", clientPort: 25000), at: start)
        return session
    }

    private func ready() throws -> Session {
        var session = try settingUp()
        _ = session.receive(reply(1), at: start)
        return session
    }

    private func asking() throws -> Session {
        var session = try ready()
        _ = try session.perform(.play, at: start)
        return session
    }

    private func playing() throws -> Session {
        var session = try asking()
        _ = session.receive(reply(2), at: start)
        _ = session.mediaArrived(at: start)
        return session
    }

    /// Over the second connection, SETUP sent and PLAY to follow.
    private func retrying() throws -> Session {
        var session = try asking()
        _ = session.advance(to: after(2))
        _ = session.connectionOpened(at: after(2))
        return session
    }

    // MARK: The usual course of things

    @Test func `SETUP, PLAY, PAUSE, PLAY and TEARDOWN are numbered from 1`() throws {
        var session = new()
        #expect(session.state == .initial && session.deadline == nil)
        #expect(try session.perform(.setup(file: "movie.Mjpeg", clientPort: 25000), at: start) == [request(.setup, 1)])
        #expect(session.state == .initial && session.awaitedMethod == .setup)
        #expect(session.deadline == after(2))
        #expect(session.receive(reply(1), at: start) == [.inform(.ready)])
        #expect(session.state == .ready && session.sessionID == "123456" && session.deadline == nil)
        #expect(try session.perform(.play, at: start) == [request(.play, 2)])
        #expect(session.state == .ready)
        #expect(session.receive(reply(2), at: start) == [.inform(.playing)])
        #expect(session.state == .playing && session.deadline == after(2))
        #expect(session.mediaArrived(at: after(0.5)) == [])
        #expect(session.deadline == after(1.5))
        #expect(try session.perform(.pause, at: after(0.6)) == [request(.pause, 3)])
        #expect(session.state == .playing && session.deadline == after(2.6))
        #expect(session.receive(reply(3), at: after(0.7)) == [.inform(.ready)])
        #expect(session.state == .ready && session.deadline == nil)
        #expect(try session.perform(.play, at: after(5)) == [request(.play, 4)])
        #expect(session.receive(reply(4), at: after(5)) == [.inform(.playing)])
        #expect(try session.perform(.teardown, at: after(6)) == [request(.teardown, 5)])
        #expect(session.deadline == after(7))
        #expect(session.receive(reply(5), at: after(6)) == [.close(.tornDown)])
        #expect(session.state == .closed(.tornDown) && session.deadline == nil)
    }

    @Test func `Replies without number and session are replies`() throws {
        var session = try settingUp()
        #expect(session.receive(reply(nil, session: nil), at: start) == [.inform(.ready)])
        #expect(session.sessionID == nil)
        #expect(try session.perform(.play, at: start) == [request(.play, 2, session: nil)])
        #expect(session.receive(reply(nil, session: nil), at: start) == [.inform(.playing)])
        #expect(session.state == .playing)
    }

    @Test func `A reply that answers nothing changes nothing`() throws {
        for session in [new(), try ready(), try playing()] {
            var changed = session
            #expect(changed.receive(reply(1, .internalServerError, session: "999"), at: start) == [])
            #expect(changed == session)
        }
        var session = try asking()
        let before = session
        #expect(session.receive(reply(1), at: start) == [])
        #expect(session == before)
    }

    @Test func `Session 0 is none`() throws {
        var session = try settingUp()
        #expect(session.receive(reply(1, .notFound, session: "0"), at: start) == [.inform(.refused(.setup, .notFound))])
        #expect(session.state == .initial && session.sessionID == nil && session.deadline == nil)
    }

    @Test func `After a refused SETUP another file may be asked for`() throws {
        var session = try settingUp()
        _ = session.receive(reply(1, .notFound), at: start)
        #expect(session.receive(reply(1), at: start) == [])
        #expect(session.state == .initial)
        #expect(try session.perform(.setup(file: "movie.Mjpeg", clientPort: 25000), at: start) == [request(.setup, 2)])
    }

    // MARK: Silence and the other spelling

    @Test func `SETUP without an answer is tried once with the other spelling, over a new connection`() throws {
        var session = try settingUp()
        #expect(session.advance(to: after(1.9)) == [])
        #expect(session.advance(to: after(2)) == [.reconnect(portSpelling: .noBlank)])
        #expect(session.state == .initial && session.deadline == nil && session.portSpelling == .noBlank)
        #expect(session.connectionOpened(at: after(3)) == [request(.setup, 1, .noBlank)])
        #expect(session.deadline == after(5))
        var answered = session
        #expect(answered.receive(reply(1), at: after(3)) == [.inform(.ready)])
        #expect(answered.state == .ready && answered.awaitedMethod == nil)
        #expect(session.advance(to: after(5)) == [.inform(.noSuchMovieOrAnotherDialect), .close(.unanswered)])
        #expect(session.state == .closed(.unanswered))
    }

    @Test func `PLAY without an answer is tried once with the other spelling`() throws {
        var session = try asking()
        #expect(session.advance(to: after(2)) == [.reconnect(portSpelling: .noBlank)])
        #expect(session.state == .initial && session.sessionID == nil)
        #expect(session.connectionOpened(at: after(2)) == [request(.setup, 1, .noBlank)])
        #expect(
            session.receive(reply(1, session: "654321"), at: after(2)) == [
                .inform(.ready), request(.play, 2, session: "654321", .noBlank),
            ])
        #expect(session.state == .ready)
        var answered = session
        #expect(answered.receive(reply(2), at: after(2)) == [.inform(.playing)])
        #expect(answered.mediaArrived(at: after(2)) == [] && answered.state == .playing)
        #expect(session.advance(to: after(4)) == [.inform(.noSuchMovieOrAnotherDialect), .close(.unanswered)])
        #expect(session.state == .closed(.unanswered))
    }

    @Test func `500 to PLAY is tried once with the other spelling`() throws {
        var session = try asking()
        #expect(session.receive(reply(2, .internalServerError), at: start) == [.reconnect(portSpelling: .noBlank)])
        _ = session.connectionOpened(at: start)
        _ = session.receive(reply(1), at: start)
        let refused = Session.Action.inform(.refused(.play, .internalServerError))
        #expect(session.receive(reply(2, .internalServerError), at: start) == [refused])
        #expect(session.state == .ready && session.deadline == nil)
    }

    @Test func `Another refusal of PLAY is reported`() throws {
        var session = try asking()
        #expect(session.receive(reply(2, .notFound), at: start) == [.inform(.refused(.play, .notFound))])
        #expect(session.state == .ready)
    }

    @Test func `No packet after PLAY is tried once with the other spelling, then reported`() throws {
        var session = try asking()
        #expect(session.receive(reply(2), at: start) == [.inform(.playing)])
        #expect(session.advance(to: after(2)) == [.reconnect(portSpelling: .noBlank)])
        _ = session.connectionOpened(at: after(2))
        _ = session.receive(reply(1), at: after(2))
        #expect(session.receive(reply(2), at: after(2)) == [.inform(.playing)])
        #expect(session.advance(to: after(4)) == [.inform(.noMedia)])
        #expect(session.state == .ready && session.deadline == nil)
    }

    @Test func `A connection lost while the spelling is on trial is a failed trial`() throws {
        for session in [try settingUp(), try asking()] {
            var session = session
            #expect(session.connectionClosed(at: start) == [.reconnect(portSpelling: .noBlank)])
            #expect(session.connectionOpened(at: start) == [request(.setup, 1, .noBlank)])
            #expect(session.connectionClosed(at: start) == [.close(.connectionLost)])
            #expect(session.connectionClosed(at: start) == [])
            #expect(session.state == .closed(.connectionLost))
        }
    }

    @Test func `A second connection that cannot be opened ends the session`() throws {
        var session = try asking()
        _ = session.advance(to: after(2))
        #expect(session.connectionClosed(at: after(3)) == [.close(.connectionLost)])
        #expect(session.connectionOpened(at: after(3)) == [])
        #expect(session.state == .closed(.connectionLost))
    }

    @Test func `The spelling that is known to work is tried first`() throws {
        var session = Session(portSpelling: .noBlank, at: start)
        #expect(try session.perform(.setup(file: "movie.Mjpeg", clientPort: 25000), at: start) == [request(.setup, 1, .noBlank)])
        #expect(session.advance(to: after(2)) == [.reconnect(portSpelling: .blankAfterEquals)])
    }

    @Test func `Once media has come the spelling is right`() throws {
        var session = try playing()
        _ = session.advance(to: after(1))
        _ = try session.perform(.play, at: after(1))
        #expect(session.advance(to: after(3)) == [.inform(.unanswered(.play))])
        #expect(session.state == .ready)
        #expect(session.connectionClosed(at: after(3)) == [.close(.connectionLost)])
    }

    // MARK: Media as proof

    @Test func `Media before the answer to PLAY means playing`() throws {
        var session = try asking()
        #expect(session.mediaArrived(at: after(0.2)) == [.inform(.playing)])
        #expect(session.state == .playing && session.awaitedMethod == nil && session.deadline == after(1.2))
        #expect(session.receive(reply(2, .internalServerError), at: after(0.3)) == [])
        #expect(session.state == .playing)
    }

    @Test func `Media that nothing asked for means nothing`() throws {
        for session in [new(), try settingUp(), try ready(), try retrying()] {
            var changed = session
            #expect(changed.mediaArrived(at: after(2)) == [])
            #expect(changed.state == session.state && changed.deadline == session.deadline)
        }
        var session = try playing()
        _ = try session.perform(.pause, at: start)
        _ = session.receive(reply(3), at: start)
        #expect(session.mediaArrived(at: start) == [])
        #expect(session.state == .ready && session.deadline == nil)
    }

    @Test func `A second without media is reported, and media that comes again is playing again`() throws {
        var session = try playing()
        #expect(session.advance(to: after(0.9)) == [])
        #expect(session.advance(to: after(1)) == [.inform(.stalledOrEnded)])
        #expect(session.state == .ready && session.deadline == nil)
        #expect(session.mediaArrived(at: after(3)) == [.inform(.playing)])
        #expect(session.state == .playing && session.deadline == after(4))
    }

    @Test func `After the end PLAY and PAUSE may be tried`() throws {
        var session = try playing()
        _ = session.advance(to: after(1))
        var other = session
        #expect(try session.perform(.play, at: after(2)) == [request(.play, 3)])
        #expect(try other.perform(.pause, at: after(2)) == [request(.pause, 3)])
    }

    // MARK: PAUSE and TEARDOWN

    @Test func `PAUSE without an answer is taken for granted`() throws {
        var session = try playing()
        _ = try session.perform(.pause, at: start)
        #expect(session.mediaArrived(at: after(0.1)) == [])
        #expect(session.advance(to: after(2)) == [.inform(.unanswered(.pause))])
        #expect(session.state == .ready && session.deadline == nil)
    }

    @Test func `A refused PAUSE leaves the movie playing`() throws {
        var session = try playing()
        _ = try session.perform(.pause, at: start)
        #expect(
            session.receive(reply(3, .methodNotValidInThisState), at: after(0.1)) == [
                .inform(.refused(.pause, .methodNotValidInThisState))
            ])
        #expect(session.state == .playing && session.deadline == after(1.1))
    }

    @Test func `TEARDOWN before PLAY only closes`() throws {
        for session in [new(), try settingUp(), try ready(), try retrying()] {
            var session = session
            #expect(try session.perform(.teardown, at: start) == [.close(.tornDown)])
            #expect(session.state == .closed(.tornDown) && session.deadline == nil)
        }
    }

    @Test func `TEARDOWN waits for a second`() throws {
        for var session in [try asking(), try playing()] {
            _ = try session.perform(.teardown, at: start)
            #expect(session.deadline == after(1))
            var closed = session
            #expect(session.advance(to: after(1)) == [.close(.tornDown)])
            #expect(session.state == .closed(.tornDown))
            #expect(closed.connectionClosed(at: after(0.5)) == [.close(.tornDown)])
        }
    }

    // MARK: Wrong use

    @Test func `A command that does not fit is refused and changes nothing`() throws {
        let setup = Session.Command.setup(file: "movie.Mjpeg", clientPort: 25000)
        var closed = new()
        _ = closed.connectionClosed(at: start)
        let cases: [(Session, Session.Command, Session.CommandError.Reason)] = [
            (new(), .play, .notInThisState), (new(), .pause, .notInThisState), (try settingUp(), setup, .busy),
            (try settingUp(), .play, .notInThisState), (try ready(), setup, .notInThisState), (try asking(), .play, .busy),
            (try asking(), .pause, .busy), (try playing(), .play, .notInThisState), (try playing(), setup, .notInThisState),
            (closed, setup, .notInThisState), (closed, .teardown, .notInThisState), (try retrying(), setup, .busy),
            (new(), .setup(file: "..", clientPort: 25000), .badArgument), (new(), .setup(file: "a", clientPort: 0), .badArgument),
            (new(), .setup(file: "a", clientPort: 65536), .badArgument),
            (new(), .setup(file: String(repeating: "x", count: 129), clientPort: 1), .badArgument),
        ]
        for (session, command, reason) in cases {
            var changed = session
            var refusal: Session.CommandError?
            do { _ = try changed.perform(command, at: after(1)) } catch { refusal = error }
            #expect(refusal?.reason == reason && refusal?.state == session.state)
            #expect(changed == session)
        }
    }

    @Test func `Older times count as now`() throws {
        var session = try playing()
        _ = session.mediaArrived(at: after(10))
        #expect(session.advance(to: after(5)) == [])
        #expect(session.mediaArrived(at: after(3)) == [])
        #expect(session.deadline == after(11))
    }

    @Test func `Patience out of range is brought into it`() {
        let patience = Session.Patience(
            answer: .seconds(-1), firstPacket: .seconds(Int64.max), packet: .zero, teardown: .seconds(5))
        #expect(patience.answer == .zero && patience.firstPacket == .seconds(3600))
        #expect(patience.packet == .zero && patience.teardown == .seconds(5))
    }

    // MARK: Every order of events

    @Test func `No order of seven events breaks the promises`() {
        let events: [@Sendable (inout Session, ContinuousClock.Instant) -> [Session.Action]] = [
            { (try? $0.perform(.setup(file: "movie.Mjpeg", clientPort: 25000), at: $1)) ?? [] },
            { (try? $0.perform(.play, at: $1)) ?? [] }, { (try? $0.perform(.pause, at: $1)) ?? [] },
            { (try? $0.perform(.teardown, at: $1)) ?? [] },
            { $0.receive(RTSPResponse(.ok), at: $1) }, { $0.receive(RTSPResponse(.internalServerError), at: $1) },
            { $0.mediaArrived(at: $1) }, { $0.advance(to: $1.advanced(by: .seconds(3))) }, { $0.connectionClosed(at: $1) },
            { $0.connectionOpened(at: $1) },
        ]
        var sessions: [(session: Session, retries: Int)] = [(new(), 0)]
        var seen: Set<Session> = []
        for _ in 0..<7 {
            var following: [(session: Session, retries: Int)] = []
            for (session, retries) in sessions {
                for event in events {
                    var next = session
                    let actions = event(&next, start)
                    let count = retries + actions.count { if case .reconnect = $0 { true } else { false } }
                    check(next, actions, wasClosed: session.isClosed, retries: count)
                    if seen.insert(next).inserted { following.append((next, count)) }
                }
            }
            sessions = following
        }
        #expect(seen.count > 100)
    }

    private func check(_ session: Session, _ actions: [Session.Action], wasClosed: Bool, retries: Int) {
        let closes = actions.contains { if case .close = $0 { true } else { false } }
        #expect(retries <= 1)
        #expect(closes == (session.isClosed && !wasClosed))
        #expect(!wasClosed || actions.isEmpty)
        #expect(!session.isClosed || session.deadline == nil)
        #expect((session.awaitedMethod == nil) || session.deadline != nil)
    }
}

extension LabClientSession {
    fileprivate var isClosed: Bool { if case .closed = state { true } else { false } }
}
