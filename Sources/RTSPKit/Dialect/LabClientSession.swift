/// The client's side of one session in the course dialect: what to send when, and when to stop waiting.
///
/// Course servers are silent where RTSP has an answer: a file that is not there, a port spelled in a way they do not read, the
/// end of a movie. So this machine waits for a time only, takes media for proof that PLAY was understood, and tries the other
/// spelling of the port over a second connection, once. It starts with SETUP: nothing may be asked before.
public struct LabClientSession: Sendable, Hashable {
    /// What the session has agreed on with the server.
    public enum State: Sendable, Hashable {
        /// Nothing yet.
        case initial
        /// A movie is set up; no media is expected.
        case ready
        /// Media is expected.
        case playing
        /// Over.
        case closed(CloseReason)
    }

    /// Why a session is over.
    public enum CloseReason: Sendable, Hashable {
        /// The application ended it.
        case tornDown
        /// The server did not answer, over both connections.
        case unanswered
        /// The connection was lost.
        case connectionLost
    }

    /// What the application may ask.
    public enum Command: Sendable, Hashable {
        /// Set up `file` with media to the UDP port `clientPort`, which must be bound already.
        case setup(file: String, clientPort: Int)
        /// Start, or go on.
        case play
        /// Halt.
        case pause
        /// End.
        case teardown
    }

    /// A command that cannot be carried out; nothing has changed.
    public struct CommandError: Error, Sendable, Hashable {
        /// What is wrong.
        public enum Reason: Sendable, Hashable {
            /// The command does not belong into this state.
            case notInThisState
            /// The answer to an earlier command is still awaited.
            case busy
            /// The file has no name that can be sent, or the port is not 1 to 65 535.
            case badArgument
        }

        /// What is wrong.
        public let reason: Reason
        /// The state in which the command came.
        public let state: State
    }

    /// What the application should know.
    public enum Notice: Sendable, Hashable {
        /// The movie is set up, or halted.
        case ready
        /// The movie plays.
        case playing
        /// No packet for a while: the end of the movie, or a stall; servers do not say which. PLAY may be tried.
        case stalledOrEnded
        /// PLAY was accepted and no packet has come, over both connections.
        case noMedia
        /// No answer over both connections: the server has no such movie, or speaks another dialect.
        case noSuchMovieOrAnotherDialect
        /// The server refused.
        case refused(RTSPMethod, RTSPStatus)
        /// A PAUSE got no answer; it is taken for granted.
        case unanswered(RTSPMethod)
    }

    /// What follows from an event; carry them out in order.
    public enum Action: Sendable, Hashable {
        /// Send this with ``LabSerializer/bytes(of:portSpelling:)``.
        case send(RTSPRequest, LabPortSpelling)
        /// Drop the connection, report nothing more of it, open another to the same server, and call
        /// ``LabClientSession/connectionOpened(at:)``, or ``LabClientSession/connectionClosed(at:)`` if that fails. The UDP port
        /// stays bound.
        case reconnect(portSpelling: LabPortSpelling)
        /// Tell the application.
        case inform(Notice)
        /// Close the connection; the session is over.
        case close(CloseReason)
    }

    /// How long the session waits.
    public struct Patience: Sendable, Hashable {
        /// For the answer to SETUP, PLAY or PAUSE.
        public let answer: Duration
        /// For the first packet after PLAY was answered.
        public let firstPacket: Duration
        /// For the next packet while playing.
        public let packet: Duration
        /// For the answer to TEARDOWN.
        public let teardown: Duration

        /// 2 s for an answer and for the first packet, 1 s for the next and for the answer to TEARDOWN. Values are brought into
        /// the range from nothing to an hour.
        public init(
            answer: Duration = .seconds(2), firstPacket: Duration = .seconds(2), packet: Duration = .seconds(1),
            teardown: Duration = .seconds(1)
        ) {
            let clamped = { (wait: Duration) in min(max(.zero, wait), Duration.seconds(3600)) }
            self.answer = clamped(answer)
            self.firstPacket = clamped(firstPacket)
            self.packet = clamped(packet)
            self.teardown = clamped(teardown)
        }
    }

    private struct Movie: Sendable, Hashable {
        let file: String
        let clientPort: Int
    }

    private struct Waiting: Sendable, Hashable {
        let method: RTSPMethod
        let cSeq: Int
        @StoredInstant private(set) var until: ContinuousClock.Instant
    }

