internal import RTSPKit

extension MessageGenerator {
    /// What devices send against the RFC, and a lenient library must understand. The raw value is the number that the quirk is
    /// known by in this library.
    public enum Quirk: String, Sendable, Hashable, CaseIterable {
        /// A description without `Content-Type`.
        case untypedDescription = "M01"
        /// `Content-Type` with a charset.
        case charset = "M02"
        /// A relative `Content-Base`.
        case relativeBase = "M03"
        /// A `Content-Base` without a scheme.
        case baseWithoutScheme = "M04"
        /// A URL with its scheme twice.
        case doubledScheme = "M05"
        /// A URL with an IPv6 address without brackets.
        case bareIPv6 = "M06"
        /// Blanks around the colon of `CSeq`.
        case blanksAroundCSeq = "M07"
        /// No `CSeq`.
        case missingCSeq = "M08"
        /// `CSeq` spelled `Cseq`.
        case spelledCseq = "M08b"
        /// A 400 with the wrong `CSeq`.
        case wrongCSeq = "M09"
        /// A status line without a phrase.
        case missingPhrase = "M10"
        /// Junk before a message.
        case junkBefore = "M11"
        /// A line end before a frame.
        case lineEndBeforeFrame = "M11b"
        /// A frame before the answer to PLAY.
        case frameBeforeAnswer = "M12"
        /// Data on a channel that was never assigned.
        case unassignedChannel = "M13"
        /// An `ssrc` with blanks, of odd length or not hexadecimal.
        case oddSSRC = "M14"
        /// An empty `source`, or a host name.
        case oddSource = "M15"
        /// One `server_port`, 0-1 or none.
        case oddServerPort = "M16"
        /// One channel, or odd ones.
        case oddChannels = "M17"
        /// TCP without channels.
        case missingChannels = "M18"
        /// `ssrc` before the transport.
        case ssrcFirst = "M19"
        /// Channels without `/TCP`.
        case channelsWithoutTCP = "M20"
        /// Several transports in one field.
        case severalTransports = "M21"
        /// A blank behind the semicolon of `Session`.
        case blankInSession = "M22"
        /// A session with dashes.
        case dashInSession = "M23"
        /// `RTP-Info` with a path, blanks, holes or a semicolon at its end.
        case oddInfo = "M24"
        /// A negative or unreadable `rtptime`.
        case negativeTime = "M25"
        /// A false `seq`, or an unknown URL.
        case falseNumber = "M26"
        /// Several challenges, Digest not first.
        case severalChallenges = "M27"
        /// A digest of another URI.
        case oddDigestURI = "M28"
        /// A mode that is odd or not quoted.
        case oddMode = "M30"
        /// OPTIONS answered with 404.
        case optionsNotFound = "M33"
        /// The track behind the query.
        case queryBeforeTrack = "M34"
        /// A percent sign in the password of a URL.
        case percentInPassword = "M37"
        /// The SETUP of a client of the course: a bare file name, a transport of its own wording, LF for line ends.
        case courseSetUp = "M41"
        /// LF for line ends.
        case lineFeeds = "M41b"

        /// Those that this side sends.
        public static func allCases(of speaker: Speaker) -> [Quirk] { allCases.filter { $0.speakers.contains(speaker) } }

        /// Who sends such messages.
        public var speakers: [Speaker] {
            switch self {
            case .blanksAroundCSeq, .missingCSeq, .spelledCseq, .junkBefore, .lineEndBeforeFrame, .unassignedChannel, .oddMode,
                .missingChannels, .lineFeeds:
                Speaker.allCases
            case .doubledScheme, .bareIPv6, .severalTransports, .oddDigestURI, .queryBeforeTrack, .percentInPassword,
                .courseSetUp:
                [.client]
            default: [.server]
            }
        }

        var label: String { "\(rawValue) \(self)" }
    }

    /// A message with this quirk. It says what must come out of it, and is of the side that has the quirk where only one has.
    public func sample(_ quirk: Quirk, using generator: inout some RandomNumberGenerator) -> Sample {
        let speaker = quirk.speakers.contains(speaker) ? speaker : quirk.speakers.first ?? speaker
        switch quirk {
        case .lineEndBeforeFrame, .unassignedChannel, .frameBeforeAnswer:
            return framed(quirk, speaker, using: &generator)
        case .blanksAroundCSeq, .missingCSeq, .spelledCseq, .wrongCSeq, .missingPhrase, .junkBefore, .lineFeeds:
            return Sample(quirk.label, misspelled(quirk, speaker, using: &generator))
        case .missingChannels, .oddMode:
            return Sample(quirk.label, setUp(quirk, speaker, using: &generator))
        default:
            let draft = speaker == .client ? oddRequest(quirk, using: &generator) : oddResponse(quirk, using: &generator)
            return Sample(quirk.label, draft)
        }
    }

    // MARK: Either side

