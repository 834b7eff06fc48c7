public import RTPTransport

/// RTCP compounds, made at random: as RFC 3550 has them, as devices send them, and as attackers do.
public struct ReportGenerator: Sendable, Hashable {
    /// A compound, and what is known of it.
    public struct Sample: Sendable, Hashable, CustomStringConvertible {
        /// What this is, for people; with the number of the quirk where it is one.
        public var label: String
        /// The compound.
        public var bytes: [UInt8]
        /// What must be read from it, leniently; `nil` where nothing is promised.
        public var packets: [RTCPPacket]?

        /// The label and the bytes.
        public var description: String { "\(label): \(ParserVerifier.text(of: [bytes]))" }
    }

    /// What devices send. The raw value has the number of a quirk that is known by one in this library.
    public enum Quirk: String, Sendable, Hashable, CaseIterable {
        /// What follows the first packet is none.
        case brokenRest = "R03"
        /// A source description without an end item.
        case missingEndItem = "R04"
        /// A length beyond the datagram.
        case oversized = "R05"
        /// The compound does not begin with a report.
        case descriptionFirst
        /// Packets of other types among them: feedback, APP, XR.
        case otherTypes
        /// A report alone.
        case reportAlone

        var label: String { rawValue == "\(self)" ? rawValue : "\(rawValue) \(self)" }
    }

    /// What only attackers and broken devices send.
    public enum Attack: String, Sendable, Hashable, CaseIterable {
        /// More blocks, chunks or sources than there is room for.
        case falseCount
        /// A length of 0, or beyond the end.
        case falseLength
        /// An item, or a reason, longer than its packet.
        case falseTextLength
        /// A padding count of 0 or larger than the packet.
        case falsePadding
        /// Another version.
        case falseVersion
        /// Thousands of empty packets.
        case manyPackets
        /// A good compound with bits flipped or pieces lost.
        case damaged
        /// A good compound that breaks off.
        case truncated
        /// Any bytes at all.
        case noise
    }

    /// The synchronization source that reports are of.
    public var ssrc: UInt32

    /// A generator of what this source reports.
    public init(ssrc: UInt32 = 0xABCD_1234) { self.ssrc = ssrc }

    /// A compound of this mood.
    public func sample(_ mood: GeneratorMood, using generator: inout some RandomNumberGenerator) -> Sample {
        switch mood {
        case .valid: return valid(using: &generator)
        case .odd: return sample(generator.one(of: Quirk.allCases, else: .reportAlone), using: &generator)
        case .hostile: return sample(generator.one(of: Attack.allCases, else: .noise), using: &generator)
        }
    }

    /// The compound of this mood that follows from `seed` alone.
    public func sample(_ mood: GeneratorMood, seed: UInt64) -> Sample {
        var generator = SeededGenerator(seed: seed)
        return sample(mood, using: &generator)
    }

