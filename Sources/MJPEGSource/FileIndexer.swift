/// Builds the index of a file of JPEGs, reading a part of it at a time.
struct FileIndexer {
    private let file: OpenFile
    private let limits: MJPEGLimits
    private var index = FrameIndex()
    /// For looking at single lengths of the lab format, where the JPEGs between them need not be read.
    private var probe = FileWindow()
    private var scan = FileWindow()
    /// One for the whole file: it remembers where walking failed, which keeps the work linear.
    private var scanner: JPEGScanner
    /// Where the file ends; less than its size at opening if it was cut meanwhile.
    private var end: Int

    private static let probeSize = 4096
    private static let scanSize = 256 * 1024

    private init(_ file: OpenFile, limits: MJPEGLimits) {
        self.file = file
        self.limits = limits
        self.end = file.byteCount
        self.scanner = JPEGScanner(maxFrameBytes: limits.maxFrameBytes)
    }

    /// The index of a file in the lab format.
    static func indexLab(_ file: OpenFile, limits: MJPEGLimits) throws(FileSystemFailure) -> FrameIndex {
        var indexer = FileIndexer(file, limits: limits)
        var position = 0
        while position < indexer.end, let next = try indexer.passLabFrame(at: position) { position = next }
        return indexer.index
    }

    /// The index of a file of JPEGs back to back.
    static func indexRaw(_ file: OpenFile, limits: MJPEGLimits) throws(FileSystemFailure) -> FrameIndex {
        var indexer = FileIndexer(file, limits: limits)
        while let step = try indexer.step() {
            switch step {
            case .frame(let frame): if !indexer.add(frame) { return indexer.index }
            case .damaged(let damage): indexer.index.note(damage)
            case .starved: break
            }
        }
        return indexer.index
    }

    // MARK: Lab format

    /// Passes the frame whose length stands at `position`.
    /// - Returns: where the next length stands; `nil` if no more frames are wanted.
    private mutating func passLabFrame(at position: Int) throws(FileSystemFailure) -> Int? {
        guard let prefix = try prefix(at: position) else { return try passRaw(from: position, prefix: nil) }
        let start = position + prefix.byteCount
        let (next, overflow) = start.addingReportingOverflow(prefix.frameByteCount)
        guard !overflow, prefix.frameByteCount >= 4, try isInStep(at: next) else {
            return try passRaw(from: start, prefix: (position, prefix))
        }
        if prefix.frameByteCount > limits.maxFrameBytes {
            index.note(MJPEGDamage(offset: start, reason: .oversizeFrame))
            return next
        }
        return add(start..<next) ? next : nil
    }

    /// Whether a frame that ends here is followed by another length, or by the end of the file.
    private mutating func isInStep(at position: Int) throws(FileSystemFailure) -> Bool {
        if position >= end { return position == end }
        if try prefix(at: position) != nil { return true }
        guard end - position <= LabPrefix.maxByteCount, position >= probe.origin, end <= probe.end else { return false }
        return (position..<end).allSatisfy { LabPrefix.isBlank(probe.bytes[$0 - probe.origin]) }
    }

    /// Where a length cannot be right, finds frames by their markers until one is followed by a length again.
    /// - Returns: where that length stands; `nil` if no more frames are wanted.
    private mutating func passRaw(
        from start: Int, prefix: (position: Int, prefix: LabPrefix)?
    ) throws(FileSystemFailure) -> Int? {
        scanner.move(to: start)
        while let step = try step() {
            switch step {
            case .starved:
                break
            case .damaged(let damage):
                index.note(damage)
            case .frame(let frame):
                if let prefix, frame.lowerBound == start, frame.count != prefix.prefix.frameByteCount {
                    let reason = MJPEGDamage.Reason.wrongLengthPrefix(
                        said: prefix.prefix.frameByteCount, found: frame.count)
                    index.note(MJPEGDamage(offset: prefix.position, reason: reason))
                }
                guard add(frame) else { return nil }
                if try isInStep(at: frame.upperBound) { return frame.upperBound }
            }
        }
        return nil
    }

    /// The length that stands at `position`, if one does.
    private mutating func prefix(at position: Int) throws(FileSystemFailure) -> LabPrefix? {
        let needed = min(position + LabPrefix.maxByteCount + 2, end)
        if position < probe.origin || needed > probe.end {
            try probe.load(Self.probeSize, at: position, of: file)
        }
        return LabPrefix(probe.bytes.span.extracting(first: probe.count), at: position - probe.origin)
    }

    // MARK: Raw format

    /// What the scanner says next, giving it the bytes it asks for; `nil` at the end of the file.
    private mutating func step() throws(FileSystemFailure) -> JPEGScanner.Step? {
        while true {
            var scanner = scanner  // A copy, since the span holds on to all of `self`.
            let step = scanner.step(scan.bytes.span.extracting(first: scan.count), from: scan.origin)
            self.scanner = scanner
            if step != .starved { return step }
            let position = scanner.position
            if position >= end || (scan.origin <= position && scan.end >= end) { return self.scanner.finish(at: end) }
            let first = max(position - JPEGScanner.lookBack, 0)
            try scan.load(Self.scanSize, at: first, of: file)
            if scan.count < min(Self.scanSize, end - first) { end = scan.end }
        }
    }

    /// Adds a frame; false if it is one too many.
    private mutating func add(_ frame: Range<Int>) -> Bool {
        guard index.count < limits.maxFrames else {
            index.note(MJPEGDamage(offset: frame.lowerBound, reason: .tooManyFrames))
            return false
        }
        index.add(frame)
        return true
    }
}
