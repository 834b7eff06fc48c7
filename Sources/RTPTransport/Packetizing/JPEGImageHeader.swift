/// What stands before the picture data of a JPEG file that RFC 2435 can carry, and where that data lies.
///
/// Such a file is baseline, YCbCr, 4:2:0 or 4:2:2 by any factors, and coded with the standard Huffman tables; the initializer refuses others.
/// The size is not limited here.
public struct JPEGImageHeader: Sendable, Hashable {
    /// Pixels in a line, 1...65535.
    public var width: Int
    /// Lines, 1...65535.
    public var height: Int
    /// The factors that stand in the file, which ``JPEGSampling/reduced`` are ``JPEGSampling/yuv420`` or ``JPEGSampling/yuv422``.
    public var sampling: JPEGSampling
    /// The bytes of the luma quantization table, in zigzag order: 64 of them, or 128 where its values have 16 bits.
    public var lumaTable: Range<Int>
    /// The bytes of the quantization table that Cb and Cr share, likewise.
    public var chromaTable: Range<Int>
    /// How many MCUs stand between two restart markers; 0 where there are no such markers.
    public var restartInterval: UInt16
    /// The contents of the JFIF segment, at least 12 bytes; `nil` where there is none.
    public var applicationHeader: Range<Int>?
    /// The bytes of the picture data: after the scan header, before the marker that ends the picture.
    public var scan: Range<Int>

    /// Whether the picture data can only travel re-ordered, without restart markers: the factors are not the smallest for their
    /// ratio, as in the 4:2:2 of FFmpeg.
    public var needsReordering: Bool { sampling != sampling.reduced }

    /// The type that RFC 2435 section 4.1 gives such pictures: 0 (4:2:2) or 1 (4:2:0), and 64 more with restart markers.
    public var type: UInt8 {
        (sampling.reduced == .yuv420 ? 1 : 0) + (restartInterval > 0 && !needsReordering ? 64 : 0)
    }

    /// One bit a table, the lowest for luma: set where the file has the table in 16-bit values (RFC 2435 section 3.1.8). What travels may
    /// be the same in bytes.
    public var precision: UInt8 { (lumaTable.count > 64 ? 1 : 0) | (chromaTable.count > 64 ? 2 : 0) }

    /// Reads the header segments of a JPEG file and finds the end of its picture data.
    ///
    /// A file whose end marker is missing has data up to its end; what follows the first end marker does not count.
    /// - Throws: ``JPEGError`` where RFC 2435 cannot carry the picture: of several reasons the gravest, as ``JPEGCarriage`` has it. Never
    ///   traps, whatever the bytes.
    public init(scanning image: Span<UInt8>) throws(JPEGError) {
        var scanner = JPEGHeaderScanner()
        self = try scanner.scan(image)
    }

    init(
        width: Int, height: Int, sampling: JPEGSampling, lumaTable: Range<Int>, chromaTable: Range<Int>,
        restartInterval: UInt16, applicationHeader: Range<Int>?, scan: Range<Int>
    ) {
        self.width = width
        self.height = height
        self.sampling = sampling
        self.lumaTable = lumaTable
        self.chromaTable = chromaTable
        self.restartInterval = restartInterval
        self.applicationHeader = applicationHeader
        self.scan = scan
    }
}
