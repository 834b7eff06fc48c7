internal import RTSPKit

/// The typed headers: what is written of what was read reads as the same, and writing it again changes nothing.
extension FuzzTarget {
    static let headerTargets = [
        FuzzTarget(name: "header-transport") { transport($0.text) },
        FuzzTarget(name: "header-range") { range($0.text) },
        FuzzTarget(name: "header-session") { session($0.text) },
        FuzzTarget(name: "header-rtp-info") { rtpInfo($0.text) },
        FuzzTarget(name: "header-public") { methods($0.text) },
        FuzzTarget(name: "header-ports") { ports($0.text) },
        FuzzTarget(name: "header-url") { url(FuzzBytes($0)) },
    ]

    private static func transport(_ value: String) {
        let offers = TransportHeader.parse(value)
        demand(offers.count <= TransportHeader.maximumOffers, "the number of offers is bounded")
        for offer in offers {
            let text = offer.description
            demand(text.utf8.count <= 4 * value.utf8.count + 256, "what is written is about as long as what was read")
            let again = TransportHeader.parse(text)
            demand(again.count <= 1, "an offer is never written as two: \(text)")
            // Control characters, quotes and blanks in names are not written, and leave other names.
            var names = [offer.protocolName, offer.profile] + offer.otherParameters.map(\.name)
            if case .other(let name) = offer.lowerTransport { names.append(name) }
            guard value.isPlain, !names.contains(where: { $0.utf8.contains(0x20) }) else { continue }
            guard let other = again.first else { return demand(false, "an offer is written as one: \(text)") }
            demandEqual(other.description, text, "writing again changes nothing")
            demandEqual(other.lowerTransport == .tcp, offer.lowerTransport == .tcp, "what carries the packets stays")
            demandEqual(other.lowerTransport == .udp, offer.lowerTransport == .udp, "what carries the packets stays")
            demandEqual(other.delivery, offer.delivery, "the delivery stays")
            demandEqual(other.isRTPOverAVP, offer.isRTPOverAVP, "the profile stays")
            demandEqual(
                [other.clientPorts, other.serverPorts, other.ports], [offer.clientPorts, offer.serverPorts, offer.ports],
                "ports stay")
            demandEqual(other.interleaved, offer.interleaved, "channels stay")
            demandEqual(other.ssrc, offer.ssrc, "the source stays")
            demandEqual(other.ttl, offer.ttl, "the hops stay")
        }
        demand(isOneLine(offers.map(\.description)), "no line end is written")
    }

    private static func range(_ value: String) {
        guard let range = RangeHeader.parse(value) else { return }
        let text = range.description
        let again = RangeHeader.parse(text)
        demand(isOneLine([text]), "no line end is written")
        demandEqual(again?.description, text, "writing again changes nothing")
        guard case .npt(let one) = range, case .npt(let two)? = again else { return }
        // Written to the microsecond.
        for case (.time(let first)?, .time(let second)?) in [
            (one.start, two.start), (one.end.map { .time($0) }, two.end.map { .time($0) }),
        ] {
            let difference = first - second
            demand(difference < .microseconds(1) && difference > .microseconds(-1), "the time stays")
            demand(first >= .zero && first <= NormalPlayTimeRange.maximumTime, "a time is bounded")
        }
        demandEqual(one.start == .now, two.start == .now, "now stays")
        demandEqual(one.end == nil, two.end == nil, "an end stays")
    }

    private static func session(_ value: String) {
        guard let header = SessionHeader.parse(value) else { return }
        if let timeout = header.timeout {
            demand(timeout >= .seconds(1) && timeout <= SessionHeader.maximumTimeout, "a timeout is bounded")
        }
        let text = header.description
        demand(isOneLine([text]), "no line end is written")
        // An identifier of nothing but quotes leaves nothing to write.
        guard let again = SessionHeader.parse(text) else { return }
        demandEqual(again.timeout, header.timeout, "the timeout stays")
        demandEqual(again.description, text, "writing again changes nothing")
    }

    private static func rtpInfo(_ value: String) {
        let header = RTPInfoHeader.parse(value)
        demand(header.entries.count <= RTPInfoHeader.maximumEntries, "the number of entries is bounded")
        let text = header.description
        demand(isOneLine([text]), "no line end is written")
        demand(
            text.utf8.count <= value.utf8.count + 32 * header.entries.count, "what is written is about as long as what was read")
        // URLs are opaque, and may look like parameters; only sound ones can be read again.
        let isSound = header.entries.allSatisfy {
            $0.url.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && !"\";,=".utf8.contains($0) }
        }
        guard isSound else { return }
        demandEqual(RTPInfoHeader.parse(text), header, "entries stay")
    }

    private static func methods(_ value: String) {
        let header = PublicHeader.parse(value)
        demand(header.methods.count <= TokenList.maximumCount, "the number of words is bounded")
        let text = header.description
        demand(isOneLine([text]), "no line end is written")
        demandEqual(PublicHeader.parse(text).description, text, "writing again changes nothing")
    }

    private static func ports(_ value: String) {
        if let pair = PortPair(parsing: value) { demandEqual(PortPair(parsing: pair.description), pair, "ports stay") }
        if let pair = ChannelPair(parsing: value) { demandEqual(ChannelPair(parsing: pair.description), pair, "channels stay") }
    }

    /// The first byte says where the base ends and what is resolved against it begins.
    private static func url(_ bytes: FuzzBytes) {
        var bytes = bytes
        let length = Int(bytes.byte())
        let (first, second) = (bytes.bytes(length).text, bytes.remainder().text)
        for text in [first, second] {
            guard let url = try? RTSPURL(parsing: text) else { continue }
            check(url)
            for other in [url.resolving(control: first), url.resolving(control: second), url.resolving(contentBase: second)] {
                guard let other else { continue }
                demand(other.absoluteString.utf8.count <= RTSPURL.maximumLength + 16, "a URL is bounded")
                let isElsewhere = other.host != url.host || other.port != url.port
                demand(!isElsewhere || other.user == nil || (first + second).utf8.contains(0x40), "credentials stay at home")
            }
        }
    }

    private static func check(_ url: RTSPURL) {
        let text = url.absoluteString
        demand(isOneLine([text]), "no line end is written")
        demand(url.port > 0, "a port is none of zero")
        for component in url.decodedPath ?? [] {
            demand(component != ".." && component != "." && !component.isEmpty, "no component leads elsewhere")
            demand(!component.utf8.contains { $0 == 0x2F || $0 == 0x5C || $0 < 0x20 }, "a component is one")
        }
        // Blanks become longer.
        guard text.utf8.count <= RTSPURL.maximumLength else { return }
        guard let again = try? RTSPURL(parsing: text) else { return demand(false, "what is written can be read: \(text)") }
        demandEqual(again.absoluteString, text, "writing again changes nothing")
        demandEqual(again.decodedPath, url.decodedPath, "the path stays")
        demandEqual(again.user, nil, "credentials are not written")
    }

    private static func isOneLine(_ texts: [String]) -> Bool {
        texts.allSatisfy { text in !text.utf8.contains { $0 < 0x20 || $0 == 0x7F } }
    }
}
