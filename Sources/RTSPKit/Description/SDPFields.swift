/// An `a=` line (RFC 8866 section 5.13).
public struct SDPAttribute: Sendable, Hashable {
    /// What stands before the colon.
    public var name: String
    /// What stands behind it; `nil` where there is none.
    public var value: String?

    /// An attribute; without a value it is a property: `a=recvonly`.
    public init(name: String, value: String? = nil) {
        self.name = name
        self.value = value
    }

    init(text: Substring) {
        let (name, value) = text.cut(at: UInt8(ascii: ":"))
        self.init(name: String(name), value: value.map { String($0) })
    }

    var line: String { "a=\(name.attributeName)\(value.map { ":" + $0.onOneLine } ?? "")\r\n" }
}

/// A `b=` line (RFC 8866 section 5.8).
public struct SDPBandwidth: Sendable, Hashable {
    /// `AS`, `CT`, `TIAS`, `RS`, `RR` or any other.
    public var type: String
    /// The number, in the unit of its type: kilobits per second for `AS` and `CT`, bits per second for the others.
    public var value: Int

    /// A bandwidth.
    public init(type: String, value: Int) {
        self.type = type
        self.value = value
    }

    init?(text: Substring) {
        let (type, rest) = text.cut(at: UInt8(ascii: ":"))
        guard let rest, !type.isEmpty, let value = rest.decimal(as: Int.self) else { return nil }
        self.init(type: String(type), value: value)
    }

    var line: String { "b=\(type.word(without: ":")):\(max(value, 0))\r\n" }
}

/// A `c=` line: where the media comes from or goes to (RFC 8866 section 5.7).
public struct SDPConnection: Sendable, Hashable {
    /// `IP4` or `IP6`.
    public var addressType: String
    /// The address, without the parts behind a slash.
    public var address: String
    /// How many hops a packet to a multicast group may travel; only IPv4 has it here.
    public var ttl: Int?

    /// An address.
    public init(addressType: String = "IP4", address: String, ttl: Int? = nil) {
        self.addressType = addressType
        self.address = address
        self.ttl = ttl
    }

    /// Reads `IN IP4 host/ttl`. The network type may be wrong and the address type missing; `nil` where the address is.
    init?(text: Substring) {
        guard let network = SDPNetworkAddress(words: text.words.dropFirst()), let address = network.address else { return nil }
        let (host, ttl) = address.cut(at: UInt8(ascii: "/"))
        guard !host.isEmpty else { return nil }
        self.init(
            addressType: network.type, address: String(host),
            ttl: network.type == "IP4" ? ttl?.cut(at: UInt8(ascii: "/")).before.decimal(as: UInt8.self).map(Int.init) : nil)
    }

    var line: String {
        "c=IN \(addressType.word()) \(address.word(without: "/"))\(ttl.map { "/\($0)" } ?? "")\r\n"
    }
}

/// The `o=` line: who made the session (RFC 8866 section 5.2).
public struct SDPOrigin: Sendable, Hashable {
    /// The user; `-` where there is none. Some devices put several words here.
    public var username: String
    /// The session, as it was stated: a decimal number, says the RFC; also hexadecimal, negative or fractional ones occur.
    public var sessionID: String
    /// The version of the description, as it was stated.
    public var sessionVersion: String
    /// `IP4` or `IP6`.
    public var addressType: String
    /// The address of the maker; `nil` where the line is cut off.
    public var address: String?

    /// A maker.
    public init(
        username: String = "-", sessionID: String, sessionVersion: String, addressType: String = "IP4", address: String?
    ) {
        self.username = username
        self.sessionID = sessionID
        self.sessionVersion = sessionVersion
        self.addressType = addressType
        self.address = address
    }

    /// Reads the line from its end, because blanks may stand in the user name; `nil` where there are
    /// not even the two numbers.
    init?(text: Substring) {
        let words = text.words
        let isNetwork = { (word: Substring) in word.equalsIgnoringCase("IN") || word.equalsIgnoringCase("IP") }
        let network = words.lastIndex(where: isNetwork) ?? words.endIndex
        guard network >= 2 else { return nil }
        let place = SDPNetworkAddress(words: words.dropFirst(network + 1))
        let username = words[..<(network - 2)].joined(separator: " ")
        self.init(
            username: username.isEmpty ? "-" : username, sessionID: String(words[network - 2]),
            sessionVersion: String(words[network - 1]), addressType: place?.type ?? "IP4",
            address: place?.address.map { String($0) })
    }

    var line: String {
        let name = username.onOneLine[...].trimmed
        let parts = [name.isEmpty ? "-" : String(name), sessionID.word(), sessionVersion.word(), "IN", addressType.word()]
        return "o=" + parts.joined(separator: " ") + " " + (address?.word() ?? "0.0.0.0") + "\r\n"
    }
}

extension String {
    /// Fit to be one word of a line: without blanks, control characters and the bytes in `separators`; `-` where nothing is left.
    func word(without separators: String = "") -> String {
        let kept = utf8.filter { $0 > 0x20 && $0 != 0x7F && !separators.utf8.contains($0) }
        return kept.isEmpty ? "-" : String(decoding: kept, as: UTF8.self)
    }
}

extension String {
    /// Fit to be the name of an attribute. What cannot stand there is replaced and not left out: a name that means nothing must not
    /// become one that means something.
    fileprivate var attributeName: String {
        let bytes = utf8.map { $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: ":") ? $0 : UInt8(ascii: "_") }
        return bytes.isEmpty ? "-" : String(decoding: bytes, as: UTF8.self)
    }
}

/// `IP4 host`, where either may be missing and the type may be misspelled.
private struct SDPNetworkAddress {
    var type: String
    var address: Substring?

    init?(words: ArraySlice<Substring>) {
        guard let first = words.first else { return nil }
        let isType4 = first.equalsIgnoringCase("IP4") || first.equalsIgnoringCase("IPV4")
        let isType6 = first.equalsIgnoringCase("IP6") || first.equalsIgnoringCase("IPV6")
        if isType4 || isType6 {
            type = isType6 ? "IP6" : "IP4"
            address = words.dropFirst().first
        } else {
            type = first.utf8.contains(UInt8(ascii: ":")) ? "IP6" : "IP4"
            address = first
        }
    }
}
