/// Why bytes are no session description.
public struct SDPParseError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was wrong.
    public enum Reason: Sendable, Hashable {
        /// More bytes than ``SessionDescription/Limits/bytes``.
        case tooLarge
        /// More lines than ``SessionDescription/Limits/lines``.
        case tooManyLines
        /// More media sections than ``SessionDescription/Limits/media``.
        case tooManyMedia
        /// Not one line is of the form `v=…`.
        case notADescription
    }

    /// What was wrong.
    public var reason: Reason
    /// How many bytes stood before the line that was wrong.
    public var offset: Int

    /// An error at `offset`.
    public init(_ reason: Reason, offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    /// The reason and the offset.
    public var description: String { "\(reason) at byte \(offset)" }
}
