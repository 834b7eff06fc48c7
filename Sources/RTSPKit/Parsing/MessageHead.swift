/// The start line and the header fields of a message, while they are read (RFC 2326 section 4.2, RFC 2068 section 4.2).
struct MessageHead: Sendable, Hashable {
    let startLine: StartLine
    /// How many bytes of header lines were read.
    var byteCount = 0
    private var headers = RTSPHeaders()
    /// The name of the last field, whose value the next line may continue.
    private var name: String?
    private var value: [UInt8] = []

    init(startLine: StartLine) { self.startLine = startLine }

    /// The number of the message, as far as it was read.
    var cSeq: Int? {
        var finished = self
        finished.finishField()
        return finished.headers.cSeq
    }

    /// Reads a line without its LF; at the empty line the answer is the length of the body.
    mutating func read(line: ArraySlice<UInt8>, limits: RTSPParserLimits) throws(RTSPParseError.Reason) -> Int? {
        var line = line
        while line.last == 0x0D { line.removeLast() }
        guard let first = line.first else {
            finishField()
            return try bodyLength(limit: limits.body)
        }
        if name != nil, Self.isBlank(first) {
            // The line end and the blanks around it count as one blank (RFC 2068 section 2.2).
            while let last = value.last, Self.isBlank(last) { value.removeLast() }
            value.append(0x20)
            value.append(contentsOf: line.drop(while: Self.isBlank))
            return nil
        }
        finishField()
        guard headers.fields.count < limits.headerCount else { throw .tooManyHeaders }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        let field = String(decoding: line[..<colon], as: UTF8.self)[...].trimmed
        guard !field.isEmpty, field.utf8.allSatisfy(StartLine.isToken) else { throw .malformedHeader }
        name = String(field)
        value = Array(line[colon...].dropFirst())
        return nil
    }

    /// The message, once its body is there.
    func message(body: [UInt8]) -> RTSPMessage {
        switch startLine {
        case .request(let method, let url, let version):
            .request(RTSPRequest(RTSPMethod(rawValue: method), url: url, headers: headers, body: body, version: version))
        case .response(let status, let version):
            .response(RTSPResponse(status, headers: headers, body: body, version: version))
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private mutating func finishField() {
        guard let name else { return }
        headers.append(name, text(value))
        self.name = nil
        value = []
    }

    private func text(_ value: [UInt8]) -> String {
        String(String(decoding: value, as: UTF8.self).onOneLine[...].trimmed)
    }

    /// Unsigned, bounded, and the same wherever it is stated (RFC 2326 section 12.14).
    private func bodyLength(limit: Int) throws(RTSPParseError.Reason) -> Int {
        var length: Int?
        for value in headers.values(for: "Content-Length") {
            for part in value[...].parts(separatedBy: UInt8(ascii: ",")) {
                let digits = part.trimmed
                guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }) else { throw .invalidContentLength }
                guard let stated = digits.decimal(as: Int.self), stated <= limit else { throw .bodyTooLarge }
                guard length == nil || length == stated else { throw .invalidContentLength }
                length = stated
            }
        }
        return length ?? 0
    }
}

extension RTSPParseError.Reason: Error {}
