/// Messages to the bytes of a control connection (RFC 2326 sections 4, 6, 7 and 10.12).
///
/// What comes out is always one message: a line end inside a value, a name that is none or a stated length that differs
/// from the body's cannot make a second one of it.
public enum RTSPSerializer {
    /// The bytes of a request: `CSeq` first, the other fields in order, `Content-Length` last where there is a body.
    public static func bytes(of request: RTSPRequest) -> [UInt8] {
        let method = token(request.method.rawValue)
        let line = "\(method.isEmpty ? "OPTIONS" : method) \(target(request.url)) \(text(request.version))"
        return message(line, request.headers, request.body)
    }

    /// The bytes of a response, its fields in the same order as those of a request.
    public static func bytes(of response: RTSPResponse) -> [UInt8] {
        let code = (100...999).contains(response.status.code) ? response.status.code : RTSPStatus.internalServerError.code
        return message(
            "\(text(response.version)) \(code) \(oneLine(response.status.reasonPhrase))", response.headers, response.body)
    }

    /// The bytes of a frame; none where its payload is longer than the 65 535 bytes that its length can state.
    public static func bytes(of frame: InterleavedFrame) -> [UInt8] {
        guard let length = UInt16(exactly: frame.payload.count) else { return [] }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(4 + frame.payload.count)
        bytes.append(UInt8(ascii: "$"))
        bytes.append(frame.channel)
        bytes.append(UInt8(length >> 8))
        bytes.append(UInt8(length & 0xFF))
        bytes.append(contentsOf: frame.payload)
        return bytes
    }

    /// The bytes of any message.
    public static func bytes(of message: RTSPMessage) -> [UInt8] {
        switch message {
        case .request(let request): bytes(of: request)
        case .response(let response): bytes(of: response)
        case .interleaved(let frame): bytes(of: frame)
        }
    }

    private static func message(_ startLine: String, _ headers: RTSPHeaders, _ body: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        let length = headers.fields.reduce(startLine.utf8.count) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 }
        bytes.reserveCapacity(length + body.count + 32)
        bytes += startLine.utf8
        bytes += lineEnd
        if let cSeq = headers["CSeq"] { append("CSeq", cSeq, to: &bytes) }
        for field in headers.fields {
            let name = token(field.name)
            guard !name.isEmpty, !name[...].equalsIgnoringCase("CSeq"), !name[...].equalsIgnoringCase("Content-Length") else {
                continue
            }
            append(name, field.value, to: &bytes)
        }
        if !body.isEmpty { append("Content-Length", String(body.count), to: &bytes) }
        bytes += lineEnd
        bytes += body
        return bytes
    }

    private static var lineEnd: String.UTF8View { "\r\n".utf8 }

    private static func append(_ name: String, _ value: String, to bytes: inout [UInt8]) {
        bytes += name.utf8
        bytes += ": ".utf8
        let start = bytes.count
        bytes += value.utf8
        if !isOneLine(bytes[start...]) {
            bytes.removeSubrange(start...)
            bytes += oneLine(value).utf8
        }
        bytes += lineEnd
    }

    /// Whether it is a value as it should be: without control characters, and without blanks around it.
    private static func isOneLine(_ value: ArraySlice<UInt8>) -> Bool {
        value.first != 0x20 && value.last != 0x20 && value.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }

    private static func text(_ version: RTSPVersion) -> String {
        version == .rtsp1 ? "RTSP/1.0" : "RTSP/\(min(max(version.major, 0), 999)).\(min(max(version.minor, 0), 999))"
    }

    /// A URL is one word: what would end it is escaped.
    private static func target(_ url: String) -> String {
        guard !url.isEmpty else { return "*" }
        guard url.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else { return url }
        let digits = Array("0123456789ABCDEF".utf8)
        let bytes = url.utf8.flatMap { byte -> [UInt8] in
            guard byte <= 0x20 || byte == 0x7F else { return [byte] }
            return [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 0xF)]]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func token(_ text: String) -> String {
        guard !text.utf8.allSatisfy(StartLine.isToken) else { return text }
        return String(decoding: text.utf8.filter(StartLine.isToken), as: UTF8.self)
    }

    private static func oneLine(_ text: String) -> Substring { text.onOneLine[...].trimmed }
}
