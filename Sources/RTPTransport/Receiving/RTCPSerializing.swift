extension RTCPPacket {
    /// The bytes of a compound of `packets`, in their order (RFC 3550 section 6.1).
    ///
    /// A packet holds at most 31 blocks, so more of them go into further packets. Names and reasons are cut to 255 bytes;
    /// ``other(type:)`` has no content to write and is left out.
    public static func serialize(_ packets: [RTCPPacket]) -> [UInt8] {
        var bytes: [UInt8] = []
        for packet in packets { packet.append(to: &bytes) }
        return bytes
    }

    private static let maximumBlocks = 31

    private func append(to bytes: inout [UInt8]) {
        switch self {
        case .senderReport(let report):
            let reports = report.reports.prefix(Self.maximumBlocks)
            Self.appendPacket(RTCPType.senderReport, count: reports.count, to: &bytes) { bytes in
                bytes.appendBigEndian(report.ssrc)
                bytes.appendBigEndian(report.ntp.rawValue)
                bytes.appendBigEndian(report.rtp.rawValue)
                bytes.appendBigEndian(report.packetCount)
                bytes.appendBigEndian(report.octetCount)
                for report in reports { report.append(to: &bytes) }
            }
            let rest = Array(report.reports.dropFirst(Self.maximumBlocks))
            if !rest.isEmpty { Self.appendReceiverReports(ReceiverReport(ssrc: report.ssrc, reports: rest), to: &bytes) }
        case .receiverReport(let report): Self.appendReceiverReports(report, to: &bytes)
        case .sourceDescription(let chunks):
            Self.appendInRuns(chunks, type: RTCPType.sourceDescription, to: &bytes) { chunk, bytes in chunk.append(to: &bytes) }
        case .goodbye(let goodbye):
            Self.appendInRuns(goodbye.ssrcs, type: RTCPType.goodbye, trailer: goodbye.reason, to: &bytes) { ssrc, bytes in
                bytes.appendBigEndian(ssrc)
            }
        case .other: break
        }
    }

    private static func appendReceiverReports(_ report: ReceiverReport, to bytes: inout [UInt8]) {
        var rest = report.reports[...]
        repeat {
            let run = rest.prefix(maximumBlocks)
            rest = rest.dropFirst(maximumBlocks)
            appendPacket(RTCPType.receiverReport, count: run.count, to: &bytes) { bytes in
                bytes.appendBigEndian(report.ssrc)
                for block in run { block.append(to: &bytes) }
            }
        } while !rest.isEmpty
    }

    /// Writes `items` in packets of at most 31, the last of them with `trailer` as counted text.
    private static func appendInRuns<Item>(
        _ items: [Item], type: UInt8, trailer: String? = nil, to bytes: inout [UInt8],
        write: (Item, inout [UInt8]) -> Void
    ) {
        var rest = items[...]
        repeat {
            let run = rest.prefix(maximumBlocks)
            rest = rest.dropFirst(maximumBlocks)
            appendPacket(type, count: run.count, to: &bytes) { bytes in
                for item in run { write(item, &bytes) }
                if rest.isEmpty, let trailer { bytes.appendCounted(trailer) }
            }
        } while !rest.isEmpty
    }

    /// Writes the common header, the body, zeros up to a word boundary, and then the length into the header.
    private static func appendPacket(
        _ type: UInt8, count: Int, to bytes: inout [UInt8], body: (inout [UInt8]) -> Void
    ) {
        let start = bytes.count
        bytes.append(0x80 | UInt8(truncatingIfNeeded: count))
        bytes.append(type)
        bytes.append(0)
        bytes.append(0)
        body(&bytes)
        while (bytes.count - start) % 4 != 0 { bytes.append(0) }
        let words = UInt16(truncatingIfNeeded: (bytes.count - start) / 4 - 1)
        bytes[start + 2] = UInt8(words >> 8)
        bytes[start + 3] = UInt8(words & 0xFF)
    }
}

extension ReceptionReport {
    fileprivate func append(to bytes: inout [UInt8]) {
        let lost = UInt32(bitPattern: min(max(cumulativeLost, -0x80_0000), 0x7F_FFFF)) & 0xFF_FFFF
        bytes.appendBigEndian(ssrc)
        bytes.appendBigEndian(UInt32(fractionLost) << 24 | lost)
        bytes.appendBigEndian(extendedHighestSequenceNumber)
        bytes.appendBigEndian(interarrivalJitter)
        bytes.appendBigEndian(lastSenderReport)
        bytes.appendBigEndian(delaySinceLastSenderReport)
    }
}

extension SourceDescription {
    /// A chunk ends with one to four zeros: the end item, then up to a word boundary.
    fileprivate func append(to bytes: inout [UInt8]) {
        let start = bytes.count
        bytes.appendBigEndian(ssrc)
        if !canonicalName.isEmpty {
            bytes.append(RTCPType.canonicalNameItem)
            bytes.appendCounted(canonicalName)
        }
        repeat { bytes.append(0) } while (bytes.count - start) % 4 != 0
    }
}

extension [UInt8] {
    /// A length byte and that many bytes of UTF-8, cut before the character that would go beyond 255.
    fileprivate mutating func appendCounted(_ text: String) {
        var utf8: [UInt8] = []
        for scalar in text.unicodeScalars {
            let encoded = Array<UInt8>(String(scalar).utf8)
            guard utf8.count + encoded.count <= 255 else { break }
            utf8 += encoded
        }
        append(UInt8(truncatingIfNeeded: utf8.count))
        append(contentsOf: utf8)
    }
}
