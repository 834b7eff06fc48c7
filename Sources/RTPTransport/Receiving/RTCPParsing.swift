extension RTCPPacket {
    /// How exact a compound must be.
    public enum Strictness: Sendable, Hashable {
        /// What the field sends: a compound may begin with any packet; a length beyond the datagram counts as up to its end; what
        /// follows the first unreadable packet is dropped; a source description needs no end item.
        case lenient
        /// As RFC 3550 section A.2 has it; anything else is an error.
        case strict
    }

    /// Reads the packets of a compound (RFC 3550 section 6.1).
    /// - Throws: ``RTCPParseError`` where not even the first packet can be read; with ``Strictness/strict``, at the first fault.
    public static func parse(
        compound bytes: Span<UInt8>, strictness: Strictness = .lenient
    ) throws(RTCPParseError) -> [RTCPPacket] {
        var packets: [RTCPPacket] = []
        var start = 0
        repeat {
            do throws(RTCPParseError) {
                let frame = try RTCPFrame(at: start, in: bytes, strictness: strictness)
                packets.append(try frame.packet(in: bytes, strictness: strictness))
                start = frame.end
            } catch {
                guard strictness == .lenient, !packets.isEmpty else { throw error }
                return packets
            }
        } while start < bytes.count
        return packets
    }
}

/// Where one packet of a compound lies, and what its common header says (RFC 3550 section 6.4.1).
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// |V=2|P|  count  |  packet type  |   length in words minus one   |
/// ```
private struct RTCPFrame {
    let count: Int
    let type: UInt8
    /// After the common header, without padding.
    let body: Range<Int>
    /// Where the next packet begins.
    let end: Int

    init(at start: Int, in bytes: Span<UInt8>, strictness: RTCPPacket.Strictness) throws(RTCPParseError) {
        guard bytes.count - start >= 4 else { throw RTCPParseError(reason: .truncated, offset: bytes.count) }
        let version = bytes[start] >> 6
        guard version == 2 else { throw RTCPParseError(reason: .unsupportedVersion(version), offset: start) }
        count = Int(bytes[start] & 0x1F)
        type = bytes[start + 1]
        if strictness == .strict, start == 0, type != RTCPType.senderReport, type != RTCPType.receiverReport {
            throw RTCPParseError(reason: .doesNotBeginWithReport(type), offset: 1)
        }
        let declared = start + 4 + Int(bytes.bigEndian16(at: start + 2)) * 4
        guard declared <= bytes.count || strictness == .lenient else {
            throw RTCPParseError(reason: .truncated, offset: bytes.count)
        }
        end = min(declared, bytes.count)
        var bodyEnd = end
        if bytes[start] & 0x20 != 0 {
            let padding = Int(bytes[end - 1])
            if padding > 0, padding % 4 == 0, padding <= end - start - 4, end == bytes.count {
                bodyEnd = end - padding
            } else if strictness == .strict {
                throw RTCPParseError(reason: .invalidPadding, offset: end - 1)
            }
        }
        body = start + 4..<bodyEnd
    }

    func packet(in bytes: Span<UInt8>, strictness: RTCPPacket.Strictness) throws(RTCPParseError) -> RTCPPacket {
        switch type {
        case RTCPType.senderReport:
            guard body.count >= 24 else { throw truncated }
            let at = body.lowerBound
            let ntp = UInt64(bytes.bigEndian32(at: at + 4)) << 32 | UInt64(bytes.bigEndian32(at: at + 8))
            return .senderReport(
                SenderReport(
                    ssrc: bytes.bigEndian32(at: at), ntp: NTPTimestamp(rawValue: ntp),
                    rtp: RTPTimestamp(rawValue: bytes.bigEndian32(at: at + 12)), packetCount: bytes.bigEndian32(at: at + 16),
                    octetCount: bytes.bigEndian32(at: at + 20),
                    reports: try reports(from: at + 24, in: bytes, strictness: strictness)))
        case RTCPType.receiverReport:
            guard body.count >= 4 else { throw truncated }
            let at = body.lowerBound
            return .receiverReport(
                ReceiverReport(
                    ssrc: bytes.bigEndian32(at: at), reports: try reports(from: at + 4, in: bytes, strictness: strictness)))
        case RTCPType.sourceDescription: return .sourceDescription(try descriptions(in: bytes, strictness: strictness))
        case RTCPType.goodbye: return .goodbye(try goodbye(in: bytes, strictness: strictness))
        default: return .other(type: type)
        }
    }

