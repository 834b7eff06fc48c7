import RTSPKit
import Testing

@testable import PlayerModel

@Suite struct PlayerMachineTests {
    private static let setup = PlayerSetup(url: "rtsp://h/x")
    private static let stored = PlayerMachine.Facts(
        title: "x", session: "1", transportHeader: "RTP/AVP;unicast;client_port=1-2", duration: 10, frameRate: 25)
    private static let live = PlayerMachine.Facts(session: "1", transportHeader: "RTP/AVP/TCP;interleaved=0-1", isLive: true)

    private static func ready(_ facts: PlayerMachine.Facts = stored) throws -> PlayerMachine {
        var machine = PlayerMachine()
        #expect(try machine.perform(.setup(setup)) == [.connect(setup)])
        #expect(machine.ready(facts) == [])
        return machine
    }

    private static func playing(_ facts: PlayerMachine.Facts = stored) throws -> PlayerMachine {
        var machine = try ready(facts)
        #expect(try machine.perform(.play) == [.play(from: nil)])
        machine.playing()
        machine.pictureShown()
        return machine
    }

    private static func lost(_ code: PlayerProblem.Code = .lost) -> PlayerProblem { PlayerProblem(code, of: setup) }

    /// The commands that are possible, as the state says.
    private static func possible(_ machine: PlayerMachine) -> Set<String> {
        let can = machine.state.can
        let list = [
            ("setup", can.setup), ("play", can.play), ("pause", can.pause), ("teardown", can.teardown), ("seek", can.seek),
            ("record", can.record), ("retry", can.retry),
        ]
        return Set(list.filter(\.1).map(\.0))
    }

    private static let commands: [(String, SessionCommand)] = [
        ("setup", .setup(setup)), ("play", .play), ("pause", .pause), ("teardown", .teardown), ("seek", .seek(to: .seconds(1))),
        ("record", .record(true)), ("retry", .retry),
    ]

    @Test func `each state allows what belongs to it`() throws {
        #expect(Self.possible(PlayerMachine()) == ["setup"])
        #expect(Self.possible(try Self.ready()) == ["play", "teardown", "seek", "record"])
        #expect(Self.possible(try Self.playing()) == ["pause", "teardown", "seek", "record"])
        #expect(Self.possible(try Self.playing(Self.live)) == ["pause", "teardown", "record"])
    }

