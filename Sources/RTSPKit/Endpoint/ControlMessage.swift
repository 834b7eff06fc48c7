/// One request or reply of the control dialogue, as text for people. Credentials are hidden in it.
public struct ControlMessage: Sendable, Hashable {
    /// Who said it.
    public enum Direction: String, Sendable, Hashable {
        /// We did.
        case sent
        /// The peer did.
        case received
    }

    /// Who said it.
    public var direction: Direction
    /// The message: start line, header fields and body, lines as they are separated on the wire. What the peer said stands here as it
    /// was understood. At most ``maximumLength`` bytes.
    public var text: String

    /// The most bytes of a message that are kept.
    public static let maximumLength = 16_384

    /// A message whose bytes went over the wire.
    init(_ direction: Direction, _ bytes: [UInt8]) {
        self.direction = direction
        var text: [UInt8] = []
        for line in bytes.prefix(Self.maximumLength).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if !text.isEmpty { text.append(UInt8(ascii: "\n")) }
            text += Self.hidingCredentials(line)
        }
        self.text = String(decoding: text, as: UTF8.self)
    }

    /// The header fields whose values prove who somebody is (RFC 2326 section 12.5, RFC 7235 section 4.4).
    private static let secretFields = ["authorization:", "proxy-authorization:"].map { Array($0.utf8) }
    private static let hidden = Array("(hidden)".utf8)

    private static func hidingCredentials(_ line: ArraySlice<UInt8>) -> [UInt8] {
        for field in secretFields where line.prefix(field.count).elementsEqual(field, by: { lowercased($0) == $1 }) {
            return line.prefix(field.count) + [UInt8(ascii: " ")] + hidden + (line.last == 13 ? [13] : [])
        }
        return hidingUserInfo(line)
    }

    /// The line without what stands between `://` and `@` in the URLs in it (RFC 3986 section 3.2.1).
    private static func hidingUserInfo(_ line: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var rest = line
        while let byte = rest.popFirst() {
            result.append(byte)
            guard byte == UInt8(ascii: "/"), result.suffix(3).elementsEqual("://".utf8) else { continue }
            let authority = rest.prefix { $0 > 0x20 && !"/\"?#<>".utf8.contains($0) }
            guard let at = authority.lastIndex(of: UInt8(ascii: "@")) else { continue }
            result += hidden
            rest = rest[at...]
        }
        return result
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte | 0x20 : byte }
}
