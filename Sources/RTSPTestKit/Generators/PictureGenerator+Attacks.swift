extension PictureGenerator {
    /// What only attackers and broken devices send.
    public enum Attack: String, Sendable, Hashable, CaseIterable {
        /// A good picture that breaks off.
        case truncated
        /// A good picture with bits flipped or pieces lost.
        case damaged
        /// Two frame headers that differ.
        case twoFrames
        /// No width, or no height.
        case zeroSize
        /// A segment whose length is 0, 1 or beyond the end of the file.
        case falseLength
        /// More, or fewer, components than the frame header has room for.
        case falseComponents
        /// A quantization table of a number or precision that does not exist, or too short.
        case falseTable
        /// Huffman tables of more symbols than there are.
        case falseHuffmanTable
        /// A restart interval of the wrong length.
        case falseInterval
        /// A scan header of other components, or too short.
        case falseScanHeader
        /// A scan before its frame.
        case scanFirst
        /// No quantization tables.
        case missingTables
        /// No picture data.
        case missingScan
        /// FF bytes without end.
        case endlessFill
        /// Tens of thousands of empty segments.
        case manySegments
        /// A picture in a picture in a picture.
        case nestedStarts
        /// More bytes of picture data than a fragment offset can reach.
        case endlessScan
        /// Nothing, or a start and nothing.
        case empty
        /// Any bytes at all behind a start.
        case noise
    }

    /// A file of this kind; nothing is promised of it but that it does no harm.
    public func sample(_ attack: Attack, using generator: inout some RandomNumberGenerator) -> Sample {
        Sample(label: "hostile \(attack)", bytes: bytes(of: attack, using: &generator))
    }

    private func bytes(of attack: Attack, using generator: inout some RandomNumberGenerator) -> [UInt8] {
        let good = parts(using: &generator).draft
        switch attack {
        case .truncated:
            let bytes = good.bytes
            return Array(bytes.prefix(generator.number(0...bytes.count)))
        case .damaged:
            // Only the headers decide anything.
            let headers = Array(good.bytes.dropLast(good.scan.count + good.tail.count))
            return generator.damaged(headers) + good.scan + good.tail
        case .twoFrames, .zeroSize, .falseLength, .falseComponents, .falseTable, .falseHuffmanTable, .falseInterval,
            .falseScanHeader:
            var draft = good
            falsify(&draft, attack, using: &generator)
            return draft.bytes
        case .scanFirst:
            return PictureDraft.start + PictureDraft.scanHeader().bytes + good.bytes
        case .missingTables:
            var draft = good
            draft.remove(0xDB)
            return draft.bytes
        case .missingScan:
            var draft = good
            draft.scan = []
            draft.tail = generator.one(of: [], PictureDraft.end, [0xFF], [0xFF, 0xFF, 0xFF])
            return draft.bytes
        case .endlessFill: return PictureDraft.start + [UInt8](repeating: 0xFF, count: generator.number(1_000...100_000))
        case .manySegments:
            let segment = PictureDraft.Segment(marker: 0xFE, contents: []).bytes
            return PictureDraft.start + Array(repeatElement(segment, count: generator.number(1_000...20_000)).joined())
                + good.bytes
        case .nestedStarts:
            return Array(repeatElement(PictureDraft.start, count: generator.number(2...1_000)).joined()) + good.bytes
        case .endlessScan:
            // Rarely as long as it would have to be, which takes its time.
            var draft = good
            draft.scan = [UInt8](repeating: 0x11, count: generator.onceIn(50) ? 1 << 24 : 200_000)
            return draft.bytes
        case .empty: return generator.one(of: [], [0xFF], PictureDraft.start, PictureDraft.start + PictureDraft.end)
        case .noise: return PictureDraft.start + generator.bytes(generator.number(0...2_000))
        }
    }

    private func falsify(_ draft: inout PictureDraft, _ attack: Attack, using generator: inout some RandomNumberGenerator) {
        switch attack {
        case .twoFrames:
            let frame = PictureDraft.frame(width: 16, height: 16, samplings: [0x22, 0x11, 0x11])
            draft.insert(frame, before: generator.one(of: draft.frameMarker, 0xDA))
        case .zeroSize: draft.changeFrame([0, 0], at: generator.one(of: 1, 3))
        case .falseLength:
            let index = generator.number(0...draft.segments.count - 1)
            draft.segments[index].statedLength = generator.one(of: 0, 1, 0xFFFF, draft.segments[index].contents.count + 3)
        case .falseComponents: draft.changeFrame([UInt8(generator.one(of: 0, 1, 2, 4, 255))], at: 5)
        case .falseTable:
            draft.change(0xDB) { segment in
                switch generator.number(0...2) {
                case 0: segment.contents[0] = UInt8(generator.one(of: 0x04, 0x0F, 0x20, 0xFF))
                case 1: segment.contents.removeLast(generator.number(1...segment.contents.count))
                default: segment.contents[0] ^= 0x10
                }
            }
        case .falseHuffmanTable:
            draft.change(0xC4) { segment in
                switch generator.number(0...2) {
                case 0: for index in 1...16 { segment.contents[index] = 0xFF }
                case 1: segment.contents.removeLast(generator.number(1...segment.contents.count))
                default: segment.contents[0] = UInt8(generator.one(of: 0x04, 0x1F, 0x20, 0xFF))
                }
            }
        case .falseInterval:
            let contents = generator.bytes(generator.one(of: 0, 1, 3, 100))
            draft.insert(PictureDraft.Segment(marker: 0xDD, contents: contents), before: draft.frameMarker)
        default:
            draft.change(0xDA) { segment in
                switch generator.number(0...2) {
                case 0: segment.contents[0] = UInt8(generator.one(of: 0, 2, 4, 5, 255))
                case 1: segment.contents.removeLast(generator.number(1...segment.contents.count))
                default: segment.contents[generator.one(of: 1, 2, 3, 5)] ^= 0x33
                }
            }
        }
    }
}
