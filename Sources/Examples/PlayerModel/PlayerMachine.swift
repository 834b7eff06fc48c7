internal import RTSPKit

/// What is possible when, and what follows: a value that is given a tab's commands and what became of them, and answers with
/// what is to be done next. It knows no sockets and no time.
public struct PlayerMachine: Hashable, Sendable {
    /// What is to be done.
    public enum Effect: Hashable, Sendable {
        /// Connect and set up.
        case connect(PlayerSetup)
        /// Play from this position; `nil` goes on from where it stopped, or begins.
        case play(from: Duration?)
        /// Halt.
        case pause
        /// Go there; while Ready show the one frame only.
        case seek(to: Duration, staysReady: Bool)
        /// End the session, or the attempts to come back to it.
        case tearDown
        /// Wait so long, then ``PlayerMachine/attempt()`` and connect again.
        case wait(Duration)
        /// Cut that wait short.
        case hurry
        /// Begin or end the recording.
        case record(Bool)
        /// End all.
        case close
    }

    /// What a server said of the presentation that was set up.
    public struct Facts: Hashable, Sendable {
        /// The presentation's name.
        public var title: String?
        /// The RTSP session's identifier.
        public var session: String?
        /// The `Transport` header as agreed.
        public var transportHeader: String
        /// Whether it is live.
        public var isLive: Bool
        /// The length in seconds.
        public var duration: Double?
        /// Frames per second.
        public var frameRate: Double?

        /// Facts.
        public init(
            title: String? = nil, session: String? = nil, transportHeader: String, isLive: Bool = false, duration: Double? = nil,
            frameRate: Double? = nil
        ) {
            self.title = title
            self.session = session
            self.transportHeader = transportHeader
            self.isLive = isLive
            self.duration = duration
            self.frameRate = frameRate
        }
    }

    /// What the tab is told.
    public private(set) var state = PlayerState()
    /// What was set up last.
    public private(set) var setup: PlayerSetup?
    /// What failed last, to be tried again.
    private var failed: SessionCommand?
    /// Whether play goes on once the session is set up again, and from where.
    private var resumption: Resumption?
    /// How often it has been tried to come back.
    private var attempts = 0
    /// Whether the server was there since Setup.
    private var hasBeenReady = false
    /// Whether pictures have come since Play.
    private var hasPictures = false

    private struct Resumption: Hashable {
        var position: Duration?
    }

    /// Nothing has happened yet.
    public init() {}

    // MARK: Commands

    /// The tab wants this.
    /// - Throws: ``CommandRefusal``; then nothing has changed.
    public mutating func perform(_ command: SessionCommand) throws(CommandRefusal) -> [Effect] {
        defer { settle() }
        switch command {
        case .setup(let setup):
            try require(state.can.setup, "Setup is possible in the state Init only.")
            resumption = nil
            return begin(setup)
        case .play:
            try require(state.can.play, "Play is possible in the state Ready only.")
            return [.play(from: start(.play))]
        case .pause:
            try require(state.can.pause, "Pause is possible in the state Playing only.")
            state.busy = .pause
            return [.pause]
        case .seek(let position):
            try require(state.can.seek, "Stored media can be sought in, once it is set up.")
            state.busy = .seek
            return [.seek(to: target(position), staysReady: state.state == .ready)]
        case .teardown:
            try require(state.can.teardown, "There is nothing to tear down.")
            state.busy = .teardown
            state.reconnect = nil
            return [.tearDown]
        case .loop(let isOn):
            state.loop = isOn
            return []
        case .record(let isOn):
            try require(state.can.record, "Recording is possible once a stream is set up.")
            try require(!isOn || state.recording?.on != true, "It is being recorded already.")
            return [.record(isOn)]
        case .retry:
            try require(state.can.retry, "There is nothing to try again.")
            return try retry()
        case .close:
            return [.close]
        }
    }

    private func require(_ isPossible: Bool, _ sentence: String) throws(CommandRefusal) {
        guard isPossible else { throw .notPossibleNow(sentence) }
    }

    private mutating func begin(_ setup: PlayerSetup) -> [Effect] {
        let url = try? RTSPURL(parsing: setup.url)
        self.setup = setup
        (attempts, hasBeenReady) = (0, false)
        forget()
        state.lab = setup.isLab
        state.url = PlainText.line(url?.absoluteString ?? setup.url, limit: 2000)
        guard let problem = PlayerProblem.ofAddress(setup, url) else {
            state.busy = .setup
            state.can.snapshot = false
            return [.connect(setup)]
        }
        state.error = problem
        failed = .setup(setup)
        return []
    }

