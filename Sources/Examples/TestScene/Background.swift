internal import JPEGCoding

/// A gradient that moves, under a grain as a camera in poor light has it: without the grain a JPEG of the scene would be far
/// smaller than one of a real picture.
struct Background: Sendable {
    private let width: Int
    private let height: Int

    /// One wave, up and down, over 256 steps, 0...63.
    private let wave: [UInt8]

    /// Grain for one row from any of 4096 places: the same value three times for each pixel.
    private let grain: [UInt8]

    init(width: Int, height: Int) {
        self.width = width
        self.height = height
        wave = (0..<256).map { step in
            let rise = Double(step < 128 ? step : 256 - step) / 128
            return UInt8(63 * rise * rise * (3 - 2 * rise))
        }
        var generator = SplitMix(state: 0x5EED)
        grain = (0..<width + 4096).flatMap { _ in
            let value = UInt8(truncatingIfNeeded: generator.next() % 15)
            return [value, value, value]
        }
    }

    /// Covers the whole canvas.
    func draw(frame: Int, on canvas: inout Canvas) {
        // Red, green and blue run at different speeds; each sum of wave, wave, grain and base stays below 256.
        var columns = [UInt8](repeating: 0, count: width * 3)
        for x in 0..<width {
            let place = x * 256 / width
            columns[3 * x] = 40 &+ wave[(place + frame) & 255]
            columns[3 * x + 1] = 24 &+ wave[(place + 85 - frame) & 255]
            columns[3 * x + 2] = 60 &+ wave[(place + 170 + 2 * frame) & 255]
        }
        var generator = SplitMix(state: UInt64(truncatingIfNeeded: frame))
        var target = canvas.image.pixels.mutableSpan
        for y in 0..<height {
            let light = wave[(y * 192 / height + frame) & 255]
            let start = Int(truncatingIfNeeded: generator.next() & 4095) * 3
            blend(columns.span, grain.span.extracting(start..<start + width * 3), light, into: &target, at: y * width * 3)
        }
    }

    private func blend(
        _ columns: Span<UInt8>, _ grain: Span<UInt8>, _ light: UInt8, into target: inout MutableSpan<UInt8>, at offset: Int
    ) {
        for index in 0..<min(columns.count, grain.count) {
            target[offset &+ index] = columns[index] &+ grain[index] &+ light
        }
    }
}

/// A small generator of numbers that look random: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators".
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
