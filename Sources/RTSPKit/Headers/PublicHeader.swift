/// The `Public` and `Allow` fields: the methods that a server supports (RFC 2326 sections 12.28 and 12.4).
public struct PublicHeader: Sendable, Hashable, CustomStringConvertible {
    /// The methods, in order.
    public var methods: [RTSPMethod]

    /// These methods.
    public init(methods: [RTSPMethod]) { self.methods = methods }

    /// Reads a list of methods separated by commas.
    public static func parse(_ value: String) -> PublicHeader {
        PublicHeader(methods: TokenList.parse(value).map(RTSPMethod.init(rawValue:)))
    }

    /// `OPTIONS, DESCRIBE`
    public var description: String { TokenList.text(methods.map(\.rawValue)) }
}

/// A field that is a list of words: `Require`, `Proxy-Require`, `Unsupported`, `Supported` (RFC 2326 section 12.32).
public enum TokenList {
    /// How many words are read.
    public static let maximumCount = 64

    /// The words of `value`, which commas separate; empty ones are left out.
    public static func parse(_ value: String) -> [String] { parse([value]) }

    /// The words of several fields of one name, in order.
    public static func parse(_ values: [String]) -> [String] {
        var words: [String] = []
        for value in values {
            for part in value[...].parts(separatedBy: UInt8(ascii: ",")) {
                guard words.count < maximumCount else { return words }
                let word = part.trimmed
                if !word.isEmpty { words.append(String(word)) }
            }
        }
        return words
    }

    /// The list as the value of a field: `a, b`.
    public static func text(_ words: [String]) -> String {
        words.map { $0.without(",")[...].trimmed }.filter { !$0.isEmpty }.joined(separator: ", ")
    }
}
