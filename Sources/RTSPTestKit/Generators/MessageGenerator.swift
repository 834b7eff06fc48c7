public import RTSPKit

/// Messages of a control connection, made at random: as the RFC has them, as devices send them, and as attackers do.
///
/// The same generator state gives the same message.
///
/// ```swift
/// var dice = SeededGenerator(seed: 7)
/// let sample = MessageGenerator(.client).sample(.valid, using: &dice)
/// parser.append(sample.bytes.span)
/// #expect(try parser.next() == sample.messages?.first, "\(sample.label)")
/// ```
public struct MessageGenerator: Sendable, Hashable {
    /// Who sends the messages.
    public enum Speaker: Sendable, Hashable, CaseIterable {
        /// Requests, and what else a client may send.
        case client
        /// Responses, and what else a server may send.
        case server
    }

    /// Some bytes, and what is known of them.
    public struct Sample: Sendable, Hashable, CustomStringConvertible {
        /// What this is, for people; with the id of the quirk where it is one.
        public var label: String
        /// The bytes of one message, or of several.
        public var bytes: [UInt8]
        /// What a lenient parser must make of them; `nil` where nothing is promised.
        public var messages: [RTSPMessage]?

        /// The label and the bytes as text.
        public var description: String { "\(label): \(ParserVerifier.text(of: [bytes]))" }

        init(_ label: String, _ draft: MessageDraft) {
            self.init(label, draft.bytes, [draft.message])
        }

        init(_ label: String, _ bytes: [UInt8], _ messages: [RTSPMessage]?) {
            self.label = label
            self.bytes = bytes
            self.messages = messages
        }
    }

    /// Who sends the messages.
    public var speaker: Speaker
    /// The presentation that requests are about; its URL is an absolute one.
    public var url: String
    /// The session that messages name.
    public var session: String
    /// The `CSeq` of the message, and of the first one in a stream; any number where it is `nil`. With the number that the other
    /// side waits for, a response is taken for the answer.
    public var cSeq: Int?

    /// A generator of what this side says.
    public init(
        _ speaker: Speaker, url: String = "rtsp://host/movie", session: String = "12345678", cSeq: Int? = nil
    ) {
        self.speaker = speaker
        self.url = url
        self.session = session
        self.cSeq = cSeq
    }

    /// A message of this mood.
    public func sample(_ mood: GeneratorMood, using generator: inout some RandomNumberGenerator) -> Sample {
        switch mood {
        case .valid: return valid(using: &generator)
        case .odd: return sample(generator.one(of: Quirk.allCases(of: speaker), else: .lineFeeds), using: &generator)
        case .hostile: return sample(generator.one(of: Attack.allCases, else: .noise), using: &generator)
        }
    }

    /// The message of this mood that follows from `seed` alone.
    public func sample(_ mood: GeneratorMood, seed: UInt64) -> Sample {
        var generator = SeededGenerator(seed: seed)
        return sample(mood, using: &generator)
    }

    /// `count` messages back to back; nothing is promised of them where it is not of one of them.
    public func stream(
        of count: Int, _ mood: GeneratorMood, using generator: inout some RandomNumberGenerator
    ) -> Sample {
        var stream = Sample("", [], [])
        var speaking = self
        for _ in 0..<max(0, count) {
            let sample = speaking.sample(mood, using: &generator)
            speaking.cSeq = speaking.cSeq.map { $0 &+ 1 }
            stream.label += stream.label.isEmpty ? sample.label : ", \(sample.label)"
            stream.bytes += sample.bytes
            stream.messages = stream.messages.flatMap { before in sample.messages.map { before + $0 } }
        }
        return stream
    }

    // MARK: Valid

    private func valid(using generator: inout some RandomNumberGenerator) -> Sample {
        if generator.onceIn(8) { return frame(using: &generator) }
        // A server may ask, too: OPTIONS, SET_PARAMETER, ANNOUNCE, REDIRECT.
        let asks = speaker == .client || generator.onceIn(6)
        var draft = asks ? request(using: &generator) : response(using: &generator)
        dress(&draft, using: &generator)
        switch draft.start {
        case .request(let method, _): return Sample("valid \(method) request", draft)
        case .response(let code, _): return Sample("valid \(code) response", draft)
        }
    }

