extension ServerSession {
    /// What the owner of the session is to do. Actions are carried out in their order, and the order is a promise: media starts
    /// after the response that announces it and stops before the response that confirms it; `closed` comes last.
    public enum Action: Sendable, Hashable {
        /// Find this out and call `answer(_:at:)`. There is never more than one open question.
        case ask(Question)
        /// Send this to the client.
        case respond(RTSPResponse)
        /// Do this with the media.
        case media(MediaCommand)
        /// The session is over; forget it and what was reserved for it.
        case closed(CloseReason)
    }

    /// What happens to the media.
    public enum MediaCommand: Sendable, Hashable {
        /// Send the set-up streams from here: to the end where `range` has none; from where a pause left off, or else from the
        /// beginning, where there is no range. While media flows already, go on from the start of the range instead.
        case start(range: NormalPlayTimeRange?)
        /// Send nothing, and remember the place.
        case pause
        /// End this one stream for good and release its transport; the others go on.
        case release(stream: Int)
        /// End everything for good and release all transports.
        case stop
    }

    /// What a session cannot know by itself.
    public enum Question: Sendable, Hashable {
        /// Which transport may this stream have?
        case setup(SetupQuestion)
        /// May this be played, and where will it start?
        case play(PlayQuestion)
    }

    /// A SETUP request (RFC 2326 section 10.4).
    public struct SetupQuestion: Sendable, Hashable {
        /// The stream's URL, as in the request line.
        public var url: String
        /// The transports that the client would take, the one it likes best first; never empty.
        public var offers: [TransportSpec]
        /// The streams that the session has already, perhaps this one among them.
        public var alreadySetUp: Streams

        /// A question.
        public init(url: String, offers: [TransportSpec], alreadySetUp: Streams) {
            self.url = url
            self.offers = offers
            self.alreadySetUp = alreadySetUp
        }
    }

    /// A PLAY request (RFC 2326 section 10.5).
    public struct PlayQuestion: Sendable, Hashable {
        /// The range asked for; `nil` asks to go on from where a pause left off, or else from the beginning.
        public var range: NormalPlayTimeRange?
        /// True where media flows already. Then a range is a jump, and no range only asks how things stand.
        public var isAlreadyPlaying: Bool

        /// A question.
        public init(range: NormalPlayTimeRange?, isAlreadyPlaying: Bool) {
            self.range = range
            self.isAlreadyPlaying = isAlreadyPlaying
        }
    }

    /// The answer to the open question.
    public enum Answer: Sendable, Hashable {
        /// To `Question.setup`.
        case setup(SetupAnswer)
        /// To `Question.play`.
        case play(PlayAnswer)
    }

    /// The answer to a SETUP.
    public enum SetupAnswer: Sendable, Hashable {
        /// The media with the index `stream` will travel like this; a transport that it had before is released.
        case accepted(stream: Int, TransportSpec)
        /// No, with this status, which must not be a success, and these header fields.
        case refused(RTSPStatus, RTSPHeaders)
    }

    /// The answer to a PLAY.
    public enum PlayAnswer: Sendable, Hashable {
        /// This range will be played; it and `rtpInfo` go into the response, where they are not empty.
        case accepted(range: NormalPlayTimeRange?, rtpInfo: RTPInfoHeader)
        /// No, with this status, which must not be a success, and these header fields.
        case refused(RTSPStatus, RTSPHeaders)
    }

    /// A wrong call of `answer(_:at:)`; the session is as it was before it.
    public struct AnswerError: Error, Sendable, Hashable {
        /// What is wrong with an answer.
        public enum Problem: Sendable, Hashable {
            /// No question is open. This happens without anyone's fault when the session closes before its owner has made up
            /// its mind: what was reserved for the answer can then be released.
            case noQuestionIsOpen
            /// Another question is open.
            case answersAnotherQuestion(Question)
            /// A refusal with a status of success.
            case refusesWithSuccess(RTSPStatus)
        }

        /// What is wrong.
        public let problem: Problem
        /// The state of the session.
        public let state: State

        /// An error, for those who compare with one.
        public init(problem: Problem, state: State) {
            self.problem = problem
            self.state = state
        }
    }
}
