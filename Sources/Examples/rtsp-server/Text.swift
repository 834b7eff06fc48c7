extension Double {
    /// The number with one decimal.
    var tenths: String {
        let tenths = Int((self * 10).rounded())
        return "\(tenths / 10).\(abs(tenths % 10))"
    }
}

extension String {
    /// The text with zeros before it, up to `length`.
    func padded(to length: Int) -> String { String(repeating: "0", count: max(0, length - count)) + self }

    /// The name as a URL's path has it (RFC 3986 section 3.3).
    var urlPath: String {
        var path = ""
        for byte in utf8 {
            if Self.pathBytes.contains(byte) {
                path.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                path += "%" + String(byte, radix: 16, uppercase: true).padded(to: 2)
            }
        }
        return path
    }

    private static let pathBytes = Set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:@/".utf8)
}
