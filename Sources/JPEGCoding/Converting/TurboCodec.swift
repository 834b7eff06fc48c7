internal import CTurboJPEG
internal import RTPTransport

/// The calls of libturbojpeg that a conversion is made of, with typed errors and arrays that own their memory.
///
/// One instance of the C codec serves all calls of a conversion; it must not be used by two threads at the same time.
struct TurboCodec: ~Copyable {
    /// What the file itself says of its picture.
    struct Header {
        var width: Int
        var height: Int
        /// `nil` for factors that have no name.
        var sampling: TurboSampling?
        var colours: Colours
    }

    /// How a file's components make colours.
    enum Colours {
        case luma, ycc, rgb, cmyk
    }

    private let handle: TurboHandle
    private let acceptsDamage: Bool

    init(acceptsDamage: Bool) throws(JPEGConversionError) {
        do throws(JPEGCodingError) {
            handle = try TurboHandle.transformer()
        } catch {
            throw JPEGConversionError(.unavailable, error.message)
        }
        self.acceptsDamage = acceptsDamage
    }

    /// A progressive file of a few kilobytes can ask for thousands of passes over its picture: only 500 are made.
    private var flags: Int32 { TJFLAG_LIMITSCANS | (acceptsDamage ? 0 : TJFLAG_STOPONWARNING) }

    /// Reads what stands before the first scan.
    func header(of image: [UInt8]) throws(JPEGConversionError) -> Header {
        var (width, height, sampling, colours): (Int32, Int32, Int32, Int32) = (0, 0, -1, -1)
        let result = unsafe image.withUnsafeBufferPointer { source in
            unsafe handle {
                unsafe tjDecompressHeader3(
                    $0, source.baseAddress, UInt(source.count), &width, &height, &sampling, &colours)
            }
        }
        // Factors without a name are a failure, too, but the rest is there then.
        guard width > 0, height > 0 else { throw failure(result) }
        let known: Colours
        switch colours {
        case Int32(TJCS_GRAY.rawValue): known = .luma
        case Int32(TJCS_YCbCr.rawValue): known = .ycc
        case Int32(TJCS_RGB.rawValue): known = .rgb
        case Int32(TJCS_CMYK.rawValue), Int32(TJCS_YCCK.rawValue): known = .cmyk
        default: throw JPEGConversionError(.unsupported, "The JPEG file has colours of an unknown kind.")
        }
        return Header(
            width: Int(width), height: Int(height), sampling: TurboSampling(turboValue: sampling), colours: known)
    }

    /// Decodes to planes, without conversion of colours: of the file's sampling, at a part of its size.
    func planes(
        of image: [UInt8], width: Int, height: Int, sampling: TurboSampling
    ) throws(JPEGConversionError) -> PlanarImage {
        // Gray, so that whatever a damaged picture leaves out shows no old memory.
        var picture = PlanarImage(width: width, height: height, sampling: sampling, value: 128)
        let layout = picture.planes
        var strides = layout.map { Int32($0.width) }
        let result = unsafe image.withUnsafeBufferPointer { source in
            unsafe picture.samples.withUnsafeMutableBufferPointer { target in
                var pointers = unsafe layout.map { unsafe target.baseAddress?.advanced(by: $0.offset) }
                return unsafe handle {
                    unsafe tjDecompressToYUVPlanes(
                        $0, source.baseAddress, UInt(source.count), &pointers, Int32(width), &strides, Int32(height), flags)
                }
            }
        }
        try check(result)
        return picture
    }

    /// Decodes to pixels of three (RGB) or four (CMYK) bytes, at a part of the file's size.
    func pixels(
        of image: [UInt8], width: Int, height: Int, isCMYK: Bool
    ) throws(JPEGConversionError) -> [UInt8] {
        let format = isCMYK ? TJPF_CMYK : TJPF_RGB
        let row = width * (isCMYK ? 4 : 3)
        var pixels = [UInt8](repeating: 128, count: row * height)
        let result = unsafe image.withUnsafeBufferPointer { source in
            unsafe pixels.withUnsafeMutableBufferPointer { target in
                unsafe handle {
                    unsafe tjDecompress2(
                        $0, source.baseAddress, UInt(source.count), target.baseAddress, Int32(width), Int32(row),
                        Int32(height), format.rawValue, flags)
                }
            }
        }
        try check(result)
        return pixels
    }

    /// Makes planes of RGB pixels.
    func planes(
        ofRGB pixels: [UInt8], width: Int, height: Int, sampling: TurboSampling
    ) throws(JPEGConversionError) -> PlanarImage {
        var picture = PlanarImage(width: width, height: height, sampling: sampling, value: 128)
        let layout = picture.planes
        var strides = layout.map { Int32($0.width) }
        let result = unsafe pixels.withUnsafeBufferPointer { source in
            unsafe picture.samples.withUnsafeMutableBufferPointer { target in
                var pointers = unsafe layout.map { unsafe target.baseAddress?.advanced(by: $0.offset) }
                return unsafe handle {
                    unsafe tjEncodeYUVPlanes(
                        $0, source.baseAddress, Int32(width), Int32(width * 3), Int32(height), TJPF_RGB.rawValue,
                        &pointers, &strides, sampling.turboValue, 0)
                }
            }
        }
        guard result == 0 else { throw failure(result) }
        return picture
    }