    /// Frames where they are not looked for.
    private func framed(_ quirk: Quirk, _ speaker: Speaker, using generator: inout some RandomNumberGenerator) -> Sample {
        let channel = UInt8(quirk == .unassignedChannel ? generator.number(2...255) : generator.number(0...1))
        let payload = [0x80, 26] + generator.bytes(generator.number(10...60))
        var frame = [UInt8(ascii: "$"), channel]
        frame.appendNumber16(payload.count)
        frame += payload
        let message = RTSPMessage.interleaved(InterleavedFrame(channel: channel, payload: payload))
        switch quirk {
        case .lineEndBeforeFrame: return Sample(quirk.label, Array("\r\n".utf8) + frame, [message])
        case .frameBeforeAnswer:
            let answer = answer(.play, using: &generator)
            return Sample(quirk.label, frame + answer.bytes + frame, [message, answer.message, message])
        default: return Sample(quirk.label, frame, [message])
        }
    }

    /// Messages with a line that is not as it should be.
    private func misspelled(
        _ quirk: Quirk, _ speaker: Speaker, using generator: inout some RandomNumberGenerator
    ) -> MessageDraft {
        var draft = speaker == .client ? request(using: &generator) : response(using: &generator)
        let number = number(using: &generator)
        switch quirk {
        case .blanksAroundCSeq:
            draft.set("CSeq", number, as: generator.one(of: "CSeq : \(number)", "CSeq:  \(number) ", "CSeq\t:\(number)"))
        case .missingCSeq: draft.remove("CSeq")
        case .spelledCseq:
            draft.remove("CSeq")
            draft.add(generator.one(of: "Cseq", "cseq", "CSEQ"), number)
        case .wrongCSeq:
            draft.start = .response(400, phrase: "Bad Request")
            draft.set("CSeq", generator.one(of: "0", "\(generator.number(1...99_999))", "999999999"))
        case .missingPhrase: if case .response(let code, _) = draft.start { draft.start = .response(code, phrase: "") }
        case .junkBefore:
            // No letters, which could be taken for a message, no blanks, and no `$`.
            let junk = generator.bytes(generator.number(1...40)).map { $0 & 0x0F | 0x80 }
            draft.junk = junk + Array(generator.one(of: "", "\r\n", "\0\0").utf8)
        default: draft.lineEnd = "\n"
        }
        return draft
    }

    private func setUp(
        _ quirk: Quirk, _ speaker: Speaker, using generator: inout some RandomNumberGenerator
    ) -> MessageDraft {
        var draft = speaker == .client ? request(.setup, using: &generator) : answer(.setup, using: &generator)
        let mode = generator.one(of: "play", "PLAY", "\"PLAY\"", "receive", "record", "\"RECORD\"")
        draft.set(
            "Transport",
            quirk == .oddMode
                ? "RTP/AVP/TCP;unicast;interleaved=0-1;mode=\(mode)"
                : generator.one(
                    of: "RTP/AVP/TCP;unicast", "RTP/AVP/TCP", "rtp/avp/tcp;unicast;"))
        return draft
    }

    // MARK: Clients

    private func oddRequest(_ quirk: Quirk, using generator: inout some RandomNumberGenerator) -> MessageDraft {
        var draft = request(.setup, using: &generator)
        let rest = url.utf8.starts(with: "rtsp://".utf8) ? String(decoding: url.utf8.dropFirst(7), as: UTF8.self) : url
        switch quirk {
        case .doubledScheme: draft.start = .request(.describe, url: "rtsp://rtsp://\(rest)")
        case .bareIPv6: draft.start = .request(.describe, url: generator.one(of: "rtsp://::ffff:1.2.3.4/a", "rtsp://fe80::1/a"))
        case .queryBeforeTrack:
            draft.start = .request(
                .setup, url: generator.one(of: "\(url)?a=1&b=2/stream=0", "\(url)/?a=1/stream=0", "\(url)/stream=0?a=1"))
        case .courseSetUp:
            draft = MessageDraft(.request(.setup, url: "movie.Mjpeg"))
            draft.add("CSeq", number(using: &generator))
            draft.add("Transport", "RTP/UDP; client_port= 25000")
            draft.lineEnd = "\n"
        case .percentInPassword: draft.start = .request(.describe, url: "rtsp://user:p%ss%zz@\(rest)")
        case .oddDigestURI:
            let uri = generator.one(of: url, "/movie", "movie", "\(url)/", "rtsp://other/movie")
            draft.set(
                "Authorization",
                "Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"\(uri)\", response=\"\(generator.hexadecimal(32))\"")
        default:
            let offers = [
                "RTP/AVP/TCP;unicast;interleaved=0-1", "RTP/AVP;unicast;client_port=5000-5001", "RTP/AVP;multicast",
                "RTP/SAVP;unicast;client_port=5000-5001",
            ].shuffled(using: &generator)
            draft.set("Transport", offers.joined(separator: generator.one(of: ",", ", ")))
        }
        return draft
    }

    // MARK: Servers

