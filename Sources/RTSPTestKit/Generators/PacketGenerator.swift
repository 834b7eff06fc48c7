/// Packets of a stream of JPEG pictures, made at random: as the RFCs have them, as devices send them, and as attackers do.
///
/// They are written by RFC 2435 and not by the library's own packetizer, so they also have what that never sends: tables by
/// number, tables that come once, fragments of odd sizes.
public struct PacketGenerator: Sendable, Hashable {
    /// Packets in their order, and what is known of them.
    public struct Sample: Sendable, Hashable, CustomStringConvertible {
        /// What this is, for people; with the number of the quirk where it is one.
        public var label: String
        /// The packets, in the order in which they arrive.
        public var packets: [[UInt8]]
        /// The picture data of the frames that a receiver must hand on, in order; `nil` where nothing is promised. The last frames
        /// may only come when the receiver is told that the stream is over.
        public var scans: [[UInt8]]?

        /// The label and how many packets there are.
        public var description: String { "\(label), \(packets.count) packets" }
    }

    /// The synchronization source.
    public var ssrc: UInt32
    /// The most pictures in a sample, at least 1.
    public var maximumPictures: Int

    /// A generator of packets of this source.
    public init(ssrc: UInt32 = 0xABCD_1234, maximumPictures: Int = 4) {
        self.ssrc = ssrc
        self.maximumPictures = max(1, maximumPictures)
    }

    /// Packets of this mood.
    public func sample(_ mood: GeneratorMood, using generator: inout some RandomNumberGenerator) -> Sample {
        switch mood {
        case .valid: return valid(using: &generator)
        case .odd: return sample(generator.one(of: Quirk.allCases, else: .padding), using: &generator)
        case .hostile: return sample(generator.one(of: Attack.allCases, else: .noise), using: &generator)
        }
    }

    /// The packets of this mood that follow from `seed` alone.
    public func sample(_ mood: GeneratorMood, seed: UInt64) -> Sample {
        var generator = SeededGenerator(seed: seed)
        return sample(mood, using: &generator)
    }

    private func valid(using generator: inout some RandomNumberGenerator) -> Sample {
        let frames = self.frames(using: &generator)
        let q = frames.first?.payload.q ?? 0
        return Sample(
            label: "valid packets, type \(frames.first?.payload.type ?? 0), Q \(q)",
            packets: frames.flatMap(\.packets).map(\.bytes),
            scans: frames.map(\.payload.data))
    }

    /// One picture and its packets.
    struct Frame {
        var payload: PayloadDraft
        var packets: [PacketDraft]
    }

    /// Some pictures one after the other; numbers and timestamps begin anywhere, often just before they wrap around.
    func frames(
        of type: UInt8? = nil, q: UInt8? = nil, fragment: Int? = nil, using generator: inout some RandomNumberGenerator
    ) -> [Frame] {
        let type = type ?? generator.one(of: 0, 1, 64, 65)
        let q = q ?? UInt8(generator.one(of: 255, generator.number(1...99), generator.number(128...254)))
        let size = fragment ?? generator.number(40...1_400)
        let halfTables = generator.onceIn(4)
        var number = UInt16(generator.onceIn(2) ? generator.number(0...65_535) : generator.number(65_530...65_535))
        var timestamp = UInt32(truncatingIfNeeded: generator.onceIn(2) ? generator.number(0...0xFFFF_FFFF) : 0xFFFF_FFFF)
        var template = PayloadDraft(type: type, q: q, data: [])
        template.width = UInt8(generator.number(1...255))
        template.height = UInt8(generator.number(1...255))
        template.restartInterval = type >= 64 ? generator.number(1...500) : 0
        return (0..<generator.number(1...maximumPictures)).map { _ in
            var payload = template
            payload.precision = UInt8(generator.one(of: 0, 0, 0, 1, 2, 3))
            if q >= 128 { payload.tables = tables(precision: payload.precision, isHalf: halfTables, using: &generator) }
            payload.data = PictureDraft.scan(generator.number(1...4_000), restarts: type >= 64, using: &generator)
            let fragments = payload.fragments(of: size)
            let packets = fragments.enumerated().map { index, fragment in
                defer { number &+= 1 }
                return PacketDraft(
                    marker: index == fragments.count - 1, number: number, timestamp: timestamp, ssrc: ssrc, payload: fragment)
            }
            timestamp &+= UInt32(generator.number(1...9_000))
            return Frame(payload: payload, packets: packets)
        }
    }

    /// Tables for luma and chroma, or one for both.
    private func tables(
        precision: UInt8, isHalf: Bool, using generator: inout some RandomNumberGenerator
    ) -> [UInt8] {
        (0..<(isHalf ? 1 : 2)).flatMap { index in
            let isWide = precision >> UInt8(index) & 1 == 1
            return (0..<(isWide ? 128 : 64)).map { _ in UInt8(generator.number(1...255)) }
        }
    }
}
