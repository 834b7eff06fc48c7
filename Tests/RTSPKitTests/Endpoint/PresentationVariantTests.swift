import MJPEGSource
import RTPTransport
import RTSPKit
import RTSPTestKit
import Testing

/// Variants: what a URL asks for, and how it travels through DESCRIBE and SETUP.
@Suite struct PresentationVariantTests {
    @Test func `a query says what is wanted, in any order, and its words come back the same`() throws {
        let variant = try #require(PresentationVariant(query: "quality=50&maxBitRate=2M&scale=4/8&adapt=loss"))
        #expect(variant.scale == JPEGScale(eighths: 4))
        #expect(variant.quality == 50)
        #expect(variant.maximumBitRate == 2_000_000)
        #expect(variant.followsLoss)
        #expect(variant.description == "scale=1/2&quality=50&maxBitRate=2000000&adapt=loss")
        #expect(PresentationVariant(query: variant.description) == variant)
        #expect(PresentationVariant.original.description == "")
    }

    @Test(arguments: [
        "", "?", "&&", "token=abc", "scale", "x=1/2&y", "scale=1", "scale=8/8", "adapt=off", "=", "a=%zz",
    ])
    func `what is not said, or means nothing here, is the original`(_ query: String) {
        #expect(PresentationVariant(query: query) == .original)
    }

    @Test(arguments: [
        "scale=", "scale=0", "scale=2", "scale=9/8", "scale=1/0", "scale=1/3", "scale=0/8", "scale=-1/2", "scale=1/2/3",
        "scale=half", "quality=0", "quality=101", "quality=", "quality=9999999999999999999999", "quality=+5", "maxBitRate=0",
        "maxBitRate=7999", "maxBitRate=1G", "maxBitRate=99999999999999999999", "maxBitRate=9223372036854775807k", "maxBitRate=k",
        "adapt=yes", "adapt=", "scale=1/2&quality=no",
    ])
    func `a value that is none, or out of range, is refused`(_ query: String) {
        #expect(PresentationVariant(query: query) == nil)
    }

    @Test(arguments: [("1/8", 1), ("1/4", 2), ("3/8", 3), ("1/2", 4), ("5/8", 5), ("6/8", 6), ("3/4", 6), ("7/8", 7), ("1", 8)])
    func `every eighth can be asked for, also escaped`(_ text: String, _ eighths: Int) {
        let escaped = text.split(separator: "/").joined(separator: "%2F")
        for text in [text, escaped] {
            #expect(PresentationVariant(query: "SCALE=\(text)")?.scale == JPEGScale(eighths: eighths))
        }
    }

    @Test func `of two the smaller counts in every respect`() {
        let first = PresentationVariant(scale: JPEGScale(eighths: 4) ?? .full, quality: 80)
        let second = PresentationVariant(quality: 60, maximumBitRate: 500_000, followsLoss: true)
        let both = PresentationVariant(
            scale: JPEGScale(eighths: 4) ?? .full, quality: 60, maximumBitRate: 500_000, followsLoss: true)
        #expect(first.limited(by: second) == both)
        #expect(second.limited(by: first) == both)
        #expect(first.limited(by: .original) == first)
    }

    @Test func `what is out of range is moved to the nearest that there is`() {
        let variant = PresentationVariant(quality: 1000, maximumBitRate: -5)
        #expect(variant.quality == 100)
        #expect(variant.maximumBitRate == 8000)
    }

    @Test func `a bit rate is shared by the frames, headers included`() throws {
        let variant = PresentationVariant(maximumBitRate: 2_000_000)
        let bytes = try #require(variant.conversion(framesPerSecond: 25).maximumByteCount)
        // 10 000 bytes a frame: seven packets, each with 48 bytes of headers.
        #expect(bytes == 10_000 - 7 * 48)
        #expect(variant.conversion(framesPerSecond: nil).maximumByteCount == nil)
        #expect(variant.conversion(framesPerSecond: 0).maximumByteCount == nil)
        #expect(variant.conversion(framesPerSecond: .nan).maximumByteCount == nil)
        #expect(PresentationVariant(maximumBitRate: 8000).conversion(framesPerSecond: 1000).maximumByteCount == 1)
        #expect(PresentationVariant.original.conversion(framesPerSecond: 25) == .carriable)
    }

    // MARK: On the server

    private static func dialogue(honours: Bool = true) -> ServerDialogue {
        var talk = ServerDialogue { $0.honoursVariants = honours }
        talk.answersQuestions = false
        return talk
    }

    private static func setUp(_ url: String, in talk: inout ServerDialogue) -> RTSPResponse {
        talk.ask(.setup, url, ["Transport": ServerDialogue.udp])
    }

