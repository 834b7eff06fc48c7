import RTSPKit
import Testing

struct LabResponseParserTests {
    private let start = LabFixture.start

    private func results(_ text: String) -> [LabReply] { LabFixture.results(of: LabResponseParser.self, [Array(text.utf8)[...]]) }

    private func reply(_ status: RTSPStatus = .ok, _ cSeq: Int? = 1, session: String? = "123456") -> LabReply {
        var response = RTSPResponse(status, cSeq: cSeq)
        response.headers["Session"] = session
        return .response(response)
    }

    @Test(arguments: ["", "\n", "\n\n", "\r\n", "\r\n\r\n", "\r"])
    func `A reply is understood with every end`(end: String) {
        let text = "RTSP/1.0 200 OK\nCSeq: 1\nSession: 123456" + end
        #expect(results(text) == [reply()])
        #expect(LabFixture.cutsDoNotMatter(to: LabResponseParser.self, Array(text.utf8)))
    }

    @Test(arguments: [
        "RTSP/1.0 200 OK\r\nCSeq: 1\r\nSession: 123456\r\n\r\n", "RTSP/1.0 200\nSession: 123456\nCSeq: 1",
        "rtsp/1.0  200  Fine\nCSEQ:1\nSESSION : 123456", "RTSP/1.0 200 OK\nCSeq: 1\r\nSession: 123456",
        "RTSP/1.0 200 OK\nCSeq: CSeq: 1\nSession: 123456;timeout=60", "\n\nRTSP/1.0 200 OK\nCSeq: 1 \nSession: 123456 x",
        "RTSP/1.0 200 OK\nCSeq: 1\nSession: 123456\nSession: 654321",
        "RTSP/1.0 200 OK\nCSeq: 1\nSession: 123456\nno header at all",
    ])
    func `Status, number and session are found by name`(text: String) throws {
        guard case .response(let response) = try #require(results(text).first) else { throw LabParseError(.notARequest) }
        #expect(results(text).count == 1)
        #expect(response.status == .ok && response.cSeq == 1 && response.headers["Session"] == "123456")
        #expect(response.headers.values(for: "Session").count == 1)
    }

    @Test func `Number and session may be missing`() {
        #expect(results("RTSP/1.0 200 OK\nCSeq: 2") == [reply(.ok, 2, session: nil)])
        #expect(results("RTSP/1.0 200 OK\nCSeq: CSeq:\nSession: 123456") == [reply(.ok, nil)])
        #expect(results("RTSP/1.0 500 CONNECTION ERROR\n") == [reply(.internalServerError, nil, session: nil)])
        #expect(results("RTSP/1.0 404 NOT FOUND\nCSeq: 1\nSession: 0\n") == [reply(.notFound, 1, session: "0")])
    }

    @Test func `A session may be any text`() {
        #expect(results("RTSP/1.0 200 OK\nCSeq: 1\nSession: ab-cd;timeout=60") == [reply(.ok, 1, session: "ab-cd")])
    }

    @Test func `Further lines are kept`() {
        var expected = RTSPResponse(.ok, cSeq: 1)
        for (name, value) in [("Session", "123456"), ("Frames", "500"), ("TotalTime", "25 25")] {
            expected.headers.append(name, value)
        }
        #expect(results("RTSP/1.0 200 OK\nCSeq: 1\nSession: 123456\nFrames: 500\nTotalTime: 25 25\n\n") == [.response(expected)])
    }

    @Test func `What is sent unasked is no reply`() {
        #expect(results("RTSP/1.0 END\nCSeq: -1\nSession: 123456") == [.unsolicited("RTSP/1.0 END")])
        #expect(results("RTSP/1.0 200 OK\nCSeq: -1\nSession: 123456") == [.unsolicited("RTSP/1.0 200 OK")])
        #expect(results("name = value\nother = 5") == [.unsolicited("name = value")])
        #expect(results("RTSP/1.0 99 X\n\nRTSP/1.0 1000 X\n\nRTSP/1.0 20x X").count == 3)
        #expect(results(String(repeating: "x", count: 500)) == [.unsolicited(String(repeating: "x", count: 80))])
    }

