/// Puts `*` in the place of credentials, one for each byte, so that lengths and borders stay what they are.
///
/// Hidden are the values of the header fields that prove who somebody is, and what stands between `://` and `@` in URLs,
/// wherever they are (RFC 2326 section 12.5, RFC 7235 section 4, RFC 3986 section 3.2.1). A challenge is not: it is what the
/// answer, which is hidden, was for, and a client that replays needs it.
struct FlightRedaction {
    private static let secretFields: [[UInt8]] = [
        "authorization", "proxy-authorization", "authentication-info", "proxy-authentication-info", "cookie", "set-cookie",
    ].map { Array($0.utf8) }
    private static let longestName = 32
    private static let star = UInt8(ascii: "*")

    private var bytes: [UInt8]
    private var framing = FlightFraming()
    /// The line's name so far; `nil` once it has one, or can have none.
    private var name: [UInt8]? = []
    private var isSecret = false
    private var isAtLineStart = true
    /// Where the authority of a URL began.
    private var authority: Int?
    private var lastAt: Int?
    /// Whether the authority looks as if it held a password with a slash.
    private var isPastSlash = false

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// One direction of a control connection, from a border between messages on, without its credentials.
    static func redacted(stream bytes: [UInt8]) -> [UInt8] {
        var redaction = FlightRedaction(bytes)
        for index in bytes.indices {
            let byte = bytes[index]
            switch redaction.framing.next(byte) {
            case .head, .body:
                // In bodies, too: who knows what the other side takes for one.
                redaction.takeHead(byte, at: index)
                redaction.takeText(byte, at: index)
            case .frame:
                redaction.startLine()
                redaction.endAuthority()
            }
        }
        redaction.endAuthority(isCutOff: true)
        return redaction.bytes
    }

    /// A text without the credentials of the URLs in it.
    static func redacted(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "@")) else { return text }
        var redaction = FlightRedaction(Array(text.utf8))
        for index in redaction.bytes.indices { redaction.takeText(redaction.bytes[index], at: index) }
        redaction.endAuthority()
        return String(decoding: redaction.bytes, as: UTF8.self)
    }

    // MARK: Header fields

    private mutating func startLine() {
        name = []
        isSecret = false
        isAtLineStart = true
    }

    private mutating func takeHead(_ byte: UInt8, at index: Int) {
        defer { isAtLineStart = byte == 0x0A }
        switch byte {
        // Whoever takes a lone CR for the end of a line sees a new field, and whoever does not sees the same one go on.
        case 0x0A, 0x0D: name = []
        default:
            if isAtLineStart {
                let goesOn = byte == 0x20 || byte == 0x09
                isSecret = isSecret && goesOn
                if goesOn { name = nil }
            }
            if isSecret, byte != 0x20 { bytes[index] = Self.star }
            takeName(byte)
        }
    }

    private mutating func takeName(_ byte: UInt8) {
        guard var name else { return }
        self.name = nil
        if byte == UInt8(ascii: ":") {
            while name.last == 0x20 || name.last == 0x09 { name.removeLast() }
            if Self.secretFields.contains(name) { isSecret = true }
        } else if name.count < Self.longestName {
            name.append(Substring.lowercased(byte))
            self.name = name
        }
    }

    // MARK: URLs

    private mutating func takeText(_ byte: UInt8, at index: Int) {
        guard let start = authority else {
            if byte == UInt8(ascii: "/"), index >= 2, bytes[index - 1] == byte, bytes[index - 2] == UInt8(ascii: ":") {
                authority = index + 1
                lastAt = nil
                isPastSlash = false
            }
            return
        }
        switch byte {
        case UInt8(ascii: "@"): lastAt = index
        case UInt8(ascii: "/"), UInt8(ascii: "?"):
            guard !isPastSlash, lastAt == nil, hasOddPort(bytes[start..<index]) else {
                if !isPastSlash { endAuthority() }
                break
            }
            isPastSlash = true
        case ...0x20, 0x7F: endAuthority()
        default: break
        }
    }

    /// Whether what stands behind the colon is no port: then it may be the beginning of a password.
    private func hasOddPort(_ authority: ArraySlice<UInt8>) -> Bool {
        guard authority.first != UInt8(ascii: "["), let colon = authority.firstIndex(of: UInt8(ascii: ":")) else { return false }
        return authority.count > colon + 1 - authority.startIndex
            && !authority[(colon + 1)...].allSatisfy { (48...57).contains($0) }
    }

    /// - Parameter isCutOff: that more of the URL has been, and is not known.
    private mutating func endAuthority(isCutOff: Bool = false) {
        guard let start = authority else { return }
        authority = nil
        var end = lastAt
        if end == nil, isCutOff, bytes[start...].contains(UInt8(ascii: ":")) { end = bytes.count }
        guard let end else { return }
        for index in start..<end { bytes[index] = Self.star }
    }
}
