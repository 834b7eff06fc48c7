internal import RTSPKit

/// A message in the making: how it is written, and what it means. The two are stated side by side, so that neither the parser
/// nor the serializer is taken at its word.
struct MessageDraft: Sendable, Hashable {
    enum Start: Sendable, Hashable {
        case request(RTSPMethod, url: String)
        case response(Int, phrase: String)
    }

    struct Field: Sendable, Hashable {
        var name: String
        var value: String
        /// How it is written, without the line end.
        var line: String
    }

    var start: Start
    var fields: [Field] = []
    var body: [UInt8] = []
    var lineEnd = "\r\n"
    /// What stands before it and belongs to nothing.
    var junk: [UInt8] = []

    init(_ start: Start) { self.start = start }

    /// Adds a field; `line` is how it is written where that is not the usual way.
    mutating func add(_ name: String, _ value: String, as line: String? = nil) {
        fields.append(Field(name: name, value: value, line: line ?? "\(name): \(value)"))
    }

    /// Replaces the fields of this name by one, which stands where the first of them stood.
    mutating func set(_ name: String, _ value: String, as line: String? = nil) {
        let position = fields.firstIndex { $0.name == name } ?? fields.count
        remove(name)
        let field = Field(name: name, value: value, line: line ?? "\(name): \(value)")
        fields.insert(field, at: min(position, fields.count))
    }

    mutating func remove(_ name: String) { fields.removeAll { $0.name == name } }

    /// What is sent.
    var bytes: [UInt8] {
        let first =
            switch start {
            case .request(let method, let url): "\(method) \(url) RTSP/1.0"
            case .response(let code, let phrase): phrase.isEmpty ? "RTSP/1.0 \(code)" : "RTSP/1.0 \(code) \(phrase)"
            }
        var lines = [first] + fields.map(\.line)
        if !body.isEmpty { lines.append("Content-Length: \(body.count)") }
        return junk + Array((lines + ["", ""]).joined(separator: lineEnd).utf8) + body
    }

    /// What it means.
    var message: RTSPMessage {
        var headers: RTSPHeaders = [:]
        for field in fields { headers.append(field.name, field.value) }
        if !body.isEmpty { headers.append("Content-Length", "\(body.count)") }
        switch start {
        case .request(let method, let url):
            return .request(RTSPRequest(method, url: url, headers: headers, body: body))
        case .response(let code, let phrase):
            let status = RTSPStatus(code: code, reasonPhrase: phrase)
            return .response(RTSPResponse(status, headers: headers, body: body))
        }
    }
}
