internal import RTSPKit

extension MessageGenerator {
    /// What only attackers and broken devices send.
    public enum Attack: String, Sendable, Hashable, CaseIterable {
        /// A `Content-Length` below 0.
        case negativeLength
        /// A `Content-Length` beyond all limits, and beyond what an integer holds.
        case hugeLength
        /// Two `Content-Length` that differ.
        case contradictoryLengths
        /// A `Content-Length` that is no number.
        case unreadableLength
        /// A body longer, or shorter, than was said: what follows is read at the wrong place.
        case lyingLength
        /// A header line that never ends.
        case endlessLine
        /// More header lines than a message may have.
        case manyLines
        /// One field, continued for ever.
        case manyContinuations
        /// A start line that never ends.
        case endlessStartLine
        /// One field of many kilobytes in a message that is whole.
        case overlongField
        /// NUL and other control characters, also in names.
        case controlCharacters
        /// Bytes that are no UTF-8.
        case notUnicode
        /// Lines without a colon, without a name, with blanks in the name, and CR alone.
        case brokenLines
        /// Start lines that are none, and versions that do not exist.
        case brokenStart
        /// Hundreds of messages in one piece.
        case pipeline
        /// A frame shorter than it says, so that the messages behind it are swallowed.
        case lyingFrame
        /// Many frames, empty ones and on every channel.
        case frameFlood
        /// More junk than may stand between two messages.
        case junkFlood
        /// Numbers beyond what they may be, in every field that has one.
        case absurdNumbers
        /// A `Transport` of hundreds of offers and parameters.
        case manyTransports
        /// Quotes that do not close, escapes, and format strings.
        case brokenQuotes
        /// Credentials of many kilobytes, and parameters many times over.
        case overlongCredentials
        /// Paths that climb, and escapes that are none.
        case climbingPath
        /// A good message with bits flipped or pieces lost.
        case damaged
        /// A good message that breaks off.
        case truncated
        /// Any bytes at all.
        case noise
    }

    /// Bytes of this kind; nothing is promised of them but that they do no harm.
    public func sample(_ attack: Attack, using generator: inout some RandomNumberGenerator) -> Sample {
        Sample("hostile \(attack)", bytes(of: attack, using: &generator), nil)
    }

    private func bytes(of attack: Attack, using generator: inout some RandomNumberGenerator) -> [UInt8] {
        switch attack {
        case .negativeLength, .hugeLength, .contradictoryLengths, .unreadableLength, .lyingLength:
            return falseLength(attack, using: &generator)
        case .endlessLine, .manyLines, .manyContinuations, .endlessStartLine, .overlongField:
            return endless(attack, using: &generator)
        case .controlCharacters, .notUnicode, .brokenLines, .brokenStart:
            return broken(attack, using: &generator)
        case .pipeline, .lyingFrame, .frameFlood, .junkFlood:
            return flood(attack, using: &generator)
        case .absurdNumbers, .manyTransports, .brokenQuotes, .overlongCredentials, .climbingPath:
            return absurd(attack, using: &generator)
        case .damaged: return generator.damaged(plain(using: &generator).bytes)
        case .truncated:
            let bytes = plain(using: &generator).bytes
            return Array(bytes.prefix(generator.number(0...bytes.count)))
        case .noise: return generator.bytes(generator.number(1...2_000))
        }
    }

    /// A message that is well-formed so far.
    private func plain(using generator: inout some RandomNumberGenerator) -> MessageDraft {
        speaker == .client ? request(using: &generator) : response(using: &generator)
    }

