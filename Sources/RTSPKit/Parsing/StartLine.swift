/// The first line of a message (RFC 2326 sections 6.1 and 7.1).
enum StartLine: Sendable, Hashable {
    case request(method: String, url: String, version: RTSPVersion)
    case response(status: RTSPStatus, version: RTSPVersion)

    /// What became of a line.
    enum Reading: Sendable, Hashable {
        /// A start line, behind this many bytes that belong to nothing.
        case line(StartLine, junk: Int)
        /// It means to be a start line and is none.
        case malformed
        /// It belongs to nothing.
        case junk
    }

    /// Reads a line without its end.
    static func read(_ line: ArraySlice<UInt8>) -> Reading {
        if let start = StartLine(plain: line) { return .line(start, junk: 0) }
        return read(String(decoding: line, as: UTF8.self))
    }

    /// Reads a line of which all that can be is not as it should be.
    static func read(_ line: String) -> Reading {
        if let start = StartLine(line[...]) { return .line(start, junk: 0) }
        if let marker = line.utf8.firstRange(of: "RTSP/".utf8), let start = StartLine(line[marker.lowerBound...]) {
            return .line(start, junk: line.utf8.distance(from: line.startIndex, to: marker.lowerBound))
        }
        return meansToBeStartLine(line) ? .malformed : .junk
    }

    /// A request line as nearly every client writes it: three words, one blank between them. What is refused here may be one yet.
    private init?(plain line: ArraySlice<UInt8>) {
        let text = line.last == 0x0D ? line.dropLast() : line
        let end = " RTSP/1.0".utf8
        guard text.suffix(end.count).elementsEqual(end), let blank = text.firstIndex(of: 0x20) else { return nil }
        let (method, url) = (text[..<blank], text[blank...].dropLast(end.count).dropFirst())
        guard !method.isEmpty, !url.isEmpty, method.allSatisfy(Self.isToken), url.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            return nil
        }
        self = .request(
            method: String(decoding: method, as: UTF8.self), url: String(decoding: url, as: UTF8.self), version: .rtsp1)
    }

    private init?(_ line: Substring) {
        let text = line.trimmed
        guard let blank = text.utf8.firstIndex(where: Substring.isBlank) else { return nil }
        let first = text[..<blank]
        let rest = text[blank...].trimmed
        if let version = RTSPVersion(text: first) {
            let (code, reason) = rest.cut(at: 0x20)
            guard code.utf8.count == 3, let number = code.decimal(as: Int.self), number >= 100 else { return nil }
            self = .response(status: RTSPStatus(code: number, reasonPhrase: String(reason ?? "")), version: version)
        } else {
            // The URL is all that stands between the method and the version: some devices leave blanks in it.
            guard let last = rest.utf8.lastIndex(where: Substring.isBlank),
                let version = RTSPVersion(text: rest[last...].trimmed), first.utf8.allSatisfy(Self.isToken)
            else { return nil }
            self = .request(method: String(first), url: String(rest[..<last].trimmed), version: version)
        }
    }

    /// Such a line deserves an answer; any other is passed over.
    private static func meansToBeStartLine(_ line: String) -> Bool {
        let words = line[...].words
        if let first = words.first, RTSPMethod.allDefined.contains(RTSPMethod(rawValue: String(first))) { return true }
        return [words.first, words.last].contains { word in
            word?.hasPrefixIgnoringCase("RTSP/") == true || word?.hasPrefixIgnoringCase("HTTP/") == true
        }
    }

    /// The bytes of a token (RFC 2326 section 15.1).
    static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "^")...UInt8(ascii: "z"), UInt8(ascii: "#")...UInt8(ascii: "'"): true
        case UInt8(ascii: "!"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."): true
        case UInt8(ascii: "|"), UInt8(ascii: "~"): true
        default: false
        }
    }
}

extension RTSPVersion {
    /// Reads `RTSP/1.0`; the numbers have at most three digits.
    fileprivate init?(text: Substring) {
        guard text.hasPrefixIgnoringCase("RTSP/") else { return nil }
        let (before, after) = Substring(text.utf8.dropFirst(5)).cut(at: UInt8(ascii: "."))
        guard let after, before.utf8.count <= 3, after.utf8.count <= 3, let major = before.decimal(as: Int.self),
            let minor = after.decimal(as: Int.self)
        else { return nil }
        self.init(major: major, minor: minor)
    }
}
