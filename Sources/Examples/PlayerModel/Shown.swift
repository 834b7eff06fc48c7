internal import Foundation
internal import RTSPKit
internal import RTSPNIO

/// What has been shown since Setup, and how it went.
struct Shown: Sendable {
    /// The picture shown last.
    var picture: Picture?
    /// Its position.
    private(set) var position: Duration?
    /// When Play was pressed, until its first picture is shown.
    var playAsked: ContinuousClock.Instant?
    /// From pressing Play to its first picture.
    private(set) var firstPicture: Duration?
    /// From the sender's clock to the moment of showing; live media only.
    private(set) var latency: Duration?
    /// Pictures that a browser was too slow for.
    var browserSkipped = 0
    var meter = RateMeter()
    private var recent: [Duration] = []
    /// The frame rate, once enough frames in a row have been seen.
    private(set) var measuredRate: Double?

    /// Frames in a row that the rate is measured over.
    private static let rateFrames = 30

    init(picture: Picture? = nil) { self.picture = picture }

    /// How many pictures were shown.
    var count: Int { picture?.number ?? 0 }

    /// A frame is being shown.
    mutating func show(_ frame: RTSPFrame, at now: ContinuousClock.Instant, isLive: Bool) -> Picture {
        if let playAsked {
            firstPicture = playAsked.duration(to: now)
            self.playAsked = nil
        }
        latency = isLive ? frame.latency(at: Date.now) : nil
        meter.show(at: now)
        measureRate(frame.presentationTime)
        position = frame.presentationTime
        let picture = Picture(image: frame.image, number: count + 1, position: frame.presentationTime / .seconds(1))
        self.picture = picture
        return picture
    }

    /// A jump: frames before and after it have nothing to do with each other.
    mutating func clearRates() { recent = [] }

    private mutating func measureRate(_ time: Duration) {
        guard measuredRate == nil else { return }
        if let last = recent.last, time <= last || time > last + .seconds(2) { recent = [] }
        recent.append(time)
        guard recent.count > Self.rateFrames, let first = recent.first else { return }
        let seconds = (time - first) / .seconds(1)
        measuredRate = (Double(recent.count - 1) / seconds * 1000).rounded() / 1000
        recent = []
    }
}
