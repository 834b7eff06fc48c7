public import RTPTransport

/// What went into endpoints and what came out of them, in order and with times: enough to run them again.
///
/// An endpoint is a value that depends on nothing but what its doors are handed, so a fresh one that is given the inputs of a
/// transcript gives its outputs, bit for bit. A transcript is written and read as plain text.
public struct Transcript: Sendable, Hashable {
    /// One of the machines that take part.
    public struct Machine: Sendable, Hashable, CustomStringConvertible {
        /// What kind of machine it is.
        public enum Role: String, Sendable, Hashable, CaseIterable {
            /// A ``ClientConnection``.
            case client
            /// A ``ServerConnection``.
            case server
            /// A ``LivePresentation``, which makes the packets that server connections are handed.
            case live
        }

        /// What kind of machine it is.
        public var role: Role
        /// Tells machines of one kind apart.
        public var number: Int

        /// Names a machine.
        public init(_ role: Role, _ number: Int) {
            self.role = role
            self.number = number
        }

        /// For example `client.1`.
        public var description: String { "\(role.rawValue).\(number)" }
    }

    /// What a machine was made of.
    public enum Setup: Sendable, Hashable {
        /// A client; `dialect` tells which of the two it speaks.
        case client(ClientConfiguration, goal: ClientConnection.Goal, dialect: ControlDialect)
        /// A server's connection that was accepted from `peer`.
        case server(ServerConnection.Configuration, peer: String)
        /// A live presentation; what is random about it was drawn from `seed`.
        case live(LiveSetup)
    }

    /// What a live presentation was made of.
    public struct LiveSetup: Sendable, Hashable {
        /// Which presentation.
        public var id: LivePresentationID
        /// The name for people.
        public var name: String
        /// The frame rate where it is known.
        public var framesPerSecond: Double?
        /// Bytes of RTP payload in one packet.
        public var packetSize: Int
        /// The canonical name in RTCP (RFC 3550 section 6.5.1).
        public var canonicalName: String
        /// How often sender reports are sent.
        public var reportInterval: Duration
        /// How pictures are put into packets.
        public var jpeg: JPEGPacketizer.Options
        /// Ties the process's time to the wall clock.
        public var wallClock: WallClock
        /// What the synchronization source, the first sequence number and the first timestamp were drawn from.
        public var seed: UInt64

        /// A setup.
        public init(
            id: LivePresentationID, name: String, framesPerSecond: Double? = nil, packetSize: Int = 1400, canonicalName: String,
            reportInterval: Duration = .seconds(5), jpeg: JPEGPacketizer.Options = JPEGPacketizer.Options(),
            wallClock: WallClock, seed: UInt64
        ) {
            self.jpeg = jpeg
            self.id = id
            self.name = name
            self.framesPerSecond = framesPerSecond
            self.packetSize = packetSize
            self.canonicalName = canonicalName
            self.reportInterval = reportInterval
            self.wallClock = wallClock
            self.seed = seed
        }
    }

    /// A machine that begins.
    public struct Participant: Sendable, Hashable {
        /// When it was made, since the transcript's start.
        public var time: Duration
        /// Its name.
        public var machine: Machine
        /// What it was made of.
        public var setup: Setup

        /// A machine that begins at `time`.
        public init(_ machine: Machine, _ setup: Setup, at time: Duration) {
            self.time = time
            self.machine = machine
            self.setup = setup
        }
    }

    /// What was handed to one of a machine's doors.
    public enum Input: Sendable, Hashable {
        /// The control connection stands (client).
        case connected
        /// Bytes on the control connection.
        case bytes([UInt8])
        /// A datagram on the RTP port (client).
        case rtp([UInt8])
        /// A datagram on the RTCP port (client).
        case rtcp([UInt8])
        /// A datagram on the RTCP port that belongs to a stream (server).
        case report([UInt8], StreamID)
        /// PLAY (client).
        case play(NormalPlayTimeRange?)
        /// PAUSE (client).
        case pause
        /// TEARDOWN (client).
        case tearDown
        /// Time has passed, and nothing else.
        case advance
        /// The control connection is gone.
        case connectionClosed
        /// From now on these streams, and no others, take no packets (server).
        case blocked(Set<StreamID>)
        /// A stream that could not take packets can again (server).
        case transportReady
        /// Frames that a source was not ready to give are ready (server).
        case mediaReady
        /// The owner found the presentation that stands at this path; a session on it takes this identity (server).
        case found(path: String, SessionIdentity)
        /// The owner refused (server).
        case refused(RTSPStatus)
        /// The live presentation of this number stands where it stands now (server).
        case joined(live: Int)
        /// The newest frame of the live presentation of this number (server).
        case deliver(live: Int)
        /// The live presentation of this number is over (server).
        case finish(live: Int)
        /// The server stops (server).
        case shutDown
        /// A frame was captured (live).
        case capture([UInt8], presentationTime: Duration)
        /// Through the next door this stream takes so many batches, and no more (server).
        case room(StreamID, batches: Int)
        /// A live presentation that the transcript does not hold stands here (server).
        case outlinedJoin(SnapshotOutline)
        /// A frame of a live presentation that the transcript does not hold, and the sender report that goes before it (server).
        case outlinedFrame(FrameOutline, of: LivePresentationID, report: [UInt8]?)
        /// A live presentation that the transcript does not hold is over (server).
        case outlinedFinish(LivePresentationID, goodbye: [UInt8])
    }

    /// What a machine put into its transport.
    public enum Output: Sendable, Hashable {
        /// Bytes for the control connection.
        case bytes([UInt8])
        /// The control connection is to be closed.
        case close
        /// Packets of a stream travel by this route from now on.
        case open(StreamID, MediaRoute)
        /// Nothing more is sent on a stream.
        case closeStream(StreamID)
        /// The packets of one frame.
        case batch(RTPPacketBatch, StreamID)
        /// A compound RTCP packet.
        case report([UInt8], StreamID)

        /// Whether it is about the control connection, or about streams, and not a packet.
        public var isConversation: Bool {
            switch self {
            case .bytes, .close, .open, .closeStream: true
            case .batch, .report: false
            }
        }
    }

    /// One thing that happened.
    public enum What: Sendable, Hashable {
        /// A door was opened with this.
        case input(Input)
        /// The machine sent this.
        case output(Output)
        /// The machine told its owner this; one line for people, always the same for the same event.
        case event(String)
        /// Something that the network or the recorder has to say about the machine; of no effect on it.
        case note(String)
    }

    /// One thing that happened, to whom and when.
    public struct Entry: Sendable, Hashable {
        /// When, since the transcript's start.
        public var time: Duration
        /// To whom.
        public var machine: Machine
        /// What.
        public var what: What

        /// Something that happened.
        public init(_ what: What, to machine: Machine, at time: Duration) {
            self.time = time
            self.machine = machine
            self.what = what
        }
    }

    /// The moment from which times count.
    public var start: ContinuousClock.Instant
    /// The machines, in the order in which they were made.
    public var participants: [Participant] = []
    /// What stood at the server's paths, as far as it is known, in order of time.
    public var presentations: [PresentationEntry] = []
    /// What happened, in order.
    public var entries: [Entry] = []

    /// A transcript of nothing.
    public init(start: ContinuousClock.Instant) { self.start = start }
}
