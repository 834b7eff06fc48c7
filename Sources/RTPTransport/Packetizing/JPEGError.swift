/// Why a picture cannot travel as it is.
public enum JPEGError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The bytes do not begin with the marker of a JPEG file.
    case notJPEG
    /// The file ends before its picture does: in its headers, or in picture data that had to be re-ordered.
    case truncated
    /// Coded progressively: in several scans.
    case progressive
    /// Coded arithmetically.
    case arithmetic
    /// Lossless or hierarchical, or another process that only this frame marker (FF *xx*) knows.
    case unsupportedProcess(UInt8)
    /// Samples of this many bits.
    case unsupportedPrecision(Int)
    /// This many components: 1 is greyscale, 4 is CMYK.
    case unsupportedComponents(Int)
    /// Three components, but RGB rather than YCbCr.
    case notYCbCr
    /// Neither 4:2:0 nor 4:2:2, also where the factors are divided by what they have in common.
    case unsupportedSampling(JPEGSampling)
    /// The components come one scan after the other.
    case severalScans
    /// Huffman tables other than the standard ones (ITU-T T.81 annex K), for which the format has no room.
    case foreignHuffmanTables
    /// Cb and Cr are quantized differently.
    case differentChromaTables
    /// More bytes of picture data than 24-bit fragment offsets can reach.
    case tooManyBytes(Int)
    /// Broken at this byte.
    case malformed(offset: Int)

    /// For people: one sentence.
    public var description: String {
        switch self {
        case .notJPEG: "This is not a JPEG file."
        case .truncated: "The JPEG file ends before its picture does."
        case .progressive: "The JPEG file is progressive, and RFC 2435 carries only baseline pictures."
        case .arithmetic: "The JPEG file is coded arithmetically, and RFC 2435 carries only Huffman-coded pictures."
        case .unsupportedProcess(let marker):
            "The JPEG file uses the coding process of frame marker FF \(Self.hexadecimal(marker)), not the baseline one."
        case .unsupportedPrecision(let bits): "The JPEG file has samples of \(bits) bits, and RFC 2435 carries only 8."
        case .unsupportedComponents(let count):
            "The JPEG file has \(count) component\(count == 1 ? "" : "s"), and RFC 2435 carries only the three of YCbCr."
        case .notYCbCr: "The JPEG file is stored as RGB, and RFC 2435 carries only YCbCr."
        case .unsupportedSampling(let sampling):
            "The JPEG file is sampled \(sampling), and RFC 2435 carries only 4:2:0 and 4:2:2."
        case .severalScans: "The JPEG file has its components in separate scans, and RFC 2435 carries only one scan."
        case .foreignHuffmanTables:
            "The JPEG file has its own Huffman tables, and RFC 2435 carries only pictures coded with the standard ones."
        case .differentChromaTables: "The JPEG file quantizes Cb and Cr differently, and RFC 2435 has one table for both."
        case .tooManyBytes(let count): "The picture has \(count) bytes, and 24-bit fragment offsets reach only 16777215."
        case .malformed(let offset): "The JPEG file is broken at byte \(offset)."
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }
}
