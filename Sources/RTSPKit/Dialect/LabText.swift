/// Reading the words of the course dialect out of bytes.
enum LabText {
    static let lf = UInt8(ascii: "\n")
    static let cr = UInt8(ascii: "\r")

    static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    static func isLineEnd(_ byte: UInt8) -> Bool { byte == lf || byte == cr }
    static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
    static func isUppercase(_ byte: UInt8) -> Bool { (65...90).contains(byte) }
    static func isLetter(_ byte: UInt8) -> Bool { isUppercase(byte & 0xDF) && byte < 128 }
    static func isControl(_ byte: UInt8) -> Bool { byte < 32 || byte == 127 }
    static func lowercased(_ byte: UInt8) -> UInt8 { isUppercase(byte) ? byte | 0x20 : byte }

    /// One line that is a header field.
    struct Field {
        let name: ArraySlice<UInt8>
        let value: ArraySlice<UInt8>
    }

    /// The lines of a message without their ends; blank lines are left out.
    static func lines(of message: [UInt8]) -> [ArraySlice<UInt8>] {
        message.split(separator: lf, omittingEmptySubsequences: true).map(trimmed).filter { !$0.isEmpty }
    }

    /// `text` without blanks and carriage returns around it.
    static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isTrimmed = { (byte: UInt8) in isBlank(byte) || byte == cr || byte == lf }
        guard let first = text.firstIndex(where: { !isTrimmed($0) }), let last = text.lastIndex(where: { !isTrimmed($0) }) else {
            return text.prefix(0)
        }
        return text[first...last]
    }

    static func words(of line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] { line.split(whereSeparator: isBlank) }

    /// The name before the first colon and the value after it; `nil` where there is no colon or no name.
    static func field(_ line: ArraySlice<UInt8>) -> Field? {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let name = trimmed(line[..<colon])
        return name.isEmpty ? nil : Field(name: name, value: trimmed(line[(colon + 1)...]))
    }

    /// Where `word`, in lower case, starts in `text`, whatever the case there.
    static func position(of word: StaticWord, in text: ArraySlice<UInt8>) -> Int? {
        let word = word.bytes
        return text.indices.first { start in
            guard text.endIndex - start >= word.count else { return false }
            return word.indices.allSatisfy { lowercased(text[start + $0]) == word[$0] }
        }
    }

    /// True when `text` is `word`, which is in lower case, whatever the case of `text`.
    static func equals(_ text: ArraySlice<UInt8>, _ word: StaticWord) -> Bool {
        text.count == word.bytes.count && position(of: word, in: text) == text.startIndex
    }

    /// The decimal number at the start of `text`, of at most nine digits.
    static func leadingNumber(_ text: ArraySlice<UInt8>) -> Int? {
        let digits = text.prefix(while: isDigit)
        guard (1...9).contains(digits.count) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 48) }
    }

    /// The first number anywhere in `text`, as a sequence number needs it: `CSeq: 3` for a value is read as 3; `-1` is -1.
    static func firstNumber(_ text: ArraySlice<UInt8>) -> Int? {
        guard let start = text.firstIndex(where: isDigit), let number = leadingNumber(text[start...]) else { return nil }
        return start > text.startIndex && text[start - 1] == UInt8(ascii: "-") ? -number : number
    }

    /// The session in a `Session` value: its digits, else the text up to a blank or semicolon.
    static func session(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let digits = value.prefix(while: isDigit)
        return digits.isEmpty ? value.prefix { !isBlank($0) && $0 != UInt8(ascii: ";") } : digits
    }

    static func string(_ text: ArraySlice<UInt8>) -> String { String(decoding: text, as: UTF8.self) }

    /// A lower-case word of the dialect, as bytes.
    struct StaticWord: ExpressibleByStringLiteral {
        let bytes: [UInt8]
        init(stringLiteral text: String) { bytes = Array(text.utf8) }
    }
}
