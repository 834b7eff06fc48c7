/// Why a text is no RTSP URL.
public enum RTSPURLError: Error, Sendable, Hashable {
    /// More than ``RTSPURL/maximumLength`` bytes.
    case tooLong
    /// No scheme, or another one than `rtsp`, `rtsps`, `rtspu`.
    case unsupportedScheme
    /// No host, or one with bytes that no host has.
    case invalidHost
    /// A port that is no number from 1 to 65 535.
    case invalidPort
    /// A control character.
    case invalidCharacter
}

/// The address of a presentation or of one stream (RFC 2326 section 3.2).
///
/// Credentials are kept apart: neither `description` nor ``absoluteString`` states them. Two URLs are equal also
/// where one states the default port and the other leaves it out.
public struct RTSPURL: Sendable, Hashable, CustomStringConvertible {
    /// The longest URL that is read, in bytes.
    public static let maximumLength = 8_192

    /// `rtsp`, `rtsps` or `rtspu`.
    public private(set) var scheme: String
    /// The user, percent-decoded where that is possible.
    public var user: String?
    /// The password, percent-decoded where that is possible.
    public var password: String?
    /// The host in lower case: a name or an address, an IPv6 address without its brackets.
    public private(set) var host: String
    /// The path with its leading slash, percent-encoded as it was sent; empty where there is none.
    public private(set) var path: String
    /// What stands after `?`; `nil` where there is no `?`.
    public private(set) var query: String?
    private var statedPort: UInt16?

