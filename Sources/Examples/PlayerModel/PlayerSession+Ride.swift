internal import Foundation
internal import RTSPKit
internal import RTSPNIO
internal import Synchronization

/// One connection to a server: what commands need while it lasts.
struct Stage {
    /// Where to begin to play.
    struct Start {
        var position: Duration?
        /// One frame is wanted, and then a pause.
        var isPreview = false
    }

    /// The presentation, once it is set up.
    var presentation: RTSPPresentation?
    /// Whether a PLAY has been answered whose frames have not ended: playing, or halted in between.
    var isInPlay = false
    /// Where to begin to play, one after the other.
    var starts: AsyncStream<Start>.Continuation?
    /// The command that the server is to answer.
    var order: Task<Void, Never>?
    /// The jump that the server is to answer.
    var jump: Start?
    /// Frames before or far after this come from before a jump.
    var expected: Duration?
    /// How many such frames were passed over.
    var unexpected = 0
    /// The next frame is to be shown, and then a pause.
    var isPreviewing = false
    /// The one frame is shown: others wait for Play.
    var isHolding = false
    var held: [RTSPFrame] = []
    /// What was asked for between the end of a loop's turn and the answer to its PLAY.
    var wantsPause = false
    var wantsJump: Start?
    /// Where Play goes on after the stream has ended behind the one frame.
    var resumption: Duration?
    /// The wait before the next attempt.
    var wait: Task<Void, Never>?

    func hurry() { wait?.cancel() }
}

extension PlayerSession {
    // MARK: The connection

    func connect(_ setup: PlayerSetup) {
        guard ride == nil else { return }
        shown = Shown(picture: nil)
        ride = Task { await self.ride(setup) }
    }

    /// Connects, and comes back where the server goes away, until it is cancelled or fails.
    private func ride(_ first: PlayerSetup) async {
        var next: PlayerSetup? = first
        while let setup = next, !Task.isCancelled {
            next = nil
            let problem = await visit(setup)
            if Task.isCancelled { break }
            guard let problem = problem ?? (hasEndedEarly ? PlayerProblem(.lost, of: setup) : nil) else {
                machine.closedByServer()
                break
            }
            let effects = machine.broke(problem, position: shown.position)
            publish()
            guard case .wait(let delay)? = effects.first else { break }
            await wait(delay)
            if Task.isCancelled { break }
            if case .connect(let again)? = machine.attempt().first { next = again }
            publish()
        }
        recording?.stop()
        if Task.isCancelled { machine.tornDown() }
        if let recording { machine.recorded(recording.state) }
        ride = nil
        publish()
    }

    /// Whether a server that closed the connection in order went away before its time.
    private var hasEndedEarly: Bool {
        guard let duration = machine.state.duration else { return machine.state.live }
        return (shown.position ?? .zero) / .seconds(1) < duration - 1
    }

    private func wait(_ delay: Duration) async {
        let sleep = configuration.clock.sleep
        let wait = Task { _ = try? await sleep(delay) }
        stage.wait = wait
        await withTaskCancellationHandler {
            await wait.value
        } onCancel: {
            wait.cancel()
        }
        stage.wait = nil
    }

    /// One connection, from connecting to its end.
    /// - Returns: what went wrong; `nil` where the server ended it in order, or it was cancelled.
    private func visit(_ setup: PlayerSetup) async -> PlayerProblem? {
        stage = Stage()
        let relay = EventRelay()
        let reading = Task { for await event in relay.events { self.take(event, setup) } }
        var problem: PlayerProblem?
        do {
            try await RTSPClient.withPresentation(at: setup.url, configuration: clientConfiguration(setup, relay)) {
                try await self.hold($0, setup, relay)
            }
        } catch {
            problem = PlayerProblem(error, of: setup)
        }
        relay.finish()
        await reading.value
        stage.order?.cancel()
        stage = Stage()
        return problem
    }

    /// The presentation is set up: plays it as often as it is wanted.
    private func hold(_ presentation: RTSPPresentation, _ setup: PlayerSetup, _ relay: EventRelay) async throws {
        let (starts, continuation) = AsyncStream.makeStream(of: Stage.Start.self, bufferingPolicy: .bufferingNewest(1))
        stage.starts = continuation
        stage.presentation = presentation
        carryOut(machine.ready(facts(of: presentation)))
        publish()
        if relay.isClosed { continuation.finish() }
        for await start in starts {
            do {
                try await playOut(presentation, start)
            } catch let error as RTSPError where Self.isRefusal(error) && !relay.isClosed {
                stage.isInPlay = false
                (stage.wantsPause, stage.wantsJump) = (false, nil)
                machine.refused(start.isPreview ? .seek(to: start.position ?? .zero) : .play, PlayerProblem(error, of: setup))
                publish()
                continue
            }
            if Task.isCancelled || relay.isClosed { break }
            await afterPlay()
        }
        if let failure = relay.failure { throw PlayerProblem(failure, of: setup) }
    }

    /// Plays until the stream ends, or the session does.
    private func playOut(_ presentation: RTSPPresentation, _ start: Stage.Start) async throws {
        try await presentation.play(from: start.position) { frames in
            self.stage.isInPlay = true
            self.stage.isPreviewing = start.isPreview
            self.stage.isHolding = false
            self.stage.resumption = nil
            self.stage.unexpected = 0
            self.stage.expected = start.isPreview ? start.position : nil
            if !start.isPreview { self.machine.playing() }
            self.publish()
            self.catchUp()
            for try await frame in frames { self.take(frame) }
        }
    }

