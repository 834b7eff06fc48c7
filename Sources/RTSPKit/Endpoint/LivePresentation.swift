public import MJPEGSource
public import RTPTransport

/// One frame of a live presentation, packetized once for all readers.
public struct LiveFrame: Sendable {
    /// The packets.
    public var batch: RTPPacketBatch
    /// The sequence number of the first of them.
    public var firstSequenceNumber: UInt16
    /// The timestamp of all of them.
    public var timestamp: RTPTimestamp
    /// A sender report to be sent before the packets, when one is due.
    public var report: [UInt8]?
    /// The frame itself, for readers that take another payload format.
    public var frame: MJPEGFrame

    /// A frame that was packetized before.
    public init(
        batch: RTPPacketBatch, firstSequenceNumber: UInt16, timestamp: RTPTimestamp, report: [UInt8]? = nil,
        frame: MJPEGFrame
    ) {
        self.batch = batch
        self.firstSequenceNumber = firstSequenceNumber
        self.timestamp = timestamp
        self.report = report
        self.frame = frame
    }
}

/// What a reader gets on joining a live presentation.
public struct LiveSnapshot: Sendable {
    /// The last frame, sent at once so that the reader need not wait for the next; `nil` before the first.
    public var lastFrame: LiveFrame?
    /// The sequence number of the packet that comes after ``lastFrame``.
    public var nextSequenceNumber: UInt16
    /// The RTP time of this moment, for `RTP-Info` where there is no frame yet.
    public var timestamp: RTPTimestamp
    /// A sender report of this moment (RFC 3550 section 6.4.1).
    public var report: [UInt8]

    /// A snapshot that was taken before.
    public init(
        lastFrame: LiveFrame? = nil, nextSequenceNumber: UInt16, timestamp: RTPTimestamp, report: [UInt8]
    ) {
        self.lastFrame = lastFrame
        self.nextSequenceNumber = nextSequenceNumber
        self.timestamp = timestamp
        self.report = report
    }
}

/// The sending side of a live presentation: one synchronization source, one sequence of packets, whatever the readers.
public struct LivePresentation: Sendable {
    /// What sessions must know of it; the size is that of the last picture.
    public private(set) var description: LiveDescription
    private let wallClock: WallClock
    private let reportInterval: Duration
    private var sender: RTPSender
    @StoredOptionalInstant private var start: ContinuousClock.Instant?
    @StoredOptionalInstant private var nextReport: ContinuousClock.Instant?
    private var lastFrame: LiveFrame?
    /// When it came.
    @StoredOptionalInstant private var lastArrival: ContinuousClock.Instant?
    private var lastStreamTime: Duration = .zero
    private var lastFrameTime: Duration = .zero

    /// A presentation that has not begun.
    public init(
        id: LivePresentationID, name: String, framesPerSecond: Double? = nil, packetSize: Int = 1400, canonicalName: String,
        wallClock: WallClock, reportInterval: Duration = .seconds(5), jpeg: JPEGPacketizer.Options = JPEGPacketizer.Options(),
        using generator: inout some RandomNumberGenerator
    ) {
        sender = RTPSender(
            packetizer: JPEGPacketizer.of(packetSize, jpeg), canonicalName: canonicalName, using: &generator)
        description = LiveDescription(id: id, name: name, ssrc: sender.ssrc, framesPerSecond: framesPerSecond)
        self.wallClock = wallClock
        self.reportInterval = reportInterval
    }

    /// Packetizes a frame that was captured at `now`.
    /// - Parameter image: the picture that travels in the frame's place, where the frame's own cannot.
    /// - Throws: ``JPEGError`` where RFC 2435 cannot carry the picture; the presentation goes on with the next.
    public mutating func packetize(
        _ frame: MJPEGFrame, carrying image: [UInt8]? = nil, at now: ContinuousClock.Instant
    ) throws(JPEGError) -> LiveFrame {
        // Two frames never share a timestamp, which would make one of them.
        let streamTime = max(advance(to: now), lastFrame == nil ? .zero : lastFrameTime + .milliseconds(1))
        (lastStreamTime, lastFrameTime) = (streamTime, streamTime)
        let firstSequenceNumber = sender.nextSequenceNumber
        let image = image ?? frame.image
        let batch = try sender.packetize(image, at: streamTime)
        if let size = PictureSize(ofJPEG: image.span) { description.pictureSize = size }
        var report: [UInt8]?
        if nextReport.map({ $0 <= now }) ?? true {
            report = sender.senderReport(streamTime: streamTime, ntp: wallClock.ntp(at: now))
            nextReport = now + reportInterval
        }
        let live = LiveFrame(
            batch: batch, firstSequenceNumber: firstSequenceNumber, timestamp: sender.timestamp(at: streamTime),
            report: report, frame: frame)
        (lastFrame, lastArrival) = (live, now)
        return live
    }

    /// What a reader that joins at `now` starts from. A last frame that is long past would date everything that the reader
    /// shows after it, so it gets none then.
    public mutating func snapshot(at now: ContinuousClock.Instant) -> LiveSnapshot {
        let streamTime = advance(to: now)
        let rate = description.framesPerSecond.flatMap { (0.01...20).contains($0) ? $0 : nil } ?? 20
        let freshness = Duration.seconds(2 / rate)
        let isRecent = lastArrival.map { $0.duration(to: now) <= freshness } ?? false
        return LiveSnapshot(
            lastFrame: isRecent ? lastFrame : nil, nextSequenceNumber: sender.nextSequenceNumber,
            timestamp: sender.timestamp(at: streamTime),
            report: sender.senderReport(streamTime: streamTime, ntp: wallClock.ntp(at: now)))
    }

    /// The compound packet that ends the stream (RFC 3550 section 6.6).
    public mutating func goodbye(at now: ContinuousClock.Instant) -> [UInt8] {
        sender.goodbye(streamTime: advance(to: now), ntp: wallClock.ntp(at: now))
    }

    /// The stream time at `now`; never goes back.
    private mutating func advance(to now: ContinuousClock.Instant) -> Duration {
        let start = self.start ?? now
        self.start = start
        lastStreamTime = max(lastStreamTime, start.duration(to: now))
        return lastStreamTime
    }
}

extension JPEGPacketizer {
    /// A packetizer as an endpoint is configured to have it.
    static func of(_ packetSize: Int, _ options: Options) -> JPEGPacketizer {
        JPEGPacketizer(maximumPayloadSize: packetSize, options: options)
    }
}
