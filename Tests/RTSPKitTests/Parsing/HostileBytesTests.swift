import RTSPKit
import Testing

/// SplitMix64: the same numbers on every machine.
private struct SeededNumbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

struct HostileBytesTests {
    private static let words = [
        "RTSP/1.0", "OPTIONS", "SETUP", " ", "\r\n", "\n", "\r", ":", ";", ",", "=", "-", "\"", "$", "\0", "%", "[", "]", "@",
        "/", "?",
        "rtsp://", "CSeq", "Content-Length: ", "1", "0", "99999999999999999999", "RTP/AVP", "client_port=", "ssrc=", "npt=",
        "now", "\t",
        "url=", "seq=", "é", "\u{301}", "\u{FEFF}", "a=", "m=video", "c=IN IP4 ", "o=", "a=rtpmap:26 JPEG/0", "200", "x",
    ].map { Array($0.utf8) }

    private static func bytes(_ count: Int, using numbers: inout SeededNumbers) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<count {
            if Int.random(in: 0..<8, using: &numbers) == 0 {
                bytes.append(.random(in: 0...255, using: &numbers))
            } else {
                bytes += words.randomElement(using: &numbers) ?? []
            }
        }
        return bytes
    }

    @Test(arguments: 0..<20)
    func `whatever arrives, the parser ends the same however it is cut`(seed: UInt64) {
        var numbers = SeededNumbers(state: seed)
        for _ in 0..<50 {
            let bytes = Self.bytes(.random(in: 0..<60, using: &numbers), using: &numbers)
            var whole = RTSPParser()
            whole.append(bytes.span)
            let expected = Self.drain(&whole)
            var pieces = RTSPParser()
            var found: (messages: [RTSPMessage], error: RTSPParseError?) = ([], nil)
            var start = 0
            while start < bytes.count {
                let end = min(bytes.count, start + .random(in: 1...9, using: &numbers))
                pieces.append(bytes.span.extracting(start..<end))
                let outcome = Self.drain(&pieces)
                found.messages += outcome.messages
                found.error = outcome.error
                start = end
            }
            #expect(found.messages == expected.messages)
            #expect(found.error == expected.error)
            #expect(pieces.isInsideMessage == whole.isInsideMessage)
            #expect(pieces.bufferedByteCount == whole.bufferedByteCount)
        }
    }

    @Test(arguments: 0..<20)
    func `what is read from anything can be written and read again`(seed: UInt64) throws {
        var numbers = SeededNumbers(state: seed &+ 1_000)
        for _ in 0..<100 {
            let bytes = Self.bytes(.random(in: 0..<25, using: &numbers), using: &numbers)
            let text = String(decoding: bytes, as: UTF8.self)
            for spec in TransportHeader.parse(text) {
                #expect(TransportHeader.parse(spec.description).count == 1, "\(text.debugDescription)")
            }
            if let range = RangeHeader.parse(text), case .npt = range { #expect(RangeHeader.parse(range.description) == range) }
            if let session = SessionHeader.parse(text) { #expect(!session.description.utf8.contains(0x0A)) }
            #expect(!RTPInfoHeader.parse(text).description.utf8.contains(0x0A))
            #expect(!PublicHeader.parse(text).description.utf8.contains(0x0A))
            for url in [
                try? RTSPURL(parsing: text), try? RTSPURL(parsing: "rtsp://" + text), try? RTSPURL(parsing: "rtsp://h/" + text),
            ] {
                guard let url else { continue }
                _ = url.decodedPath
                #expect(try RTSPURL(parsing: url.absoluteString).absoluteString == url.absoluteString)
                if let control = url.resolving(control: text) { _ = try RTSPURL(parsing: control.absoluteString) }
                if let base = url.resolving(contentBase: text) { _ = try RTSPURL(parsing: base.absoluteString) }
            }
        }
    }

    @Test(arguments: 0..<20)
    func `a description read from anything is well-formed when written`(seed: UInt64) throws {
        var numbers = SeededNumbers(state: seed &+ 2_000)
        for _ in 0..<50 {
            let bytes = Self.bytes(.random(in: 0..<80, using: &numbers), using: &numbers)
            guard let read = try? SessionDescription(parsing: bytes.span) else { continue }
            for media in read.media { _ = (media.rtpMaps, media.pictureSize, media.framerate, media.jpegPayloadType) }
            let written = try SessionDescription(parsing: read.bytes.span)
            #expect(written.media.count == read.media.count)
            #expect(written.unreadableMediaCount == 0)
            #expect(try SessionDescription(parsing: written.bytes.span) == written)
        }
    }

    @Test func `a message flipped in any bit never traps`() {
        let message = Array("SETUP rtsp://h/a RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP\r\nContent-Length: 3\r\n\r\nabc".utf8)
        var outcomes: Set<Int> = []
        for index in message.indices {
            for bit in 0..<8 {
                var bytes = message
                bytes[index] ^= 1 << UInt8(bit)
                var parser = RTSPParser()
                parser.append(bytes.span)
                let outcome = Self.drain(&parser)
                outcomes.insert(outcome.error == nil ? outcome.messages.count : -1)
            }
        }
        #expect(outcomes == [-1, 0, 1])
    }

    @Test func `many messages in one piece all come out`() {
        let message = Array("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n".utf8) + [36, 0, 0, 2, 1, 2]
        var stream: [UInt8] = []
        for _ in 0..<5_000 { stream += message }
        var parser = RTSPParser()
        parser.append(stream.span)
        #expect(Self.drain(&parser).messages.count == 10_000)
        #expect(parser.bufferedByteCount == 0)
    }

    /// Were a line searched from its beginning again for each byte, this would take minutes.
    @Test func `a long message byte by byte takes linear time`() {
        let count = 100_000
        let head = Array("OPTIONS * RTSP/1.0\r\nContent-Length: \(count)\r\nX: ".utf8)
        let bytes = head + [UInt8](repeating: 97, count: count) + [13, 10, 13, 10] + [UInt8](repeating: 36, count: count)
        var parser = RTSPParser(limits: RTSPParserLimits(headerBytes: 2 * count))
        var messages: [RTSPMessage] = []
        for byte in bytes {
            parser.append([byte].span)
            messages += Self.drain(&parser).messages
        }
        #expect(messages.count == 1)
        #expect(!parser.isInsideMessage)
    }

    private static func drain(_ parser: inout RTSPParser) -> (messages: [RTSPMessage], error: RTSPParseError?) {
        var messages: [RTSPMessage] = []
        do {
            while let message = try parser.next() { messages.append(message) }
            return (messages, nil)
        } catch {
            return (messages, error)
        }
    }
}