    /// A number for `CSeq`.
    func number(using generator: inout some RandomNumberGenerator) -> String {
        "\(cSeq ?? generator.number(0...999_999_999))"
    }

    private func frame(using generator: inout some RandomNumberGenerator) -> Sample {
        let payload = generator.bytes(generator.onceIn(4) ? 0 : generator.number(1...1500))
        let channel = UInt8(generator.number(0...255))
        var bytes = [UInt8(ascii: "$"), channel]
        bytes.appendNumber16(payload.count)
        return Sample(
            "valid frame", bytes + payload, [.interleaved(InterleavedFrame(channel: channel, payload: payload))])
    }

    /// A well-formed request for what ``url`` names.
    func request(using generator: inout some RandomNumberGenerator) -> MessageDraft {
        let vendor = RTSPMethod(rawValue: "X-\(generator.word(5).uppercased())")
        let method = generator.one(of: RTSPMethod.allDefined + [vendor], else: .options)
        return request(method, using: &generator)
    }

    /// A well-formed request of this method.
    func request(_ method: RTSPMethod, using generator: inout some RandomNumberGenerator) -> MessageDraft {
        let track = method == .setup ? "/stream=\(generator.number(0...2))" : ""
        let target = method == .options && generator.onceIn(2) ? "*" : url + track + (generator.onceIn(6) ? "?a=b&c=%20" : "")
        var draft = MessageDraft(.request(method, url: target))
        draft.add("CSeq", number(using: &generator))
        if generator.onceIn(2) { draft.add("User-Agent", "test/\(generator.number(1...9)) (\(generator.word(6)); 1, 2)") }
        switch method {
        case .describe: draft.add("Accept", "application/sdp, application/rtsl;q=0.5")
        case .setup: draft.add("Transport", transportOffer(using: &generator))
        case .play, .record:
            draft.add("Session", session)
            if generator.onceIn(2) {
                draft.add("Range", generator.one(of: "npt=0-", "npt=1.5-10", "npt=now-", "npt=0:00:02.25-", "smpte=0:10:20-"))
            }
            if generator.onceIn(4) { draft.add("Scale", generator.one(of: "1.0", "-2", "0.5")) }
        case .pause, .teardown: draft.add("Session", session)
        case .getParameter, .setParameter:
            draft.add("Session", session)
            if generator.onceIn(2) {
                draft.add("Content-Type", "text/parameters")
                draft.body = Array("packets_received\r\njitter\r\n".utf8)
            }
        case .announce:
            draft.add("Content-Type", "application/sdp")
            draft.body = DescriptionGenerator().sample(.valid, using: &generator).bytes
        default: break
        }
        if generator.onceIn(6) {
            draft.add(
                "Authorization",
                "Digest username=\"a, b\", realm=\"r\", nonce=\"\(generator.hexadecimal(16))\", uri=\"\(url)\", response=\"0\"")
        }
        return draft
    }

    private func transportOffer(using generator: inout some RandomNumberGenerator) -> String {
        let port = 2 * generator.number(2_500...30_000)
        let channel = 2 * generator.number(0...100)
        return generator.one(
            of: "RTP/AVP;unicast;client_port=\(port)-\(port + 1)", "RTP/AVP/TCP;unicast;interleaved=\(channel)-\(channel + 1)",
            "RTP/AVP/UDP;unicast;client_port=\(port)-\(port + 1);mode=\"PLAY\"")
    }

