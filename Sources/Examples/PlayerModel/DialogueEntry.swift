internal import Foundation

/// One message of the control dialogue: the data of the event `dialogue`.
public struct DialogueEntry: Encodable, Hashable, Sendable {
    /// Which way a message went.
    public enum Direction: String, Encodable, Hashable, Sendable {
        case sent, received
    }

    /// How many characters of a message are kept.
    public static let maximumLength = 16_384

    /// The number of the message, from 1.
    public var n: Int
    /// When it was seen: ISO 8601 with milliseconds.
    public var time: String
    /// Which way it went.
    public var direction: Direction
    /// The message; credentials are hidden already.
    public var text: String

    init(n: Int, at date: Date, direction: Direction, text: String) {
        self.n = n
        time = date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        self.direction = direction
        self.text = PlainText.lines(text, limit: Self.maximumLength)
    }
}
