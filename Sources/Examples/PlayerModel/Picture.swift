/// A picture that has been shown.
public struct Picture: Hashable, Sendable {
    /// The JPEG file as received.
    public var image: [UInt8]
    /// Which picture it is since Setup, from 1.
    public var number: Int
    /// Its position in seconds of normal play time; live: since Play.
    public var position: Double

    /// A picture.
    public init(image: [UInt8], number: Int, position: Double) {
        self.image = image
        self.number = number
        self.position = position
    }

    /// Its position with three decimals, as the header `X-Position` has it.
    public var positionText: String { DecimalText.thousandths(position) }
}

/// Numbers as text.
enum DecimalText {
    /// With three decimals: `12.345`.
    static func thousandths(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e12 else { return "0.000" }
        let thousandths = Int((abs(value) * 1000).rounded())
        let (whole, rest) = thousandths.quotientAndRemainder(dividingBy: 1000)
        let digits = String(rest)
        return (value < 0 && thousandths > 0 ? "-" : "") + "\(whole)." + String(repeating: "0", count: 3 - digits.count) + digits
    }
}