    /// Play is being asked for.
    private mutating func start(_ busy: PlayerState.Busy) -> Duration? {
        let start: Duration? = state.ended ? .zero : nil
        state.busy = busy
        state.ended = false
        hasPictures = false
        return start
    }

    /// The position as a server understands it exactly: where the rate is known a little behind the beginning of the frame
    /// that is meant, so that rounding does not lead to the one before it; never behind the last frame.
    func target(_ position: Duration) -> Duration {
        var seconds = position / .seconds(1)
        if let rate = state.frameRate, (0.01...1000).contains(rate) {
            let frame = (seconds * rate).rounded()
            if abs(seconds * rate - frame) < 0.1 { seconds = (frame + 0.25) / rate }
            if let duration = state.duration { seconds = min(seconds, duration - 0.75 / rate) }
        } else if let duration = state.duration {
            seconds = min(seconds, duration - 0.04)
        }
        return .seconds(max(0, seconds))
    }

    private mutating func retry() throws(CommandRefusal) -> [Effect] {
        guard state.reconnect == nil else { return [.hurry] }
        guard let command = failed else { return [] }
        failed = nil
        if case .setup(let setup) = command { return begin(setup) }
        settle()
        return try perform(command)
    }

    // MARK: Outcomes

    /// The server has set the presentation up.
    public mutating func ready(_ facts: Facts) -> [Effect] {
        defer { settle() }
        guard state.busy != .teardown else { return [] }
        state.state = .ready
        state.title = facts.title.map { PlainText.line($0) }
        state.live = facts.isLive
        state.duration = facts.isLive ? nil : facts.duration
        state.frameRate = facts.frameRate
        agreed(transport: facts.transportHeader, session: facts.session)
        state.error = nil
        if state.notice?.code == "reconnecting" { state.notice = nil }
        failed = nil
        hasBeenReady = true
        guard let resumption else {
            attempts = 0
            state.busy = nil
            return []
        }
        hasPictures = false
        return [.play(from: facts.isLive ? nil : resumption.position)]
    }

    /// A transport is agreed on, perhaps another than before.
    public mutating func agreed(transport header: String, session: String?) {
        guard state.busy != .teardown else { return }
        let isTCP = header.contains("interleaved") || header.contains("/TCP")
        state.transport = isTCP ? "tcp" : "udp"
        state.transportHeader = PlainText.line(header)
        state.session = session.map { PlainText.line($0) }
        if state.notice?.code == "fallingBack", isTCP {
            state.notice?.text = "No packets arrived over UDP, so TCP is used."
        }
    }

    /// Media is asked for over TCP now.
    public mutating func fallingBack(reason: String) {
        let refused = reason.contains("does not send")
        state.notice = .init(
            code: "fallingBack",
            text: refused
                ? "The server does not send over UDP, so TCP is being tried."
                : "No packets arrive over UDP, so TCP is being tried.")
    }

    /// The server plays.
    public mutating func playing() {
        defer { settle() }
        guard state.busy != .teardown else { return }
        state.state = .playing
        // A loop has begun anew, and what was asked for meanwhile is still to be done.
        if state.busy != .pause, state.busy != .seek { done() }
        if state.notice?.code == "endOfStream" { state.notice = nil }
        resumption = nil
    }

    /// A picture has been shown.
    public mutating func pictureShown() {
        if !hasPictures || !state.can.snapshot {
            hasPictures = true
            attempts = 0
            state.can.snapshot = true
        }
    }

    /// The frame rate has been measured.
    public mutating func measured(frameRate: Double) {
        if state.frameRate == nil, state.state == .playing { state.frameRate = frameRate }
    }

    /// The server has halted.
    public mutating func paused() {
        defer { settle() }
        guard state.busy != .teardown else { return }
        state.state = .ready
        done()
    }

    /// The position is the one that was sought.
    public mutating func sought() {
        defer { settle() }
        guard state.busy != .teardown else { return }
        state.ended = false
        if state.notice?.code == "endOfStream" { state.notice = nil }
        done()
    }

