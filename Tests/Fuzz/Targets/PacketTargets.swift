internal import RTPTransport

extension FuzzTarget {
    static let packetTargets = [
        FuzzTarget(name: "rtp", run: receivePackets),
        FuzzTarget(name: "rtcp", run: parseReports),
    ]

    /// The input is one packet, and then a run of packets for a receiver: each behind a byte for the time, and two for its length.
    private static func receivePackets(_ bytes: [UInt8]) {
        for strictness in [RTPHeader.Strictness.standard, .anyVersion] {
            guard let (header, payload) = try? RTPHeader.parse(bytes.span, strictness: strictness) else { continue }
            demand(payload.lowerBound >= RTPHeader.length && payload.upperBound <= bytes.count, "the payload lies in the packet")
            var written: [UInt8] = []
            header.append(to: &written)
            demandEqual(try? RTPHeader.parse(written.span).header, header, "the header stays")
        }
        for format in [ReceiverFormat.jpeg, .rawJPEG] { receive(FuzzBytes(bytes), format) }
    }

    private static func receive(_ bytes: FuzzBytes, _ format: ReceiverFormat) {
        var bytes = bytes
        var now = ContinuousClock.Instant.start
        let limits = DepacketizerLimits(maximumBytes: 4096, maximumFrames: 2, maximumWaitingFragments: 8)
        var receiver = RTPReceiver(
            format: format, payloadTypes: [0, 26, 96], ssrc: 1, canonicalName: "fuzz", limits: limits,
            concealment: .lastFrame)
        while !bytes.isEmpty {
            let choice = bytes.byte()
            now += .milliseconds(Int(choice & 0x3F))
            let packet = bytes.bytes(Int(bytes.byte()) + (choice & 0x40 == 0 ? 0 : 256))
            let events =
                choice & 0x80 == 0 ? receiver.receive(rtp: packet.span, at: now) : receiver.receive(rtcp: packet.span, at: now)
            demand(events.count <= 80, "a packet leads to few events")
            for case .frame(let frame) in events {
                // A file in the payload that lacks the Huffman tables gets them.
                demand(frame.image.count <= limits.maximumBytes + 422, "a frame is bounded")
                demand(
                    frame.image.starts(with: [0xFF, 0xD8]) && frame.image.suffix(2) == [0xFF, 0xD9], "a frame is a JPEG file")
            }
            let report = receiver.report(at: now)
            demand((try? RTCPPacket.parse(compound: report.span, strictness: .strict)) != nil, "our reports are sound")
            demand(report.count <= 128, "our reports are short")
            demand(receiver.statistics.packetsLost >= 0, "losses are counted from zero")
        }
        _ = receiver.flush()
    }

    /// What is written of a compound reads as the same, and strict reading differs from lenient reading in refusing only.
    private static func parseReports(_ bytes: [UInt8]) {
        guard let packets = try? RTCPPacket.parse(compound: bytes.span) else {
            return demand(
                (try? RTCPPacket.parse(compound: bytes.span, strictness: .strict)) == nil, "lenient takes what strict takes")
        }
        demand(packets.count <= bytes.count / 4, "every packet has a header")
        if let strict = try? RTCPPacket.parse(compound: bytes.span, strictness: .strict) {
            demandEqual(strict, packets, "lenient reads what strict reads")
        }
        let known = packets.filter { if case .other = $0 { false } else { true } }
        guard !known.isEmpty else { return }
        let written = RTCPPacket.serialize(known)
        demand(written.count <= 4 * bytes.count + 64, "what is written is about as long as what was read")
        guard let again = try? RTCPPacket.parse(compound: written.span) else {
            return demand(false, "what is written can be read")
        }
        demandEqual(RTCPPacket.serialize(again), written, "writing again changes nothing")
        // What was no UTF-8 is longer now, and may have been cut.
        guard !hasReplacement(known) else { return }
        demandEqual(again, known, "the packets stay")
    }

    private static func hasReplacement(_ packets: [RTCPPacket]) -> Bool {
        packets.contains { packet in
            switch packet {
            case .sourceDescription(let chunks): chunks.contains { $0.canonicalName.unicodeScalars.contains("\u{FFFD}") }
            case .goodbye(let goodbye): goodbye.reason?.unicodeScalars.contains("\u{FFFD}") ?? false
            default: false
            }
        }
    }
}
