internal import MJPEGSource
public import RTPTransport

/// How sessions of the course dialect are served.
public struct LabConfiguration: Sendable, Hashable {
    /// Frames per second (0.01 to 1000), whatever the file is played at otherwise: 20 is the course's own rate.
    public var framesPerSecond: Double {
        didSet { framesPerSecond = Self.sane(framesPerSecond) }
    }
    /// How frames too large for one datagram travel.
    public var fragmentation: LabFragmentation

    /// The policy's defaults.
    public init(framesPerSecond: Double = 20, fragmentation: LabFragmentation = .frameSequence) {
        self.framesPerSecond = Self.sane(framesPerSecond)
        self.fragmentation = fragmentation
    }

    private static func sane(_ rate: Double) -> Double {
        (0.01...1000).contains(rate) ? rate : Double(LabDialect.framesPerSecond)
    }
}

/// All that differs between the dialects on the way from request to media, as values: nothing else asks which it is.
struct DialectRules: Sendable, Hashable {
    /// Which dialect these rules are for.
    let dialect: ControlDialect
    /// How long a session lives without a sign of life.
    let sessionTimeout: Duration
    /// How long a connection without a session may go without a request.
    let idleTime: Duration
    /// Whether media may travel on the control connection.
    let interleaves: Bool
    /// Whether readers of a live presentation get the same packets, those of its own sender.
    let sharesLivePackets: Bool
    /// Whether sender reports and BYE are sent.
    let sendsReports: Bool
    /// Whether a method that does not exist is answered 200 once there is a session.
    let acceptsUnknownMethods: Bool
    /// Whether every session ends with its connection.
    let sessionsEndWithConnection: Bool
    private let packetSize: Int
    private let jpeg: JPEGPacketizer.Options
    private let lab: LabConfiguration

    init(_ dialect: ControlDialect, configuration: ServerConnection.Configuration) {
        self.dialect = dialect
        packetSize = configuration.packetSize
        jpeg = configuration.jpeg
        lab = configuration.lab
        switch dialect {
        case .standard:
            sessionTimeout = configuration.sessionTimeout
            idleTime = configuration.limits.idleTime
            interleaves = true
            sharesLivePackets = true
            sendsReports = true
            acceptsUnknownMethods = false
            sessionsEndWithConnection = false
        case .lab:
            // Its clients send nothing while they play; the connection is their sign of life.
            sessionTimeout = .seconds(24 * 3600)
            // They do not expect to be left, and may have stood at an error or at the end of a movie for a while.
            idleTime = max(configuration.limits.idleTime, .seconds(300))
            interleaves = false
            sharesLivePackets = false
            sendsReports = false
            acceptsUnknownMethods = true
            sessionsEndWithConnection = true
        }
    }

    /// The `Session` identifier.
    func sessionID(_ identity: SessionIdentity) -> String {
        switch dialect {
        case .standard: identity.id
        case .lab: String(identity.labNumber)
        }
    }

    /// The request as sessions understand it. Some clients of the course dialect say where to play from in units of their own;
    /// they are better served by playing on than by a refusal.
    func admitted(_ request: RTSPRequest) -> RTSPRequest {
        guard dialect == .lab, let range = request.headers["Range"] else { return request }
        if case .npt = RangeHeader.parse(range) { return request }
        var request = request
        request.headers["Range"] = nil
        return request
    }

    /// A sender for a session's own packets.
    func sender(_ identity: SessionIdentity, canonicalName: String) -> RTPSender {
        switch dialect {
        case .standard:
            RTPSender(
                packetizer: JPEGPacketizer.of(packetSize, jpeg), ssrc: identity.ssrc,
                firstSequenceNumber: identity.firstSequenceNumber, firstTimestamp: identity.firstTimestamp,
                canonicalName: canonicalName)
        case .lab:
            // The course's clients drop what is not numbered higher than the last frame, so the first is 1.
            RTPSender(
                packetizer: RawJPEGPacketizer(fragmentation: lab.fragmentation, maximumPayloadSize: packetSize),
                ssrc: identity.ssrc, firstSequenceNumber: 1, firstTimestamp: identity.firstTimestamp,
                canonicalName: canonicalName)
        }
    }

    /// Where the frames of a presentation come from, with the dialect's timing. The course dialect carries pictures of any kind.
    func source(of stored: StoredPresentation) -> any SeekableFrameSource & Sendable {
        switch dialect {
        case .standard: stored.source
        case .lab: RetimedSource(stored.original ?? stored.source, framesPerSecond: lab.framesPerSecond)
        }
    }

    /// What the course dialect tells of a presentation in its replies.
    func mediaInfo(of presentation: Presentation) -> LabMediaInfo? {
        guard dialect == .lab, case .stored(let stored) = presentation else { return nil }
        let rate = lab.framesPerSecond
        let count = stored.source.frameCount
        return LabMediaInfo(
            totalSeconds: Int(min(Double(count) / rate, 1e9).rounded(.up)), framesPerSecond: max(1, Int(rate.rounded())),
            frameCount: count, file: stored.name)
    }
}

/// A source whose frames are shown at an even rate, whatever their own times say.
struct RetimedSource: SeekableFrameSource, Sendable {
    private var base: any SeekableFrameSource & Sendable
    private let framesPerSecond: Double
    private var index = 0

    init(_ base: any SeekableFrameSource & Sendable, framesPerSecond: Double) {
        self.base = base
        self.framesPerSecond = framesPerSecond
    }

    var frameCount: Int { base.frameCount }
    var duration: Duration { time(of: frameCount) }
    var isDurationFinal: Bool { base.isDurationFinal }

    mutating func nextFrame() throws -> MJPEGFrame? {
        guard var frame = try base.nextFrame() else { return nil }
        frame.presentationTime = time(of: index)
        index &+= 1
        return frame
    }

    mutating func seek(to time: Duration) throws -> Duration {
        let wanted = (max(.zero, time) / .seconds(1) * framesPerSecond + 0.001).rounded(.down)
        _ = try base.seek(to: share(of: wanted) + .microseconds(1))
        let count = max(frameCount, 0)
        index = wanted < Double(count) ? Int(wanted) : count
        return self.time(of: index)
    }

    mutating func prepareNextFrame() -> Bool { base.prepareNextFrame() }

    var nextFrameTime: Duration? { base.nextFrameTime == nil ? nil : time(of: index) }

    mutating func skipFrames(before time: Duration) throws -> Int {
        // The base's times are others; one frame after the other is passed over until the next is in time.
        let skipped = max(0, try base.skipFrames(before: .zero))
        index = index.addingReportingOverflow(skipped).overflow ? .max : index + skipped
        return skipped
    }

    mutating func receive(_ feedback: ReaderFeedback) { base.receive(feedback) }

    /// The base's time of a frame, or its end. An even rate on both sides, so that is a share of the base's length, or of as much
    /// as is known of it.
    private func share(of index: Double) -> Duration {
        let (count, length) = base.extent
        guard count > 0, length > .zero else { return .zero }
        let seconds = min(length, NormalPlayTimeRange.maximumTime) / .seconds(1) * (index / Double(count))
        return .seconds(min(max(seconds, 0), 1e9))
    }

    private func time(of index: Int) -> Duration { .seconds(min(max(Double(index), 0) / framesPerSecond, 1e9)) }
}
