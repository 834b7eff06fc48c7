internal import CTurboJPEG
public import RTPTransport

/// Makes any JPEG that libturbojpeg can read fit for RFC 2435, smaller where that is wanted, and no worse than it has to be.
///
/// What comes out is always ``RTPTransport/JPEGCarriage/direct``: baseline, 4:2:0 or 4:2:2, one scan, the standard Huffman tables, no
/// restart markers, no metadata. How it is made, the first of these that is possible:
///
/// 1. A picture that is carried as it is and is wanted as it is comes back as it is, and is not looked into.
/// 2. 4:2:0 and 4:2:2 in another coding (progressive, arithmetic, several scans, other Huffman tables): the same coefficients.
/// 3. Greyscale: the same coefficients, with neutral colour.
/// 4. 4:4:4, 4:4:0, 4:1:1, and two tables for colour: brightness keeps its coefficients, colour becomes 4:2:2 where each line has
///    its own, else 4:2:0, at a quality of at least 95.
/// 5. RGB, CMYK (taken as Adobe's, inverted, as everybody does) and samplings without a name: decoded, and encoded as 4:2:2 at a
///    quality of at least 95.
///
/// A smaller size is decoded as such (the transform is made for fewer samples), not from all pixels; the quality is then that of
/// the original, guessed from its table for brightness, unless another is wanted. At full size a wish for more quality than the
/// original has is no wish: it would only make more bytes.
///
/// 12-bit samples, lossless and hierarchical files are refused as unsupported.
public struct TurboJPEGConverter: JPEGConverter, Hashable {
    /// How many pixels a picture may have; a larger one is refused before anything is allocated for it.
    ///
    /// A conversion holds at most some 16 bytes for each pixel (a progressive CMYK picture), beside its input and output.
    public var maximumPixelCount: Int

    /// Whether a picture with missing or wrong parts is converted, gray where nothing is known, or refused as broken.
    ///
    /// A picture that only lacks its end marker is whole, unless it is coded arithmetically. Pictures that need no conversion are not looked into.
    public var acceptsDamage: Bool

    /// A converter.
    ///
    /// - Parameters:
    ///   - maximumPixelCount: the largest picture accepted, in pixels; 33 554 432 admits 7680 by 4320.
    ///   - acceptsDamage: whether a picture with missing or wrong parts is converted rather than refused.
    public init(maximumPixelCount: Int = 33_554_432, acceptsDamage: Bool = false) {
        self.maximumPixelCount = maximumPixelCount
        self.acceptsDamage = acceptsDamage
    }

    /// The picture as `conversion` wants it; a quality outside 1...100 counts as the nearest of these.
    ///
    /// - Throws: ``RTPTransport/JPEGConversionError``: `broken` for what is no JPEG or a damaged one, `unsupported` for 12-bit, lossless and
    ///   hierarchical ones, `tooLarge` for more than ``maximumPixelCount``, `unavailable` where memory is out.
    public func convert(_ image: [UInt8], _ conversion: JPEGConversion) throws(JPEGConversionError) -> ConvertedJPEG {
        let carriage = JPEGCarriage(of: image.span)
        if case .never(let error) = carriage { throw JPEGConversionError(.broken, error.description) }
        let source = try Source(image)
        let wish = Wish(conversion, original: source.quality)
        if carriage == .direct, wish.isSatisfied(by: image) { return ConvertedJPEG(image: image, way: .untouched) }

        try source.check(maximumPixelCount: maximumPixelCount)
        let codec = try TurboCodec(acceptsDamage: acceptsDamage)
        let header = try codec.header(of: source.image)
        if wish.keepsPixels, carriage != .direct {
            if let recoded = try recode(source, header, codec), wish.isSatisfied(by: recoded.image) { return recoded }
        }
        return ConvertedJPEG(image: try reencode(source, header, wish, codec), way: .reencoded)
    }

    /// The picture coded anew, so that all coefficients, or at least those of brightness, stay; `nil` where that cannot be.
    private func recode(
        _ source: Source, _ header: TurboCodec.Header, _ codec: borrowing TurboCodec
    ) throws(JPEGConversionError) -> ConvertedJPEG? {
        guard let sampling = header.sampling, header.colours == .luma || header.colours == .ycc else { return nil }
        let made: ConvertedJPEG
        if sampling == sampling.carriable, source.outline.sharesChromaTables {
            let image = try codec.transform(source.image) { coefficients, _, _ in CoefficientRows.areCodable(coefficients) }
            guard let image else { return nil }
            made = ConvertedJPEG(image: image, way: .recoded)
        } else {
            guard let table = source.outline.lumaTable else { return nil }
            let quality = max(source.quality, Self.leastChromaQuality)
            let image = try codec.keepingLuma(of: source.image, header, table: table, chromaQuality: quality)
            guard let image else { return nil }
            made = ConvertedJPEG(image: image, way: header.colours == .luma ? .recoded : .reencoded)
        }
        return Self.isCarriable(made.image) ? made : nil
    }

