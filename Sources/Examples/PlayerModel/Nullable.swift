/// An optional that stands in JSON also where there is nothing: as `null`, so that every key is always there.
@propertyWrapper public struct Nullable<Value: Encodable & Hashable & Sendable>: Encodable, Hashable, Sendable {
    /// The value, where there is one.
    public var wrappedValue: Value?

    /// Wraps `wrappedValue`.
    public init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }

    /// Writes the value or `null`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let wrappedValue { try container.encode(wrappedValue) } else { try container.encodeNil() }
    }
}
