import RTSPKit
import Testing

private func read(_ text: String, limits: SessionDescription.Limits = .init()) throws -> SessionDescription {
    let bytes = Array(text.utf8)
    return try SessionDescription(parsing: bytes.span, limits: limits)
}

struct SessionDescriptionTests {
    private let camera = """
        v=0\r\no=- 1188340656180883 1 IN IP4 192.168.1.10\r\ns=Session\r\ni=live\r\nc=IN IP4 239.0.0.1/127\r\nb=AS:500\r\nt=0 0\r
        a=control:*\r\na=range:npt=0-10.5\r\nm=video 0 RTP/AVP 26\r\ni=front\r\nb=AS:450\r\na=rtpmap:26 JPEG/90000\r
        a=control:trackID=0\r\na=framerate:12.5\r\nm=audio 6000/2 RTP/AVP 0 97\r\na=rtpmap:97 opus/48000/2\r\na=recvonly\r\n
        """

    @Test func `a description is read whole`() throws {
        let session = try read(camera)
        #expect(
            session.origin
                == SDPOrigin(sessionID: "1188340656180883", sessionVersion: "1", addressType: "IP4", address: "192.168.1.10"))
        #expect(session.sessionName == "Session")
        #expect(session.information == "live")
        #expect(session.connection == SDPConnection(address: "239.0.0.1", ttl: 127))
        #expect(session.bandwidths == [SDPBandwidth(type: "AS", value: 500)])
        #expect(session.control == "*")
        #expect(session.range == .npt(.from(.zero, to: .milliseconds(10_500))))
        let video = try #require(session.media.first)
        #expect(video.kind == "video")
        #expect(video.port == 0)
        #expect(video.transportProtocol == "RTP/AVP")
        #expect(video.formats == ["26"])
        #expect(video.information == "front")
        #expect(video.bandwidths == [SDPBandwidth(type: "AS", value: 450)])
        #expect(video.control == "trackID=0")
        #expect(video.framerate == 12.5)
        #expect(video.jpegPayloadType == 26)
        let audio = try #require(session.media.last)
        #expect(audio.port == 6_000)
        #expect(audio.attributes.last == SDPAttribute(name: "recvonly"))
        #expect(
            audio.rtpMaps == [
                0: RTPMap(encodingName: "PCMU", clockRate: 8_000),
                97: RTPMap(encodingName: "opus", clockRate: 48_000, channels: 2),
            ])
        #expect(audio.jpegPayloadType == nil)
    }

    @Test func `a description is written as it is read`() throws {
        let session = try read(camera)
        #expect(session.serialized == camera.replacing("6000/2", with: "6000"))
        #expect(try SessionDescription(parsing: session.bytes.span) == session)
    }

    @Test func `our own description is complete`() throws {
        var session = SessionDescription(
            origin: SDPOrigin(sessionID: "1", sessionVersion: "1", address: "127.0.0.1"), sessionName: "movie",
            connection: SDPConnection(address: "0.0.0.0"))
        session.control = "*"
        session.range = .npt(.from(.zero, to: .seconds(10)))
        session.media = [.jpeg(control: "stream=0", framesPerSecond: 25, width: 1280, height: 720)]
        let text =
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=movie\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\na=control:*\r\na=range:npt=0-10\r\n"
            + "m=video 0 RTP/AVP 26\r\na=rtpmap:26 JPEG/90000\r\na=control:stream=0\r\na=framerate:25\r\n"
            + "a=framesize:26 1280-720\r\na=x-dimensions:1280,720\r\n"
        #expect(session.serialized == text)
        #expect(try read(text) == session)
    }

    @Test(arguments: ["v=0", "s=Session", "o=- 1188340656180883 1 IN IP4 192.168.1.10", "t=0 0"])
    func `S01 S02 S03 S04 a line that must be there may be missing`(line: String) throws {
        let session = try read(camera.replacing(line + "\r\n", with: ""))
        #expect(session.media == (try read(camera).media))
        #expect(session.origin == (line.hasPrefix("o=") ? nil : try read(camera).origin))
        #expect(session.sessionName == (line.hasPrefix("s=") ? nil : "Session"))
        #expect(session.serialized.hasPrefix("v=0\r\no="))
        #expect(session.serialized.contains("\r\nt=0 0\r\n"))
    }

    @Test func `S04 session lines may stand in any order`() throws {
        let text = "t=0 0\na=control:*\ns=x\nv=0\na=tool:y\no=- 1 2 IN IP4 h\nm=video 0 RTP/AVP 26\n"
        let session = try read(text)
        #expect(session.attributes == [SDPAttribute(name: "control", value: "*"), SDPAttribute(name: "tool", value: "y")])
        #expect(session.origin?.sessionVersion == "2")
        #expect(session.sessionName == "x")
    }

    @Test func `S05 lines may end with LF, be empty, or not end at all`() throws {
        let lines = camera.replacing("\r\n", with: "\n\n").trimmingSuffixLineEnds
        #expect(try read(lines) == (try read(camera)))
        #expect(!lines.hasSuffix("\n"))
    }

    @Test(arguments: [
        ("S06 user name", "o=My Camera X 1 2 IN IP4 h", "My Camera X", "1", "2", "IP4", "h"),
        ("S07 hexadecimal", "o=- 1f2e3d 0xAB IN IP4 h", "-", "1f2e3d", "0xAB", "IP4", "h"),
        ("S08 fraction", "o=- 16379793953309178445 1.5 IN IP4 h", "-", "16379793953309178445", "1.5", "IP4", "h"),
        ("S08 negative", "o=- -17 -1 IN IP4 h", "-", "-17", "-1", "IP4", "h"),
        ("S09 IPV4", "o=- 1 2 IN IPV4 h", "-", "1", "2", "IP4", "h"),
        ("S09 IP IP4", "o=- 1 2 IP IP4 h", "-", "1", "2", "IP4", "h"),
        ("S10 cut off", "o=- 1001 1 IN", "-", "1001", "1", "IP4", nil),
        ("S10 no address", "o=- 1 2 IN IP4 ", "-", "1", "2", "IP4", nil),
        ("no user", "o=1 2 IN IP6 ::1", "-", "1", "2", "IP6", "::1"),
        ("S10 cut off", "o=- 1 2", "-", "1", "2", "IP4", nil), ("no type", "o=- 1 2 IN ::1", "-", "1", "2", "IP6", "::1"),
    ])
    func `an origin is read as it was meant`(
        quirk: String, line: String, user: String, id: String, version: String, type: String, address: String?
    ) throws {
        let origin = SDPOrigin(username: user, sessionID: id, sessionVersion: version, addressType: type, address: address)
        let session = try read(line + "\ns=x\nm=video 0 RTP/AVP 26\n")
        #expect(session.origin == origin, "\(quirk)")
        #expect(session.media.count == 1)
    }

    @Test(arguments: ["o=", "o=-", "o=x IN IP4 h", "o=IN IP4 h"])
    func `an origin without numbers is none`(line: String) throws {
        #expect(try read(line + "\ns=x\n").origin == nil)
    }

    @Test(arguments: [
        ("S09", "IN IPV4 1.2.3.4", SDPConnection(address: "1.2.3.4")),
        ("S09", "IP IP4 1.2.3.4", SDPConnection(address: "1.2.3.4")),
        ("S10", "IN", nil), ("S10", "", nil), ("S10", "IN IP4 ", nil), ("S10", "IN IP4 /127", nil),
        ("S11", "IN 1.2.3.4", SDPConnection(address: "1.2.3.4")),
        ("S11", "IN ::1", SDPConnection(addressType: "IP6", address: "::1")),
        ("RFC", "IN IP4 224.2.1.1/127/3", SDPConnection(address: "224.2.1.1", ttl: 127)),
        ("RFC", "IN IP6 FF15::101/3", SDPConnection(addressType: "IP6", address: "FF15::101")),
        ("ttl", "IN IP4 224.2.1.1/999", SDPConnection(address: "224.2.1.1")),
    ])
    func `a connection is read as it was meant`(quirk: String, value: String, connection: SDPConnection?) throws {
        let session = try read("s=x\nc=\(value)\nm=video 0 RTP/AVP 26\nc=\(value)\n")
        #expect(session.connection == connection, "\(quirk)")
        #expect(session.media.map(\.connection) == [connection])
    }

    @Test func `S12 a time that is none does not matter`() throws {
        #expect(try read("v=0\nt=now-\nm=video 0 RTP/AVP 26\n").media.count == 1)
    }

    @Test func `S13 unknown bandwidths are kept and unreadable ones are not`() throws {
        let session = try read(
            "v=0\nb=TIAS:64000\nb=x\nm=video 0 RTP/AVP 26\nb=RS:0\nb=RR:-5\nb=X-Y: 7\nb=AS:99999999999999999999\n")
        #expect(session.bandwidths == [SDPBandwidth(type: "TIAS", value: 64_000)])
        #expect(session.media.first?.bandwidths == [SDPBandwidth(type: "RS", value: 0), SDPBandwidth(type: "X-Y", value: 7)])
    }

    @Test func `S17 an unreadable section does not cost the others`() throws {
        let session = try read(
            "v=0\nm=\na=control:0\nm=video x RTP/AVP 26\na=control:1\nb=AS:1\nm=video 70000 RTP/AVP 26\nm=video 0 RTP/AVP 26\na=control:2\n"
        )
        #expect(session.media.map(\.control) == ["2"])
        #expect(session.unreadableMediaCount == 3)
        #expect(session.attributes.isEmpty)
        #expect(session.bandwidths.isEmpty)
    }

    @Test func `S18 of several names the first counts, and one inside a section none`() throws {
        let session = try read("s=a\ns=b\ni=c\ni=d\nm=video 0 RTP/AVP 26\ns=e\ni=f\ni=g\n")
        #expect(session.sessionName == "a")
        #expect(session.information == "c")
        #expect(session.media.first?.information == "f")
    }

    @Test func `S28 duplicate control ids are kept`() throws {
        let session = try read("v=0\nm=video 0 RTP/AVP 26\na=control:x\nm=audio 0 RTP/AVP 0\na=control:x\n")
        #expect(session.media.map(\.control) == ["x", "x"])
    }

    @Test(arguments: ["", "\r\n\r\n", "hello", "RTSP/1.0 200 OK\r\n\r\n", "= \n", "V=0\n"])
    func `what has no line of a description is none`(text: String) {
        #expect(throws: SDPParseError(.notADescription, offset: 0)) { try read(text) }
    }

    @Test func `each limit is kept exactly`() throws {
        let text = "v=0\nm=video 0 RTP/AVP 26\nm=\n"
        let exact = SessionDescription.Limits(bytes: text.utf8.count, lines: 3, media: 2)
        #expect(try read(text, limits: exact).media.count == 1)
        var limits = exact
        limits.bytes -= 1
        #expect(throws: SDPParseError(.tooLarge, offset: limits.bytes)) { try read(text, limits: limits) }
        limits = exact
        limits.lines = 2
        #expect(throws: SDPParseError(.tooManyLines, offset: 25)) { try read(text, limits: limits) }
        limits = exact
        limits.media = 1
        #expect(throws: SDPParseError(.tooManyMedia, offset: 25)) { try read(text, limits: limits) }
    }

    @Test func `values cannot add lines`() throws {
        let bad = "x\r\nm=audio 0 RTP/AVP 0\r\na=control:evil"
        var media = MediaDescription.jpeg(control: bad)
        media.attributes.append(SDPAttribute(name: bad, value: nil))
        media.information = bad
        media.transportProtocol = bad
        media.formats.append(bad)
        media.bandwidths = [SDPBandwidth(type: bad, value: -1)]
        let session = SessionDescription(
            origin: SDPOrigin(username: bad, sessionID: bad, sessionVersion: bad, addressType: bad, address: bad),
            sessionName: bad,
            information: bad, connection: SDPConnection(addressType: bad, address: bad),
            attributes: [SDPAttribute(name: bad, value: bad)],
            media: [media])
        let again = try SessionDescription(parsing: session.bytes.span)
        #expect(again.media.count == 1)
        #expect(again.media.first?.kind == "video")
        #expect(session.serialized.utf8.count { $0 == 0x0A } == 13)
    }

    /// Found by fuzzing.
    @Test func `an attribute whose name cannot be written does not become another one`() throws {
        let text = "v=0\r\ns=-\r\nt=0 0\r\na=ra nge:npt=0-7\r\n"
        let bytes = Array(text.utf8)
        let description = try SessionDescription(parsing: bytes.span)
        #expect(description.range == nil)
        #expect(description.serialized.contains("a=ra_nge:npt=0-7\r\n"))
        let written = Array(description.serialized.utf8)
        #expect(try SessionDescription(parsing: written.span).range == nil)
    }

    @Test func `what has nothing that can be written still leaves a well-formed line`() throws {
        let text = "v=0\r\no=\u{1} \u{2} 7 8 IN IP4\r\ns=\u{1}\r\nm=\"v\" 0 \" 26\r\na=:x\r\na=con\u{1}trol:y\r\n"
        let first = try SessionDescription(parsing: Array(text.utf8).span)
        let again = try SessionDescription(parsing: first.bytes.span)
        #expect(again.serialized == first.serialized)
        #expect(
            again.media == [
                MediaDescription(
                    kind: "\"v\"", transportProtocol: "\"", formats: ["26"],
                    attributes: [SDPAttribute(name: "-", value: "x"), SDPAttribute(name: "con_trol", value: "y")])
            ])
        let empty = SessionDescription(
            origin: SDPOrigin(username: "", sessionID: "", sessionVersion: "\n", addressType: "", address: ""),
            media: [MediaDescription(kind: "", transportProtocol: "", formats: [""])])
        #expect(empty.serialized == "v=0\r\no=- - - IN - -\r\ns=-\r\nt=0 0\r\nm=- 0 - -\r\n")
    }
}

extension String {
    fileprivate var trimmingSuffixLineEnds: String {
        var text = self
        while text.hasSuffix("\n") { text.removeLast() }
        return text
    }
}
