/// A picture as pixels: rows from top to bottom, three bytes (red, green, blue) per pixel, no padding between rows.
public struct RGBImage: Sendable, Hashable {
    /// The width in pixels.
    public var width: Int

    /// The height in pixels.
    public var height: Int

    /// `width * height * 3` bytes. ``JPEGEncoder`` refuses any other number.
    public var pixels: [UInt8]

    /// Makes a picture of `width` by `height` pixels out of `pixels`, which is not checked before it is encoded.
    public init(width: Int, height: Int, pixels: [UInt8]) {
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    /// Whether the picture has the number of bytes that its size asks for, and a size that a JPEG can have.
    public var isConsistent: Bool {
        let sides = 1...65_500  // JPEG_MAX_DIMENSION of libjpeg, a little less than the 65 535 of ITU-T T.81
        return sides.contains(width) && sides.contains(height) && pixels.count == width * height * 3
    }
}
