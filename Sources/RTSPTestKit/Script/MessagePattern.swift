internal import RTSPKit

/// What a script says of a message that it expects; what it does not name may be anything.
struct MessagePattern: Sendable, Hashable {
    enum Start: Sendable, Hashable {
        case anything
        case request(method: ScriptText, url: ScriptText?, version: ScriptText?)
        case response(version: ScriptText, code: ScriptText?, phrase: ScriptText?)
    }

    /// A field that must be there with this value, or not at all where there is no value.
    struct Field: Sendable, Hashable {
        var line: Int
        var name: String
        var value: ScriptText?

        var source: String { value.map { "\(name): \($0.source)" } ?? "no \(name)" }
    }

    struct BodyLine: Sendable, Hashable {
        var line: Int
        var text: ScriptText
    }

    let line: Int
    let source: String
    let start: Start
    var fields: [Field] = []
    var body: [BodyLine] = []

    /// Reads the first line: words that a request or a status line begins with.
    init(startLine source: String, line: Int) {
        (self.source, self.line) = (source, line)
        let words = source.utf8.split(separator: 0x20).map { ScriptText(String(Substring($0)), wildcards: true) }
        func word(_ index: Int) -> ScriptText? { index < words.count ? words[index] : nil }
        guard let first = words.first, words.count > 1 || !first.isAnything else {
            start = .anything
            return
        }
        if first.source.utf8.starts(with: "RTSP/".utf8) {
            let rest = words.dropFirst(2).map(\.source).joined(separator: " ")
            start = .response(
                version: first, code: word(1), phrase: rest.isEmpty ? nil : ScriptText(rest, wildcards: true))
        } else {
            start = .request(method: first, url: word(1), version: word(2))
        }
    }

    /// The names of the values in it, in the order in which they are captured.
    var names: [String] {
        let line: [ScriptText?] =
            switch start {
            case .anything: []
            case .request(let method, let url, let version): [method, url, version]
            case .response(let version, let code, let phrase): [version, code, phrase]
            }
        return (line + fields.map(\.value) + body.map(\.text)).flatMap { $0?.names ?? [] }
    }

    /// Compares a message: the first thing that is not as expected, or `nil` and the values that are known now.
    func mismatch(with message: RTSPMessage, values: inout [String: String]) -> ScriptMismatch? {
        let (headers, text): (RTSPHeaders, [UInt8])
        switch message {
        case .request(let request): (headers, text) = (request.headers, request.body)
        case .response(let response): (headers, text) = (response.headers, response.body)
        case .interleaved: (headers, text) = ([:], [])
        }
        var known = values
        guard matchesStart(message, values: &known) else {
            return ScriptMismatch(.startLine, line: line, expected: source, found: message.summary)
        }
        for field in fields where !field.matches(headers, values: &known) {
            let found = headers.values(for: field.name).map { "\(field.name): \($0)" }.joined(separator: ", ")
            return ScriptMismatch(
                .header, line: field.line, expected: field.source,
                found: "\(found.isEmpty ? "no \(field.name)" : found) in \(message.summary)")
        }
        var lines = Self.lines(of: text)[...]
        for expected in body {
            let match = lines.indices.lazy.compactMap { index in
                expected.text.match(lines[index], values: known).map { (index, $0) }
            }.first
            guard let (index, matched) = match else {
                let found = lines.joined(separator: "\n")
                return ScriptMismatch(
                    .body, line: expected.line, expected: expected.text.source,
                    found: "\(found.isEmpty ? "no more lines" : found) in \(message.summary)")
            }
            known = matched
            lines = lines[(index + 1)...]
        }
        values = known
        return nil
    }

    private func matchesStart(_ message: RTSPMessage, values: inout [String: String]) -> Bool {
        let pairs: [(ScriptText?, String)]
        switch (start, message) {
        case (.anything, .request), (.anything, .response): return true
        case (.request(let method, let url, let version), .request(let request)):
            pairs = [(method, request.method.rawValue), (url, request.url), (version, request.version.description)]
        case (.response(let version, let code, let phrase), .response(let response)):
            pairs = [
                (version, response.version.description), (code, "\(response.status.code)"),
                (phrase, response.status.reasonPhrase),
            ]
        default: return false
        }
        for case (let pattern?, let text) in pairs {
            guard let matched = pattern.match(text, values: values) else { return false }
            values = matched
        }
        return true
    }

    /// The lines of a body without their ends.
    private static func lines(of body: [UInt8]) -> [String] {
        body.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
            String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
        }
    }
}

extension MessagePattern.Field {
    fileprivate func matches(_ headers: RTSPHeaders, values: inout [String: String]) -> Bool {
        let found = headers.values(for: name)
        guard let value else { return found.isEmpty }
        for text in found {
            guard let matched = value.match(text, values: values) else { continue }
            values = matched
            return true
        }
        return false
    }
}

extension RTSPMessage {
    /// One line for people.
    var summary: String {
        switch self {
        case .request(let request): "\(request.method) \(request.url) \(request.version)"
        case .response(let response): "\(response.version) \(response.status)"
        case .interleaved(let frame): "a frame of \(frame.payload.count) bytes on channel \(frame.channel)"
        }
    }
}
