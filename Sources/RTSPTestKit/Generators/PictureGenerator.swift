public import RTPTransport

/// JPEG files, made at random: those that RFC 2435 can carry in all their forms, those that cameras write, and those that only
/// an attacker does.
///
/// They are right in structure; their picture data is noise, fit for packetizers and not for decoders.
public struct PictureGenerator: Sendable, Hashable {
    /// A file, and what is known of it.
    public struct Sample: Sendable, Hashable, CustomStringConvertible {
        /// What this is, for people; with the number of the quirk where it is one.
        public var label: String
        /// The file.
        public var bytes: [UInt8]
        /// The picture data that must travel unchanged; `nil` where nothing is promised.
        public var scan: [UInt8]?
        /// The quantization tables of luma and chroma that must travel with it, in zigzag order.
        public var tables: [[UInt16]] = []
        /// Why the file must be refused, where it must.
        public var refusal: JPEGError?

        /// The label and the length.
        public var description: String { "\(label), \(bytes.count) bytes" }
    }

    /// The most bytes of picture data, at least 1.
    public var maximumScanBytes: Int

    /// A generator of pictures with up to this much picture data, restart markers and stuffed bytes not counted.
    public init(maximumScanBytes: Int = 4_000) { self.maximumScanBytes = max(1, maximumScanBytes) }

    /// A picture of this mood.
    public func sample(_ mood: GeneratorMood, using generator: inout some RandomNumberGenerator) -> Sample {
        switch mood {
        case .valid: return valid(using: &generator)
        case .odd: return sample(generator.one(of: Quirk.allCases, else: .missingEnd), using: &generator)
        case .hostile: return sample(generator.one(of: Attack.allCases, else: .noise), using: &generator)
        }
    }

    /// The picture of this mood that follows from `seed` alone.
    public func sample(_ mood: GeneratorMood, seed: UInt64) -> Sample {
        var generator = SeededGenerator(seed: seed)
        return sample(mood, using: &generator)
    }

    private func valid(using generator: inout some RandomNumberGenerator) -> Sample {
        let parts = self.parts(using: &generator)
        let kinds = [parts.isHalved ? "4:2:0" : "4:2:2", parts.restartInterval > 0 ? "with restarts" : "without restarts"]
        return Sample(
            label: "valid picture, \(kinds.joined(separator: ", "))", bytes: parts.draft.bytes, scan: parts.draft.scan,
            tables: parts.tables)
    }

    /// A valid picture, and what it is made of.
    struct Parts {
        var draft = PictureDraft()
        var isHalved = true
        var restartInterval = 0
        var tables: [[UInt16]] = []
    }

    func parts(using generator: inout some RandomNumberGenerator) -> Parts {
        var parts = Parts()
        parts.isHalved = generator.onceIn(2)
        let isWide = [generator.onceIn(6), generator.onceIn(6)]
        parts.tables = isWide.map { isWide in (0..<64).map { _ in UInt16(generator.number(1...(isWide ? 1_000 : 255))) } }
        addApplicationData(&parts.draft, using: &generator)
        addTables(&parts, isWide: isWide, using: &generator)
        if generator.onceIn(3) {
            parts.restartInterval = generator.number(1...400)
            var interval: [UInt8] = []
            interval.appendNumber16(parts.restartInterval)
            parts.draft.segments.append(PictureDraft.Segment(marker: 0xDD, contents: interval))
        }
        parts.draft.segments.append(
            PictureDraft.frame(
                marker: isWide.contains(true) ? 0xC1 : 0xC0, width: generator.number(1...2_040),
                height: generator.number(1...2_040),
                samplings: [parts.isHalved ? 0x22 : 0x21, 0x11, 0x11]))
        for table in AnnexKTables.segments(together: generator.onceIn(2)) {
            parts.draft.segments.append(PictureDraft.Segment(marker: 0xC4, contents: table))
        }
        parts.draft.segments.append(PictureDraft.scanHeader())
        if generator.onceIn(4) {
            for index in parts.draft.segments.indices { parts.draft.segments[index].fill = generator.number(0...3) }
        }
        parts.draft.scan = PictureDraft.scan(
            generator.number(1...maximumScanBytes), restarts: parts.restartInterval > 0, using: &generator)
        return parts
    }

    /// JFIF, EXIF with a whole picture as its thumbnail, Adobe's, and comments that look like markers.
    private func addApplicationData(_ draft: inout PictureDraft, using generator: inout some RandomNumberGenerator) {
        func add(_ marker: UInt8, _ contents: [UInt8]) {
            draft.segments.append(PictureDraft.Segment(marker: marker, contents: contents))
        }
        if generator.onceIn(2) { add(0xE0, Array("JFIF\0".utf8) + [1, 1, 0, 0, 1, 0, 1, 0, 0]) }
        if generator.onceIn(4) {
            let thumbnail = SyntheticPicture(scanBytes: generator.number(1...500), seed: generator.next()).bytes
            add(0xE1, Array("Exif\0\0MM\0*".utf8) + generator.bytes(20) + thumbnail)
        }
        if generator.onceIn(4) { add(0xEE, Array("Adobe".utf8) + [0, 100, 0, 0, 0, 0, 1]) }
        if generator.onceIn(4) { add(0xFE, Array("made for tests".utf8) + PictureDraft.end + PictureDraft.start + [0xFF, 0xDA]) }
        if generator.onceIn(6) { add(UInt8(0xE0 + generator.number(2...13)), generator.bytes(generator.number(0...300))) }
    }

    /// Both tables in one DQT segment, or one segment for each.
    private func addTables(_ parts: inout Parts, isWide: [Bool], using generator: inout some RandomNumberGenerator) {
        var contents = parts.tables.enumerated().map { index, values in
            PictureDraft.table(UInt8(truncatingIfNeeded: index), values, isWide: isWide[index])
        }
        if generator.onceIn(2) { contents = [Array(contents.joined())] }
        for table in contents { parts.draft.segments.append(PictureDraft.Segment(marker: 0xDB, contents: table)) }
    }
}
