/// The `RTP-Info` field: with which packet each stream begins (RFC 2326 section 12.33).
///
/// Many devices state it wrongly; a receiver uses it as a hint and trusts the packets.
public struct RTPInfoHeader: Sendable, Hashable, CustomStringConvertible {
    /// What is said of one stream.
    public struct Entry: Sendable, Hashable {
        /// The control URL of the stream, as it was stated: often only a path, or empty.
        public var url: String
        /// The sequence number of its first packet.
        public var sequenceNumber: UInt16?
        /// The RTP time that stands for the start of the range.
        public var rtpTime: UInt32?

        /// What is known of the stream at `url`.
        public init(url: String, sequenceNumber: UInt16? = nil, rtpTime: UInt32? = nil) {
            self.url = url
            self.sequenceNumber = sequenceNumber
            self.rtpTime = rtpTime
        }
    }

    /// How many entries are read.
    public static let maximumEntries = 64

    /// One entry for each stream, in order.
    public var entries: [Entry]

    /// These entries.
    public init(entries: [Entry]) { self.entries = entries }

    /// Reads as much as can be read: a missing, negative or otherwise wrong number becomes `nil`, an entry that says
    /// nothing at all is left out. A comma belongs to a URL unless `url=` follows it.
    public static func parse(_ value: String) -> RTPInfoHeader {
        var texts: [Substring] = []
        for part in value[...].parts(separatedBy: UInt8(ascii: ",")) {
            if let last = texts.last, !part.cut(at: UInt8(ascii: "=")).before.equalsIgnoringCase("url") {
                texts[texts.count - 1] = value[last.startIndex..<part.endIndex]
            } else {
                guard texts.count < maximumEntries else { break }
                texts.append(part)
            }
        }
        return RTPInfoHeader(entries: texts.compactMap(Entry.init(text:)))
    }

    /// `url=rtsp://host/movie/stream=0;seq=1;rtptime=2`, entries separated by commas.
    public var description: String {
        entries.map { entry in
            var text = "url=\(entry.url.onOneLine)"
            if let sequenceNumber = entry.sequenceNumber { text += ";seq=\(sequenceNumber)" }
            if let rtpTime = entry.rtpTime { text += ";rtptime=\(rtpTime)" }
            return text
        }.joined(separator: ",")
    }
}

extension RTPInfoHeader.Entry {
    /// A URL may itself contain semicolons: it goes on until the first parameter that is known.
    fileprivate init?(text: Substring) {
        self.init(url: "")
        var urlEnd: Substring.Index?
        let trimmed = text.trimmed
        for part in trimmed.parts(separatedBy: UInt8(ascii: ";")) {
            let (name, value) = part.cut(at: UInt8(ascii: "="))
            if name.equalsIgnoringCase("seq"), let value {
                sequenceNumber = value.decimal()
            } else if name.equalsIgnoringCase("rtptime"), let value {
                rtpTime = value.decimal()
            } else if !name.equalsIgnoringCase("ssrc"), urlEnd == nil {
                continue
            }
            urlEnd = urlEnd ?? part.startIndex
        }
        var address = trimmed[..<(urlEnd ?? trimmed.endIndex)].trimmed
        while let last = address.utf8.last, last == UInt8(ascii: ";") || last == UInt8(ascii: ",") {
            address = address.dropLast().trimmed
        }
        if case let (name, value?) = address.cut(at: UInt8(ascii: "=")), name.equalsIgnoringCase("url") {
            address = value.unquoted
        }
        url = String(address)
        if url.isEmpty, sequenceNumber == nil, rtpTime == nil { return nil }
    }
}
