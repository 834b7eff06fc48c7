extension ClientSession {
    /// What the application asks for.
    public enum Command: Sendable, Hashable {
        /// What can the server do?
        case options
        /// What is in the presentation?
        case describe
        /// Agree on a transport for the media with the index `stream`, whose control URL is `url`; `offers` has the one
        /// liked best first.
        case setup(url: String, stream: Int, offers: [TransportSpec])
        /// Play the range; `nil` goes on from where a pause left off, or else from the beginning.
        case play(NormalPlayTimeRange?)
        /// Halt, and stay at this place.
        case pause
        /// End the session.
        case teardown
        /// Let the server know that we are still here. `advance(to:)` does this by itself when it is due.
        case keepAlive
    }

    /// What the owner of the session is to do, in this order; `closed` comes last.
    public enum Action: Sendable, Hashable {
        /// Send this request to the server.
        case send(RTSPRequest)
        /// Send this response to a request of the server.
        case respond(RTSPResponse)
        /// Tell the application.
        case inform(Event)
        /// The session is over.
        case closed(CloseReason)
    }

    /// What the application learns.
    public enum Event: Sendable, Hashable {
        /// The methods that the server supports; empty where it did not say.
        case options([RTSPMethod])
        /// The description: its bytes, the value of `Content-Type`, and the URL that its own URLs are relative to, from
        /// `Content-Base` or else `Content-Location`.
        case described(body: [UInt8], contentType: String?, contentBase: String?)
        /// The media with the index `stream` will travel like this.
        case setUp(stream: Int, TransportSpec)
        /// Media flows: this range, beginning with these packets; `nil` where the server did not say.
        case playing(range: NormalPlayTimeRange?, rtpInfo: RTPInfoHeader?)
        /// Media has stopped.
        case paused
        /// The server said no; the state is as it was.
        case refused(Command, RTSPStatus, RTSPHeaders)
        /// The server sends us elsewhere. Whether to follow, and how often, is the application's decision.
        case redirected(String)
    }

    /// A command that cannot be given; the session is as it was before it.
    public struct CommandError: Error, Sendable, Hashable {
        /// What is wrong with a command.
        public enum Problem: Sendable, Hashable {
            /// The state tables forbid it, now or once the requests on their way are answered.
            case notValidInThisState
            /// The session is closed, or about to be.
            case isEnding
            /// `maximumPending` requests have no response yet.
            case tooManyPending
            /// A SETUP that offers no transport.
            case offersNoTransport
        }

        /// What is wrong.
        public let problem: Problem
        /// The command.
        public let command: Command
        /// The state of the session.
        public let state: State

        /// An error, for those who compare with one.
        public init(problem: Problem, command: Command, state: State) {
            self.problem = problem
            self.command = command
            self.state = state
        }
    }
}

extension ClientSession.Command {
    /// The method to check against the state tables. A keep-alive may go by another one without effect on the state.
    var method: RTSPMethod {
        switch self {
        case .options, .keepAlive: .options
        case .describe: .describe
        case .setup: .setup
        case .play: .play
        case .pause: .pause
        case .teardown: .teardown
        }
    }
}
