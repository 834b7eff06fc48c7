/// Text to the steps of a script.
struct PeerScriptParser {
    /// A message that further lines may belong to.
    private enum Open {
        case nothing
        case expected(MessagePattern, isBody: Bool)
        case sent(line: Int, start: ScriptText, headers: [ScriptText], without: [String], body: [ScriptText], isBody: Bool)
    }

    private static let longest = Duration.seconds(86_400)

    private var steps: [ScriptStep] = []
    private var open = Open.nothing
    /// The cases of `any order` so far, and the line where it begins.
    private var order: (line: Int, cases: [[ScriptStep]])?
    private var within: (line: Int, time: Duration)?
    private var pieces: (line: Int, value: ScriptSending.Pieces)?
    private var lineEnd = "\r\n"
    private var known: Set<String> = []
    private var number = 0
    private var text = ""

    mutating func parse(_ script: String) throws(PeerScriptError) -> [ScriptStep] {
        for line in script.utf8.split(separator: 0x0A, omittingEmptySubsequences: false) {
            number += 1
            text = String(decoding: Self.trimmed(line[...], atEnd: false), as: UTF8.self)
            try read(text)
        }
        try close()
        if let line = within?.line ?? pieces?.line { throw PeerScriptError(.misplaced, line: line, text: "") }
        if let order { throw PeerScriptError(.invalidOrder, line: order.line, text: "any order") }
        return steps
    }

    private mutating func read(_ line: String) throws(PeerScriptError) {
        switch line.utf8.first {
        case UInt8(ascii: "#"): return
        case UInt8(ascii: "<"): try readExpectation(Self.content(of: line))
        case UInt8(ascii: ">"): try readSending(Self.content(of: line))
        case nil: try close()
        default:
            try close()
            try readWords(line)
        }
    }

    // MARK: Expected

    private mutating func readExpectation(_ line: String) throws(PeerScriptError) {
        guard case .expected(var pattern, let isBody) = open, isBody || !Self.isWord(line, ["close", "frame"]) else {
            try close()
            return try beginExpectation(line)
        }
        if isBody {
            pattern.body.append(MessagePattern.BodyLine(line: number, text: ScriptText(line, wildcards: true)))
            open = .expected(pattern, isBody: true)
        } else if line.isEmpty {
            open = .expected(pattern, isBody: true)
        } else {
            pattern.fields.append(try field(line))
            open = .expected(pattern, isBody: false)
        }
    }

    private mutating func beginExpectation(_ line: String) throws(PeerScriptError) {
        let words = Self.words(line)
        switch words.first {
        case nil: throw error(.missingStartLine)
        case "close" where words.count == 1: try add(.expect(.close, within: takeWithin()))
        case "frame":
            let channel = words.count > 1 ? UInt8(words[1]) : nil
            guard words.count == 1 || words.count == 2 && channel != nil else { throw error(.invalidFrame) }
            try add(.expect(.frame(channel: channel), within: takeWithin()))
        default: open = .expected(MessagePattern(startLine: line, line: number), isBody: false)
        }
    }

