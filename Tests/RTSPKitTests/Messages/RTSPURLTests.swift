import RTSPKit
import Testing

struct RTSPURLTests {
    @Test func `a URL is taken apart`() throws {
        let url = try RTSPURL(parsing: "rtsp://user:secret@Camera.Local:8554/movie%20one/stream=0?a=b&c=d")
        #expect(url.scheme == "rtsp")
        #expect(url.user == "user")
        #expect(url.password == "secret")
        #expect(url.host == "camera.local")
        #expect(url.port == 8554)
        #expect(url.path == "/movie%20one/stream=0")
        #expect(url.query == "a=b&c=d")
        #expect(url.decodedPath == ["movie one", "stream=0"])
        #expect(url.absoluteString == "rtsp://camera.local:8554/movie%20one/stream=0?a=b&c=d")
        #expect("\(url)" == url.absoluteString)
    }

    @Test(arguments: [
        "rtsp://h", "rtsp://h/", "rtsp://h/a", "rtsp://h:554/a", "rtsps://h?x", "rtspu://[::1]:5/a/?", "rtsp://h/a?b?c",
    ])
    func `a URL is written as it was sent`(text: String) throws {
        #expect(try RTSPURL(parsing: text).absoluteString == text)
    }

    @Test func `the default port equals none`() throws {
        let (stated, unstated) = (try RTSPURL(parsing: "rtsp://h:554/a"), try RTSPURL(parsing: "RTSP://H/a"))
        #expect(stated == unstated)
        #expect(Set([stated, unstated]).count == 1)
        #expect(try RTSPURL(parsing: "rtsps://h/").port == 322)
        #expect(try RTSPURL(parsing: "rtsp://h:/").port == 554)
        #expect(try stated != RTSPURL(parsing: "rtsp://h:555/a"))
        #expect(try stated != RTSPURL(parsing: "rtsp://u@h/a"))
    }

    @Test(arguments: ["rtsp://rtsp://host:8554/a", "rtsp://RTSP://rtsp://host:8554/a"])
    func `M05 a scheme said twice counts once`(text: String) throws {
        #expect(try RTSPURL(parsing: text).absoluteString == "rtsp://host:8554/a")
    }

    @Test(arguments: [
        ("rtsp://::ffff:1.2.3.4/", "::ffff:1.2.3.4", UInt16(554)), ("rtsp://[::1]:8554/", "::1", 8554),
        ("rtsp://[fe80::1%eth0]/", "fe80::1%eth0", 554), ("rtsp://u:p@::1/", "::1", 554),
    ])
    func `M06 an IPv6 address needs no brackets`(text: String, host: String, port: UInt16) throws {
        let url = try RTSPURL(parsing: text)
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(url.absoluteString == "rtsp://[\(host)]" + (port == 554 ? "" : ":\(port)") + "/")
    }

    @Test(arguments: [
        ("rtsp://u:100%@h/", "u", "100%"), ("rtsp://u:a%40b@h/", "u", "a@b"), ("rtsp://u:a@b@h/", "u", "a@b"),
        ("rtsp://u:a:b@h/", "u", "a:b"), ("rtsp://u:%zz@h/", "u", "%zz"), ("rtsp://u@h/", "u", nil), ("rtsp://:@h/", "", ""),
    ])
    func `M37 a password may contain anything and is never printed`(text: String, user: String, password: String?) throws {
        let url = try RTSPURL(parsing: text)
        #expect(url.user == user)
        #expect(url.password == password)
        #expect(url.host == "h")
        #expect(url.description == "rtsp://h/")
    }

    @Test(arguments: [
        ("", RTSPURLError.unsupportedScheme), ("*", .unsupportedScheme), ("movie.Mjpeg", .unsupportedScheme),
        ("http://h/", .unsupportedScheme), ("rtsp:/h", .unsupportedScheme), ("rtsp://", .invalidHost),
        ("rtsp:///a", .invalidHost),
        ("rtsp://:554/", .invalidHost), ("rtsp://a b/", .invalidHost), ("rtsp://[::1/", .invalidHost),
        ("rtsp://[h]/", .invalidHost),
        ("rtsp://h:80:90/", .invalidHost), ("rtsp://[::1]x/", .invalidHost), ("rtsp://h:0/", .invalidPort),
        ("rtsp://h:65536/", .invalidPort), ("rtsp://h:+5/", .invalidPort), ("rtsp://h/a\r\nX: y", .invalidCharacter),
        ("rtsp://h/\u{7F}", .invalidCharacter), ("rtsp://h/" + String(repeating: "a", count: 9_000), .tooLong),
    ])
    func `what is no RTSP URL is refused by name`(text: String, error: RTSPURLError) {
        #expect(throws: error) { try RTSPURL(parsing: text) }
    }

