/// Makes JPEG pictures that RFC 2435 can carry out of others, or smaller ones out of large ones.
///
/// The core has none: `JPEGCoding` implements it with libturbojpeg. A call takes milliseconds, so it belongs on a thread that may
/// be kept busy, never on an event loop; any number of threads may call at the same time.
public protocol JPEGConverter: Sendable {
    /// The picture as `conversion` wants it: baseline, 4:2:0 or 4:2:2, with the standard Huffman tables.
    ///
    /// Where nothing but the coding has to change, the coefficients stay untouched.
    /// - Throws: ``JPEGConversionError`` where the bytes are no picture, or one that this converter cannot read.
    func convert(_ image: [UInt8], _ conversion: JPEGConversion) throws(JPEGConversionError) -> ConvertedJPEG
}

/// What a picture is to become.
public struct JPEGConversion: Sendable, Hashable {
    /// The size, as a part of the original's.
    public var scale: JPEGScale
    /// The quality on the scale of the Independent JPEG Group, 1...100; `nil` keeps the picture as good as it is, as far as that can be.
    ///
    /// At its own size no picture is made better than it is: that would only make more bytes.
    public var quality: Int?
    /// The most bytes that the picture may have; the quality falls until they suffice or can fall no further, and the picture has
    /// more bytes then.
    public var maximumByteCount: Int?

    /// A conversion; without any wish it makes a picture carriable and no more.
    public init(scale: JPEGScale = .full, quality: Int? = nil, maximumByteCount: Int? = nil) {
        self.scale = scale
        self.quality = quality
        self.maximumByteCount = maximumByteCount
    }

    /// Makes a picture carriable, at its own size and quality.
    public static let carriable = JPEGConversion()
}

/// The size of a picture as a part of another's, in eighths: 4 is half the width and half the height.
public struct JPEGScale: Sendable, Hashable, CustomStringConvertible {
    /// 1...8.
    public let eighths: Int

    /// A scale of this many eighths; `nil` outside 1...8.
    public init?(eighths: Int) {
        guard 1...8 ~= eighths else { return nil }
        self.eighths = eighths
    }

    private init(known eighths: Int) { self.eighths = eighths }

    /// The original size.
    public static let full = JPEGScale(known: 8)

    /// Pixels of a side that has `length` in the original, rounded up as decoders do.
    public func applied(to length: Int) -> Int {
        let (product, overflow) = max(length, 0).multipliedReportingOverflow(by: eighths)
        return overflow ? length : product / 8 + (product % 8 > 0 ? 1 : 0)
    }

    /// The fraction in lowest terms: `1/2`.
    public var description: String {
        var (numerator, denominator) = (eighths, 8)
        while numerator % 2 == 0, denominator > 1 { (numerator, denominator) = (numerator / 2, denominator / 2) }
        return denominator == 1 ? "\(numerator)" : "\(numerator)/\(denominator)"
    }
}

/// A picture that a converter made.
public struct ConvertedJPEG: Sendable, Hashable {
    /// How it came about.
    public enum Way: Sendable, Hashable {
        /// The picture could be carried and was wanted as it is.
        case untouched
        /// Coded anew, the coefficients untouched; greyscale with neutral colour beside it.
        case recoded
        /// Decoded and encoded, with loss, in whole or in its colour.
        case reencoded
    }

    /// A whole JPEG file.
    public var image: [UInt8]
    /// How it came about.
    public var way: Way

    /// A picture that came about this way.
    public init(image: [UInt8], way: Way) {
        self.image = image
        self.way = way
    }
}

/// Why a picture could not be converted.
public struct JPEGConversionError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of thing went wrong.
    @nonexhaustive public enum Reason: Sendable, Hashable {
        /// The bytes are no JPEG, or a broken one.
        case broken
        /// A JPEG of a kind that this converter cannot read.
        case unsupported
        /// More pixels than the converter may decode.
        case tooLarge
        /// The converter itself failed: out of memory.
        case unavailable
    }

    /// What kind of thing went wrong.
    public var reason: Reason
    /// The same in words, for people.
    public var message: String

    /// An error for this reason.
    public init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
    }

    /// The words.
    public var description: String { message }
}
