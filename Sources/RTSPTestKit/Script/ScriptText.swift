/// A line of a script with places in it that stand for other text: `*` for anything, `$name` for a value that is captured
/// where it is met first and must be the same from then on.
struct ScriptText: Sendable, Hashable {
    private enum Token: Sendable, Hashable {
        case literal([UInt8])
        case anything
        case value(String)
    }

    /// The text as it stands in the script.
    let source: String
    private var tokens: [Token] = []

    /// Reads `$name`, `${name}` and `$$`; with `wildcards` also `*` and `\*`.
    init(_ source: String, wildcards: Bool) {
        self.source = source
        let bytes = Array(source.utf8)
        var literal: [UInt8] = []
        var index = 0
        func close(_ token: Token) {
            if !literal.isEmpty { tokens.append(.literal(literal)) }
            tokens.append(token)
            literal = []
        }
        while index < bytes.count {
            let next = index + 1 < bytes.count ? bytes[index + 1] : nil
            switch bytes[index] {
            case UInt8(ascii: "*") where wildcards:
                close(.anything)
                index += 1
            case UInt8(ascii: "\\") where wildcards && next == UInt8(ascii: "*"):
                literal.append(UInt8(ascii: "*"))
                index += 2
            case UInt8(ascii: "$") where next == UInt8(ascii: "$"):
                literal.append(UInt8(ascii: "$"))
                index += 2
            case UInt8(ascii: "$"):
                let (name, length) = Self.name(in: bytes[(index + 1)...])
                if name.isEmpty { literal.append(UInt8(ascii: "$")) } else { close(.value(name)) }
                index += 1 + length
            case let byte:
                literal.append(byte)
                index += 1
            }
        }
        if !literal.isEmpty { tokens.append(.literal(literal)) }
    }

    /// The names of the values in it, in order.
    var names: [String] { tokens.compactMap { if case .value(let name) = $0 { name } else { nil } } }

    /// Whether it stands for anything at all.
    var isAnything: Bool { tokens == [.anything] }

    /// The values known after `text` was compared; `nil` where it does not match. Each open place takes as little as it can.
    func match(_ text: String, values: [String: String]) -> [String: String]? {
        let bytes = Array(text.utf8)
        var values = values
        var position = 0
        // The places since the last literal; the first that has a name takes all of the text there.
        var open: (isOpen: Bool, name: String?) = (false, nil)
        for (index, token) in tokens.enumerated() {
            let literal: [UInt8]
            switch token {
            case .anything:
                open.isOpen = true
                continue
            case .value(let name):
                guard let known = values[name] else {
                    open = (true, open.name ?? name)
                    continue
                }
                literal = Array(known.utf8)
            case .literal(let bytes): literal = bytes
            }
            let isLast = index == tokens.count - 1
            guard let start = Self.find(literal, in: bytes, from: position, isOpen: open.isOpen, isLast: isLast) else {
                return nil
            }
            if let name = open.name { values[name] = String(decoding: bytes[position..<start], as: UTF8.self) }
            position = start + literal.count
            open = (false, nil)
        }
        guard open.isOpen || position == bytes.count else { return nil }
        if let name = open.name { values[name] = String(decoding: bytes[position...], as: UTF8.self) }
        return values
    }

    /// The text with the values in their places, or the name of one that is not known.
    func filled(with values: [String: String]) throws(MissingValue) -> String {
        var bytes: [UInt8] = []
        for token in tokens {
            switch token {
            case .literal(let literal): bytes += literal
            case .anything: bytes.append(UInt8(ascii: "*"))
            case .value(let name):
                guard let value = values[name] else { throw MissingValue(name: name) }
                bytes += Array(value.utf8)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A value that a script uses before anything was captured for it.
    struct MissingValue: Error, Sendable, Hashable {
        var name: String
    }

    /// The name at the beginning, in braces or not, and how many bytes it takes.
    private static func name(in bytes: ArraySlice<UInt8>) -> (name: String, length: Int) {
        let isBraced = bytes.first == UInt8(ascii: "{")
        let name = bytes.dropFirst(isBraced ? 1 : 0).prefix { byte in
            (48...57).contains(byte) || (97...122).contains(byte | 0x20) || byte == UInt8(ascii: "_")
        }
        guard isBraced else { return (String(decoding: name, as: UTF8.self), name.count) }
        guard name.endIndex < bytes.endIndex, bytes[name.endIndex] == UInt8(ascii: "}") else { return ("", 0) }
        return (String(decoding: name, as: UTF8.self), name.count + 2)
    }

    /// Where `literal` stands: here, or where a place is open before it also later; at the very end where nothing follows it.
    private static func find(_ literal: [UInt8], in bytes: [UInt8], from: Int, isOpen: Bool, isLast: Bool) -> Int? {
        let end = bytes.count - literal.count
        guard end >= from else { return nil }
        func stands(at start: Int) -> Bool { bytes[start..<start + literal.count].elementsEqual(literal) }
        guard isOpen else { return stands(at: from) ? from : nil }
        if isLast { return stands(at: end) ? end : nil }
        return (from...end).first(where: stands)
    }
}