    /// A compound with this quirk.
    public func sample(_ quirk: Quirk, using generator: inout some RandomNumberGenerator) -> Sample {
        let report = report(using: &generator)
        let name = name(using: &generator)
        switch quirk {
        case .brokenRest:
            let rest: [UInt8] = generator.one(of: [0x00], [0x40, 200, 0, 0], [0x80], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF])
            return Sample(label: quirk.label, bytes: report.bytes + rest, packets: [report.packet])
        case .missingEndItem:
            var body = Self.words([ssrc]) + [1, 6] + Array("camera".utf8)
            while body.count % 4 != 0 { body.append(UInt8(ascii: "x")) }
            body[5] = UInt8(body.count - 6)
            let packet = RTCPPacket.sourceDescription([SourceDescription(ssrc: ssrc, canonicalName: Self.text(body.dropFirst(6)))]
            )
            return Sample(
                label: quirk.label, bytes: report.bytes + Self.packet(202, count: 1, body), packets: [report.packet, packet])
        case .oversized:
            var bytes = report.bytes
            bytes[2] = 0x7F
            return Sample(label: quirk.label, bytes: bytes, packets: [report.packet])
        case .descriptionFirst:
            return Sample(label: quirk.label, bytes: name.bytes + report.bytes, packets: [name.packet, report.packet])
        case .otherTypes:
            let type = UInt8(generator.one(of: 204, 205, 206, 207, 192, 0, 255))
            let other = Self.packet(type, count: generator.number(0...31), generator.bytes(4 * generator.number(0...20)))
            return Sample(
                label: quirk.label, bytes: report.bytes + other + name.bytes,
                packets: [report.packet, .other(type: type), name.packet])
        case .reportAlone: return Sample(label: quirk.label, bytes: report.bytes, packets: [report.packet])
        }
    }

    /// A compound of this kind; nothing is promised of it but that it does no harm.
    public func sample(_ attack: Attack, using generator: inout some RandomNumberGenerator) -> Sample {
        Sample(label: "hostile \(attack)", bytes: bytes(of: attack, using: &generator), packets: nil)
    }

    // MARK: Valid

    /// A packet as it is written, and what it means.
    private typealias Part = (bytes: [UInt8], packet: RTCPPacket)

    private func valid(using generator: inout some RandomNumberGenerator) -> Sample {
        var parts = [report(using: &generator), name(using: &generator)]
        if generator.onceIn(3) { parts.append(goodbye(using: &generator)) }
        var bytes = parts.flatMap(\.bytes)
        // Only the last packet may be padded (RFC 3550 section 6.4.1).
        if generator.onceIn(4), let last = parts.last {
            let start = bytes.count - last.bytes.count
            let padding = 4 * generator.number(1...10)
            bytes += [UInt8](repeating: 0, count: padding - 1) + [UInt8(padding)]
            bytes[start] |= 0x20
            bytes[start + 3] += UInt8(padding / 4)
        }
        return Sample(label: "valid compound", bytes: bytes, packets: parts.map(\.packet))
    }

    private func report(using generator: inout some RandomNumberGenerator) -> Part {
        let blocks = (0..<generator.one(of: 0, 1, 1, 2, 31)).map { _ in block(using: &generator) }
        let body = blocks.flatMap { Self.words($0) }
        let reports = blocks.map { words in
            ReceptionReport(
                ssrc: words[0], fractionLost: UInt8(words[1] >> 24), cumulativeLost: Int32(bitPattern: words[1] << 8) >> 8,
                extendedHighestSequenceNumber: words[2], interarrivalJitter: words[3], lastSenderReport: words[4],
                delaySinceLastSenderReport: words[5])
        }
        guard generator.onceIn(2) else {
            let bytes = Self.packet(201, count: blocks.count, Self.words([ssrc]) + body)
            return (bytes, .receiverReport(ReceiverReport(ssrc: ssrc, reports: reports)))
        }
        let words = [ssrc] + (0..<5).map { _ in UInt32(truncatingIfNeeded: generator.next()) }
        let sender = SenderReport(
            ssrc: ssrc, ntp: NTPTimestamp(rawValue: UInt64(words[1]) << 32 | UInt64(words[2])),
            rtp: RTPTimestamp(rawValue: words[3]), packetCount: words[4], octetCount: words[5], reports: reports)
        return (Self.packet(200, count: blocks.count, Self.words(words) + body), .senderReport(sender))
    }

    private func block(using generator: inout some RandomNumberGenerator) -> [UInt32] {
        (0..<6).map { index in index == 0 ? ssrc : UInt32(truncatingIfNeeded: generator.next()) }
    }

    private func name(using generator: inout some RandomNumberGenerator) -> Part {
        let name = generator.one(of: "camera@192.0.2.1", "", generator.word(255), "é")
        // Other items beside the name are passed over: NOTE and PRIV.
        var chunk = Self.words([ssrc]) + (generator.onceIn(3) ? [7, 2, 0x68, 0x69] : [])
        chunk += [1, UInt8(name.utf8.count)] + Array(name.utf8)
        if generator.onceIn(3) { chunk += [8, 3, 1, 0x61, 0x62] }
        repeat { chunk.append(0) } while chunk.count % 4 != 0
        return (Self.packet(202, count: 1, chunk), .sourceDescription([SourceDescription(ssrc: ssrc, canonicalName: name)]))
    }

    private func goodbye(using generator: inout some RandomNumberGenerator) -> Part {
        let sources = [ssrc] + (0..<generator.number(0...3)).map { _ in UInt32(truncatingIfNeeded: generator.next()) }
        var body = Self.words(sources)
        let reason: String? = generator.onceIn(2) ? generator.one(of: "over", "a longer reason, é") : nil
        if let reason {
            body += [UInt8(reason.utf8.count)] + Array(reason.utf8)
            while body.count % 4 != 0 { body.append(0) }
        }
        return (Self.packet(203, count: sources.count, body), .goodbye(Goodbye(ssrcs: sources, reason: reason)))
    }

    // MARK: Hostile

    private func bytes(of attack: Attack, using generator: inout some RandomNumberGenerator) -> [UInt8] {
        var parts = [report(using: &generator), name(using: &generator), goodbye(using: &generator)].map(\.bytes)
        let index = generator.number(0...2)
        switch attack {
        case .falseCount: parts[index][0] = parts[index][0] & 0xE0 | UInt8(generator.number(0...31))
        case .falseLength:
            parts[index][2] = UInt8(generator.one(of: 0, 0xFF))
            parts[index][3] = UInt8(generator.one(of: 0, 1, 0xFF))
        case .falseTextLength:
            for offset in parts[1].indices.dropFirst(8) where generator.onceIn(4) { parts[1][offset] = 0xFF }
            parts[2][parts[2].count - 4] = 0xFF
        case .falsePadding:
            parts[index][0] |= 0x20
            parts[index][parts[index].count - 1] = UInt8(generator.one(of: 0, 1, 4, 252, 255))
        case .falseVersion: parts[index][0] = parts[index][0] & 0x3F | UInt8(generator.one(of: 0x00, 0x40, 0xC0))
        case .manyPackets:
            let type = UInt8(generator.number(200...204))
            return Array(repeatElement(Self.packet(type, count: 0, []), count: generator.number(100...10_000)).joined())
        case .damaged: return generator.damaged(Array(parts.joined()))
        case .truncated:
            let bytes = Array(parts.joined())
            return Array(bytes.prefix(generator.number(0...bytes.count)))
        case .noise: return [0x80, UInt8(generator.number(200...204))] + generator.bytes(generator.number(0...200))
        }
        return Array(parts.joined())
    }

    // MARK: Writing

    private static func packet(_ type: UInt8, count: Int, _ body: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = [0x80 | UInt8(count & 31), type]
        bytes.appendNumber16(body.count / 4)
        return bytes + body
    }

    private static func words(_ words: [UInt32]) -> [UInt8] {
        var bytes: [UInt8] = []
        for word in words { bytes.appendNumber32(word) }
        return bytes
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
}
