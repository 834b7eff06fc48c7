extension PacketGenerator {
    /// What only attackers and broken devices send.
    public enum Attack: String, Sendable, Hashable, CaseIterable {
        /// A padding count of 0, or larger than the packet.
        case falsePadding
        /// More contributing sources than there is room for.
        case falseContributors
        /// A header extension that reaches beyond the packet.
        case falseExtension
        /// Another version.
        case falseVersion
        /// Packets that break off anywhere.
        case truncated
        /// Offsets up to the largest that can be said, and nothing before them.
        case farOffsets
        /// Fragments that overlap, with other data.
        case overlaps
        /// Fragments of one picture that do not agree on what it is.
        case contradictions
        /// Tables shorter or longer than they say, or of lengths that no table has.
        case falseTables
        /// Types and Qs that are reserved.
        case reserved
        /// No width, or no height.
        case zeroSize
        /// Two last fragments, at different ends.
        case twoEnds
        /// Thousands of fragments that wait for one that never comes.
        case scattered
        /// A picture that has no end.
        case endless
        /// Every packet begins another picture.
        case timestampFlood
        /// Every packet is of another source.
        case sourceFlood
        /// Numbers and timestamps that jump about.
        case jumps
        /// Good packets with bits flipped or pieces lost.
        case damaged
        /// Any bytes at all.
        case noise
    }

    /// Packets of this kind; nothing is promised of them but that they do no harm.
    public func sample(_ attack: Attack, using generator: inout some RandomNumberGenerator) -> Sample {
        Sample(label: "hostile \(attack)", packets: packets(of: attack, using: &generator), scans: nil)
    }

    private func packets(of attack: Attack, using generator: inout some RandomNumberGenerator) -> [[UInt8]] {
        switch attack {
        case .falsePadding, .falseContributors, .falseExtension, .falseVersion, .truncated, .damaged, .noise:
            return frames(using: &generator).flatMap(\.packets).map { falsified($0.bytes, attack, using: &generator) }
        case .contradictions, .falseTables, .reserved, .zeroSize, .twoEnds, .overlaps:
            return contradictory(attack, using: &generator).map(\.bytes)
        default: return flood(attack, using: &generator).map(\.bytes)
        }
    }

    /// What is wrong with the RTP header, or with any byte.
    private func falsified(_ packet: [UInt8], _ attack: Attack, using generator: inout some RandomNumberGenerator) -> [UInt8] {
        var packet = packet
        switch attack {
        case .falsePadding:
            packet[0] |= 0x20
            packet[packet.count - 1] = UInt8(generator.one(of: 0, 255, min(255, packet.count), min(255, packet.count - 11)))
            // Short enough that the count can be too large.
            packet = generator.onceIn(2) ? Array(packet.prefix(40)) + [UInt8(generator.one(of: 29, 30, 41, 255))] : packet
        case .falseContributors:
            packet[0] |= 0x0F
            packet = Array(packet.prefix(generator.number(12...80)))
        case .falseExtension:
            packet[0] |= 0x10
            packet = Array(packet.prefix(generator.number(12...80)))
        case .falseVersion: packet[0] = packet[0] & 0x3F | UInt8(generator.one(of: 0x00, 0x40, 0xC0))
        case .truncated: packet = Array(packet.prefix(generator.number(0...min(packet.count, 60))))
        case .damaged: packet = generator.damaged(packet)
        default: packet = generator.bytes(generator.number(0...100))
        }
        return packet
    }

    /// Pictures whose fragments do not fit each other, or fit nothing.
    private func contradictory(_ attack: Attack, using generator: inout some RandomNumberGenerator) -> [PacketDraft] {
        var packets = frames(fragment: generator.number(40...400), using: &generator).flatMap(\.packets)
        for index in packets.indices where generator.onceIn(2) {
            switch attack {
            case .contradictions: packets[index].payload[generator.number(4...7)] ^= UInt8(generator.one(of: 1, 64, 128))
            case .falseTables:
                guard packets[index].payload.count > 20 else { continue }
                packets[index].payload[5] = UInt8(generator.number(128...255))
                for place in [9, 10, 11, 13, 14, 15] where generator.onceIn(2) {
                    packets[index].payload[place] = UInt8(generator.number(0...255))
                }
            case .reserved:
                packets[index].payload[generator.onceIn(2) ? 4 : 5] = UInt8(generator.one(of: 0, 2, 63, 66, 100, 127, 128, 255))
            case .zeroSize: packets[index].payload[generator.one(of: 6, 7)] = 0
            case .twoEnds: packets[index].marker = true
            default:
                // Shifted, so that it lies across its neighbours.
                let shift = UInt8(generator.number(0...255))
                packets[index].payload[3] = packets[index].payload[3] &+ shift
                if generator.onceIn(3) { packets[index].payload += generator.bytes(generator.number(1...3_000)) }
            }
        }
        return packets
    }

    /// Much of what is little by itself.
    private func flood(_ attack: Attack, using generator: inout some RandomNumberGenerator) -> [PacketDraft] {
        let payload = PayloadDraft(q: 50, data: generator.bytes(1_000))
        let count = generator.number(100...2_000)
        let base = PacketDraft(number: 0, timestamp: 90_000, ssrc: ssrc, payload: payload.header(at: 0) + payload.data)
        var packets: [PacketDraft] = []
        for index in 0..<count {
            var packet = base
            packet.number = UInt16(truncatingIfNeeded: index)
            switch attack {
            case .farOffsets:
                packet.payload = payload.header(at: generator.number(1_000...0xFF_FFFF)) + payload.data
                packet.marker = generator.onceIn(4)
            case .scattered: packet.payload = payload.header(at: 10 + 2 * index) + [UInt8(truncatingIfNeeded: index)]
            case .endless: packet.payload = payload.header(at: index * 1_000) + payload.data
            case .timestampFlood:
                packet.timestamp = UInt32(
                    truncatingIfNeeded: generator.onceIn(2) ? 90_000 + index : generator.number(0...0xFFFF_FFFF))
            case .sourceFlood: packet.ssrc = UInt32(truncatingIfNeeded: generator.next())
            default:
                packet.number = UInt16(generator.number(0...0xFFFF))
                packet.timestamp = UInt32(truncatingIfNeeded: generator.next())
                packet.marker = generator.onceIn(2)
            }
            packets.append(packet)
        }
        return packets
    }
}
