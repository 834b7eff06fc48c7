/// The text of a transcript in the making: words, fields and bytes, in a form that ``TranscriptLine`` reads back exactly.
struct TranscriptWriter {
    private(set) var text: [UInt8] = []

    /// Where lines of text among bytes go on.
    private static let indent = Array("\n    ".utf8)
    /// Shorter stretches of text among other bytes stay hexadecimal.
    private static let shortestText = 12

    /// Appends `word` as it is.
    mutating func write(_ word: String) { text += word.utf8 }

    /// Appends ` key=value`; the value must be a word.
    mutating func field(_ key: String, _ value: some CustomStringConvertible) { write(" \(key)=\(value)") }

    /// Appends ` key="value"`.
    mutating func field(_ key: String, quoting value: String) {
        write(" \(key)=")
        quote(value)
    }

    /// Appends ` key=seconds`.
    mutating func field(_ key: String, _ value: Duration) { write(" \(key)=\(Self.decimal(value))") }

    /// Ends the line.
    mutating func endLine() { text.append(UInt8(ascii: "\n")) }

    /// Appends a line for people: as it is where nothing in it could be taken for something else.
    mutating func line(_ value: String) {
        let isPlain = value.unicodeScalars.allSatisfy(Self.isPrintable)
        let bytes = value.utf8
        if isPlain, let first = bytes.first, first != 0x20, first != UInt8(ascii: "\""), bytes.last != 0x20 {
            text += bytes
        } else {
            quote(value)
        }
    }

    private mutating func quote(_ value: String) {
        text.append(UInt8(ascii: "\""))
        for scalar in value.unicodeScalars {
            let isPlain = Self.isPrintable(scalar)
            for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
                if isPlain, byte >= 0x80 { text.append(byte) } else { escape(byte) }
            }
        }
        text.append(UInt8(ascii: "\""))
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value >= 0x20 && scalar.value != 0x7F }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse: return false
        default: return true
        }
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), byte]
        case UInt8(ascii: "\r"): text += "\\r".utf8
        case UInt8(ascii: "\n"): text += "\\n".utf8
        case UInt8(ascii: "\t"): text += "\\t".utf8
        case 0x20..<0x7F: text.append(byte)
        default:
            text += "\\x".utf8
            hexadecimal(byte)
        }
    }

    // MARK: Bytes

    /// Appends bytes: what is text in quotes, a line at a time, everything else hexadecimal.
    mutating func bytes(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return text += "\"\"".utf8 }
        var start = 0
        var index = 0
        var isFirst = true
        while index < bytes.count {
            let end = Self.endOfText(in: bytes, from: index)
            if end - index >= Self.shortestText || (start == index && end == bytes.count) {
                if start < index { packet(bytes[start..<index], isFirst: &isFirst) }
                lines(bytes[index..<end], isFirst: &isFirst)
                start = end
                index = end
            } else {
                index = end + 1
            }
        }
        if start < bytes.count { packet(bytes[start...], isFirst: &isFirst) }
    }

    /// Appends bytes hexadecimally, whatever they are.
    mutating func packet(_ bytes: [UInt8]) {
        var isFirst = true
        packet(bytes[...], isFirst: &isFirst)
    }

    private mutating func packet(_ bytes: ArraySlice<UInt8>, isFirst: inout Bool) {
        if !isFirst { text += Self.indent }
        isFirst = false
        text.append(UInt8(ascii: "0"))
        text.append(UInt8(ascii: "x"))
        for byte in bytes { hexadecimal(byte) }
    }

    private mutating func lines(_ bytes: ArraySlice<UInt8>, isFirst: inout Bool) {
        var rest = bytes
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? rest.endIndex
            if !isFirst { text += Self.indent }
            isFirst = false
            text.append(UInt8(ascii: "\""))
            for byte in rest[..<end] { escape(byte) }
            text.append(UInt8(ascii: "\""))
            rest = rest[end...]
        }
    }

    private static func endOfText(in bytes: [UInt8], from start: Int) -> Int {
        var end = start
        while end < bytes.count, (0x20..<0x7F).contains(bytes[end]) || (9...10).contains(bytes[end]) || bytes[end] == 13 {
            end += 1
        }
        return end
    }

    private static let digits = Array("0123456789abcdef".utf8)

    private mutating func hexadecimal(_ byte: UInt8) {
        text.append(Self.digits[Int(byte >> 4)])
        text.append(Self.digits[Int(byte & 15)])
    }

    // MARK: Numbers

    /// Seconds with as many decimals as it takes, at most 18: exactly `duration`.
    static func decimal(_ duration: Duration) -> String {
        let (whole, fraction) = duration.attoseconds.magnitude.quotientAndRemainder(dividingBy: 1_000_000_000_000_000_000)
        let sign = duration < .zero ? "-" : ""
        guard fraction > 0 else { return "\(sign)\(whole)" }
        var decimals = Array(String(fraction).utf8)
        decimals = Array(repeating: UInt8(ascii: "0"), count: max(0, 18 - decimals.count)) + decimals
        while decimals.last == UInt8(ascii: "0") { decimals.removeLast() }
        return "\(sign)\(whole)." + String(decoding: decimals, as: UTF8.self)
    }
}