    private mutating func done() {
        state.busy = nil
        state.error = nil
        failed = nil
    }

    /// All of the stream has been shown.
    public mutating func ended() -> [Effect] {
        defer { settle() }
        guard state.busy != .teardown else { return [] }
        if failed == .pause { (failed, state.error) = (nil, nil) }
        if state.loop, !state.live, state.state == .playing, hasPictures, state.busy == nil {
            hasPictures = false
            return [.play(from: .zero)]
        }
        state.state = .ready
        state.busy = nil
        state.ended = true
        state.notice = .init(code: "endOfStream", text: state.live ? "The sender has ended the stream." : "This is the end.")
        return []
    }

    /// The server refused a command; the session lives.
    public mutating func refused(_ command: SessionCommand, _ problem: PlayerProblem) {
        defer { settle() }
        // A loop asks for Play though nobody has pressed it.
        guard state.busy != .teardown, state.busy != nil || command == .play else { return }
        if command == .play { state.state = .ready }
        state.busy = nil
        state.error = problem
        resumption = nil
        failed = command
    }

    /// The session is over, though nobody asked for it; `position` is that of the last picture.
    public mutating func broke(_ problem: PlayerProblem, position: Duration?) -> [Effect] {
        defer { settle() }
        guard state.busy != .teardown else { return [] }
        if state.state == .playing || state.busy == .play { resumption = Resumption(position: position) }
        let comesBack = attempts > 0 || (hasBeenReady && isLoss(problem))
        forget()
        state.error = problem
        guard comesBack else {
            hasBeenReady = false
            failed = setup.map { .setup($0) }
            return []
        }
        // What happened is that it went away; that it is not back yet is the smaller news.
        if problem.code != .lost { state.error?.message = "The server went away. \(problem.message)" }
        attempts += 1
        let delay = ReconnectDelay.before(attempt: attempts)
        state.reconnect = .init(attempt: attempts, in: delay / .seconds(1))
        state.notice = .init(code: "reconnecting", text: "The server went away. The player comes back to it by itself.")
        return [.wait(delay)]
    }

    /// The server has ended stream and session in order.
    public mutating func closedByServer() {
        (attempts, hasBeenReady) = (0, false)
        forget()
        resumption = nil
        failed = setup.map { .setup($0) }
        state.notice = .init(code: "endOfStream", text: "The server has ended the stream and the session.")
        settle()
    }

    /// Whether a server that was there has gone away, which may pass.
    private func isLoss(_ problem: PlayerProblem) -> Bool {
        switch problem.code {
        case .lost, .noAnswer, .serverRefused: true
        // Where never a picture came, none will come the next time.
        case .noMedia: hasPictures
        default: false
        }
    }

    /// The wait is over.
    public mutating func attempt() -> [Effect] {
        defer { settle() }
        guard state.reconnect != nil, let setup else { return [] }
        state.reconnect = nil
        state.busy = .reconnect
        return [.connect(setup)]
    }

    /// The session has been torn down, as was asked.
    public mutating func tornDown() {
        (attempts, hasBeenReady) = (0, false)
        forget()
        state.error = nil
        state.notice = nil
        resumption = nil
        settle()
    }

    /// The recording stands like this.
    public mutating func recorded(_ recording: PlayerState.RecordingState?) {
        state.recording = recording
        settle()
    }

    // MARK: What follows from it

    /// Nothing is known of the session any more.
    private mutating func forget() {
        let (url, lab, loop, recording, hasPicture) = (state.url, state.lab, state.loop, state.recording, state.can.snapshot)
        state = PlayerState()
        (state.url, state.lab, state.loop, state.recording) = (url, lab, loop, recording)
        state.can.snapshot = hasPicture
        failed = nil
        hasPictures = false
    }

    private mutating func settle() {
        let isIdle = state.busy == nil && state.reconnect == nil
        let hasSession = state.state != .initial
        state.can.setup = isIdle && !hasSession
        state.can.play = isIdle && state.state == .ready
        state.can.pause = isIdle && state.state == .playing
        state.can.teardown = state.busy != .teardown && (hasSession || !isIdle)
        state.can.seek = isIdle && hasSession && state.duration != nil
        state.can.record = hasSession || state.recording?.on == true
        state.can.retry = state.reconnect != nil || (isIdle && failed != nil)
    }
}