    private var truncated: RTCPParseError { RTCPParseError(reason: .truncated, offset: body.upperBound) }

    private func reports(
        from start: Int, in bytes: Span<UInt8>, strictness: RTCPPacket.Strictness
    ) throws(RTCPParseError) -> [ReceptionReport] {
        let whole = min(count, (body.upperBound - start) / 24)
        guard whole == count || strictness == .lenient else { throw truncated }
        return (0..<whole).map { index in
            let at = start + index * 24
            let lost = bytes.bigEndian32(at: at + 4)
            return ReceptionReport(
                ssrc: bytes.bigEndian32(at: at), fractionLost: UInt8(truncatingIfNeeded: lost >> 24),
                // Shifting up and down again extends the sign of the 24 bits.
                cumulativeLost: Int32(bitPattern: lost << 8) >> 8, extendedHighestSequenceNumber: bytes.bigEndian32(at: at + 8),
                interarrivalJitter: bytes.bigEndian32(at: at + 12), lastSenderReport: bytes.bigEndian32(at: at + 16),
                delaySinceLastSenderReport: bytes.bigEndian32(at: at + 20))
        }
    }

    private func descriptions(
        in bytes: Span<UInt8>, strictness: RTCPPacket.Strictness
    ) throws(RTCPParseError) -> [SourceDescription] {
        var chunks: [SourceDescription] = []
        var at = body.lowerBound
        while chunks.count < count {
            guard body.upperBound - at >= 4 else {
                if strictness == .lenient { break }
                throw truncated
            }
            var chunk = SourceDescription(ssrc: bytes.bigEndian32(at: at), canonicalName: "")
            at = try readItems(of: &chunk, from: at + 4, in: bytes, strictness: strictness)
            chunks.append(chunk)
        }
        return chunks
    }

    /// Reads items up to the end item and returns where the next chunk begins, on a word boundary.
    private func readItems(
        of chunk: inout SourceDescription, from start: Int, in bytes: Span<UInt8>, strictness: RTCPPacket.Strictness
    ) throws(RTCPParseError) -> Int {
        var at = start
        while at < body.upperBound, bytes[at] != 0 {
            guard body.upperBound - at >= 2, body.upperBound - at - 2 >= Int(bytes[at + 1]) else {
                if strictness == .lenient { return body.upperBound }
                throw truncated
            }
            let text = at + 2..<at + 2 + Int(bytes[at + 1])
            if bytes[at] == RTCPType.canonicalNameItem { chunk.canonicalName = bytes.text(in: text) }
            at = text.upperBound
        }
        guard at < body.upperBound else {
            if strictness == .lenient { return body.upperBound }
            throw RTCPParseError(reason: .missingEndItem, offset: at)
        }
        return min(body.upperBound, at + 4 - (at - body.lowerBound) % 4)
    }

    private func goodbye(in bytes: Span<UInt8>, strictness: RTCPPacket.Strictness) throws(RTCPParseError) -> Goodbye {
        let whole = min(count, body.count / 4)
        guard whole == count || strictness == .lenient else { throw truncated }
        var goodbye = Goodbye(ssrcs: (0..<whole).map { bytes.bigEndian32(at: body.lowerBound + $0 * 4) })
        let at = body.lowerBound + whole * 4
        guard at < body.upperBound else { return goodbye }
        let length = Int(bytes[at])
        guard length <= body.upperBound - at - 1 else {
            if strictness == .lenient { return goodbye }
            throw truncated
        }
        goodbye.reason = bytes.text(in: at + 1..<at + 1 + length)
        return goodbye
    }
}

/// The numbers of RFC 3550 section 12.
enum RTCPType {
    static let senderReport: UInt8 = 200
    static let receiverReport: UInt8 = 201
    static let sourceDescription: UInt8 = 202
    static let goodbye: UInt8 = 203
    static let canonicalNameItem: UInt8 = 1
}

extension Span<UInt8> {
    /// The bytes of `range` as UTF-8, what is not valid replaced; the caller has checked the bounds.
    fileprivate func text(in range: Range<Int>) -> String {
        String(decoding: range.map { self[$0] }, as: UTF8.self)
    }
}