    /// What has been agreed on; moves when answers and media come, not when requests go.
    public private(set) var state: State = .initial
    /// The session as the server named it; some servers do not.
    public private(set) var sessionID: String?
    /// How the port is worded in SETUP now.
    public private(set) var portSpelling: LabPortSpelling
    private let patience: Patience
    private var movie: Movie?
    private var cSeq = 0
    private var waiting: Waiting?
    @StoredOptionalInstant private var packetDeadline: ContinuousClock.Instant?
    @StoredInstant private var now: ContinuousClock.Instant
    private var isReconnecting = false
    private var hasRetried = false
    /// PLAY has been sent over this connection.
    private var hasAskedToPlay = false
    private var hasSeenMedia = false
    /// PLAY is to follow the SETUP over the second connection.
    private var playsAfterSetup = false
    /// In `ready`: packets that come all the same mean playing.
    private var expectsMedia = false

    /// A session over a connection that is open at `now`. Give `portSpelling` where it is known what this server reads.
    public init(
        portSpelling: LabPortSpelling = .blankAfterEquals, patience: Patience = Patience(), at now: ContinuousClock.Instant
    ) {
        self.portSpelling = portSpelling
        self.patience = patience
        self.now = now
    }

    /// When ``advance(to:)`` has something to do.
    public var deadline: ContinuousClock.Instant? {
        [waiting?.until, packetDeadline].compactMap { $0 }.min()
    }
    /// The method whose answer is awaited.
    public var awaitedMethod: RTSPMethod? { waiting?.method }
}

// MARK: - The application
extension LabClientSession {
    /// Carries out a command of the application. Throws a ``CommandError`` where it does not fit; then nothing has changed.
    public mutating func perform(_ command: Command, at now: ContinuousClock.Instant) throws(CommandError) -> [Action] {
        try check(command)
        self.now = max(self.now, now)
        switch command {
        case .setup(let file, let clientPort):
            movie = Movie(file: file, clientPort: clientPort)
            return setup()
        case .play: return play()
        case .pause:
            packetDeadline = nil
            expectsMedia = false
            return send(.pause, patience.answer)
        case .teardown:
            packetDeadline = nil
            // Most servers do not survive a TEARDOWN before the first PLAY.
            guard hasAskedToPlay else { return close(.tornDown) }
            return send(.teardown, patience.teardown)
        }
    }

    private func check(_ command: Command) throws(CommandError) {
        let isBusy = waiting != nil || isReconnecting
        switch (command, state) {
        case (.setup(let file, let clientPort), .initial):
            guard !isBusy else { throw CommandError(reason: .busy, state: state) }
            guard (1...65535).contains(clientPort), LabDialect.fileName(of: file) != nil, isShort(file) else {
                throw CommandError(reason: .badArgument, state: state)
            }
        case (.play, .ready), (.pause, .playing), (.pause, .ready):
            guard !isBusy else { throw CommandError(reason: .busy, state: state) }
        case (.teardown, .initial), (.teardown, .ready), (.teardown, .playing):
            guard waiting?.method != .teardown else { throw CommandError(reason: .busy, state: state) }
        default: throw CommandError(reason: .notInThisState, state: state)
        }
    }

    /// So short that every request about it fits into one read of the server.
    private func isShort(_ file: String) -> Bool { (LabDialect.fileName(of: file)?.utf8.count ?? 0) <= 128 }
}

// MARK: - The server
extension LabClientSession {
    /// A reply has come. One that answers nothing is ignored: late replies, and what servers send unasked.
    public mutating func receive(_ response: RTSPResponse, at now: ContinuousClock.Instant) -> [Action] {
        self.now = max(self.now, now)
        guard let answered = waiting, (response.cSeq ?? answered.cSeq) == answered.cSeq else { return [] }
        waiting = nil
        if let id = response.headers["Session"], id != "0" { sessionID = id }
        let isSuccess = response.status.isSuccess
        switch answered.method {
        case .setup:
            guard isSuccess else {
                playsAfterSetup = false
                return [.inform(.refused(.setup, response.status))]
            }
            state = .ready
            guard playsAfterSetup else { return [.inform(.ready)] }
            playsAfterSetup = false
            return [.inform(.ready)] + play()
        case .play:
            if isSuccess { return startPlaying(firstPacketWithin: patience.firstPacket) }
            if response.status.code == 500, mayRetry { return reconnect() }
            return [.inform(.refused(.play, response.status))]
        case .pause:
            if isSuccess { return halt([.inform(.ready)]) }
            if state == .playing { packetDeadline = self.now.advanced(by: patience.packet) }
            return [.inform(.refused(.pause, response.status))]
        default: return close(.tornDown)
        }
    }