    /// A well-formed response.
    func response(using generator: inout some RandomNumberGenerator) -> MessageDraft {
        let kinds: [(Int, String)] = [
            (200, "OK"), (200, "OK"), (200, "Okay, \(generator.word(4))"), (100, "Continue"), (250, "Low on Storage Space"),
            (302, "Moved Temporarily"), (401, "Unauthorized"), (404, "Not Found"), (454, "Session Not Found"),
            (461, "Unsupported Transport"), (500, "Internal Server Error"), (999, "Très bien"),
        ]
        let (code, phrase) = generator.one(of: kinds, else: (200, "OK"))
        var draft = MessageDraft(.response(code, phrase: phrase))
        draft.add("CSeq", number(using: &generator))
        if generator.onceIn(2) { draft.add("Date", "Sun, 06 Nov 1994 08:49:37 GMT") }
        if generator.onceIn(2) { draft.add("Server", "test/\(generator.number(1...9)) (\(generator.word(6)))") }
        switch code {
        case 200: fill(&draft, using: &generator)
        case 302: draft.add("Location", "rtsp://\(generator.word(5)):8554/movie")
        case 401:
            draft.add("WWW-Authenticate", "Basic realm=\"r\"")
            draft.add("WWW-Authenticate", "Digest realm=\"r, s\", nonce=\"\(generator.hexadecimal(32))\", stale=\"FALSE\"")
        default: break
        }
        return draft
    }

    /// What an OK says: the answer to OPTIONS, DESCRIBE, SETUP, PLAY or GET_PARAMETER.
    private func fill(_ draft: inout MessageDraft, using generator: inout some RandomNumberGenerator) {
        switch generator.number(0...5) {
        case 0: draft.add("Public", "OPTIONS, DESCRIBE, SETUP, TEARDOWN, PLAY, PAUSE")
        case 1:
            draft.add("Content-Base", url + "/")
            draft.add("Content-Type", "application/sdp")
            draft.body = DescriptionGenerator().sample(.valid, using: &generator).bytes
        case 2:
            draft.add("Session", "\(session);timeout=\(generator.number(10...120))")
            let ssrc = generator.hexadecimal(8)
            draft.add("Transport", "RTP/AVP;unicast;client_port=5000-5001;server_port=6000-6001;ssrc=\(ssrc)")
        case 3:
            draft.add("Session", session)
            draft.add("Range", "npt=0-\(generator.number(1...3600))")
            let (number, time) = (generator.number(0...65_535), generator.number(0...4_294_967_295))
            draft.add("RTP-Info", "url=\(url)/stream=0;seq=\(number);rtptime=\(time)")
        case 4:
            draft.add("Content-Type", "text/parameters")
            draft.body = generator.bytes(generator.number(1...200))
        default: break
        }
    }

    /// Freedoms that the grammar leaves to whoever writes a message: blanks, capitals, continued lines, empty lines before it.
    private func dress(_ draft: inout MessageDraft, using generator: inout some RandomNumberGenerator) {
        for index in draft.fields.indices {
            let field = draft.fields[index]
            switch generator.number(0...7) {
            case 0: draft.fields[index].line = "\(field.name):\(field.value)"
            case 1: draft.fields[index].line = "\(field.name): \t \(field.value)"
            case 2:
                let name = generator.one(of: field.name.uppercased(), field.name.lowercased())
                draft.fields[index] = MessageDraft.Field(name: name, value: field.value, line: "\(name): \(field.value)")
            case 3:
                // A continuation counts as one blank (RFC 2068 section 2.2).
                guard let blank = field.value.utf8.firstIndex(of: 0x20) else { continue }
                let rest = field.value[field.value.utf8.index(after: blank)...]
                draft.fields[index].line =
                    "\(field.name): \(field.value[..<blank])\r\n\(generator.one(of: " ", "\t", "  \t"))\(rest)"
            default: break
            }
        }
        if generator.onceIn(5) { draft.junk = Array("\r\n".utf8) }
        if generator.onceIn(3) {
            let place = generator.number(0...draft.fields.count)
            let (name, value) = ("X-\(generator.word(6))", generator.one(of: "", "é ü", "a:b: c", generator.word(40)))
            draft.fields.insert(MessageDraft.Field(name: name, value: value, line: "\(name): \(value)"), at: place)
        }
    }
}