    @Test(arguments: ["", "\n", "\n\n", "\r\n\r\n"])
    func `Joined replies are split`(between: String) {
        let first = "RTSP/1.0 404 NOT FOUND\nCSeq: 1\nSession: 123456"
        let text = first + between + "RTSP/1.0 200 OK\nCSeq: 1\nSession: 123456"
        #expect(results(text) == [reply(.notFound), reply()])
        #expect(LabFixture.cutsDoNotMatter(to: LabResponseParser.self, Array(text.utf8)))
    }

    @Test func `A version in the middle of a line splits nothing`() {
        #expect(results("RTSP/1.0 200 OK\nCSeq: 1\nServer: course RTSP/1.0 server").count == 1)
        #expect(results("RTSP/1.0 200 RTSP/1.0\nCSeq: 1").count == 1)
    }

    @Test func `A reply ends after 50 ms of quiet, or with the stream`() {
        var parser = LabResponseParser()
        #expect(parser.deadline == nil)
        parser.append(Array("RTSP/1.0 200 OK\nCSeq: 1\nSession: 123".utf8).span, at: start)
        #expect(parser.next(at: start) == nil)
        parser.append(Array("456".utf8).span, at: LabFixture.after(.milliseconds(40)))
        #expect(parser.deadline == LabFixture.after(.milliseconds(90)))
        #expect(parser.next(at: LabFixture.after(.milliseconds(89))) == nil)
        #expect(parser.next(at: LabFixture.after(.milliseconds(90))) == reply())
        #expect(parser.deadline == nil)
        parser.append(Array("RTSP/1.0 200 OK\nCSeq: 2\nSession: 123456".utf8).span, at: LabFixture.after(.seconds(1)))
        parser.endOfStream()
        #expect(parser.next(at: LabFixture.after(.seconds(1))) == reply(.ok, 2))
    }

    @Test func `A reply without end is refused`() {
        let endless = Array("RTSP/1.0 200 OK\nX: ".utf8) + [UInt8](repeating: 0x78, count: 10_000)
        #expect(LabFixture.results(of: LabResponseParser.self, [endless[...]]) == [.failure(LabParseError(.tooLong))])
        let flood = Array(repeatElement(Array("RTSP/1.0 200 OK\n\n".utf8), count: 1000).joined())
        let results = LabFixture.results(of: LabResponseParser.self, [flood[...]])
        #expect(results.count == 65)
        #expect(results.last == .failure(LabParseError(.tooMany)))
    }

    @Test func `Our own replies are read back`() {
        let media = LabMediaInfo(totalSeconds: 25, framesPerSecond: 20, frameCount: 500, file: "movie.Mjpeg")
        for lineEnding in [LabLineEnding.lf, .crlf] {
            let bytes = LabSerializer.bytes(
                of: RTSPResponse(.ok, cSeq: 7), sessionNumber: 123456, media: media, lineEnding: lineEnding)
            var parser = LabResponseParser()
            parser.append(bytes.span, at: start)
            guard case .response(let response) = parser.next(at: start) else {
                Issue.record("no reply")
                continue
            }
            #expect(response.cSeq == 7 && response.headers["Session"] == "123456" && response.headers["Frames"] == "500")
        }
    }

    @Test func `Hostile bytes never trap, and cuts change nothing`() {
        var generator = LabFixture.Generator(seed: 4)
        for round in 0..<1000 {
            let bytes = LabFixture.hostile(&generator, words: Int.random(in: 0...24, using: &generator))
            #expect(LabFixture.singleBytesDoNotMatter(to: LabResponseParser.self, bytes))
            if round % 20 == 0 { #expect(LabFixture.cutsDoNotMatter(to: LabResponseParser.self, bytes)) }
        }
    }
}