    @Test func `what the state does not allow is refused and changes nothing, and the other way round`() throws {
        var settingUp = PlayerMachine()
        _ = try settingUp.perform(.setup(Self.setup))
        var waiting = try Self.playing()
        _ = waiting.broke(Self.lost(), position: nil)
        var failed = PlayerMachine()
        _ = try failed.perform(.setup(Self.setup))
        _ = failed.broke(Self.lost(.notFound), position: nil)
        for machine in [PlayerMachine(), settingUp, try Self.ready(), try Self.playing(), waiting, failed] {
            for (name, command) in Self.commands {
                var copy = machine
                let isRefused = (try? copy.perform(command)) == nil
                #expect(isRefused == !Self.possible(machine).contains(name), "\(name) in \(machine.state)")
                if isRefused { #expect(copy == machine) }
            }
        }
    }

    @Test func `while an answer is awaited only Teardown is possible`() throws {
        for command in [SessionCommand.play, .seek(to: .zero)] {
            var machine = try Self.ready()
            _ = try machine.perform(command)
            #expect(machine.state.busy != nil)
            #expect(Self.possible(machine) == ["teardown", "record"])
        }
    }

    @Test func `an address that is none is told without connecting, and can be tried again`() throws {
        for url in ["", "nonsense", "http://h/x", "rtsps://h/x", "rtsp://user:secret@h/x", "rtsp://h:99999/"] {
            var machine = PlayerMachine()
            #expect(try machine.perform(.setup(.init(url: url))) == [])
            #expect(machine.state.error?.code == .badAddress)
            #expect(machine.state.state == .initial)
            #expect(Self.possible(machine) == ["setup", "retry"])
            #expect(machine.state.url?.contains("secret") == false)
        }
    }

    @Test func `Setup to Teardown`() throws {
        var machine = try Self.ready()
        #expect(machine.state.title == "x" && machine.state.session == "1" && machine.state.transport == "udp")
        #expect(machine.state.duration == 10 && machine.state.frameRate == 25 && !machine.state.live)
        #expect(try machine.perform(.play) == [.play(from: nil)])
        #expect(machine.state.state == .ready && machine.state.busy == .play)
        machine.playing()
        #expect(machine.state.state == .playing && machine.state.busy == nil)
        #expect(!machine.state.can.snapshot)
        machine.pictureShown()
        #expect(machine.state.can.snapshot)
        #expect(try machine.perform(.pause) == [.pause])
        machine.paused()
        #expect(machine.state.state == .ready)
        #expect(try machine.perform(.teardown) == [.tearDown])
        #expect(machine.state.busy == .teardown && Self.possible(machine) == ["record"])
        machine.tornDown()
        #expect(machine.state.state == .initial && machine.state.session == nil && machine.state.duration == nil)
        #expect(machine.state.url == "rtsp://h/x" && Self.possible(machine) == ["setup"])
    }

    @Test func `what comes after Teardown was asked for changes nothing`() throws {
        var machine = try Self.playing()
        _ = try machine.perform(.teardown)
        let before = machine
        machine.playing()
        machine.paused()
        machine.sought()
        machine.refused(.play, Self.lost())
        #expect(machine.ended() == [])
        #expect(machine.broke(Self.lost(), position: nil) == [])
        #expect(machine.ready(Self.stored) == [])
        #expect(machine == before)
    }

    @Test func `a seek leads to the frame that is meant, however its time was rounded`() throws {
        var machine = try Self.ready(.init(transportHeader: "", duration: 10, frameRate: 30))
        for (position, frame) in [(1.233, 37), (1.2333333, 37), (0, 0), (9.967, 299), (10, 299), (5000, 299)] {
            guard case .seek(let target, true)? = try machine.perform(.seek(to: .seconds(position))).first else {
                Issue.record("no seek")
                return
            }
            #expect(Int((target / .seconds(1) * 30).rounded(.down)) == frame)
            machine.sought()
        }
        #expect(machine.state.state == .ready)
        // Between two frames the place itself is kept.
        #expect(try machine.perform(.seek(to: .milliseconds(1250))) == [.seek(to: .milliseconds(1250), staysReady: true)])
    }

    @Test func `at the end Play begins anew, and so does a loop by itself`() throws {
        var machine = try Self.playing()
        #expect(machine.ended() == [])
        #expect(machine.state.ended && machine.state.state == .ready && machine.state.notice?.code == "endOfStream")
        #expect(try machine.perform(.play) == [.play(from: .zero)])
        machine.playing()
        #expect(!machine.state.ended && machine.state.notice == nil)
        machine.pictureShown()
        #expect(try machine.perform(.loop(true)) == [])
        #expect(machine.ended() == [.play(from: .zero)])
        #expect(machine.state.state == .playing && !machine.state.ended)
        machine.playing()
        // A loop without a single picture would never rest.
        #expect(machine.ended() == [])
    }

    @Test func `a refusal is told and the session lives`() throws {
        var machine = try Self.ready()
        _ = try machine.perform(.play)
        machine.refused(.play, Self.lost(.refused))
        #expect(machine.state.state == .ready && machine.state.error?.code == .refused)
        #expect(try machine.perform(.retry) == [.play(from: nil)])
        machine.playing()
        #expect(machine.state.error == nil && !machine.state.can.retry)
    }

    @Test func `a loop whose Play is refused stands still in Ready and can be tried again`() throws {
        var machine = try Self.playing()
        machine.pictureShown()
        _ = try machine.perform(.loop(true))
        #expect(machine.ended() == [.play(from: .zero)])
        machine.refused(.play, Self.lost(.refused))
        #expect(machine.state.state == .ready && machine.state.error?.code == .refused)
        #expect(Self.possible(machine).contains("play") && Self.possible(machine).contains("retry"))
    }

    @Test(arguments: [SessionCommand.pause, .seek(to: .seconds(2))])
    func `what is asked for between two turns of a loop is still to be done when the next one has begun`(
        command: SessionCommand
    ) throws {
        var machine = try Self.playing()
        machine.pictureShown()
        _ = try machine.perform(.loop(true))
        #expect(machine.ended() == [.play(from: .zero)])
        _ = try machine.perform(command)
        let busy = machine.state.busy
        #expect(busy != nil)
        machine.playing()
        #expect(machine.state.busy == busy && machine.state.state == .playing)
    }

    @Test func `a Pause that is under way at the end is not overrun by a loop`() throws {
        var machine = try Self.playing()
        machine.pictureShown()
        _ = try machine.perform(.loop(true))
        _ = try machine.perform(.pause)
        #expect(machine.ended() == [])
        #expect(machine.state.state == .ready && machine.state.busy == nil && machine.state.ended)
        machine.refused(.pause, Self.lost(.other))
        #expect(machine.state.error == nil)
    }

    @Test func `a recording that is on is not begun anew`() throws {
        var machine = try Self.ready()
        #expect(try machine.perform(.record(true)) == [.record(true)])
        machine.recorded(.init(on: true, frames: 3, bytes: 9, tooLongForLab: 0, stopped: nil))
        #expect(throws: CommandRefusal.self) { try machine.perform(.record(true)) }
        #expect(try machine.perform(.record(false)) == [.record(false)])
    }

    @Test func `a first Setup that fails is not repeated by itself`() throws {
        var machine = PlayerMachine()
        _ = try machine.perform(.setup(Self.setup))
        #expect(machine.broke(Self.lost(.lost), position: nil) == [])
        #expect(machine.state.state == .initial && machine.state.reconnect == nil && machine.state.error?.code == .lost)
        #expect(Self.possible(machine) == ["setup", "retry"])
        #expect(try machine.perform(.retry) == [.connect(Self.setup)])
        #expect(machine.state.busy == .setup)
        #expect(machine.ready(Self.stored) == [])
        #expect(machine.state.error == nil && machine.state.state == .ready)
    }

    @Test func `a server that was there is come back to, further and further apart`() throws {
        var machine = try Self.playing()
        for (attempt, delay) in [1, 2, 4, 8, 15, 30, 30].enumerated() {
            let problem = Self.lost(attempt == 0 ? .lost : .serverRefused)
            #expect(machine.broke(problem, position: .seconds(3)) == [.wait(.seconds(delay))])
            #expect(machine.state.reconnect == .init(attempt: attempt + 1, in: Double(delay)))
            #expect(machine.state.notice?.code == "reconnecting" && machine.state.error?.code == problem.code)
            #expect(machine.state.error?.message.hasPrefix("The server went away") == true)
            #expect(Self.possible(machine) == ["teardown", "retry"])
            #expect(try machine.perform(.retry) == [.hurry])
            #expect(machine.attempt() == [.connect(Self.setup)])
            #expect(machine.state.busy == .reconnect && Self.possible(machine) == ["teardown"])
        }
        #expect(machine.ready(Self.stored) == [.play(from: .seconds(3))])
        #expect(machine.state.notice == nil && machine.state.error == nil)
        machine.playing()
        #expect(machine.state.state == .playing && machine.state.busy == nil)
        // A server that breaks again before a picture came is not thought well of yet.
        #expect(machine.broke(Self.lost(), position: nil) == [.wait(.seconds(30))])
        _ = machine.attempt()
        _ = machine.ready(Self.stored)
        machine.playing()
        machine.pictureShown()
        #expect(machine.broke(Self.lost(), position: nil) == [.wait(.seconds(1))])
    }

    @Test func `live media goes on from now, and what was paused stays so`() throws {
        var machine = try Self.playing(Self.live)
        _ = machine.broke(Self.lost(), position: .seconds(3))
        _ = machine.attempt()
        #expect(machine.ready(Self.live) == [.play(from: nil)])
        var paused = try Self.ready()
        #expect(paused.broke(Self.lost(), position: nil) == [.wait(.seconds(1))])
        _ = paused.attempt()
        #expect(paused.ready(Self.stored) == [])
        #expect(paused.state.state == .ready && paused.state.busy == nil)
    }

    @Test func `Teardown ends also the attempts to come back`() throws {
        var machine = try Self.playing()
        _ = machine.broke(Self.lost(), position: nil)
        #expect(try machine.perform(.teardown) == [.tearDown])
        #expect(machine.attempt() == [])
        machine.tornDown()
        #expect(machine.state.error == nil && machine.state.notice == nil && Self.possible(machine) == ["setup"])
    }

    @Test func `where never a picture came none is waited for again`() throws {
        var machine = try Self.ready()
        _ = try machine.perform(.play)
        machine.playing()
        #expect(machine.broke(Self.lost(.noMedia), position: nil) == [])
        #expect(machine.state.error?.code == .noMedia && Self.possible(machine) == ["setup", "retry"])
        // Trying again plays again.
        #expect(try machine.perform(.retry) == [.connect(Self.setup)])
        #expect(machine.ready(Self.stored) == [.play(from: nil)])
        var stalled = try Self.playing()
        #expect(stalled.broke(Self.lost(.noMedia), position: nil) == [.wait(.seconds(1))])
    }

    @Test func `falling back to TCP is told while it is tried and after`() throws {
        var machine = try Self.playing()
        machine.fallingBack(reason: "no packets arrive over UDP")
        #expect(
            machine.state.notice
                == .init(
                    code: "fallingBack", text: "No packets arrive over UDP, so TCP is being tried."))
        machine.agreed(transport: "RTP/AVP/TCP;unicast;interleaved=0-1", session: "2")
        #expect(machine.state.transport == "tcp" && machine.state.session == "2")
        #expect(machine.state.notice?.text == "No packets arrived over UDP, so TCP is used.")
    }

    @Test func `what a server says is made fit to be shown`() throws {
        let machine = try Self.ready(.init(title: "<b>\u{0}\u{202E}x", session: "a\r\nb", transportHeader: "RTP/AVP\u{7}"))
        #expect(machine.state.title == "<b> x" && machine.state.session == "a b" && machine.state.transportHeader == "RTP/AVP")
    }
}
