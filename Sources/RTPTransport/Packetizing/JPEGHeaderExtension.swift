/// The RTP header extension of a frame's first packet: segments of a JPEG file that go before what the payload header says
/// (ONVIF Streaming Specification, "JPEG over RTP").
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// |            0xFFD8             |       length in words         |
/// |  JPEG marker segments, filled up to 32 bits with 0xFF …       |
/// ```
///
/// Later packets may have one of their own, marked 0xFFFF, for what did not fit into the first; here all fits.
enum JPEGHeaderExtension {
    /// The extension for a picture where `wish` asks for it, in at most `limit` bytes; otherwise none.
    static func bytes(
        for header: JPEGImageHeader, of image: Span<UInt8>, isExtended: Bool, wish: JPEGPacketizer.Options.HeaderExtension,
        limit: Int
    ) -> [UInt8] {
        let ratio = pixelRatio(of: header, image)
        switch wish {
        case .never: return []
        case .whereNeeded where header.fitsPayloadHeader && ratio.isEmpty: return []
        case .whereNeeded, .always: break
        }
        let frame = frame(of: header, isExtended: isExtended)
        // A small packet has room for the size, but not always for the rest.
        let whole = filled(ratio + frame)
        return whole.count <= limit ? whole : filled(frame)
    }

    /// JFIF without a thumbnail where the pixels are not square; else nothing.
    private static func pixelRatio(of header: JPEGImageHeader, _ image: Span<UInt8>) -> [UInt8] {
        guard let range = header.applicationHeader else { return [] }
        let jfif = image.extracting(range)
        let (across, down) = (jfif.bigEndian16(at: 8), jfif.bigEndian16(at: 10))
        guard across != down, across > 0, down > 0 else { return [] }
        var bytes: [UInt8] = [0xFF, 0xE0, 0, 16]
        bytes.append(span: jfif.extracting(0..<12))
        return bytes + [0, 0]
    }

    /// The frame header as RFC 2435 appendix B makes it, but with the true size.
    private static func frame(of header: JPEGImageHeader, isExtended: Bool) -> [UInt8] {
        var bytes: [UInt8] = [0xFF, isExtended ? 0xC1 : 0xC0, 0, 17, 8]
        bytes.appendBigEndian(UInt16(truncatingIfNeeded: header.height))
        bytes.appendBigEndian(UInt16(truncatingIfNeeded: header.width))
        return bytes + [3, 0, header.type & 1 == 0 ? 0x21 : 0x22, 0, 1, 0x11, 1, 2, 0x11, 1]
    }

    private static func filled(_ segments: [UInt8]) -> [UInt8] {
        let words = (segments.count + 3) / 4
        var bytes: [UInt8] = [0xFF, 0xD8]
        bytes.appendBigEndian(UInt16(truncatingIfNeeded: words))
        return bytes + segments + [UInt8](repeating: 0xFF, count: words * 4 - segments.count)
    }
}

extension JPEGImageHeader {
    /// Whether width and height can be counted in eights up to 255 (RFC 2435 sections 3.1.5 and 3.1.6).
    private var isWithinPayloadHeader: Bool {
        width <= JPEGPacketizer.maximumDimension && height <= JPEGPacketizer.maximumDimension
    }

    /// Whether the payload header says the true size.
    var fitsPayloadHeader: Bool { isWithinPayloadHeader && width % 8 == 0 && height % 8 == 0 }

    /// Width and height in eights, rounded up. Both are 0 where one is too large, which tells receivers to look elsewhere: in the header
    /// extension or the session description.
    var sizeInEights: (width: UInt8, height: UInt8) {
        guard isWithinPayloadHeader else { return (0, 0) }
        return (UInt8(truncatingIfNeeded: (width + 7) / 8), UInt8(truncatingIfNeeded: (height + 7) / 8))
    }
}
