import RTSPKit
import Testing

struct RTSPSerializerTests {
    @Test func `a request is written in order with CSeq first and the length last`() {
        let request = RTSPRequest(
            .announce, url: "rtsp://h/a", headers: ["User-Agent": "x", "content-length": "99", "CSEQ": "7"],
            body: Array("v=0".utf8))
        let text = "ANNOUNCE rtsp://h/a RTSP/1.0\r\nCSeq: 7\r\nUser-Agent: x\r\nContent-Length: 3\r\n\r\nv=0"
        #expect(String(decoding: RTSPSerializer.bytes(of: request), as: UTF8.self) == text)
    }

    @Test func `a response is written in order with CSeq first`() {
        let response = RTSPResponse(.ok, cSeq: 3, headers: ["Session": "a", "Content-Length": "5"])
        let text = "RTSP/1.0 200 OK\r\nCSeq: 3\r\nSession: a\r\n\r\n"
        #expect(String(decoding: RTSPSerializer.bytes(of: response), as: UTF8.self) == text)
    }

    @Test func `a frame states its channel and length`() {
        #expect(RTSPSerializer.bytes(of: InterleavedFrame(channel: 3, payload: [1, 2])) == [36, 3, 0, 2, 1, 2])
        #expect(RTSPSerializer.bytes(of: InterleavedFrame(channel: 0, payload: [])) == [36, 0, 0, 0])
        let longest = [UInt8](repeating: 7, count: 65_535)
        #expect(RTSPSerializer.bytes(of: InterleavedFrame(channel: 0, payload: longest)).prefix(4) == [36, 0, 255, 255])
        #expect(RTSPSerializer.bytes(of: InterleavedFrame(channel: 0, payload: longest + [7])) == [])
    }

    @Test func `what is written is read again`() throws {
        let messages: [RTSPMessage] = [
            .request(
                RTSPRequest(.describe, url: "rtsp://h/é", headers: ["CSeq": "1", "X": "ü", "Y": ""], body: [0, 255, 10, 36])),
            .response(RTSPResponse(RTSPStatus(code: 299, reasonPhrase: ""), cSeq: 2)),
            .interleaved(InterleavedFrame(channel: 255, payload: Array("RTSP/1.0 200 OK\r\n\r\n".utf8))),
            .request(RTSPRequest(.options, cSeq: 3, version: RTSPVersion(major: 2, minor: 0))),
        ]
        var parser = RTSPParser()
        for message in messages {
            parser.append(RTSPSerializer.bytes(of: message).span)
            #expect(try parser.next().map(Self.withoutLength) == message)
            #expect(!parser.isInsideMessage)
        }
    }

    @Test func `nothing in a message can make two of it`() throws {
        let bad = "a\r\n\r\nTEARDOWN rtsp://h/ RTSP/1.0\r\nCSeq: 9\r\n\r\n\0"
        let messages: [RTSPMessage] = [
            .request(RTSPRequest(RTSPMethod(rawValue: bad), url: bad, headers: [bad: bad, "CSeq": bad, "": "x", ":": "y"])),
            .response(RTSPResponse(RTSPStatus(code: -5, reasonPhrase: bad), headers: [bad: bad, "Content-Length : ": "100"])),
            .request(RTSPRequest(RTSPMethod(rawValue: " \n"), url: "", version: RTSPVersion(major: -1, minor: .max))),
        ]
        for message in messages {
            var parser = RTSPParser()
            parser.append(RTSPSerializer.bytes(of: message).span)
            #expect(try parser.next() != nil)
            #expect(try parser.next() == nil)
            #expect(parser.bufferedByteCount == 0)
        }
    }

    @Test func `a status that is none becomes 500`() {
        let bytes = RTSPSerializer.bytes(of: RTSPResponse(RTSPStatus(code: 1_000_000, reasonPhrase: "x")))
        #expect(String(decoding: bytes, as: UTF8.self) == "RTSP/1.0 500 x\r\n\r\n")
    }

    private static func withoutLength(_ message: RTSPMessage) -> RTSPMessage {
        guard case .request(var request) = message else { return message }
        request.headers["Content-Length"] = nil
        return .request(request)
    }
}
