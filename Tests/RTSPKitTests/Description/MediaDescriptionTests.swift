import RTSPKit
import Testing

private func media(_ lines: String...) throws -> MediaDescription {
    let bytes = Array(("v=0\n" + lines.joined(separator: "\n") + "\n").utf8)
    return try #require(try SessionDescription(parsing: bytes.span).media.first)
}

struct MediaDescriptionTests {
    private let jpeg = RTPMap(encodingName: "JPEG", clockRate: 90_000)

    @Test func `payload type 26 is JPEG without being said`() throws {
        let video = try media("m=video 0 RTP/AVP 26")
        #expect(video.rtpMaps == [26: jpeg])
        #expect(video.jpegPayloadType == 26)
        #expect(try media("m=video 0 RTP/AVP 96", "a=rtpmap:96 jpeg/90000").jpegPayloadType == 96)
    }

    @Test(arguments: ["RTP/AVP/MP2T", "MP2T/RTP/AVP", "MP2T/H2221/UDP"])
    func `S14 any transport profile is kept`(profile: String) throws {
        #expect(try media("m=video 0 \(profile) 33").transportProtocol == profile)
    }

    @Test func `S15 a format may be anything`() throws {
        let other = try media("m=application/MERCURY 0 RTP/AVP smart/1/90000", "a=rtpmap:95 MERCURY/90000", "a=rtpmap:x")
        #expect(other.kind == "application/MERCURY")
        #expect(other.formats == ["smart/1/90000"])
        #expect(other.rtpMaps == [95: RTPMap(encodingName: "MERCURY", clockRate: 90_000)])
        #expect(try media("m=video 0 RTP/AVP").formats == [])
    }

    @Test(arguments: ["meta", "metadata", "vana", "video"])
    func `S16 any kind is kept`(kind: String) throws {
        #expect(try media("m=\(kind) 0 RTP/AVP 107").kind == kind)
    }

    @Test func `S19 parameters of another stream's format are not ours`() throws {
        let video = try media("m=video 0 RTP/AVP 96", "a=fmtp:97 mode=AAC-hbr", "a=fmtp:96 packetization-mode=1")
        #expect(video.formatParameters(of: 96) == "packetization-mode=1")
        #expect(video.formatParameters(of: 97) == "mode=AAC-hbr")
        #expect(video.formatParameters(of: 98) == nil)
        #expect(video.rtpMaps.isEmpty)
    }

    @Test(arguments: ["a=rtpmap:26 JPEG/90000 ", "a=rtpmap: 26  JPEG/90000\t", "a=rtpmap:26 JPEG/90000/"])
    func `S20 blanks in rtpmap do not matter`(line: String) throws {
        #expect(try media("m=video 0 RTP/AVP 26", line).rtpMaps == [26: jpeg])
    }

    @Test(arguments: ["a=fmtp:96", "a=fmtp:96 ", "a=fmtp: 96"])
    func `S21 fmtp may be without parameters`(line: String) throws {
        #expect(try media("m=video 0 RTP/AVP 96", line).formatParameters(of: 96) == "")
        #expect(try media("m=video 0 RTP/AVP 96", "a=fmtp", line).formatParameters(of: 97) == nil)
    }

    @Test(arguments: ["trackID=1", "*", "rtsp://h/a/trackID=1", "?ctype=video", "/a:b"])
    func `S22 control may stand first and be of any form`(control: String) throws {
        let video = try media("m=video 0 RTP/AVP 96", "a=control:\(control)", "a=rtpmap:96 JPEG/90000")
        #expect(video.control == control)
        #expect(video.jpegPayloadType == 96)
    }

    @Test func `S24 opus with one channel`() throws {
        let audio = try media("m=audio 0 RTP/AVP 97", "a=rtpmap:97 opus/48000/1")
        #expect(audio.rtpMaps == [97: RTPMap(encodingName: "opus", clockRate: 48_000, channels: 1)])
    }

