internal import MJPEGSource
internal import RTPTransport
internal import RTSPKit

/// Stored media whose pictures are made into others before they are sent: those that RFC 2435 cannot carry, or all of them where a
/// variant is wanted.
///
/// It reads a few frames ahead, so that their conversion is done when they are due; what can be sent as it is passes at once.
struct ConvertingSource: SeekableFrameSource, Sendable {
    /// Who makes the pictures, of what, and who is told that one is there.
    struct Work: Sendable {
        let conversions: Conversions
        let name: ConversionName
        let variant: PresentationVariant
        let packetSize: Int
        let framesPerSecond: Double?
        /// Called on any thread when a frame that was not ready may be.
        let wake: @Sendable () -> Void
    }

    /// A frame that was read ahead.
    private struct Frame: Sendable {
        let frame: MJPEGFrame
        var state: State

        enum State: Sendable {
            /// Sent as it is.
            case direct
            /// Asked for.
            case claimed(ConversionTicket)
            /// To be asked for when there is room.
            case unclaimed
        }
    }

    /// How many frames are in the works at once.
    static let readAhead = 4

    private let work: Work
    private var base: any SeekableFrameSource & Sendable
    private var ahead: [Frame] = []
    private var memory = JPEGHeaderMemory()
    /// What went wrong while reading ahead; told when its turn comes.
    private var failure: (any Error)?
    private var isAtEnd = false
    /// Whether any picture had to be converted, so that it pays to read ahead.
    private var hasWork = false
    private var hasPassedOne = false
    /// Whether the next frame was said to be ready in the hope that there will be nothing to do, as with those before.
    private var isHopedFor = false
    private var controller: QualityController?
    /// What is made of the pictures now.
    private var conversion: JPEGConversion

    init(_ base: any SeekableFrameSource & Sendable, _ work: Work) {
        self.base = base
        self.work = work
        controller = work.variant.followsLoss ? QualityController() : nil
        conversion = Self.conversion(for: work, controller)
    }

    var duration: Duration { base.duration }
    var isDurationFinal: Bool { base.isDurationFinal }
    var frameCount: Int { base.frameCount }
    var nextFrameTime: Duration? {
        if let first = ahead.first { return first.frame.presentationTime }
        return isHopedFor ? base.nextFrameTime : nil
    }

    mutating func prepareNextFrame() -> Bool {
        // Nobody need hold a picture that is sent as it is before it is due.
        if !hasWork, hasPassedOne, !isHopedFor, ahead.isEmpty, base.nextFrameTime != nil {
            isHopedFor = true
            return true
        }
        fill(to: 1)
        guard !ahead.isEmpty else { return true }
        if hasWork { fill(to: Self.readAhead) }
        for index in ahead.indices { claim(index) }
        switch ahead[0].state {
        case .direct: return true
        case .claimed(let ticket): return !ticket.whenDone(work.wake)
        case .unclaimed:
            work.conversions.whenRoom(work.wake)
            return false
        }
    }

    /// The next frame; before it is ready as it is stored.
    mutating func nextFrame() throws -> MJPEGFrame? {
        isHopedFor = false
        hasPassedOne = true
        fill(to: 1)
        guard !ahead.isEmpty else {
            if let failure { throw failure }
            return nil
        }
        let first = ahead.removeFirst()
        guard case .claimed(let ticket) = first.state, case .success(let picture)? = ticket.outcome else { return first.frame }
        return MJPEGFrame(image: picture.image, presentationTime: first.frame.presentationTime)
    }

    mutating func seek(to time: Duration) throws -> Duration {
        ahead = []
        isHopedFor = false
        failure = nil
        isAtEnd = false
        return try base.seek(to: time)
    }

    mutating func skipFrames(before time: Duration) throws -> Int {
        if isHopedFor {
            isHopedFor = false
            return try base.skipFrames(before: .zero)
        }
        fill(to: 1)
        guard !ahead.isEmpty else {
            if let failure { throw failure }
            return 0
        }
        var count = 0
        repeat {
            ahead.removeFirst()
            count += 1
            fill(to: 1)
        } while count < Self.skippedAtOnce && isHopeless(before: time)
        return count
    }

    mutating func receive(_ feedback: ReaderFeedback) {
        guard controller?.receive(fractionLost: feedback.fractionLost, at: feedback.instant) == true else { return }
        conversion = Self.conversion(for: work, controller)
    }

    /// How many frames are passed over at once, at most: reading them takes time, too.
    private static let skippedAtOnce = 100

    /// Whether the next frame is too late, or would be once it was converted; what is there already is as good as any other.
    private func isHopeless(before time: Duration) -> Bool {
        guard let next = ahead.first else { return false }
        switch next.state {
        case .direct: return false
        case .claimed(let ticket): return ticket.outcome == nil && next.frame.presentationTime < time
        case .unclaimed: return next.frame.presentationTime < time + work.conversions.latency
        }
    }

    private mutating func fill(to count: Int) {
        while ahead.count < count, !isAtEnd, failure == nil {
            do {
                guard let frame = try base.nextFrame() else {
                    isAtEnd = true
                    return
                }
                let isDirect = isDirect(frame.image)
                if !isDirect { hasWork = true }
                ahead.append(Frame(frame: frame, state: isDirect ? .direct : .unclaimed))
            } catch {
                failure = error
            }
        }
    }

    private mutating func claim(_ index: Int) {
        guard case .unclaimed = ahead[index].state else { return }
        let ticket = work.conversions.ask(for: ahead[index].frame.image, conversion, of: work.name)
        if let ticket { ahead[index].state = .claimed(ticket) }
    }

    private mutating func isDirect(_ image: [UInt8]) -> Bool {
        guard conversion.leavesAlone(image) else { return false }
        switch memory.carriage(of: image.span) {
        // What is broken is refused where it is sent.
        case .direct, .never: return true
        case .afterRecoding, .afterReencoding: return false
        }
    }

    private static func conversion(for work: Work, _ controller: QualityController?) -> JPEGConversion {
        var variant = work.variant
        if let quality = controller?.quality { variant.quality = min(quality, variant.quality ?? 100) }
        // At the top of the ladder a picture is as good as it was made.
        if controller?.rung == 0 { variant.quality = work.variant.quality }
        return variant.conversion(framesPerSecond: work.framesPerSecond, packetSize: work.packetSize)
    }
}

extension JPEGConversion {
    /// Whether a picture that can be carried is what is wanted already.
    func leavesAlone(_ image: [UInt8]) -> Bool {
        scale == .full && quality == nil && maximumByteCount.map { image.count <= $0 } ?? true
    }
}
