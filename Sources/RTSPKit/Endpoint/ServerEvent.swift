public import RTPTransport

/// What a server connection wants to know of its owner; one question is open at a time.
public enum ServerQuestion: Sendable, Hashable {
    /// What stands at `path`, made smaller as `variant` has it, and may it be described or set up? Where variants are not honoured
    /// (``ServerConnection/Configuration/honoursVariants``) it is always the original.
    case find(path: String, purpose: Purpose, variant: PresentationVariant = .original)
    /// Where does the live presentation stand; frames follow until ``ServerEvent/left(_:)``.
    case join(LivePresentationID)

    /// The path with the variant behind it, as a URL has them: tells apart what is found; `nil` where nothing is to be found.
    public var place: String? {
        guard case .find(let path, _, let variant) = self else { return nil }
        return variant == .original ? path : "\(path)?\(variant)"
    }

    /// What the presentation is wanted for.
    public enum Purpose: Sendable, Hashable {
        /// To be described; nothing is kept.
        case describe
        /// For a session: the owner counts it, and refuses where there are too many.
        case session
    }
}

/// The owner's answer to a ``ServerQuestion``.
public enum ServerAnswer: Sendable {
    /// The presentation is there; a session on it takes this identity.
    case found(Presentation, SessionIdentity)
    /// The live presentation stands here.
    case joined(LiveSnapshot)
    /// No, with the status that the peer gets.
    case refused(RTSPStatus)
}

/// What became of one session, for logs, counters and people.
public struct SessionReport: Sendable, Hashable {
    /// The session's identifier.
    public var id: String
    /// The name of the presentation.
    public var presentation: String
    /// How its packets travelled, as the Transport header has it.
    public var transport: String
    /// The course dialect or the standard.
    public var dialect: ControlDialect
    /// Frames sent whole.
    public var framesSent: UInt64 = 0
    /// Frames skipped because the reader lagged.
    public var framesSkipped: UInt64 = 0
    /// Frames that the payload format cannot carry.
    public var framesRefused: UInt64 = 0
    /// RTP packets sent.
    public var packetsSent: UInt64 = 0
    /// Bytes of RTP sent, headers included.
    public var bytesSent: UInt64 = 0
    /// What the reader reported last; `nil` where it never did.
    public var lastReport: ReceptionReport?
}

/// What happened inside a server connection.
public enum ServerEvent: Sendable, Hashable {
    /// The owner must answer before the next request is taken.
    case ask(ServerQuestion)
    /// A session was set up.
    case sessionStarted(SessionReport)
    /// A session ended.
    case sessionEnded(SessionReport, CloseReason)
    /// A session stopped reading the live presentation.
    case left(LivePresentationID)
    /// A request was answered with this status.
    case answered(RTSPMethod, url: String, RTSPStatus)
    /// The peer sent what is not RTSP, or broke a limit.
    case violated(String)
    /// A picture of this presentation cannot travel; said once per session.
    case pictureRefused(presentation: String, JPEGError)
    /// The source of this presentation failed; the presentation ends there.
    case sourceFailed(presentation: String, String)
}
