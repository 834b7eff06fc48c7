internal import RTPTransport
internal import RTSPKit

/// A request or a response in a few words: its first line, and the header fields that tell where the session stands.
struct LadderMessage {
    private(set) var label: String
    private(set) var details: [String] = []

    /// The fields that are shown, in this order; all others only matter to the machines.
    private static let fields = [
        "CSeq", "Session", "Transport", "Range", "RTP-Info", "Require", "Unsupported", "Location", "Connection",
    ]
    /// Nobody reads further into a diagram.
    private static let maximumBytes = 8192
    private static let maximumValue = 120

    /// The message that begins with these bytes.
    init(_ bytes: [UInt8]) {
        let lines = bytes.prefix(Self.maximumBytes).split(separator: 10, omittingEmptySubsequences: false)
            .map { String(decoding: $0.last == 13 ? $0.dropLast() : $0, as: UTF8.self) }
        let start = lines.firstIndex { !$0.isEmpty } ?? 0
        label = lines.indices.contains(start) ? LadderText.plain(Self.hidingUserInfo(lines[start])) : ""
        if label.isEmpty { label = "\(bytes.count) bytes" }
        let head = lines.dropFirst(start + 1).prefix { !$0.isEmpty }
        var values: [String: String] = [:]
        for line in head {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let name = String(line[..<colon]).lowercased()
            let value = LadderText.plain(String(line[line.index(after: colon)...])).trimmed
            if values[name] == nil { values[name] = value }
        }
        for name in Self.fields {
            guard let value = values[name.lowercased()] else { continue }
            let short =
                switch name {
                case "RTP-Info": Self.shortened(rtpInfo: value)
                case "Session": LadderText.shortened(identifier: value)
                default: value
                }
            details.append("\(name): \(LadderText.clipped(short, to: Self.maximumValue))")
        }
        if let type = values["content-type"], let length = values["content-length"] {
            details.append(LadderText.clipped("\(length) bytes of \(type)", to: Self.maximumValue))
        }
    }

    /// A compound RTCP packet.
    init(report bytes: [UInt8]) { label = LadderReport.label(of: bytes) }

    /// What could not be read as a message.
    init(unreadable reason: String) { label = "unreadable: \(LadderText.plain(reason))" }

    /// The URLs in `RTP-Info` repeat that of the request: their last part tells streams apart.
    private static func shortened(rtpInfo value: String) -> String {
        let entries = RTPInfoHeader.parse(value).entries.prefix(4).map { entry in
            var parts = [entry.url.split(separator: "/").last.map { "…/\($0)" } ?? entry.url]
            if let number = entry.sequenceNumber { parts.append("seq=\(number)") }
            if let time = entry.rtpTime { parts.append("rtptime=\(time)") }
            return parts.joined(separator: ";")
        }
        return entries.isEmpty ? value : LadderText.plain(entries.joined(separator: ", "))
    }

    /// The line without what stands between `://` and `@` in its URL (RFC 3986 section 3.2.1): that may be a password.
    private static func hidingUserInfo(_ line: String) -> String {
        guard let authority = line.firstIndex(of: ":").map({ line[$0...] }), authority.hasPrefix("://") else { return line }
        let rest = authority.dropFirst(3)
        let host = rest.prefix { !"/?# ".contains($0) }
        guard let at = host.lastIndex(of: "@") else { return line }
        return line[..<rest.startIndex] + "(hidden)" + rest[at...]
    }
}

/// RTCP in a few words.
enum LadderReport {
    static func label(of bytes: [UInt8]) -> String {
        guard let packets = try? RTCPPacket.parse(compound: bytes.span) else { return "RTCP? \(bytes.count) bytes" }
        let parts = packets.prefix(8).compactMap(part)
        return LadderText.plain("RTCP " + (parts.isEmpty ? "\(bytes.count) bytes" : parts.joined(separator: " · ")))
    }

    private static func part(_ packet: RTCPPacket) -> String? {
        switch packet {
        case .senderReport(let report): "sender report: \(report.packetCount) packets" + blocks(report.reports)
        case .receiverReport(let report):
            report.reports.isEmpty ? "receiver report: nothing heard" : "receiver report" + blocks(report.reports)
        case .goodbye(let goodbye): "BYE" + (goodbye.reason.map { ": \(LadderText.clipped($0, to: 40))" } ?? "")
        case .sourceDescription: nil
        case .other(let type): "type \(type)"
        }
    }

    private static func blocks(_ reports: [ReceptionReport]) -> String {
        reports.prefix(2).map { report in
            let percent = (Int(report.fractionLost) * 100 + 128) / 256
            let tenths = Int(report.interarrivalJitter) / 9  // of a millisecond at 90 kHz
            return ": \(report.cumulativeLost) lost, \(percent)% since the last, jitter \(tenths / 10).\(tenths % 10) ms"
        }.joined()
    }
}
