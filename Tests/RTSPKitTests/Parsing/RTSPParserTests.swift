import RTSPKit
import Testing

/// Everything that comes out of a parser to which `bytes` are given in pieces of `size` bytes.
private func read(_ bytes: [UInt8], piecesOf size: Int = .max, limits: RTSPParserLimits = .default) -> Outcome {
    var parser = RTSPParser(limits: limits)
    var outcome = Outcome()
    var start = 0
    repeat {
        let end = size < bytes.count - start ? start + size : bytes.count
        parser.append(bytes.span.extracting(start..<end))
        start = end
        do {
            while let message = try parser.next() { outcome.messages.append(message) }
        } catch {
            outcome.error = error
            break
        }
    } while start < bytes.count
    outcome.isInsideMessage = parser.isInsideMessage
    return outcome
}

private struct Outcome: Hashable {
    var messages: [RTSPMessage] = []
    var error: RTSPParseError?
    var isInsideMessage = false
}

private func read(_ text: String, limits: RTSPParserLimits = .default) -> Outcome { read(Array(text.utf8), limits: limits) }

private let stream: [UInt8] =
    Array("\r\n\u{1}jk\nDESCRIBE rtsp://h/a RTSP/1.0\r\nCSeq: 1\r\nX: a\r\n b\r\n\r\n\r\n".utf8)
    + [36, 1, 0, 3, 36, 10, 13] + Array("RTSP/1.0 200\nCSeq: 1\nContent-Length: 4\n\n$\r\n\r".utf8)
    + [36, 0, 0, 0] + Array("\n\nab$".dropLast().utf8) + [0, 36, 2, 0, 1, 9]
    + Array("TEARDOWN rtsp://h/é RTSP/2.0\r\nCSeq : 2\r\n\r\nOPTIONS".utf8)

private let messages: [RTSPMessage] = [
    .request(RTSPRequest(.describe, url: "rtsp://h/a", headers: ["CSeq": "1", "X": "a b"])),
    .interleaved(InterleavedFrame(channel: 1, payload: [36, 10, 13])),
    .response(RTSPResponse(.ok, headers: ["CSeq": "1", "Content-Length": "4"], body: [36, 13, 10, 13])),
    .interleaved(InterleavedFrame(channel: 0, payload: [])),
    .interleaved(InterleavedFrame(channel: 2, payload: [9])),
    .request(RTSPRequest(.teardown, url: "rtsp://h/é", cSeq: 2, version: RTSPVersion(major: 2, minor: 0))),
]

struct RTSPParserTests {
    @Test func `requests, responses and frames come out in order`() {
        #expect(read(stream) == Outcome(messages: messages, isInsideMessage: true))
    }

    @Test func `how the bytes are cut changes nothing`() {
        for size in 1..<stream.count { #expect(read(stream, piecesOf: size).messages == messages, "pieces of \(size)") }
        for cut in 0...stream.count {
            var parser = RTSPParser()
            var found: [RTSPMessage] = []
            for range in [0..<cut, cut..<stream.count] {
                parser.append(stream.span.extracting(range))
                while let message = try? parser.next() { found.append(message) }
            }
            #expect(found == messages, "cut at \(cut)")
            #expect(parser.isInsideMessage)
            #expect(parser.bufferedByteCount == 7)
        }
    }

    @Test func `a message is inside until its last byte`() throws {
        let bytes = Array("OPTIONS * RTSP/1.0\r\nContent-Length: 2\r\n\r\nab".utf8)
        var parser = RTSPParser()
        #expect(!parser.isInsideMessage)
        for (index, byte) in bytes.enumerated() {
            parser.append([byte].span)
            let message = try parser.next()
            #expect((message != nil) == (index == bytes.count - 1))
            #expect(parser.isInsideMessage == (message == nil))
        }
        parser.append(Array("\r\n\r\n".utf8).span)
        #expect(try parser.next() == nil)
        #expect(!parser.isInsideMessage)
        #expect(parser.bufferedByteCount == 0)
    }

    @Test(arguments: ["CSeq: 5", "CSeq:5", "CSeq : 5", "cseq:\t5  ", " CSeq: 5", "CSEQ:\r\n  5"])
    func `M07 M08 blanks and case of CSeq do not matter`(line: String) {
        let found = read("OPTIONS * RTSP/1.0\r\n\(line)\r\n\r\n").messages
        guard case .request(let request)? = found.first else {
            Issue.record("no request")
            return
        }
        #expect(request.cSeq == 5)
        #expect(found.count == 1)
    }

    @Test func `M08 CSeq may be missing`() {
        #expect(read("OPTIONS * RTSP/1.0\r\n\r\n").messages == [.request(RTSPRequest(.options))])
    }

    @Test(
        arguments: [
            [0x0D, 0x0A], [0, 1, 2, 255], [0x0A, 0x0A, 0x20], Array("abc\r\n".utf8), Array("v=0\nm=video\n".utf8), [97, 98, 0],
            [0xC3, 0x28],
        ] as [[UInt8]])
    func `M11 junk before a message or a frame is passed over`(junk: [UInt8]) {
        let message = RTSPMessage.response(RTSPResponse(.ok, cSeq: 1))
        let frame = RTSPMessage.interleaved(InterleavedFrame(channel: 0, payload: [1]))
        let bytes = junk + RTSPSerializer.bytes(of: message) + junk + RTSPSerializer.bytes(of: frame)
        #expect(read(bytes) == Outcome(messages: [message, frame]))
        #expect(read(bytes, piecesOf: 1) == Outcome(messages: [message, frame]))
    }

    @Test func `a continued value has one blank where its lines meet`() {
        let outcome = read("OPTIONS * RTSP/1.0\r\nX: a, \t\r\n \t b,\r\n\t\r\n c\r\nY:\r\n d\r\n\r\n")
        #expect(outcome.messages == [.request(RTSPRequest(.options, headers: ["X": "a, b, c", "Y": "d"]))])
    }

    @Test func `M11 junk without a line end before a frame or a status line is passed over`() {
        #expect(
            read(Array("abc".utf8) + [36, 0, 0, 1, 7]).messages == [.interleaved(InterleavedFrame(channel: 0, payload: [7]))])
        #expect(read("abcRTSP/1.0 200 OK\r\n\r\n").messages == [.response(RTSPResponse(.ok))])
    }

