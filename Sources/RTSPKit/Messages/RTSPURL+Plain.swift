/// What most URLs are: nothing in them needs decoding.
extension RTSPURL {
    /// The path of `rtsp://host:port/path`, without a slash at its end, where it is plain that it stands for itself: `/` and what
    /// ``decodedPath`` has, joined by slashes. `nil` for any URL that has to be read whole, and for any that is none.
    static func plainPath(of text: String) -> String? {
        guard text.utf8.count <= maximumLength else { return nil }
        let url = Array(text.utf8)[...]
        let scheme = "rtsp://".utf8
        guard url.starts(with: scheme) else { return nil }
        let rest = url.dropFirst(scheme.count)
        let slash = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
        guard isPlainAuthority(rest[..<slash]) else { return nil }
        var path = rest[slash...]
        if path.last == UInt8(ascii: "/") { path.removeLast() }
        guard isPlainPath(path) else { return nil }
        return path.isEmpty ? "/" : String(decoding: path, as: UTF8.self)
    }

    /// A name or an IPv4 address, and perhaps a port.
    private static func isPlainAuthority(_ authority: ArraySlice<UInt8>) -> Bool {
        let colon = authority.firstIndex(of: UInt8(ascii: ":")) ?? authority.endIndex
        let host = authority[..<colon]
        guard !host.isEmpty, host.allSatisfy({ isPlain($0) && $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: "~") }) else {
            return false
        }
        guard colon < authority.endIndex else { return true }
        let digits = authority[colon...].dropFirst()
        guard (1...5).contains(digits.count), digits.allSatisfy({ (48...57).contains($0) }) else { return false }
        return (1...65_535).contains(digits.reduce(0) { $0 * 10 + Int($1 - 48) })
    }

    /// Components of plain bytes that do not begin with a point and are not empty.
    private static func isPlainPath(_ path: ArraySlice<UInt8>) -> Bool {
        var before: UInt8?
        for byte in path {
            if before == UInt8(ascii: "/"), byte == UInt8(ascii: "/") || byte == UInt8(ascii: ".") { return false }
            guard byte == UInt8(ascii: "/") || byte == UInt8(ascii: "=") || isPlain(byte) else { return false }
            before = byte
        }
        return before != UInt8(ascii: "/")
    }

    /// The bytes that are never escaped (RFC 3986 section 2.3).
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "a")...UInt8(ascii: "z"): true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
        default: false
        }
    }
}
