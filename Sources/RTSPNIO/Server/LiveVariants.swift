internal import MJPEGSource
internal import NIOCore
internal import RTPTransport
internal import RTSPKit

/// Who makes the pictures of a live presentation, and what of.
struct LiveWork: Sendable {
    let conversions: Conversions
    let name: ConversionName
    let variant: PresentationVariant
    let packetSize: Int
}

/// One reader of a live presentation.
struct LiveReader: Sendable, Hashable {
    let loop: ObjectIdentifier
    let connection: UInt64
    let stream: StreamID
}

/// The variants that take their frames from one live presentation.
struct VariantFeeds {
    private struct Feed {
        let mailbox: FrameMailbox
        var readers = 0
    }

    private var feeds: [LivePresentationID: Feed] = [:]

    var readerCount: Int { feeds.values.reduce(0) { $0 + $1.readers } }
    var hasReaders: Bool { feeds.values.contains { $0.readers > 0 } }

    mutating func add(_ id: LivePresentationID, _ mailbox: FrameMailbox) { feeds[id] = Feed(mailbox: mailbox) }
    mutating func remove(_ id: LivePresentationID) { feeds[id] = nil }
    mutating func setReaders(_ count: Int, of id: LivePresentationID) { feeds[id]?.readers = count }

    /// Hands a frame to all that are read.
    func post(_ frame: MJPEGFrame) {
        for feed in feeds.values where feed.readers > 0 { feed.mailbox.post(frame) }
    }

    func finish() {
        for feed in feeds.values { feed.mailbox.finish() }
    }
}

/// How many frames a second come, by their times.
struct FrameRateEstimate: Sendable {
    private var last: Duration?
    private var interval: Duration?

    /// What is taken for the rate until it is known.
    static let usual = 25.0

    var framesPerSecond: Double { interval.map { 1 / max($0 / .seconds(1), 0.001) } ?? Self.usual }

    mutating func note(_ time: Duration) {
        defer { last = time }
        guard let last else { return }
        let step = time - last
        // A pause or a clock that jumps says nothing of the rate.
        guard step > .zero, step < .seconds(10) else { return }
        interval = interval.map { ($0 * 7 + step) / 8 } ?? step
    }
}

/// The quality of a live presentation that follows what its readers lose.
struct LiveQuality: Sendable {
    /// Reports of many readers count together once in this time.
    static let interval = Duration.seconds(2)

    private var controller = QualityController()
    private var losses = ReaderLosses<LiveReader>()
    private var lastLook: ContinuousClock.Instant?

    /// The quality to encode with; `nil` at the top of the ladder, where a picture stays as good as it was made.
    var chosen: Int? { controller.rung == 0 ? nil : controller.quality }

    mutating func note(_ fractionLost: Double, of reader: LiveReader, at now: ContinuousClock.Instant) {
        losses.note(fractionLost, of: reader, at: now)
        if let lastLook, lastLook.duration(to: now) < Self.interval { return }
        lastLook = now
        guard let loss = losses.upperQuartile(at: now) else { return }
        controller.receive(fractionLost: loss, at: now)
    }
}

extension PictureSize {
    /// The size of this picture once it is made smaller.
    func scaled(_ scale: JPEGScale) -> PictureSize? {
        PictureSize(width: scale.applied(to: width), height: scale.applied(to: height))
    }
}
