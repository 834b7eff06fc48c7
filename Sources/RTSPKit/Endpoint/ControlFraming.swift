/// How bytes become messages and messages become bytes on one connection.
///
/// The dialect is decided by the first request and kept; this is the one place on the control path that knows both.
struct ControlFraming: Sendable {
    private enum Parser: Sendable {
        /// The bytes so far do not tell yet.
        case undecided(DialectDetector, [UInt8])
        case standard(RTSPParser)
        case lab(LabRequestParser)
    }

    /// What the bytes were.
    enum Result: Sendable {
        case message(RTSPMessage)
        /// Nothing that can be taken: to be answered with this status, and the connection closed where it cannot go on.
        case refused(RTSPStatus, cSeq: Int?, isFatal: Bool, reason: String)
    }

    private let limits: RTSPParserLimits
    private var parser: Parser = .undecided(DialectDetector(), [])

    init(limits: RTSPParserLimits) { self.limits = limits }

    /// The dialect, once it is known.
    var dialect: ControlDialect? {
        switch parser {
        case .undecided: nil
        case .standard: .standard
        case .lab: .lab
        }
    }

    /// When a message ends by itself because no more bytes came (the course dialect).
    var deadline: ContinuousClock.Instant? {
        if case .lab(let lab) = parser { lab.deadline } else { nil }
    }

    /// Whether a message has begun and not ended.
    var isInsideMessage: Bool {
        switch parser {
        case .undecided(_, let bytes): !bytes.isEmpty
        case .standard(let parser): parser.isInsideMessage
        case .lab: false
        }
    }

    /// How many bytes wait to be taken; the course dialect's parser has a bound of its own.
    var bufferedByteCount: Int {
        switch parser {
        case .undecided(_, let bytes): bytes.count
        case .standard(let parser): parser.bufferedByteCount
        case .lab: 0
        }
    }

    mutating func append(_ bytes: Span<UInt8>, at now: ContinuousClock.Instant) {
        switch parser {
        case .undecided(var detector, var waiting):
            for index in bytes.indices { waiting.append(bytes[index]) }
            switch detector.append(bytes) {
            case .undecided:
                parser = .undecided(detector, waiting)
            case .standard:
                var standard = RTSPParser(limits: limits)
                standard.append(waiting.span)
                parser = .standard(standard)
            case .lab:
                var lab = LabRequestParser()
                lab.append(waiting.span, at: now)
                parser = .lab(lab)
            }
        case .standard(var standard):
            // The enum lets go of the parser first, so that appending copies nothing.
            parser = .undecided(DialectDetector(), [])
            standard.append(bytes)
            parser = .standard(standard)
        case .lab(var lab):
            lab.append(bytes, at: now)
            parser = .lab(lab)
        }
    }

    /// The next message, or `nil` where more bytes or more time are needed.
    mutating func next(at now: ContinuousClock.Instant) -> Result? {
        switch parser {
        case .undecided:
            return nil
        case .standard(var standard):
            parser = .undecided(DialectDetector(), [])
            defer { parser = .standard(standard) }
            do {
                return try standard.next().map(Result.message)
            } catch {
                return .refused(error.suggestedStatus, cSeq: error.cSeq, isFatal: true, reason: "\(error)")
            }
        case .lab(var lab):
            defer { parser = .lab(lab) }
            switch lab.next(at: now) {
            case .request(let request): return .message(.request(request))
            case .failure(let error):
                return .refused(.badRequest, cSeq: error.cSeq, isFatal: error.isFatal, reason: "\(error.reason)")
            case nil: return nil
            }
        }
    }

    /// The bytes of a response.
    func bytes(of response: RTSPResponse, media: LabMediaInfo?) -> [UInt8] {
        guard case .lab(let lab) = parser else { return RTSPSerializer.bytes(of: response) }
        let session = response.headers["Session"].flatMap { SessionHeader.parse($0) }.flatMap { Int($0.id) }
        return LabSerializer.bytes(of: response, sessionNumber: session, media: media, lineEnding: lab.lineEnding)
    }
}