    @Test func `M12 M13 frames come out wherever they stand and on any channel`() {
        let frame = InterleavedFrame(channel: 200, payload: [1, 2])
        let response = RTSPResponse(.ok, cSeq: 1)
        let bytes = RTSPSerializer.bytes(of: frame) + RTSPSerializer.bytes(of: response) + RTSPSerializer.bytes(of: frame)
        #expect(read(bytes).messages == [.interleaved(frame), .response(response), .interleaved(frame)])
    }

    @Test func `another version is still a message`() {
        let version = RTSPVersion(major: 3, minor: 7)
        #expect(read("PLAY * RTSP/3.7\r\n\r\n").messages == [.request(RTSPRequest(.play, version: version))])
    }

    @Test func `a field may lack its value, and bytes that are no text do not trap`() {
        let bytes = Array("OPTIONS * RTSP/1.0\nA:\nB\nC: ".utf8) + [0xFF, 0xFE, 0, 0x0D, 0x41] + Array("\n\n".utf8)
        let headers: RTSPHeaders = ["A": "", "B": "", "C": "\u{FFFD}\u{FFFD}  A"]
        #expect(read(bytes).messages == [.request(RTSPRequest(.options, headers: headers))])
    }

    @Test(arguments: [
        ("OPTIONS *\r\n", RTSPParseError(.malformedStartLine, offset: 0)),
        ("GET / HTTP/1.1\r\n", RTSPParseError(.malformedStartLine, offset: 0)),
        ("\r\n\r\nRTSP/1.0 OK\r\n", RTSPParseError(.malformedStartLine, offset: 4)),
        ("OPTIONS * RTSP/1.0\r\n: x\r\n\r\n", RTSPParseError(.malformedHeader, offset: 20)),
        ("OPTIONS * RTSP/1.0\r\nCSeq: 3\r\na b: x\r\n\r\n", RTSPParseError(.malformedHeader, offset: 29, cSeq: 3)),
        ("OPTIONS * RTSP/1.0\r\nCSeq: 3\r\nno colon\r\n\r\n", RTSPParseError(.malformedHeader, offset: 29, cSeq: 3)),
    ])
    func `what means to be a message and is none is an error for good`(text: String, error: RTSPParseError) throws {
        var parser = RTSPParser()
        parser.append(Array(text.utf8).span)
        for _ in 0..<3 {
            #expect(throws: error) { try parser.next() }
            #expect(!parser.isInsideMessage)
            parser.append(Array("OPTIONS * RTSP/1.0\r\n\r\n".utf8).span)
            #expect(parser.bufferedByteCount == 0)
        }
        #expect(read(Array(text.utf8), piecesOf: 1).error == error)
        #expect(error.suggestedStatus == .badRequest)
    }

    @Test(arguments: [
        ("-1", RTSPParseError.Reason.invalidContentLength), ("+1", .invalidContentLength), ("", .invalidContentLength),
        ("0x10", .invalidContentLength), ("1 2", .invalidContentLength), ("1, 2", .invalidContentLength),
        ("1\r\nContent-length: 2", .invalidContentLength), ("1048577", .bodyTooLarge), ("99999999999999999999999", .bodyTooLarge),
    ])
    func `Content-Length is unsigned, bounded and of one mind`(value: String, reason: RTSPParseError.Reason) {
        let error = read("OPTIONS * RTSP/1.0\r\nCSeq: 8\r\nContent-Length: \(value)\r\n\r\n").error
        #expect(error?.reason == reason)
        #expect(error?.cSeq == 8)
        #expect(error?.suggestedStatus == (reason == .bodyTooLarge ? .requestEntityTooLarge : .badRequest))
    }

    @Test func `a Content-Length said twice is one`() {
        let found = read("OPTIONS * RTSP/1.0\r\nContent-Length: 2\r\nContent-Length: 02, 2\r\n\r\nab").messages
        guard case .request(let request)? = found.first else {
            Issue.record("no request")
            return
        }
        #expect(request.body == [97, 98])
    }
}
