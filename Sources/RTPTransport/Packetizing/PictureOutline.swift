/// Width and height of a picture.
public struct PictureSize: Sendable, Hashable, CustomStringConvertible {
    /// Pixels in a line, 1...65535.
    public let width: Int
    /// Lines, 1...65535.
    public let height: Int

    /// A size; `nil` where a JPEG file cannot have it.
    public init?(width: Int, height: Int) {
        guard 1...65_535 ~= width, 1...65_535 ~= height else { return nil }
        (self.width, self.height) = (width, height)
    }

    /// The size that the header of a JPEG file states, of whatever kind the file is; `nil` where it states none.
    public init?(ofJPEG image: Span<UInt8>) {
        guard let size = PictureOutline(of: image)?.size else { return nil }
        self = size
    }

    /// For example `640x360`.
    public var description: String { "\(width)x\(height)" }
}

/// What can be told of a JPEG file of any kind without decoding it: its size, and where its picture data begins.
struct PictureOutline: Sendable, Hashable {
    /// The size that the frame header states; `nil` where it leaves the height to a later segment.
    var size: PictureSize?
    /// How many bytes stand before the data of the first scan.
    var headerLength: Int

    /// The outline of a JPEG file; `nil` where no scan begins in it.
    init?(of image: Span<UInt8>) {
        guard image.count >= 2, image[0] == 0xFF, image[1] == 0xD8 else { return nil }
        size = nil
        var position = 2
        while position + 3 < image.count {
            guard image[position] == 0xFF else { return nil }
            let marker = image[position + 1]
            // Fill bytes may stand before a marker, and some markers stand alone (ITU-T T.81 section B.1.1).
            if marker == 0xFF {
                position += 1
            } else if marker == 0x01 || 0xD0...0xD7 ~= marker {
                position += 2
            } else {
                let length = Int(image[position + 2]) << 8 | Int(image[position + 3])
                let end = position + 2 + length
                guard length >= 2, end <= image.count else { return nil }
                if marker == 0xDA {
                    headerLength = end
                    return
                }
                let isFrame = 0xC0...0xCF ~= marker && marker != 0xC4 && marker != 0xC8 && marker != 0xCC
                if isFrame, length >= 7, size == nil {
                    size = PictureSize(
                        width: Int(image[position + 7]) << 8 | Int(image[position + 8]),
                        height: Int(image[position + 5]) << 8 | Int(image[position + 6]))
                }
                position = end
            }
        }
        return nil
    }
}
