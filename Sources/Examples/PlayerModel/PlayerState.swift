public import RTSPKit

/// What a tab is told of its session: the data of the event `state`.
public struct PlayerState: Encodable, Hashable, Sendable {
    /// The states of the course (RFC 2326 appendix A).
    public enum Phase: String, Encodable, Sendable, Hashable {
        /// There is no session with a server.
        case initial = "Init"
        /// A session is set up and does not play.
        case ready = "Ready"
        /// Media plays.
        case playing = "Playing"
    }

    /// What is being waited for.
    public enum Busy: String, Encodable, Sendable, Hashable {
        /// An answer to this command.
        case setup, play, pause, seek, teardown
        /// The attempt to come back to a server that went away.
        case reconnect
    }

    /// Which commands are possible.
    public struct Can: Encodable, Hashable, Sendable {
        /// Whether the command of this name is possible now.
        public var setup = true, play = false, pause = false, teardown = false, seek = false, record = false, snapshot = false,
            retry = false
    }

    /// Something that is going on, in plain words.
    public struct Notice: Encodable, Hashable, Sendable {
        /// `fallingBack`, `reconnecting` or `endOfStream`.
        public var code: String
        /// One sentence.
        public var text: String
    }

    /// The wait before the next attempt to come back to a server.
    public struct Reconnect: Encodable, Hashable, Sendable {
        /// 1 for the first attempt.
        public var attempt: Int
        /// Seconds until it.
        public var `in`: Double
    }

    /// How the recording stands.
    public struct RecordingState: Encodable, Hashable, Sendable {
        /// Whether frames are being added.
        public var on: Bool
        /// How many frames it has.
        public var frames: Int
        /// How many bytes of pictures it has.
        public var bytes: Int
        /// How many frames are too long for the lab format.
        public var tooLongForLab: Int
        /// A sentence where it ended by itself.
        @Nullable public var stopped: String?
    }

    /// The state.
    public var state = Phase.initial
    /// What is being waited for.
    @Nullable public var busy: Busy?
    /// The address of the last Setup, without credentials.
    @Nullable public var url: String?
    /// The presentation's name.
    @Nullable public var title: String?
    /// The RTSP session's identifier.
    @Nullable public var session: String?
    /// `udp` or `tcp`.
    @Nullable public var transport: String?
    /// The `Transport` header as agreed.
    @Nullable public var transportHeader: String?
    /// Whether the course dialect is spoken.
    public var lab = false
    /// Whether the media is live.
    public var live = false
    /// The length of stored media in seconds.
    @Nullable public var duration: Double?
    /// Frames per second, as the server says or as measured.
    @Nullable public var frameRate: Double?
    /// Whether stored media begins again at its end.
    public var loop = false
    /// Which commands are possible.
    public var can = Can()
    /// What is going on.
    @Nullable public var notice: Notice?
    /// What went wrong.
    @Nullable public var error: PlayerProblem?
    /// The wait before the next attempt to come back to a server.
    @Nullable public var reconnect: Reconnect?
    /// How the recording stands.
    @Nullable public var recording: RecordingState?
    /// Whether stored media has come to its end.
    public var ended = false

    /// The state of a session that has not begun.
    public init() {}
}

/// What to set up, and how.
public struct PlayerSetup: Hashable, Sendable {
    /// The address.
    public var url: String
    /// Which transport media shall take.
    public var transport: ClientConfiguration.TransportChoice
    /// Whether to speak the course dialect.
    public var isLab: Bool

    /// Sets up `url`.
    public init(url: String, transport: ClientConfiguration.TransportChoice = .auto, isLab: Bool = false) {
        self.url = url
        self.transport = transport
        self.isLab = isLab
    }
}
