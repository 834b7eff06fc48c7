import Testing

@testable import PlayerModel

@Suite struct RequestGuardTests {
    private static let local = RequestGuard(port: 8080, bind: "127.0.0.1", allowedHosts: ["Player.example"])

    private static func verdict(
        host: String?, origin: String? = nil, site: String? = nil, method: String = "GET", path: String = "/api/player",
        type: String? = nil, by requests: RequestGuard = local
    ) -> RequestGuard.Verdict {
        requests.judge(.init(method: method, path: path, host: host, origin: origin, fetchSite: site, contentType: type))
    }

    private static func isForbidden(_ verdict: RequestGuard.Verdict) -> Bool {
        if case .forbid = verdict { true } else { false }
    }

    @Test(arguments: [
        "localhost:8080", "127.0.0.1:8080", "[::1]:8080", "LOCALHOST:8080", "player.example:8080", "PLAYER.EXAMPLE:8080",
    ])
    func `our own names are let in`(_ host: String) {
        #expect(Self.verdict(host: host) == .allow)
        #expect(Self.verdict(host: host, origin: "http://\(host)", site: "same-origin") == .allow)
    }

    @Test(arguments: [
        nil, "", ":8080", "localhost", "localhost:", "localhost:80", "localhost:8081", "localhost:08080", "localhost:8080:8080",
        "localhost.:8080", "localhost.evil.example:8080", "evil.example", "evil.example:8080", "127.0.0.1.evil.example:8080",
        "127.0.0.1.:8080", "127.1:8080", "2130706433:8080", "0x7f000001:8080", "0.0.0.0:8080", "[::]:8080", "::1:8080",
        "[::ffff:127.0.0.1]:8080", "[::1]", "[::1]evil.example:8080", "user@localhost:8080", "localhost:8080@evil.example",
        "localhost:8080, evil.example", "localhost:8080 ", "localhost\t:8080", "xn--localhost:8080", "player.example.:8080",
        "sub.player.example:8080", "ｌocalhost:8080",
    ])
    func `other names, which DNS may lead here, are refused`(_ host: String?) {
        #expect(Self.isForbidden(Self.verdict(host: host)))
        #expect(Self.isForbidden(Self.verdict(host: host, path: "/")))
    }

    @Test(arguments: [
        "null", "", "http://evil.example", "https://localhost:8080", "http://localhost", "http://localhost:8081",
        "http://127.0.0.1:8080", "http://localhost:8080/", "http://localhost:8080.evil.example", "http://localhost:8080@evil",
        "http://user@localhost:8080", "http://localhost.:8080", "file://", "chrome-extension://abc", "http://localhost:8080 null",
    ])
    func `a page of another origin is refused`(_ origin: String) {
        #expect(Self.isForbidden(Self.verdict(host: "localhost:8080", origin: origin)))
        #expect(Self.isForbidden(Self.verdict(host: "localhost:8080", origin: origin, path: "/")))
    }

    @Test(arguments: ["cross-site", "same-site", "Cross-Site", "unheard-of"])
    func `what the browser says to come from another site is refused at the interface only`(_ site: String) {
        #expect(Self.isForbidden(Self.verdict(host: "localhost:8080", site: site)))
        // A link on another page may lead to ours.
        #expect(Self.verdict(host: "localhost:8080", site: site, path: "/") == .allow)
    }

    @Test func `the user's own requests are let in`() {
        #expect(Self.verdict(host: "localhost:8080", site: "none") == .allow)
        #expect(Self.verdict(host: "localhost:8080", site: "same-origin") == .allow)
    }

    @Test(arguments: ["application/json", "application/json; charset=utf-8", "Application/JSON", " application/json ;x"])
    func `a command is JSON`(_ type: String) {
        #expect(Self.verdict(host: "localhost:8080", method: "POST", type: type) == .allow)
    }

    @Test(arguments: [
        nil, "", "text/plain", "text/plain; application/json", "application/x-www-form-urlencoded", "multipart/form-data",
        "application/jsonp", "text/plain;charset=application/json",
    ])
    func `what a form of another page could send is no command`(_ type: String?) {
        let verdict = Self.verdict(host: "localhost:8080", method: "POST", type: type)
        #expect(verdict == .unsupportedType("The body must be application/json."))
    }

    @Test func `the address listened on is a name of ours, unless it stands for all`() {
        let lan = RequestGuard(port: 80, bind: "192.168.1.20")
        #expect(Self.verdict(host: "192.168.1.20", by: lan) == .allow)
        #expect(Self.verdict(host: "192.168.1.20:80", by: lan) == .allow)
        #expect(Self.verdict(host: "localhost", origin: "http://localhost", by: lan) == .allow)
        #expect(Self.isForbidden(Self.verdict(host: "192.168.1.21", by: lan)))
        let six = RequestGuard(port: 8080, bind: "FD00::1")
        #expect(Self.verdict(host: "[fd00::1]:8080", by: six) == .allow)
        let all = RequestGuard(port: 8080, bind: "0.0.0.0")
        #expect(all.hosts == ["localhost", "127.0.0.1", "[::1]"])
        #expect(RequestGuard(port: 8080, bind: "::").hosts == all.hosts)
    }
}
