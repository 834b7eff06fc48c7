internal import RTPTransport

/// What the control half of a client connection leads to.
enum ControlOutcome: Sendable {
    /// Send these bytes to the server.
    case send([UInt8])
    /// The server has said this.
    case heard([UInt8])
    case described(SessionDescription, raw: [UInt8])
    /// A stream is set up; its packets come by this route.
    case ready(AgreedStream)
    /// Media will flow. The range and the first packets, where the server told.
    case playing(NormalPlayTimeRange?, RTPInfoHeader.Entry?)
    case paused
    /// PLAY or PAUSE was refused; all is as it was.
    case refused(RTSPMethod, RTSPStatus)
    /// A packet that came on the control connection.
    case interleaved(InterleavedFrame)
    case fallingBack(String)
    case reconnect
    case noticed(String)
    /// The dialect says that the stream has stopped, or come to its end: it has no other way to tell.
    case streamStalled
    case closed(ClientFailure?)
}

/// What comes next on the control connection.
enum ControlArrival: Sendable {
    /// Packets between two messages, of this channel; their bytes lie here.
    case packets(RTPPacketRun, channel: UInt8)
    /// Anything else, and what it leads to.
    case outcomes([ControlOutcome])
}

/// A stream as both sides agreed on it.
struct AgreedStream: Sendable, Hashable {
    /// By which way packets come.
    var route: MediaRoute
    /// What the Transport header said, for people.
    var transport: String
    /// The session's identifier, as the server wrote it.
    var session: String?
    /// How frames lie in packets.
    var format: ReceiverFormat
    var payloadTypes: Set<UInt8>
    var ssrc: UInt32?
    /// Whether reports are sent.
    var sendsReports: Bool
    /// How frames are timed.
    var timing: JitterBuffer.Timing
    /// The size of the pictures, where the description states it.
    var pictureSize: PictureSize?
}

/// The control half of a client connection: one dialect's way from commands to bytes and from bytes to outcomes.
protocol ClientControl: Sendable {
    /// When ``advance(to:)`` is due.
    var deadline: ContinuousClock.Instant? { get }
    /// Bytes of messages that are not whole.
    var heldByteCount: Int { get }
    /// The control connection stands.
    mutating func connected(at now: ContinuousClock.Instant) -> [ControlOutcome]
    /// Takes what comes first in `bytes` behind `offset`, which moves on; to be called until it has reached the end.
    mutating func receive(_ bytes: Span<UInt8>, from offset: inout Int, at now: ContinuousClock.Instant) -> ControlArrival
    mutating func play(_ range: NormalPlayTimeRange?, at now: ContinuousClock.Instant) throws -> [ControlOutcome]
    mutating func pause(at now: ContinuousClock.Instant) throws -> [ControlOutcome]
    mutating func tearDown(at now: ContinuousClock.Instant) -> [ControlOutcome]
    mutating func advance(to now: ContinuousClock.Instant) -> [ControlOutcome]
    mutating func connectionClosed(at now: ContinuousClock.Instant) -> [ControlOutcome]
    /// A packet arrived while playing.
    mutating func mediaArrived(at now: ContinuousClock.Instant) -> [ControlOutcome]
    /// No packet has arrived: ask for them in another way, if there is one.
    /// - Returns: `nil` where there is none.
    mutating func fallBack(playing range: NormalPlayTimeRange?, at now: ContinuousClock.Instant) -> [ControlOutcome]?
    /// The stream came to its end.
    mutating func playbackEnded(at now: ContinuousClock.Instant)
}
