extension PacketGenerator {
    /// What devices send. The raw value has the number of a quirk that is known by one in this library.
    public enum Quirk: String, Sendable, Hashable, CaseIterable {
        /// Packets with padding.
        case padding
        /// Packets with a header extension.
        case headerExtension
        /// Packets with contributing sources.
        case contributors
        /// Packets that come twice, at once or later.
        case duplicates = "R01"
        /// Packets of another payload type between the others.
        case otherPayloadType = "R01b"
        /// Another source takes over in the middle.
        case sourceChange = "R02"
        /// Packets without a payload.
        case emptyPayloads = "R06"
        /// Packets of one picture in any order.
        case anyOrder = "R07"
        /// Packets of 10,000 bytes.
        case largePackets = "R08"
        /// No marker; the data ends with an end marker.
        case missingMarker = "R09"
        /// Tables in the first picture only.
        case tablesOnce = "J02"
        /// The data ends with an end marker.
        case endInData = "J04"
        /// The data ends with several of them.
        case severalEnds = "J04b"
        /// A restart header whose count says nothing.
        case restartCount = "J06"
        /// All pictures have one timestamp.
        case oneTimestamp
        /// One packet is lost.
        case loss
        /// The marker comes in a packet of its own, without data.
        case markerAlone

        var label: String { rawValue == "\(self)" ? rawValue : "\(rawValue) \(self)" }
    }

    /// Packets with this quirk.
    public func sample(_ quirk: Quirk, using generator: inout some RandomNumberGenerator) -> Sample {
        switch quirk {
        case .padding, .headerExtension, .contributors, .otherPayloadType, .emptyPayloads, .duplicates, .anyOrder, .largePackets,
            .oneTimestamp, .markerAlone:
            return dressed(quirk, using: &generator)
        case .sourceChange:
            var other = self
            other.ssrc = ~ssrc
            let packets = frames(using: &generator) + other.frames(using: &generator)
            return Sample(label: quirk.label, packets: packets.flatMap(\.packets).map(\.bytes), scans: nil)
        case .missingMarker, .endInData, .severalEnds: return ended(quirk, using: &generator)
        case .tablesOnce: return tablesOnce(using: &generator)
        case .restartCount:
            let frames = frames(of: generator.one(of: 64, 65), using: &generator)
            return Sample(
                label: quirk.label, packets: frames.flatMap(\.packets).map(\.bytes), scans: frames.map(\.payload.data))
        case .loss: return withLoss(using: &generator)
        }
    }

    /// Good pictures in packets that are unusual; all of them must be found.
    private func dressed(_ quirk: Quirk, using generator: inout some RandomNumberGenerator) -> Sample {
        var frames = frames(fragment: quirk == .largePackets ? 10_000 : nil, using: &generator)
        let timestamp = frames.first?.packets.first?.timestamp ?? 0
        for index in frames.indices {
            for position in frames[index].packets.indices {
                dress(&frames[index].packets[position], quirk, using: &generator)
                if quirk == .oneTimestamp { frames[index].packets[position].timestamp = timestamp }
            }
            if quirk == .anyOrder { frames[index].packets.shuffle(using: &generator) }
        }
        if quirk == .markerAlone { frames = frames.map(Self.withMarkerAlone) }
        var packets: [[UInt8]] = []
        for packet in frames.flatMap(\.packets) {
            if generator.onceIn(3), let extra = extra(beside: packet, quirk, using: &generator) { packets.append(extra) }
            packets.append(packet.bytes)
        }
        if quirk == .duplicates { packets += packets.suffix(3) }
        return Sample(label: quirk.label, packets: packets, scans: frames.map(\.payload.data))
    }

    private func dress(_ packet: inout PacketDraft, _ quirk: Quirk, using generator: inout some RandomNumberGenerator) {
        switch quirk {
        case .padding: packet.padding = generator.number(0...255)
        case .headerExtension:
            packet.extensionWords = (0..<generator.number(0...20)).map { _ in UInt32(truncatingIfNeeded: generator.next()) }
        case .contributors:
            packet.sources = (0..<generator.number(0...15)).map { _ in UInt32(truncatingIfNeeded: generator.next()) }
        default: break
        }
    }

    private func extra(
        beside packet: PacketDraft, _ quirk: Quirk, using generator: inout some RandomNumberGenerator
    ) -> [UInt8]? {
        var extra = packet
        switch quirk {
        case .duplicates: break
        case .otherPayloadType:
            extra.payloadType = UInt8(generator.one(of: 50, 0, 96, 127))
        case .emptyPayloads: extra.payload = []
        default: return nil
        }
        return extra.bytes
    }

    private static func withMarkerAlone(_ frame: Frame) -> Frame {
        var frame = frame
        guard var last = frame.packets.popLast() else { return frame }
        last.marker = false
        frame.packets.append(last)
        last.marker = true
        last.number &+= 1
        last.payload = frame.payload.header(at: frame.payload.data.count)
        frame.packets.append(last)
        return frame
    }

    /// Data that brings its own end marker.
    private func ended(_ quirk: Quirk, using generator: inout some RandomNumberGenerator) -> Sample {
        var packets: [[UInt8]] = []
        let frames = frames(fragment: 10_000, using: &generator)
        for frame in frames {
            guard var packet = frame.packets.first else { continue }
            packet.marker = quirk != .missingMarker
            packet.payload += PictureDraft.end + (quirk == .severalEnds ? PictureDraft.end : [])
            packets.append(packet.bytes)
        }
        return Sample(label: quirk.label, packets: packets, scans: frames.map(\.payload.data))
    }

    /// The tables come with the first picture, and hold for all that have the same Q (RFC 2435 section 3.1.8).
    private func tablesOnce(using generator: inout some RandomNumberGenerator) -> Sample {
        var frames = frames(q: UInt8(generator.number(128...254)), using: &generator)
        for index in frames.indices.dropFirst() {
            var payload = frames[index].payload
            payload.tables = []
            payload.precision = 0
            frames[index].packets[0].payload = payload.header(at: 0) + frames[index].firstData
        }
        return Sample(
            label: Quirk.tablesOnce.label, packets: frames.flatMap(\.packets).map(\.bytes), scans: frames.map(\.payload.data))
    }

    /// The picture that lacks a packet must not be handed on, the others must.
    private func withLoss(using generator: inout some RandomNumberGenerator) -> Sample {
        // Tables in every picture, or none needed.
        var frames = frames(q: generator.one(of: 255, 50), using: &generator)
        let victim = generator.number(0...frames.count - 1)
        frames[victim].packets.remove(at: generator.number(0...frames[victim].packets.count - 1))
        let whole = frames.indices.filter { $0 != victim }.map { frames[$0].payload.data }
        return Sample(label: Quirk.loss.label, packets: frames.flatMap(\.packets).map(\.bytes), scans: whole)
    }
}

extension PacketGenerator.Frame {
    /// The data of the first fragment.
    fileprivate var firstData: [UInt8] {
        guard let first = packets.first else { return [] }
        return Array(first.payload.dropFirst(payload.header(at: 0).count))
    }
}
