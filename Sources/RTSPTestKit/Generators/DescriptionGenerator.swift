public import RTSPKit

/// Descriptions of presentations, made at random: as the RFC has them, as devices send them, and as attackers do.
///
/// The valid and the odd ones have one stream of JPEG pictures, whose control URL is `stream=0`.
public struct DescriptionGenerator: Sendable, Hashable {
    /// Some bytes, and what is known of them.
    public struct Sample: Sendable, Hashable, CustomStringConvertible {
        /// What this is, for people; with the number of the quirk where it is one.
        public var label: String
        /// The bytes of the description.
        public var bytes: [UInt8]
        /// What must be read from them; `nil` where not all of it is promised.
        public var expected: SessionDescription?

        /// The label and the bytes as text.
        public var description: String { "\(label): \(ParserVerifier.text(of: [bytes]))" }
    }

    /// A generator.
    public init() {}

    /// A description of this mood.
    public func sample(_ mood: GeneratorMood, using generator: inout some RandomNumberGenerator) -> Sample {
        switch mood {
        case .valid: return valid(using: &generator)
        case .odd: return sample(generator.one(of: Quirk.allCases, else: .lineFeeds), using: &generator)
        case .hostile: return sample(generator.one(of: Attack.allCases, else: .noise), using: &generator)
        }
    }

    /// The description of this mood that follows from `seed` alone.
    public func sample(_ mood: GeneratorMood, seed: UInt64) -> Sample {
        var generator = SeededGenerator(seed: seed)
        return sample(mood, using: &generator)
    }

    // MARK: Valid

    /// The text and what it means, made side by side.
    private func valid(using generator: inout some RandomNumberGenerator) -> Sample {
        let (id, version) = ("\(generator.number(0...4_000_000_000))", "\(generator.number(0...99))")
        let isIPv6 = generator.onceIn(4)
        let type = isIPv6 ? "IP6" : "IP4"
        let address = isIPv6 ? "2001:db8::\(generator.number(1...99))" : "192.0.2.\(generator.number(1...254))"
        let user = generator.one(of: "-", generator.word(5))
        let name = generator.one(of: "movie", "Caméra 2", "a: b = c")
        var lines = ["v=0", "o=\(user) \(id) \(version) IN \(type) \(address)", "s=\(name)"]
        var expected = SessionDescription(
            origin: SDPOrigin(username: user, sessionID: id, sessionVersion: version, addressType: type, address: address),
            sessionName: name)
        if generator.onceIn(3) {
            lines.append("i=for tests")
            expected.information = "for tests"
        }
        if generator.onceIn(2) {
            let ttl = isIPv6 || generator.onceIn(2) ? nil : generator.number(1...255)
            let group = ttl == nil ? address : "224.2.0.\(generator.number(1...254))"
            lines.append("c=IN \(type) \(group)\(ttl.map { "/\($0)" } ?? "")")
            expected.connection = SDPConnection(addressType: type, address: group, ttl: ttl)
        }
        if generator.onceIn(3) {
            lines.append("b=AS:5000")
            expected.bandwidths = [SDPBandwidth(type: "AS", value: 5_000)]
        }
        lines.append("t=0 0")
        for attribute in sessionAttributes(using: &generator) {
            lines.append("a=" + attribute.name + (attribute.value.map { ":" + $0 } ?? ""))
            expected.attributes.append(attribute)
        }
        let others = generator.number(0...2)
        let place = generator.number(0...others)
        for index in 0...others {
            let media = index == place ? picture(using: &generator) : other(index, using: &generator)
            lines += Self.lines(of: media)
            expected.media.append(media)
        }
        return Sample(label: "valid description", bytes: Array((lines + [""]).joined(separator: "\r\n").utf8), expected: expected)
    }

    private func sessionAttributes(using generator: inout some RandomNumberGenerator) -> [SDPAttribute] {
        var attributes = [SDPAttribute(name: "control", value: "*")]
        if generator.onceIn(2) {
            attributes.append(SDPAttribute(name: "range", value: generator.one(of: "npt=0-10", "npt=now-", "npt=0-59.5")))
        }
        if generator.onceIn(3) { attributes.append(SDPAttribute(name: generator.one(of: "recvonly", "sendrecv"))) }
        if generator.onceIn(3) { attributes.append(SDPAttribute(name: "tool", value: "test: \(generator.word(6))")) }
        return attributes.shuffled(using: &generator)
    }

    private func picture(using generator: inout some RandomNumberGenerator) -> MediaDescription {
        var media = MediaDescription(kind: "video", port: UInt16(generator.one(of: 0, 5_000)), formats: ["26"])
        if generator.onceIn(2) { media.attributes.append(SDPAttribute(name: "rtpmap", value: "26 JPEG/90000")) }
        media.attributes.append(SDPAttribute(name: "control", value: "stream=0"))
        if generator.onceIn(2) { media.attributes.append(SDPAttribute(name: "framerate", value: "25.0")) }
        if generator.onceIn(3) { media.attributes.append(SDPAttribute(name: "framesize", value: "26 640-480")) }
        if generator.onceIn(4) { media.bandwidths = [SDPBandwidth(type: "TIAS", value: 4_000_000)] }
        return media
    }

    private func other(_ index: Int, using generator: inout some RandomNumberGenerator) -> MediaDescription {
        let control = SDPAttribute(name: "control", value: "stream=\(index + 1)")
        switch generator.number(0...2) {
        case 0: return MediaDescription(kind: "audio", formats: ["0"], attributes: [control])
        case 1:
            return MediaDescription(
                kind: "video", formats: ["96"],
                attributes: [
                    SDPAttribute(name: "rtpmap", value: "96 H264/90000"),
                    SDPAttribute(name: "fmtp", value: "96 packetization-mode=1;sprop-parameter-sets=Z0IAKA==,aM48gA=="), control,
                ])
        default:
            return MediaDescription(
                kind: "application", formats: ["107"],
                attributes: [control, SDPAttribute(name: "rtpmap", value: "107 vnd.onvif.metadata/90000")])
        }
    }

    private static func lines(of media: MediaDescription) -> [String] {
        let first = "m=\(media.kind) \(media.port) \(media.transportProtocol) \(media.formats.joined(separator: " "))"
        return [first] + media.bandwidths.map { "b=\($0.type):\($0.value)" }
            + media.attributes.map { "a=" + $0.name + ($0.value.map { ":" + $0 } ?? "") }
    }
}
