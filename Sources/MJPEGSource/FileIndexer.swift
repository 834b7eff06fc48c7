/// Finds the frames of a file of JPEGs, reading a part of it at a time.
struct FileIndexer: Sendable {
    private enum State: Sendable {
        /// A length of the lab format is to stand at this place.
        case lab(Int)
        /// Frames are found by their markers. In the lab format this lasts until one is followed by a length again; `prefix` is the
        /// length that cannot be right, and where it stands.
        case raw(start: Int, prefix: (position: Int, prefix: LabPrefix)?)
        /// No more frames are wanted, or there are none.
        case ended
    }

    private let file: OpenFile
    private let limits: MJPEGLimits
    private let isLab: Bool
    private var state: State
    /// What was found and not yet taken, and how many frames were found in all.
    private var found = FrameIndex()
    private var frameCount = 0
    /// How many bytes were read.
    private var byteCount = 0
    /// For looking at single lengths of the lab format, where the JPEGs between them need not be read.
    private var probe = FileWindow()
    private var scan = FileWindow()
    /// One for the whole file: it remembers where walking failed, which keeps the work linear.
    private var scanner: JPEGScanner
    /// Where the file ends; less than its size at opening if it was cut meanwhile.
    private var end: Int

    private static let probeSize = 4096
    private static let scanSize = 256 * 1024

    /// Starts at the beginning of `file`, which is in the lab format or has JPEGs back to back.
    init(_ file: OpenFile, isLab: Bool, limits: MJPEGLimits) {
        self.file = file
        self.limits = limits
        self.isLab = isLab
        self.state = isLab ? .lab(0) : .raw(start: 0, prefix: nil)
        self.end = file.byteCount
        self.scanner = JPEGScanner(maxFrameBytes: limits.maxFrameBytes)
    }

    /// Whether the whole file was looked at.
    var isAtEnd: Bool {
        if case .ended = state { true } else { false }
    }

    /// Looks on in the file, about as far as a part of it reaches.
    ///
    /// After an error it can be asked again, and goes on where it stood.
    /// - Returns: how many bytes were read.
    mutating func advance() throws(FileSystemFailure) -> Int {
        let before = byteCount
        while !isAtEnd, byteCount - before < Self.scanSize {
            switch state {
            case .lab(let position): state = position < end ? try passLabFrame(at: position) : .ended
            case .raw(let start, let prefix): try passRaw(from: start, prefix: prefix)
            case .ended: break
            }
        }
        return byteCount - before
    }

    /// Hands over what was found since this was asked last.
    mutating func takeFound() -> FrameIndex {
        defer { found = FrameIndex() }
        return found
    }

    // MARK: Lab format

    /// Passes the frame whose length stands at `position`.
    private mutating func passLabFrame(at position: Int) throws(FileSystemFailure) -> State {
        guard let prefix = try prefix(at: position) else { return lookForFrames(from: position, prefix: nil) }
        let start = position + prefix.byteCount
        let (next, overflow) = start.addingReportingOverflow(prefix.frameByteCount)
        guard !overflow, prefix.frameByteCount >= 4, try isInStep(at: next) else {
            return lookForFrames(from: start, prefix: (position, prefix))
        }
        if prefix.frameByteCount > limits.maxFrameBytes {
            found.note(MJPEGDamage(offset: start, reason: .oversizeFrame))
            return .lab(next)
        }
        return add(start..<next) ? .lab(next) : .ended
    }

    /// Whether a frame that ends here is followed by another length, or by the end of the file.
    private mutating func isInStep(at position: Int) throws(FileSystemFailure) -> Bool {
        if position >= end { return position == end }
        if try prefix(at: position) != nil { return true }
        guard end - position <= LabPrefix.maxByteCount, position >= probe.origin, end <= probe.end else { return false }
        return (position..<end).allSatisfy { LabPrefix.isBlank(probe.bytes[$0 - probe.origin]) }
    }

    /// Where a length cannot be right, frames are found by their markers.
    private mutating func lookForFrames(from start: Int, prefix: (position: Int, prefix: LabPrefix)?) -> State {
        scanner.move(to: start)
        return .raw(start: start, prefix: prefix)
    }

    /// The length that stands at `position`, if one does.
    private mutating func prefix(at position: Int) throws(FileSystemFailure) -> LabPrefix? {
        let needed = min(position + LabPrefix.maxByteCount + 2, end)
        if position < probe.origin || needed > probe.end {
            byteCount += Self.probeSize
            try probe.load(Self.probeSize, at: position, of: file)
        }
        return LabPrefix(probe.bytes.span.extracting(first: probe.count), at: position - probe.origin)
    }

    // MARK: Raw format

    /// Takes up what the scanner says next.
    private mutating func passRaw(
        from start: Int, prefix: (position: Int, prefix: LabPrefix)?
    ) throws(FileSystemFailure) {
        switch try step() {
        case .starved:
            break
        case nil:
            state = .ended
        case .damaged(let damage):
            found.note(damage)
        case .frame(let frame):
            if let prefix, frame.lowerBound == start, frame.count != prefix.prefix.frameByteCount {
                let reason = MJPEGDamage.Reason.wrongLengthPrefix(said: prefix.prefix.frameByteCount, found: frame.count)
                found.note(MJPEGDamage(offset: prefix.position, reason: reason))
            }
            if !add(frame) {
                state = .ended
            } else if isLab, try isInStep(at: frame.upperBound) {
                state = .lab(frame.upperBound)
            }
        }
    }

    /// What the scanner says next, or `.starved` after it was given the bytes it asked for; `nil` at the end of the file.
    private mutating func step() throws(FileSystemFailure) -> JPEGScanner.Step? {
        var scanner = scanner  // A copy, since the span holds on to all of `self`.
        let step = scanner.step(scan.bytes.span.extracting(first: scan.count), from: scan.origin)
        self.scanner = scanner
        if step != .starved { return step }
        let position = scanner.position
        if position >= end || (scan.origin <= position && scan.end >= end) { return self.scanner.finish(at: end) }
        let first = max(position - JPEGScanner.lookBack, 0)
        byteCount += Self.scanSize
        try scan.load(Self.scanSize, at: first, of: file)
        if scan.count < min(Self.scanSize, end - first) { end = scan.end }
        return .starved
    }

    /// Adds a frame; false if it is one too many.
    private mutating func add(_ frame: Range<Int>) -> Bool {
        guard frameCount < limits.maxFrames else {
            found.note(MJPEGDamage(offset: frame.lowerBound, reason: .tooManyFrames))
            return false
        }
        frameCount += 1
        found.add(frame)
        return true
    }
}