    /// A packet of media has come from the server's address. After PLAY that means playing, whatever the replies are.
    public mutating func mediaArrived(at now: ContinuousClock.Instant) -> [Action] {
        self.now = max(self.now, now)
        if waiting?.method == .play {
            waiting = nil
            hasSeenMedia = true
            return startPlaying(firstPacketWithin: patience.packet)
        }
        guard waiting == nil, state == .playing || (state == .ready && expectsMedia) else { return [] }
        hasSeenMedia = true
        if state == .ready { return startPlaying(firstPacketWithin: patience.packet) }
        packetDeadline = self.now.advanced(by: patience.packet)
        return []
    }

    private mutating func startPlaying(firstPacketWithin wait: Duration) -> [Action] {
        state = .playing
        expectsMedia = true
        packetDeadline = now.advanced(by: wait)
        return [.inform(.playing)]
    }

    private mutating func halt(_ actions: [Action]) -> [Action] {
        state = .ready
        packetDeadline = nil
        return actions
    }
}

// MARK: - The clock and the transport
extension LabClientSession {
    /// Time has passed; times before the latest known one count as that.
    public mutating func advance(to now: ContinuousClock.Instant) -> [Action] {
        self.now = max(self.now, now)
        if let overdue = waiting, self.now >= overdue.until {
            waiting = nil
            return answerMissing(overdue.method)
        }
        guard let packetDeadline, self.now >= packetDeadline else { return [] }
        if hasSeenMedia { return halt([.inform(.stalledOrEnded)]) }
        return mayRetry ? reconnect() : halt([.inform(.noMedia)])
    }

    /// The connection that ``Action/reconnect(portSpelling:)`` asked for is open.
    public mutating func connectionOpened(at now: ContinuousClock.Instant) -> [Action] {
        self.now = max(self.now, now)
        guard isReconnecting else { return [] }
        isReconnecting = false
        return setup()
    }

    /// The connection is lost, or could not be opened again.
    public mutating func connectionClosed(at now: ContinuousClock.Instant) -> [Action] {
        self.now = max(self.now, now)
        if case .closed = state { return [] }
        if waiting?.method == .teardown { return close(.tornDown) }
        // A handler that dies of the spelling may take its connection along.
        let isTrying = waiting?.method == .setup || waiting?.method == .play || (state == .playing && !hasSeenMedia)
        if isTrying, mayRetry {
            waiting = nil
            return reconnect()
        }
        return close(.connectionLost)
    }

    private mutating func answerMissing(_ method: RTSPMethod) -> [Action] {
        switch method {
        case .setup, .play:
            if mayRetry { return reconnect() }
            if method == .play, hasSeenMedia { return [.inform(.unanswered(.play))] }
            return [.inform(.noSuchMovieOrAnotherDialect)] + close(.unanswered)
        case .pause: return halt([.inform(.unanswered(.pause))])
        default: return close(.tornDown)
        }
    }
}

// MARK: - Requests
extension LabClientSession {
    private var mayRetry: Bool { !hasRetried && !hasSeenMedia }

    private mutating func setup() -> [Action] {
        guard let movie else { return [] }
        return send(.setup, patience.answer, ["Transport": "RTP/AVP/UDP;unicast;client_port=\(movie.clientPort)"])
    }

    private mutating func play() -> [Action] {
        hasAskedToPlay = true
        expectsMedia = true
        return send(.play, patience.answer)
    }

    private mutating func send(_ method: RTSPMethod, _ wait: Duration, _ headers: RTSPHeaders = [:]) -> [Action] {
        cSeq &+= 1
        var request = RTSPRequest(method, url: movie?.file ?? "", cSeq: cSeq, headers: headers)
        if method != .setup { request.headers["Session"] = sessionID }
        waiting = Waiting(method: method, cSeq: cSeq, until: now.advanced(by: wait))
        return [.send(request, portSpelling)]
    }

    /// Starts over with the other spelling: a new connection, numbers from 1, no session.
    private mutating func reconnect() -> [Action] {
        playsAfterSetup = hasAskedToPlay
        hasAskedToPlay = false
        hasRetried = true
        isReconnecting = true
        portSpelling = portSpelling.other
        cSeq = 0
        sessionID = nil
        state = .initial
        packetDeadline = nil
        expectsMedia = false
        return [.reconnect(portSpelling: portSpelling)]
    }

    private mutating func close(_ reason: CloseReason) -> [Action] {
        state = .closed(reason)
        waiting = nil
        packetDeadline = nil
        isReconnecting = false
        return [.close(reason)]
    }
}
