/// The description of a presentation in the format SDP (RFC 8866; RFC 2326 appendix C).
///
/// Reading is lenient: what a description lacks or spells wrongly is left out, and one unreadable media section does not
/// cost the others. What comes out when it is written again is well-formed.
public struct SessionDescription: Sendable, Hashable {
    /// How much of a description is read.
    public struct Limits: Sendable, Hashable {
        /// The most bytes.
        public var bytes: Int
        /// The most lines.
        public var lines: Int
        /// The most media sections, unreadable ones included.
        public var media: Int

        /// Limits; the defaults are enough for every known device.
        public init(bytes: Int = 131_072, lines: Int = 2_048, media: Int = 64) {
            self.bytes = bytes
            self.lines = lines
            self.media = media
        }
    }

    /// Who made the session; `nil` where the line is missing or unreadable.
    public var origin: SDPOrigin?
    /// The name of the session; `nil` where the line is missing.
    public var sessionName: String?
    /// The `i=` line of the session.
    public var information: String?
    /// Where all media comes from or goes to, unless a stream says otherwise.
    public var connection: SDPConnection?
    /// The `b=` lines of the session that could be read.
    public var bandwidths: [SDPBandwidth]
    /// The `a=` lines of the session, in order.
    public var attributes: [SDPAttribute]
    /// The streams, in order.
    public var media: [MediaDescription]
    /// How many media sections could not be read and are not in ``media``.
    public private(set) var unreadableMediaCount = 0

    /// A description.
    public init(
        origin: SDPOrigin? = nil, sessionName: String? = nil, information: String? = nil, connection: SDPConnection? = nil,
        bandwidths: [SDPBandwidth] = [], attributes: [SDPAttribute] = [], media: [MediaDescription] = []
    ) {
        self.origin = origin
        self.sessionName = sessionName
        self.information = information
        self.connection = connection
        self.bandwidths = bandwidths
        self.attributes = attributes
        self.media = media
    }

    /// Reads a description. Lines end with CRLF or LF; lines that are none of `x=…` are passed over.
    public init(parsing bytes: Span<UInt8>, limits: Limits = Limits()) throws(SDPParseError) {
        self.init()
        guard bytes.count <= limits.bytes else { throw SDPParseError(.tooLarge, offset: limits.bytes) }
        var reading = Reading()
        var start = 0
        while start < bytes.count {
            var end = start
            while end < bytes.count, bytes[end] != 0x0A { end += 1 }
            reading.lineCount += 1
            guard reading.lineCount <= limits.lines else { throw SDPParseError(.tooManyLines, offset: start) }
            var line: [UInt8] = []
            for index in start..<end { line.append(bytes[index]) }
            // A control character has no business in a line, and would not be written either.
            read(line: String(decoding: line, as: UTF8.self).onOneLine[...].trimmed, &reading)
            guard reading.mediaCount <= limits.media else { throw SDPParseError(.tooManyMedia, offset: start) }
            start = end + 1
        }
        if let last = reading.media { media.append(last) }
        guard reading.isDescription else { throw SDPParseError(.notADescription, offset: 0) }
    }

    /// The value of the first session attribute called `name`. Setting it replaces all of that name; `nil` removes them.
    public subscript(attribute name: String) -> String? {
        get { attributes.value(of: name) }
        set { attributes.setValue(newValue, of: name) }
    }

    /// Which URL controls the whole presentation, relative to the base (RFC 2326 section C.1.1).
    public var control: String? {
        get { self[attribute: "control"] }
        set { self[attribute: "control"] = newValue }
    }

    /// How long the presentation is (RFC 2326 section C.1.5).
    public var range: RangeHeader? {
        get { self[attribute: "range"].flatMap(RangeHeader.parse) }
        set { self[attribute: "range"] = newValue?.description }
    }

    /// The text of the description, with the lines that RFC 8866 demands also where nothing is known for them.
    public var serialized: String {
        var text = "v=0\r\n"
        text += (origin ?? SDPOrigin(sessionID: "0", sessionVersion: "0", address: "0.0.0.0")).line
        let name = (sessionName ?? "").onOneLine
        text += "s=\(name.isEmpty ? "-" : name)\r\n"
        if let information { text += "i=\(information.onOneLine)\r\n" }
        text += connection?.line ?? ""
        for bandwidth in bandwidths { text += bandwidth.line }
        text += "t=0 0\r\n"
        for attribute in attributes { text += attribute.line }
        for stream in media { text += stream.lines }
        return text
    }

    /// The bytes of the description: the body of a response to DESCRIBE.
    public var bytes: [UInt8] { Array(serialized.utf8) }
}

extension SessionDescription {
    /// How far the reading is.
    private struct Reading {
        var lineCount = 0
        var mediaCount = 0
        var isDescription = false
        /// The section that lines belong to now.
        var media: MediaDescription?
    }

    private mutating func read(line: Substring, _ reading: inout Reading) {
        guard let type = line.utf8.first, (97...122).contains(type), line.utf8.dropFirst().first == UInt8(ascii: "=")
        else { return }
        let value = Substring(line.utf8.dropFirst(2)).trimmed
        reading.isDescription = true
        if type == UInt8(ascii: "m") {
            if let last = reading.media { media.append(last) }
            reading.media = MediaDescription(text: value)
            reading.mediaCount += 1
            if reading.media == nil { unreadableMediaCount += 1 }
        } else if reading.mediaCount == 0 {
            readSessionLine(type, value)
        } else {
            Self.readMediaLine(type, value, into: &reading.media)
        }
    }

    /// Of lines that may stand only once, the first that can be read counts.
    private mutating func readSessionLine(_ type: UInt8, _ value: Substring) {
        switch type {
        case UInt8(ascii: "o"): origin = origin ?? SDPOrigin(text: value)
        case UInt8(ascii: "s"): sessionName = sessionName ?? String(value)
        case UInt8(ascii: "i"): information = information ?? String(value)
        case UInt8(ascii: "c"): connection = connection ?? SDPConnection(text: value)
        case UInt8(ascii: "b"): if let bandwidth = SDPBandwidth(text: value) { bandwidths.append(bandwidth) }
        case UInt8(ascii: "a"): if !value.isEmpty { attributes.append(SDPAttribute(text: value)) }
        default: break
        }
    }

    private static func readMediaLine(_ type: UInt8, _ value: Substring, into media: inout MediaDescription?) {
        switch type {
        case UInt8(ascii: "i"): if media?.information == nil { media?.information = String(value) }
        case UInt8(ascii: "c"): if media?.connection == nil { media?.connection = SDPConnection(text: value) }
        case UInt8(ascii: "b"): if let bandwidth = SDPBandwidth(text: value) { media?.bandwidths.append(bandwidth) }
        case UInt8(ascii: "a"): if !value.isEmpty { media?.attributes.append(SDPAttribute(text: value)) }
        default: break
        }
    }
}
