/// How a picture gets into packets of RFC 2435: the cheapest way that is exact, or why there is none.
public enum JPEGCarriage: Sendable, Hashable {
    /// As it is; its picture data is sent unchanged or, where its blocks stand in another order, re-ordered without loss.
    case direct
    /// Once it is coded anew, with coefficients untouched: the standard Huffman tables, one scan.
    ///
    /// The first trouble found is the one that counts: a progressive picture may turn out to be 4:4:4, too.
    case afterRecoding(JPEGError)
    /// Once it is decoded and encoded with another sampling, which costs a little quality; greyscale loses nothing.
    case afterReencoding(JPEGError)
    /// Not at all: it is broken.
    case never(JPEGError)

    /// What is in the way of this kind of trouble with a picture.
    public init(_ error: JPEGError) {
        self =
            switch error {
            case .progressive, .arithmetic, .severalScans, .foreignHuffmanTables: .afterRecoding(error)
            case .unsupportedProcess, .unsupportedPrecision, .unsupportedComponents, .notYCbCr, .unsupportedSampling,
                .differentChromaTables, .tooLarge, .tooManyBytes:
                .afterReencoding(error)
            case .notJPEG, .truncated, .malformed: .never(error)
            }
    }

    /// How the picture in these bytes can travel.
    public init(of image: Span<UInt8>) {
        do throws(JPEGError) {
            _ = try JPEGImageHeader(scanning: image)
            self = .direct
        } catch {
            self.init(error)
        }
    }
}
