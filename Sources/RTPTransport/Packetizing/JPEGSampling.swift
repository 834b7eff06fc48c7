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
        let across = Self.commonDivisor(of: rawValue >> 4 & 0x0F_0F_0F)
        let down = Self.commonDivisor(of: rawValue & 0x0F_0F_0F)
        guard rawValue < 1 << 24, across > 0, down > 0 else { return self }
        // No digit borrows from its neighbour, as each is a multiple.
        return JPEGSampling(rawValue: (rawValue & 0xF0_F0_F0) / across | (rawValue & 0x0F_0F_0F) / down)
    }

    /// The largest number that divides these three, every other digit of `digits`; 0 where one of them is not in 1...4.
    private static func commonDivisor(of digits: UInt32) -> UInt32 {
        let (first, second, third) = (digits >> 16, digits >> 8 & 15, digits & 15)
        guard 1...4 ~= first, 1...4 ~= second, 1...4 ~= third else { return 0 }
        var divisor = min(first, second, third)
        while first % divisor + second % divisor + third % divisor > 0 { divisor -= 1 }
        return divisor
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