    /// The quality below which colour that is sampled anew would lose more by its table than by its sampling.
    private static let leastChromaQuality = 95
    /// The same where brightness is made anew, too.
    private static let leastQuality = 95

    /// The picture decoded and encoded.
    private func reencode(
        _ source: Source, _ header: TurboCodec.Header, _ wish: Wish, _ codec: borrowing TurboCodec
    ) throws(JPEGConversionError) -> [UInt8] {
        let (width, height) = (wish.scale.applied(to: header.width), wish.scale.applied(to: header.height))
        let picture: PlanarImage
        var quality = source.quality
        if let sampling = header.sampling, header.colours == .luma || header.colours == .ycc {
            picture = try codec.planes(of: source.image, width: width, height: height, sampling: sampling).carriable()
        } else {
            var pixels = try codec.pixels(of: source.image, width: width, height: height, isCMYK: header.colours == .cmyk)
            if header.colours == .cmyk { pixels = Self.rgb(ofInvertedCMYK: pixels) }
            let sampling = header.colours != .ycc || source.outline.keepsColourLines ? TurboSampling.yuv422 : .yuv420
            picture = try codec.planes(ofRGB: pixels, width: width, height: height, sampling: sampling)
            quality = max(quality, Self.leastQuality)
        }
        let made = try SizeSearch(maximumByteCount: wish.maximumByteCount, first: wish.quality ?? quality)
            .run { quality throws(JPEGConversionError) in try codec.encode(picture, quality: quality) }
        guard Self.isCarriable(made) else {
            throw JPEGConversionError(.unavailable, "libturbojpeg made a picture that RFC 2435 cannot carry")
        }
        return made
    }

    private static func isCarriable(_ image: [UInt8]) -> Bool { JPEGCarriage(of: image.span) == .direct }

    /// Three bytes for four; the four say how much of each ink is missing.
    private static func rgb(ofInvertedCMYK pixels: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: pixels.count / 4 * 3)
        let source = pixels.span
        var target = result.mutableSpan
        for pixel in 0..<source.count / 4 {
            let paper = UInt16(source[4 * pixel + 3])
            for ink in 0..<3 {
                target[3 * pixel + ink] = UInt8(truncatingIfNeeded: (UInt16(source[4 * pixel + ink]) * paper + 127) / 255)
            }
        }
        return result
    }
}

/// A file that may be converted, and what its headers say.
private struct Source {
    let image: [UInt8]
    let outline: JPEGOutline
    /// The quality that its brightness seems to have been encoded with.
    let quality: Int

    init(_ image: [UInt8]) throws(JPEGConversionError) {
        guard let outline = JPEGOutline(image.span) else {
            throw JPEGConversionError(.broken, "The JPEG file has no picture, or ends before it.")
        }
        self.outline = outline
        quality = (outline.components.first.flatMap { outline.tables[$0.table] }).map(JPEGQuality.nearest) ?? 100
        // libjpeg would take a missing end marker for damage. With arithmetic coding nothing else tells that a part is missing.
        let isArithmetic = outline.process >= 0xC9
        let hasEnd = image.count >= 2 && image[image.count - 2] == 0xFF && image[image.count - 1] == 0xD9
        self.image = isArithmetic || hasEnd ? image : image + [0xFF, 0xD9]
    }

    /// Whether it is of a kind and a size that can be decoded.
    func check(maximumPixelCount: Int) throws(JPEGConversionError) {
        guard outline.precision == 8 else {
            throw JPEGConversionError(.unsupported, "Samples of \(outline.precision) bits cannot be read, only those of 8.")
        }
        switch outline.process {
        case 0xC0...0xC2, 0xC9, 0xCA: break
        default: throw JPEGConversionError(.unsupported, "Lossless and hierarchical JPEG files cannot be read.")
        }
        guard outline.width > 0, outline.height > 0 else {
            throw JPEGConversionError(.broken, "The JPEG file says that its picture has no pixels.")
        }
        guard outline.width * outline.height <= maximumPixelCount else {
            throw JPEGConversionError(
                .tooLarge, "\(outline.width) by \(outline.height) pixels are more than \(maximumPixelCount).")
        }
    }
}

/// What is wanted, after sense has been made of it.
private struct Wish {
    let scale: JPEGScale
    /// 1...100; `nil` where the original has its size and is no better.
    let quality: Int?
    let maximumByteCount: Int?

    init(_ conversion: JPEGConversion, original: Int) {
        scale = conversion.scale
        maximumByteCount = conversion.maximumByteCount
        let wanted = conversion.quality.map { min(max($0, JPEGQuality.range.lowerBound), JPEGQuality.range.upperBound) }
        quality = wanted.flatMap { $0 < original || conversion.scale != .full ? $0 : nil }
    }

    /// Whether the picture may stay as it is, if it has few enough bytes.
    var keepsPixels: Bool { scale == .full && quality == nil }

    func isSatisfied(by image: [UInt8]) -> Bool {
        keepsPixels && image.count <= maximumByteCount ?? .max
    }
}