    private func falseLength(_ attack: Attack, using generator: inout some RandomNumberGenerator) -> [UInt8] {
        var draft = plain(using: &generator)
        let body = Array("v=0\r\n".utf8)
        draft.body = []
        switch attack {
        case .negativeLength: draft.add("Content-Length", generator.one(of: "-1", "-9223372036854775808", "-0"))
        case .hugeLength:
            draft.add(
                "Content-Length", generator.one(of: "4294967295", "9223372036854775807", "18446744073709551616", "1048577"))
        case .contradictoryLengths:
            draft.add("Content-Length", generator.one(of: "5, 6", "5,"))
            draft.add("Content-Length", "7")
        case .unreadableLength: draft.add("Content-Length", generator.one(of: "", "five", "0x5", "5.0", "+5", "5 5", "٥"))
        default: draft.add("Content-Length", "\(body.count + generator.number(-5...1_000))")
        }
        return draft.bytes + body + plain(using: &generator).bytes
    }

    private func endless(_ attack: Attack, using generator: inout some RandomNumberGenerator) -> [UInt8] {
        let draft = plain(using: &generator)
        let head = Array(draft.bytes.prefix { $0 != 0x0A }) + [0x0A]
        let size = generator.number(5_000...40_000)
        switch attack {
        case .endlessLine: return head + Array("X: ".utf8) + [UInt8](repeating: 0x61, count: size)
        case .manyLines:
            var lines: [UInt8] = head
            for index in 0..<generator.number(60...2_000) { lines += Array("X-\(index): \(index)\r\n".utf8) }
            return lines + Array("\r\n".utf8)
        case .manyContinuations:
            var lines: [UInt8] = head + Array("X: a\r\n".utf8)
            for _ in 0..<size / 4 { lines += Array(" a\r\n".utf8) }
            return lines + Array("\r\n".utf8)
        case .endlessStartLine:
            return Array(generator.one(of: "OPTIONS rtsp://host/", "RTSP/1.0 200 ").utf8) + [UInt8](repeating: 0x61, count: size)
        default:
            var draft = draft
            draft.add(generator.one(of: "CSeq", "Session", "Transport", "Range", "X"), generator.word(size / 3))
            return draft.bytes
        }
    }

    private func broken(_ attack: Attack, using generator: inout some RandomNumberGenerator) -> [UInt8] {
        var draft = plain(using: &generator)
        switch attack {
        case .controlCharacters:
            var bytes = draft.bytes
            for _ in 0..<generator.number(1...10) {
                let control = generator.one(of: 0, 1, 7, 8, 0x0B, 0x0C, 0x1B, 0x7F) as UInt8
                bytes.insert(control, at: generator.number(0...bytes.count))
            }
            return bytes
        case .notUnicode:
            var bytes = draft.bytes
            for _ in 0..<generator.number(1...10) {
                bytes.insert(UInt8(generator.number(0x80...0xFF)), at: generator.number(0...bytes.count))
            }
            return bytes
        case .brokenLines:
            for _ in 0..<generator.number(1...3) {
                let line = generator.one(
                    of: "no colon", ":", ": no name", " begins with a blank", "two words: x", "\r\r", "a\rb: c", "\t", "=:=",
                    "CSeq", "CSeq: 1: 2")
                let field = MessageDraft.Field(name: "", value: "", line: line)
                draft.fields.insert(field, at: generator.number(0...draft.fields.count))
            }
            return draft.bytes
        default:
            let line = generator.one(
                of: "OPTIONS", "OPTIONS *", "* OPTIONS RTSP/1.0", "OPTIONS * RTSP/2.0", "OPTIONS * RTSP/999.999",
                "OPTIONS * RTSP/1.0.0", "OPTIONS * RTSP/", "RTSP/1.0", "RTSP/1.0 ", "RTSP/1.0 20", "RTSP/1.0 2000 OK",
                "RTSP/1.0 -10 OK", "RTSP/1.0 2x0 OK", "GET / HTTP/1.1", "POST /x HTTP/1.0", "SETUP movie RTSP/1.0",
                "SETUP ../../etc/passwd RTSP/1.0", "OPTIONS  RTSP/1.0", "\u{FEFF}OPTIONS * RTSP/1.0",
                "OPTIONS * RTSP/1.0 RTSP/1.0")
            return Array(line.utf8) + draft.bytes.drop { $0 != 0x0D }
        }
    }

