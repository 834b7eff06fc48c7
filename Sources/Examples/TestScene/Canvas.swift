internal import JPEGCoding

/// A colour in three bytes.
struct Colour: Sendable, Hashable {
    var red: UInt8
    var green: UInt8
    var blue: UInt8

    static let black = Colour(red: 8, green: 8, blue: 8)
    static let white = Colour(red: 240, green: 240, blue: 240)
    static let red = Colour(red: 220, green: 40, blue: 30)
    static let green = Colour(red: 40, green: 190, blue: 60)
    static let blue = Colour(red: 30, green: 50, blue: 210)
    static let yellow = Colour(red: 240, green: 210, blue: 40)
    static let cyan = Colour(red: 40, green: 200, blue: 210)
    static let magenta = Colour(red: 200, green: 50, blue: 190)

    /// The colour at `percent` of its brightness.
    func scaled(percent: Int) -> Colour {
        func part(_ value: UInt8) -> UInt8 { UInt8(clamping: Int(value) * percent / 100) }
        return Colour(red: part(red), green: part(green), blue: part(blue))
    }
}

/// Pixels and the few shapes the scene is made of. Whatever lies outside the picture is not drawn.
struct Canvas: Sendable {
    var image: RGBImage

    init(width: Int, height: Int) {
        image = RGBImage(width: width, height: height, pixels: [UInt8](repeating: 0, count: width * height * 3))
    }

    /// A rectangle of one colour.
    mutating func fill(x: Int, y: Int, width: Int, height: Int, _ colour: Colour) {
        forEachPixel(x: x, y: y, width: width, height: height) { _, _, _ in colour }
    }

    /// A rectangle where everything gets darker, so that text on it can be read.
    mutating func dim(x: Int, y: Int, width: Int, height: Int) {
        forEachPixel(x: x, y: y, width: width, height: height) { _, _, old in
            Colour(red: old.red / 4, green: old.green / 4, blue: old.blue / 4)
        }
    }

    /// A ball lit from the upper left.
    mutating func drawBall(centerX: Int, centerY: Int, radius: Int, _ colour: Colour) {
        let limit = radius * radius
        forEachPixel(x: centerX - radius, y: centerY - radius, width: 2 * radius, height: 2 * radius) { x, y, old in
            let (dx, dy) = (x - centerX, y - centerY)
            let distance = dx * dx + dy * dy
            guard distance < limit else { return old }
            let (lx, ly) = (dx + radius / 3, dy + radius / 3)
            return colour.scaled(percent: 115 - 75 * (lx * lx + ly * ly) / (2 * limit))
        }
    }

    /// Bars through one point, one for each of `spokes`.
    mutating func drawWheel(
        centerX: Int, centerY: Int, radius: Int, thickness: Int, spokes: [Directions.Unit], colours: [Colour]
    ) {
        let bars = Array(zip(spokes, colours))
        let (limit, half) = (radius * radius, Double(thickness) / 2)
        forEachPixel(x: centerX - radius, y: centerY - radius, width: 2 * radius, height: 2 * radius) { x, y, old in
            let (dx, dy) = (x - centerX, y - centerY)
            guard dx * dx + dy * dy < limit else { return old }
            for (spoke, colour) in bars where abs(Double(dx) * spoke.y - Double(dy) * spoke.x) < half { return colour }
            return old
        }
    }

    /// Text of the characters that ``Glyphs`` has, `cell` pixels for each dot.
    ///
    /// It starts on a multiple of 8 pixels: dots of 8 or 16 pixels then fill whole JPEG blocks, which are sharp and cheap.
    mutating func draw(_ text: String, centerX: Int, y: Int, cell: Int, _ colour: Colour) {
        let characters = Array(text)
        var left = (centerX - (characters.count * 6 - 1) * cell / 2) & ~7
        let top = y & ~7
        for character in characters {
            for (row, dots) in Glyphs.rows(of: character).enumerated() {
                for column in 0..<5 where dots & (0b10000 >> column) != 0 {
                    fill(x: left + column * cell, y: top + row * cell, width: cell, height: cell, colour)
                }
            }
            left += 6 * cell
        }
    }

    /// Replaces each pixel of a rectangle by what `paint` makes of its place and its old colour.
    @inline(__always)
    private mutating func forEachPixel(
        x: Int, y: Int, width: Int, height: Int, _ paint: (_ x: Int, _ y: Int, _ old: Colour) -> Colour
    ) {
        let columns = max(0, x)..<max(0, x, min(image.width, x + width))
        let rows = max(0, y)..<max(0, y, min(image.height, y + height))
        for row in rows {
            var offset = (row * image.width + columns.lowerBound) * 3
            for column in columns {
                let old = Colour(red: image.pixels[offset], green: image.pixels[offset + 1], blue: image.pixels[offset + 2])
                let new = paint(column, row, old)
                image.pixels[offset] = new.red
                image.pixels[offset + 1] = new.green
                image.pixels[offset + 2] = new.blue
                offset += 3
            }
        }
    }
}

/// The points of a circle, without the mathematics library: 512 steps of one small turn.
struct Directions: Sendable {
    /// A point one away from the origin.
    struct Unit: Sendable {
        var x: Double
        var y: Double
    }

    private let steps: [Unit]

    init() {
        let (cosine, sine) = (0.999_924_701_839_144_5, 0.012_271_538_285_719_925)  // of 2 pi / 512
        var steps = [Unit(x: 1, y: 0)]
        for _ in 1..<512 {
            let last = steps[steps.count - 1]
            steps.append(Unit(x: last.x * cosine - last.y * sine, y: last.x * sine + last.y * cosine))
        }
        self.steps = steps
    }

    /// Where `turn` turns (not negative) from the first point lead.
    subscript(turn: Double) -> Unit { steps[Int(turn * 512) & 511] }
}
