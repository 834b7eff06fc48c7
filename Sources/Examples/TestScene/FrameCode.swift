internal import JPEGCoding

/// The number of a frame as black and white blocks in the lower left corner of the picture.
///
/// 28 blocks in one row: 24 bits of the number, the highest first, and four bits of parity, one for each bit of the six
/// nibbles. The parity is turned by 1001, so that neither a black nor a white picture reads as a number.
struct FrameCode {
    private static let bits = 24
    private static let blocks = 28

    /// The side of a block in pixels.
    private let side: Int

    /// nil for a picture without room for the code.
    init?(width: Int, height: Int) {
        guard let side = [16, 8].first(where: { width >= $0 * FrameCode.blocks && height >= $0 }) else { return nil }
        self.side = side
    }

    /// The number that a frame shows: it starts again at 0 after 2^24 frames.
    static func reduced(_ frame: Int) -> Int { frame & ((1 << bits) - 1) }

    func draw(_ number: Int, on canvas: inout Canvas) {
        let word = number << 4 | Self.parity(of: number)
        let top = canvas.image.height - side
        for block in 0..<Self.blocks {
            let isWhite = word >> (Self.blocks - 1 - block) & 1 == 1
            let level: UInt8 = isWhite ? 255 : 0
            canvas.fill(x: block * side, y: top, width: side, height: side, Colour(red: level, green: level, blue: level))
        }
    }

    func number(in image: RGBImage) -> Int? {
        guard image.isConsistent else { return nil }
        var word = 0
        for block in 0..<Self.blocks {
            let level = level(of: block, in: image)
            guard level < 80 || level > 175 else { return nil }  // neither black nor white
            word = word << 1 | (level > 175 ? 1 : 0)
        }
        let number = word >> 4
        return Self.parity(of: number) == word & 15 ? number : nil
    }

    /// The mean of the pixels inside a block, without its edges, where JPEG smears its neighbours in.
    private func level(of block: Int, in image: RGBImage) -> Int {
        var (sum, count) = (0, 0)
        for y in image.height - side * 3 / 4..<image.height - side / 4 {
            for x in block * side + side / 4..<block * side + side * 3 / 4 {
                sum += Int(image.pixels[(y * image.width + x) * 3 + 1])
                count += 1
            }
        }
        return sum / count
    }

    private static func parity(of number: Int) -> Int {
        stride(from: 0, to: bits, by: 4).reduce(0b1001) { $0 ^ (number >> $1 & 15) }
    }
}