    /// The usual answer to DESCRIBE, SETUP or PLAY.
    private func answer(_ method: RTSPMethod, using generator: inout some RandomNumberGenerator) -> MessageDraft {
        var draft = MessageDraft(.response(200, phrase: "OK"))
        draft.add("CSeq", number(using: &generator))
        switch method {
        case .describe:
            draft.add("Content-Base", url + "/")
            draft.add("Content-Type", "application/sdp")
            draft.body = DescriptionGenerator().sample(.valid, using: &generator).bytes
        case .setup:
            draft.add("Session", "\(session);timeout=60")
            draft.add("Transport", "RTP/AVP;unicast;client_port=5000-5001;server_port=6000-6001;ssrc=\(generator.hexadecimal(8))")
        default:
            draft.add("Session", session)
            draft.add(
                "RTP-Info", "url=\(url)/stream=0;seq=\(generator.number(0...65_535));rtptime=\(generator.number(0...1_000))")
        }
        return draft
    }

    private func oddResponse(_ quirk: Quirk, using generator: inout some RandomNumberGenerator) -> MessageDraft {
        switch quirk {
        case .untypedDescription, .charset, .relativeBase, .baseWithoutScheme:
            return oddDescription(quirk, using: &generator)
        case .oddInfo, .negativeTime, .falseNumber:
            var draft = answer(.play, using: &generator)
            draft.set("RTP-Info", oddInfo(quirk, using: &generator))
            return draft
        case .severalChallenges:
            var draft = MessageDraft(.response(401, phrase: "Unauthorized"))
            draft.add("CSeq", number(using: &generator))
            draft.add("WWW-Authenticate", "Basic realm=\"r\"")
            draft.add("WWW-Authenticate", "Digest realm=\"r\",nonce=\"\(generator.hexadecimal(32))\",algorithm=MD5")
            return draft
        case .optionsNotFound:
            var draft = MessageDraft(.response(404, phrase: "Stream Not Found"))
            draft.add("CSeq", number(using: &generator))
            return draft
        case .blankInSession, .dashInSession:
            var draft = answer(.setup, using: &generator)
            let dashed = "\(generator.hexadecimal(8))-\(generator.hexadecimal(4))"
            draft.set("Session", quirk == .dashInSession ? dashed : "\(session); timeout=60")
            return draft
        default:
            var draft = answer(.setup, using: &generator)
            draft.set("Transport", oddTransport(quirk, using: &generator))
            return draft
        }
    }

    private func oddDescription(_ quirk: Quirk, using generator: inout some RandomNumberGenerator) -> MessageDraft {
        var draft = answer(.describe, using: &generator)
        switch quirk {
        case .untypedDescription: draft.remove("Content-Type")
        case .charset: draft.set("Content-Type", "application/sdp; charset=\(generator.one(of: "utf-8", "\"UTF-8\""))")
        case .relativeBase: draft.set("Content-Base", generator.one(of: "/movie/", "movie/", "./", ""))
        default: draft.set("Content-Base", generator.one(of: "//host/movie/", "host/movie/", "host:554/movie"))
        }
        return draft
    }

    private func oddInfo(_ quirk: Quirk, using generator: inout some RandomNumberGenerator) -> String {
        switch quirk {
        case .negativeTime:
            let time = generator.one(of: "-\(generator.number(1...99_999))", "", "now", "4294967296", "0x10")
            return "url=\(url)/stream=0;seq=1;rtptime=\(time)"
        case .falseNumber:
            return generator.one(
                of: "url=\(url)/stream=0;seq=0;rtptime=0", "url=\(url)/stream=0;seq=1;rtptime=0",
                "url=rtsp://0.0.0.0/other;seq=7;rtptime=8")
        default:
            return generator.one(
                of: "url=/movie/stream=0;seq=1;rtptime=2", "url = stream=0 ; seq = 1 ; rtptime = 2", "url=\(url)/stream=0",
                "url=\(url)/stream=0;seq=1;rtptime=2;", "seq=1", "url=\(url)/stream=0;seq=;rtptime=,url=b", "")
        }
    }

    private func oddTransport(_ quirk: Quirk, using generator: inout some RandomNumberGenerator) -> String {
        let udp = "RTP/AVP;unicast;client_port=5000-5001;server_port=6000-6001"
        let tcp = "RTP/AVP/TCP;unicast;interleaved"
        switch quirk {
        case .oddSSRC: return udp + ";ssrc=" + generator.one(of: "  4D2A", "ABC", "hello", "", "12345678901", "-1", "0x1234")
        case .oddSource: return udp + ";source=" + generator.one(of: "", "camera.local", "::1")
        case .oddServerPort:
            return "RTP/AVP;unicast;client_port=5000-5001" + generator.one(of: ";server_port=6000", ";server_port=0-1", "")
        case .oddChannels: return tcp + "=" + generator.one(of: "0", "1-2", "7-9", "0-0", "254-255")
        case .ssrcFirst: return "ssrc=0000ABCD;RTP/AVP/TCP;unicast;interleaved=0-1"
        default: return "RTP/AVP;unicast;interleaved=0-1"
        }
    }
}
