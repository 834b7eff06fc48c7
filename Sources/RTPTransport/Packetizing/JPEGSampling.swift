/// How often the three components of a picture are sampled: horizontal and vertical factors (ITU-T T.81 section A.1.1).
public struct JPEGSampling: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    /// Six digits of four bits: horizontal and vertical factor of the first, the second and the third component.
    public var rawValue: UInt32

    /// The factors that these six digits say.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// 4:2:0: colour halved in both directions (RFC 2435 type 1).
    public static let yuv420 = JPEGSampling(rawValue: 0x22_11_11)
    /// 4:2:2: colour halved horizontally (RFC 2435 type 0).
    public static let yuv422 = JPEGSampling(rawValue: 0x21_11_11)

    /// The same ratios in the smallest numbers: 2x2 1x2 1x2 is 4:2:2 as much as 2x1 1x1 1x1, in larger MCUs.
    ///
    /// Factors beyond those of ITU-T T.81, 1...4, are left as they are.
    public var reduced: JPEGSampling {
        let shifts: [UInt32] = [20, 16, 12, 8, 4, 0]
        let factors = shifts.map { rawValue >> $0 & 15 }
        guard rawValue < 1 << 24, factors.allSatisfy({ (1...4).contains($0) }) else { return self }
        let common = [0, 1].map { direction in
            (2...4).last { divisor in [0, 2, 4].allSatisfy { factors[$0 + direction].isMultiple(of: divisor) } } ?? 1
        }
        return JPEGSampling(
            rawValue: factors.indices.reduce(0) { digits, index in digits << 4 | factors[index] / common[index & 1] })
    }

    /// The usual name where there is one, else the factors.
    public var description: String {
        switch rawValue {
        case 0x22_11_11: "4:2:0"
        case 0x21_11_11: "4:2:2"
        case 0x11_11_11: "4:4:4"
        case 0x12_11_11: "4:4:0"
        case 0x41_11_11: "4:1:1"
        case 0x42_11_11: "4:1:0"
        default:
            [16, 8, 0].map { (shift: UInt32) in "\(rawValue >> (shift + 4) & 15)x\(rawValue >> shift & 15)" }
                .joined(separator: " ")
        }
    }
}
