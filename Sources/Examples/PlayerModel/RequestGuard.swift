/// Who may ask: decides for every request by its headers alone, so that no foreign page can use the player through its user's
/// browser, by whatever name it reaches it.
public struct RequestGuard: Hashable, Sendable {
    /// What of a request counts.
    public struct Request: Hashable, Sendable {
        /// `GET`, `POST`, …
        public var method: String
        /// The path, without the query.
        public var path: String
        /// `Host`.
        public var host: String?
        /// `Origin`.
        public var origin: String?
        /// `Sec-Fetch-Site`.
        public var fetchSite: String?
        /// `Content-Type`.
        public var contentType: String?

        /// A request with these headers.
        public init(
            method: String, path: String, host: String?, origin: String? = nil, fetchSite: String? = nil,
            contentType: String? = nil
        ) {
            self.method = method
            self.path = path
            self.host = host
            self.origin = origin
            self.fetchSite = fetchSite
            self.contentType = contentType
        }
    }

    /// What is done with a request.
    public enum Verdict: Hashable, Sendable {
        case allow
        /// 403, with this sentence.
        case forbid(String)
        /// 415, with this sentence.
        case unsupportedType(String)
    }

    /// The names and addresses that lead here, in lower case, IPv6 in brackets.
    public let hosts: Set<String>
    /// The port.
    public let port: Int

    /// Allows loopback's names, the address listened on and the names given.
    public init(port: Int, bind: String, allowedHosts: [String] = []) {
        self.port = port
        let names = ["localhost", "127.0.0.1", "[::1]"] + ([bind] + allowedHosts).map(Self.normalized)
        // Addresses that stand for every address are nobody's.
        hosts = Set(names).subtracting(["0.0.0.0", "[::]", ""])
    }

    /// Whether this may be answered.
    public func judge(_ request: Request) -> Verdict {
        guard let host = request.host, isOurs(host) else {
            return .forbid("This is not a name of this player. Start it with --allow-host to allow another one.")
        }
        if let origin = request.origin, origin.lowercased() != "http://\(host.lowercased())" {
            return .forbid("Other pages may not use this player.")
        }
        if request.path.hasPrefix("/api/"), let site = request.fetchSite?.lowercased(), site != "same-origin", site != "none" {
            return .forbid("Other pages may not use this player.")
        }
        if request.method == "POST", !Self.isJSON(request.contentType) {
            return .unsupportedType("The body must be application/json.")
        }
        return .allow
    }

    /// Whether a `Host` header names this player: a name of ours, and our port (which may be left out where it is 80).
    private func isOurs(_ host: String) -> Bool {
        let host = host.lowercased()
        for name in hosts {
            if host == "\(name):\(port)" { return true }
            if port == 80, host == name { return true }
        }
        return false
    }

    private static func isJSON(_ contentType: String?) -> Bool {
        guard let contentType else { return false }
        let type = contentType.split(separator: ";", omittingEmptySubsequences: false).first ?? ""
        return type.filter { $0 != " " && $0 != "\t" }.lowercased() == "application/json"
    }

    private static func normalized(_ name: String) -> String {
        let name = name.lowercased()
        return name.contains(":") && !name.hasPrefix("[") ? "[\(name)]" : name
    }
}
