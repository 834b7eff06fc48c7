/// The `Range` field and the `range` attribute of a description (RFC 2326 sections 12.29 and C.1.5).
public enum RangeHeader: Sendable, Hashable, CustomStringConvertible {
    /// Normal play time.
    case npt(NormalPlayTimeRange)
    /// A range in another unit (`smpte`, `clock`, …), in lower case.
    case unsupported(unit: String)

    /// Reads a range; `nil` where it is none. Parameters such as `;time=` are passed over.
    public static func parse(_ value: String) -> RangeHeader? {
        let range = value[...].cut(at: UInt8(ascii: ";")).before
        let (name, rest) = range.cut(at: UInt8(ascii: "="))
        guard let rest, !name.isEmpty, name.utf8.allSatisfy(StartLine.isToken) else { return nil }
        guard name.equalsIgnoringCase("npt") else {
            return .unsupported(unit: String(decoding: name.utf8.map(Substring.lowercased), as: UTF8.self))
        }
        return NormalPlayTimeRange(text: rest).map { .npt($0) }
    }

    /// `npt=0-10`; of an unsupported range only its unit is known.
    public var description: String {
        switch self {
        case .npt(let range): "npt=\(range)"
        case .unsupported(let unit): "\(unit.without(";,= "))="
        }
    }
}

/// A range of normal play time: the time since the beginning of the presentation (RFC 2326 section 3.6).
public struct NormalPlayTimeRange: Sendable, Hashable, CustomStringConvertible {
    /// Where a range starts.
    public enum Point: Sendable, Hashable {
        /// Where a live presentation is at this moment.
        case now
        /// This long after the beginning.
        case time(Duration)
    }

    /// The longest time that can be stated, about 31 years.
    public static let maximumTime = Duration.seconds(999_999_999)

    /// Where it starts; `nil` where it is not stated.
    public var start: Point?
    /// Where it ends; `nil` where it is open.
    public var end: Duration?

    /// A range; it may be stated backwards, which only the peer of a peer that supports it will understand.
    public init(start: Point? = nil, end: Duration? = nil) {
        self.start = start
        self.end = end
    }

    /// From `start` on.
    public static func from(_ start: Duration, to end: Duration? = nil) -> NormalPlayTimeRange {
        NormalPlayTimeRange(start: .time(start), end: end)
    }

    /// What stands after `npt=`: `10-20`, `10-`, `-20`, `now-`, `0:00:12.5-`; `nil` where neither end can be read.
    init?(text: Substring) {
        let (before, after) = text.cut(at: UInt8(ascii: "-"))
        self.init()
        if before.equalsIgnoringCase("now") {
            start = .now
        } else if !before.isEmpty {
            guard let time = Self.time(before) else { return nil }
            start = .time(time)
        }
        if let after, !after.isEmpty, !after.equalsIgnoringCase("now") {
            guard let time = Self.time(after) else { return nil }
            end = time
        }
        guard start != nil || end != nil else { return nil }
    }

    /// `12.5`, or hours, minutes and seconds `0:00:12.5`.
    private static func time(_ text: Substring) -> Duration? {
        let (whole, fraction) = text.cut(at: UInt8(ascii: "."))
        let parts = whole.parts(separatedBy: UInt8(ascii: ":"))
        guard parts.count <= 3 else { return nil }
        var seconds: Int64 = 0
        for (index, part) in parts.enumerated() {
            let isLeftOut = part.isEmpty && parts.count == 1 && fraction != nil
            guard let value = isLeftOut ? 0 : part.decimal(as: UInt32.self), index == 0 || value < 60 else { return nil }
            seconds = seconds * 60 + Int64(value)
        }
        guard let nanoseconds = nanoseconds(fraction ?? "") else { return nil }
        let time = Duration.seconds(seconds) + .nanoseconds(nanoseconds)
        return time <= maximumTime ? time : nil
    }

    private static func nanoseconds(_ digits: Substring) -> Int64? {
        guard digits.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        var value: Int64 = 0
        var count = 0
        for digit in digits.utf8.prefix(9) {
            value = value * 10 + Int64(digit - 48)
            count += 1
        }
        while count < 9 {
            value *= 10
            count += 1
        }
        return value
    }

    /// `0-10`, `3.12-`, `now-`; seconds with as many decimals as are needed, at most six.
    public var description: String {
        let first =
            switch start {
            case .now: "now"
            case .time(let time): Self.text(time)
            case nil: end == nil ? "0" : ""
            }
        return "\(first)-\(end.map(Self.text) ?? "")"
    }

    /// The time in seconds, rounded to microseconds; what cannot be stated becomes the nearest time that can.
    static func text(_ time: Duration) -> String {
        let parts = (min(max(time, .zero), maximumTime) + .nanoseconds(500)).components
        var decimals = String(parts.attoseconds / 1_000_000_000_000)
        guard decimals != "0" else { return "\(parts.seconds)" }
        decimals = String(repeating: "0", count: 6 - decimals.utf8.count) + decimals
        while decimals.utf8.last == UInt8(ascii: "0") { decimals.removeLast() }
        return "\(parts.seconds).\(decimals)"
    }
}