    /// Reads an absolute URL.
    ///
    /// Lenient: blanks around it, a scheme said twice, an IPv6 address without brackets, blanks inside a path (which
    /// become `%20`) are taken as they were meant.
    public init(parsing text: String) throws(RTSPURLError) {
        guard text.utf8.count <= Self.maximumLength else { throw .tooLong }
        var rest = text[...].trimmed
        guard !rest.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { throw .invalidCharacter }
        guard let scheme = Self.removeScheme(from: &rest) else { throw .unsupportedScheme }
        while Self.removeScheme(from: &rest) != nil {}
        let isEndOfAuthority = { (byte: UInt8) in byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?") }
        let end = rest.utf8.firstIndex(where: isEndOfAuthority) ?? rest.endIndex
        var authority = rest[..<end]
        self.scheme = scheme
        if let at = authority.utf8.lastIndex(of: UInt8(ascii: "@")) {
            let (user, password) = Self.credentials(authority[..<at])
            self.user = user
            self.password = password
            authority = authority[authority.utf8.index(after: at)...]
        }
        (host, statedPort) = try Self.hostAndPort(authority)
        (path, query) = ("", nil)
        replacePath(by: rest[end...])
    }

    /// The port: the one stated, or 554 (`rtsps`: 322).
    public var port: UInt16 { statedPort ?? (scheme == "rtsps" ? 322 : 554) }

    /// The URL as a request line states it: without credentials.
    public var absoluteString: String { root + path + (query.map { "?" + $0 } ?? "") }

    /// The URL without credentials.
    public var description: String { absoluteString }

    /// The components of the path, percent-decoded; empty ones are left out.
    ///
    /// `nil` where an escape is no byte, where the bytes are not UTF-8, and where a component could lead elsewhere
    /// than it seems to: `.`, `..`, or a slash, a backslash or a control character inside it.
    public var decodedPath: [String]? {
        var components: [String] = []
        for part in path[...].utf8.split(separator: UInt8(ascii: "/")) {
            guard let bytes = Self.percentDecoded(Substring(part)),
                let component = String(validating: bytes, as: UTF8.self), component != ".", component != "..",
                !bytes.contains(where: { $0 < 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") })
            else { return nil }
            components.append(component)
        }
        return components
    }

    /// Compares what a connection and a request are made of; the default port equals none.
    public static func == (left: RTSPURL, right: RTSPURL) -> Bool {
        left.scheme == right.scheme && left.host == right.host && left.port == right.port && left.path == right.path
            && left.query == right.query && left.user == right.user && left.password == right.password
    }

    /// Hashes what is compared.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(scheme)
        hasher.combine(host)
        hasher.combine(port)
        hasher.combine(path)
        hasher.combine(query)
        hasher.combine(user)
        hasher.combine(password)
    }

    private var root: String {
        let isIPv6 = host.utf8.contains(UInt8(ascii: ":"))
        return scheme + "://" + (isIPv6 ? "[\(host)]" : host) + (statedPort.map { ":\($0)" } ?? "")
    }
}

extension RTSPURL {
    /// The URL of a stream whose description says `a=control:` and this (RFC 2326 section C.1.1).
    ///
    /// `*` and nothing mean this URL itself. An absolute URL stands for itself. Anything else is written behind this
    /// URL, its query included, with one slash between: not what RFC 3986 says, but what devices expect. `nil` where the
    /// result is no RTSP URL. Credentials go along only to the same host and port.
    public func resolving(control: String) -> RTSPURL? {
        let control = control[...].trimmed
        if control.isEmpty || control == "*" { return self }
        if Self.hasScheme(control) { return Self.absolute(control, credentialsOf: self) }
        guard !control.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return nil }
        var result = self
        let base = path + (query.map { "?" + $0 } ?? "")
        var tail = control
        if tail.utf8.first != UInt8(ascii: "?") {
            while tail.utf8.first == UInt8(ascii: "/") { tail = tail.dropFirst() }
            if base.utf8.last != UInt8(ascii: "/") { tail = "/" + tail }
        }
        result.replacePath(by: (base + tail)[...])
        return result.absoluteString.utf8.count <= Self.maximumLength ? result : nil
    }

    /// The base that a response to a request for this URL states in `Content-Base` or `Content-Location`
    /// (RFC 2326 section C.1.1): an absolute URL, a path on the same host, or an authority without its scheme, as some
    /// devices send it. `nil` where it is none of them. Credentials go along only to the same host and port.
    public func resolving(contentBase: String) -> RTSPURL? {
        let base = contentBase[...].trimmed
        if base.isEmpty { return self }
        if Self.hasScheme(base) { return Self.absolute(base, credentialsOf: self) }
        if base.utf8.first != UInt8(ascii: "/"), let url = Self.absolute(scheme + "://" + base, credentialsOf: self),
            url.host == host || url.host.utf8.contains(where: { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":") })
        {
            return url
        }
        guard !base.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return nil }
        var result = self
        result.replacePath(by: base.utf8.first == UInt8(ascii: "/") ? base : "/" + base)
        return result.absoluteString.utf8.count <= Self.maximumLength ? result : nil
    }

    private static func absolute(_ text: Substring, credentialsOf origin: RTSPURL) -> RTSPURL? {
        guard var url = try? RTSPURL(parsing: String(text)) else { return nil }
        guard url.user == nil, url.host == origin.host, url.port == origin.port else { return url }
        url.user = origin.user
        url.password = origin.password
        return url
    }

    private static func hasScheme(_ text: Substring) -> Bool {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return false }
        let name = text.utf8[..<colon]
        return text[colon...].utf8.starts(with: "://".utf8) && !name.isEmpty
            && name.allSatisfy { (97...122).contains(Substring.lowercased($0)) }
    }

    private static func removeScheme(from text: inout Substring) -> String? {
        for scheme in ["rtsp", "rtsps", "rtspu"] where text.hasPrefixIgnoringCase(scheme + "://") {
            text = Substring(text.utf8.dropFirst(scheme.utf8.count + 3))
            return scheme
        }
        return nil
    }

    /// A password may contain `:` and any `%`: what is no escape stands for itself.
    private static func credentials(_ text: Substring) -> (user: String, password: String?) {
        func decoded(_ text: Substring) -> String {
            percentDecoded(text).map { String(decoding: $0, as: UTF8.self) } ?? String(text)
        }
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return (decoded(text), nil) }
        return (decoded(text[..<colon]), decoded(text[text.utf8.index(after: colon)...]))
    }

    private static func hostAndPort(_ authority: Substring) throws(RTSPURLError) -> (host: String, port: UInt16?) {
        var host = authority
        var portText: Substring?
        let colons = authority.utf8.count { $0 == UInt8(ascii: ":") }
        let isBracketed = authority.utf8.first == UInt8(ascii: "[")
        if isBracketed {
            guard let close = authority.utf8.firstIndex(of: UInt8(ascii: "]")) else { throw .invalidHost }
            host = Substring(authority[..<close].utf8.dropFirst())
            let rest = authority[authority.utf8.index(after: close)...]
            guard rest.isEmpty || rest.utf8.first == UInt8(ascii: ":") else { throw .invalidHost }
            portText = rest.isEmpty ? nil : Substring(rest.utf8.dropFirst())
        } else if colons == 1, let colon = authority.utf8.firstIndex(of: UInt8(ascii: ":")) {
            host = authority[..<colon]
            portText = authority[authority.utf8.index(after: colon)...]
        }
        guard isHost(host, isIPv6: isBracketed || colons > 1) else { throw .invalidHost }
        let name = String(decoding: host.utf8.map(Substring.lowercased), as: UTF8.self)
        guard let portText, !portText.isEmpty else { return (name, nil) }
        guard let port = portText.decimal(as: UInt16.self), port > 0 else { throw .invalidPort }
        return (name, port)
    }

    /// A link-local IPv6 address may name its interface: `fe80::1%eth0`.
    private static func isHost(_ text: Substring, isIPv6: Bool) -> Bool {
        guard isIPv6 else {
            return !text.isEmpty && !text.utf8.contains { $0 <= 0x20 || "\"<>[]\\^`{|}#@%:".utf8.contains($0) }
        }
        let (address, zone) = text.cut(at: UInt8(ascii: "%"))
        return address.utf8.contains(UInt8(ascii: ":"))
            && address.utf8.allSatisfy { isHexadecimal($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") }
            && (zone ?? "").utf8.allSatisfy { StartLine.isToken($0) }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (97...102).contains(Substring.lowercased(byte))
    }

    /// The bytes that the escapes stand for; `nil` where a `%` is followed by anything but two digits.
    static func percentDecoded(_ text: Substring) -> [UInt8]? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = Substring(rest.prefix(2))
            guard digits.utf8.count == 2, let value = digits.hexadecimal(as: UInt8.self) else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return bytes
    }

    /// Replaces path and query by those of `text`, which begins with `/` or `?` or is empty.
    private mutating func replacePath(by text: Substring) {
        let escaped =
            text.utf8.contains(0x20)
            ? text.utf8.split(separator: 0x20, omittingEmptySubsequences: false)
                .map { String(Substring($0)) }.joined(separator: "%20") : String(text)
        guard let mark = escaped.utf8.firstIndex(of: UInt8(ascii: "?")) else { return (path, query) = (escaped, nil) }
        path = String(escaped[..<mark])
        query = String(escaped[escaped.utf8.index(after: mark)...])
    }
}
