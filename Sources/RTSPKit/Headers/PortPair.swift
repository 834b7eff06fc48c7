/// The UDP ports of one stream: `5000-5001` (RFC 2326 section 12.39).
public struct PortPair: Sendable, Hashable, CustomStringConvertible {
    /// Where RTP goes.
    public var rtp: UInt16
    /// Where RTCP goes; `nil` where only one port was stated.
    public var rtcp: UInt16?

    /// A pair, or a single port.
    public init(rtp: UInt16, rtcp: UInt16? = nil) {
        self.rtp = rtp
        self.rtcp = rtcp
    }

    /// Reads `5000-5001`, `5000-` or `5000`; `nil` for anything else.
    public init?(parsing text: String) {
        guard let pair = numberPair(text[...], as: UInt16.self) else { return nil }
        self.init(rtp: pair.first, rtcp: pair.second)
    }

    /// `5000-5001` or `5000`
    public var description: String { rtcp.map { String(rtp) + "-" + String($0) } ?? String(rtp) }
}

/// The interleaved channels of one stream: `0-1` (RFC 2326 sections 10.12 and 12.39).
public struct ChannelPair: Sendable, Hashable, CustomStringConvertible {
    /// The channel of RTP.
    public var rtp: UInt8
    /// The channel of RTCP; `nil` where only one was stated.
    public var rtcp: UInt8?

    /// A pair, or a single channel.
    public init(rtp: UInt8, rtcp: UInt8? = nil) {
        self.rtp = rtp
        self.rtcp = rtcp
    }

    /// Reads `0-1`, `0-` or `0`; `nil` for anything else.
    public init?(parsing text: String) {
        guard let pair = numberPair(text[...], as: UInt8.self) else { return nil }
        self.init(rtp: pair.first, rtcp: pair.second)
    }

    /// `0-1` or `0`
    public var description: String { rtcp.map { String(rtp) + "-" + String($0) } ?? String(rtp) }
}

private func numberPair<Value: FixedWidthInteger>(_ text: Substring, as type: Value.Type) -> (first: Value, second: Value?)? {
    let (before, after) = text.cut(at: UInt8(ascii: "-"))
    guard let first = before.decimal(as: type) else { return nil }
    guard let after, !after.isEmpty else { return (first, nil) }
    guard let second = after.decimal(as: type) else { return nil }
    return (first, second)
}
