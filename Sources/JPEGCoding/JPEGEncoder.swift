internal import CTurboJPEG

/// How much colour resolution a JPEG keeps.
public enum JPEGSubsampling: Sendable, Hashable, CaseIterable {
    /// Colour at half the width and half the height: RFC 2435 type 1.
    case yuv420
    /// Colour at half the width: RFC 2435 type 0.
    case yuv422
    /// Colour at full resolution; RFC 2435 cannot carry it.
    case yuv444
    /// No colour; RFC 2435 cannot carry it.
    case gray
}

/// Makes baseline JPEGs with the standard Huffman tables of ITU-T T.81 annex K, as RFC 2435 wants them.
public struct JPEGEncoder: Sendable, Hashable {
    /// Makes an encoder.
    public init() {}

    /// The JPEG of `image`.
    ///
    /// - Parameter quality: 1 (worst) to 100 (best), on the scale of the Independent JPEG Group.
    /// - Throws: ``JPEGCodingError`` for a picture whose bytes do not fit its size, and for a quality outside 1...100.
    public func encode(
        _ image: RGBImage, quality: Int = 75, subsampling: JPEGSubsampling = .yuv420
    ) throws(JPEGCodingError) -> [UInt8] {
        guard image.isConsistent else {
            throw JPEGCodingError(
                .invalidArgument, "\(image.pixels.count) bytes are no picture of \(image.width) by \(image.height) pixels")
        }
        guard (1...100).contains(quality) else {
            throw JPEGCodingError(.invalidArgument, "quality \(quality) is not within 1...100")
        }
        let codec = try TurboHandle.compressor()
        var bytes: UnsafeMutablePointer<UInt8>? = nil
        var count: UInt = 0
        defer { unsafe tjFree(bytes) }
        let result = unsafe image.pixels.withUnsafeBufferPointer { pixels in
            unsafe codec { codec in
                unsafe tjCompress2(
                    codec, pixels.baseAddress, Int32(image.width), Int32(image.width * 3), Int32(image.height),
                    Int32(TJPF_RGB.rawValue), &bytes, &count, subsampling.turboValue, Int32(quality), 0)
            }
        }
        guard result == 0, let start = unsafe bytes, let count = Int(exactly: count) else {
            throw JPEGCodingError(.unavailable, codec.lastMessage)
        }
        return unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
    }
}

extension JPEGSubsampling {
    /// The same in libturbojpeg's numbers.
    fileprivate var turboValue: Int32 {
        switch self {
        case .yuv420: Int32(TJSAMP_420.rawValue)
        case .yuv422: Int32(TJSAMP_422.rawValue)
        case .yuv444: Int32(TJSAMP_444.rawValue)
        case .gray: Int32(TJSAMP_GRAY.rawValue)
        }
    }
}