    /// Encodes planes: baseline, the standard Huffman tables, no restart markers.
    func encode(_ picture: PlanarImage, quality: Int) throws(JPEGConversionError) -> [UInt8] {
        var bytes: UnsafeMutablePointer<UInt8>? = nil
        var count: UInt = 0
        defer { unsafe tjFree(bytes) }
        let strides = picture.planes.map { Int32($0.width) }
        // Below that, the table costs so much more than the quicker transform that nobody could tell.
        let flags = quality >= 90 ? TJFLAG_ACCURATEDCT : 0
        let result = unsafe picture.samples.withUnsafeBufferPointer { source in
            var pointers = unsafe picture.planes.map { unsafe source.baseAddress?.advanced(by: $0.offset) }
            return unsafe handle {
                unsafe tjCompressFromYUVPlanes(
                    $0, &pointers, Int32(picture.width), strides, Int32(picture.height), picture.sampling.turboValue,
                    &bytes, &count, Int32(quality), flags)
            }
        }
        guard result == 0, let start = unsafe bytes, let count = Int(exactly: count) else { throw failure(result) }
        return unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
    }

    /// Codes the coefficients of a file anew, after `visit` has seen and perhaps changed them: baseline, one scan, the standard
    /// Huffman tables, no restart markers, no metadata.
    ///
    /// - Parameters:
    ///   - isWanted: whether a file is to be made at all; an empty one is returned otherwise.
    ///   - visit: gets each row of blocks of each component, 64 coefficients for each block; `false` where it cannot go on.
    /// - Returns: the file; `nil` where `visit` could not go on.
    func transform(
        _ image: [UInt8], isWanted: Bool = true, visit: CoefficientRows.Visit
    ) throws(JPEGConversionError) -> [UInt8]? {
        var bytes: UnsafeMutablePointer<UInt8>? = nil
        var count: UInt = 0
        defer { unsafe tjFree(bytes) }
        let flags = flags
        var hasRefused = false
        let result = withoutActuallyEscaping(visit) { visit in
            var rows = CoefficientRows(visit: visit)
            defer { hasRefused = rows.hasRefused }
            return unsafe image.withUnsafeBufferPointer { source in
                unsafe withUnsafeMutablePointer(to: &rows) { rows in
                    unsafe handle {
                        var transform = unsafe tjtransform()
                        unsafe transform.op = Int32(TJXOP_NONE.rawValue)
                        unsafe transform.options = TJXOPT_COPYNONE | (isWanted ? 0 : TJXOPT_NOOUTPUT)
                        unsafe transform.data = UnsafeMutableRawPointer(rows)
                        unsafe transform.customFilter = passRow
                        return unsafe tjTransform(
                            $0, source.baseAddress, UInt(source.count), 1, &bytes, &count, &transform, flags)
                    }
                }
            }
        }
        guard !hasRefused else { return nil }
        try check(result)
        guard isWanted else { return [] }
        guard let start = unsafe bytes, let count = Int(exactly: count) else { throw failure(result) }
        return unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
    }

    /// Turns a failed call into an error, unless it was about damage and damage is accepted.
    private func check(_ result: Int32) throws(JPEGConversionError) {
        guard result != 0 else { return }
        if acceptsDamage, handle.lastFailureIsWarning { return }
        throw failure(result)
    }

    private func failure(_ result: Int32) -> JPEGConversionError {
        let words = handle.lastMessage
        guard result != 0 else { return JPEGConversionError(.broken, "The JPEG file has no picture.") }
        // libjpeg has no numbers for its errors at this level, but its words have been the same for decades.
        if words.contains("Insufficient memory") { return JPEGConversionError(.unavailable, words) }
        if words.contains("nsupported") { return JPEGConversionError(.unsupported, words) }
        return JPEGConversionError(.broken, words)
    }
}

/// The coefficients of a picture on their way from one coding into another.
struct CoefficientRows {
    /// Sees one row of blocks, 64 coefficients each, of the component with this index; says whether it can go on.
    typealias Visit = (_ coefficients: inout MutableSpan<Int16>, _ component: Int, _ row: Int) -> Bool

    fileprivate let visit: Visit
    fileprivate var hasRefused = false

    fileprivate init(visit: @escaping Visit) { self.visit = visit }

    /// Whether the standard Huffman tables have codes for all of these, 64 for each block.
    ///
    /// They have for whatever an encoder makes of 8-bit samples. Other files can hold larger numbers, by malice or damage, and
    /// libjpeg's fast coder would make garbage of those.
    static func areCodable(_ coefficients: borrowing MutableSpan<Int16>) -> Bool {
        let span = coefficients.span
        var bits: UInt16 = 0
        for index in span.indices { bits |= span[index].magnitude }
        guard bits > 1023 else { return true }
        // The first of a block may be -1024: black at quality 100.
        return span.indices.allSatisfy { span[$0].magnitude <= 1023 || (span[$0] == -1024 && $0 % 64 == 0) }
    }
}

/// What libturbojpeg calls for each row of blocks.
private let passRow:
    @convention(c) (
        UnsafeMutablePointer<Int16>?, tjregion, tjregion, Int32, Int32, UnsafeMutablePointer<tjtransform>?
    ) -> Int32 = { coefficients, row, plane, component, _, transform in
        guard let coefficients = unsafe coefficients, let data = unsafe transform?.pointee.data else { return -1 }
        // Where a component has an odd number of rows, libturbojpeg may show one more, for which nothing is coded.
        guard row.y < plane.h, row.w >= 0, row.h >= 0 else { return 0 }
        let rows = unsafe data.assumingMemoryBound(to: CoefficientRows.self)
        let buffer = unsafe UnsafeMutableBufferPointer(start: coefficients, count: Int(row.w) * Int(row.h))
        var span = unsafe buffer.mutableSpan
        guard unsafe rows.pointee.visit(&span, Int(component), Int(row.y) / 8) else {
            unsafe rows.pointee.hasRefused = true
            return -1
        }
        return 0
    }
