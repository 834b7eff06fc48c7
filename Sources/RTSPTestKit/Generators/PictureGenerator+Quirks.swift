internal import RTPTransport

extension PictureGenerator {
    /// What cameras and programs write, to be carried or refused for a reason. The raw value has the number of a quirk that is
    /// known by one in this library.
    public enum Quirk: String, Sendable, Hashable, CaseIterable {
        /// No end marker.
        case missingEnd = "J04"
        /// Several end markers.
        case severalEnds = "J04b"
        /// Bytes behind the end marker.
        case trailingBytes
        /// FF bytes before the end marker.
        case fillBeforeEnd
        /// No Huffman tables, as in AVI1.
        case missingHuffmanTables = "J03"
        /// One quantization table for all components.
        case oneTable
        /// Three quantization tables, two of them alike.
        case threeTables = "J01"
        /// Three quantization tables, all different: refused.
        case differentChromaTables
        /// Wider than the payload header can say.
        case large = "J05"
        /// Segments of Adobe's between the tables and the frame header.
        case lateApplicationData = "J08"
        /// Sampled 4:4:0: refused.
        case halvedDown = "J09"
        /// Sampled 4:4:4: refused.
        case notHalved
        /// 4:2:2 by larger factors than it needs. The data of such pictures is read, and noise may be refused.
        case largeFactors
        /// Bytes before the start marker: refused here, since finding the start is for whoever cuts a stream into files.
        case junkBefore = "J07"
        /// Progressive: refused.
        case progressive
        /// Coded arithmetically: refused.
        case arithmetic
        /// Samples of 12 bits: refused.
        case twelveBits
        /// One component: refused.
        case grey
        /// Four components: refused.
        case fourComponents
        /// RGB: refused.
        case rgb
        /// Huffman tables of its own: refused.
        case foreignHuffmanTables
        /// A scan for each component: refused.
        case separateScans

        var label: String { rawValue == "\(self)" ? rawValue : "\(rawValue) \(self)" }
    }

    /// A picture with this quirk.
    public func sample(_ quirk: Quirk, using generator: inout some RandomNumberGenerator) -> Sample {
        var parts = self.parts(using: &generator)
        // Colours by the frame header alone, so that RGB can be told.
        for marker in [0xE0, 0xEE] as [UInt8] where quirk == .rgb { parts.draft.remove(marker) }
        let refusal = refusal(&parts, quirk, using: &generator)
        if refusal == nil { change(&parts, by: quirk, using: &generator) }
        let isPromised = refusal == nil && quirk != .largeFactors
        return Sample(
            label: quirk.label, bytes: parts.draft.bytes, scan: isPromised ? parts.draft.scan : nil,
            tables: isPromised ? parts.tables : [], refusal: refusal)
    }

    /// What the format can carry.
    private func change(_ parts: inout Parts, by quirk: Quirk, using generator: inout some RandomNumberGenerator) {
        switch quirk {
        case .missingEnd: parts.draft.tail = []
        case .severalEnds: parts.draft.tail = PictureDraft.end + PictureDraft.end + PictureDraft.end
        case .trailingBytes: parts.draft.tail += generator.bytes(generator.number(1...100)) + PictureDraft.end
        case .fillBeforeEnd: parts.draft.tail = [0xFF, 0xFF] + PictureDraft.end
        case .missingHuffmanTables: parts.draft.remove(0xC4)
        case .oneTable:
            parts.draft.changeFrame([0], at: 11)
            parts.draft.changeFrame([0], at: 14)
            parts.tables = [parts.tables[0], parts.tables[0]]
        case .threeTables:
            addTable(2, parts.tables[1], to: &parts)
            parts.draft.changeFrame([2], at: 14)
        case .large:
            let width = generator.number(2_041...65_535)
            parts.draft.changeFrame([0, 8, UInt8(width >> 8), UInt8(width & 0xFF)], at: 1)
        case .lateApplicationData:
            let adobe = Array("Adobe".utf8) + [0, 100, 0, 0, 0, 0, 1]
            parts.draft.insert(PictureDraft.Segment(marker: 0xEE, contents: adobe), before: parts.draft.frameMarker)
        default:
            parts.draft.changeFrame([0x22], at: 7)
            parts.draft.changeFrame([0x12], at: 10)
            parts.draft.changeFrame([0x12], at: 13)
        }
    }

    /// What it cannot, and why; `nil` for all else.
    private func refusal(
        _ parts: inout Parts, _ quirk: Quirk, using generator: inout some RandomNumberGenerator
    ) -> JPEGError? {
        switch quirk {
        case .differentChromaTables:
            addTable(2, parts.tables[1].map { $0 ^ 1 }, to: &parts)
            parts.draft.changeFrame([2], at: 14)
            return .differentChromaTables
        case .halvedDown:
            parts.draft.changeFrame([0x12], at: 7)
            return .unsupportedSampling(JPEGSampling(rawValue: 0x12_11_11))
        case .notHalved:
            parts.draft.changeFrame([0x11], at: 7)
            return .unsupportedSampling(JPEGSampling(rawValue: 0x11_11_11))
        case .junkBefore:
            parts.draft.junk = [0x00] + generator.bytes(generator.number(0...40))
            return .notJPEG
        case .progressive: return remark(&parts, 0xC2, .progressive)
        case .arithmetic: return remark(&parts, generator.one(of: 0xC9, 0xCA), .arithmetic)
        case .twelveBits:
            parts.draft.changeFrame([12], at: 0)
            return .unsupportedPrecision(12)
        case .grey: return components(1, &parts)
        case .fourComponents: return components(4, &parts)
        case .rgb:
            parts.draft.insert(
                PictureDraft.Segment(marker: 0xEE, contents: Array("Adobe".utf8) + [0, 100, 0, 0, 0, 0, 0]),
                before: parts.draft.frameMarker)
            return .notYCbCr
        case .foreignHuffmanTables:
            parts.draft.change(0xC4) { $0.contents[$0.contents.count - 1] ^= 1 }
            return .foreignHuffmanTables
        case .separateScans:
            parts.draft.change(0xDA) { $0 = PictureDraft.scanHeader(components: 1) }
            for number in 2...3 as ClosedRange<UInt8> {
                let scan = PictureDraft.Segment(marker: 0xDA, contents: [1, number, 0x11, 0, 63, 0])
                parts.draft.tail = scan.bytes + generator.bytes(20).map { $0 & 0x7F } + parts.draft.tail
            }
            return .severalScans
        default: return nil
        }
    }

    private func addTable(_ number: UInt8, _ values: [UInt16], to parts: inout Parts) {
        let isWide = values.contains { $0 > 255 }
        let table = PictureDraft.table(number, values, isWide: isWide)
        parts.draft.insert(PictureDraft.Segment(marker: 0xDB, contents: table), before: parts.draft.frameMarker)
    }

    private func remark(_ parts: inout Parts, _ marker: UInt8, _ refusal: JPEGError) -> JPEGError {
        parts.draft.change(parts.draft.frameMarker) { $0.marker = marker }
        return refusal
    }

    private func components(_ count: Int, _ parts: inout Parts) -> JPEGError {
        let marker = parts.draft.frameMarker
        parts.draft.change(marker) {
            $0 = PictureDraft.frame(marker: marker, width: 8, height: 8, samplings: [UInt8](repeating: 0x11, count: count))
        }
        parts.draft.change(0xDA) { $0 = PictureDraft.scanHeader(components: count) }
        return .unsupportedComponents(count)
    }
}
