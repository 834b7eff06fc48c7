/// One transport as the `Transport` field states it: offered by a client, or agreed by a server (RFC 2326 section 12.39).
public struct TransportSpec: Sendable, Hashable, CustomStringConvertible {
    /// What carries the packets.
    public enum LowerTransport: Sendable, Hashable {
        /// Datagrams; also what an unstated lower transport means.
        case udp
        /// The control connection.
        case tcp
        /// Anything else, as it was stated.
        case other(String)
    }

    /// To how many the packets go.
    public enum Delivery: Sendable, Hashable {
        /// To one receiver; also what an unstated delivery means here, since most clients that state none want it.
        case unicast
        /// To a group.
        case multicast
    }

    /// A parameter that has no property of its own.
    public struct Parameter: Sendable, Hashable {
        /// The name as it was stated.
        public var name: String
        /// The value without quotes; `nil` where there is no `=`.
        public var value: String?

        /// A parameter of this name and value.
        public init(name: String, value: String? = nil) {
            self.name = name
            self.value = value
        }
    }

    /// `RTP`
    public var protocolName: String
    /// `AVP`
    public var profile: String
    /// What carries the packets.
    public var lowerTransport: LowerTransport
    /// To how many they go.
    public var delivery: Delivery
    /// Where the client wants to receive.
    public var clientPorts: PortPair?
    /// Where the server sends from.
    public var serverPorts: PortPair?
    /// The ports of a multicast group.
    public var ports: PortPair?
    /// The channels on the control connection.
    public var interleaved: ChannelPair?
    /// The synchronization source of the packets.
    public var ssrc: UInt32?
    /// Where the packets come from: an address or a host name.
    public var source: String?
    /// Where the packets go; a server follows it only where its policy allows (RFC 2326 section 16).
    public var destination: String?
    /// What the stream is for: `PLAY`, `RECORD`; several are separated by commas.
    public var mode: String?
    /// How many hops a multicast packet may travel.
    public var ttl: Int?
    /// Every other parameter, in order.
    public var otherParameters: [Parameter]

    /// A transport; without arguments `RTP/AVP;unicast`.
    public init(
        protocolName: String = "RTP", profile: String = "AVP", lowerTransport: LowerTransport = .udp,
        delivery: Delivery = .unicast, clientPorts: PortPair? = nil, serverPorts: PortPair? = nil, ports: PortPair? = nil,
        interleaved: ChannelPair? = nil, ssrc: UInt32? = nil, source: String? = nil, destination: String? = nil,
        mode: String? = nil, ttl: Int? = nil, otherParameters: [Parameter] = []
    ) {
        self.protocolName = protocolName
        self.profile = profile
        self.lowerTransport = lowerTransport
        self.delivery = delivery
        self.clientPorts = clientPorts
        self.serverPorts = serverPorts
        self.ports = ports
        self.interleaved = interleaved
        self.ssrc = ssrc
        self.source = source
        self.destination = destination
        self.mode = mode
        self.ttl = ttl
        self.otherParameters = otherParameters
    }

    /// `RTP/AVP;unicast;client_port=…`
    public static func udp(clientPorts: PortPair) -> TransportSpec { TransportSpec(clientPorts: clientPorts) }

    /// `RTP/AVP/TCP;unicast;interleaved=…`
    public static func interleaved(_ channels: ChannelPair) -> TransportSpec {
        TransportSpec(lowerTransport: .tcp, interleaved: channels)
    }

    /// True for RTP with the profile of RFC 3551, whatever carries it.
    public var isRTPOverAVP: Bool {
        protocolName[...].equalsIgnoringCase("RTP") && profile[...].equalsIgnoringCase("AVP")
    }

    /// The form in the header field: `RTP/AVP;unicast;client_port=5000-5001`.
    public var description: String {
        var text = protocolText
        text += delivery == .unicast ? ";unicast" : ";multicast"
        func add(_ name: String, _ value: String?) {
            guard let value else { return }
            text += ";"
            text += name
            text += "="
            text += value
        }
        add("destination", destination?.without(";,"))
        add("source", source?.without(";,"))
        add("interleaved", interleaved?.description)
        add("ttl", ttl.map { "\($0)" })
        add("port", ports?.description)
        add("client_port", clientPorts?.description)
        add("server_port", serverPorts?.description)
        add("ssrc", ssrc.map(Self.hexadecimal))
        add("mode", mode.map(Self.modeText))
        for parameter in otherParameters {
            let name = parameter.name.without(";,= ")
            if let value = parameter.value { add(name, value.without(";,")) } else { text += ";\(name)" }
        }
        return text
    }

