/// Why pixels could not be made into a JPEG, or a JPEG into pixels.
public struct JPEGCodingError: Error, Hashable, CustomStringConvertible {
    /// What kind of thing went wrong.
    @nonexhaustive public enum Reason: Sendable, Hashable {
        /// The caller's mistake: a picture whose bytes do not fit its size, or a quality outside 1...100.
        case invalidArgument
        /// The JPEG promises more pixels than the decoder may allocate.
        case tooLarge
        /// The bytes are no JPEG, or one that this decoder cannot read.
        case unreadable
        /// The bytes are a JPEG, but a part of it is missing or wrong.
        case damaged
        /// The codec itself could not be set up: out of memory.
        case unavailable
    }

    /// What kind of thing went wrong.
    public var reason: Reason

    /// The same in words, for people.
    public var message: String

    /// Makes an error.
    public init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
    }

    /// The reason and the words.
    public var description: String { "\(reason): \(message)" }
}