    @Test(arguments: ["a=sendonly", "a=recvonly:x", "a=CV-RTSPHandler", "a="])
    func `S25 S26 an odd attribute changes nothing else`(line: String) throws {
        let video = try media("m=video 0 RTP/AVP 26", line, "a=control:1", "a=fmtp:26 sprop-parameter-sets=;")
        #expect(video.control == "1")
        #expect(video.jpegPayloadType == 26)
        #expect(video.formatParameters(of: 26) == "sprop-parameter-sets=;")
    }

    @Test(arguments: ["JPEG", "JPEG/", "JPEG/0", "JPEG/x", "JPEG/-1", "JPEG/99999999999"])
    func `S27 a clock rate is never 0`(encoding: String) throws {
        #expect(try media("m=video 0 RTP/AVP 26", "a=rtpmap:26 \(encoding)").rtpMaps == [26: jpeg])
        #expect(try media("m=video 0 RTP/AVP 96", "a=rtpmap:96 \(encoding)").rtpMaps == [96: jpeg])
        #expect(try media("m=audio 0 RTP/AVP 96", "a=rtpmap:96 \(encoding)").rtpMaps[96]?.clockRate == 8_000)
        #expect(RTPMap(encodingName: "x", clockRate: 0, channels: -1) == RTPMap(encodingName: "x", clockRate: 1, channels: 1))
    }

    @Test(arguments: ["26", "", "128 JPEG/90000", "-1 JPEG/90000", "26 /90000", "x JPEG/90000"])
    func `an rtpmap without a payload type and a name is none`(value: String) throws {
        #expect(try media("m=video 0 RTP/AVP 96", "a=rtpmap:\(value)").rtpMaps == [:])
    }

    @Test(arguments: [
        ("25", 25.0), ("29.97", 29.97), (" 5 ", 5), ("0", nil), ("-1", nil), ("nan", nil), ("inf", nil), ("1e9", nil), ("", nil),
    ])
    func `a frame rate is a sensible number`(text: String, rate: Double?) throws {
        #expect(try media("m=video 0 RTP/AVP 26", "a=framerate:\(text)").framerate == rate)
    }

    @Test(arguments: [(Double.nan, nil), (.infinity, nil), (0, nil), (12.5, "12.5"), (30, "30")])
    func `a senseless frame rate is not written`(rate: Double, text: String?) {
        #expect(MediaDescription.jpeg(control: "a", framesPerSecond: rate)[attribute: "framerate"] == text)
    }

    @Test(arguments: [
        ("a=x-dimensions:1280,720", [1_280, 720]), ("a=framesize:26 640-480", [640, 480]), ("a=framesize:640-480", [640, 480]),
        ("a=x-dimensions:0,5", nil), ("a=x-dimensions:70000,5", nil), ("a=framesize:26", nil), ("a=cliprect:0,0,1,1", nil),
    ])
    func `the size of the pictures is read where it is stated`(line: String, size: [Int]?) throws {
        let stated = try media("m=video 0 RTP/AVP 26", line).pictureSize
        #expect(stated.map { [$0.width, $0.height] } == size)
    }

    @Test func `setting an attribute replaces all of its name`() {
        var video = MediaDescription(kind: "video", formats: ["26"])
        video.attributes = [
            .init(name: "a"), .init(name: "control", value: "1"), .init(name: "b"), .init(name: "control", value: "2"),
        ]
        video.control = "3"
        #expect(video.attributes == [.init(name: "a"), .init(name: "control", value: "3"), .init(name: "b")])
        video.control = nil
        #expect(video.attributes.map(\.name) == ["a", "b"])
        video.range = .npt(NormalPlayTimeRange(start: .now))
        #expect(video.attributes.last == .init(name: "range", value: "npt=now-"))
        #expect(video.range == .npt(NormalPlayTimeRange(start: .now)))
    }
}
