/// The start line and the header fields of a message, while they are read (RFC 2326 section 4.2, RFC 2068 section 4.2).
struct MessageHead: Sendable, Hashable {
    let startLine: StartLine
    /// How many bytes of header lines were read.
    var byteCount = 0
    private var headers = RTSPHeaders()
    /// The name of the last field, whose value the next line may continue.
    private var name: String?
    private var value: [UInt8] = []

    init(startLine: StartLine) {
        self.startLine = startLine
        headers.reserveCapacity(8)
    }

    /// The number of the message, as far as it was read.
    var cSeq: Int? {
        var finished = self
        finished.finishField()
        return finished.headers.cSeq
    }

    /// Reads a line without its LF; at the empty line the answer is the length of the body.
    /// - Parameter next: the byte behind the line, where it has come: it tells whether the field goes on.
    mutating func read(line: ArraySlice<UInt8>, next: UInt8?, limits: RTSPParserLimits) throws(RTSPParseError.Reason) -> Int? {
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
        let field = Self.trimmed(line[..<colon], of: Substring.isBlank)
        guard !field.isEmpty, field.allSatisfy(StartLine.isToken) else { throw .malformedHeader }
        let name = String(decoding: field, as: UTF8.self)
        if let next, !Self.isBlank(next) {
            headers.append(name, Self.text(line[colon...].dropFirst()))
        } else {
            self.name = name
            value = Array(line[colon...].dropFirst())
        }
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
        headers.append(name, Self.text(value[...]))
        self.name = nil
        value = []
    }

    /// A value on one line: control characters count as blanks, and blanks around it are left out.
    private static func text(_ value: ArraySlice<UInt8>) -> String {
        let value = trimmed(value) { $0 == 0x20 || isControl($0) }
        guard value.contains(where: isControl) else { return String(decoding: value, as: UTF8.self) }
        return String(decoding: value.map { isControl($0) ? 0x20 : $0 }, as: UTF8.self)
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>, of isLeftOut: (UInt8) -> Bool) -> ArraySlice<UInt8> {
        var bytes = bytes.drop(while: isLeftOut)
        while let last = bytes.last, isLeftOut(last) { bytes.removeLast() }
        return bytes
    }

    private static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F }

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
