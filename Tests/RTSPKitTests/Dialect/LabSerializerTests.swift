import RTSPKit
import Testing

struct LabSerializerTests {
    private let media = LabMediaInfo(totalSeconds: 25, framesPerSecond: 20, frameCount: 500, file: "movie.Mjpeg")

    private func text(
        _ response: RTSPResponse, session: Int? = 123456, media: LabMediaInfo? = nil, lineEnding: LabLineEnding = .lf
    ) -> String {
        String(
            decoding: LabSerializer.bytes(of: response, sessionNumber: session, media: media, lineEnding: lineEnding),
            as: UTF8.self)
    }

    private func text(_ request: RTSPRequest, _ spelling: LabPortSpelling = .blankAfterEquals) throws -> String {
        String(decoding: try LabSerializer.bytes(of: request, portSpelling: spelling), as: UTF8.self)
    }

    private func failure(_ request: RTSPRequest) -> LabSerializer.Failure? {
        do {
            _ = try LabSerializer.bytes(of: request, portSpelling: .blankAfterEquals)
            return nil
        } catch {
            return error
        }
    }

    private func setup(_ file: String = "movie.Mjpeg", transport: String = "RTP/AVP/UDP;unicast;client_port=25000") -> RTSPRequest
    {
        RTSPRequest(.setup, url: file, cSeq: 1, headers: ["Transport": transport])
    }

    // MARK: Replies

    @Test func `A reply is status, number and session in lines that end as the request's did`() {
        #expect(text(RTSPResponse(.ok, cSeq: 1)) == "RTSP/1.0 200 OK\nCSeq: 1\nSession: 123456\n\n")
        #expect(
            text(RTSPResponse(.ok, cSeq: 1), lineEnding: .crlf) == "RTSP/1.0 200 OK\r\nCSeq: 1\r\nSession: 123456\r\n\r\n")
    }

    @Test func `What is known about the movie follows in the order that clients count on`() {
        let expected =
            "RTSP/1.0 200 OK\nCSeq: 1\nSession: 123456\nTotalTime: 25 25\nFPS: 20 20\nCount: 500 500\nMedia: movie.Mjpeg\n"
            + "Frames: 500\nX-TotalFrames: 500\n\n"
        #expect(text(RTSPResponse(.ok, cSeq: 1), media: media) == expected)
    }

    @Test func `An error has a third line with an integer too`() {
        #expect(text(RTSPResponse(.notFound, cSeq: 1), session: nil) == "RTSP/1.0 404 Not Found\nCSeq: 1\nSession: 0\n\n")
        #expect(text(RTSPResponse(.badRequest), session: nil) == "RTSP/1.0 400 Bad Request\nCSeq: 0\nSession: 0\n\n")
    }

    @Test func `Other headers and bodies are not sent`() {
        let response = RTSPResponse(
            .ok, cSeq: 1, headers: ["Transport": "RTP/AVP;x", "Session": "abc;timeout=60"], body: [1, 2])
        #expect(text(response) == "RTSP/1.0 200 OK\nCSeq: 1\nSession: 123456\n\n")
    }

    @Test(arguments: [0, 1, 50, 100, 1000], ["x", "\u{111}", "\u{1F469}\u{200D}\u{1F469}\u{200D}\u{1F467}", "\n", "\u{0}"])
    func `A reply is always under 256 bytes, and whole`(length: Int, character: String) {
        let name = String(repeating: character, count: length)
        for number in [Int.min, -1, 0, 500, Int.max] {
            let media = LabMediaInfo(totalSeconds: number, framesPerSecond: number, frameCount: number, file: name)
            let status = RTSPStatus(code: number, reasonPhrase: name)
            for lineEnding in [LabLineEnding.lf, .crlf] {
                let bytes = LabSerializer.bytes(
                    of: RTSPResponse(status, cSeq: 999_999_999), sessionNumber: number, media: media, lineEnding: lineEnding)
                let text = String(decoding: bytes, as: UTF8.self)
                #expect(bytes.count < 256)
                #expect(text.split(separator: lineEnding == .lf ? "\n" : "\r\n", omittingEmptySubsequences: false).count == 11)
                #expect(!text.utf8.contains(0) && !text.unicodeScalars.contains("\u{FFFD}"))
            }
        }
    }

    @Test func `A name that fits is not cut`() {
        let name = String(repeating: "x", count: 100)
        var info = media
        info.file = name
        #expect(text(RTSPResponse(.ok, cSeq: 1), media: info).contains("\nMedia: \(name)\nFrames"))
    }

    // MARK: Requests

    @Test func `SETUP names the bare file and the port in either spelling`() throws {
        let head = "SETUP movie.Mjpeg RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/UDP; client_port="
        #expect(try text(setup()) == head + " 25000\r\n\r\n")
        #expect(try text(setup(), .noBlank) == head + "25000\r\n\r\n")
        #expect(try text(setup("rtsp://host/a/movie.Mjpeg", transport: "x;CLIENT_PORT=25000-25001")) == head + " 25000\r\n\r\n")
    }

    @Test func `Later requests carry the session as third line`() throws {
        let play = RTSPRequest(.play, url: "movie.Mjpeg", headers: ["X-Seek": "0.5", "Session": "123456", "CSeq": "2"])
        #expect(try text(play) == "PLAY movie.Mjpeg RTSP/1.0\r\nCSeq: 2\r\nSession: 123456\r\nX-Seek: 0.5\r\n\r\n")
        let pause = RTSPRequest(.pause, url: "movie.Mjpeg", cSeq: 3)
        #expect(try text(pause, .noBlank) == "PAUSE movie.Mjpeg RTSP/1.0\r\nCSeq: 3\r\nSession: 0\r\n\r\n")
    }

    @Test func `No text of a header makes a line of its own`() throws {
        let play = RTSPRequest(
            RTSPMethod(rawValue: "PL\nAY"), url: "m", cSeq: 2, headers: ["Session": "1\r\nX: 2", "A\nB": "c\r\n\r\nd"])
        #expect(try text(play) == "PL_AY m RTSP/1.0\r\nCSeq: 2\r\nSession: 1__X: 2\r\nA_B: c____d\r\n\r\n")
    }

    @Test func `A request that cannot be read by a server is not written`() throws {
        #expect(failure(setup("rtsp://host/..")) == .badFileName)
        #expect(failure(setup("a\nPLAY b")) == .badFileName)
        for transport in ["", "RTP/AVP/TCP", "client_port=", "client_port=0", "client_port=70000", "client_port=99999999999"] {
            #expect(failure(setup(transport: transport)) == .noClientPort)
        }
    }

    @Test func `256 bytes are written, one more is not`() throws {
        let fixed = try text(setup("x")).utf8.count - 1
        #expect(try text(setup(String(repeating: "x", count: 256 - fixed))).utf8.count == 256)
        #expect(failure(setup(String(repeating: "x", count: 257 - fixed))) == .tooLong)
    }

    @Test(arguments: LabPortSpelling.allCases)
    func `Our own requests are read back`(spelling: LabPortSpelling) throws {
        var parser = LabRequestParser()
        let request = RTSPRequest(
            .setup, url: "movie.Mjpeg", headers: ["CSeq": "1", "Transport": "RTP/AVP/UDP;unicast;client_port=25000"])
        let bytes = try LabSerializer.bytes(of: request, portSpelling: spelling)
        parser.append(bytes.span, at: LabFixture.start)
        #expect(parser.next(at: LabFixture.start) == .request(request))
        #expect(parser.lineEnding == .crlf)
    }
}
