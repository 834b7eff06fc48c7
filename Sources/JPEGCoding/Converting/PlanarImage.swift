/// A picture as JPEG files have it: a plane of brightness, and two of colour that may be smaller.
struct PlanarImage {
    /// Where a plane lies: rows from top to bottom, without padding.
    struct Plane {
        var offset: Int
        var width: Int
        var height: Int
    }

    /// Pixels in a line.
    let width: Int
    /// Lines.
    let height: Int
    /// How large the planes of colour are.
    let sampling: TurboSampling
    /// Brightness and, unless the picture has none, the two planes of colour.
    let planes: [Plane]
    /// All planes, one after the other.
    var samples: [UInt8]

    /// A picture of one value in all planes; 128 in all of them is gray.
    init(width: Int, height: Int, sampling: TurboSampling, value: UInt8) {
        (self.width, self.height, self.sampling) = (width, height, sampling)
        var planes: [Plane] = []
        var count = 0
        for size in sampling.planeSizes(width: width, height: height) {
            planes.append(Plane(offset: count, width: size.width, height: size.height))
            count += size.width * size.height
        }
        self.planes = planes
        samples = [UInt8](repeating: value, count: count)
    }

    /// The picture with colour sampled as RFC 2435 can carry it: 4:2:2 where each line has its colour, else 4:2:0.
    ///
    /// Colour is averaged where there was more of it, and repeated where there was less; without any it becomes neutral.
    consuming func carriable() -> PlanarImage {
        let target = sampling.carriable
        guard target != sampling else { return self }
        var changed = PlanarImage(width: width, height: height, sampling: target, value: 128)
        for (from, to) in zip(planes, changed.planes) {
            let source = samples.span.extracting(from.offset..<from.offset + from.width * from.height)
            var all = changed.samples.mutableSpan
            for row in 0..<to.height {
                let line = source.extracting(first: from.width * (min(row, from.height - 1) + 1)).extracting(last: from.width)
                let start = to.offset + row * to.width
                if from.offset == 0 {
                    Self.fit(line, into: &all, at: start..<start + to.width)
                } else if from.width > to.width {
                    Self.halve(line, into: &all, at: start..<start + to.width)
                } else {
                    Self.double(line, into: &all, at: start..<start + to.width)
                }
            }
        }
        return changed
    }

    /// The row as it is, cut, or with its last sample repeated.
    private static func fit(_ row: Span<UInt8>, into target: inout MutableSpan<UInt8>, at range: Range<Int>) {
        for column in range { target[column] = row[min(column - range.lowerBound, row.count - 1)] }
    }

    /// Each two samples become their mean, rounded up and down in turns so that nothing drifts.
    private static func halve(_ row: Span<UInt8>, into target: inout MutableSpan<UInt8>, at range: Range<Int>) {
        let pairs = min(row.count / 2, range.count)
        for column in 0..<pairs {
            let sum = UInt16(row[2 * column]) + UInt16(row[2 * column + 1])
            let mean = (sum + UInt16(truncatingIfNeeded: column & 1)) >> 1
            target[range.lowerBound + column] = UInt8(truncatingIfNeeded: mean)
        }
        if range.count > pairs { target[range.lowerBound + pairs] = row[row.count - 1] }
    }

    /// Each sample stands for two.
    private static func double(_ row: Span<UInt8>, into target: inout MutableSpan<UInt8>, at range: Range<Int>) {
        for column in range { target[column] = row[min((column - range.lowerBound) / 2, row.count - 1)] }
    }
}
