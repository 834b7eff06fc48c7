internal import RTPTransport

/// Reads one line of a transcript, and the lines that it goes on with, word by word.
struct TranscriptLine {
    /// What a word is.
    private enum Word {
        case word(String)
        case field(key: String, value: String)
        case bytes([UInt8])
    }

    /// Where the line stands, counted from 1.
    let number: Int
    private var rest: ArraySlice<UInt8>
    private var words: [String] = []
    private var fields: [String: String] = [:]
    private var payload: [UInt8]?

    init(_ bytes: ArraySlice<UInt8>, number: Int) {
        rest = bytes
        self.number = number
    }

    func error(_ reason: TranscriptParseError.Reason) -> TranscriptParseError { TranscriptParseError(reason, line: number) }

    // MARK: Words at the front

    /// The next word, up to a blank; empty at the end.
    mutating func nextWord() -> String {
        skipBlanks()
        let word = rest.prefix { !Substring.isBlank($0) }
        rest = rest[word.endIndex...]
        return String(decoding: word, as: UTF8.self)
    }

    /// What is left of a line for people: as it stands, or what stands in the quotes.
    mutating func restAsText() throws(TranscriptParseError) -> String {
        if rest.first == 0x20 { rest.removeFirst() }
        guard rest.first == UInt8(ascii: "\"") else {
            guard let text = String(validating: rest, as: UTF8.self) else { throw error(.malformedBytes) }
            return text
        }
        let text = try string()
        skipBlanks()
        guard rest.isEmpty else { throw error(.malformedLine) }
        return text
    }

    /// Sorts all that is left into words, fields and bytes.
    mutating func readRest() throws(TranscriptParseError) {
        while let word = try next() {
            switch word {
            case .word(let word): words.append(word)
            case .field(let key, let value):
                guard fields.updateValue(value, forKey: key) == nil else { throw error(.unknownField(key)) }
            case .bytes(let bytes): payload = (payload ?? []) + bytes
            }
        }
    }

    private mutating func next() throws(TranscriptParseError) -> Word? {
        skipBlanks()
        guard let first = rest.first else { return nil }
        switch first {
        case UInt8(ascii: ";"):
            // A comment, to the end of the line that it is in.
            rest = rest[(rest.firstIndex(of: 0x0A) ?? rest.endIndex)...]
            return try next()
        case UInt8(ascii: "\""): return .bytes(try quoted())
        case UInt8(ascii: "0") where rest.dropFirst().first == UInt8(ascii: "x"): return .bytes(try hexadecimal())
        default: break
        }
        let key = rest.prefix { !Substring.isBlank($0) && $0 != UInt8(ascii: "=") }
        let name = String(decoding: key, as: UTF8.self)
        rest = rest[key.endIndex...]
        guard rest.first == UInt8(ascii: "=") else { return .word(name) }
        rest.removeFirst()
        if rest.first == UInt8(ascii: "\"") { return .field(key: name, value: try string()) }
        let value = rest.prefix { !Substring.isBlank($0) }
        rest = rest[value.endIndex...]
        return .field(key: name, value: String(decoding: value, as: UTF8.self))
    }

    private mutating func skipBlanks() {
        rest = rest.drop(while: Substring.isBlank)
    }

    // MARK: Bytes

    private mutating func string() throws(TranscriptParseError) -> String {
        guard let text = String(validating: try quoted(), as: UTF8.self) else { throw error(.malformedBytes) }
        return text
    }