    /// A loop has begun anew: what was asked for meanwhile is done now.
    private func catchUp() {
        let (jump, isPause) = (stage.wantsJump?.position, stage.wantsPause)
        (stage.wantsPause, stage.wantsJump) = (false, nil)
        if let jump { seek(to: jump, staysReady: false) } else if isPause { pause() }
    }

    private func afterPlay() async {
        stage.isInPlay = false
        // A jump that was asked for just before the end: it begins anew.
        if let jump = stage.jump {
            await stage.order?.value
            stage.jump = nil
            stage.starts?.yield(jump)
            return
        }
        // Frames that waited for Play were the last ones; they can be had again.
        if stage.isHolding, let next = stage.held.first?.presentationTime {
            stage.held = []
            stage.resumption = machine.target(next)
            machine.paused()
        } else {
            carryOut(machine.ended())
        }
        if let recording { machine.recorded(recording.state) }
        publish()
    }

    static func isRefusal(_ error: RTSPError) -> Bool { error.code == .refused || error.code == .invalidState }

    // MARK: Commands

    func play(from position: Duration?) {
        shown.playAsked = shown.playAsked ?? configuration.clock.now()
        guard let presentation = stage.presentation, stage.isInPlay else {
            stage.starts?.yield(.init(position: position ?? stage.resumption))
            return
        }
        stage.isPreviewing = false
        order(.play) { session in
            await session.letGo()
            try await presentation.resume(from: position)
            await session.answered { $0.playing() }
        }
    }

    func pause() {
        guard let presentation = stage.presentation else { return }
        guard stage.isInPlay else {
            stage.wantsPause = true
            return
        }
        order(.pause) { session in
            try await presentation.pause()
            await session.answered { $0.paused() }
        }
    }

    func seek(to position: Duration, staysReady: Bool) {
        shown.clearRates()
        let start = Stage.Start(position: position, isPreview: staysReady)
        guard let presentation = stage.presentation, stage.isInPlay else {
            if staysReady { stage.starts?.yield(start) } else { stage.wantsJump = start }
            return
        }
        stage.jump = start
        stage.expected = position
        stage.unexpected = 0
        stage.held = []
        stage.isHolding = false
        stage.isPreviewing = staysReady
        order(.seek(to: position)) { session in
            try await presentation.resume(from: position)
            await session.jumped(staysReady: staysReady)
        }
    }

    private func jumped(staysReady: Bool) {
        stage.jump = nil
        // While Ready the answer is complete with the picture.
        if !staysReady { answered { $0.sought() } }
    }

    private func answered(_ change: (inout PlayerMachine) -> Void) {
        change(&machine)
        publish()
    }

    /// Frames that waited for Play are shown.
    private func letGo() {
        stage.isHolding = false
        for frame in stage.held { show(frame) }
        stage.held = []
    }

    /// Asks the server without holding up anybody else.
    private func order(_ command: SessionCommand, _ body: @escaping @Sendable (PlayerSession) async throws -> Void) {
        let before = stage.order
        stage.order = Task {
            await before?.value
            do {
                try await body(self)
            } catch {
                self.failed(command, error)
            }
        }
    }

    private func failed(_ command: SessionCommand, _ error: any Error) {
        stage.jump = nil
        stage.expected = nil
        stage.isPreviewing = false
        // Where the session is over, its end is told by the frames.
        guard let error = error as? RTSPError, Self.isRefusal(error), let setup = machine.setup, stage.presentation != nil else {
            return
        }
        machine.refused(command, PlayerProblem(error, of: setup))
        publish()
    }

    // MARK: Frames

    private func take(_ frame: RTSPFrame) {
        guard isExpected(frame) else { return }
        guard !stage.isHolding else {
            if stage.held.count < 64 { stage.held.append(frame) }
            return
        }
        show(frame)
        guard stage.isPreviewing, let presentation = stage.presentation else { return }
        stage.isPreviewing = false
        stage.isHolding = true
        stage.held = []
        order(.seek(to: frame.presentationTime)) { session in
            do {
                try await presentation.pause()
            } catch let error as RTSPError where error.code == .invalidState {
                // The stream has ended meanwhile.
            }
            await session.answered { $0.sought() }
        }
    }

    /// Whether a frame is from after the jump that was asked for last.
    private func isExpected(_ frame: RTSPFrame) -> Bool {
        guard let expected = stage.expected else { return true }
        let interval = Duration.seconds(1 / max(machine.state.frameRate ?? 2, 0.01))
        let isNear =
            frame.presentationTime > expected - interval * 1.5
            && frame.presentationTime < expected + max(.seconds(1), interval * 1.5)
        stage.unexpected += 1
        // A server that goes elsewhere is believed in the end.
        guard isNear || stage.unexpected > 20 else { return false }
        stage.expected = nil
        return true
    }

    /// A frame whose time has come.
    func show(_ frame: RTSPFrame) {
        let now = configuration.clock.now()
        let picture = shown.show(frame, at: now, isLive: machine.state.live)
        let before = machine.state
        machine.pictureShown()
        if let rate = shown.measuredRate { machine.measured(frameRate: rate) }
        if machine.state != before { publish() }
        recording?.add(frame.image)
        distribute(picture)
    }
}