    private func field(_ line: String) throws(PeerScriptError) -> MessagePattern.Field {
        if line.utf8.first == UInt8(ascii: "!") {
            let name = String(decoding: Self.trimmed(line.utf8.dropFirst()), as: UTF8.self)
            guard !name.isEmpty else { throw error(.malformedHeader) }
            return MessagePattern.Field(line: number, name: name, value: nil)
        }
        guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) else { throw error(.malformedHeader) }
        let name = String(decoding: Self.trimmed(line.utf8[..<colon]), as: UTF8.self)
        let value = String(decoding: Self.trimmed(line.utf8[colon...].dropFirst()), as: UTF8.self)
        guard !name.isEmpty else { throw error(.malformedHeader) }
        return MessagePattern.Field(line: number, name: name, value: ScriptText(value, wildcards: true))
    }

    // MARK: Sent

    private mutating func readSending(_ line: String) throws(PeerScriptError) {
        guard case .sent(let first, let start, var headers, var without, var body, let isBody) = open,
            isBody || !Self.isWord(line, ["close", "frame", "hex", "text"])
        else {
            try close()
            return try beginSending(line)
        }
        let text = ScriptText(line, wildcards: false)
        var nowBody = isBody
        if isBody {
            body.append(text)
        } else if line.isEmpty {
            nowBody = true
        } else if line.utf8.first == UInt8(ascii: "!") {
            without.append(String(decoding: Self.trimmed(line.utf8.dropFirst()), as: UTF8.self))
        } else {
            headers.append(text)
        }
        try check(text)
        open = .sent(line: first, start: start, headers: headers, without: without, body: body, isBody: nowBody)
    }

    private mutating func beginSending(_ line: String) throws(PeerScriptError) {
        let words = Self.words(line)
        switch words.first {
        case nil: throw error(.missingStartLine)
        case "close" where words.count == 1: try add(.close)
        case "hex", "text": try addSending(.bytes(try bytes(line)))
        case "frame":
            guard words.count > 1, let channel = UInt8(words[1]) else { throw error(.invalidFrame) }
            let payload = words.count > 2 ? try bytes(Self.afterTwoWords(line)) : []
            guard payload.count <= 0xFFFF else { throw error(.invalidFrame) }
            let length = [UInt8(truncatingIfNeeded: payload.count >> 8), UInt8(truncatingIfNeeded: payload.count)]
            try addSending(.bytes([UInt8(ascii: "$"), channel] + length + payload))
        default:
            let start = ScriptText(line, wildcards: false)
            try check(start)
            open = .sent(line: number, start: start, headers: [], without: [], body: [], isBody: false)
        }
    }

    /// `hex 0D 0A` or `text "…"`.
    private func bytes(_ line: String) throws(PeerScriptError) -> [UInt8] {
        let rest = Self.trimmed(line.utf8.dropFirst(4))
        if line.utf8.starts(with: "hex".utf8) {
            let digits = line.utf8.dropFirst(3).filter { $0 != 0x20 }
            var bytes: [UInt8] = []
            for index in stride(from: 0, to: digits.count, by: 2) {
                guard index + 1 < digits.count, let byte = Self.byte(digits[index], digits[index + 1]) else {
                    throw error(.invalidBytes)
                }
                bytes.append(byte)
            }
            return bytes
        }
        guard line.utf8.starts(with: "text ".utf8), rest.count >= 2, rest.first == UInt8(ascii: "\""),
            rest.last == UInt8(ascii: "\"")
        else { throw error(.invalidBytes) }
        return try unescaped(Array(rest.dropFirst().dropLast()))
    }

    private func unescaped(_ text: [UInt8]) throws(PeerScriptError) -> [UInt8] {
        var bytes: [UInt8] = []
        var index = 0
        while index < text.count {
            guard text[index] == UInt8(ascii: "\\") else {
                bytes.append(text[index])
                index += 1
                continue
            }
            guard index + 1 < text.count else { throw error(.invalidBytes) }
            index += 2
            switch text[index - 1] {
            case UInt8(ascii: "r"): bytes.append(0x0D)
            case UInt8(ascii: "n"): bytes.append(0x0A)
            case UInt8(ascii: "t"): bytes.append(0x09)
            case UInt8(ascii: "0"): bytes.append(0)
            case UInt8(ascii: "\\"), UInt8(ascii: "\""): bytes.append(text[index - 1])
            case UInt8(ascii: "x"):
                guard index + 1 < text.count, let byte = Self.byte(text[index], text[index + 1]) else {
                    throw error(.invalidBytes)
                }
                bytes.append(byte)
                index += 2
            default: throw error(.invalidBytes)
            }
        }
        return bytes
    }

    // MARK: Words

    private mutating func readWords(_ line: String) throws(PeerScriptError) {
        let words = Self.words(line)
        switch words.first {
        case "wait": try add(.wait(try duration(words.dropFirst())))
        case "silence": try add(.silence(try duration(words.dropFirst())))
        case "within": within = (number, try duration(words.dropFirst()))
        case "in" where words.starts(with: ["in", "pieces", "of"]) && words.count >= 4:
            guard let size = Int(words[3]), size > 0 else { throw error(.invalidPieces) }
            var interval = Duration.zero
            if words.count > 4 {
                guard words[4] == "every" else { throw error(.unknownLine) }
                interval = try duration(words.dropFirst(5))
            }
            pieces = (number, ScriptSending.Pieces(size: size, interval: interval))
        case "lines" where words.starts(with: ["lines", "end", "with"]) && words.count == 4:
            guard let end = ["crlf": "\r\n", "lf": "\n", "cr": "\r"][words[3]] else { throw error(.invalidLineEnd) }
            lineEnd = end
        case "any" where words == ["any", "order"]:
            guard order == nil, within == nil, pieces == nil else { throw error(.invalidOrder) }
            order = (number, [])
        case "end" where words.count == 1:
            guard let (line, cases) = order, !cases.isEmpty else { throw error(.invalidOrder) }
            order = nil
            steps.append(ScriptStep(line: line, source: "any order", kind: .anyOrder(cases)))
        default: throw error(.unknownLine)
        }
    }

    private func duration(_ words: ArraySlice<String>) throws(PeerScriptError) -> Duration {
        let text = words.joined()
        let number = text.utf8.prefix { (48...57).contains($0) || $0 == UInt8(ascii: ".") }
        let unit = String(decoding: text.utf8.dropFirst(number.count), as: UTF8.self)
        guard let value = Double(String(decoding: number, as: UTF8.self)), value.isFinite,
            let factor = ["ms": 0.001, "s": 1][unit], value * factor <= 86_400
        else { throw error(.invalidDuration) }
        return min(.seconds(value * factor), Self.longest)
    }

    // MARK: Steps

    /// Ends the message that is open.
    private mutating func close() throws(PeerScriptError) {
        let message = open
        open = .nothing
        switch message {
        case .nothing: break
        case .expected(let pattern, _):
            guard !pattern.names.contains("cseq") else {
                throw PeerScriptError(.unknownValue, line: pattern.line, text: pattern.source)
            }
            known.formUnion(pattern.names)
            try add(.expect(.message(pattern), within: takeWithin()), line: pattern.line, source: pattern.source)
        case .sent(let line, let start, let headers, let without, let body, _):
            try addSending(
                .message(start: start, headers: headers, without: without, body: body), line: line, source: start.source)
        }
    }

    private mutating func addSending(
        _ content: ScriptSending.Content, line: Int? = nil, source: String? = nil
    ) throws(PeerScriptError) {
        let sending = ScriptSending(content: content, lineEnd: lineEnd, pieces: pieces?.value)
        pieces = nil
        try add(.send(sending), line: line, source: source)
    }

    private mutating func add(_ kind: ScriptStep.Kind, line: Int? = nil, source: String? = nil) throws(PeerScriptError) {
        let step = ScriptStep(line: line ?? number, source: source ?? text, kind: kind)
        if let line = within?.line { throw PeerScriptError(.misplaced, line: line, text: "within") }
        guard order != nil else { return steps.append(step) }
        if case .expect = kind {
            order?.cases.append([step])
        } else {
            guard let last = order?.cases.indices.last else { throw error(.invalidOrder) }
            order?.cases[last].append(step)
        }
    }

    private mutating func takeWithin() -> Duration? {
        defer { within = nil }
        return within?.time
    }

    /// Every value that is sent must have been captured.
    private func check(_ text: ScriptText) throws(PeerScriptError) {
        guard text.names.allSatisfy({ $0 == "cseq" || known.contains($0) }) else { throw error(.unknownValue) }
    }

    private func error(_ reason: PeerScriptError.Reason) -> PeerScriptError {
        PeerScriptError(reason, line: number, text: text)
    }
}

