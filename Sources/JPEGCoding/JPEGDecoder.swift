internal import CTurboJPEG

/// Makes pixels of JPEGs, baseline and progressive; gray ones come out as RGB too.
public struct JPEGDecoder: Sendable, Hashable {
    /// How many pixels a picture may have; a larger one is refused before anything is allocated for it.
    public var maximumPixelCount: Int

    /// Whether a JPEG with missing or wrong parts gives a picture (gray where nothing is known) instead of an error.
    public var acceptsDamage: Bool

    /// Makes a decoder.
    ///
    /// - Parameters:
    ///   - maximumPixelCount: the largest picture accepted, in pixels; three bytes are allocated for each.
    ///     33 554 432 admits 7680 by 4320.
    ///   - acceptsDamage: whether a JPEG with missing or wrong parts gives a picture instead of an error.
    public init(maximumPixelCount: Int = 33_554_432, acceptsDamage: Bool = false) {
        self.maximumPixelCount = maximumPixelCount
        self.acceptsDamage = acceptsDamage
    }

    /// The pixels of `jpeg`, one whole JPEG file.
    ///
    /// - Throws: ``JPEGCodingError``: `unreadable` for what is no JPEG, `damaged` for half of one, `tooLarge`.
    public func decode(_ jpeg: [UInt8]) throws(JPEGCodingError) -> RGBImage {
        try decode(jpeg.span)
    }

    /// The pixels of `jpeg`, one whole JPEG file.
    ///
    /// - Throws: ``JPEGCodingError``: `unreadable` for what is no JPEG, `damaged` for half of one, `tooLarge`.
    public func decode(_ jpeg: Span<UInt8>) throws(JPEGCodingError) -> RGBImage {
        guard !jpeg.isEmpty else { throw JPEGCodingError(.unreadable, "no bytes") }
        let codec = try TurboHandle.decompressor()
        let (width, height) = try size(of: jpeg, codec)
        guard width * height <= maximumPixelCount else {
            throw JPEGCodingError(.tooLarge, "\(width) by \(height) pixels are more than \(maximumPixelCount)")
        }
        // Zeroed, so that whatever a damaged picture leaves out shows no old memory.
        var pixels = [UInt8](repeating: 0, count: width * height * 3)
        // A progressive JPEG of a few kilobytes can ask for thousands of passes over the picture: only 500 are made.
        let flags = TJFLAG_LIMITSCANS | (acceptsDamage ? 0 : TJFLAG_STOPONWARNING)
        let result = unsafe jpeg.withUnsafeBufferPointer { source in
            unsafe pixels.withUnsafeMutableBufferPointer { target in
                unsafe codec { codec in
                    unsafe tjDecompress2(
                        codec, source.baseAddress, UInt(source.count), target.baseAddress, Int32(width), Int32(width * 3),
                        Int32(height), Int32(TJPF_RGB.rawValue), flags)
                }
            }
        }
        try check(result, codec)
        return RGBImage(width: width, height: height, pixels: pixels)
    }

    /// The size that the header of `jpeg` states.
    private func size(
        of jpeg: Span<UInt8>, _ codec: borrowing TurboHandle
    ) throws(JPEGCodingError) -> (width: Int, height: Int) {
        var (width, height, subsampling, colours): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
        let result = unsafe jpeg.withUnsafeBufferPointer { source in
            unsafe codec { codec in
                unsafe tjDecompressHeader3(
                    codec, source.baseAddress, UInt(source.count), &width, &height, &subsampling, &colours)
            }
        }
        // Without a size there is no picture, even if libjpeg only warned that the bytes ended too soon.
        guard (1...65_535).contains(width), (1...65_535).contains(height) else {
            throw JPEGCodingError(.unreadable, result == 0 ? "tables without a picture" : codec.lastMessage)
        }
        try check(result, codec)
        return (Int(width), Int(height))
    }

    /// Turns a failed call into an error, unless it was about damage and damage is accepted.
    private func check(_ result: Int32, _ codec: borrowing TurboHandle) throws(JPEGCodingError) {
        guard result != 0 else { return }
        let isDamage = codec.lastFailureIsWarning
        if isDamage, acceptsDamage { return }
        throw JPEGCodingError(isDamage ? .damaged : .unreadable, codec.lastMessage)
    }
}
