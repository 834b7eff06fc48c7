extension JPEGHeaderScanner {
    /// What to make of the file, now that its first scan begins: what RFC 2435 needs of it, or the gravest of what is in the way.
    mutating func judge(scanHeader: Range<Int>, of image: Span<UInt8>) throws(JPEGError) -> JPEGImageHeader {
        guard let frame else { throw .malformed(offset: scanHeader.lowerBound) }
        let scanned = try readScanHeader(scanHeader, of: image, frame: frame)
        if frame.components.count == 3 {
            if isRGB(frame) { note(.notYCbCr) }
            let ratio = frame.sampling.reduced
            if ratio != .yuv420, ratio != .yuv422 { note(.unsupportedSampling(frame.sampling)) }
        }
        if scanned.count < frame.components.count { note(.severalScans) }
        if scanned.count < frame.components.count || !frame.isSequential {
            try readFurtherScans(of: image, from: scanHeader.upperBound, scanned: Set(scanned), frame: frame)
        }
        let tables = try quantizationTables(frame, of: image, scanHeader: scanHeader)
        let scan = scanHeader.upperBound..<Self.endOfScan(in: image, from: scanHeader.upperBound)
        guard !scan.isEmpty else { throw .truncated }
        if let hindrance { throw hindrance }
        guard let tables else { throw .malformed(offset: scanHeader.lowerBound) }
        return JPEGImageHeader(
            width: frame.width, height: frame.height, sampling: frame.sampling, lumaTable: tables.luma,
            chromaTable: tables.chroma, restartInterval: restartInterval,
            applicationHeader: applicationHeader.flatMap { $0.count >= 12 ? $0 : nil }, scan: scan)
    }

    /// Colours as libjpeg guesses them: by JFIF, else by what Adobe says, else by the names of the components.
    private func isRGB(_ frame: Frame) -> Bool {
        if applicationHeader != nil { return false }
        if let adobeTransform { return adobeTransform == 0 }
        return frame.components.map(\.id) == [0x52, 0x47, 0x42]
    }

    /// Which components a scan holds, by their places in the frame header.
    private mutating func readScanHeader(
        _ segment: Range<Int>, of image: Span<UInt8>, frame: Frame
    ) throws(JPEGError) -> [Int] {
        let start = segment.lowerBound
        guard segment.count >= 1 else { throw .malformed(offset: start) }
        let count = Int(image[start])
        guard 1...4 ~= count, segment.count == 4 + 2 * count else { throw .malformed(offset: start) }
        var places: [Int] = []
        for offset in stride(from: start + 1, to: start + 1 + 2 * count, by: 2) {
            // Their order is that of the frame header (ITU-T T.81 section B.2.3).
            let rest = frame.components.indices.dropFirst((places.last ?? -1) + 1)
            guard let place = rest.first(where: { frame.components[$0].id == image[offset] }) else {
                throw .malformed(offset: offset)
            }
            places.append(place)
            if frame.isSequential { try checkHuffmanTables(image[offset + 1], offset: offset + 1, isLuma: place == 0) }
        }
        return places
    }

    /// A receiver decodes the first component with the standard luma tables and the others with those for chroma.
    private mutating func checkHuffmanTables(_ numbers: UInt8, offset: Int, isLuma: Bool) throws(JPEGError) {
        guard let direct = directCurrent[numbers >> 4], let alternating = alternatingCurrent[numbers & 15] else {
            throw .malformed(offset: offset)
        }
        let kind = isLuma ? HuffmanTable.luma : .chroma
        if direct != kind || alternating != kind { note(.foreignHuffmanTables) }
    }

    /// Reads on after the first scan of a file that has several: every component must be in one.
    private mutating func readFurtherScans(
        of image: Span<UInt8>, from start: Int, scanned: Set<Int>, frame: Frame
    ) throws(JPEGError) {
        var scanned = scanned
        var offset = start
        while let next = Self.nextMarker(in: image, from: offset) {
            offset = next
            let marker = try Self.marker(in: image, at: &offset)
            if marker == 0xD9 { break }
            guard marker != 0xD8 else { throw .malformed(offset: offset - 2) }
            guard marker != 0x01 else { continue }
            let segment = try Self.segment(in: image, at: &offset)
            if marker == 0xDA {
                scanned.formUnion(try readScanHeader(segment, of: image, frame: frame))
            } else {
                try read(segment, marker: marker, of: image)
            }
        }
        guard scanned.count == frame.components.count else { throw .truncated }
    }

    /// Where the next marker begins that is no part of picture data: neither a stuffed FF nor a restart marker.
    private static func nextMarker(in image: Span<UInt8>, from start: Int) -> Int? {
        var offset = start
        while offset < image.count - 1 {
            if image[offset] == 0xFF {
                switch image[offset + 1] {
                case 0x00, 0xD0...0xD7: offset += 1
                case 0xFF: break
                default: return offset
                }
            }
            offset += 1
        }
        return nil
    }

    /// The tables of the three components; `nil` where there are more or fewer components, though each must have its table.
    private mutating func quantizationTables(
        _ frame: Frame, of image: Span<UInt8>, scanHeader: Range<Int>
    ) throws(JPEGError) -> (luma: Range<Int>, chroma: Range<Int>)? {
        // Lossless pictures have none.
        guard ![0xC3, 0xC7, 0xCB, 0xCF].contains(frame.marker) else { return nil }
        for component in frame.components where quantization[component.table] == nil {
            throw .malformed(offset: scanHeader.lowerBound)
        }
        guard frame.components.count == 3, let luma = quantization[frame.components[0].table],
            let blue = quantization[frame.components[1].table], let red = quantization[frame.components[2].table]
        else { return nil }
        if blue != red, !Self.equal(image.extracting(blue), image.extracting(red)) { note(.differentChromaTables) }
        return (luma, blue)
    }
}
