public import RTPTransport

/// What a client is to do, as its user asked.
public struct ClientConfiguration: Sendable, Hashable {
    /// Which transport media shall take.
    public enum TransportChoice: String, Sendable, Hashable, CaseIterable {
        /// Datagrams first; interleaved when the server refuses them or none arrive.
        case auto
        /// Datagrams only.
        case udp
        /// Interleaved on the control connection only.
        case tcp
    }

    /// The presentation's URL, without credentials.
    public var url: String
    /// Which transport media shall take.
    public var transport: TransportChoice
    /// The local RTP and RTCP ports that datagrams arrive on; `nil` where there are none.
    public var clientPorts: PortPair?
    /// Who we are, for `User-Agent` and RTCP.
    public var userAgent: String
    /// How long frames are held back to even out their arrival.
    public var playout: PlayoutDelay
    /// How long to wait for the answer to a request.
    public var requestTimeout: Duration
    /// How long to wait for the first datagram before media is asked for on the control connection instead.
    public var datagramPatience: Duration
    /// How often receiver reports are sent.
    public var reportInterval: Duration
    /// Our own synchronization source, for reports; to be drawn at random.
    public var ssrc: UInt32
    /// Frames per second to show a presentation of the course dialect at; `nil` shows frames as they arrive.
    public var labFramesPerSecond: Double?
    /// Whether requests and replies are told as ``ClientEvent/dialogue(_:)``.
    public var tellsDialogue = false
    /// What stands in for the parts of a picture that never came; such frames are marked
    /// (``RTPTransport/PlayoutFrame/concealment``). Not in the course dialect.
    public var concealment: JPEGConcealment = .none
    /// What the server may cost.
    public var limits: EndpointLimits

    /// A configuration for `url`.
    public init(
        url: String, transport: TransportChoice = .auto, clientPorts: PortPair? = nil, userAgent: String = "swift-rtsp",
        playout: PlayoutDelay = .adaptive, requestTimeout: Duration = .seconds(5),
        datagramPatience: Duration = .seconds(3), reportInterval: Duration = .seconds(5), ssrc: UInt32,
        labFramesPerSecond: Double? = nil, limits: EndpointLimits = .default
    ) {
        self.url = url
        self.transport = transport
        self.clientPorts = clientPorts
        self.userAgent = userAgent
        self.playout = playout
        self.requestTimeout = requestTimeout
        self.datagramPatience = datagramPatience
        self.reportInterval = reportInterval
        self.ssrc = ssrc
        self.labFramesPerSecond = labFramesPerSecond
        self.limits = limits
    }
}

/// What a client connection tells its owner.
public enum ClientEvent: Sendable, Hashable {
    /// The description of the presentation, and its bytes as they came.
    case described(SessionDescription, raw: [UInt8])
    /// A stream is set up: PLAY may be asked for. The transport is as the server agreed to it, the session as it named it.
    case ready(transport: String, session: String?)
    /// The server plays this range; frames follow.
    case playing(NormalPlayTimeRange?)
    /// The server has halted.
    case paused
    /// The server refused PLAY or PAUSE; all is as it was.
    case refused(RTSPMethod, RTSPStatus)
    /// A frame whose time has come; it says which part of it is concealed, if any.
    case frame(PlayoutFrame)
    /// A frame could not be put together.
    case incompleteFrame
    /// No datagrams come, or the server refuses them: media is asked for on the control connection instead.
    case fallingBackToInterleaved(reason: String)
    /// The stream has come to its end: everything that arrived has been shown.
    case endOfStream
    /// The control connection must be made anew (the course dialect, when a server does not understand our spelling).
    case reconnect
    /// A request or a reply, for people who want to see the dialogue; only where ``ClientConfiguration/tellsDialogue`` is set.
    case dialogue(ControlMessage)
    /// Something arrived that was not expected, and was passed over.
    case noticed(String)
    /// It is over; nothing follows.
    case closed(ClientFailure?)
}

/// Why a client connection failed.
public struct ClientFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure it is.
    public enum Kind: Sendable, Hashable {
        /// The server refused a request with this status.
        case refused(RTSPMethod, RTSPStatus)
        /// The presentation has no JPEG video.
        case unsupportedMedia
        /// No transport that both sides can use.
        case unsupportedTransport
        /// A request was not answered in time.
        case timedOut(RTSPMethod)
        /// The server said that it plays, and no media came.
        case noMedia
        /// The server broke the protocol.
        case protocolViolation
        /// The connection broke.
        case connectionLost
    }

    /// What kind of failure it is.
    public var kind: Kind
    /// One sentence for people.
    public var description: String

    /// A failure.
    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

/// What a client has received.
public struct ClientStatistics: Sendable, Hashable {
    /// Whole frames, and those whose holes are concealed.
    public var frames: Int = 0
    /// How many of ``frames`` have something in place of what never came.
    public var framesConcealed: Int = 0
    /// Frames that lacked a piece, and were not concealed.
    public var incompleteFrames: Int = 0
    /// RTP packets.
    public var packets: Int = 0
    /// Bytes of RTP, headers included.
    public var bytes: Int = 0
    /// Packets that never came.
    public var packetsLost: Int = 0
    /// Packets that came after a later one.
    public var packetsReordered: Int = 0
    /// Variation of the transit time (RFC 3550 section 6.4.1).
    public var jitter: Duration = .zero
    /// How long the last frames shown were held in the jitter buffer, on the mean.
    public var bufferDepth: Duration = .zero
    /// What ``bufferDepth`` aims at.
    public var bufferTarget: Duration = .zero
    /// Frames that came after their time, shown or not.
    public var framesLate: Int = 0
    /// Whole frames that were never shown: too late, overtaken, or more than the buffer may hold.
    public var framesSkipped: Int = 0
    /// How often the buffer ran dry and playout began again with its delay.
    public var rebuffers: Int = 0
    /// From PLAY to the first whole frame; `nil` before it.
    public var firstFrame: Duration?

    /// Nothing yet.
    public init() {}
}
