/// Finds where JPEG files begin and end in a run of bytes, given a window on it at a time.
///
/// It walks the segments of each JPEG (ITU-T T.81 annex B) to its scans and looks for EOI there, so a thumbnail inside a
/// segment does not end the picture. Where a segment does not lead to a marker, it goes back to the start of that segment and
/// takes the first FF D9 as the end, which is all that a plain reader does. Going back is bounded, so the work stays linear.
///
/// All places are offsets from the start of the run.
struct JPEGScanner: Sendable, Hashable {
    /// What became known.
    enum Step: Sendable, Hashable {
        /// Nothing more can be said before bytes from ``position`` on are in the window.
        case starved
        /// These bytes are a whole JPEG file.
        case frame(Range<Int>)
        /// Something that is not a whole JPEG was passed over.
        case damaged(MJPEGDamage)
    }

    private enum State: Sendable, Hashable {
        /// Between frames, looking for SOI.
        case gap
        /// In a frame, where a marker must stand.
        case marker
        /// In a frame, after a start of scan: entropy-coded data up to the next marker.
        case scan
        /// In a frame whose segments make no sense: looking for EOI or SOI only.
        case plain
    }

    /// The first byte that the scanner still wants to see.
    private(set) var position: Int
    /// How many bytes of lab-format length (blanks and digits) stand before the frame that was found last.
    private(set) var prefixByteCount = 0

    private let maxFrameBytes: Int
    private var state = State.gap
    /// Where the current frame, or else the current gap, begins.
    private var start: Int
    /// Whether the bytes at the start of the gap are accounted for, being the rest of a frame already reported.
    private var gapIsReported = false
    /// Whether the gap so far consists of blanks and line ends.
    private var gapIsBlank = true
    /// Where the marker of the last segment stands; those before it led to a marker, so what they contain is theirs.
    private var segmentStart = 0
    /// Whether the segment that ``position`` lies behind is application data, which may hold a thumbnail.
    private var inApplicationData = false
    /// Below this offset a walk has failed before; ``failedWalks`` counts how many did.
    private var distrustedUntil = 0
    private var failedWalks = 0

    /// How many bytes before ``position`` the scanner likes to see, if there are any.
    static let lookBack = 2
    private static let maxFailedWalks = 4

    /// Starts at offset 0, between frames.
    init(maxFrameBytes: Int) {
        self.position = 0
        self.start = 0
        self.maxFrameBytes = maxFrameBytes
    }

    /// Goes on at `offset`, as between frames.
    mutating func move(to offset: Int) {
        state = .gap
        (position, start, gapIsReported) = (offset, offset, false)
    }

    /// The first byte that must be kept: the start of the current frame, if there is one.
    var firstNeeded: Int { state == .gap ? position : start }

    /// Looks on, at a window whose first byte has the offset `origin`.
    ///
    /// In a frame, nothing is seen of what lies behind the largest frame allowed, so what is found never depends on how far the
    /// window happens to reach.
    mutating func step(_ window: Span<UInt8>, from origin: Int) -> Step {
        let end = origin &+ window.count
        while position >= origin, position < end {
            let before = (state, position)
            let limit = state == .gap ? end : min(end, start &+ maxFrameBytes)
            guard position < limit else { break }
            let visible = window.extracting(first: limit &- origin)
            let step =
                switch state {
                case .gap: passGap(visible, from: origin)
                case .marker: passMarker(visible, from: origin)
                case .scan, .plain: passScan(visible, from: origin)
                }
            if let step { return step }
            if before == (state, position) { break }
        }
        guard state != .gap, position >= origin, start &+ maxFrameBytes < end else { return .starved }
        return abandonOversize()
    }

    /// Says that the run ends at `length`; call it when ``step(_:from:)`` starves with nothing left to show.
    /// - Returns: `nil` when all is said; `.starved` if the scanner went back and wants bytes again.
    mutating func finish(at length: Int) -> Step? {
        // A segment may lead past the end of the run before the window has reached the end of the largest frame.
        if state != .gap, start &+ maxFrameBytes < length { return abandonOversize() }
        if state == .marker, position > length, !inApplicationData, length &- start > 2 {
            distrust()
            return .starved
        }
        let damage: MJPEGDamage? =
            if state != .gap {
                MJPEGDamage(offset: start, reason: .cutLastFrame)
            } else if !gapIsReported, length &- start > 0, !gapIsBlank {
                MJPEGDamage(offset: start, reason: .junk(byteCount: length &- start))
            } else {
                nil
            }
        state = .gap
        (position, start, gapIsReported) = (max(position, length), max(position, length), false)
        return damage.map { .damaged($0) }
    }

    // MARK: Between frames

    private mutating func passGap(_ window: Span<UInt8>, from origin: Int) -> Step? {
        var index = position &- origin
        while true {
            index = window.firstMarker(from: index)
            guard index &+ 2 < window.count else { break }
            if window[index &+ 1] == 0xD8, window[index &+ 2] == 0xFF { return begin(at: index, window, from: origin) }
            index &+= 1
        }
        // A short gap is kept whole: only with the SOI after it can it be told from junk.
        gapIsBlank = isBlank(window, from: origin, to: origin &+ window.count)
        if origin &+ index &- start > LabPrefix.maxByteCount { position = origin &+ index }
        return nil
    }

