import RTSPKit
import Testing

struct LabRequestParserTests {
    private static let end = ["", "\n", "\n\n"]
    private let start = LabFixture.start

    private func results(_ text: String) -> [LabParseResult] {
        LabFixture.results(of: LabRequestParser.self, [Array(text.utf8)[...]])
    }

    private static func setup(_ cSeq: Int? = 1, port: Int? = 25000, file: String = "movie.Mjpeg") -> LabParseResult {
        var request = RTSPRequest(.setup, url: file, cSeq: cSeq)
        request.headers["Transport"] = "RTP/AVP/UDP;unicast" + (port.map { ";client_port=\($0)" } ?? "")
        return .request(request)
    }

    private static func later(_ method: String, _ cSeq: Int?, file: String = "movie.Mjpeg", session: String? = "123456")
        -> LabParseResult
    {
        var request = RTSPRequest(RTSPMethod(rawValue: method), url: file, cSeq: cSeq)
        request.headers["Session"] = session
        return .request(request)
    }

    // MARK: The wordings of course clients

    @Test(arguments: [
        "Transport: RTP/UDP; client_port= 25000", "Transport: RTP/UDP; client_port=25000", "Transport: RTP/UDP;client_port=25000",
        "Transport: TCP/UDP ; client_port = 25000", "Transport: RTP/UDP; client_port: 25000",
        "TRANSPORT: RTP/UDP; Client_port= 25000", "transport : rtp/udp; CLIENT_PORT =25000-25001", "client_port: 25000",
        "Transport: RTP/UDP 25000", " RTSP/1.0 RTP/UDP 25000", "Transport: RTP/AVP;unicast;client_port=25000-25001",
    ])
    func `Every spelling of the port is understood, with every line end and every end of request`(line: String) {
        for newline in ["\n", "\r\n"] {
            for end in Self.end {
                let text = "SETUP movie.Mjpeg RTSP/1.0\nCSeq: 1\n\(line)\(end)".lines(endedBy: newline)
                #expect(results(text) == [Self.setup()])
                #expect(LabFixture.cutsDoNotMatter(to: LabRequestParser.self, Array(text.utf8)))
            }
        }
    }

    @Test(arguments: ["CSeq: 1", "Cseq: 1", "CSEQ:1", "cseq :  1", "CSeq: CSeq: 1", "1", " 1 "])
    func `Every spelling of the number is understood`(line: String) {
        #expect(results("SETUP movie.Mjpeg RTSP/1.0\n\(line)\nTransport: RTP/UDP; client_port= 25000") == [Self.setup()])
    }

    @Test(arguments: ["", "CSeq:", "CSeq: x", "CSeq: -1", "CSeq: 99999999999999999999", "one"])
    func `A request without a readable number has none`(line: String) {
        let text = "SETUP movie.Mjpeg RTSP/1.0\n" + (line.isEmpty ? "" : line + "\n") + "Transport: RTP/UDP; client_port= 25000"
        #expect(results(text) == [Self.setup(nil)])
    }

    @Test(arguments: ["PLAY", "PAUSE", "TEARDOWN"], ["Session", "SESSION", "session "])
    func `PLAY, PAUSE and TEARDOWN are understood with every end`(method: String, name: String) {
        for newline in ["\n", "\r\n"] {
            for end in Self.end {
                let text = "\(method) movie.Mjpeg RTSP/1.0\nCSeq: 2\n\(name): 123456\(end)".lines(endedBy: newline)
                #expect(results(text) == [Self.later(method, 2)])
                #expect(LabFixture.cutsDoNotMatter(to: LabRequestParser.self, Array(text.utf8)))
            }
        }
    }

    @Test(arguments: ["25000", "25000 ", "  25000"])
    func `Requests without headers are understood`(port: String) {
        var parser = LabRequestParser()
        let setup = Array("SETUP movie.Mjpeg\n1\n RTSP/1.0 RTP/UDP \(port)".utf8)
        #expect(LabFixture.results(&parser, [setup[...]]) == [Self.setup()])
        for (cSeq, method) in zip(2..., ["PLAY", "PAUSE", "PLAY", "TEARDOWN"]) {
            let text = Array("\(method) \n\(cSeq)".utf8)
            #expect(LabFixture.results(&parser, [text[...]]) == [Self.later(method, cSeq, session: nil)])
        }
        #expect(LabFixture.cutsDoNotMatter(to: LabRequestParser.self, setup))
    }

