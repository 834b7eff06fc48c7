/// The `Session` field: an identifier and how long it lives unused (RFC 2326 section 12.37).
public struct SessionHeader: Sendable, Hashable, CustomStringConvertible {
    /// The longest timeout that is taken at its word.
    public static let maximumTimeout = Duration.seconds(86_400)

    /// The identifier, opaque to the client.
    public var id: String
    /// How long the session lives without a request; `nil` where it is not stated, 60 seconds says the RFC then.
    public var timeout: Duration?

    /// A session of this name.
    public init(id: String, timeout: Duration? = nil) {
        self.id = id
        self.timeout = timeout
    }

    /// Reads `id` or `id;timeout=60`, blanks allowed anywhere; `nil` where there is no identifier. A timeout that is
    /// zero or no number counts as not stated, one of more than a day as a day.
    public static func parse(_ value: String) -> SessionHeader? {
        let parts = value[...].parts(separatedBy: UInt8(ascii: ";")).map(\.trimmed)
        guard let id = parts.first?.unquoted, !id.isEmpty else { return nil }
        var header = SessionHeader(id: String(id))
        for part in parts.dropFirst() {
            let (name, value) = part.cut(at: UInt8(ascii: "="))
            guard name.equalsIgnoringCase("timeout"), let digits = value?.unquoted, !digits.isEmpty else { continue }
            header.timeout = seconds(digits)
        }
        return header
    }

    private static func seconds(_ digits: Substring) -> Duration? {
        guard digits.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        guard let seconds = digits.decimal(as: Int64.self) else { return maximumTimeout }
        return seconds == 0 ? nil : min(.seconds(seconds), maximumTimeout)
    }

    /// `id` or `id;timeout=60`; parts of a second are left out, and so is a timeout below one second.
    public var description: String {
        let name = id.without(";, ")
        guard let timeout, timeout >= .seconds(1) else { return name }
        return name + ";timeout=" + String(min(timeout, Self.maximumTimeout).components.seconds)
    }
}
