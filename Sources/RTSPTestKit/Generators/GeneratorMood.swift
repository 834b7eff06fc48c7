/// What kind of input a generator makes.
public enum GeneratorMood: String, Sendable, Hashable, CaseIterable {
    /// As the RFCs have it. The sample tells what must come out of it.
    case valid
    /// As devices in the field send it. It must be understood or refused, and nothing that comes after it may suffer. Where the
    /// library promises to understand it, the sample tells what must come out.
    case odd
    /// As only an attacker or a broken device sends it. It must neither trap nor cost more than the limits allow.
    case hostile
}
