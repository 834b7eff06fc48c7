public import RTPTransport

/// What a presentation is made smaller by for some of its readers: by the query of their URL, or by how it is offered.
///
/// A query is `?scale=1/2&quality=50&maxBitRate=2M&adapt=loss`; each part may be missing, and keys that mean nothing here are
/// passed over.
public struct PresentationVariant: Sendable, Hashable, CustomStringConvertible {
    /// The size of the pictures, as a part of the original's.
    public var scale: JPEGScale
    /// The best quality of the pictures, 1...100 on the scale of the Independent JPEG Group; `nil` leaves it as it is.
    public var quality: Int?
    /// The most bits a second that the packets take, their headers included; `nil` is no limit.
    public var maximumBitRate: Int?
    /// Whether the quality falls while packets are lost, and rises again when no more are.
    public var followsLoss: Bool

    /// What a bit rate may be: 8 kbit/s to 10 Gbit/s.
    public static let bitRates = 8_000...10_000_000_000

    /// A variant; a quality outside 1...100 and a bit rate outside ``bitRates`` are moved to the nearest that there is.
    public init(scale: JPEGScale = .full, quality: Int? = nil, maximumBitRate: Int? = nil, followsLoss: Bool = false) {
        self.scale = scale
        self.quality = quality.map { min(max($0, 1), 100) }
        self.maximumBitRate = maximumBitRate.map { min(max($0, Self.bitRates.lowerBound), Self.bitRates.upperBound) }
        self.followsLoss = followsLoss
    }

    /// As it is.
    public static let original = PresentationVariant()

    /// Reads the query of a URL.
    /// - Returns: `nil` where a value is none, or out of range.
    public init?(query: String) {
        self.init()
        for part in query[...].parts(separatedBy: UInt8(ascii: "&")) {
            let (key, text) = part.cut(at: UInt8(ascii: "="))
            guard let text, let value = RTSPURL.percentDecoded(text).map({ String(decoding: $0, as: UTF8.self) }) else {
                continue
            }
            guard take(key, value) else { return nil }
        }
    }

    private mutating func take(_ key: Substring, _ value: String) -> Bool {
        if key.equalsIgnoringCase("scale") {
            guard let scale = Self.scale(value[...]) else { return false }
            self.scale = scale
        } else if key.equalsIgnoringCase("quality") {
            guard let quality = value[...].decimal(as: Int.self), 1...100 ~= quality else { return false }
            self.quality = quality
        } else if key.equalsIgnoringCase("maxBitRate") {
            guard let rate = Self.bitRate(value[...]) else { return false }
            maximumBitRate = rate
        } else if key.equalsIgnoringCase("adapt") {
            guard value == "loss" || value == "off" else { return false }
            followsLoss = value == "loss"
        }
        return true
    }

    /// `1/2`, `3/8`, `1`.
    private static func scale(_ text: Substring) -> JPEGScale? {
        let (first, second) = text.cut(at: UInt8(ascii: "/"))
        guard let numerator = first.decimal(as: UInt8.self) else { return nil }
        guard let second else { return JPEGScale(eighths: Int(numerator) * 8) }
        guard let denominator = second.decimal(as: UInt8.self), denominator > 0,
            (Int(numerator) * 8).isMultiple(of: Int(denominator))
        else { return nil }
        return JPEGScale(eighths: Int(numerator) * 8 / Int(denominator))
    }

    /// `2000000`, `500k`, `2M`.
    private static func bitRate(_ text: Substring) -> Int? {
        let unit = ["k": 1000, "K": 1000, "m": 1_000_000, "M": 1_000_000][String(text.suffix(1))]
        guard let number = (unit == nil ? text : text.dropLast()).decimal(as: Int.self) else { return nil }
        let (rate, overflow) = number.multipliedReportingOverflow(by: unit ?? 1)
        return !overflow && bitRates ~= rate ? rate : nil
    }

    /// The query that says the same, always in the same words; empty for ``original``.
    public var description: String {
        var parts: [String] = []
        if scale != .full { parts.append("scale=\(scale)") }
        if let quality { parts.append("quality=\(quality)") }
        if let maximumBitRate { parts.append("maxBitRate=\(maximumBitRate)") }
        if followsLoss { parts.append("adapt=loss") }
        return parts.joined(separator: "&")
    }

    /// The smaller of both in every respect; it follows losses where either does.
    public func limited(by other: PresentationVariant) -> PresentationVariant {
        func smaller(_ first: Int?, _ second: Int?) -> Int? {
            guard let first, let second else { return first ?? second }
            return min(first, second)
        }
        return PresentationVariant(
            scale: scale.eighths <= other.scale.eighths ? scale : other.scale, quality: smaller(quality, other.quality),
            maximumBitRate: smaller(maximumBitRate, other.maximumBitRate), followsLoss: followsLoss || other.followsLoss)
    }

    /// What makes a picture of this variant.
    /// - Parameters:
    ///   - framesPerSecond: how many frames share the bit rate; without it there is no limit to a picture's bytes.
    ///   - packetSize: bytes of RTP payload in one packet.
    public func conversion(framesPerSecond: Double?, packetSize: Int = 1400) -> JPEGConversion {
        JPEGConversion(
            scale: scale, quality: quality, maximumByteCount: maximumByteCount(framesPerSecond: framesPerSecond, packetSize))
    }

    /// IPv4, UDP, RTP and the JPEG header of each packet (RFC 2435 section 3.1).
    private static let bytesPerPacket = 20 + 8 + 12 + 8

    private func maximumByteCount(framesPerSecond: Double?, _ packetSize: Int) -> Int? {
        guard let maximumBitRate, let framesPerSecond, framesPerSecond > 0, framesPerSecond.isFinite else { return nil }
        let bytes = min(Double(maximumBitRate) / 8 / framesPerSecond, 1e9)
        let payload = Double(max(packetSize, 300) - 8)
        let packets = max(1, (bytes / (payload + Double(Self.bytesPerPacket))).rounded(.up))
        return max(1, Int(bytes - packets * Double(Self.bytesPerPacket)))
    }
}