    @Test func `A wish for TCP alone is worded so that it is refused`() {
        let expected = RTSPRequest(.setup, url: "movie.Mjpeg", headers: ["CSeq": "1", "Transport": "RTP/AVP/TCP"])
        #expect(results("SETUP movie.Mjpeg RTSP/1.0\nCSeq: 1\nTransport: TCP; client_port= 25000") == [.request(expected)])
        #expect(results("SETUP movie.Mjpeg RTSP/1.0\nCSeq: 1\nTransport: RTP/TCP; client_port= 25000") == [.request(expected)])
    }

    @Test(arguments: ["client_port= 0", "client_port= 65536", "client_port=", "client_port= x", "client_port= 99999999999", ""])
    func `A port that is none is left out`(port: String) {
        #expect(results("SETUP movie.Mjpeg RTSP/1.0\nCSeq: 1\nTransport: RTP/UDP; \(port)") == [Self.setup(port: nil)])
    }

    @Test(arguments: [
        ("SEEK", "X-Seek", "0.5"), ("SEEK", "Position", "12.5"), ("SET_SPEED", "Speed", "1.5"), ("SETTIME", "FRAME", "40"),
        ("PLAY", "Range", "frame=7"), ("SWITCH", "Prefer", "HD"), ("RESOLUTION", "RESOLUTION", "720"), ("WHATEVER", "X", "1"),
    ])
    func `Methods and headers that courses have added come through`(method: String, header: String, value: String) {
        let expected = RTSPRequest(
            RTSPMethod(rawValue: method), url: "movie.Mjpeg", headers: ["CSeq": "3", "Session": "123456", header: value])
        let text = "\(method) movie.Mjpeg RTSP/1.0\nCSeq: 3\nSession: 123456\n\(header): \(value)"
        #expect(results(text) == [.request(expected)])
        #expect(LabFixture.cutsDoNotMatter(to: LabRequestParser.self, Array(text.utf8)))
    }

    @Test(arguments: [
        "my movie.Mjpeg", "SETUP PLAY 1.Mjpeg", "movie123456TEARDOWN x.Mjpeg", "folder/movie.Mjpeg", "\u{111}\u{1EB9}p.Mjpeg",
        "RTSP",
    ])
    func `The name of the file is taken as it is`(file: String) {
        let text = "SETUP \(file) RTSP/1.0\nCSeq: 1\nTransport: RTP/UDP; client_port= 25000"
        #expect(results(text) == [Self.setup(file: file)])
    }

    // MARK: Where requests end

    @Test(arguments: ["", "\n", "\n\n", "\r\n\r\n", "\n\n\n\n", " \n"])
    func `Joined requests are split before the next method`(between: String) {
        let first = "PAUSE movie.Mjpeg RTSP/1.0\nCSeq: 4\nSession: 123456"
        let text = first + between + "TEARDOWN movie.Mjpeg RTSP/1.0\nCSeq: 5\nSession: 123456"
        #expect(results(text) == [Self.later("PAUSE", 4), Self.later("TEARDOWN", 5)])
        #expect(LabFixture.cutsDoNotMatter(to: LabRequestParser.self, Array(text.utf8)))
    }

    @Test(arguments: [
        "PLAY \n2TEARDOWN \n3", "PLAY \n2\nTEARDOWN \n3", "PLAY\n2\nTEARDOWN\n3", "PLAY\r\n2TEARDOWN\r\n3",
        "PLAY \n2\n\nTEARDOWN \n3\n\n",
    ])
    func `Joined requests without headers are split`(text: String) {
        let expected = [Self.later("PLAY", 2, file: "*", session: nil), Self.later("TEARDOWN", 3, file: "*", session: nil)]
        #expect(results(text) == expected)
        #expect(LabFixture.cutsDoNotMatter(to: LabRequestParser.self, Array(text.utf8)))
    }

    @Test func `A request follows a port directly`() {
        let text = "SETUP movie.Mjpeg RTSP/1.0\nCSeq: 1\nTransport: RTP/UDP; client_port= 25000PLAY movie.Mjpeg RTSP/1.0\nCSeq: 2"
        #expect(results(text) == [Self.setup(), Self.later("PLAY", 2, session: nil)])
    }