    private mutating func begin(at index: Int, _ window: Span<UInt8>, from origin: Int) -> Step? {
        let (gapStart, offset) = (start, origin &+ index)
        let isBlank = isBlank(window, from: origin, to: offset)
        let prefix = gapStart >= origin ? LabPrefix(window, at: gapStart &- origin) : nil
        prefixByteCount = prefix.map { gapStart &+ $0.byteCount == offset ? $0.byteCount : 0 } ?? 0
        beginFrame(at: offset)
        let isExplained = gapIsReported || prefixByteCount > 0 || isBlank
        gapIsReported = false
        return isExplained ? nil : .damaged(MJPEGDamage(offset: gapStart, reason: .junk(byteCount: offset &- gapStart)))
    }

    private func isBlank(_ window: Span<UInt8>, from origin: Int, to end: Int) -> Bool {
        guard start >= origin, end &- start <= LabPrefix.maxByteCount else { return end == start }
        var index = start &- origin
        while index < end &- origin {
            if !LabPrefix.isBlank(window[index]) { return false }
            index &+= 1
        }
        return true
    }

    private mutating func beginFrame(at offset: Int) {
        if offset >= distrustedUntil { failedWalks = 0 }
        start = offset
        position = offset &+ 2
        segmentStart = offset
        inApplicationData = false
        state = failedWalks < Self.maxFailedWalks ? .marker : .plain
    }

    // MARK: In a frame

    private mutating func passMarker(_ window: Span<UInt8>, from origin: Int) -> Step? {
        let index = position &- origin
        guard window[index] == 0xFF else { return distrust() }
        guard index &+ 1 < window.count else { return nil }
        if position &- start >= 4, index >= 2, window[index &- 2] == 0xFF, window[index &- 1] == 0xD8 {
            position &-= 2  // Not the end of a segment: the SOI after a frame that was cut two bytes before it.
            return restart()
        }
        switch window[index &+ 1] {
        case 0xFF:  // a fill byte
            position &+= 1
            return nil
        case 0xD9:
            return endFrame(at: position &+ 2)
        case 0xD8:
            guard index &+ 2 < window.count else { return nil }
            return window[index &+ 2] == 0xFF ? restart() : distrust()
        case 0x01, 0xD0...0xD7:  // markers without a segment
            position &+= 2
            return nil
        case 0x00:
            return distrust()
        case let code:
            return passSegment(code, window, at: index)
        }
    }

    private mutating func passSegment(_ code: UInt8, _ window: Span<UInt8>, at index: Int) -> Step? {
        guard index &+ 3 < window.count else { return nil }
        let length = Int(window[index &+ 2]) << 8 | Int(window[index &+ 3])
        guard length >= 2 else { return distrust() }
        inApplicationData = (0xE0...0xEF).contains(code)
        segmentStart = position
        if code == 0xDA {
            guard (8...14).contains(length) else { return distrust() }
            guard index &+ 2 &+ length <= window.count else { return nil }
            guard Self.isScanHeader(window.extracting((index &+ 4)..<(index &+ 2 &+ length))) else { return distrust() }
            state = .scan
        }
        position &+= 2 &+ length
        return nil
    }

    /// Whether the parameters of a start of scan are possible (T.81 section B.2.3): those of a frame cut short and followed
    /// by another are not, since FF and D8 are too large for any of them.
    private static func isScanHeader(_ body: Span<UInt8>) -> Bool {
        let components = Int(body[0])
        guard (1...4).contains(components), body.count == 4 + 2 * components else { return false }
        for component in 0..<components where body[2 + 2 * component] & 0xCC != 0 { return false }
        let (spectralStart, spectralEnd, approximation) = (body[body.count - 3], body[body.count - 2], body[body.count - 1])
        return spectralStart < 64 && spectralEnd < 64 && approximation >> 4 < 14 && approximation & 15 < 14
    }

    private mutating func passScan(_ window: Span<UInt8>, from origin: Int) -> Step? {
        var index = position &- origin
        while true {
            index = window.firstMarker(from: index)
            position = origin &+ index
            guard index &+ 1 < window.count else { return nil }
            switch window[index &+ 1] {
            case 0xD9:
                return endFrame(at: position &+ 2)
            case 0xD8:
                guard index &+ 2 < window.count else { return nil }
                if window[index &+ 2] == 0xFF { return restart() }
                index &+= 2
            case 0xFF:
                index &+= 1
            case 0xC4, 0xCC, 0xDA...0xDD, 0xE0...0xEF, 0xFE:  // between two scans: tables, or the next scan
                if state == .scan {
                    state = .marker
                    return nil
                }
                index &+= 2
            default:  // a stuffed zero, a restart marker, or damage that a decoder may survive
                index &+= 2
            }
        }
    }

    private mutating func endFrame(at end: Int) -> Step {
        let frame = start..<end
        state = .gap
        (position, start) = (end, end)
        return .frame(frame)
    }

    /// Another SOI where none can be: the frame before it was cut.
    private mutating func restart() -> Step {
        let cut = start
        beginFrame(at: position)
        prefixByteCount = 0
        return .damaged(MJPEGDamage(offset: cut, reason: .unfinishedFrame))
    }

    /// The segments make no sense here: goes back to look for the end of the frame in the plain way.
    @discardableResult
    private mutating func distrust() -> Step? {
        if start >= distrustedUntil { failedWalks = 0 }
        failedWalks += 1
        distrustedUntil = max(distrustedUntil, position)
        position = segmentStart &+ 2
        state = .plain
        return nil
    }

    private mutating func abandonOversize() -> Step {
        let damage = MJPEGDamage(offset: start, reason: .oversizeFrame)
        let end = max(start &+ 2, min(position, start &+ maxFrameBytes))
        state = .gap
        (position, start, gapIsReported) = (end, end, true)
        return .damaged(damage)
    }
}
