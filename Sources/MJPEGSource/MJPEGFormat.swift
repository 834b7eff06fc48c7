/// How frames stand in a Motion-JPEG file or stream.
public enum MJPEGFormat: Sendable, Hashable, CaseIterable {
    /// Before each JPEG its length in bytes, as five decimal ASCII digits: the format of the course lab.
    case lab
    /// JPEG files back to back.
    case raw

    /// The largest image the five digits of ``lab`` can announce, in bytes.
    public static let maxLabFrameBytes = 99_999

    /// The bytes to write for one frame.
    /// - Throws: ``MJPEGFormatError`` if `image` does not begin with FF D8, or is too large for this format.
    public func encoded(_ image: [UInt8]) throws(MJPEGFormatError) -> [UInt8] {
        guard image.starts(with: [0xFF, 0xD8]) else { throw .notJPEG }
        switch self {
        case .raw:
            return image
        case .lab:
            guard image.count <= Self.maxLabFrameBytes else { throw .frameTooLarge(byteCount: image.count) }
            let digits = String(image.count).utf8
            var bytes = [UInt8](repeating: UInt8(ascii: "0"), count: 5 - digits.count)
            bytes.reserveCapacity(5 + image.count)
            bytes.append(contentsOf: digits)
            bytes.append(contentsOf: image)
            return bytes
        }
    }
}

/// Why a picture cannot be written in a ``MJPEGFormat``.
@nonexhaustive public enum MJPEGFormatError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The picture does not begin with FF D8.
    case notJPEG
    /// The lab format cannot say a length of more than 99 999 bytes.
    case frameTooLarge(byteCount: Int)

    /// One sentence for people.
    public var description: String {
        switch self {
        case .notJPEG:
            "The picture is not a JPEG file: it does not begin with FF D8."
        case .frameTooLarge(let byteCount):
            "The frame of \(byteCount) bytes is too large for the lab format, whose limit is 99999 bytes:"
                + " encode it again at a lower quality, or write the raw format."
        }
    }
}