    @Test func `A method that nobody knows splits at a line start by its version`() {
        let text = "PAUSE movie.Mjpeg RTSP/1.0\nCSeq: 4\nJUGGLE movie.Mjpeg RTSP/1.0\nCSeq: 5"
        #expect(results(text) == [Self.later("PAUSE", 4, session: nil), Self.later("JUGGLE", 5, session: nil)])
        #expect(LabFixture.cutsDoNotMatter(to: LabRequestParser.self, Array(text.utf8)))
    }

    @Test(arguments: [
        "SPEED: 2", "SPEED : 2", "File: movie2PLAY x.Mjpeg", "File: a PLAY b", "RESOLUTION: HD", "X_PLAY: 1", "ODD LINE",
    ])
    func `Method words elsewhere split nothing`(line: String) {
        #expect(results("SWITCH movie.Mjpeg RTSP/1.0\nCSeq: 4\n\(line)\nSession: 123456").count == 1)
    }

    @Test func `A request ends after 50 ms of quiet`() {
        var parser = LabRequestParser()
        #expect(parser.deadline == nil)
        parser.append(Array("PLAY movie.Mjpeg RTSP/1.0\nCSeq: 2\nSession: 12".utf8).span, at: start)
        #expect(parser.deadline == LabFixture.after(.milliseconds(50)))
        #expect(parser.next(at: LabFixture.after(.milliseconds(49))) == nil)
        parser.append(Array("3456".utf8).span, at: LabFixture.after(.milliseconds(49)))
        #expect(parser.deadline == LabFixture.after(.milliseconds(99)))
        #expect(parser.next(at: LabFixture.after(.milliseconds(98))) == nil)
        #expect(parser.next(at: LabFixture.after(.milliseconds(99))) == Self.later("PLAY", 2))
        #expect(parser.deadline == nil)
        #expect(parser.next(at: LabFixture.after(.seconds(9))) == nil)
    }

    @Test func `Bytes after the quiet begin a request, also where nobody looked at the clock`() {
        var parser = LabRequestParser()
        parser.append(Array("PLAY movie.Mjpeg RTSP/1.0\nCSeq: 2\nSession: 123456".utf8).span, at: start)
        parser.append(Array("odd x RTSP/1.0\nCSeq: 3\n\n".utf8).span, at: LabFixture.after(.milliseconds(60)))
        #expect(parser.next(at: LabFixture.after(.milliseconds(60))) == Self.later("PLAY", 2))
        #expect(parser.next(at: LabFixture.after(.milliseconds(60))) == Self.later("odd", 3, file: "x", session: nil))
        #expect(parser.next(at: LabFixture.after(.milliseconds(60))) == nil)
        #expect(parser.deadline == nil)
    }

    @Test func `Older times count as now`() {
        var parser = LabRequestParser()
        parser.append(Array("PLAY movie.Mjpeg RTSP/1.0\nCSeq: 2".utf8).span, at: LabFixture.after(.seconds(1)))
        parser.append(Array("\nSession: 123456".utf8).span, at: start)
        #expect(parser.deadline == LabFixture.after(.milliseconds(1050)))
        #expect(parser.next(at: start) == nil)
        #expect(parser.next(at: LabFixture.after(.milliseconds(1050))) == Self.later("PLAY", 2))
    }

    @Test func `A blank line ends a request at once`() {
        var parser = LabRequestParser()
        parser.append(Array("\r\nPLAY movie.Mjpeg RTSP/1.0\r\nCSeq: 2\r\nSession: 123456\r\n\r\n".utf8).span, at: start)
        #expect(parser.deadline == nil)
        #expect(parser.next(at: start) == Self.later("PLAY", 2))
        #expect(parser.lineEnding == .crlf)
    }

    @Test func `The end of the stream ends the request`() {
        var parser = LabRequestParser()
        parser.append(Array("PLAY movie.Mjpeg RTSP/1.0\nCSeq: 2\nSession: 123456".utf8).span, at: start)
        parser.endOfStream()
        #expect(parser.next(at: start) == Self.later("PLAY", 2))
        parser.endOfStream()
        #expect(parser.next(at: start) == nil)
    }