    @Test(arguments: [
        "rtsp://host/movie?scale=1/2", "rtsp://host/movie?scale=1/2/stream=0", "rtsp://host/movie/stream=0?scale=1/2",
        "rtsp://host/movie/?scale=1/2/stream=0", "rtsp://host/movie?scale=1/2/", "rtsp://host/movie?scale=1%2F2/stream=0",
    ])
    func `SETUP finds the variant however the client puts the control into the URL`(_ url: String) {
        var talk = Self.dialogue()
        _ = Self.setUp(url, in: &talk)
        let half = PresentationVariant(scale: JPEGScale(eighths: 4) ?? .full)
        #expect(talk.open == [.find(path: "/movie", purpose: .session, variant: half)])
        #expect(talk.open.first?.place == "/movie?scale=1/2")
    }

    @Test func `where variants are not honoured a query means nothing`() {
        for query in ["scale=1/2", "quality=0"] {
            var talk = Self.dialogue(honours: false)
            _ = talk.ask(.describe, "rtsp://host/movie?\(query)")
            #expect(talk.open == [.find(path: "/movie", purpose: .describe)])
        }
    }

    @Test func `a query that asks for what there is not is answered 400, and changes nothing`() {
        var talk = Self.dialogue()
        #expect(talk.ask(.describe, "rtsp://host/movie?quality=0").status == .badRequest)
        #expect(Self.setUp("rtsp://host/movie?scale=3/stream=0", in: &talk).status == .badRequest)
        #expect(talk.open.isEmpty)
        #expect(talk.connection.sessionCount == 0)
        #expect(talk.connection.state == .open)
    }

    @Test func `DESCRIBE gives a base that leads back to the variant`() throws {
        var talk = ServerDialogue { $0.honoursVariants = true }
        let answer = talk.ask(.describe, "rtsp://host/movie?scale=1/2")
        #expect(answer.status == .ok)
        #expect(String(decoding: answer.body, as: UTF8.self).contains("a=control:rtsp://host/movie/stream=0?scale=1/2\r\n"))
        let base = try #require(answer.headers["Content-Base"])
        #expect(base == "rtsp://host/movie?scale=1/2/")
        let url = try #require(
            try RTSPURL(parsing: "rtsp://host/movie").resolving(contentBase: base)?.resolving(control: "stream=0"))
        talk.answersQuestions = false
        _ = Self.setUp(url.absoluteString, in: &talk)
        #expect(talk.open.first?.place == "/movie?scale=1/2")
    }

    @Test func `a session is one variant: PLAY and TEARDOWN by any of its URLs, SETUP of another is refused`() throws {
        var talk = ServerDialogue { $0.honoursVariants = true }
        let url = "rtsp://host/movie?quality=50"
        let answer = talk.ask(.setup, url + "/stream=0", ["Transport": ServerDialogue.udp])
        let session = try #require(answer.headers["Session"].flatMap(SessionHeader.parse)?.id)
        #expect(
            talk.ask(.setup, "rtsp://host/movie?quality=20/stream=0", session: session, ["Transport": ServerDialogue.udp]).status
                == .aggregateOperationNotAllowed)
        #expect(
            talk.ask(.setup, "rtsp://host/movie/stream=0?quality=50", session: session, ["Transport": ServerDialogue.udp]).status
                == .ok)
        #expect(talk.ask(.play, url + "/", session: session).status == .ok)
        talk.pass(.milliseconds(100))
        #expect(talk.transport.batches.count == 3)
        #expect(talk.ask(.teardown, url, session: session).status == .ok)
        #expect(talk.connection.sessionCount == 0)
    }

    @Test func `the description states the size where it is known`() throws {
        var talk = ServerDialogue()
        talk.catalog["/sized"] = .stored(
            StoredPresentation(
                name: "sized", source: ServerDialogue.frames, pictureSize: PictureSize(width: 4000, height: 3000)))
        let sized = String(decoding: talk.ask(.describe, "rtsp://host/sized").body, as: UTF8.self)
        #expect(sized.contains("a=framesize:26 4000-3000\r\n"))
        #expect(sized.contains("a=x-dimensions:4000,3000\r\n"))
        let unsized = String(decoding: talk.ask(.describe).body, as: UTF8.self)
        #expect(!unsized.contains("framesize"))
        #expect(!unsized.contains("x-dimensions"))
    }

    @Test func `a live presentation knows the size of the last picture that was packetized`() throws {
        var generator = SeededGenerator(seed: 1)
        var live = LivePresentation(
            id: LivePresentationID(rawValue: 1), name: "camera", canonicalName: "camera", wallClock: ServerDialogue.wallClock,
            using: &generator)
        #expect(live.description.pictureSize == nil)
        let picture = SyntheticPicture(width: 640, height: 480).bytes
        let frame = MJPEGFrame(image: SyntheticPicture(isProgressive: true).bytes, presentationTime: .zero)
        #expect(throws: JPEGError.progressive) { try live.packetize(frame, at: ServerDialogue.start) }
        let sent = try live.packetize(frame, carrying: picture, at: ServerDialogue.start)
        #expect(live.description.pictureSize == PictureSize(width: 640, height: 480))
        #expect(sent.frame == frame)
        #expect(Array(sent.batch.bytes.suffix(600)) == SyntheticPicture.scanData(of: picture))
    }
}