    /// `/UDP` is written only where leaving it out would read as TCP.
    private var protocolText: String {
        let base = protocolName.without(";,=/ ") + "/" + profile.without(";,=/ ")
        switch lowerTransport {
        case .udp: return interleaved == nil ? base : base + "/UDP"
        case .tcp: return base + "/TCP"
        case .other(let name): return base + "/" + name.without(";,= ")
        }
    }

    private static func hexadecimal(_ ssrc: UInt32) -> String {
        let digits = String(ssrc, radix: 16, uppercase: true)
        return String(repeating: "0", count: 8 - digits.utf8.count) + digits
    }

    /// Quoted only where it must be: much of the field compares the value with its quotes.
    private static func modeText(_ mode: String) -> String {
        let text = mode.without(";")
        return text.utf8.contains(UInt8(ascii: ",")) ? "\"\(text)\"" : text
    }
}

/// The `Transport` field (RFC 2326 section 12.39).
public enum TransportHeader {
    /// How many offers are read; a client has no use for more.
    public static let maximumOffers = 16

    /// The transports that `value` offers, most wanted first. What cannot be read is skipped: an offer that names no
    /// protocol and profile, a parameter whose value is not of its kind.
    public static func parse(_ value: String) -> [TransportSpec] { parse([value]) }

    /// The transports that several fields offer, in order.
    public static func parse(_ values: [String]) -> [TransportSpec] {
        var offers: [TransportSpec] = []
        for value in values {
            for part in value[...].parts(separatedBy: UInt8(ascii: ",")) {
                guard offers.count < maximumOffers else { return offers }
                if let offer = TransportSpec(offer: part) { offers.append(offer) }
            }
        }
        return offers
    }
}

extension TransportSpec {
    /// One offer; the protocol is looked for in every place, since some devices begin with a parameter.
    fileprivate init?(offer: Substring) {
        let parts = offer.parts(separatedBy: UInt8(ascii: ";")).map(\.trimmed)
        let isProtocol = { (part: Substring) in
            part.utf8.contains(UInt8(ascii: "/")) && !part.utf8.contains(UInt8(ascii: "="))
        }
        guard let position = parts.firstIndex(where: isProtocol) else { return nil }
        let names = parts[position].parts(separatedBy: UInt8(ascii: "/")).map(\.trimmed)
        guard names.count >= 2, !names[0].isEmpty, !names[1].isEmpty else { return nil }
        self.init(protocolName: String(names[0]), profile: String(names[1]))
        for (index, part) in parts.enumerated() where index != position && !part.isEmpty { read(part) }
        lowerTransport = Self.lowerTransport(names.dropFirst(2), isInterleaved: interleaved != nil)
    }

    private static func lowerTransport(_ names: ArraySlice<Substring>, isInterleaved: Bool) -> LowerTransport {
        guard let first = names.first, names.count > 1 || !first.isEmpty else { return isInterleaved ? .tcp : .udp }
        guard names.count == 1 else { return .other(names.joined(separator: "/")) }
        if first.equalsIgnoringCase("UDP") { return .udp }
        return first.equalsIgnoringCase("TCP") ? .tcp : .other(String(first))
    }

    /// Takes in one parameter; of a repeated one, the first that can be read counts.
    private mutating func read(_ part: Substring) {
        let (name, rest) = part.cut(at: UInt8(ascii: "="))
        let value = rest?.unquoted ?? ""
        let text = value.isEmpty ? nil : String(value)
        func isNamed(_ parameter: String) -> Bool { name.equalsIgnoringCase(parameter) }
        if isNamed("unicast") {
            delivery = .unicast
        } else if isNamed("multicast") {
            delivery = .multicast
        } else if isNamed("client_port") {
            clientPorts = clientPorts ?? text.flatMap(PortPair.init(parsing:))
        } else if isNamed("server_port") {
            serverPorts = serverPorts ?? text.flatMap(PortPair.init(parsing:))
        } else if isNamed("port") {
            ports = ports ?? text.flatMap(PortPair.init(parsing:))
        } else if isNamed("interleaved") {
            interleaved = interleaved ?? text.flatMap(ChannelPair.init(parsing:))
        } else if isNamed("ssrc") {
            ssrc = ssrc ?? Self.ssrc(value)
        } else if isNamed("source") {
            source = source ?? text
        } else if isNamed("destination") {
            destination = destination ?? text
        } else if isNamed("mode") {
            mode = mode ?? text
        } else if isNamed("ttl") {
            ttl = ttl ?? value.decimal(as: UInt8.self).map(Int.init)
        } else {
            otherParameters.append(Parameter(name: String(name), value: rest.map { String($0.unquoted) }))
        }
    }

    /// Eight digits say the RFC; fewer are read too where they make whole bytes. A wrong one says nothing.
    private static func ssrc(_ text: Substring) -> UInt32? {
        text.utf8.count.isMultiple(of: 2) ? text.hexadecimal(as: UInt32.self) : nil
    }
}
