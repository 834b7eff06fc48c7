/// The scale of the Independent JPEG Group: qualities from 1 to 100, and the quantization tables that they stand for.
enum JPEGQuality {
    /// All qualities.
    static let range = 1...100

    /// ITU-T T.81 table K.1, in zigzag order.
    private static let luma: [UInt8] = [
        16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40,
        26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61, 60, 57, 51,
        56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87,
        95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99,
    ]

    /// The quality whose luma table is nearest to this one, by the ratio of their values; the very one where there is one.
    static func nearest(to table: [UInt16]) -> Int {
        var best = (quality: range.upperBound, distance: Double.infinity)
        for quality in range.reversed() {
            var distance = 0.0
            for (value, base) in zip(table, luma) {
                let (value, step) = (Double(max(value, 1)), Double(step(base, quality: quality)))
                distance += max(value, step) / min(value, step) - 1
            }
            if distance < best.distance { best = (quality, distance) }
        }
        return best.quality
    }

    /// One value of a table, as libjpeg scales it (`jpeg_quality_scaling`) for baseline files.
    private static func step(_ base: UInt8, quality: Int) -> Int {
        let scale = quality < 50 ? 5000 / quality : 200 - quality * 2
        return min(max((Int(base) * scale + 50) / 100, 1), 255)
    }
}
