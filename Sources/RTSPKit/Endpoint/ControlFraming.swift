/// How bytes become messages and messages become bytes on one connection.
///
/// The dialect is decided by the first request and kept; this is the one place on the control path that knows both.
struct ControlFraming: Sendable {
    /// What the bytes were.
    enum Result: Sendable {
        case message(RTSPMessage)
        /// Nothing that can be taken: to be answered with this status, and the connection closed where it cannot go on.
        case refused(RTSPStatus, cSeq: Int?, isFatal: Bool, reason: String)
    }

    private let limits: RTSPParserLimits
    /// What the bytes so far tell of the dialect, and these bytes; `nil` once one of the parsers has them.
    private var undecided: (detector: DialectDetector, bytes: [UInt8])? = (DialectDetector(), [])
    private var standard: RTSPParser?
    private var lab: LabRequestParser?

    init(limits: RTSPParserLimits) { self.limits = limits }

    /// The dialect, once it is known.
    var dialect: ControlDialect? {
        if standard != nil { return .standard }
        return lab == nil ? nil : .lab
    }

    /// When a message ends by itself because no more bytes came (the course dialect).
    var deadline: ContinuousClock.Instant? { lab?.deadline }

    /// Whether a message has begun and not ended.
    var isInsideMessage: Bool { standard?.isInsideMessage ?? (undecided?.bytes.isEmpty == false) }

    /// How many bytes wait to be taken; the course dialect's parser has a bound of its own.
    var bufferedByteCount: Int { standard?.bufferedByteCount ?? undecided?.bytes.count ?? 0 }

    mutating func append(_ bytes: Span<UInt8>, at now: ContinuousClock.Instant) {
        standard?.append(bytes)
        lab?.append(bytes, at: now)
        if let dialect = decide(by: bytes), let waiting = undecided?.bytes { begin(dialect, with: waiting, at: now) }
    }

    /// What is known of the dialect now, where nothing was before.
    private mutating func decide(by bytes: Span<UInt8>) -> ControlDialect? {
        guard undecided != nil else { return nil }
        for index in bytes.indices { undecided?.bytes.append(bytes[index]) }
        return undecided?.detector.append(bytes).dialect
    }

    private mutating func begin(_ dialect: ControlDialect, with bytes: [UInt8], at now: ContinuousClock.Instant) {
        undecided = nil
        switch dialect {
        case .standard:
            standard = RTSPParser(limits: limits)
            standard?.append(bytes.span)
        case .lab:
            lab = LabRequestParser()
            lab?.append(bytes.span, at: now)
        }
    }

    /// The next message, or `nil` where more bytes or more time are needed.
    mutating func next(at now: ContinuousClock.Instant) -> Result? {
        do {
            if let message = try standard?.next() { return .message(message) }
        } catch {
            return .refused(error.suggestedStatus, cSeq: error.cSeq, isFatal: true, reason: "\(error)")
        }
        switch lab?.next(at: now) {
        case .request(let request): return .message(.request(request))
        case .failure(let error):
            return .refused(.badRequest, cSeq: error.cSeq, isFatal: error.isFatal, reason: "\(error.reason)")
        case nil: return nil
        }
    }

    /// The bytes of a response.
    func bytes(of response: RTSPResponse, media: LabMediaInfo?) -> [UInt8] {
        guard let lab else { return RTSPSerializer.bytes(of: response) }
        let session = response.headers["Session"].flatMap { SessionHeader.parse($0) }.flatMap { Int($0.id) }
        return LabSerializer.bytes(of: response, sessionNumber: session, media: media, lineEnding: lab.lineEnding)
    }
}