    @Test func `The line end is that of the request handed out last`() {
        var parser = LabRequestParser()
        #expect(parser.lineEnding == .lf)
        parser.append(Array("PLAY a RTSP/1.0\r\nCSeq: 2\r\n\r\nPAUSE a RTSP/1.0\nCSeq: 3\n\n".utf8).span, at: start)
        #expect(parser.lineEnding == .lf)
        #expect(parser.next(at: start) != nil)
        #expect(parser.lineEnding == .crlf)
        #expect(parser.next(at: start) != nil)
        #expect(parser.lineEnding == .lf)
    }

    // MARK: What is no request

    @Test func `A line that is no request is reported, and reading goes on`() {
        let text =
            "R\u{E9}p\u{E9}tez!\nCSeq: 8\n\nSETUP RTSP/1.0\nCSeq: 9\n\nPLAY movie.Mjpeg RTSP/1.0\nCSeq: 10\nSession: 123456"
        #expect(
            results(text) == [
                .failure(LabParseError(.notARequest, cSeq: 8)), .failure(LabParseError(.noFile, cSeq: 9)), Self.later("PLAY", 10),
            ])
        #expect(!LabParseError(.notARequest).isFatal && !LabParseError(.noFile).isFatal)
    }

    @Test func `Blanks alone are nothing`() {
        #expect(results(" \t ") == [])
        #expect(results("\r\n\n\r") == [])
    }

    @Test func `4096 bytes are a request, one more ends the reading`() {
        let head = "PLAY movie.Mjpeg RTSP/1.0\nCSeq: 2\nX: "
        let longest = head + String(repeating: "x", count: 4094 - head.utf8.count) + "\n\n"
        let full = results(longest)
        #expect(full.count == 1 && full != [.failure(LabParseError(.tooLong))])
        for piece in [1, 4000, 100_000] {
            var parser = LabRequestParser()
            let bytes = Array((head + String(repeating: "x", count: 5000)).utf8)
            let pieces = stride(from: 0, to: bytes.count, by: piece).map { bytes[$0..<min($0 + piece, bytes.count)] }
            #expect(LabFixture.results(&parser, pieces) == [.failure(LabParseError(.tooLong))])
            #expect(LabParseError(.tooLong).isFatal)
            parser.append(Array("PLAY a RTSP/1.0\n\n".utf8).span, at: start)
            #expect(parser.next(at: start) == nil)
            #expect(parser.deadline == nil)
        }
    }

    @Test func `More requests at once than the limit end the reading after those that fit`() {
        let one = Array("PLAY a RTSP/1.0\nCSeq: 2\n\n".utf8)
        let flood = Array(repeatElement(one, count: 1000).joined())
        let results = LabFixture.results(of: LabRequestParser.self, [flood[...]])
        #expect(results.count == 65)
        #expect(results.last == .failure(LabParseError(.tooMany)))
    }

    @Test func `Limits out of range are brought into it`() {
        let limits = LabParserLimits(maximumMessageBytes: -1, maximumQueued: 0, quiet: .seconds(-1))
        #expect(limits.maximumMessageBytes == 1 && limits.maximumQueued == 1 && limits.quiet == .zero)
        var parser = LabRequestParser(limits: limits)
        #expect(LabFixture.results(&parser, [Array("PLAY".utf8)[...]]) == [.failure(LabParseError(.tooLong))])
    }

    @Test func `Hostile bytes never trap, and cuts change nothing`() {
        var generator = LabFixture.Generator(seed: 2)
        for round in 0..<1000 {
            let bytes = LabFixture.hostile(&generator, words: Int.random(in: 0...24, using: &generator))
            #expect(LabFixture.singleBytesDoNotMatter(to: LabRequestParser.self, bytes))
            if round % 20 == 0 { #expect(LabFixture.cutsDoNotMatter(to: LabRequestParser.self, bytes)) }
        }
        for _ in 0..<500 {
            let bytes = (0..<Int.random(in: 0...300, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
            _ = LabFixture.results(of: LabRequestParser.self, [bytes[...]])
        }
    }
}

extension String {
    fileprivate func lines(endedBy end: String) -> String {
        String(decoding: utf8.flatMap { $0 == UInt8(ascii: "\n") ? Array(end.utf8) : [$0] }, as: UTF8.self)
    }
}