    @Test func `blanks in a path are escaped, those around the URL dropped`() throws {
        #expect(try RTSPURL(parsing: " rtsp://h/a b?c d\r\n").absoluteString == "rtsp://h/a%20b?c%20d")
    }

    @Test(arguments: [
        ("rtsp://h", []), ("rtsp://h//a/", ["a"]), ("rtsp://h/%C3%A9", ["é"]), ("rtsp://h/a%2Fb", nil), ("rtsp://h/%", nil),
        ("rtsp://h/%4", nil), ("rtsp://h/%+1", nil), ("rtsp://h/%FF", nil), ("rtsp://h/a/../b", nil), ("rtsp://h/%2e%2E/b", nil),
        ("rtsp://h/.", nil), ("rtsp://h/a%00", nil), ("rtsp://h/a%5Cb", nil), ("rtsp://h/a%0D%0A", nil),
        ("rtsp://h/..a", ["..a"]),
    ])
    func `a decoded path leads nowhere else`(text: String, path: [String]?) throws {
        #expect(try RTSPURL(parsing: text).decodedPath == path)
    }

    @Test(arguments: [
        ("rtsp://h/a", "*", "rtsp://h/a"), ("rtsp://h/a", "", "rtsp://h/a"), ("rtsp://h/a", "trackID=0", "rtsp://h/a/trackID=0"),
        ("rtsp://h/a/", "trackID=0", "rtsp://h/a/trackID=0"), ("rtsp://h/a/", "/trackID=0", "rtsp://h/a/trackID=0"),
        ("rtsp://h", "trackID=0", "rtsp://h/trackID=0"), ("rtsp://h/a", "?ctype=video", "rtsp://h/a?ctype=video"),
        ("rtsp://h/a", "rtsp://h/b/1", "rtsp://h/b/1"), ("rtsp://h/a", "RTSP://other:5/b", "rtsp://other:5/b"),
        ("rtsp://h/a?x=1", "trackID=0", "rtsp://h/a?x=1/trackID=0"), ("rtsp://h/a?x=1/", "trackID=0", "rtsp://h/a?x=1/trackID=0"),
        ("rtsp://h/a/b.264", "track 1", "rtsp://h/a/b.264/track%201"), ("rtsp://h/a", "a:b", "rtsp://h/a/a:b"),
    ])
    func `S22 S23 a control attribute is written behind the base`(base: String, control: String, result: String) throws {
        #expect(try RTSPURL(parsing: base).resolving(control: control)?.absoluteString == result)
    }

    @Test(arguments: ["http://h/", "rtsp://", "a\r\nb", String(repeating: "a", count: 9_000)])
    func `a control attribute that leads to no RTSP URL is refused`(control: String) throws {
        #expect(try RTSPURL(parsing: "rtsp://h/a").resolving(control: control) == nil)
    }

    @Test func `credentials do not go along to another host`() throws {
        let base = try RTSPURL(parsing: "rtsp://u:p@h/a")
        #expect(base.resolving(control: "t")?.password == "p")
        #expect(base.resolving(control: "rtsp://h:554/t")?.password == "p")
        #expect(base.resolving(control: "rtsp://h:555/t")?.user == nil)
        #expect(base.resolving(control: "rtsp://evil/t")?.password == nil)
        #expect(base.resolving(control: "rtsp://x:y@evil/t")?.user == "x")
        #expect(base.resolving(contentBase: "evil.example:554/t")?.user == nil)
    }

    @Test(arguments: [
        ("/movie/", "rtsp://h:8554/movie/"), ("", "rtsp://h:8554/a"), ("rtsp://h:8554/b/", "rtsp://h:8554/b/"),
        ("movie/", "rtsp://h:8554/movie/"),
    ])
    func `M03 a relative Content-Base belongs to the same host`(value: String, result: String) throws {
        #expect(try RTSPURL(parsing: "rtsp://h:8554/a").resolving(contentBase: value)?.absoluteString == result)
    }

    @Test(arguments: [
        ("192.168.253.220:1935/", "rtsp://192.168.253.220:1935/"), ("h/a/", "rtsp://h/a/"), ("rtsp://rtsp://h/a/", "rtsp://h/a/"),
        ("camera.local/a", "rtsp://camera.local/a"),
    ])
    func `M04 a Content-Base may lack its scheme`(value: String, result: String) throws {
        #expect(try RTSPURL(parsing: "rtsp://h/a").resolving(contentBase: value)?.absoluteString == result)
    }

    @Test func `a combining mark hides no scheme`() throws {
        let url = try RTSPURL(parsing: "rtsp://h/a")
        #expect(url.resolving(control: "rtsp://\u{358}x/b")?.host == "\u{358}x")
        #expect(url.resolving(control: "rtsp://\u{358}x/b")?.path == "/b")
    }
}