    private func flood(_ attack: Attack, using generator: inout some RandomNumberGenerator) -> [UInt8] {
        var bytes: [UInt8] = []
        switch attack {
        case .pipeline:
            let message = plain(using: &generator).bytes
            for _ in 0..<generator.number(50...500) { bytes += message }
        case .lyingFrame:
            let message = plain(using: &generator).bytes
            bytes = [UInt8(ascii: "$"), UInt8(generator.number(0...255))]
            bytes.appendNumber16(generator.one(of: 0xFFFF, message.count + 1, message.count - 1, generator.number(0...0xFFFF)))
            bytes += message
        case .frameFlood:
            for _ in 0..<generator.number(100...1_000) {
                let payload = generator.bytes(generator.one(of: 0, 0, 1, 12, 40))
                bytes += [UInt8(ascii: "$"), UInt8(generator.number(0...255)), 0, UInt8(payload.count)] + payload
            }
        default:
            let junk = generator.one(of: [0x00], [0xFF], Array("junk\n".utf8), Array("\n".utf8), [0x24 ^ 1, 0x0A])
            for _ in 0..<generator.number(1_000...10_000) { bytes += junk }
        }
        return bytes + plain(using: &generator).bytes
    }

    private func absurd(_ attack: Attack, using generator: inout some RandomNumberGenerator) -> [UInt8] {
        var draft = plain(using: &generator)
        let number = generator.one(
            of: "-1", "0", "4294967296", "9223372036854775807", "-9223372036854775808", "99999999999999999999999999", "1e999",
            "nan", "inf", "0x7fffffff", "1.0000000000000000000000001", "")
        switch attack {
        case .absurdNumbers:
            draft.set("CSeq", generator.one(of: number, "1"))
            draft.set("Session", generator.one(of: "\(session);timeout=\(number)", "\(number)", session))
            draft.set("Transport", "RTP/AVP;unicast;client_port=\(number)-\(number);server_port=\(number);ttl=\(number)")
            draft.set("Range", "npt=\(number)-\(number)")
            for name in ["Scale", "Speed", "Blocksize", "Bandwidth"] { draft.set(name, number) }
            draft.set("RTP-Info", "url=\(url);seq=\(number);rtptime=\(number)")
        case .manyTransports:
            let parameter = generator.one(of: ";ssrc=1", ";;;", ";client_port=1-2", ";=", ";\"")
            let offer = "RTP/AVP;unicast" + String(repeating: parameter, count: generator.number(1...50))
            draft.set("Transport", Array(repeating: offer, count: generator.number(10...200)).joined(separator: ","))
        case .brokenQuotes:
            let text = generator.one(
                of: "\"", "\"a", "a\"b\"c\"", "\\\"", "%n%s%x%d", "\"\\", String(repeating: "\"", count: 501))
            for name in ["Session", "Transport", "Range", "Authorization", "WWW-Authenticate", "RTP-Info"] {
                draft.set(name, text)
            }
        case .overlongCredentials:
            let scheme = generator.one(of: "Basic ", "Digest ")
            let parameter = generator.one(of: "nonce=\"\(generator.hexadecimal(8))\",", "a", "uri=,", "\",")
            let text = scheme + String(repeating: parameter, count: generator.number(100...3_000))
            draft.set(speaker == .client ? "Authorization" : "WWW-Authenticate", text)
        default:
            let path = generator.one(
                of: "/../../../../etc/passwd", "/%2e%2e/%2e%2e/", "/%00", "/%", "/%zz%c0%af", "//////", "/movie/../movie", "/?#",
                "\\..\\", "@@:::99999/", ":99999/", "[::1", "[]/")
            let prefix = generator.one(of: "rtsp://host", "rtsp://", "", "rtsp://user:pass@host")
            draft.start = .request(generator.one(of: .describe, .setup, .play), url: prefix + path)
        }
        return draft.bytes
    }
}
