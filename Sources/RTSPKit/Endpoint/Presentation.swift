public import MJPEGSource
public import RTPTransport

/// What stands at a path of the server.
public enum Presentation: Sendable {
    /// Media with a beginning and an end; every session has its own position in it.
    case stored(StoredPresentation)
    /// Media that happens now; every reader gets the same packets.
    case live(LiveDescription)

    /// The name for people: the session name of the description.
    public var name: String {
        switch self {
        case .stored(let stored): stored.name
        case .live(let live): live.name
        }
    }

    /// The description that DESCRIBE answers with (RFC 2326 appendix C).
    /// - Parameter control: the URL of the stream, relative to the presentation or whole.
    func description(host: String, control: String = Presentation.streamControl) -> SessionDescription {
        let addressType = host.utf8.contains(UInt8(ascii: ":")) ? "IP6" : "IP4"
        var description = SessionDescription(
            origin: SDPOrigin(username: "-", sessionID: "1", sessionVersion: "1", addressType: addressType, address: host),
            sessionName: name,
            connection: SDPConnection(addressType: addressType, address: addressType == "IP6" ? "::" : "0.0.0.0"),
            media: [
                .jpeg(
                    control: control, framesPerSecond: framesPerSecond, width: pictureSize?.width,
                    height: pictureSize?.height)
            ])
        description.control = "*"
        switch self {
        case .stored(let stored):
            description.range = .npt(NormalPlayTimeRange(start: .time(.zero), end: stored.source.finalDuration))
        case .live:
            description.range = .npt(NormalPlayTimeRange(start: .now, end: nil))
        }
        return description
    }

    /// The control URL of the only stream, relative to the presentation.
    static let streamControl = "stream=0"

    private var pictureSize: PictureSize? {
        switch self {
        case .stored(let stored): stored.pictureSize
        case .live(let live): live.pictureSize
        }
    }

    private var framesPerSecond: Double? {
        switch self {
        case .stored(let stored): stored.framesPerSecond
        case .live(let live): live.framesPerSecond
        }
    }
}

/// A stored presentation, opened for one session.
public struct StoredPresentation: Sendable {
    /// The name for people.
    public var name: String
    /// Where the frames come from; the session's own copy.
    public var source: any SeekableFrameSource & Sendable
    /// The same frames as they are stored, where ``source`` makes others of them: for payload formats that carry any picture.
    public var original: (any SeekableFrameSource & Sendable)?
    /// The size of the first picture, for the description; `nil` leaves it unsaid.
    public var pictureSize: PictureSize?

    /// Offers `source` under `name`.
    public init(
        name: String, source: any SeekableFrameSource & Sendable, original: (any SeekableFrameSource & Sendable)? = nil,
        pictureSize: PictureSize? = nil
    ) {
        self.name = name
        self.source = source
        self.original = original
        self.pictureSize = pictureSize
    }

    /// The mean frame rate; `nil` where the source has no frames or no length.
    public var framesPerSecond: Double? {
        let (frameCount, duration) = source.extent
        let seconds = duration / .seconds(1)
        return frameCount > 0 && seconds > 0 ? Double(frameCount) / seconds : nil
    }
}

extension SeekableFrameSource {
    /// The length, once it is known.
    var finalDuration: Duration? { isDurationFinal ? duration : nil }

    /// How many frames there are and how long they last, as of one moment: what is known may grow between two questions.
    var extent: (frameCount: Int, duration: Duration) {
        var count = frameCount
        for _ in 0..<100 where !isDurationFinal {
            let duration = duration
            let now = frameCount
            if now == count { return (count, duration) }
            count = now
        }
        return (frameCount, duration)
    }
}

/// Which live presentation; the embedder chooses the number and keeps it unique.
public struct LivePresentationID: RawRepresentable, Sendable, Hashable {
    /// The number.
    public let rawValue: UInt64
    /// The presentation numbered `rawValue`.
    public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// What a session must know of a live presentation before it plays it.
public struct LiveDescription: Sendable, Hashable {
    /// Which presentation.
    public var id: LivePresentationID
    /// The name for people.
    public var name: String
    /// The synchronization source of its packets.
    public var ssrc: UInt32
    /// The frame rate where it is known.
    public var framesPerSecond: Double?
    /// The size of the last picture, for the description; `nil` leaves it unsaid.
    public var pictureSize: PictureSize?

    /// Describes the live presentation `id`.
    public init(
        id: LivePresentationID, name: String, ssrc: UInt32, framesPerSecond: Double? = nil, pictureSize: PictureSize? = nil
    ) {
        self.pictureSize = pictureSize
        self.id = id
        self.name = name
        self.ssrc = ssrc
        self.framesPerSecond = framesPerSecond
    }
}

/// The random parts of a new session, drawn by the embedder: the core has no generator of its own.
public struct SessionIdentity: Sendable, Hashable {
    /// The `Session` identifier: 128 random bits in hexadecimal (RFC 2326 section 3.4).
    public var id: String
    /// The session number of the course dialect: six digits.
    public var labNumber: Int
    /// The synchronization source (RFC 3550 section 8).
    public var ssrc: UInt32
    /// The first sequence number (RFC 3550 section 5.1).
    public var firstSequenceNumber: UInt16
    /// The timestamp of the first frame (RFC 3550 section 5.1).
    public var firstTimestamp: RTPTimestamp

    /// An identity that was drawn before.
    public init(id: String, labNumber: Int, ssrc: UInt32, firstSequenceNumber: UInt16, firstTimestamp: RTPTimestamp) {
        self.id = id
        self.labNumber = labNumber
        self.ssrc = ssrc
        self.firstSequenceNumber = firstSequenceNumber
        self.firstTimestamp = firstTimestamp
    }

    /// Draws an identity. Use a generator that cannot be predicted, as the system's is.
    public init(using generator: inout some RandomNumberGenerator) {
        var digits: [UInt8] = []
        digits.reserveCapacity(32)
        for _ in 0..<2 {
            var word = generator.next()
            for _ in 0..<16 {
                let digit = UInt8(word & 15)
                digits.append(digit + (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10))
                word >>= 4
            }
        }
        id = String(decoding: digits, as: UTF8.self)
        labNumber = Int.random(in: 100_000...999_999, using: &generator)
        ssrc = UInt32.random(in: 1...UInt32.max, using: &generator)
        firstSequenceNumber = UInt16.random(in: .min ... .max, using: &generator)
        firstTimestamp = RTPTimestamp(rawValue: UInt32.random(in: .min ... .max, using: &generator))
    }
}
