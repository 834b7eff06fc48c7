/// Reading the values of header fields and description lines byte by byte: separators are ASCII, so no cut falls
/// inside a character, and no grapheme rule can hide a separator behind a combining mark.
extension Substring {
    /// Without blanks and line ends at both ends.
    var trimmed: Substring {
        let bytes = utf8
        // Most are that already.
        if let first = bytes.first, let last = bytes.last, !Self.isBlank(first), !Self.isBlank(last) { return self }
        guard let first = bytes.firstIndex(where: { !Self.isBlank($0) }),
            let last = bytes.lastIndex(where: { !Self.isBlank($0) })
        else { return Substring() }
        // Not `first...last`: what lies behind `last` as a character may be more than a byte away, and be a blank.
        return self[first..<bytes.index(after: last)]
    }

    /// What `body` makes of the bytes in one piece: the indices of a substring are slow to walk.
    private func withBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        // The buffer is there as long as the closure, and the span is not longer.
        if let result = unsafe utf8.withContiguousStorageIfAvailable({ unsafe body($0.span) }) { return result }
        // Text that came from elsewhere than Swift may lie in pieces.
        let bytes = Array(utf8)
        return body(bytes.span)
    }

    /// Where the first of these bytes stands.
    private func firstIndex(of byte: UInt8) -> Index? {
        let offset = withBytes { bytes in
            var offset = 0
            while offset < bytes.count, bytes[offset] != byte { offset += 1 }
            return offset < bytes.count ? offset : nil
        }
        return offset.map { utf8.index(startIndex, offsetBy: $0) }
    }

    /// The parts between separators, untrimmed. Separators inside double quotes do not count, where the quotes close.
    func parts(separatedBy separator: UInt8) -> [Substring] {
        guard firstIndex(of: UInt8(ascii: "\"")) == nil else { return partsOutsideQuotes(separatedBy: separator) }
        var parts: [Substring] = []
        var rest = self
        while let end = rest.firstIndex(of: separator) {
            parts.append(rest[..<end])
            rest = rest[utf8.index(after: end)...]
        }
        parts.append(rest)
        return parts
    }

    private func partsOutsideQuotes(separatedBy separator: UInt8) -> [Substring] {
        let bytes = utf8
        var parts: [Substring] = []
        var start = bytes.startIndex
        var index = start
        var quotesClose = true
        while index < bytes.endIndex {
            let byte = bytes[index]
            let next = bytes.index(after: index)
            if byte == UInt8(ascii: "\""), quotesClose {
                if let close = bytes[next...].firstIndex(of: UInt8(ascii: "\"")) {
                    index = bytes.index(after: close)
                    continue
                }
                quotesClose = false
            } else if byte == separator {
                parts.append(self[start..<index])
                start = next
            }
            index = next
        }
        parts.append(self[start...])
        return parts
    }

    /// The words between runs of blanks.
    var words: [Substring] {
        utf8.split(whereSeparator: Self.isBlank).map { Substring($0) }
    }

    /// What stands before and after the first `separator`, trimmed; the second is `nil` where there is no separator.
    func cut(at separator: UInt8) -> (before: Substring, after: Substring?) {
        guard let index = firstIndex(of: separator) else { return (trimmed, nil) }
        return (self[..<index].trimmed, self[utf8.index(after: index)...].trimmed)
    }

    /// Without the double quotes around it, if it has both.
    var unquoted: Substring {
        let bytes = utf8
        guard bytes.count >= 2, bytes.first == UInt8(ascii: "\""), bytes.last == UInt8(ascii: "\"") else { return self }
        return Substring(bytes.dropFirst().dropLast()).trimmed
    }

    /// Compares ASCII letters without regard to case.
    func equalsIgnoringCase(_ other: String) -> Bool {
        utf8.count == other.utf8.count
            && withBytes { bytes in
                var offset = 0
                for byte in other.utf8 {
                    guard Self.lowercased(bytes[offset]) == Self.lowercased(byte) else { return false }
                    offset += 1
                }
                return true
            }
    }

    /// Whether it begins with `prefix`, ASCII letters compared without regard to case.
    func hasPrefixIgnoringCase(_ prefix: String) -> Bool {
        Substring(utf8.prefix(prefix.utf8.count)).equalsIgnoringCase(prefix)
    }

    /// The number that the decimal digits state; `nil` for anything but digits, and where `Value` cannot hold it.
    func decimal<Value: FixedWidthInteger>(as type: Value.Type = Value.self) -> Value? {
        number(radix: 10, as: type)
    }

    /// The number that the hexadecimal digits state; `nil` for anything but digits, and where `Value` cannot hold it.
    func hexadecimal<Value: FixedWidthInteger>(as type: Value.Type = Value.self) -> Value? {
        number(radix: 16, as: type)
    }

    /// Unlike `Value(_:radix:)`, no sign is taken.
    private func number<Value: FixedWidthInteger>(radix: Value, as type: Value.Type) -> Value? {
        guard !isEmpty else { return nil }
        return withBytes { bytes in
            var value: Value = 0
            for offset in bytes.indices {
                guard let digit = Self.digit(bytes[offset]), digit < radix else { return nil }
                let (shifted, isTooLarge) = value.multipliedReportingOverflow(by: radix)
                let (sum, isTooLargeNow) = shifted.addingReportingOverflow(Value(digit))
                guard !isTooLarge, !isTooLargeNow else { return nil }
                value = sum
            }
            return value
        }
    }

    /// What a digit of a radix up to 36 stands for.
    private static func digit(_ byte: UInt8) -> UInt8? {
        switch lowercased(byte) {
        case let byte where (48...57).contains(byte): byte - 48
        case let byte where (97...122).contains(byte): byte - 97 + 10
        default: nil
        }
    }

    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A }

    static func lowercased(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte | 0x20 : byte }
}

extension String {
    /// With every control character replaced by a blank, so that it cannot end the line that it is written into.
    var onOneLine: String {
        guard utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return self }
        return String(decoding: utf8.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }, as: UTF8.self)
    }

    /// Without control characters, quotes and the bytes in `separators`: fit to be one part of a header value.
    func without(_ separators: String) -> String {
        guard !utf8.allSatisfy(Self.separatesNothing) else { return self }
        let kept = utf8.filter { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\"") && !separators.utf8.contains($0) }
        return kept.count == utf8.count ? self : String(decoding: kept, as: UTF8.self)
    }

    /// Letters, digits, `-`, `.` and `_` stand between no two parts of any field.
    private static func separatesNothing(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "a")...UInt8(ascii: "z"): true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
        default: false
        }
    }
}