extension PeerScriptParser {
    /// What stands behind the arrow and one blank.
    private static func content(of line: String) -> String {
        let rest = line.utf8.dropFirst()
        return String(decoding: rest.first == 0x20 ? rest.dropFirst() : rest, as: UTF8.self)
    }

    /// Whether the line begins with one of these words, which no header line does.
    private static func isWord(_ line: String, _ others: Set<String>) -> Bool {
        words(line).first.map(others.contains) ?? false
    }

    private static func words(_ line: String) -> [String] {
        line.utf8.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func afterTwoWords(_ line: String) -> String {
        var rest = line.utf8[...]
        for isBlank in [false, true, false, true] {
            while let first = rest.first, (first == 0x20) == isBlank { rest.removeFirst() }
        }
        return String(decoding: trimmed(rest), as: UTF8.self)
    }

    private static func trimmed(_ bytes: Substring.UTF8View, atEnd: Bool = true) -> Substring.UTF8View {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
        var rest = bytes.drop(while: isBlank)
        while let last = rest.last, atEnd ? isBlank(last) : last == 0x0D { rest.removeLast() }
        return rest
    }

    private static func byte(_ high: UInt8, _ low: UInt8) -> UInt8? {
        guard high != UInt8(ascii: "+"), high != UInt8(ascii: "-") else { return nil }
        return UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16)
    }
}
