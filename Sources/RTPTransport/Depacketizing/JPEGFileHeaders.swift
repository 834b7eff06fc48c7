extension JPEGDepacketizer {
    /// What a stream has told of its pictures so far, and the file headers that follow from it.
    struct FileHeaders: Sendable, Hashable {
        /// A file header, and what it was made from.
        struct Prepared: Sendable, Hashable {
            var bytes: [UInt8]
            var layout: ScanLayout
            var tables: QuantizationTables
        }

        /// What the last header was made from, where that was a payload header alone: most streams say the same in each frame.
        private struct Source: Sendable, Hashable {
            var description: Fragment.Description
            var precision: UInt8
            var tables: [UInt8]
        }

        private let describedSize: PictureSize?
        private var last: Prepared?
        private var lastSource: Source?
        /// Tables sent in band, by Q from 128 to 254.
        private var knownTables: [UInt8: QuantizationTables] = [:]
        /// What header extensions have told, and frames that say nothing of it take over.
        private var lastFrame: HeaderExtension.FrameHeader?
        private var lastHuffman: [UInt8: [UInt8]] = [:]

        init(describedSize: PictureSize?) { self.describedSize = describedSize }

        /// The header made last.
        var bytes: [UInt8] { last?.bytes ?? [] }
        var layout: ScanLayout? { last?.layout }

        /// Another source follows.
        mutating func forget() { self = FileHeaders(describedSize: describedSize) }

        /// Makes the header for a frame from its first fragment, and from what header extensions have told of it. Tables in band are kept
        /// for later frames of the same Q, save for Q 255, whose tables change with every frame (RFC 2435 section 3.1.8).
        mutating func prepare(_ fragment: Fragment, tables: Span<UInt8>, told: HeaderExtension?) throws(Refusal) {
            if told == nil, let lastSource, lastSource.description == fragment.description,
                lastSource.precision == fragment.precision, tables.equals(lastSource.tables)
            {
                return
            }
            let q = fragment.description.q
            let base: QuantizationTables
            if !tables.isEmpty {
                base = try QuantizationTables(tables, precision: fragment.precision)
                if q < 255 { knownTables[q] = base }
            } else {
                base = try known(q, told)
            }
            last = try prepared(fragment.description, base, told, lacksBeginning: false)
            lastSource = nil
            if let told {
                lastFrame = told.frame ?? lastFrame
                lastHuffman.merge(told.huffman) { _, new in new }
            } else {
                lastSource = Source(
                    description: fragment.description, precision: fragment.precision,
                    tables: tables.indices.map { tables[$0] })
            }
        }

        /// The header of a frame whose first fragment never came; `nil` where only that could have told it.
        func withoutBeginning(of description: Fragment.Description, told: HeaderExtension?) -> Prepared? {
            guard description.q < 255, let tables = try? known(description.q, told ?? HeaderExtension()) else { return nil }
            return try? prepared(description, tables, told, lacksBeginning: true)
        }

        /// The tables of a Q where none are in band.
        private func known(_ q: UInt8, _ told: HeaderExtension?) throws(Refusal) -> QuantizationTables {
            switch q {
            case 0:
                // Those of the frame before, unless the extension has others (ONVIF).
                guard told != nil else { throw Refusal(.reservedQ(0)) }
                return last?.tables ?? QuantizationTables()
            case ..<128: return QuantizationTables(q: q)
            case 255 where told != nil: return QuantizationTables()
            default:
                if q < 255, let tables = knownTables[q] { return tables }
                guard told != nil else { throw Refusal(.missingQuantizationTables) }
                return QuantizationTables()
            }
        }

        private func prepared(
            _ description: Fragment.Description, _ base: QuantizationTables, _ told: HeaderExtension?, lacksBeginning: Bool
        ) throws(Refusal) -> Prepared {
            var told = told
            // Frames that state no size have that of the frame before, with all that was said of it (ONVIF).
            let inherits = lacksBeginning || description.width == 0 && description.height == 0
            let earlier = lastFrame.flatMap { $0.size.agrees(with: description) ? $0 : nil }
            if inherits, let earlier {
                var more = told ?? HeaderExtension()
                more.frame = more.frame ?? earlier
                told = more
            }
            told?.inherit(huffman: lastHuffman)
            guard let size = told?.frame?.size ?? earlier?.size ?? size(description) else { throw Refusal(.zeroSize) }
            let tables = told.map { base.replacing($0.quantization) } ?? base
            var header = FileHeader(
                size: size, type: description.type, restartInterval: description.restartInterval, tables: tables)
            if let told { header.apply(told) }
            guard header.isWhole else { throw Refusal(.missingQuantizationTables) }
            return Prepared(bytes: header.bytes, layout: ScanLayout(header), tables: tables)
        }

        private func size(_ description: Fragment.Description) -> PictureSize? {
            if let describedSize, describedSize.agrees(with: description) { return describedSize }
            return PictureSize(width: Int(description.width) * 8, height: Int(description.height) * 8)
        }
    }
}

extension PictureSize {
    /// Whether a payload header means this size as far as it can say so: in eights, rounded up or down; zero, all ones or the rest
    /// modulo 256 where that is too much for a byte (RFC 2435 section 3.1.5 ends at 2040).
    fileprivate func agrees(with description: JPEGDepacketizer.Fragment.Description) -> Bool {
        Self.agrees(width, description.width) && Self.agrees(height, description.height)
    }

    private static func agrees(_ side: Int, _ stated: UInt8) -> Bool {
        let eights = [(side + 7) / 8, side / 8]
        return stated == 0 || eights.contains { UInt8(truncatingIfNeeded: $0) == stated } || stated == 255 && side > 2040
    }
}
