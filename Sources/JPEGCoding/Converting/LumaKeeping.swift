internal import RTPTransport

extension TurboCodec {
    /// Gives a picture that has no colour, or colour of another sampling, the one that RFC 2435 can carry, and leaves the
    /// coefficients of its brightness as they are.
    ///
    /// The colour is coded at `chromaQuality` with a flat picture, into which the brightness is then put with its own table.
    /// - Returns: the picture; `nil` where its brightness cannot be coded so.
    func keepingLuma(
        of image: [UInt8], _ header: Header, table: [UInt16], chromaQuality: Int
    ) throws(JPEGConversionError) -> [UInt8]? {
        guard let sampling = header.sampling else { return nil }
        var luma: [Int16] = []
        luma.reserveCapacity((header.width + 7) / 8 * ((header.height + 7) / 8) * 64)
        let seen = try transform(image, isWanted: false) { coefficients, component, _ in
            guard component == 0 else { return true }
            luma.append(span: coefficients.span)
            return CoefficientRows.areCodable(coefficients)
        }
        guard seen != nil else { return nil }

        var frame = PlanarImage(width: header.width, height: header.height, sampling: sampling.carriable, value: 128)
        if header.colours != .luma {
            frame = try planes(of: image, width: header.width, height: header.height, sampling: sampling).carriable()
            frame.flattenLuma()
        }
        var flat = try encode(frame, quality: chromaQuality)
        guard Self.replaceLumaTable(of: &flat, by: table) else { return nil }

        let kept = luma.span
        return try transform(flat) { coefficients, component, row in
            guard component == 0 else { return true }
            let start = row * coefficients.count
            guard start + coefficients.count <= kept.count else { return false }
            for index in coefficients.indices { coefficients[index] = kept[start + index] }
            return true
        }
    }

    /// Puts a quantization table in the place of the first one of a file that ``encode(_:quality:)`` made.
    private static func replaceLumaTable(of image: inout [UInt8], by table: [UInt16]) -> Bool {
        var offset = 2
        while offset + 5 <= image.count, image[offset] == 0xFF {
            let length = Int(image[offset + 2]) << 8 | Int(image[offset + 3])
            if image[offset + 1] == 0xDB, image[offset + 4] == 0, length >= 67, image.count >= offset + 69 {
                let isWide = table.contains { $0 > 255 }
                var segment: [UInt8] = [0xFF, 0xDB, 0, isWide ? 131 : 67, isWide ? 0x10 : 0]
                for value in table {
                    if isWide { segment.append(UInt8(value >> 8)) }
                    segment.append(UInt8(truncatingIfNeeded: value))
                }
                // Where the tables share a segment, what is left of it goes on as a segment of its own.
                let rest = length - 67
                if rest > 0 { segment += [0xFF, 0xDB, UInt8((rest + 2) >> 8 & 255), UInt8((rest + 2) & 255)] }
                image.replaceSubrange(offset..<offset + 69, with: segment)
                return true
            }
            offset += 2 + length
        }
        return false
    }
}

extension PlanarImage {
    /// Makes brightness the same everywhere, which costs next to nothing to encode.
    fileprivate mutating func flattenLuma() {
        guard let luma = planes.first else { return }
        var span = samples.mutableSpan
        for index in luma.offset..<luma.offset + luma.width * luma.height { span[index] = 128 }
    }
}

extension [Int16] {
    /// A block move. The pointer does not leave the closure.
    fileprivate mutating func append(span: Span<Int16>) {
        unsafe span.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}
