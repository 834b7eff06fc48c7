/// The header fields of a message, in order; names are compared without regard to case (RFC 2326 section 12).
public struct RTSPHeaders: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    /// One field.
    public struct Field: Sendable, Hashable {
        /// The name as it was written.
        public var name: String
        /// The value without surrounding blanks.
        public var value: String

        /// A field of this name and value.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// All fields, in order.
    public private(set) var fields: [Field]

    /// No fields.
    public init() { fields = [] }

    /// The fields of a literal, in order.
    public init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { Field(name: $0.0, value: $0.1) }
    }

    /// Makes room for so many fields.
    mutating func reserveCapacity(_ count: Int) { fields.reserveCapacity(count) }

    /// The value of the first field called `name`. Setting it replaces every field of that name, `nil` removes them.
    public subscript(name: String) -> String? {
        get { fields.first { Self.equal($0.name, name) }?.value }
        set {
            guard let newValue else { return fields.removeAll { Self.equal($0.name, name) } }
            guard let kept = fields.firstIndex(where: { Self.equal($0.name, name) }) else { return append(name, newValue) }
            fields[kept].value = newValue
            var position = -1
            fields.removeAll {
                position += 1
                return position > kept && Self.equal($0.name, name)
            }
        }
    }

    /// The values of all fields called `name`, in order.
    public func values(for name: String) -> [String] {
        fields.compactMap { Self.equal($0.name, name) ? $0.value : nil }
    }

    /// Adds a field at the end, also where one of that name is there already.
    public mutating func append(_ name: String, _ value: String) {
        fields.append(Field(name: name, value: value))
    }

    private static func equal(_ left: String, _ right: String) -> Bool {
        guard left.utf8.count == right.utf8.count else { return false }
        if left == right { return true }
        for (first, second) in zip(left.utf8, right.utf8) where first != second {
            guard lowercased(first) == lowercased(second) else { return false }
        }
        return true
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte | 0x20 : byte }
}
