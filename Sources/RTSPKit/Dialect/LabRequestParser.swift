/// Reads the requests of a course client and words them as standard requests.
///
/// Every result has the method, the file name as the client gave it for `url` (that of the SETUP where a later request names
/// none), and, where the request has them, `CSeq`, a `Transport` in the syntax of RFC 2326 section 12.39 and `Session`; other
/// headers follow as they are.
/// ```
/// SETUP movie.Mjpeg RTSP/1.0                    SETUP movie.Mjpeg RTSP/1.0
/// CSeq: 1                                  →    CSeq: 1
/// Transport: RTP/UDP; client_port= 25000        Transport: RTP/AVP/UDP;unicast;client_port=25000
/// ```
public struct LabRequestParser: Sendable, Hashable {
    private struct Result: Sendable, Hashable {
        let value: LabParseResult
        let lineEnding: LabLineEnding?
    }

    /// How the client ended the lines of the request handed out last; end those of the reply alike.
    public private(set) var lineEnding: LabLineEnding = .lf
    private let limits: LabParserLimits
    private var framing: LabFraming
    private var results: [Result] = []
    private var file: String?

    /// A parser for one connection.
    public init(limits: LabParserLimits = .standard) {
        self.limits = limits
        framing = LabFraming(.requests, limits: limits)
    }

    /// When the quiet ends the request in the making; call ``next(at:)`` then. `nil` while there is none.
    public var deadline: ContinuousClock.Instant? { framing.deadline }

    /// Takes bytes that came at `now`. Fetch what they made with ``next(at:)`` until `nil` before the next call; what waits
    /// beyond the limit is a fatal error.
    public mutating func append(_ bytes: Span<UInt8>, at now: ContinuousClock.Instant) {
        guard framing.failure == nil else { return }
        for message in framing.append(bytes, at: now, room: limits.maximumQueued - results.count) { read(message) }
        if let reason = framing.failure { results.append(Result(value: .failure(LabParseError(reason)), lineEnding: nil)) }
    }

    /// The next result; `nil` where the bytes make no further one by `now`. A fatal error is the last.
    public mutating func next(at now: ContinuousClock.Instant) -> LabParseResult? {
        if let message = framing.advance(to: now) { read(message) }
        guard !results.isEmpty else { return nil }
        let result = results.removeFirst()
        if let ending = result.lineEnding { lineEnding = ending }
        return result.value
    }

    /// The client has closed its side: what is pending is complete. Fetch it with ``next(at:)``.
    public mutating func endOfStream() {
        if let message = framing.flush() { read(message) }
    }

    private mutating func read(_ message: [UInt8]) {
        guard let reader = LabRequestReader(message) else { return }
        let value = reader.result(knownFile: file)
        if case .request(let request) = value, request.method == .setup { file = request.url }
        results.append(Result(value: value, lineEnding: reader.lineEnding))
    }
}

/// Words one message as a request.
struct LabRequestReader {
    let lineEnding: LabLineEnding?
    private let lines: [ArraySlice<UInt8>]

    /// `nil` where the message is all blanks.
    init?(_ message: [UInt8]) {
        lines = LabText.lines(of: message)
        guard !lines.isEmpty else { return nil }
        lineEnding = message.firstIndex(of: LabText.lf).map { end in
            end > 0 && message[end - 1] == LabText.cr ? .crlf : .lf
        }
    }

    func result(knownFile: String?) -> LabParseResult {
        guard let first = lines.first, let method = LabText.words(of: first).first, isMethod(method) else {
            return .failure(LabParseError(.notARequest, cSeq: cSeq))
        }
        var request = RTSPRequest(RTSPMethod(rawValue: LabText.string(method)), cSeq: cSeq)
        if let file = file(in: first[method.endIndex...]) {
            request.url = file
        } else if request.method == .setup {
            return .failure(LabParseError(.noFile, cSeq: cSeq))
        } else if let knownFile {
            request.url = knownFile
        }
        request.headers["Transport"] = transport
        request.headers["Session"] = session
        for field in otherFields { request.headers.append(LabText.string(field.name), LabText.string(field.value)) }
        return .request(request)
    }

    private var later: ArraySlice<ArraySlice<UInt8>> { lines.dropFirst() }

    private func isMethod(_ word: ArraySlice<UInt8>) -> Bool {
        word.count <= 32 && word.allSatisfy { LabText.isLetter($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
    }

    /// What stands between method and version, blanks inside included.
    private func file(in rest: ArraySlice<UInt8>) -> String? {
        var name = LabText.trimmed(rest)
        if let last = LabText.words(of: name).last, LabText.position(of: "rtsp/", in: last) == last.startIndex {
            name = LabText.trimmed(name[..<last.startIndex])
        }
        return name.isEmpty ? nil : LabText.string(name)
    }

    private func fields(_ name: LabText.StaticWord) -> LabText.Field? {
        later.lazy.compactMap(LabText.field).first { LabText.equals($0.name, name) }
    }

    /// From the header, else from a second line that is a number.
    private var cSeq: Int? {
        let number: Int?
        if let field = fields("cseq") {
            number = LabText.firstNumber(field.value)
        } else {
            number = later.first.flatMap { $0.allSatisfy(LabText.isDigit) ? LabText.leadingNumber($0) : nil }
        }
        return number.flatMap { $0 < 0 ? nil : $0 }
    }

    private var session: String? {
        guard let field = fields("session") else { return nil }
        let text = LabText.session(field.value)
        return text.isEmpty ? nil : LabText.string(text)
    }

    private var transport: String? {
        let line =
            fields("transport")?.value ?? later.first { LabText.position(of: "client_port", in: $0) != nil }
            ?? later.first { LabText.position(of: "rtp/", in: $0) != nil }
        guard let line else { return nil }
        let isTCP = LabText.position(of: "tcp", in: line) != nil && LabText.position(of: "udp", in: line) == nil
        if isTCP { return "RTP/AVP/TCP" }
        guard let port = port(in: line) else { return "RTP/AVP/UDP;unicast" }
        return "RTP/AVP/UDP;unicast;client_port=\(port)"
    }

    /// The number after `client_port` and what stands for an equals sign, else the one after `RTP/UDP`.
    private func port(in line: ArraySlice<UInt8>) -> Int? {
        let rest: ArraySlice<UInt8>
        if let start = LabText.position(of: "client_port", in: line) {
            rest = line[(start + 11)...]
        } else if let start = LabText.position(of: "rtp/udp", in: line) {
            rest = line[(start + 7)...]
        } else {
            return nil
        }
        let signs = Array(" \t=:".utf8)
        return LabText.leadingNumber(rest.drop { signs.contains($0) }).flatMap { (1...65535).contains($0) ? $0 : nil }
    }

    private var otherFields: [LabText.Field] {
        let taken: [LabText.StaticWord] = ["cseq", "session", "transport", "client_port"]
        return later.compactMap(LabText.field).filter { field in !taken.contains { LabText.equals(field.name, $0) } }
    }
}
