/// The fixed header of an RTP packet, and where its payload lies (RFC 3550 section 5.1).
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// |V=2|P|X|  CC   |M|     PT      |       sequence number         |
/// |                           timestamp                           |
/// |           synchronization source (SSRC) identifier            |
/// ```
public struct RTPHeader: Sendable, Hashable {
    /// The length of a header without CSRCs and extension: 12 bytes.
    public static let length = 12

    /// Marks the last packet of a video frame (RFC 2435 section 3.1).
    public var marker: Bool
    /// The payload type, 7 bits.
    public var payloadType: UInt8
    /// Counts packets, modulo 2¹⁶.
    public var sequenceNumber: UInt16
    /// The sampling instant of the payload's first byte.
    public var timestamp: RTPTimestamp
    /// The synchronization source.
    public var ssrc: UInt32

    /// Makes a header; only the low 7 bits of `payloadType` are used.
    public init(marker: Bool, payloadType: UInt8, sequenceNumber: UInt16, timestamp: RTPTimestamp, ssrc: UInt32) {
        self.marker = marker
        self.payloadType = payloadType & 0x7F
        self.sequenceNumber = sequenceNumber
        self.timestamp = timestamp
        self.ssrc = ssrc
    }

    /// Why bytes are not an RTP packet.
    public struct ParseError: Error, Sendable, Hashable, CustomStringConvertible {
        /// What is wrong.
        public enum Reason: Sendable, Hashable {
            /// Fewer bytes than the header, its CSRCs or its extension need.
            case truncated
            /// A version other than 2.
            case unsupportedVersion(UInt8)
            /// The padding count is zero or larger than the payload.
            case invalidPadding
        }
        /// What is wrong.
        public var reason: Reason
        /// The offset of the byte that shows it.
        public var offset: Int
        /// For people.
        public var description: String { "not an RTP packet: \(reason) at byte \(offset)" }
    }

    /// How exact the header must be.
    public enum Strictness: Sendable, Hashable {
        /// As RFC 3550 has it.
        case standard
        /// Any version; where it is not 2 the P, X and CC fields mean nothing (the course dialect's servers).
        case anyVersion
    }

    /// Reads the header at the start of `packet`.
    /// - Returns: the header, and the range of the payload without CSRCs, extension and padding (it may be empty).
    /// - Throws: ``ParseError`` where `packet` is not an RTP packet; never traps, whatever the bytes.
    public static func parse(
        _ packet: Span<UInt8>, strictness: Strictness = .standard
    ) throws(ParseError) -> (header: RTPHeader, payload: Range<Int>) {
        guard packet.count >= length else { throw ParseError(reason: .truncated, offset: packet.count) }
        let version = packet[0] >> 6
        let header = RTPHeader(
            marker: packet[1] & 0x80 != 0, payloadType: packet[1] & 0x7F,
            sequenceNumber: UInt16(packet[2]) << 8 | UInt16(packet[3]),
            timestamp: RTPTimestamp(rawValue: packet.bigEndian32(at: 4)), ssrc: packet.bigEndian32(at: 8))
        guard version == 2 else {
            guard strictness == .anyVersion else { throw ParseError(reason: .unsupportedVersion(version), offset: 0) }
            return (header, length..<packet.count)
        }
        var start = length + Int(packet[0] & 0x0F) * 4
        if packet[0] & 0x10 != 0 {
            guard packet.count >= start + 4 else { throw ParseError(reason: .truncated, offset: packet.count) }
            start += 4 + Int(UInt16(packet[start + 2]) << 8 | UInt16(packet[start + 3])) * 4
        }
        guard packet.count >= start else { throw ParseError(reason: .truncated, offset: packet.count) }
        var end = packet.count
        if packet[0] & 0x20 != 0 {
            let padding = Int(packet[packet.count - 1])
            guard padding > 0, padding <= end - start else {
                throw ParseError(reason: .invalidPadding, offset: packet.count - 1)
            }
            end -= padding
        }
        return (header, start..<end)
    }

    /// A header extension: 16 bits that say what it is, and its content (RFC 3550 section 5.3.1).
    public struct Extension: Sendable, Hashable {
        /// What the profile of the stream calls "defined by profile": which kind of extension it is.
        public var profile: UInt16
        /// Where its content lies in the packet; a multiple of four bytes, perhaps none.
        public var content: Range<Int>

        /// An extension of this kind, at this place.
        public init(profile: UInt16, content: Range<Int>) {
            self.profile = profile
            self.content = content
        }
    }

    /// The header extension of a packet.
    ///
    /// Apart from ``parse(_:strictness:)``, so that packets without one pay nothing for it.
    /// - Returns: `nil` where the packet has none, is of another version than 2, or ends within it.
    public static func headerExtension(of packet: Span<UInt8>) -> Extension? {
        guard packet.count >= length, packet[0] & 0xD0 == 0x90 else { return nil }
        let start = length + Int(packet[0] & 0x0F) * 4
        guard packet.count >= start + 4 else { return nil }
        let end = start + 4 + Int(packet.bigEndian16(at: start + 2)) * 4
        guard packet.count >= end else { return nil }
        return Extension(profile: packet.bigEndian16(at: start), content: start + 4..<end)
    }

    /// Appends the 12 bytes of the header to `bytes`.
    public func append(to bytes: inout [UInt8]) {
        bytes.append(addingCapacity: Self.length) { append(to: &$0) }
    }

    /// Writes the 12 bytes of the header; an extension must follow where it says so.
    func append(to output: inout OutputSpan<UInt8>, hasExtension: Bool = false) {
        let flags: UInt32 = (hasExtension ? 0x9000_0000 : 0x8000_0000) | (marker ? 0x80_0000 : 0)
        output.append(bigEndian: flags | UInt32(payloadType & 0x7F) << 16 | UInt32(sequenceNumber))
        output.append(bigEndian: timestamp.rawValue)
        output.append(bigEndian: ssrc)
    }
}