    private mutating func quoted() throws(TranscriptParseError) -> [UInt8] {
        var bytes: [UInt8] = []
        rest.removeFirst()
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return bytes
            case UInt8(ascii: "\\"): bytes.append(try escaped())
            case 0x0A: throw error(.malformedBytes)
            default: bytes.append(byte)
            }
        }
        throw error(.malformedBytes)
    }

    private mutating func escaped() throws(TranscriptParseError) -> UInt8 {
        switch rest.popFirst() {
        case UInt8(ascii: "r"): return 0x0D
        case UInt8(ascii: "n"): return 0x0A
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "\\"): return UInt8(ascii: "\\")
        case UInt8(ascii: "\""): return UInt8(ascii: "\"")
        case UInt8(ascii: "x"):
            guard let high = rest.popFirst().flatMap(Self.digit), let low = rest.popFirst().flatMap(Self.digit) else {
                throw error(.malformedBytes)
            }
            return high << 4 | low
        default: throw error(.malformedBytes)
        }
    }

    private mutating func hexadecimal() throws(TranscriptParseError) -> [UInt8] {
        let digits = rest.dropFirst(2).prefix { !Substring.isBlank($0) }
        rest = rest[digits.endIndex...]
        guard digits.count.isMultiple(of: 2) else { throw error(.malformedBytes) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        var high: UInt8?
        for character in digits {
            guard let digit = Self.digit(character) else { throw error(.malformedBytes) }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return bytes
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    // MARK: What was read

    /// The first word that has not been taken, which it takes.
    mutating func takeWord() -> String? { words.isEmpty ? nil : words.removeFirst() }

    /// The bytes, which it takes.
    mutating func takeBytes() throws(TranscriptParseError) -> [UInt8] {
        guard let bytes = takeBytesIfAny() else { throw error(.malformedBytes) }
        return bytes
    }

    /// The bytes where there are any.
    mutating func takeBytesIfAny() -> [UInt8]? {
        defer { payload = nil }
        return payload
    }

    /// The value of a field, read by `read`; `nil` where the field is not there.
    mutating func take<Value>(
        _ key: String, _ read: (String) -> Value?
    ) throws(TranscriptParseError) -> Value? {
        guard let text = fields.removeValue(forKey: key) else { return nil }
        guard let value = read(text) else { throw error(.malformedField(key)) }
        return value
    }

    /// The value of a field that must be there.
    mutating func require<Value>(
        _ key: String, _ read: (String) -> Value?
    ) throws(TranscriptParseError) -> Value {
        guard let value = try take(key, read) else { throw error(.missingField(key)) }
        return value
    }

    /// Changes `value` to that of a field, where the field is there.
    mutating func update<Value>(
        _ value: inout Value, _ key: String, _ read: (String) -> Value?
    ) throws(TranscriptParseError) {
        if let new = try take(key, read) { value = new }
    }

    /// Fails where something is left that nobody took.
    func finish() throws(TranscriptParseError) {
        if let key = fields.keys.min() { throw error(.unknownField(key)) }
        guard words.isEmpty, payload == nil else { throw error(.malformedLine) }
    }
}

/// How the values of fields are read.
enum TranscriptValue {
    static func text(_ text: String) -> String? { text }

    static func integer<Value: FixedWidthInteger>(_ text: String) -> Value? { Value(text) }

    /// Numbers between commas.
    static func integers(_ text: String) -> [Int]? {
        var numbers: [Int] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let number = Int(part) else { return nil }
            numbers.append(number)
        }
        return numbers
    }

    static func real(_ text: String) -> Double? { Double(text) }

    /// For example `640x360`.
    static func size(_ text: String) -> PictureSize? {
        let (width, height) = text[...].cut(at: UInt8(ascii: "x"))
        guard let width = width.decimal(as: UInt16.self), let height = height?.decimal(as: UInt16.self) else { return nil }
        return PictureSize(width: Int(width), height: Int(height))
    }

    static func flag(_ text: String) -> Bool? { text == "yes" ? true : text == "no" ? false : nil }

    /// Seconds with up to 18 decimals, less than 2⁶³ of them.
    static func duration(_ text: String) -> Duration? {
        var digits = text.utf8[...]
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative { digits = digits.dropFirst() }
        let parts = digits.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first.flatMap({ Substring($0).decimal(as: Int64.self) }) else { return nil }
        var attoseconds = Int128(whole) * 1_000_000_000_000_000_000
        if parts.count == 2 {
            guard parts[1].count <= 18, let fraction = Substring(parts[1]).decimal(as: Int64.self) else { return nil }
            var value = Int128(fraction)
            for _ in parts[1].count..<18 { value *= 10 }
            attoseconds += value
        }
        return Duration(attoseconds: isNegative ? -attoseconds : attoseconds)
    }
}
